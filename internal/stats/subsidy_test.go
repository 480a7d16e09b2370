package stats_test

import (
	"testing"

	"github.com/rewave/rewave/internal/stats"
	"pgregory.net/rapid"
)

func TestCouponSubsidy(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name           string
		treat, control Count
		redeemed       int64
		want           stats.Subsidy
	}{
		{"of the specification", Count{810, 9000}, Count{72, 1000}, 450, stats.Subsidy{0.032, 0.05, 0.64, 1, false}},
		{"nobody redeemed", Count{810, 9000}, Count{72, 1000}, 0, stats.Subsidy{0, 0, 0, 1, false}},
		{"nobody buys by themselves", Count{810, 9000}, Count{0, 1000}, 450, stats.Subsidy{0, 0, 0, 0, false}},
		{"fewer bought", Count{450, 9000}, Count{80, 1000}, 450, stats.Subsidy{0, 0.05, 0, 1, true}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, ok := stats.CouponSubsidy(tt.treat, tt.control, tt.redeemed)
			if !ok || got.Prevented != tt.want.Prevented {
				t.Fatalf("%+v, defined %v", got, ok)
			}
			near(t, "from", got.Lo, tt.want.Lo, 1e-12)
			near(t, "to", got.Hi, tt.want.Hi, 1e-12)
			near(t, "of redeemers from", got.OfRedeemersLo, tt.want.OfRedeemersLo, 1e-12)
			near(t, "of redeemers to", got.OfRedeemersHi, tt.want.OfRedeemersHi, 1e-12)
		})
	}
	if got, ok := stats.CouponSubsidy(Count{}, Count{1, 2}, 0); ok {
		t.Errorf("%+v is defined", got)
	}
}

// Customers of known truth, each counted in both worlds: the bounds hold the share
// who redeemed and would have bought, always where nobody is kept from buying, and
// where somebody is as soon as it shows.
func TestCouponSubsidyHoldsTheTruth(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		// Both worlds by the same customers, so the rates of both are exact.
		kind := func(name string) int64 { return rapid.Int64Range(0, 500).Draw(t, name) }
		never, kept := kind("never buy"), kind("kept from buying")
		anyway, anywayRedeemed := kind("would buy"), kind("would buy and redeem")
		moved, movedRedeemed := kind("moved"), kind("moved and redeem")
		n := never + kept + anyway + anywayRedeemed + moved + movedRedeemed
		treat, control := Count{anyway + anywayRedeemed + moved + movedRedeemed, n}, Count{anyway + anywayRedeemed + kept, n}
		got, ok := stats.CouponSubsidy(treat, control, anywayRedeemed+movedRedeemed)
		if ok != (n > 0) {
			t.Fatalf("defined %v of %d customers", ok, n)
		}
		if !(0 <= got.Lo && got.Lo <= got.Hi && got.Hi <= 1) || got.Prevented != (kept > moved+movedRedeemed) {
			t.Fatalf("%+v", got)
		}
		truth := float64(anywayRedeemed) / float64(max(1, n))
		if (kept == 0 || got.Prevented) && !(got.Lo <= truth+1e-12 && truth <= got.Hi+1e-12) {
			t.Fatalf("%+v leaves out %v", got, truth)
		}
	})
}
