package stats_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/rewave/rewave/internal/stats"
	"pgregory.net/rapid"
)

func TestReachedOfTheSpecification(t *testing.T) {
	t.Parallel()
	got, ok := stats.Reached(Effect{0.018, 0.0094533}, Count{8460, 9000}, Count{4, 1000}, 0.05)
	if !ok || got.Unbounded != "" {
		t.Fatalf("%+v, defined %v", got, ok)
	}
	near(t, "effect", got.Value, 0.01923076923, 1e-9)
	near(t, "se", got.SE, 0.0100998937, 1e-9)
}

func TestReachedWithoutAnInterval(t *testing.T) {
	t.Parallel()
	itt := Effect{0.018, 0.009}
	got, ok := stats.Reached(itt, Count{6, 100}, Count{4, 100}, 0.05)
	open := Estimate{got.Value, math.Inf(-1), math.Inf(1)}
	if !ok || got.Estimate != open || got.P != 1 || got.Unbounded != stats.DivisorMayBeZero {
		t.Errorf("%+v, defined %v", got, ok)
	}
	near(t, "effect", got.Value, 0.9, 1e-9)
	for _, arms := range [][2]Count{{{4, 100}, {4, 100}}, {{}, {4, 100}}, {{4, 100}, {}}} {
		if got, ok := stats.Reached(itt, arms[0], arms[1], 0.05); ok || got != (stats.Difference{}) {
			t.Errorf("%v: %+v is defined", arms, got)
		}
	}
	if got, ok := stats.Reached(Effect{math.NaN(), 1}, Count{90, 100}, Count{}, 0.05); ok {
		t.Errorf("%+v is defined", got)
	}
}

func TestReachedProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		treat, control := drawCount(t, "treat"), drawCount(t, "control")
		itt := Effect{rapid.Float64Range(-1, 1).Draw(t, "itt"), rapid.Float64Range(0.0001, 1).Draw(t, "se")}
		alpha := rapid.Float64Range(0.0001, 0.4).Draw(t, "alpha")
		got, ok := stats.Reached(itt, treat, control, alpha)
		if !ok {
			return
		}
		if !(got.Lo <= got.Value && got.Value <= got.Hi) || math.Abs(got.Value) < math.Abs(itt.Value) || got.SE < itt.SE {
			t.Fatalf("%+v of %+v: less than the effect on all, or outside its interval", got, itt)
		}
		swapped, _ := stats.Reached(Effect{-itt.Value, itt.SE}, control, treat, alpha)
		if math.Abs(swapped.Value-got.Value) > 1e-9*math.Abs(got.Value) || math.Abs(swapped.SE-got.SE) > 1e-9*got.SE || swapped.Unbounded != got.Unbounded {
			t.Fatalf("arms swapped: %+v against %+v", swapped, got)
		}
		if wider, _ := stats.Reached(itt, treat, control, alpha/2); wider.Lo > got.Lo || wider.Hi < got.Hi {
			t.Fatalf("at half the alpha %+v, not wider than %+v", wider, got)
		}
	})
}

// Messages reach 70 to 99 of 100, and those they reach buy more often by themselves
// (setting L1 of the method's specification).
func TestReachedCoverage(t *testing.T) {
	t.Parallel()
	const repetitions, treated, held, base, effect = 1000, 4500, 500, 0.04, 0.05
	for i, delivery := range []float64{0.7, 0.85, 0.99} {
		random := rand.New(rand.NewPCG(20260505, uint64(i)))
		var plain, joint float64
		for range repetitions {
			draw := func(n int64, lift float64) (p Pairs) {
				var reached, bought, both int64
				for range n {
					rate, in := base, random.Float64() < delivery
					if in {
						rate = 2*base + lift
					}
					if random.Float64() < rate {
						bought++
						both += int64(hit(in))
					}
					reached += int64(hit(in))
				}
				if lift == 0 {
					reached, both = 0, 0 // nobody is written to
				}
				x, y, xy := float64(reached), float64(bought), float64(both)
				return Pairs{X: Moments{n, x, x, x}, Y: Moments{n, y, y, y}, XY: xy, XXY: xy, XYY: xy}
			}
			treat, control := draw(treated, effect), draw(held, 0)
			whole, _ := stats.HallDifference(treat.Y, control.Y, 0.05)
			got, _ := stats.Reached(Effect{whole.Value, whole.SE}, Count{int64(treat.X.Sum), treated}, Count{0, held}, 0.05)
			plain += hit(got.Lo <= effect && effect <= got.Hi)
			ratio, _ := stats.DifferenceRatio(treat, control, 0.05)
			joint += hit(ratio.Lo <= effect && effect <= ratio.Hi)
		}
		t.Logf("delivery %v: covers %.1f %%, with the covariance %.1f %%", delivery, 100*plain/repetitions, 100*joint/repetitions)
		for name, share := range map[string]float64{"delta": 100 * plain / repetitions, "with the covariance": 100 * joint / repetitions} {
			if share < 93 || share > 97 {
				t.Errorf("delivery %v: %s covers %.1f %%, want 93 to 97", delivery, name, share)
			}
		}
	}
}
