package stats_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/rewave/rewave/internal/stats"
	"pgregory.net/rapid"
)

// Vectors of the method's specification: (e) of money per customer, and (a) and
// profit, which state no skewness and so have the normal interval.
func TestHallDifferenceOfTheSpecification(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name           string
		treat, control Moments
		want           Estimate
		se, a, p       float64
	}{
		{"skewed", momentsOf(18000, 1.9, 0.6561*18000/2, 700000), momentsOf(2000, 0, 0.6561*2000/2, 686000),
			Estimate{1.9, -0.3083478052, 3.207551902}, 0.81, -0.3186421563, 0.07896994199},
		{"not skewed", momentsOf(18000, 1.9, 0.6561*18000/2, 0), momentsOf(2000, 0, 0.6561*2000/2, 0),
			Estimate{1.9, 0.3124291725, 3.487570827}, 0.81, 0, 2 * stats.NormalCDF(-1.9/0.81)},
		{"revenue", momentsOf(9000, 6.30, 31*31, 0), momentsOf(1000, 5.10, 27*27, 0),
			Estimate{1.2, 1.2 - z95*0.9142088261, 1.2 + z95*0.9142088261}, 0.9142088261, 0, 2 * stats.NormalCDF(-1.312610386)},
		{"profit", momentsOf(9000, 2.41, 11.2*11.2, 0), momentsOf(1000, 1.98, 9.6*9.6, 0),
			Estimate{0.43, 0.43 - z95*0.3257265383, 0.43 + z95*0.3257265383}, 0.3257265383, 0, 2 * stats.NormalCDF(-0.43/0.3257265383)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, ok := stats.HallDifference(tt.treat, tt.control, 0.05)
			if !ok || !got.Bounded {
				t.Fatalf("%+v, defined %v", got, ok)
			}
			same(t, "difference", got.Estimate, tt.want, 2e-9)
			near(t, "se", got.SE, tt.se, 1e-9)
			near(t, "A", got.A, tt.a, 1e-9)
			near(t, "p", got.P, tt.p, 1e-8)
		})
	}
}

func TestHallDifferenceWithoutAnInterval(t *testing.T) {
	t.Parallel()
	nobody := Moments{N: 500}
	for _, tt := range []struct {
		name           string
		treat, control Moments
		value, se, a   float64
	}{
		{"nobody bought", nobody, nobody, 0, 0, 0},
		{"everybody spent the same", momentsFrom(5, 5, 5), momentsFrom(3, 3), 2, 0, 0},

		// No units have these moments, see TestHallProperties.
		{"too skewed", momentsOf(100, 1, 100, 1.1*100*100), momentsOf(100, 0, 0, 0), 1, 1, 1.1},
		{"too skewed the other way", momentsOf(100, 0, 0, 0), momentsOf(100, 1, 100, 1.1*100*100), -1, 1, -1.1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, ok := stats.HallDifference(tt.treat, tt.control, 0.05)
			if !ok || got.Bounded || got.P != 1 || !math.IsInf(got.Lo, -1) || !math.IsInf(got.Hi, 1) {
				t.Fatalf("%+v, defined %v", got, ok)
			}
			near(t, "difference", got.Value, tt.value, 1e-9)
			near(t, "se", got.SE, tt.se, 1e-9)
			near(t, "A", got.A, tt.a, 1e-9)
		})
	}
	some := momentsFrom(0, 0, 3)
	for _, pair := range [][2]Moments{{{}, some}, {some, {}}, {momentsFrom(1), some}, {some, momentsFrom(1)}, {{N: 9, Sum2: math.NaN()}, some},
		{{N: 9, Sum2: 1e-220, Sum3: 1e30}, {N: 9}}, {{N: 9, Sum: 1e300}, some}} {
		if got, ok := stats.HallDifference(pair[0], pair[1], 0.05); ok || got != (stats.Skewed{}) {
			t.Errorf("%+v: %+v is defined", pair, got)
		}
	}
}

func TestHallProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		treat, control := momentsFrom(drawUnits(t, "treat")...), momentsFrom(drawUnits(t, "control")...)
		alpha := rapid.Float64Range(0.0001, 0.4).Draw(t, "alpha")
		got, ok := stats.HallDifference(treat, control, alpha)
		if !ok {
			t.Fatal("not defined")
		}
		if math.Abs(got.A) >= 1 {
			t.Fatalf("A is %v: one unit of many is the most that moments can be skewed", got.A)
		}
		if !got.Bounded {
			if got.SE != 0 {
				t.Fatalf("%+v has no interval", got)
			}
			return
		}
		if !(got.Lo <= got.Value && got.Value <= got.Hi) || math.IsInf(got.Lo, 0) || math.IsInf(got.Hi, 0) {
			t.Fatalf("%+v leaves out its estimate or is unbounded", got)
		}
		unit := got.Hi - got.Lo
		alike := func(what string, o stats.Skewed, sign, scale float64) {
			lo, hi := o.Lo, o.Hi
			if sign < 0 {
				lo, hi = -hi, -lo
			}
			if math.Abs(sign*o.Value/scale-got.Value)+math.Abs(lo/scale-got.Lo)+math.Abs(hi/scale-got.Hi) > 1e-8*unit ||
				math.Abs(o.SE/scale-got.SE) > 1e-8*got.SE || math.Abs(sign*o.A-got.A) > 1e-8 || math.Abs(o.P-got.P) > 1e-8 {
				t.Fatalf("%s: %+v against %+v", what, o, got)
			}
		}
		swapped, _ := stats.HallDifference(control, treat, alpha)
		alike("arms swapped", swapped, -1, 1)
		cents, _ := stats.HallDifference(hundredfold(treat), hundredfold(control), alpha)
		alike("a hundred times as much", cents, 1, 100)

		if wider, _ := stats.HallDifference(treat, control, alpha/2); wider.Lo > got.Lo || wider.Hi < got.Hi {
			t.Fatalf("at alpha %v %v, at %v %v: not wider", alpha, got, alpha/2, wider)
		}
		if excludes := got.Lo > 0 || got.Hi < 0; math.Abs(got.P-alpha) > 1e-9 && excludes != (got.P < alpha) {
			t.Fatalf("p %v at alpha %v, but the difference is %v", got.P, alpha, got.Estimate)
		}
	})
}

func hundredfold(m Moments) Moments {
	return Moments{m.N, 100 * m.Sum, 1e4 * m.Sum2, 1e6 * m.Sum3}
}

// Both formulas for the way back from g, and what they are without skewness.
func TestHallIntervalBecomesTheNormalOne(t *testing.T) {
	t.Parallel()
	previous := math.Inf(1)
	for _, a := range []float64{0.05, 1e-2, 1e-4, 1e-6, 1e-7, 1e-9, 1e-12, 0} {
		// The treated hold all the variance, SE 1, so their third moment is A n^2.
		got, _ := stats.HallDifference(momentsOf(1000, 0, 1000, a*1e6), Moments{N: 1000}, 0.05)
		off := math.Abs(got.Lo+z95) + math.Abs(got.Hi-z95)
		if off > 4*a+1e-12 || off > previous+1e-12 {
			t.Errorf("A %v: [%v, %v], %v off the normal interval", a, got.Lo, got.Hi, off)
		}
		previous = off
	}
}

// Rare and skewed spending (zero-inflated lognormal, skewness 16.8), capped at a
// quantile of the shop's history: Hall's interval holds the truth in 95 of 100
// repetitions where the normal one of the uncapped values does not. Settings M1
// to M3 and M7 of the method's specification.
func TestHallCoverage(t *testing.T) {
	t.Parallel()
	const repetitions, rate = 4000, 0.0725
	for i, tt := range []struct {
		name        string
		nt, nc      int64
		lift        float64 // of the rate
		cap         float64 // a quantile of the control's spending
		from, to    float64 // of Hall's interval, per cent
		plainAtMost float64 // of the normal interval of uncapped values
	}{
		{"M1 two thousand held out, 15 per cent", 18000, 2000, 1.15, 0.995, 94, 96, 95},
		{"M2 two thousand held out, no effect", 18000, 2000, 1, 0.995, 94, 96, 95},
		{"M3 two hundred held out, no effect", 1800, 200, 1, 0.99, 94, 96, 91},
		{"M7 two hundred held out, 15 per cent", 1800, 200, 1.15, 0.99, 94, 96, 91},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(20260202, uint64(i)))
			top := math.Exp(stats.NormalQuantile(1 - (1-tt.cap)/rate))
			perBuyer := math.Exp(0.5)*stats.NormalCDF(math.Log(top)-1) + top*stats.NormalCDF(-math.Log(top))
			truth, plainTruth := rate*(tt.lift-1)*perBuyer, rate*(tt.lift-1)*math.Exp(0.5)

			draw := func(buyers binomial, n int64) (capped, whole Moments) {
				for range buyers.draw(random) {
					y := math.Exp(random.NormFloat64())
					whole.Add(y)
					capped.Add(min(y, top))
				}
				whole.N, capped.N = n, n
				return capped, whole
			}
			treated, held := newBinomial(tt.nt, rate*tt.lift), newBinomial(tt.nc, rate)
			var hall, plain float64
			for range repetitions {
				treat, treatWhole := draw(treated, tt.nt)
				control, controlWhole := draw(held, tt.nc)
				h, _ := stats.HallDifference(treat, control, 0.05)
				hall += hit(h.Bounded && h.Lo <= truth && truth <= h.Hi)
				w, _ := stats.HallDifference(treatWhole, controlWhole, 0.05)
				plain += hit(math.Abs(w.Value-plainTruth) <= z95*w.SE)
			}
			hall, plain = 100*hall/repetitions, 100*plain/repetitions
			t.Logf("Hall covers %.1f %%, uncapped and normal %.1f %%", hall, plain)
			if hall < tt.from || hall > tt.to {
				t.Errorf("Hall covers %.1f %%, want %v to %v", hall, tt.from, tt.to)
			}
			if plain > tt.plainAtMost {
				t.Errorf("uncapped and normal covers %.1f %%, want at most %v", plain, tt.plainAtMost)
			}
		})
	}
}

func TestSkewnessSaysHowManyValuesDecide(t *testing.T) {
	t.Parallel()
	for _, k := range []int{1, 4, 25} {
		few := Moments{N: 10_000}
		for range k {
			few.Sum, few.Sum2, few.Sum3 = few.Sum+1000, few.Sum2+1e6, few.Sum3+1e9
		}
		got, _ := stats.HallDifference(few, Moments{N: 10_000}, 0.05)
		near(t, "A", got.A, 1/math.Sqrt(float64(k)), 5e-3)
	}
}
