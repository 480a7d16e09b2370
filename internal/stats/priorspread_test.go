package stats_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/rewave/rewave/internal/stats"
)

// Ten thousand past campaigns with a known spread of true effects give it back,
// and posteriors that start from it are right as often as they say.
func TestPriorSpread(t *testing.T) {
	t.Parallel()
	const campaigns, spread = 10_000, 0.3
	random := rand.New(rand.NewPCG(20260901, 1))
	truths, estimates, ses := make([]float64, campaigns), make([]float64, campaigns), make([]float64, campaigns)
	for i := range truths {
		truths[i], ses[i] = spread*random.NormFloat64(), 0.1+0.5*random.Float64()
		estimates[i] = truths[i] + ses[i]*random.NormFloat64()
	}
	sd, ok := stats.PriorSpread(estimates, ses)
	if !ok || math.Abs(sd-spread) > 0.02 {
		t.Errorf("spread %v, defined %v, want %v", sd, ok, spread)
	}
	var said, paid float64
	for i := range truths {
		post, _ := Normal{0, sd}.Posterior(estimates[i], ses[i])
		if p := post.Positive(); p > 0.8 && p < 0.9 {
			said, paid = said+1, paid+hit(truths[i] > 0)
		}
	}
	if share := paid / said; said < 300 || math.Abs(share-0.85) > 0.04 {
		t.Errorf("%v of %v campaigns that should pay with chance .8 to .9 do", share, said)
	}

	// By hand: five effects of 2 with errors of 1 are 4/(1+sd^2) each, so sd^2 = 3.
	two, one := []float64{2, -2, 2, 2, -2}, []float64{1, 1, 1, 1, 1}
	if sd, ok := stats.PriorSpread(two, one); !ok || math.Abs(sd-math.Sqrt(3)) > 1e-12 {
		t.Errorf("spread %v, want the root of 3", sd)
	}
	for name, bad := range map[string][2][]float64{
		"four of them":    {two[:4], one[:4]},
		"none":            {},
		"no more spread":  {one, []float64{2, 2, 2, 2, 2}},
		"no error":        {two, {1, 1, 0, 1, 1}},
		"not a number":    {{1, 2, math.NaN(), 4, 5}, one},
		"not an estimate": {{1, 2, math.Inf(1), 4, 5}, one},
	} {
		if sd, ok := stats.PriorSpread(bad[0], bad[1]); ok {
			t.Errorf("%s: %v", name, sd)
		}
	}
}
