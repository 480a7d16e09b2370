package analyze

import (
	"math"
	"math/big"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/rewave/rewave/internal/stats"
)

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > 1e-9*max(1, math.Abs(want)) {
		t.Errorf("%s: got %.12g, want %.12g", what, got, want)
	}
}

// By hand: 8 x .001, 7 x .008, 6 x .012 and so on, never falling.
func TestHolm(t *testing.T) {
	t.Parallel()
	got := holm([]float64{.23, .001, .012, .041, .06, .008, .51, .74})
	for i, want := range []float64{.69, .008, .072, .205, .24, .056, 1, 1} {
		near(t, "adjusted", got[i], want)
	}
	if got := holm(nil); len(got) != 0 {
		t.Errorf("of nothing: %v", got)
	}
}

// Money of 9000 against 1000 with mean 6.30 and 5.10, sd 31 and 27; and a divisor
// that may be 0.
func TestFieller(t *testing.T) {
	t.Parallel()
	z := -stats.NormalQuantile(.025)
	got, ok := fieller(mean{6.3, 31. * 31 / 9000}, mean{5.1, 27. * 27 / 1000}, z)
	if !ok {
		t.Fatal("unbounded")
	}
	near(t, "ratio", got.Value-1, 0.2352941176470589)
	near(t, "lo", got.Lo-1, -0.08895118485)
	near(t, "hi", got.Hi-1, 0.8576359105)
	if got, ok := fieller(mean{6.3, .1}, mean{.4, .09}, z); ok {
		t.Errorf("got %v, want none", got)
	}
}

func TestCochran(t *testing.T) {
	t.Parallel()
	var effects []mean
	ses := []float64{.010, .008, .009, .011, .012}
	for i, d := range []float64{.031, .012, .018, -.006, .022} {
		effects = append(effects, mean{d, ses[i] * ses[i]})
	}
	q, df, ok := cochran(append(effects, mean{1, 0}))
	if !ok || df != 4 {
		t.Fatalf("df %d, %v", df, ok)
	}
	near(t, "Q", q, 6.784682143)
	near(t, "p", stats.ChiSquareTail(q, df), .1477137924)
	if _, _, ok := cochran(effects[:1]); ok {
		t.Error("one effect differs from nothing")
	}
}

// One stratum alone is the plain difference, to the last digits that count.
func TestTheWeighedDifferenceOfOneStratumIsHalls(t *testing.T) {
	t.Parallel()
	treat, control := stats.Moments{}, stats.Moments{}
	for i := range 400 {
		treat.Add(float64(i * i % 97))
		control.Add(float64(i * i % 89))
	}
	of := func(m stats.Moments) lean {
		at, _ := meanOf(m)
		third, _ := m.Third()
		n := float64(m.N)
		return lean{at, third / n / n}
	}
	got, ok := weigh([]lean{of(treat), of(control)}, []float64{1, -1}).interval(800, .05)
	want, _ := stats.HallDifference(treat, control, .05)
	if !ok {
		t.Fatal("none")
	}
	near(t, "value", got.Value, want.Value)
	near(t, "lo", got.Lo, want.Lo)
	near(t, "hi", got.Hi, want.Hi)
	near(t, "A", got.A, want.A)
}

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
			top.Add(v, 0)
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
