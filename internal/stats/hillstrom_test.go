package stats_test

import (
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strconv"
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
		Chi2     float64    `json:"chi2"`
		PChi2    float64    `json:"p_chi2"`
		PFisher  float64    `json:"p_fisher"`
	}
	var reference struct {
		Overall map[string]struct{ Visit, Conversion comparison }
		Thirds  struct {
			Observed []int64
			Chi2, P  float64
		} `json:"srm_equal_thirds"`
		Visits struct {
			Table   [][]int64
			Chi2, P float64
		} `json:"visit_3x2_chi2"`
		Holm struct {
			Visit, Conversion struct{ Mens, Womens float64 }
		} `json:"holm_two_campaigns_vs_control"`
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

				table, _ := stats.TableTest([][]int64{{treat.X, treat.N - treat.X}, {control.X, control.N - control.X}})
				near(t, "chi2", table.Chi2, want.Chi2, 1e-9)
				exact, _ := stats.FisherExact(treat, control)
				if math.Abs(table.P/want.PChi2-1) > 1e-9 || math.Abs(exact.P/want.PFisher-1) > 1e-8 {
					t.Errorf("p = %v and exactly %v, want %v and %v", table.P, exact.P, want.PChi2, want.PFisher)
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

	visits, _ := stats.TableTest(reference.Visits.Table)
	near(t, "visits chi2", visits.Chi2, reference.Visits.Chi2, 1e-9)
	if math.Abs(visits.P/reference.Visits.P-1) > 1e-9 {
		t.Errorf("visits p = %v, want %v", visits.P, reference.Visits.P)
	}
	mens, womens := reference.Overall["mens_vs_control"], reference.Overall["womens_vs_control"]
	for _, tt := range []struct{ p1, p2, want1, want2 float64 }{
		{mens.Visit.P, womens.Visit.P, reference.Holm.Visit.Mens, reference.Holm.Visit.Womens},
		{mens.Conversion.P, womens.Conversion.P, reference.Holm.Conversion.Mens, reference.Holm.Conversion.Womens},
	} {
		if got := stats.Holm([]float64{tt.p1, tt.p2}); math.Abs(got[0]/tt.want1-1) > 1e-12 || math.Abs(got[1]/tt.want2-1) > 1e-12 {
			t.Errorf("Holm %v, want %v and %v", got, tt.want1, tt.want2)
		}
	}
}

// What was spent, from the 64,000 rows: counts and sums to the cent, means and
// Welch's statistic as worked out elsewhere.
func TestHillstromSpending(t *testing.T) {
	t.Parallel()
	folder := os.Getenv("REWAVE_DATA")
	if folder == "" {
		t.Skip("NOT RUN: set REWAVE_DATA to the folder of real data sets to hold the statistics of money against hillstrom/reference.json")
	}
	text, err := os.ReadFile(filepath.Join(folder, "hillstrom", "reference.json"))
	if err != nil {
		t.Fatal(err)
	}
	type spending struct {
		NTreated   int64   `json:"n_treated"`
		NControl   int64   `json:"n_control"`
		SumTreated float64 `json:"sum_treated"`
		SumControl float64 `json:"sum_control"`
		SDTreated  float64 `json:"sd_treated"`
		Diff       float64
		Relative   float64 `json:"rel_lift"`
		T          float64 `json:"welch_t"`
	}
	var reference struct {
		Overall map[string]struct{ Spend spending }
	}
	if err := json.Unmarshal(text, &reference); err != nil {
		t.Fatal(err)
	}
	arms := hillstromArms(t, folder)
	for name, treat := range map[string]Pairs{"mens_vs_control": arms["Mens E-Mail"], "womens_vs_control": arms["Womens E-Mail"],
		"any_email_vs_control": stats.MergePairs(arms["Womens E-Mail"], arms["Mens E-Mail"])} {
		want, control := reference.Overall[name].Spend, arms["No E-Mail"]
		if treat.Y.N != want.NTreated || control.Y.N != want.NControl || treat.Y.Sum != math.Round(100*want.SumTreated) || control.Y.Sum != math.Round(100*want.SumControl) {
			t.Errorf("%s: %d and %d customers spent %v and %v cents, want %+v", name, treat.Y.N, control.Y.N, treat.Y.Sum, control.Y.Sum, want)
		}
		variance, _ := treat.Y.Variance()
		near(t, "sd", math.Sqrt(variance)/100, want.SDTreated, 1e-9)
		plain, _ := stats.HallDifference(treat.Y, control.Y, 0.05)
		near(t, "difference", plain.Value/100, want.Diff, 1e-9)
		near(t, "t", plain.Value/plain.SE, want.T, 1e-9)
		relative, _ := stats.RelativeMeans(treat.Y, control.Y, 0.05)
		near(t, "relative", relative.Value-1, want.Relative, 1e-9)
		if relative.Unbounded != "" || (relative.Lo > 1) != (plain.Lo > 0) {
			t.Errorf("%s: relative %+v, difference %+v", name, relative, plain)
		}

		// What was spent the year before explains next to nothing of two weeks, and so
		// the adjustment changes next to nothing.
		adjusted, ok := stats.LinDifference(treat, control, 0.05)
		r2, _ := treat.RSquared()
		if !ok || r2 > 0.01 || math.Abs(adjusted.SE/plain.SE-1) > 0.01 || math.Abs(adjusted.Value-plain.Value) > plain.SE/10 || stats.AdjustmentPays(control.Y.N, r2) {
			t.Errorf("%s: adjusted %+v, plain %+v, R2 %v", name, adjusted, plain, r2)
		}
	}
}

// hillstromArms are, by arm, dollars of the year before (x) and cents of the two
// weeks after (y).
func hillstromArms(t *testing.T, folder string) map[string]Pairs {
	t.Helper()
	file, err := os.Open(filepath.Join(folder, "hillstrom", "hillstrom.csv.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	plain, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(plain).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	column := map[string]int{}
	for i, name := range rows[0] {
		column[name] = i
	}
	arms := map[string]Pairs{}
	for _, row := range rows[1:] {
		history, err := strconv.ParseFloat(row[column["history"]], 64)
		if err != nil {
			t.Fatal(err)
		}
		spend, err := strconv.ParseFloat(row[column["spend"]], 64)
		if err != nil {
			t.Fatal(err)
		}
		arm := arms[row[column["segment"]]]
		arm.Add(math.Round(history), math.Round(100*spend))
		arms[row[column["segment"]]] = arm
	}
	return arms
}
