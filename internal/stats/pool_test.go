package stats_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/rewave/rewave/internal/stats"
	"pgregory.net/rapid"
)

// The five rounds of the method's specification.
var (
	rounds   = []Effect{{0.031, 0.010}, {0.012, 0.008}, {0.018, 0.009}, {-0.006, 0.011}, {0.022, 0.012}}
	inOrder  = []float64{1, 2, 3, 4, 5}
	diagonal = func(effects []Effect) (values []float64, m [][]float64) {
		for i, e := range effects {
			values = append(values, e.Value)
			m = append(m, make([]float64, len(effects)))
			m[i][i] = e.SE * e.SE
		}
		return values, m
	}
)

func TestPoolOfTheSpecification(t *testing.T) {
	t.Parallel()
	got, ok := stats.Pool(rounds)
	slope, okSlope := stats.Slope(rounds, inOrder)
	if !ok || !okSlope {
		t.Fatal("not defined")
	}
	near(t, "fixed", got.Fixed.Value, 0.01547423139, 1e-9)
	near(t, "fixed se", got.Fixed.SE, 0.004336381899, 1e-9)
	near(t, "Q", got.Q, 6.784682143, 1e-9)
	near(t, "p", got.P, 0.1477137924, 1e-9)
	near(t, "I2", got.I2, 0.4104366401, 1e-9)
	near(t, "tau2", got.Tau2, 6.685743807e-05, 1e-9)
	near(t, "random", got.Random.Value, 0.01548139483, 1e-9)
	near(t, "random se", got.Random.SE, 0.005729361648, 1e-9)
	for i, want := range []float64{0.02169948, 0.01370269, 0.01662024, 0.00783628, 0.01754828} {
		near(t, "shrunk", got.Shrunk[i], want, 5e-7) // printed to eight digits behind the point
	}
	near(t, "slope", slope.Value, -0.003887253475, 1e-9)
	near(t, "slope se", slope.SE, 0.003366134305, 1e-9)
}

func TestPoolThatIsNotDefined(t *testing.T) {
	t.Parallel()
	for _, effects := range [][]Effect{nil, {{1, 0}}, {{1, 1}, {2, 0}}, {{math.NaN(), 1}}, {{1, -1}}, {{1, math.Inf(1)}}} {
		if got, ok := stats.Pool(effects); ok || got.Shrunk != nil {
			t.Errorf("%v: %+v is defined", effects, got)
		}
		if got, ok := stats.Slope(effects, make([]float64, len(effects))); ok || got != (Effect{}) {
			t.Errorf("%v: slope %+v is defined", effects, got)
		}
	}
	if got, ok := stats.Slope(rounds[:2], []float64{3, 3}); ok {
		t.Errorf("slope at one time %+v is defined", got)
	}
	one, ok := stats.Pool(rounds[:1])
	if !ok || one.Fixed != one.Random || one.Q != 0 || one.P != 1 || one.I2 != 0 || one.Tau2 != 0 {
		t.Errorf("of one effect %+v, defined %v", one, ok)
	}
	near(t, "the effect", one.Fixed.Value, 0.031, 1e-12)
	near(t, "its se", one.Fixed.SE, 0.010, 1e-12)
	for name, m := range map[string][][]float64{
		"not symmetric": {{1, 0.5}, {0.4, 1}}, "not definite": {{1, 1}, {1, 1}}, "no variance": {{0, 0}, {0, 1}}, "no number": {{1, math.NaN()}, {math.NaN(), 1}},
		"not square": {{1}, {0, 1}},
	} {
		if got, ok := stats.PoolDependent([]float64{1, 2}, m, []float64{1, 2}); ok || got != (stats.Dependent{}) {
			t.Errorf("%s: %+v is defined", name, got)
		}
	}
	if got, ok := stats.PoolDependent(nil, nil, nil); ok {
		t.Errorf("nothing pooled is %+v", got)
	}
	if got, ok := stats.PoolDependent([]float64{1, 2}, [][]float64{{1, 0}, {0, 1}}, []float64{3, 3}); !ok || !math.IsInf(got.Slope.SE, 1) || got.Slope.Value != 0 {
		t.Errorf("at one time %+v, defined %v", got, ok)
	}
}

// Two effects of variance 1 with covariance 1/2, by hand: their mean has variance
// 3/4 and their distance variance 1, so Q is its square and the slope is it.
func TestPoolDependentByHand(t *testing.T) {
	t.Parallel()
	got, ok := stats.PoolDependent([]float64{1, 4}, [][]float64{{1, 0.5}, {0.5, 1}}, []float64{0, 1})
	if !ok {
		t.Fatal("not defined")
	}
	near(t, "fixed", got.Fixed.Value, 2.5, 1e-12)
	near(t, "se", got.Fixed.SE, math.Sqrt(0.75), 1e-12)
	near(t, "Q", got.Q, 9, 1e-12)
	near(t, "p", got.P, 2*stats.NormalCDF(-3), 1e-9)
	near(t, "slope", got.Slope.Value, 3, 1e-12)
	near(t, "slope se", got.Slope.SE, 1, 1e-12)
}

func TestPoolProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		effects := make([]Effect, rapid.IntRange(2, 9).Draw(t, "n"))
		at, lo, hi := make([]float64, len(effects)), math.Inf(1), math.Inf(-1)
		for i := range effects {
			effects[i] = Effect{rapid.Float64Range(-5, 5).Draw(t, "value"), rapid.Float64Range(0.05, 3).Draw(t, "se")}
			at[i] = float64(i)
			lo, hi = min(lo, effects[i].Value), max(hi, effects[i].Value)
		}
		got, ok := stats.Pool(effects)
		slope, _ := stats.Slope(effects, at)
		if !ok || !(lo-1e-9 <= got.Fixed.Value && got.Fixed.Value <= hi+1e-9) || !(lo-1e-9 <= got.Random.Value && got.Random.Value <= hi+1e-9) ||
			got.Random.SE < got.Fixed.SE*(1-1e-12) || !(got.I2 >= 0 && got.I2 < 1) || got.Tau2 < 0 {
			t.Fatalf("%+v of %v", got, effects)
		}
		for i, e := range effects {
			if s := got.Shrunk[i]; (s-e.Value)*(s-got.Random.Value) > 1e-12 {
				t.Fatalf("%v shrinks to %v, not between it and %v", e, s, got.Random)
			}
		}

		// As for dependent ones that are not.
		values, m := diagonal(effects)
		d, ok := stats.PoolDependent(values, m, at)
		if !ok || math.Abs(d.Fixed.Value-got.Fixed.Value)+math.Abs(d.Fixed.SE-got.Fixed.SE)+math.Abs(d.P-got.P)+
			math.Abs(d.Slope.Value-slope.Value)+math.Abs(d.Slope.SE-slope.SE) > 1e-8 || math.Abs(d.Q-got.Q) > 1e-8*(1+got.Q) {
			t.Fatalf("by generalised least squares %+v, by weights %+v and slope %+v", d, got, slope)
		}

		// Money in another unit, and the arms swapped.
		moved := make([]Effect, len(effects))
		for i, e := range effects {
			moved[i] = Effect{-100 * e.Value, 100 * e.SE}
		}
		other, _ := stats.Pool(moved)
		otherSlope, _ := stats.Slope(moved, at)
		if math.Abs(other.Fixed.Value+100*got.Fixed.Value)+math.Abs(other.Random.SE-100*got.Random.SE)+math.Abs(otherSlope.Value+100*slope.Value) > 1e-8*100 ||
			math.Abs(other.Q-got.Q) > 1e-9*(1+got.Q) || math.Abs(other.Tau2-1e4*got.Tau2) > 1e-8*(1+1e4*got.Tau2) {
			t.Fatalf("a hundred times as much, negated: %+v against %+v", other, got)
		}
	})
}

// The best of eight segments, picked for being best: raw it is overstated by what
// chance added, shrunk it is not (setting S1 of the method's specification).
func TestShrunkSegmentsAreNotOverstated(t *testing.T) {
	t.Parallel()
	const repetitions, spread, se = 4000, 0.01, 0.015
	random := rand.New(rand.NewPCG(20260808, 1))
	var raw, shrunk float64
	for range repetitions {
		effects, truth := make([]Effect, 8), make([]float64, 8)
		best := 0
		for i := range effects {
			truth[i] = 0.01 + spread*random.NormFloat64()
			effects[i] = Effect{truth[i] + se*random.NormFloat64(), se}
			if effects[i].Value > effects[best].Value {
				best = i
			}
		}
		got, _ := stats.Pool(effects)
		raw += (effects[best].Value - truth[best]) / repetitions
		shrunk += (got.Shrunk[best] - truth[best]) / repetitions
	}
	t.Logf("raw overstates by %.4f, shrunk by %.4f", raw, shrunk)
	if raw < 0.01 || math.Abs(shrunk) > raw/5 {
		t.Errorf("raw overstates by %.4f, want at least 0.01; shrunk by %.4f, want a fifth at most", raw, shrunk)
	}
}
