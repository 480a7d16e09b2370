package stats_test

import (
	"math"
	"math/big"
	"testing"

	"github.com/rewave/rewave/internal/stats"
	"pgregory.net/rapid"
)

type Moments = stats.Moments

// momentsOf has the given mean, sample variance and third central moment.
func momentsOf(n int64, mean, variance, third float64) Moments {
	f := float64(n)
	second := variance * (f - 1) / f
	return Moments{n, f * mean, f * (second + mean*mean), f * (third + 3*mean*second + mean*mean*mean)}
}

func momentsFrom(ys ...float64) (m Moments) {
	for _, y := range ys {
		m.Add(y)
	}
	return m
}

// summed is n units as a database sums them: exactly, and rounded once.
func summed(n int, y func(i int) int64) Moments {
	var sums [3]big.Int
	for i := range n {
		power := big.NewInt(1)
		for k := range sums {
			power.Mul(power, big.NewInt(y(i)))
			sums[k].Add(&sums[k], power)
		}
	}
	m := Moments{N: int64(n)}
	for k, to := range []*float64{&m.Sum, &m.Sum2, &m.Sum3} {
		*to, _ = new(big.Float).SetInt(&sums[k]).Float64()
	}
	return m
}

func TestMoments(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name                  string
		m                     Moments
		mean, variance, third float64
	}{
		{"by hand", momentsFrom(0, 0, 0, 4), 1, 4, 6},
		{"one below the others", momentsFrom(4, 4, 4, 0), 3, 4, -6},
		{"one unit is its own mean", momentsFrom(7), 7, math.NaN(), 0},

		// Squares and cubes of such amounts no longer fit 53 bits.
		{"all alike and large", summed(100_001, func(int) int64 { return 123_456_789 }), 123_456_789, 0, 0},
		{"a cent apart on a large mean", summed(1000, func(i int) int64 { return 1_000_000 + int64(i%2) }), 1_000_000.5, 0.25 * 1000 / 999, 0},
		{"every tenth a cent more", summed(1000, func(i int) int64 { return 1000 + int64(max(0, i%10-8)) }), 1000.1, 0.09 * 1000 / 999, 0.1 * 0.9 * 0.8},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			mean, ok := tt.m.Mean()
			if !ok {
				t.Fatal("no mean")
			}
			near(t, "mean", mean, tt.mean, 1e-11)
			variance, ok := tt.m.Variance()
			if want := !math.IsNaN(tt.variance); ok != want {
				t.Fatalf("variance defined: %v, want %v", ok, want)
			}
			if ok {
				near(t, "variance", variance, tt.variance, 1e-9)
			}
			third, ok := tt.m.Third()
			if !ok {
				t.Fatal("no third moment")
			}
			near(t, "third", third, tt.third, 1e-9)
		})
	}
}

func TestMomentsThatAreNotDefined(t *testing.T) {
	t.Parallel()
	for _, m := range []Moments{{}, {N: 3, Sum: math.NaN()}, {N: 3, Sum2: math.Inf(1)}, {N: 3, Sum3: math.Inf(-1)}, {N: -1}} {
		mean, ok1 := m.Mean()
		variance, ok2 := m.Variance()
		third, ok3 := m.Third()
		if ok1 || ok2 || ok3 || mean != 0 || variance != 0 || third != 0 {
			t.Errorf("%+v: mean %v %v, variance %v %v, third %v %v", m, mean, ok1, variance, ok2, third, ok3)
		}
	}
}

// drawUnits are what an arm spent: most nothing, few a lot, in minor units.
func drawUnits(t *rapid.T, name string) []float64 {
	amount := rapid.OneOf(rapid.Just(0), rapid.Just(0), rapid.IntRange(1, 500), rapid.IntRange(1, 1_000_000))
	var ys []float64
	for _, y := range rapid.SliceOfN(amount, 2, 60).Draw(t, name) {
		ys = append(ys, float64(y))
	}
	return ys
}

func TestMomentsProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		ys := drawUnits(t, "units")
		cut := rapid.IntRange(0, len(ys)).Draw(t, "cut")
		whole := momentsFrom(ys...)
		if parts := momentsFrom(ys[:cut]...).Merge(momentsFrom(ys[cut:]...)); parts != whole && math.Abs(parts.Sum3/whole.Sum3-1) > 1e-14 {
			t.Fatalf("merged %+v, whole %+v", parts, whole)
		}

		// The textbook, twice over the units.
		n := float64(len(ys))
		var mean, squares, cubes float64
		for _, y := range ys {
			mean += y / n
		}
		for _, y := range ys {
			squares += (y - mean) * (y - mean)
			cubes += (y - mean) * (y - mean) * (y - mean)
		}
		variance, _ := whole.Variance()
		third, _ := whole.Third()
		if scale := math.Pow(squares/n, 1.5); math.Abs(variance-squares/(n-1)) > 1e-9*squares/n || math.Abs(third-cubes/n) > 1e-6*scale {
			t.Fatalf("variance %v and third %v, from the units %v and %v", variance, third, squares/(n-1), cubes/n)
		}
	})
}
