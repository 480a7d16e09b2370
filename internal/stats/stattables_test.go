package stats_test

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/rewave/rewave/internal/stats"
)

// Small tables with printed answers, worked out with scipy and base R.
func TestStatTables(t *testing.T) {
	t.Parallel()
	folder := os.Getenv("REWAVE_DATA")
	if folder == "" {
		t.Skip("NOT RUN: set REWAVE_DATA to the folder of real data sets to hold the exact tests against stat_tables/reference.json")
	}
	text, err := os.ReadFile(filepath.Join(folder, "stat_tables", "reference.json"))
	if err != nil {
		t.Fatal(err)
	}
	var reference struct {
		Wilson []struct {
			X, N   int64
			Wilson [2]float64 `json:"wilson95"`
		}
		Differences []struct {
			X1, N1, X2, N2 int64
			P              float64 `json:"p_z"`
			PFisher        float64 `json:"p_fisher"`
		} `json:"newcombe_difference"`
		Fisher map[string]struct {
			Table   [2][2]int64
			P       float64 `json:"p_two_sided"`
			Greater float64 `json:"p_greater"`
			Less    float64 `json:"p_less"`
		}
		Chi2 map[string]struct {
			Table   [][]int64
			Yates   bool
			Chi2, P float64
			DF      int
		}
	}
	if err := json.Unmarshal(text, &reference); err != nil {
		t.Fatal(err)
	}
	if len(reference.Wilson) == 0 || len(reference.Differences) == 0 || len(reference.Fisher) == 0 || len(reference.Chi2) == 0 {
		t.Fatal("a part of the reference is missing")
	}
	relative := func(name string, got, want float64) {
		t.Helper()
		if math.Abs(got/want-1) > 1e-9 {
			t.Errorf("%s = %v, want %v", name, got, want)
		}
	}
	for _, w := range reference.Wilson {
		got, _ := stats.Wilson(Count{w.X, w.N}, 0.05)
		same(t, "Wilson", got, Estimate{got.Value, w.Wilson[0], w.Wilson[1]}, 1e-9)
	}
	for _, d := range reference.Differences {
		a, b := Count{d.X1, d.N1}, Count{d.X2, d.N2}
		exact, _ := stats.FisherExact(a, b)
		relative("exact p", exact.P, d.PFisher)
		table, _ := stats.TableTest([][]int64{{a.X, a.N - a.X}, {b.X, b.N - b.X}})
		relative("p of the table", table.P, d.P)
	}
	for name, f := range reference.Fisher {
		got, _ := stats.FisherExact(Count{f.Table[0][0], f.Table[0][0] + f.Table[0][1]}, Count{f.Table[1][0], f.Table[1][0] + f.Table[1][1]})
		relative(name+" p", got.P, f.P)
		relative(name+" greater", got.Greater, f.Greater)
		relative(name+" less", got.Less, f.Less)
	}
	for name, c := range reference.Chi2 {
		if c.Yates {
			continue // the correction is not ours: it makes the test needlessly timid
		}
		got, _ := stats.TableTest(c.Table)
		if got.DF != c.DF {
			t.Errorf("%s has %d degrees of freedom, want %d", name, got.DF, c.DF)
		}
		relative(name+" chi2", got.Chi2, c.Chi2)
		relative(name+" p", got.P, c.P)
	}
}
