package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rewave/rewave/internal/analyze"
)

// analyzedFile runs the command and reads its JSON.
func analyzedFile(t *testing.T, file string, flags ...string) (r analyze.Result) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	if code := run(append([]string{"analyze", file, "--json"}, flags...), nil, strings.NewReader(""), &stdout, &stderr); code != exitOK {
		t.Fatalf("exit code %d: %s", code, stderr.String())
	}
	if err := json.Unmarshal(stdout.Bytes(), &r); err != nil {
		t.Fatal(err)
	}
	return r
}

func written(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "t.csv")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func nearly(t *testing.T, what string, got *float64, want float64) {
	t.Helper()
	if got == nil || math.Abs(*got-want) > 2e-9*max(1, math.Abs(want)) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// Vector (c) of money per customer in the method's specification, every customer
// 200 times: slopes and differences are those of the vector.
func TestAnalyzeAdjustsAsLin(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	text.WriteString("arm,before,spend\n")
	yt, xt := []float64{0, 0, 0, 12.5, 0, 40, 0, 0, 25, 0, 0, 8}, []float64{5, 0, 0, 20, 3, 55, 0, 10, 30, 0, 0, 6}
	yc, xc := []float64{0, 0, 18, 0, 0, 0, 9, 0}, []float64{0, 4, 25, 0, 12, 0, 10, 2}
	for range 200 {
		for i := range yt {
			fmt.Fprintf(&text, "t,%g,%g\n", xt[i], yt[i])
		}
		for i := range yc {
			fmt.Fprintf(&text, "c,%g,%g\n", xc[i], yc[i])
		}
	}
	file := written(t, text.String())
	flags := []string{"--arm", "arm", "--control", "c", "--metric", "spend:money", "--covariate", "before"}
	r := analyzedFile(t, file, append(flags, "--cap", "spend=none")...)
	c := r.Metrics[0].Comparisons[0]
	a := c.Adjustment
	if !a.Used || c.Difference.Method != "lin_hall" {
		t.Fatalf("not adjusted: %+v", *a)
	}
	nearly(t, "difference", c.Difference.Estimate, 0.852032251)
	nearly(t, "relative", c.Relative.Estimate, 5.88872758/5.036695329-1)
	nearly(t, "unadjusted", a.Unadjusted.Estimate, 3.75)

	// By hand: what each line leaves, over n-2, and the spread of the covariate.
	line := func(x, y []float64) (slope, left, lean, r2, mean float64) {
		var mx, my, sxy, sxx, syy float64
		n := float64(len(x))
		for i := range x {
			mx, my = mx+x[i]/n, my+y[i]/n
		}
		for i := range x {
			sxy, sxx, syy = sxy+(x[i]-mx)*(y[i]-my), sxx+(x[i]-mx)*(x[i]-mx), syy+(y[i]-my)*(y[i]-my)
		}
		slope = sxy / sxx
		for i := range x {
			e := y[i] - my - slope*(x[i]-mx)
			left, lean = left+e*e, lean+e*e*e/n
		}
		return slope, left, lean, sxy * sxy / sxx / syy, mx
	}
	st, lt, kt, _, mt := line(xt, yt)
	sc, lc, kc, r2, mc := line(xc, yc)
	const nt, nc, n = 2400., 1600., 4000.
	spread := 0.0
	for _, x := range append(append([]float64{}, xt...), xc...) {
		spread += 200 * (x - 9.1) * (x - 9.1) / (n - 1)
	}
	se := math.Sqrt(200*lt/(nt-2)/nt + 200*lc/(nc-2)/nc + (st-sc)*(st-sc)*spread/n)
	skew := (kt/nt/nt - kc/nc/nc) / se / se / se
	hall := func(q float64) float64 { return 3 / skew * (math.Cbrt(1+skew*(q-skew/6)) - 1) }
	nearly(t, "R2", a.RSquared, r2)
	nearly(t, "skew", c.Skew, skew)
	nearly(t, "lo", c.Difference.Lo, 0.852032251-se*hall(1.959963984540054))
	nearly(t, "hi", c.Difference.Hi, 0.852032251-se*hall(-1.959963984540054))
	nearly(t, "balance", r.Balances[0].Treat, mt)
	nearly(t, "balance", r.Balances[0].Hold, mc)
	if r.Balances[0].Alike {
		t.Errorf("%v and %v are taken for alike", mt, mc)
	}

	// Capped values are adjusted as if every row had been cut in the file.
	cut := written(t, strings.NewReplacer(",40\n", ",18.7\n", ",25\n", ",18.7\n").Replace(text.String()))
	capped := analyzedFile(t, file, append(flags, "--cap", "spend=18.7")...).Metrics[0].Comparisons[0]
	want := analyzedFile(t, cut, append(flags, "--cap", "spend=none")...).Metrics[0].Comparisons[0]
	own := analyzedFile(t, file, append(flags, "--cap", "spend=p91")...).Metrics[0] // a cap of the table itself: 25.00
	cut25 := written(t, strings.ReplaceAll(text.String(), ",40\n", ",25\n"))
	want25 := analyzedFile(t, cut25, append(flags, "--cap", "spend=none")...).Metrics[0].Comparisons[0]
	if own.Cap.Value != 25 {
		t.Errorf("cap %v", own.Cap.Value)
	}
	for _, pair := range [][2]analyze.Comparison{{capped, want}, {own.Comparisons[0], want25}} {
		if got := pair[0]; *got.Difference.Lo != *pair[1].Difference.Lo || *got.P != *pair[1].P || *got.Relative.Hi != *pair[1].Relative.Hi || !got.Adjustment.Used {
			t.Errorf("capped: got %+v, want %+v", got.Difference, pair[1].Difference)
		}
	}
}

// Cycles pooled, of the specification: events of customers over their rows, each
// customer 25 times, so that an arm has a hundred.
func TestAnalyzeCountsErrorsByCluster(t *testing.T) {
	t.Parallel()
	st, mt := []int{2, 0, 1, 3, 0, 1, 0, 2}, []int{5, 5, 4, 5, 3, 5, 5, 5}
	sc, mc := []int{0, 1, 0, 1}, []int{5, 5, 4, 5}
	var rows []string
	customers := func(arm string, s, m []int) {
		for k := range 25 * len(s) {
			i := k % len(s)
			for row := range m[i] {
				bought := 0
				if row < s[i] {
					bought = 1
				}
				rows = append(rows, fmt.Sprintf("%s,%s%d,%d,%d\n", arm, arm, k, bought, 7*bought))
			}
		}
	}
	customers("t", st, mt)
	customers("c", sc, mc)
	flags := []string{"--arm", "arm", "--control", "c", "--metric", "bought:binary", "--metric", "spend:money", "--cap", "spend=none", "--cluster", "customer", "--share", "t=2", "--share", "c=1"}
	r := analyzedFile(t, written(t, "arm,customer,bought,spend\n"+strings.Join(rows, "")), flags...)
	if r.Clusters.N != 300 || r.Clusters.Shared != 0 || *r.Arms[0].Clusters != 100 || *r.Arms[1].Clusters != 200 {
		t.Errorf("clusters: %+v in %+v", *r.Clusters, r.Arms)
	}
	nearly(t, "sizes, by customer", r.SRM.P, 1)

	// An arm's error in the specification has the factor n/(n-1).
	vt, vc := .08146046524*.08146046524*7/8/25, .05775252362*.05775252362*3/4/25
	se, z := math.Sqrt(vt+vc), 1.959963984540054
	for i, unit := range []float64{1, 7} {
		m := r.Metrics[i]
		c := m.Comparisons[0]
		nearly(t, "difference", c.Difference.Estimate, unit*.1379800853)
		nearly(t, "lo", c.Difference.Lo, unit*(.1379800853-z*se))
		nearly(t, "hi", c.Difference.Hi, unit*(.1379800853+z*se))
		nearly(t, "control", m.Arms[0].Mean.Estimate, unit*.1052631579)
		nearly(t, "control's end", m.Arms[0].Mean.Hi, unit*(.1052631579+z*math.Sqrt(vc*100/99)))
		nearly(t, "relative", c.Relative.Estimate, .2432432432/.1052631579-1)
	}

	// The order of the rows changes nothing; a row for each customer is no cluster.
	for i, j := 0, len(rows)-1; i < j; i, j = i+1, j-1 {
		rows[i], rows[j] = rows[j], rows[i]
	}
	again := analyzedFile(t, written(t, "arm,customer,bought,spend\n"+strings.Join(rows, "")), flags...)
	first, _ := json.Marshal(r)
	second, _ := json.Marshal(again)
	if !bytes.Equal(first, second) {
		t.Errorf("another order: %s is not %s", second, first)
	}
	for i := range rows {
		arm, rest, _ := strings.Cut(rows[i], ",")
		_, rest, _ = strings.Cut(rest, ",")
		rows[i] = fmt.Sprintf("%s,%d,%s", arm, i, rest)
	}
	single := analyzedFile(t, written(t, "arm,customer,bought,spend\n"+strings.Join(rows, "")), "--arm", "arm", "--control", "c", "--metric", "bought:binary", "--cluster", "customer")
	if x := *single.Metrics[0].Comparisons[0].Inflation; math.Abs(x-1) > .002 {
		t.Errorf("a customer for each row: the error is %v times that of rows", x)
	}
}

// History explains next to nothing of what Hillstrom's customers spend in a
// fortnight, and so the rule leaves it alone.
func TestAnalyzeHillstromByHistory(t *testing.T) {
	t.Parallel()
	folder := os.Getenv("REWAVE_DATA")
	if folder == "" {
		t.Skip("NOT RUN: set REWAVE_DATA to the folder of real data sets to adjust hillstrom for history")
	}
	file := filepath.Join(folder, "hillstrom", "hillstrom.csv.gz")
	flags := []string{"--arm", "segment", "--control", "No E-Mail", "--metric", "spend:money"}
	plain := analyzedFile(t, file, flags...).Metrics[0]
	r := analyzedFile(t, file, append(flags, "--covariate", "history")...)
	for i, c := range r.Metrics[0].Comparisons {
		if a := c.Adjustment; a.Used || a.Code != analyze.Weak || !(*a.RSquared > 0 && *a.RSquared < .01) {
			t.Errorf("%s: %+v", c.Arm, *a)
		}
		if want := plain.Comparisons[i]; *c.Difference.Lo != *want.Difference.Lo || *c.P != *want.P {
			t.Errorf("%s is not as without a covariate", c.Arm)
		}
		if b := r.Balances[i]; !b.Alike || math.Abs(*b.SMD) > .03 {
			t.Errorf("%s: %+v", c.Arm, b)
		}
	}
}
