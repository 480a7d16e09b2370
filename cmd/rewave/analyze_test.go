package main

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rewave/rewave/internal/analyze"
	"github.com/rewave/rewave/internal/stats"
)

// reference is what scipy, statsmodels and R say of Hillstrom's e-mail test.
type reference struct {
	Totals struct {
		Rows int64
	}
	Overall map[string]compared
	ByNew   map[string]map[string]compared `json:"by_newbie"`
	Thirds  struct{ Chi2, P float64 }      `json:"srm_equal_thirds"`
}

type compared struct{ Visit, Conversion, Spend comparedMetric }

type comparedMetric struct {
	XTreated int64      `json:"x_treated"`
	XControl int64      `json:"x_control"`
	NTreated int64      `json:"n_treated"`
	NControl int64      `json:"n_control"`
	Treated  [2]float64 `json:"wilson95_treated"`
	Control  [2]float64 `json:"wilson95_control"`
	Lift     float64    `json:"abs_lift"`
	Relative float64    `json:"rel_lift"`
	Newcombe [2]float64 `json:"newcombe95"`
	Z        float64    `json:"z_pooled"`

	SumTreated  float64    `json:"sum_treated"`
	SumControl  float64    `json:"sum_control"`
	MeanTreated float64    `json:"mean_treated"`
	MeanControl float64    `json:"mean_control"`
	Diff        float64    `json:"diff"`
	Welch       [2]float64 `json:"welch95"`
}

// The whole command, from the file to its JSON, on 64,000 customers of three arms:
// counts exact, closed forms to 1e-9, and intervals of another method close by.
func TestAnalyzeHillstrom(t *testing.T) {
	t.Parallel()
	folder := os.Getenv("REWAVE_DATA")
	if folder == "" {
		t.Skip("NOT RUN: set REWAVE_DATA to the folder of real data sets to hold an analysis against hillstrom/reference.json")
	}
	file := filepath.Join(folder, "hillstrom", "hillstrom.csv.gz")
	text, err := os.ReadFile(filepath.Join(folder, "hillstrom", "reference.json"))
	if err != nil {
		t.Fatal(err)
	}
	var want reference
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	if code := run([]string{"analyze", file, "--arm", "segment", "--control", "No E-Mail", "--share", "equal", "--by", "newbie",
		"--metric", "visit:binary", "--metric", "conversion:binary", "--metric", "spend:money", "--json"}, nil, strings.NewReader(""), &stdout, &stderr); code != exitOK {
		t.Fatalf("exit code %d: %s", code, stderr.String())
	}
	var got analyze.Result
	if err := json.Unmarshal(stdout.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if got.Rows != want.Totals.Rows || got.Rows != 64_000 || got.LeftOut != 0 {
		t.Errorf("%d rows, %d left out", got.Rows, got.LeftOut)
	}
	same := func(what string, got *float64, want float64) {
		t.Helper()
		if got == nil || math.Abs(*got-want) > 1e-9*max(1, math.Abs(want)) {
			t.Errorf("%s: got %v, want %v", what, got, want)
		}
	}
	near := func(what string, f analyze.Figure, want [2]float64, share float64) {
		t.Helper()
		if !f.Valid || math.Abs(*f.Lo-want[0]) > share*(want[1]-want[0]) || math.Abs(*f.Hi-want[1]) > share*(want[1]-want[0]) {
			t.Errorf("%s: %v to %v is far from %v", what, *f.Lo, *f.Hi, want)
		}
	}
	same("srm chi2", got.SRM.Chi2, want.Thirds.Chi2)
	same("srm p", got.SRM.P, want.Thirds.P)
	for arm, name := range map[int]string{0: "mens", 1: "womens"} {
		of := want.Overall[name+"_vs_control"]
		for i, w := range []comparedMetric{of.Visit, of.Conversion} {
			m, c := got.Metrics[i], got.Metrics[i].Comparisons[arm]
			what := name + " " + m.Metric
			treat, control := m.Arms[arm+1], m.Arms[0]
			if treat.Some != w.XTreated || control.Some != w.XControl || c.Difference.NT != w.NTreated || c.Difference.NC != w.NControl {
				t.Errorf("%s: %d of %d and %d of %d, want %+v", what, treat.Some, c.Difference.NT, control.Some, c.Difference.NC, w)
			}
			same(what+" treated", treat.Mean.Lo, w.Treated[0])
			same(what+" treated", treat.Mean.Hi, w.Treated[1])
			same(what+" control", control.Mean.Lo, w.Control[0])
			same(what+" control", control.Mean.Hi, w.Control[1])
			same(what+" lift", c.Difference.Estimate, w.Lift)
			same(what+" relative", c.Relative.Estimate, w.Relative)
			near(what, c.Difference, w.Newcombe, .01)

			// The pooled z lacks the factor N/(N-1); the rest is the same statistic.
			n := float64(w.NTreated + w.NControl)
			p := 2 * stats.NormalCDF(-math.Abs(w.Z)*math.Sqrt((n-1)/n))
			if math.Abs(*c.P/p-1) > 1e-9 {
				t.Errorf("%s: p = %v, want %v", what, *c.P, p)
			}
			other := *m.Comparisons[1-arm].P
			same(what+" Holm", c.Adjusted, max(*c.P, min(2**c.P, max(*c.P, other))))
			for k, part := range []string{"returning", "new"} {
				s := []comparedMetric{want.ByNew[part][name+"_vs_control"].Visit, want.ByNew[part][name+"_vs_control"].Conversion}[i]
				d := c.Strata.Each[k].Difference
				if d.NT != s.NTreated || d.NC != s.NControl {
					t.Errorf("%s, %s: %d and %d", what, part, d.NT, d.NC)
				}
				same(what+" "+part, d.Estimate, s.Lift)
			}
		}
		m, c, w := got.Metrics[2], got.Metrics[2].Comparisons[arm], of.Spend
		same(name+" total", m.Arms[arm+1].Total, w.SumTreated)
		same("control's total", m.Arms[0].Total, w.SumControl)
		same(name+" mean", m.Arms[arm+1].Whole.Estimate, w.MeanTreated)
		same("control's mean", m.Arms[0].Whole.Estimate, w.MeanControl)
		same(name+" spend", c.Whole.Estimate, w.Diff)
		near(name+" spend", *c.Whole, w.Welch, .06) // Hall's leans, Welch's does not
	}
	if at := quantileOf(t, file, "spend", .995); got.Metrics[2].Cap.Value != math.RoundToEven(100*at)/100 {
		t.Errorf("cap %v, want %v", got.Metrics[2].Cap.Value, at)
	}
}

// quantileOf sorts the column of a CSV.gz file.
func quantileOf(t *testing.T, path, column string, q float64) float64 {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	z, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	rows := csv.NewReader(z)
	header, err := rows.Read()
	if err != nil {
		t.Fatal(err)
	}
	at := slices.Index(header, column)
	var values []float64
	for {
		row, err := rows.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		x, err := strconv.ParseFloat(row[at], 64)
		if err != nil {
			t.Fatal(err)
		}
		values = append(values, x)
	}
	slices.Sort(values)
	x, ok := stats.Quantile(values, q)
	if !ok {
		t.Fatal("no values")
	}
	return x
}
