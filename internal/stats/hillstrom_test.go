package stats_test

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/rewave/rewave/internal/stats"
)

// Hillstrom's e-mail test, 64,000 customers with a true control, against answers
// worked out with scipy, statsmodels and R.
func TestHillstrom(t *testing.T) {
	t.Parallel()
	folder := os.Getenv("REWAVE_DATA")
	if folder == "" {
		t.Skip("NOT RUN: set REWAVE_DATA to the folder of real data sets to hold the statistics against hillstrom/reference.json")
	}
	text, err := os.ReadFile(filepath.Join(folder, "hillstrom", "reference.json"))
	if err != nil {
		t.Fatal(err)
	}
	type comparison struct {
		XTreated int64      `json:"x_treated"`
		NTreated int64      `json:"n_treated"`
		XControl int64      `json:"x_control"`
		NControl int64      `json:"n_control"`
		Treated  [2]float64 `json:"wilson95_treated"`
		Control  [2]float64 `json:"wilson95_control"`
		Lift     float64    `json:"abs_lift"`
		Relative float64    `json:"rel_lift"`
		Z        float64    `json:"z_pooled"`
		P        float64    `json:"p_z"`
		Newcombe [2]float64 `json:"newcombe95"`
	}
	var reference struct {
		Overall map[string]struct{ Visit, Conversion comparison }
		Thirds  struct {
			Observed []int64
			Chi2, P  float64
		} `json:"srm_equal_thirds"`
	}
	if err := json.Unmarshal(text, &reference); err != nil {
		t.Fatal(err)
	}
	if len(reference.Overall) == 0 {
		t.Fatal("no comparisons in the reference")
	}
	for name, both := range reference.Overall {
		for metric, want := range map[string]comparison{"visit": both.Visit, "conversion": both.Conversion} {
			t.Run(name+" "+metric, func(t *testing.T) {
				treat, control := Count{want.XTreated, want.NTreated}, Count{want.XControl, want.NControl}
				w, _ := stats.Wilson(treat, 0.05)
				same(t, "treated", w, Estimate{w.Value, want.Treated[0], want.Treated[1]}, 1e-9)
				w, _ = stats.Wilson(control, 0.05)
				same(t, "control", w, Estimate{w.Value, want.Control[0], want.Control[1]}, 1e-9)

				d, _ := stats.ScoreDifference(treat, control, 0.05)
				near(t, "lift", d.Value, want.Lift, 1e-9)
				r, _ := stats.ScoreRatio(treat, control, 0.05)
				near(t, "relative lift", r.Value-1, want.Relative, 1e-9)

				// The pooled z lacks the factor N/(N-1); the rest is the same statistic.
				z, _, _ := stats.ScoreTest(treat, control)
				n := float64(treat.N + control.N)
				near(t, "z", z*math.Sqrt(n/(n-1)), want.Z, 1e-9)
				if p := 2 * stats.NormalCDF(-math.Abs(want.Z)); math.Abs(p/want.P-1) > 1e-6 {
					t.Errorf("p = %v, want %v", p, want.P)
				}

				// At this size two good methods agree to a hundredth of the width.
				width := want.Newcombe[1] - want.Newcombe[0]
				if math.Abs(d.Lo-want.Newcombe[0]) > width/100 || math.Abs(d.Hi-want.Newcombe[1]) > width/100 {
					t.Errorf("score interval %v is far from Newcombe's %v", d, want.Newcombe)
				}
			})
		}
	}
	chi2, p, _ := stats.SRM(reference.Thirds.Observed, []float64{1, 1, 1})
	near(t, "srm chi2", chi2, reference.Thirds.Chi2, 1e-9)
	near(t, "srm p", p, reference.Thirds.P, 1e-9)
}
