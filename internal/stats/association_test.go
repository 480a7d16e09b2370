package stats_test

import (
	"math"
	"testing"

	"github.com/rewave/rewave/internal/stats"
	"pgregory.net/rapid"
)

func TestAssociateOfTheSpecification(t *testing.T) {
	t.Parallel()
	got, ok := stats.Associate(stats.Baskets{A: 300, B: 400, Both: 90, All: 2000}, 0.05)
	if !ok {
		t.Fatal("not defined")
	}
	near(t, "support", got.Support, 0.045, 1e-12)
	near(t, "confidence", got.Confidence, 0.3, 1e-12)
	same(t, "lift", got.Lift, Estimate{1.5, 1.235726038, 1.820791932}, 1e-9)
	near(t, "log se", math.Log(got.Lift.Hi/got.Lift.Lo)/2/z95, 0.09888264649, 1e-9)
	near(t, "leverage", got.Leverage, 0.015, 1e-12)
	near(t, "conviction", got.Conviction, 1.142857143, 1e-9)
	near(t, "Zhang", got.Zhang, 0.3921568627, 1e-9)
	near(t, "chi2", got.Chi2, 22.05882353, 1e-9)
	if math.Abs(got.P/7.042957e-06-1) > 1e-7 { // printed to seven digits
		t.Errorf("p = %v, want 7.042957e-06", got.P)
	}
}

func TestAssociateAtTheCorners(t *testing.T) {
	t.Parallel()
	inf := math.Inf(1)
	for _, tt := range []struct {
		name    string
		baskets stats.Baskets
		want    stats.Association // without P
	}{
		{"never together", stats.Baskets{A: 10, B: 20, All: 100}, stats.Association{Lift: Estimate{0, 0, inf}, Leverage: -0.02, Conviction: 0.8, Zhang: -1, Chi2: 2.7777777777777777}},
		{"never apart", stats.Baskets{A: 10, B: 10, Both: 10, All: 100}, stats.Association{Support: 0.1, Confidence: 1,
			Lift: Estimate{10, 10 * math.Exp(-0.3*z95), 10 * math.Exp(0.3*z95)}, Leverage: 0.09, Conviction: inf, Zhang: 1, Chi2: 100}},
		{"seldom together", stats.Baskets{A: 300, B: 400, Both: 30, All: 2000}, stats.Association{Support: 0.015, Confidence: 0.1,
			Lift: Estimate{0.5, 0.5 * math.Exp(-z95*math.Sqrt(1/30.0-1/300.0+1/400.0-1/2000.0)), 0}, Leverage: -0.015, Conviction: 0.8 / 0.9, Zhang: -0.015 / 0.02775, Chi2: 22.05882353}},
		{"in every basket", stats.Baskets{A: 10, B: 100, Both: 10, All: 100}, stats.Association{Support: 0.1, Confidence: 1, Lift: Estimate{1, 1, 1}, Conviction: 1}},
		{"A in every basket", stats.Baskets{A: 100, B: 10, Both: 10, All: 100}, stats.Association{Support: 0.1, Confidence: 0.1,
			Lift: Estimate{1, math.Exp(-z95 * math.Sqrt(0.18)), math.Exp(z95 * math.Sqrt(0.18))}, Conviction: 1}},
		{"one basket", stats.Baskets{A: 1, B: 1, Both: 1, All: 1}, stats.Association{Support: 1, Confidence: 1, Lift: Estimate{1, 1, 1}, Conviction: 1}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, ok := stats.Associate(tt.baskets, 0.05)
			if !ok || got.Lift.Hi != tt.want.Lift.Hi && math.IsInf(tt.want.Lift.Hi, 0) || got.Conviction != tt.want.Conviction && math.IsInf(tt.want.Conviction, 0) {
				t.Fatalf("%+v, defined %v", got, ok)
			}
			near(t, "support", got.Support, tt.want.Support, 1e-12)
			near(t, "confidence", got.Confidence, tt.want.Confidence, 1e-12)
			near(t, "lift", got.Lift.Value, tt.want.Lift.Value, 1e-12)
			near(t, "lift from", got.Lift.Lo, tt.want.Lift.Lo, 1e-12)
			near(t, "leverage", got.Leverage, tt.want.Leverage, 1e-12)
			near(t, "Zhang", got.Zhang, tt.want.Zhang, 1e-12)
			near(t, "chi2", got.Chi2, tt.want.Chi2, 1e-9)
			if !math.IsInf(tt.want.Conviction, 0) {
				near(t, "conviction", got.Conviction, tt.want.Conviction, 1e-12)
			}
		})
	}
	for _, b := range []stats.Baskets{{}, {A: 5, All: 10}, {B: 5, All: 10}} {
		if got, ok := stats.Associate(b, 0.05); ok || got != (stats.Association{}) {
			t.Errorf("%v: %+v is defined", b, got)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("more baskets with either than there are baskets are taken")
		}
	}()
	stats.Associate(stats.Baskets{A: 6, B: 6, Both: 1, All: 10}, 0.05)
}

func TestAssociateProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) int64 { return rapid.Int64Range(0, 2000).Draw(t, name) }
		both, onlyA, onlyB, neither := draw("both"), draw("A"), draw("B"), draw("neither")
		alpha := rapid.Float64Range(0.0001, 0.4).Draw(t, "alpha")
		b := stats.Baskets{A: both + onlyA, B: both + onlyB, Both: both, All: both + onlyA + onlyB + neither}
		got, ok := stats.Associate(b, alpha)
		if !ok {
			return
		}
		turned, _ := stats.Associate(stats.Baskets{A: b.B, B: b.A, Both: b.Both, All: b.All}, alpha)
		wider, _ := stats.Associate(b, alpha/2)
		switch {
		case !(0 <= got.Support && got.Support <= got.Confidence && got.Confidence <= 1 && -1 <= got.Zhang && got.Zhang <= 1 && got.P >= 0 && got.P <= 1 && got.Conviction >= 0):
			t.Fatalf("%+v", got)
		case !(got.Lift.Lo <= got.Lift.Value && got.Lift.Value <= got.Lift.Hi) || wider.Lift.Lo > got.Lift.Lo || wider.Lift.Hi < got.Lift.Hi:
			t.Fatalf("%+v, at half the alpha %+v", got.Lift, wider.Lift)
		case turned.Lift.Value != got.Lift.Value || turned.Support != got.Support || math.Abs(turned.Leverage-got.Leverage) > 1e-12 || math.Abs(turned.Chi2-got.Chi2) > 1e-9*(1+got.Chi2) || math.Abs(turned.P-got.P) > 1e-9:
			t.Fatalf("%+v, from B to A %+v", got, turned)
		}

		// All measures agree on which side of chance it is.
		if chance := both*b.All - b.A*b.B; chance != 0 {
			up := chance > 0
			if got.Lift.Value > 1 != up || got.Leverage > 0 != up || got.Zhang > 0 != up || got.Conviction > 1 != up {
				t.Fatalf("%+v: measures on both sides of chance", got)
			}
		}
	})
}
