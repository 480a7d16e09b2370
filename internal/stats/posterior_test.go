package stats_test

import (
	"math"
	"testing"

	"github.com/rewave/rewave/internal/stats"
	"pgregory.net/rapid"
)

// The vector of the specification: an estimate of .43 ± .35 after past effects of
// a spread of .3.
func TestNormalPosterior(t *testing.T) {
	t.Parallel()
	got, ok := Normal{0, 0.3}.Posterior(0.43, 0.35)
	if !ok {
		t.Fatal("not defined")
	}
	near(t, "mean", got.Mean(), 0.1821176471, 5e-10)
	near(t, "sd", got.SD, 0.2277769807, 5e-10)
	near(t, "P(>0)", got.Positive(), 0.7880123874, 5e-10)
	near(t, "expected loss", got.Regret(), 0.02740246739, 5e-10)
	for name, bad := range map[string]struct {
		prior        Normal
		estimate, se float64
	}{
		"no prior": {Normal{}, 1, 1}, "no error": {Normal{0, 1}, 1, 0}, "no number": {Normal{0, 1}, math.NaN(), 1},
		"no end": {Normal{0, 1}, 1, math.Inf(1)}, "no spread left": {Normal{0, 5e-324}, 1, 1e300},
	} {
		if post, ok := bad.prior.Posterior(bad.estimate, bad.se); ok || post != (Normal{}) {
			t.Errorf("%s: %v, defined %v", name, post, ok)
		}
	}
}

func TestNormalPosteriorProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		prior := Normal{rapid.Float64Range(-9, 9).Draw(t, "center"), rapid.Float64Range(0.01, 9).Draw(t, "sd")}
		estimate, se := rapid.Float64Range(-9, 9).Draw(t, "estimate"), rapid.Float64Range(0.01, 9).Draw(t, "se")
		got, ok := prior.Posterior(estimate, se)
		if !ok || got.SD >= min(prior.SD, se) || got.Center < min(prior.Center, estimate)-1e-9 || got.Center > max(prior.Center, estimate)+1e-9 {
			t.Fatalf("%v after %v and %v ± %v", got, prior, estimate, se)
		}

		// Two halves of the data, one after the other, say the same.
		half, _ := prior.Posterior(estimate, se*math.Sqrt2)
		again, _ := half.Posterior(estimate, se*math.Sqrt2)
		if math.Abs(again.Center-got.Center) > 1e-9 || math.Abs(again.SD-got.SD) > 1e-9 {
			t.Fatalf("%v at once, %v in halves", got, again)
		}

		// Acting loses against not acting what the choice of the two says, as an arm
		// that is 0 for certain nearly.
		still := Normal{0, got.SD * 1e-4}
		if loss := stats.Choose([]Belief{got, still})[0].Loss; math.Abs(loss-got.Regret()) > 1e-6*got.SD {
			t.Fatalf("%v: loss %v, by quadrature %v", got, got.Regret(), loss)
		}
	})
}
