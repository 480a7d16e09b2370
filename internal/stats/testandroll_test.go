package stats_test

import (
	"math"
	"testing"

	"github.com/rewave/rewave/internal/stats"
	"pgregory.net/rapid"
)

// The vectors of the method's specification: rates of 5 %, money, rates again.
func TestTestAndRoll(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		n             int64
		noise, spread float64
		want          float64
	}{
		{100_000, 0.2179449472, 0.01, 3108.127875},
		{100_000, 31, 1.5, 2963.017276},
		{20_000, 0.2179449472, 0.01, 1225.493994},
	} {
		got, ok := stats.TestAndRoll(tt.n, tt.noise, tt.spread)
		if !ok {
			t.Fatalf("%+v: not defined", tt)
		}
		near(t, "each", got, tt.want, 5e-10)
	}
	for _, bad := range []struct {
		n             int64
		noise, spread float64
	}{{0, 1, 1}, {1, 0, 1}, {1, 1, 0}, {1, -1, 1}, {1, math.NaN(), 1}, {1, 1, math.Inf(1)}, {1, 1e300, 1e-300}} {
		if got, ok := stats.TestAndRoll(bad.n, bad.noise, bad.spread); ok {
			t.Errorf("%+v: %v", bad, got)
		}
	}
}

// No other size of the test brings more: what the n customers gain over a choice
// by lot is (n-2k) times the expected lead of the one that looks better, which is
// spread^2/sqrt(pi) / sqrt(spread^2 + noise^2/k).
func TestTestAndRollBringsMost(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64Range(10, 10_000_000).Draw(t, "n")
		noise := rapid.Float64Range(0.01, 100).Draw(t, "noise")
		spread := noise * rapid.Float64Range(0.001, 3).Draw(t, "spread of noise")
		best, ok := stats.TestAndRoll(n, noise, spread)
		if !ok || !(best > 0 && best <= float64(n)/6) {
			t.Fatalf("%v of %d, defined %v", best, n, ok)
		}
		gain := func(k float64) float64 {
			return (float64(n) - 2*k) * spread * spread / math.Sqrt(spread*spread+noise*noise/k)
		}
		for _, other := range []float64{0.9, 0.99, 1.01, 1.1} {
			if gain(best*other) > gain(best) {
				t.Fatalf("%v of %d brings less than %v of it", best, n, other)
			}
		}
	})
}
