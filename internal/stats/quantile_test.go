package stats_test

import (
	"slices"
	"testing"

	"github.com/rewave/rewave/internal/stats"
	"pgregory.net/rapid"
)

// Vector (d) of the method's specification: the cap from both arms' spending,
// and the means it leaves.
func TestQuantileOfTheSpecification(t *testing.T) {
	t.Parallel()
	treat, control := []float64{0, 0, 0, 12.5, 0, 40, 0, 0, 25, 0, 0, 8}, []float64{0, 0, 18, 0, 0, 0, 9, 0}
	top, ok := stats.Quantile(slices.Sorted(slices.Values(slices.Concat(treat, control))), 0.9)
	if !ok {
		t.Fatal("not defined")
	}
	near(t, "cap", top, 18.7, 1e-12)
	for _, tt := range []struct {
		ys   []float64
		want float64
	}{{treat, 4.825}, {control, 3.375}} {
		var m Moments
		for _, y := range tt.ys {
			m.Add(min(y, top))
		}
		mean, _ := m.Mean()
		near(t, "capped mean", mean, tt.want, 1e-12)
	}
}

func TestQuantile(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		sorted  []float64
		q, want float64
	}{
		{[]float64{7}, 0, 7},
		{[]float64{7}, 0.3, 7},
		{[]float64{7}, 1, 7},
		{[]float64{1, 2}, 0.5, 1.5},
		{[]float64{1, 2, 3, 4}, 0, 1},
		{[]float64{1, 2, 3, 4}, 1, 4},
		{[]float64{1, 2, 3, 4}, 0.25, 1.75},
		{[]float64{0, 0, 0, 10}, 0.9, 7},
	} {
		got, ok := stats.Quantile(tt.sorted, tt.q)
		if !ok {
			t.Fatalf("%v at %v: not defined", tt.sorted, tt.q)
		}
		near(t, "quantile", got, tt.want, 1e-14)
	}
	if got, ok := stats.Quantile(nil, 0.5); ok || got != 0 {
		t.Errorf("the median of nothing is %v", got)
	}
}

func TestQuantileRisesWithinTheValues(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		ys := drawUnits(t, "units")
		slices.Sort(ys)
		p := rapid.Float64Range(0, 1).Draw(t, "p")
		q := rapid.Float64Range(p, 1).Draw(t, "q")
		low, _ := stats.Quantile(ys, p)
		high, _ := stats.Quantile(ys, q)
		if !(ys[0] <= low && low <= high && high <= ys[len(ys)-1]) {
			t.Fatalf("quantiles %v and %v at %v and %v of %v", low, high, p, q, ys)
		}
	})
}
