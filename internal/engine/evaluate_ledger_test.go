package engine_test

import (
	"bufio"
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/engine"
	"github.com/rewave/rewave/internal/evaluation"
	"github.com/rewave/rewave/internal/postgres"
	"github.com/rewave/rewave/internal/report"
)

// R, which knows nothing of us, reads the ledger and comes to the same headline.
func TestRComesToTheSameHeadline(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	margin := 0.35
	w.Shop.Margin, w.Shop.CostMicros, w.Shop.Digits = &margin, map[string]int64{"email": 45_000}, 2
	w.crowd(400, thanks(func(c *campaigns.Campaign) { c.Exit = nil }))
	w.send(anchor)
	rng := rand.New(rand.NewPCG(7, 12))
	var p purchases
	for i := range 400 {
		for range rng.IntN(3) {
			at, minor := start.Add(time.Duration(rng.IntN(45*24*3600)-5*24*3600)*second), 10*rng.Int64N(3000)+10
			back, backAt := int64(0), time.Time{}
			if rng.IntN(4) == 0 {
				back, backAt = minor, at.Add(time.Duration(rng.IntN(45*24*3600))*second)
			}
			p.add(fmt.Sprint("c", i+1), at, minor, "EUR", backAt, back)
		}
	}
	w.store(p)
	few := int64(20_000)
	w.db.Exec(t, `update campaign_designs set caps = $1`, []postgres.Bound{{WindowSeconds: 30 * 86400, Windows: 5000, Revenue: postgres.Quantiles{P99: &few, P995: &few}}})

	dir := t.TempDir()
	rows, err := os.Create(filepath.Join(dir, "thanks.ledger.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	ledger, err := report.NewLedger(rows)
	if err != nil {
		t.Fatal(err)
	}
	recipe, err := w.Outcomes(t.Context(), "thanks", engine.Evaluating{AsOf: final}, ledger.Write)
	if err != nil {
		t.Fatal(err)
	}
	var script bytes.Buffer
	if err := recipe.R(&script, "thanks.ledger.csv"); err != nil {
		t.Fatal(err)
	}
	if err := ledger.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "thanks.recompute.R"), script.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	run := exec.CommandContext(t.Context(), "Rscript", "--vanilla", "thanks.recompute.R")
	run.Dir = dir
	said, err := run.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, said)
	}

	r := w.report(final).Points[0]
	want := map[string][]*float64{"rate_treat": {r.Arm("treat").Rate.Estimate}, "rate_hold": {r.Arm("hold").Rate.Estimate}, "p": {r.P}}
	figure := func(name string, f evaluation.Figure) { want[name] = []*float64{f.Estimate, f.Lo, f.Hi} }
	figure("difference", r.Difference)
	figure("relative", r.Relative)
	for _, name := range []string{evaluation.MetricOrders, evaluation.MetricRevenue, evaluation.MetricProfit} {
		m, _ := r.Metric(name)
		figure(name, m.Difference)
	}
	seen := 0
	for lines := bufio.NewScanner(bytes.NewReader(said)); lines.Scan(); seen++ {
		words := strings.Fields(lines.Text())
		for i, x := range want[words[0]] {
			got, err := strconv.ParseFloat(words[1+i], 64)
			if err != nil || x == nil || math.Abs(got-*x) > 1e-9*max(1, math.Abs(*x)) {
				t.Errorf("%s: want %v", lines.Text(), want[words[0]])
			}
		}
		if want[words[0]] == nil {
			t.Errorf("nothing to hold against %s", lines.Text())
		}
	}
	same(t, "figures", seen, len(want))
}
