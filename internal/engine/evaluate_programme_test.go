package engine_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/engine"
	"github.com/rewave/rewave/internal/evaluation"
	"github.com/rewave/rewave/internal/holdout"
	"github.com/rewave/rewave/internal/report"
	"github.com/rewave/rewave/internal/testkit"
)

// programme is a shop under a global holdout of a quarter with two campaigns:
// n customers who bought for the first time at start.
func (w *world) programme(n int) {
	w.t.Helper()
	w.Shop.Global, w.Shop.Epoch = holdout.Whole/4, "2026"
	w.customers(n)
	first := thanks(func(c *campaigns.Campaign) { c.Exit = nil })
	second := thanks(once, func(c *campaigns.Campaign) { c.Exit, c.Name, c.Version = nil, "second", "v2" })
	w.apply(first)
	w.apply(second)
	for i := range n {
		w.order(fmt.Sprintf("c%d", i+1), start, 1000)
	}
	w.enter()
	w.send(anchor)
	w.send(start.Add(8 * days))
}

// held says whom the global holdout keeps.
func held(n int) bool { return holdout.U("g|2026", fmt.Sprint("c", n)) < 0.25 }

// planted gives one more order to every customer of whom it says so.
func (w *world) planted(n int, minor int64, buys func(i int, held bool) bool) (buyers [2]int64) {
	w.t.Helper()
	var p purchases
	seen := [2]int{}
	for i := 1; i <= n; i++ {
		arm := 0
		if held(i) {
			arm = 1
		}
		if seen[arm]++; buys(seen[arm], arm == 1) {
			p.add(fmt.Sprint("c", i), start.Add(20*days), minor, "EUR", time.Time{}, 0)
			buyers[arm]++
		}
	}
	w.store(p)
	return buyers
}

func (w *world) together(ask engine.Programme) report.Programme {
	w.t.Helper()
	r, err := w.EvaluateProgramme(w.t.Context(), ask)
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

// Everybody else buys in 2 of 5, those held out in 1 of 5, for 40.00 at a margin
// of a half: 20.00 an order, less 3 messages at 0.10 and what they would have
// bought anyway.
func TestAProgrammeIsHeldAgainstTheGlobalHoldout(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	margin := 0.5
	w.Shop.Margin, w.Shop.CostMicros = &margin, map[string]int64{"email": 100_000}
	const n = 1200
	w.programme(n)
	buyers := w.planted(n, 4000, func(i int, held bool) bool { return i%5 == 0 || i%5 == 1 && !held })

	r := w.together(engine.Programme{AsOf: start.Add(100 * days)})
	if len(r.Epochs) != 1 {
		t.Fatalf("%d epochs", len(r.Epochs))
	}
	g := r.Epochs[0]
	treat, hold := g.Result.Arm(holdout.Treat), g.Result.Arm(holdout.Hold)
	heldOut := int64(0)
	for i := 1; i <= n; i++ {
		if held(i) {
			heldOut++
		}
	}
	same(t, "customers", []int64{treat.Counted, hold.Counted}, []int64{n - heldOut, heldOut})
	same(t, "buyers", []int64{treat.Buyers, hold.Buyers}, buyers[:])
	same(t, "revenue", []int64{treat.RevenueMinor, hold.RevenueMinor}, []int64{4000 * buyers[0], 4000 * buyers[1]})
	same(t, "verdict", g.Result.Verdict, evaluation.Pays)
	if !strings.Contains(g.Result.Sentence, "The programme pays.") {
		t.Error(g.Result.Sentence)
	}
	// Half of those whom no global holdout keeps are held out of thanks, half of second: messages went to the others.
	same(t, "messages", g.MessagesM, 100_000*int64(w.count("select count(*)::int from deliveries where state = 'accepted'")))
	profit, _ := g.Result.Metric(evaluation.MetricProfit)
	want := (20*float64(buyers[0])-float64(g.MessagesM)/1e6)/float64(treat.Counted) - 20*float64(buyers[1])/float64(hold.Counted)
	if got := profit.Uncapped; !got.Known() || math.Abs(*got.Estimate-want) > 1e-9 {
		t.Errorf("profit %v, want %g", got.Estimate, want)
	}
	if sum := profit.Total; !sum.Known() || math.Abs(*sum.Estimate-want*float64(treat.Counted)) > 1e-6 {
		t.Errorf("in all %v, want %g", sum.Estimate, want*float64(treat.Counted))
	}
	if p := g.Result.SRM.P; p == nil || *p < 0.001 {
		t.Errorf("sizes: p %v", p)
	}
	same(t, "reached", g.Result.Integrity.Contaminated, 0)

	// A span that ends before anybody bought again has only the messages; one that is not final has no verdict.
	short := w.together(engine.Programme{AsOf: start.Add(100 * days), Until: start.Add(10 * days)}).Epochs[0].Result
	same(t, "before anybody bought", short.Verdict, evaluation.Refused)
	same(t, "too few", short.Refusals[0].Code, evaluation.E02)
	early := w.together(engine.Programme{AsOf: start.Add(40 * days), Until: start.Add(30 * days)}).Epochs[0].Result
	same(t, "before returns are over", early.Verdict, evaluation.Provisional)
	later := w.together(engine.Programme{AsOf: start.Add(100 * days), From: start.Add(21 * days)}).Epochs[0].Result
	same(t, "bought before the span", later.Arm(holdout.Treat).Buyers, 0)
	same(t, "assigned before the span", later.Arm(holdout.Treat).Counted, treat.Counted)
	same(t, "too young", len(w.together(engine.Programme{AsOf: start.Add(10 * days)}).TooYoung), 1)
}

func TestAProgrammeThatOnlyCostsLoses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	margin := 0.5
	w.Shop.Margin, w.Shop.CostMicros = &margin, map[string]int64{"email": 5_000_000}
	w.programme(1200)
	w.planted(1200, 1000, func(i int, _ bool) bool { return i%5 == 0 })
	got := w.together(engine.Programme{AsOf: start.Add(100 * days)}).Epochs[0].Result
	same(t, "verdict", got.Verdict, evaluation.Loses)

	// The same at no cost, and with no effect, is open; without a margin it is not about money.
	w.db.Exec(t, "alter table deliveries disable trigger all")
	w.db.Exec(t, "update deliveries set cost_micros = 0")
	got = w.together(engine.Programme{AsOf: start.Add(100 * days)}).Epochs[0].Result
	same(t, "without cost", got.Verdict, evaluation.Open)
	if !strings.Contains(got.Explanation, "still agrees with anything from -") {
		t.Error(got.Explanation)
	}
	w.Shop.Margin = nil
	got = w.together(engine.Programme{AsOf: start.Add(100 * days)}).Epochs[0].Result
	same(t, "without a margin", got.Verdict, evaluation.Open)
	same(t, "against", got.Against, "zero")
}

// A campaign that began before the global holdout was declared still writes to
// those it keeps: they are counted, and where they are many nothing is said.
func TestTheGlobalHoldoutThatWasReached(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.customers(800)
	w.apply(thanks(once, treatAll, func(c *campaigns.Campaign) { c.Name, c.Exit = "old", nil }))
	w.Shop.Global, w.Shop.Epoch = holdout.Whole/4, "2026"
	w.apply(thanks(once, func(c *campaigns.Campaign) { c.Exit, c.Version = nil, "v2" }))
	for i := range 800 {
		w.order(fmt.Sprintf("c%d", i+1), start, 1000)
	}
	w.enter()
	w.send(anchor)
	w.planted(800, 1000, func(i int, _ bool) bool { return i%4 == 0 })
	got := w.together(engine.Programme{AsOf: start.Add(100 * days)}).Epochs[0].Result
	same(t, "verdict", got.Verdict, evaluation.Refused)
	same(t, "reached", got.Integrity.Contaminated, got.Arm(holdout.Hold).Counted)
	same(t, "why", got.Refusals[0].Code, evaluation.E04)
}

func (w *world) count(query string) int {
	w.t.Helper()
	return testkit.Get[int](w.t, w.db, query)
}
