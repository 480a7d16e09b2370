package stats_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/rewave/rewave/internal/stats"
	"pgregory.net/rapid"
)

// Vector (c) of money per customer in the method's specification.
var (
	linTreat = []stats.XY{{5, 0}, {0, 0}, {0, 0}, {20, 12.5}, {3, 0}, {55, 40}, {0, 0}, {10, 0}, {30, 25}, {0, 0}, {0, 0}, {6, 8}}
	linHold  = []stats.XY{{0, 0}, {4, 0}, {25, 18}, {0, 0}, {12, 0}, {0, 0}, {10, 9}, {2, 0}}
)

func TestLinOfTheSpecification(t *testing.T) {
	t.Parallel()
	treat, control := pairsFrom(linTreat), pairsFrom(linHold)
	got, ok := stats.LinDifference(treat, control, 0.05)
	units, okUnits := stats.LinUnits(linTreat, linHold, 0.05)
	plain, okPlain := stats.HallDifference(treat.Y, control.Y, 0.05)
	all := stats.MergePairs(treat, control)
	middle, _ := all.X.Mean()
	if !ok || !okUnits || !okPlain {
		t.Fatal("not defined")
	}
	near(t, "mean covariate", middle, 9.1, 1e-12)
	near(t, "slope treated", got.Treat.Slope, 0.7492560122, 1e-9)
	near(t, "slope control", got.Control.Slope, 0.6713920521, 1e-9)
	near(t, "common slope", (8*got.Treat.Slope+12*got.Control.Slope)/20, 0.7025376361, 1e-9)
	near(t, "treated", got.Treat.Mean, 5.88872758, 1e-9)
	near(t, "control", got.Control.Mean, 5.036695329, 1e-9)
	near(t, "difference", got.Value, 0.852032251, 1e-9)
	near(t, "se with customers given", got.SEGiven, 1.499125488, 1e-9)
	near(t, "se", got.SE, 1.518832861, 1e-9)
	near(t, "se from the arms", math.Sqrt(got.Treat.SE*got.Treat.SE+got.Control.SE*got.Control.SE-2*got.Covariance), got.SE, 1e-12)
	near(t, "HC2", units.SEGiven, 1.818246836, 1e-9)
	if r, ok := got.Ratio(0.05); !ok || math.Abs(r.Value-5.88872758/5.036695329) > 1e-8 || (r.Lo > 1) != (got.Lo > 0) {
		t.Errorf("ratio: %+v, defined %v", r, ok)
	}
	near(t, "difference of units", units.Value, got.Value, 1e-12)
	near(t, "naive", plain.Value, 3.75, 1e-9)
	near(t, "naive se", plain.SE, 4.417519112, 1e-9)
}

func TestAdjustmentPays(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		control int64
		r2      float64
		want    bool
	}{{1000, 0.05, true}, {999, 0.5, false}, {100_000, 0.0499, false}, {1000, math.NaN(), false}} {
		if got := stats.AdjustmentPays(tt.control, tt.r2); got != tt.want {
			t.Errorf("%d in the control and R2 %v: %v, want %v", tt.control, tt.r2, got, tt.want)
		}
	}
}

func TestLinThatIsNotDefined(t *testing.T) {
	t.Parallel()
	some := []stats.XY{{1, 2}, {3, 1}, {4, 6}, {2, 2}}
	for _, arms := range [][2][]stats.XY{{nil, some}, {some, nil}, {some[:2], some}, {some, some[:2]}, {some, {{1, 1}, {1, 2}, {math.Inf(1), 3}}}} {
		if got, ok := stats.LinDifference(pairsFrom(arms[0]), pairsFrom(arms[1]), 0.05); ok || got != (stats.Adjusted{}) {
			t.Errorf("%v: %+v is defined", arms, got)
		}
		if got, ok := stats.LinUnits(arms[0], arms[1], 0.05); ok || got != (stats.Adjusted{}) {
			t.Errorf("units %v: %+v is defined", arms, got)
		}
	}

	// One customer alone has a covariate, and so the slope goes through it.
	if got, ok := stats.LinUnits([]stats.XY{{0, 1}, {0, 2}, {9, 5}}, some, 0.05); ok {
		t.Errorf("%+v is defined", got)
	}

	// y is a line in x in both arms: nothing is left that varies.
	exact := []stats.XY{{1, 2}, {2, 4}, {3, 6}, {7, 14}}
	if got, ok := stats.LinDifference(pairsFrom(exact), pairsFrom(exact[1:]), 0.05); !ok || got.Bounded || got.P != 1 || math.Abs(got.Value) > 1e-12 {
		t.Errorf("%+v, defined %v", got, ok)
	}
}

func TestLinProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		treat, control := drawPairs(t, "treat", 3), drawPairs(t, "control", 3)
		alpha := rapid.Float64Range(0.0001, 0.4).Draw(t, "alpha")
		lin := func(treat, control []stats.XY, alpha float64) stats.Adjusted {
			got, ok := stats.LinDifference(pairsFrom(treat), pairsFrom(control), alpha)
			if !ok {
				t.Fatal("not defined")
			}
			return got
		}
		with := func(units []stats.XY, change func(stats.XY) stats.XY) []stats.XY {
			out := make([]stats.XY, len(units))
			for i, u := range units {
				out[i] = change(u)
			}
			return out
		}
		got := lin(treat, control, alpha)
		if !got.Bounded {
			return
		}
		if !(got.Lo <= got.Value && got.Value <= got.Hi) || math.IsInf(got.Hi-got.Lo, 0) || got.SE < got.SEGiven {
			t.Fatalf("%+v leaves out its estimate, is unbounded or has too small an SE", got)
		}
		unit := got.Hi - got.Lo + math.Abs(got.Value)
		alike := func(what string, o stats.Adjusted, sign, scale float64) {
			lo, hi := o.Lo, o.Hi
			if sign < 0 {
				lo, hi = -hi, -lo
			}
			if math.Abs(sign*o.Value/scale-got.Value)+math.Abs(lo/scale-got.Lo)+math.Abs(hi/scale-got.Hi) > 1e-6*unit {
				t.Fatalf("%s: %+v against %+v", what, o, got)
			}
		}
		alike("arms swapped", lin(control, treat, alpha), -1, 1)
		cents := func(u stats.XY) stats.XY { return stats.XY{X: u.X, Y: 100 * u.Y} }
		alike("a hundred times as much", lin(with(treat, cents), with(control, cents), alpha), 1, 100)
		days := func(u stats.XY) stats.XY { return stats.XY{X: 7*u.X - 3, Y: u.Y} }
		alike("another scale of the covariate", lin(with(treat, days), with(control, days), alpha), 1, 1)
		if wider := lin(treat, control, alpha/2); wider.Lo > got.Lo || wider.Hi < got.Hi {
			t.Fatalf("at alpha %v %v, at %v %v: not wider", alpha, got, alpha/2, wider)
		}

		// A covariate that is the same for all adjusts nothing.
		none := func(u stats.XY) stats.XY { return stats.XY{X: 4, Y: u.Y} }
		plain, _ := stats.HallDifference(pairsFrom(treat).Y, pairsFrom(control).Y, alpha)
		if without := lin(with(treat, none), with(control, none), alpha); without.Skewed != plain {
			t.Fatalf("%+v, without a covariate %+v", without, plain)
		}

		// The residuals, unit by unit.
		left := func(units []stats.XY, arm stats.AdjustedArm) (squares, cubes float64) {
			p, n, lost := pairsFrom(units), float64(len(units)), 1.0
			if spread, _ := p.X.Variance(); spread > 0 {
				lost = 2
			}
			for _, u := range units {
				e := u.Y - p.Y.Sum/n - arm.Slope*(u.X-p.X.Sum/n)
				squares += e * e / (n - lost) / n
				cubes += e * e * e / n / n / n
			}
			return squares, cubes
		}
		s1, c1 := left(treat, got.Treat)
		s0, c0 := left(control, got.Control)
		if math.Abs(got.SEGiven/math.Sqrt(s1+s0)-1) > 1e-6 || math.Abs(got.A-(c1-c0)/math.Pow(got.SE, 3)) > 1e-5 {
			t.Fatalf("%+v, from the units se %v and A %v", got, math.Sqrt(s1+s0), (c1-c0)/math.Pow(got.SE, 3))
		}
	})
}

// Rare, skewed and capped spending of which a covariate explains a part (setting
// M6 of the method's specification): the adjusted interval holds the truth and is
// shorter than the one that is not adjusted.
func TestLinCoverage(t *testing.T) {
	t.Parallel()
	const repetitions, treated, held, lift, top = 1000, 9000, 1000, 1.15, 6.0
	random := rand.New(rand.NewPCG(20260303, 1))
	perBuyer := math.Exp(0.5)*stats.NormalCDF(math.Log(top)-1) + top*stats.NormalCDF(-math.Log(top))
	var truth float64
	rate := func(x uint64) float64 { return 0.01 + 0.04*float64(x)*float64(x)/7 }
	for x := range uint64(8) {
		truth += rate(x) * (lift - 1) * perBuyer / 8
	}
	draw := func(n int, lift float64) (p Pairs) {
		var levels [8]int64
		for range n {
			x := random.Uint64() & 7
			if random.Float64() < lift*rate(x) {
				p.Add(float64(x*x), min(math.Exp(random.NormFloat64()), top))
			} else {
				levels[x]++
			}
		}
		for x, n := range levels {
			v := float64(x * x)
			idle := Moments{N: n, Sum: float64(n) * v, Sum2: float64(n) * v * v, Sum3: float64(n) * v * v * v}
			p = stats.MergePairs(p, Pairs{X: idle, Y: Moments{N: n}})
		}
		return p
	}
	var holds, shorter, r2 float64
	for range repetitions {
		treat, control := draw(treated, lift), draw(held, 1)
		got, _ := stats.LinDifference(treat, control, 0.05)
		plain, _ := stats.HallDifference(treat.Y, control.Y, 0.05)
		holds += hit(got.Bounded && got.Lo <= truth && truth <= got.Hi)
		shorter += got.SE / plain.SE / repetitions
		r, _ := treat.RSquared()
		r2 += r / repetitions
	}
	t.Logf("covers %.1f %%, standard error %.4f of the plain one, R2 %.3f", 100*holds/repetitions, shorter, r2)
	if share := 100 * holds / repetitions; share < 93 || share > 97 {
		t.Errorf("covers %.1f %%, want 93 to 97", share)
	}
	if want := math.Sqrt(1 - r2); math.Abs(shorter-want) > 0.01 || r2 < 0.05 {
		t.Errorf("standard error is %.4f of the plain one, want about %.4f", shorter, want)
	}
}
