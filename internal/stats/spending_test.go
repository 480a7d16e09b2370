package stats_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/rewave/rewave/internal/stats"
	"pgregory.net/rapid"
)

// The two plans of even looks are those of the method's specification (400-node
// quadrature, six decimals). Those with ten were computed in Python by Simpson's
// rule on the z scale with 1600 intervals.
func TestOBFBounds(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name                     string
		spend, information, want []float64
		alpha                    float64
	}{
		{"one look", []float64{1}, []float64{123}, []float64{z95}, 0.05},
		{"four even looks", []float64{0.25, 0.5, 0.75, 1}, []float64{0.25, 0.5, 0.75, 1}, []float64{4.332634, 2.963132, 2.359044, 2.014090}, 0.05},
		{"five even looks", fifths, fifths, []float64{4.8768849488, 3.3570119216, 2.6802800645, 2.2898167677, 2.0310320433}, 0.05},
		{"three uneven ones", []float64{1.0 / 3, 2.0 / 3, 1}, []float64{0.05, 0.3, 1}, []float64{3.7103028733, 2.5144008063, 2.0405609496}, 0.05},
		{"odds of 2, 5, 9, 12 and 14 per cent", fifths, []float64{2.0 / 98, 5.0 / 95, 9.0 / 91, 12.0 / 88, 14.0 / 86},
			[]float64{4.8768849488, 3.3570966105, 2.6875158065, 2.2956751628, 2.0192479586}, 0.05},
		{"little new", []float64{0.5, 1}, []float64{9, 10}, []float64{3.8013685967, 2.5758300539}, 0.01},
		{"spending apart from information", []float64{0.1, 0.5, 0.6}, []float64{3, 4, 50}, []float64{6.9913517071, 2.9625880427, 2.8312148050}, 0.05},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, ok := stats.OBFBounds(tt.spend, tt.information, tt.alpha)
			if !ok || len(got) != len(tt.want) {
				t.Fatalf("%v, defined %v", got, ok)
			}
			for i, want := range tt.want {
				tolerance := 1e-9
				if tt.name == "four even looks" {
					tolerance = 5e-7 / want
				}
				near(t, "bound", got[i], want, tolerance)
			}
		})
	}
}

// The chance that a single look would reach its bound, as the specification
// prints it.
func TestOBFBoundsNominally(t *testing.T) {
	t.Parallel()
	bounds, _ := stats.OBFBounds(fifths, fifths, 0.05)
	for i, want := range []float64{1.07774e-06, 0.000787897, 0.00735606, 0.0220319, 0.0422517} {
		if got := 2 * stats.NormalCDF(-bounds[i]); math.Abs(got/want-1) > 5e-6 {
			t.Errorf("look %d: nominal p %.6g, want %v", i+1, got, want)
		}
	}
}

func TestOBFBoundsWithoutInformation(t *testing.T) {
	t.Parallel()
	for _, information := range [][]float64{{}, {0, 1}, {1, 0.5}, {math.NaN(), 1}, {1, math.NaN()}, {1, math.Inf(1)}, {-1, 1}} {
		if got, ok := stats.OBFBounds([]float64{0.5, 1}[:len(information)], information, 0.05); ok || got != nil {
			t.Errorf("information %v has bounds %v", information, got)
		}
	}
	for _, spend := range [][]float64{{0, 1}, {0.5, 0.5}, {1, 0.5}, {0.5, 1.1}, {0.5}, {0.5, math.NaN()}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("spending of %v has bounds", spend)
				}
			}()
			stats.OBFBounds(spend, []float64{1, 2}, 0.05)
		}()
	}
}

// A round in which nobody bought brings no information. Its look then sees the
// same as the last, and only the lower bound finds anything new.
func TestOBFBoundsOfALookWithoutNews(t *testing.T) {
	t.Parallel()
	got, ok := stats.OBFBounds([]float64{0.5, 1}, []float64{1, 1}, 0.05)
	if !ok {
		t.Fatal("not defined")
	}

	// Seen twice, |z| beyond z95 is the whole of alpha.
	near(t, "second bound", got[1], z95, 1e-9)

	// Where next to nothing may be spent the bound stays a number.
	got, ok = stats.OBFBounds([]float64{1e-9, 1e-8, 1}, []float64{1, 5, 6}, 0.05)
	if !ok || got[0] != 37 || got[1] != 37 || math.Abs(got[2]-z95) > 1e-9 {
		t.Errorf("bounds %v, defined %v", got, ok)
	}
}

func TestOBFBoundsProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		looks := rapid.IntRange(2, 5).Draw(t, "looks")
		var spend, information, tenfold []float64
		at := 0.0
		for i := range looks {
			at += rapid.Float64Range(0.05, 1).Draw(t, "news")
			spend, information, tenfold = append(spend, float64(i+1)/float64(looks)), append(information, at), append(tenfold, 10*at)
		}
		alpha := rapid.Float64Range(0.001, 0.2).Draw(t, "alpha")
		got, ok := stats.OBFBounds(spend, information, alpha)
		if !ok {
			t.Fatal("not defined")
		}
		single := -stats.NormalQuantile(alpha / 2)
		for i, b := range got {
			if !(b > single*(1-1e-12)) || b > 37 {
				t.Fatalf("bound %d of %v is no wider than that of one look, %v", i, got, single)
			}
		}
		so, _ := stats.OBFBounds(spend[:looks-1], information[:looks-1], alpha)
		scaled, _ := stats.OBFBounds(spend, tenfold, alpha)
		for i := range got {
			if i < looks-1 && math.Abs(so[i]-got[i]) > 1e-9 {
				t.Fatalf("bounds %v change with a look to come: %v", so, got)
			}
			if math.Abs(scaled[i]-got[i]) > 1e-9 {
				t.Fatalf("bounds %v, with information in another unit %v", got, scaled)
			}
		}
	})
}

// Without any effect, five looks at rates that grow as they may together raise
// an alarm in alpha of the repetitions, and the bound of one look in far more.
func TestOBFBoundsHoldAlpha(t *testing.T) {
	t.Parallel()
	const repetitions = 40_000
	information := []float64{2.0 / 98, 5.0 / 95, 9.0 / 91, 12.0 / 88, 14.0 / 86}
	bounds, _ := stats.OBFBounds([]float64{0.2, 0.4, 0.6, 0.8, 1}, information, 0.05)
	random := rand.New(rand.NewPCG(20260404, 1))
	var alarms, naive float64
	for range repetitions {
		var score, before float64
		var alarm, single bool
		for i, t := range information {
			score += random.NormFloat64() * math.Sqrt(t-before)
			before = t
			z := math.Abs(score) / math.Sqrt(t)
			alarm, single = alarm || z >= bounds[i], single || z >= z95
		}
		alarms, naive = alarms+hit(alarm), naive+hit(single)
	}
	alarms, naive = 100*alarms/repetitions, 100*naive/repetitions
	t.Logf("alarms in %.2f %%, with the bound of one look in %.1f %%", alarms, naive)
	if alarms < 4.67 || alarms > 5.33 || naive < 10 {
		t.Errorf("alarms in %.2f %%, want 5; with the bound of one look in %.1f %%, want more than 10", alarms, naive)
	}
}
