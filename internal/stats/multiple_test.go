package stats_test

import (
	"slices"
	"testing"

	"github.com/rewave/rewave/internal/stats"
	"pgregory.net/rapid"
)

func TestMultipleQuestions(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name         string
		ps, bh, holm []float64
	}{
		{"of the specification", []float64{.001, .008, .012, .041, .06, .23, .51, .74},
			[]float64{.008, .032, .032, .082, .096, .23 * 8 / 6, .51 * 8 / 7, .74}, []float64{.008, .056, .072, .205, .24, .69, 1, 1}},
		{"p.adjust of R 4.2", []float64{.01, .02, .03, .04, .05, .0001},
			[]float64{.03, .04, .045, .048, .05, .0006}, []float64{.05, .08, .09, .09, .09, .0006}},
		{"one question is itself", []float64{.03}, []float64{.03}, []float64{.03}},
		{"equal ones", []float64{.02, .02, 1}, []float64{.03, .03, 1}, []float64{.06, .06, 1}},
		{"none", nil, nil, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			bh, holm := stats.BenjaminiHochberg(tt.ps), stats.Holm(tt.ps)
			if len(bh) != len(tt.ps) || len(holm) != len(tt.ps) {
				t.Fatalf("%d and %d values of %d", len(bh), len(holm), len(tt.ps))
			}
			for i := range tt.ps {
				near(t, "BH", bh[i], tt.bh[i], 1e-12)
				near(t, "Holm", holm[i], tt.holm[i], 1e-12)
			}
		})
	}

	// Three variants: the first is held against a third of alpha.
	near(t, "z", -stats.NormalQuantile(0.05/3/2), 2.3939798, 1e-7)
}

func TestMultipleProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		ps := rapid.SliceOfN(rapid.Float64Range(0, 1), 1, 12).Draw(t, "p")
		bh, holm := stats.BenjaminiHochberg(ps), stats.Holm(ps)
		for i, p := range ps {
			if !(p <= bh[i]*(1+1e-12) && bh[i] <= holm[i]*(1+1e-12) && holm[i] <= 1) {
				t.Fatalf("p %v, BH %v, Holm %v: not in this order", p, bh[i], holm[i])
			}
			for j := range ps {
				if p < ps[j] && (bh[i] > bh[j] || holm[i] > holm[j]) {
					t.Fatalf("p %v and %v change places: BH %v, Holm %v", p, ps[j], bh, holm)
				}
			}
		}
		backwards := slices.Clone(ps)
		slices.Reverse(backwards)
		again := stats.BenjaminiHochberg(backwards)
		slices.Reverse(again)
		if !slices.Equal(again, bh) {
			t.Fatalf("asked backwards %v, forwards %v", again, bh)
		}

		// The procedure as it was written: the largest k with p(k) <= k q/m.
		q := rapid.Float64Range(0.01, 0.5).Draw(t, "q")
		sorted, found := slices.Sorted(slices.Values(ps)), 0
		for k, p := range sorted {
			if p <= float64(k+1)*q/float64(len(ps))*(1-1e-12) {
				found = k + 1
			}
		}
		var got int
		for _, x := range bh {
			got += int(hit(x <= q*(1-1e-12)))
		}
		if got != found {
			t.Fatalf("%d are at or below %v, by steps %d: %v", got, q, found, bh)
		}
	})
}

func TestAProbabilityThatIsNonePanics(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("a p-value of 2 is taken")
		}
	}()
	stats.Holm([]float64{2})
}
