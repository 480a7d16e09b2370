package stats_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/rewave/rewave/internal/stats"
	"pgregory.net/rapid"
)

// yes is a characteristic that x of n buyers have.
func yes(x, n int64) Moments {
	f := float64(x)
	return Moments{n, f, f, f}
}

func TestMovedOfTheSpecification(t *testing.T) {
	t.Parallel()
	got, ok := stats.Moved(stats.Buyers{9000, yes(470, 810)}, stats.Buyers{1000, yes(36, 72)}, 0, 1, 0.05)
	if !ok || got.Clipped {
		t.Fatalf("%+v, defined %v", got, ok)
	}
	near(t, "treated buyers", got.Treated, 470.0/810, 1e-12)
	near(t, "natural buyers", got.Natural, 0.5, 1e-12)
	near(t, "moved buyers", got.Value, (470.0/9000-0.036)/0.018, 1e-9) // 90.1 %
	near(t, "se", got.SE, 0.3150495676, 1e-9)
	near(t, "z", got.Z, 0.018/math.Sqrt(0.09*0.91/8999+0.072*0.928/999), 1e-9)

	// More buyers are only just told from as many, so the profile is bounded below by
	// little.
	if got.Z < 2 || got.Unbounded != "" || got.Lo > 0.5 || got.Hi != 1 {
		t.Errorf("%+v", got)
	}
}

func TestMovedThatIsNotDefined(t *testing.T) {
	t.Parallel()
	some := stats.Buyers{1000, yes(36, 72)}
	for _, arms := range [][2]stats.Buyers{{{}, some}, {some, {}}, {some, {1000, Moments{}}}, {some, {50, yes(36, 72)}}, {some, some}, {some, {1, yes(1, 1)}},
		{some, {1000, Moments{N: 7, Sum: math.NaN()}}}} {
		if got, ok := stats.Moved(arms[0], arms[1], 0, 1, 0.05); ok || got != (stats.Profile{}) {
			t.Errorf("%v: %+v is defined", arms, got)
		}
	}

	// By chance more natural buyers have it than treated ones.
	got, ok := stats.Moved(stats.Buyers{1000, yes(50, 200)}, stats.Buyers{1000, yes(60, 100)}, 0, 1, 0.05)
	if !ok || !got.Clipped || got.Value != 0 || got.Lo != 0 || got.Hi < 0 {
		t.Errorf("%+v, defined %v", got, ok)
	}
}

func TestMovedProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) (stats.Buyers, []float64) {
			ages := make([]float64, rapid.IntRange(1, 30).Draw(t, name))
			for i := range ages {
				ages[i] = float64(rapid.IntRange(18, 90).Draw(t, name))
			}
			return stats.Buyers{Enrolled: int64(len(ages) + rapid.IntRange(1, 100).Draw(t, name)), Of: momentsFrom(ages...)}, ages
		}
		treat, treatAges := draw("treat")
		control, controlAges := draw("control")
		alpha := rapid.Float64Range(0.0001, 0.4).Draw(t, "alpha")
		got, ok := stats.Moved(treat, control, -1e9, 1e9, alpha)
		if !ok {
			return
		}

		// By residuals, customer by customer.
		var variance, apart float64
		for i, ages := range [][]float64{treatAges, controlAges} {
			n := float64([]stats.Buyers{treat, control}[i].Enrolled)
			var sum, squares float64
			for _, age := range ages {
				z := age - got.Value
				sum, squares = sum+z, squares+z*z
			}
			variance += (squares - sum*sum/n) / (n - 1) / n
			apart += (1 - 2*float64(i)) * float64(len(ages)) / n
		}
		if want := math.Sqrt(variance) / math.Abs(apart); math.Abs(got.SE-want) > 1e-6*(want+math.Abs(got.Value)/math.Abs(apart)) {
			t.Fatalf("se %v, from the customers %v", got.SE, want)
		}
		swapped, _ := stats.Moved(control, treat, -1e9, 1e9, alpha)
		if math.Abs(swapped.Value-got.Value) > 1e-9*math.Abs(got.Value) || swapped.Z != -got.Z || swapped.Treated != got.Natural {
			t.Fatalf("arms swapped %+v, %+v", swapped, got)
		}
		if clipped, _ := stats.Moved(treat, control, 18, 90, alpha); !(18 <= clipped.Value && clipped.Value <= 90 && clipped.Lo <= clipped.Value && clipped.Value <= clipped.Hi) ||
			clipped.Clipped != (got.Value < 18 || got.Value > 90) {
			t.Fatalf("within the support %+v, without %+v", clipped, got)
		}
	})
}

// Customers with the app are moved three times as often as others: the profile
// finds that, where the treated buyers as they are do not.
func TestMovedCoverage(t *testing.T) {
	t.Parallel()
	const repetitions, treated, held = 1000, 9000, 3000
	random := rand.New(rand.NewPCG(20260909, 1))

	// Half have the app; all would buy alike without the campaign.
	app, none, natural := newBinomial(treated/2, 0.14), newBinomial(treated/2, 0.10), newBinomial(held/2, 0.08)
	draw := func(n int64, app, none binomial) stats.Buyers {
		x := app.draw(random)
		return stats.Buyers{Enrolled: n, Of: yes(x, x+none.draw(random))}
	}
	var holds, naive float64
	for range repetitions {
		got, _ := stats.Moved(draw(treated, app, none), draw(held, natural, natural), 0, 1, 0.05)
		holds += hit(got.Lo <= 0.75 && 0.75 <= got.Hi)
		naive += got.Treated / repetitions
	}
	t.Logf("covers %.1f %%, treated buyers have it in %.3f", 100*holds/repetitions, naive)
	if share := 100 * holds / repetitions; share < 93 || share > 97 || naive > 0.62 {
		t.Errorf("covers %.1f %%, want 93 to 97; treated buyers %.3f, want below 0.62", share, naive)
	}
}
