package analyze

import (
	"math"
	"math/big"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/rewave/rewave/internal/stats"
)

// Sums of 192 bits are those of numbers without bounds, whatever the order.
func TestSumsAreExact(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Int64Range(-largest, largest), 0, 50).Draw(t, "values")
		cut := rapid.IntRange(0, len(values)).Draw(t, "cut")
		var a, b powers
		want := [3]*big.Int{new(big.Int), new(big.Int), new(big.Int)}
		for i, v := range values {
			if i < cut {
				a.add(v)
			} else {
				b.add(v)
			}
			x := big.NewInt(1)
			for k := range want {
				x = new(big.Int).Mul(x, big.NewInt(v))
				want[k].Add(want[k], x)
			}
		}
		a.merge(b)
		for k := range want {
			f, _ := new(big.Float).SetInt(want[k]).Float64()
			if got := a[k].float(); got != f {
				t.Fatalf("sum of powers %d: got %v, want %v", k+1, got, f)
			}
		}
		a.less(b)
		a.merge(b)
		if a.less(a); a != (powers{}) {
			t.Fatal("less itself is not 0")
		}
	})
}

// A quantile from the largest values alone is that of all of them.
func TestTopIsTheQuantileOfAll(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Int64Range(-50, 5000), 1, 400).Draw(t, "values")
		q := rapid.SampledFrom([]float64{.9, .95, .99, .995, .999}).Draw(t, "q")
		top := NewTop(int64(len(values)), q)
		var sorted []float64
		for _, v := range values {
			top.Add(v)
			sorted = append(sorted, float64(v))
		}
		slices.Sort(sorted)
		want, _ := stats.Quantile(sorted, q)
		if got := top.Quantile(); got != int64(math.RoundToEven(want)) {
			t.Fatalf("got %d, want %v", got, want)
		}
	})
	if got := NewTop(0, .99).Quantile(); got != 0 {
		t.Errorf("of nothing: %d", got)
	}
}
