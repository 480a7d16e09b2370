package stats_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/rewave/rewave/internal/stats"
	"pgregory.net/rapid"
)

type Effect = stats.Effect

var everything = Estimate{Lo: math.Inf(-1), Hi: math.Inf(1)}

// Vectors of the method's specification: (b) of money per customer, the return on
// a campaign, and the cost per incremental order with its two standard errors.
func TestFiellerOfTheSpecification(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name        string
		top, bottom Effect
		want        Estimate
		unbounded   stats.Why
	}{
		{"hardly a divisor", Effect{6.3, math.Sqrt(0.1)}, Effect{0.4, 0.3}, everything, stats.DivisorMayBeZero},
		{"return", Effect{0.43, 0}, Effect{0.46, 0}, Estimate{0.9347826087, 0.9347826087, 0.9347826087}, ""},
		{"cost per incremental order", Effect{0.46, 0.0147}, Effect{0.021, 0.0098}, Estimate{0.46 / 0.021, 11.39364355, 256.6928459}, ""},
		{"perhaps no incremental order", Effect{0.46, 0.0147}, Effect{0.021, 0.0121}, everything, stats.DivisorMayBeZero},
		{"nothing of something", Effect{}, Effect{2, 0.1}, Estimate{}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, ok := stats.Fieller(tt.top, tt.bottom, 0, 0.05)
			if !ok || got.Unbounded != tt.unbounded {
				t.Fatalf("%+v, defined %v", got, ok)
			}
			if tt.unbounded != "" {
				tt.want.Value = tt.top.Value / tt.bottom.Value
				if got.Estimate != tt.want {
					t.Errorf("%+v, want %+v", got, tt.want)
				}
				return
			}
			same(t, "ratio", got.Estimate, tt.want, 1e-9)
		})
	}
}

// Vector (a) of the specification: revenue.
func TestRelativeMeansOfTheSpecification(t *testing.T) {
	t.Parallel()
	got, ok := stats.RelativeMeans(momentsOf(9000, 6.30, 31*31, 0), momentsOf(1000, 5.10, 27*27, 0), 0.05)
	if !ok {
		t.Fatal("not defined")
	}
	same(t, "relative", Estimate{got.Value - 1, got.Lo - 1, got.Hi - 1}, Estimate{0.2352941176, -0.08895118485, 0.8576359105}, 1e-9)
	near(t, "delta se", got.SE, 0.2165043721, 1e-9)
	near(t, "delta from", got.Value-1-z95*got.SE, -0.1890466542, 1e-9)
	near(t, "delta to", got.Value-1+z95*got.SE, 0.6596348895, 1e-9)
	near(t, "log delta from", got.Value*math.Exp(-z95*got.SE/got.Value)-1, -0.1238385176, 1e-9)
	near(t, "log delta to", got.Value*math.Exp(z95*got.SE/got.Value)-1, 0.7416327787, 1e-9)
}

func TestFiellerThatIsNotDefined(t *testing.T) {
	t.Parallel()
	one := Effect{1, 0.1}
	for _, tt := range []struct {
		top, bottom Effect
		covariance  float64
	}{
		{one, Effect{}, 0}, {Effect{}, Effect{}, 0}, {one, Effect{1, -1}, 0}, {Effect{1, -1}, one, 0}, {one, one, math.NaN()},
		{Effect{math.Inf(1), 1}, one, 0}, {one, Effect{1, math.NaN()}, 0}, {Effect{1e200, 1}, Effect{1e-120, 0}, 0},
	} {
		if got, ok := stats.Fieller(tt.top, tt.bottom, tt.covariance, 0.05); ok || got != (stats.Ratio{}) {
			t.Errorf("%+v: %+v is defined", tt, got)
		}
	}
	if got, ok := stats.RelativeMeans(momentsFrom(1), momentsFrom(1, 2), 0.05); ok {
		t.Errorf("%+v is defined", got)
	}
	some := pairsFrom([]stats.XY{{1, 2}, {2, 5}})
	if got, ok := stats.DifferenceRatio(some, Pairs{}, 0.05); ok {
		t.Errorf("%+v is defined", got)
	}
	if got, ok := stats.DifferenceRatio(some, some, 0.05); ok {
		t.Errorf("%+v is defined", got)
	}
}

func TestFiellerProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.Float64Range(-100, 100).Draw(t, "top"), rapid.Float64Range(-100, 100).Draw(t, "bottom")
		sa, sb := rapid.Float64Range(0.01, 50).Draw(t, "se of top"), rapid.Float64Range(0.01, 50).Draw(t, "se of bottom")
		both := sa * sb * rapid.Float64Range(-0.99, 0.99).Draw(t, "correlation")
		alpha := rapid.Float64Range(0.0001, 0.4).Draw(t, "alpha")
		z := -stats.NormalQuantile(alpha / 2)
		if math.Abs(b) < 1e-100 || math.Abs(math.Abs(b)/(z*sb)-1) < 1e-3 {
			return // on the very edge the ends run away
		}
		got, ok := stats.Fieller(Effect{a, sa}, Effect{b, sb}, both, alpha)
		if told := math.Abs(b) > z*sb; !ok || (got.Unbounded == "") != told {
			t.Fatalf("%+v, but the bottom is %v standard errors of %v", got, math.Abs(b)/sb, z)
		}
		wider, _ := stats.Fieller(Effect{a, sa}, Effect{b, sb}, both, alpha/2)
		if !(got.Lo <= got.Value && got.Value <= got.Hi) || wider.Lo > got.Lo || wider.Hi < got.Hi {
			t.Fatalf("%+v leaves out its estimate or is wider than %+v at half the alpha", got, wider)
		}
		if got.Unbounded != "" {
			return
		}

		// Each end is a ratio that is just told from the data, which is the definition.
		for _, end := range []float64{got.Lo, got.Hi} {
			se := math.Sqrt(sa*sa - 2*end*both + end*end*sb*sb)
			if off := math.Abs(a-end*b)/se - z; math.Abs(off) > 1e-5*z {
				t.Fatalf("end %v of %+v is %v standard errors off, want %v", end, got, off+z, z)
			}
		}
		negative, _ := stats.Fieller(Effect{-a, sa}, Effect{b, sb}, -both, alpha)
		if math.Abs(negative.Lo+got.Hi)+math.Abs(negative.Hi+got.Lo) > 1e-9*(got.Hi-got.Lo) {
			t.Fatalf("of -top %+v, of top %+v", negative, got)
		}
		cents, _ := stats.Fieller(Effect{100 * a, 100 * sa}, Effect{b, sb}, 100*both, alpha)
		if math.Abs(cents.Lo-100*got.Lo)+math.Abs(cents.Hi-100*got.Hi) > 1e-7*(got.Hi-got.Lo) {
			t.Fatalf("a hundred times as much %+v, once %+v", cents, got)
		}
		inverse, _ := stats.Fieller(Effect{b, sb}, Effect{a, sa}, both, alpha)
		if math.Abs(a) > 1.001*z*sa && (math.Abs(1/inverse.Hi/got.Lo-1) > 1e-6 || math.Abs(1/inverse.Lo/got.Hi-1) > 1e-6) {
			t.Fatalf("bottom/top is %+v, top/bottom %+v", inverse, got)
		}
	})
}

func TestDifferenceRatioProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		treat, control := pairsFrom(drawPairs(t, "treat", 2)), pairsFrom(drawPairs(t, "control", 2))
		alpha := rapid.Float64Range(0.0001, 0.4).Draw(t, "alpha")
		got, ok := stats.DifferenceRatio(treat, control, alpha)
		if !ok {
			return
		}
		if swapped, _ := stats.DifferenceRatio(control, treat, alpha); math.Abs(swapped.Value-got.Value) > 1e-9*math.Abs(got.Value) || swapped.Unbounded != got.Unbounded {
			t.Fatalf("arms swapped: %+v against %+v", swapped, got)
		}

		// The delta method's variance is that of y - ratio*x.
		var variance float64
		for _, p := range []Pairs{treat, control} {
			vx, _ := p.X.Variance()
			vy, _ := p.Y.Variance()
			both, _ := p.Covariance()
			variance += (vy - 2*got.Value*both + got.Value*got.Value*vx) / float64(p.X.N)
		}
		x1, _ := treat.X.Mean()
		x0, _ := control.X.Mean()
		if want := math.Sqrt(max(0, variance)) / math.Abs(x1-x0); math.Abs(got.SE-want) > 1e-5*(want+math.Abs(got.Value)) {
			t.Fatalf("se %v, want %v", got.SE, want)
		}
	})
}

// Cost per incremental order of known truth, where orders are rare enough that the
// divisor is not always told from 0: the interval holds the truth in 95 of 100
// repetitions, the unbounded ones counted, and the delta method's leans to one side.
func TestFiellerCoverage(t *testing.T) {
	t.Parallel()
	const repetitions, treated, held = 1000, 9000, 1000
	for i, tt := range []struct {
		name          string
		before, after float64 // share who order
		unbounded     [2]float64
	}{
		{"a clear effect", 0.05, 0.09, [2]float64{0, 2}},
		{"a weak one", 0.05, 0.07, [2]float64{15, 30}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			const message, redeemed = 6, 250 // cost of writing, and more for each who orders
			random := rand.New(rand.NewPCG(20260404, uint64(i)))
			truth := (message + redeemed*tt.after) / (tt.after - tt.before)
			treatBuyers, holdBuyers := newBinomial(treated, tt.after), newBinomial(held, tt.before)
			draw := func(n, buyers int64, message, redeemed float64) Pairs {
				x, b, m := float64(n), float64(buyers), message
				costly := m + redeemed
				return Pairs{X: Moments{n, b, b, b}, XY: b * costly, XXY: b * costly, XYY: b * costly * costly,
					Y: Moments{N: n, Sum: m*(x-b) + costly*b, Sum2: m*m*(x-b) + costly*costly*b}}
			}
			var holds, open, below, above float64
			for range repetitions {
				got, ok := stats.DifferenceRatio(draw(treated, treatBuyers.draw(random), message, redeemed), draw(held, holdBuyers.draw(random), 0, 0), 0.05)
				if !ok {
					t.Fatal("not defined")
				}
				holds += hit(got.Lo <= truth && truth <= got.Hi)
				open += hit(got.Unbounded != "")
				below += hit(got.Value+z95*got.SE < truth)
				above += hit(got.Value-z95*got.SE > truth)
			}
			share := 100 * holds / repetitions
			t.Logf("covers %.1f %%, unbounded %.1f %%; delta misses %.1f %% above and %.1f %% below", share, 100*open/repetitions, 100*below/repetitions, 100*above/repetitions)
			if share < 93 || share > 97 {
				t.Errorf("covers %.1f %%, want 93 to 97", share)
			}
			if o := 100 * open / repetitions; o < tt.unbounded[0] || o > tt.unbounded[1] {
				t.Errorf("unbounded %.1f %%, want %v", o, tt.unbounded)
			}
			if below <= above {
				t.Errorf("the delta method misses %v above and %v below, want it to lean", below, above)
			}
		})
	}
}
