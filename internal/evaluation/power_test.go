package evaluation_test

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rewave/rewave/internal/evaluation"
	"github.com/rewave/rewave/internal/holdout"
)

// (.06 + .05 * 8) / (.35 * 62), worked out by hand in the specification.
func TestBreakEven(t *testing.T) {
	t.Parallel()
	full := evaluation.Economics{Messages: .06, Redemption: .05, CouponValue: 8, Margin: .35, OrderValue: 62}
	free := full
	free.Messages, free.Redemption = 0, 0
	noMargin, noOrders := full, full
	noMargin.Margin, noOrders.OrderValue = 0, 0
	for _, test := range []struct {
		name  string
		given evaluation.Economics
		want  float64
		ok    bool
	}{
		{"messages and coupons", full, 0.02119815668, true},
		{"nothing to earn back", free, 0, true},
		{"goods sold at cost", noMargin, 0, false},
		{"nobody orders", noOrders, 0, false},
	} {
		got, ok := evaluation.BreakEven(test.given)
		if ok != test.ok || math.Abs(got-test.want) > 5e-12 {
			t.Errorf("%s: got %.12f %v, want %.12f %v", test.name, got, ok, test.want, test.ok)
		}
	}
}

// The table of relative detectable lifts at a natural rate of 5 % and 80 % power.
func TestHoldDetects(t *testing.T) {
	t.Parallel()
	shares := []holdout.Share{holdout.Whole / 20, holdout.Whole / 10, holdout.Whole / 5, holdout.Whole / 2}
	for n, row := range map[int64][]float64{
		5_000:     {0.807, 0.591, 0.449, 0.374},
		20_000:    {0.400, 0.292, 0.220, 0.180},
		50_000:    {0.252, 0.184, 0.138, 0.112},
		100_000:   {0.178, 0.130, 0.097, 0.079},
		200_000:   {0.126, 0.091, 0.069, 0.055},
		1_000_000: {0.056, 0.041, 0.031, 0.025},
	} {
		for i, want := range row {
			got := evaluation.Hold(shares[i], n, .05, 1)
			if got.Detectable == nil || math.Abs(*got.Detectable/.05-want) > .0006 {
				t.Errorf("n %d, %v: got %+v, want a relative lift of %.3f", n, shares[i], got, want)
			}
		}
	}
}

// At 100,000 customers and 5 % of them buying anyway, 10 % held out see a lift of
// 0.65 points, 15 % of 0.55, 20 % of 0.48 and 50 % of 0.39.
func TestChooseHoldout(t *testing.T) {
	t.Parallel()
	const n, natural = 100_000, .05
	for _, test := range []struct {
		name      string
		n         int64
		breakEven float64
		want      holdout.Share
		proves    bool
	}{
		{"a dear campaign is proved by the least", n, .0070, holdout.Whole / 10, true},
		{"a cheaper one needs more", n, .0060, 15 * (holdout.Whole / 100), true},
		{"and more", n, .0050, holdout.Whole / 5, true},
		{"up to half", n, .0040, holdout.Whole / 2, true},
		{"what nothing can prove gets the least", n, .0030, holdout.Whole / 10, false},
		{"what costs nothing has nothing to prove by", n, 0, holdout.Whole / 10, false},
		{"nobody", 0, .01, holdout.Whole / 10, false},
	} {
		got := evaluation.ChooseHoldout(evaluation.HoldoutCandidates(), test.n, natural, test.breakEven)
		want := evaluation.Hold(test.want, test.n, natural, test.breakEven)
		if diff := cmp.Diff(got, want); diff != "" || got.Proves != test.proves {
			t.Errorf("%s: -got +want\n%s%+v", test.name, diff, got)
		}
	}
}

func TestHoldoutPrice(t *testing.T) {
	t.Parallel()
	if got, want := evaluation.HoldoutPrice(holdout.Whole/10, 100_000, .43), 4300.0; math.Abs(got-want) > 1e-9 {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestEnough(t *testing.T) {
	t.Parallel()
	got, ok := evaluation.Enough(holdout.Whole/10, .05, .01)
	if want := int64(42201); !ok || got < want-1 || got > want+1 {
		t.Errorf("got %d %v, want %d", got, ok, want)
	}
	if n, ok := evaluation.Enough(holdout.Whole/10, .05, 0); ok {
		t.Errorf("a lift of nothing is proved by %d", n)
	}
}

func TestPace(t *testing.T) {
	t.Parallel()
	days := func(n int, of func(i int) int) []int {
		counts := make([]int, n)
		for i := range counts {
			counts[i] = of(i)
		}
		return counts
	}
	p := func(x float64) *float64 { return &x }
	for _, test := range []struct {
		name   string
		perDay []int
		want   evaluation.Figure
		ok     bool
	}{
		// Even days: the variance of a Poisson of 4, 1.96 * sqrt(4/100).
		{"even", days(100, func(int) int { return 4 }), evaluation.Figure{Estimate: p(4), Lo: p(3.60800720309), Hi: p(4.39199279691), Method: "quasi_poisson"}, true},
		// 0 and 8 in turn: the variance is 16 * 100/99.
		{"uneven", days(100, func(i int) int { return 8 * (i % 2) }), evaluation.Figure{Estimate: p(4), Lo: p(3.2120648316), Hi: p(4.7879351684), Method: "quasi_poisson"}, true},
		{"nobody", days(90, func(int) int { return 0 }), evaluation.Figure{Estimate: p(0), Lo: p(0), Hi: p(0.0333333333333), Method: "quasi_poisson"}, true},
		{"less than a week", days(6, func(int) int { return 4 }), evaluation.Figure{}, false},
	} {
		got, ok := evaluation.Pace(test.perDay)
		if diff := cmp.Diff(got, test.want); diff != "" || ok != test.ok {
			t.Errorf("%s: %v -got +want\n%s", test.name, ok, diff)
		}
	}
}
