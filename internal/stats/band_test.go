package stats_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rewave/rewave/internal/stats"
	"pgregory.net/rapid"
)

// multipleOf is how many standard errors a step's band is wide on the log(-log) scale.
func multipleOf(s Step) float64 {
	logS, se := math.Log1p(-s.Value), s.SE/(1-s.Value)
	return math.Log(math.Log1p(-s.Hi)/logS) * -logS / se
}

// The stretches and multiples of the lung cancer trial were computed in R from its
// survival's curves, by 100,000 draws: a thousand leave an error of 0.06.
func TestSimultaneousBand(t *testing.T) {
	t.Parallel()
	treat, control := curveFrom(veteranTest), curveFrom(veteranStandard)
	for _, tt := range []struct {
		name     string
		curve    Curve
		alpha    float64
		from, to float64
		multiple float64
	}{
		{"test", treat, 0.05, 15, 242, 2.800679},
		{"test, nine of ten", treat, 0.1, 15, 242, 2.520382},
		{"standard", control, 0.05, 12, 228, 2.810030},
	} {
		band := stats.SimultaneousBand(tt.curve, tt.alpha)
		if len(band) == 0 || band[0].At != tt.from || band[len(band)-1].At != tt.to {
			t.Errorf("%s: band %v, want %v to %v", tt.name, band, tt.from, tt.to)
			continue
		}
		for _, s := range band {
			if got := multipleOf(s); math.Abs(got-tt.multiple) > 0.18 || math.Abs(got-multipleOf(band[0])) > 1e-9 {
				t.Errorf("%s: multiple %v at %v and %v at the beginning, want %v", tt.name, got, s.At, multipleOf(band[0]), tt.multiple)
			}
		}
	}
	gaps := stats.SimultaneousDifference(treat, control, 0.05)
	if len(gaps) != 69 || gaps[0].At != 15 || gaps[68].At != 242 {
		t.Fatalf("gaps %v, want 69 from 15 to 242", gaps)
	}
	for _, g := range gaps {
		if got := (g.Hi - g.Value) / g.SE; math.Abs(got-2.844588) > 0.18 || math.Abs(g.Hi+g.Lo-2*g.Value) > 1e-12 {
			t.Errorf("multiple %v at %+v, want 2.84", got, g)
		}
	}
	if diff := cmp.Diff(gaps, stats.SimultaneousDifference(treat, control, 0.05)); diff != "" {
		t.Errorf("drawn again (-got +want):\n%s", diff)
	}
}

func TestSimultaneousBandNeedsAStretch(t *testing.T) {
	t.Parallel()
	long := curveOf(100, Event{At: 1, Bought: 10}, Event{At: 2, Bought: 10})
	for name, curve := range map[string]Curve{
		"nobody":                     {},
		"nobody bought":              curveOf(100),
		"nine bought":                curveOf(100, Event{At: 1, Bought: 9}),
		"nine followed when ten had": curveOf(19, Event{At: 1, Bought: 5}, Event{At: 2, Bought: 4, Censored: 1}, Event{At: 3, Bought: 1}),
		"all bought at once":         curveOf(50, Event{At: 1, Bought: 50}),
		"all of few bought at once":  curveOf(10, Event{At: 1, Bought: 10}),
	} {
		if band := stats.SimultaneousBand(curve, 0.05); band != nil {
			t.Errorf("%s: %v", name, band)
		}
		if gaps := stats.SimultaneousDifference(long, curve, 0.05); gaps != nil {
			t.Errorf("%s: a difference %v", name, gaps)
		}
	}
	if band := stats.SimultaneousBand(long, 0.001); band != nil {
		t.Errorf("a thousand draws tell one in a thousand: %v", band)
	}
	if band := stats.SimultaneousBand(long, 0.05); len(band) != 2 {
		t.Errorf("band %v, want two steps", band)
	}
}

func TestSimultaneousBandProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		random := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		n := rapid.Int64Range(1, 400).Draw(t, "n")
		curve := curveFrom(drawn(random, n, rapid.Float64Range(0.001, 0.3).Draw(t, "hazard"), 20))
		other := curveFrom(drawn(random, 200, 0.05, 20))
		single := map[float64]Step{}
		for _, s := range curve.Steps {
			single[s.At] = s
		}
		for _, s := range stats.SimultaneousBand(curve, 0.05) {
			if one := single[s.At]; !(0 <= s.Lo && s.Lo <= one.Lo+1e-12 && one.Hi <= s.Hi+1e-12 && s.Hi <= 1) || s.Value != one.Value {
				t.Fatalf("%+v is not wider than %+v", s, one)
			}
		}
		swapped := stats.SimultaneousDifference(other, curve, 0.05)
		for i, g := range stats.SimultaneousDifference(curve, other, 0.05) {
			if !(-1 <= g.Lo && g.Lo <= g.Value && g.Value <= g.Hi && g.Hi <= 1) || swapped[i].Value != -g.Value || swapped[i].At != g.At {
				t.Fatalf("%+v, arms swapped %+v", g, swapped[i])
			}
		}
	})
}

// With customers who enter over time, the whole true curve lies within its band,
// and the true difference within its own, in 95 of 100 repetitions (KM1), where
// bands of single times all hold in far fewer.
func TestSimultaneousBandCoverage(t *testing.T) {
	t.Parallel()
	const repetitions, days, hazard, lift = 1000, 30, 0.02, 1.4
	random := rand.New(rand.NewPCG(20260709, 1))
	bought := func(hazard, day float64) float64 { return -math.Expm1(-hazard * day) }
	var curve, difference, single float64
	for range repetitions {
		treat, control := curveFrom(drawn(random, 600, hazard*lift, days)), curveFrom(drawn(random, 300, hazard, days))
		band := stats.SimultaneousBand(control, 0.05)
		holds := func(steps []Step) float64 {
			last := len(steps) - 1
			for day := steps[0].At; day <= steps[last].At; day++ {
				s := steps[last]
				for i := last; s.At > day; i-- {
					s = steps[i-1]
				}
				if truth := bought(hazard, day); truth < s.Lo || truth > s.Hi {
					return 0
				}
			}
			return 1
		}
		curve += holds(band)
		first := 0
		for control.Steps[first].At < band[0].At {
			first++
		}
		single += holds(control.Steps[first : first+len(band)])

		within := 1.0
		for _, g := range stats.SimultaneousDifference(treat, control, 0.05) {
			if truth := bought(hazard*lift, g.At) - bought(hazard, g.At); truth < g.Lo || truth > g.Hi {
				within = 0
			}
		}
		difference += within
	}
	curve, difference, single = 100*curve/repetitions, 100*difference/repetitions, 100*single/repetitions
	t.Logf("the band holds in %.1f %%, of the difference in %.1f %%, all single ones in %.1f %%", curve, difference, single)
	if curve < 93 || curve > 97 || difference < 93 || difference > 97 || single > 88 {
		t.Errorf("the band holds in %.1f %%, of the difference in %.1f %%, want 95; all single ones in %.1f %%", curve, difference, single)
	}
}
