package engine_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/engine"
	"github.com/rewave/rewave/internal/evaluation"
	"github.com/rewave/rewave/internal/fault"
	"github.com/rewave/rewave/internal/holdout"
	"github.com/rewave/rewave/internal/report"
	"github.com/rewave/rewave/internal/testkit"
)

// The point of `thanks`, by hand: entry at start (2 March 2026, 10:00), first
// wave a day later, a window of 30 days, 30 days of returns, a day for late
// orders.
var (
	anchor  = start.Add(1 * days)
	closing = anchor.Add(30 * days)        // 2 April 10:00
	matured = closing.Add(1 * days)        // 3 April 10:00
	final   = matured.Add(30 * days)       // 3 May 10:00
	second  = time.Second                  // windows are exact to it
	nobody  = ""                           // a guest
	openAll = func(*campaigns.Campaign) {} // the campaign as it is
)

// bought stores an order beside the inbox: an outcome, not a trigger.
func (w *world) bought(customer string, at time.Time, minor int64, currency string) int64 {
	w.t.Helper()
	return testkit.Get[int64](w.t, w.db, fmt.Sprintf(`insert into orders (source, shop_order_id, customer_id, placed_at, currency, gross_minor)
		values ('test', gen_random_uuid()::text, (select customer_id from customers where shop_id = '%s'), '%s', '%s', %d) returning order_id`,
		customer, at.Format(time.RFC3339Nano), currency, minor))
}

// returned stores what came back of an order; all means its last unit.
func (w *world) returned(order int64, at time.Time, minor int64, all bool) {
	w.t.Helper()
	w.db.Exec(w.t, `insert into refunds (source, shop_refund_id, line_no, order_id, refunded_at, quantity, amount_minor)
		values ('test', gen_random_uuid()::text, 1, $1, $2, 1, $3)`, order, at, minor)
	w.db.Exec(w.t, "update orders set refunded_minor = refunded_minor + $2, unkept_at = case when $4 then $3::timestamptz end where order_id = $1", order, minor, at, all)
}

// crowd is entered for many, in one statement.
func (w *world) crowd(n int, c campaigns.Campaign) {
	w.t.Helper()
	w.customers(n)
	w.apply(c)
	w.db.Exec(w.t, `with o as (insert into orders (source, shop_order_id, customer_id, placed_at, currency, gross_minor)
			select 'test', shop_id, customer_id, $1, 'EUR', 1000 from customers returning order_id, customer_id, placed_at)
		insert into inbox (campaign_id, order_id, customer_id, placed_at) select c.campaign_id, o.order_id, o.customer_id, o.placed_at from o, campaigns c`, start)
	w.enter()
}

func (w *world) report(asOf time.Time) report.Report {
	w.t.Helper()
	r, err := w.EvaluateCampaign(context.Background(), "thanks", engine.Evaluating{AsOf: asOf})
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

// keep evaluates and stores the statistics.
func (w *world) keep(asOf time.Time) {
	w.t.Helper()
	if _, err := w.EvaluateCampaign(context.Background(), "thanks", engine.Evaluating{AsOf: asOf, Keep: true}); err != nil {
		w.t.Fatal(err)
	}
}

// tally is an arm in one line.
func tally(p evaluation.Result, arm holdout.Arm) string {
	a := p.Arm(arm)
	return fmt.Sprintf("%d assigned, %d matured, %d final; %d counted: %d buyers, %d orders, %d minor",
		a.Assigned, a.Matured, a.Final, a.Counted, a.Buyers, a.Orders, a.RevenueMinor)
}

func TestWhatCountsAsAPurchase(t *testing.T) {
	t.Parallel()
	const (
		none = "1 assigned, 1 matured, 1 final; 1 counted: 0 buyers, 0 orders, 0 minor"
		one  = "1 assigned, 1 matured, 1 final; 1 counted: 1 buyers, 1 orders, 500 minor"
	)
	for name, row := range map[string]struct {
		asOf   time.Time
		happen func(*world)
		want   string
	}{
		"nothing but the order that brought them in": {final, func(*world) {}, none},
		"an order between entry and anchor":          {final, func(w *world) { w.bought("c1", anchor.Add(-second), 500, "EUR") }, none},
		"an order exactly at the anchor":             {final, func(w *world) { w.bought("c1", anchor, 500, "EUR") }, one},
		"an order in the last second":                {final, func(w *world) { w.bought("c1", closing.Add(-second), 500, "EUR") }, one},
		"an order exactly at the end":                {final, func(w *world) { w.bought("c1", closing, 500, "EUR") }, none},
		"an order in another currency":               {final, func(w *world) { w.bought("c1", anchor.Add(days), 500, "USD") }, none},
		"a guest's order":                            {final, func(w *world) { w.bought(nobody, anchor.Add(days), 500, "EUR") }, none},
		"another customer's order":                   {final, func(w *world) { w.bought("c2", anchor.Add(days), 500, "EUR") }, none},
		"an order all of which came back in time":    {final, func(w *world) { w.returned(w.bought("c1", anchor, 500, "EUR"), anchor.Add(29*days), 500, true) }, none},
		"an order all of which came back too late":   {final, func(w *world) { w.returned(w.bought("c1", anchor, 500, "EUR"), anchor.Add(30*days+second), 500, true) }, one},
		"an order that came back at once":            {final, func(w *world) { w.returned(w.bought("c1", anchor, 500, "EUR"), anchor, 500, true) }, none},
		"the last order, back in its own return time": {final, func(w *world) {
			w.returned(w.bought("c1", closing.Add(-second), 500, "EUR"), closing.Add(29*days), 500, true)
		}, none},
		// 700 less the 200 that came back.
		"an order part of which came back in time": {final, func(w *world) { w.returned(w.bought("c1", anchor, 700, "EUR"), anchor.Add(days), 200, false) }, one},
		// 300 came back 31 days later and do not count.
		"an order part of which came back too late": {final, func(w *world) { w.returned(w.bought("c1", anchor, 500, "EUR"), anchor.Add(31*days), 300, false) }, one},
		// 200 in time; the rest came back too late, so the order is kept and worth 800 - 200 - 100.
		"an order that came back in three parts": {final, func(w *world) {
			o := w.bought("c1", anchor, 800, "EUR")
			w.returned(o, anchor.Add(days), 200, false)
			w.returned(o, anchor.Add(2*days), 100, false)
			w.returned(o, anchor.Add(40*days), 500, true)
		}, one},
		"two orders, one of them returned": {final, func(w *world) {
			w.returned(w.bought("c1", anchor.Add(days), 900, "EUR"), anchor.Add(2*days), 900, true)
			w.bought("c1", anchor.Add(3*days), 500, "EUR")
		}, one},
		"two orders": {final, func(w *world) {
			w.bought("c1", anchor.Add(days), 900, "EUR")
			w.bought("c1", anchor.Add(3*days), 500, "EUR")
		}, "1 assigned, 1 matured, 1 final; 1 counted: 1 buyers, 2 orders, 1400 minor"},

		// Knowledge as of an instant, and the two boundaries to the second.
		"before the window is over for a day": {matured.Add(-second), func(w *world) { w.bought("c1", anchor, 500, "EUR") },
			"1 assigned, 0 matured, 0 final; 0 counted: 0 buyers, 0 orders, 0 minor"},
		"when it is": {matured, func(w *world) { w.bought("c1", anchor, 500, "EUR") },
			"1 assigned, 1 matured, 0 final; 1 counted: 1 buyers, 1 orders, 500 minor"},
		"a second before it is final": {final.Add(-second), func(w *world) { w.bought("c1", anchor, 500, "EUR") },
			"1 assigned, 1 matured, 0 final; 1 counted: 1 buyers, 1 orders, 500 minor"},
		"what comes back later is not known yet": {matured, func(w *world) {
			w.returned(w.bought("c1", anchor.Add(28*days), 500, "EUR"), matured.Add(second), 500, true)
		},
			"1 assigned, 1 matured, 0 final; 1 counted: 1 buyers, 1 orders, 500 minor"},
		"what came back by then is": {matured, func(w *world) { w.returned(w.bought("c1", anchor.Add(28*days), 500, "EUR"), matured, 500, true) },
			"1 assigned, 1 matured, 0 final; 1 counted: 0 buyers, 0 orders, 0 minor"},
		"an entry after the instant": {start.Add(-second), func(*world) {}, "0 assigned, 0 matured, 0 final; 0 counted: 0 buyers, 0 orders, 0 minor"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.customers(2)
			w.apply(thanks(treatAll))
			w.order("c1", start, 1000)
			w.enter()
			row.happen(w)
			p := w.report(row.asOf).Points[0]
			same(t, "treated", tally(p, holdout.Treat), row.want)
			same(t, "held out", tally(p, holdout.Hold), "0 assigned, 0 matured, 0 final; 0 counted: 0 buyers, 0 orders, 0 minor")
		})
	}
}

// A customer who enters twice is two enrollments, each with its own window: the
// second entry's order is an outcome of the first.
func TestTwoEntriesOfOneCustomerAreTwoOutcomes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.customers(1)
	w.apply(thanks(treatAll, func(c *campaigns.Campaign) {
		c.Enter.When, c.Enter.Again = "orders.count >= 1", campaigns.Again{EachTime: true}
	}))
	w.order("c1", start, 1000)
	w.order("c1", start.Add(10*days), 400) // 9 days behind the first anchor
	w.clock.Set(start.Add(10 * days))
	w.enter()
	r := w.report(final.Add(10 * days))
	same(t, "treated", tally(r.Points[0], holdout.Treat), "2 assigned, 2 matured, 2 final; 2 counted: 1 buyers, 1 orders, 400 minor")
	same(t, "curve", r.Curves.Arms, []report.Curve{{Arm: holdout.Treat, Enrollments: 2, Steps: []report.Step{{Day: 10, Buyers: 1}}}})
}

// Round 2 counts everyone who entered, in or out by then.
func TestARoundIsReadOverEveryoneEnrolled(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.entered(2, thanks(treatAll, func(c *campaigns.Campaign) {
		c.Rounds, c.Waves = campaigns.Rounds{Times: 2, Every: 30 * days}, c.Waves[:1]
		c.Evaluation.Points = []campaigns.Point{{Name: "overall_30d", Anchor: campaigns.Anchor{Wave: "hello"}, Window: 10 * days}}
	}))
	w.send(anchor)
	w.bought("c1", start.Add(5*days), 300, "EUR") // leaves in round 1
	w.clock.Set(start.Add(30 * days))
	if _, err := w.BeginRounds(context.Background()); err != nil {
		t.Fatal(err)
	}
	w.send(start.Add(31 * days))
	w.bought("c2", start.Add(35*days), 200, "EUR")
	w.bought("c1", start.Add(41*days), 100, "EUR") // exactly at the end of round 2's window
	// Round 2: anchor on day 31, window 10, returns 30, one day: final on day 72.
	r := w.report(start.Add(72 * days))
	got := []string{}
	for _, p := range r.Points {
		got = append(got, fmt.Sprint(p.Point.Anchor, ", primary ", p.Point.Primary, ": ", tally(p, holdout.Treat)))
	}
	same(t, "points", got, []string{
		"hello, as scheduled, round 1, primary true: 2 assigned, 2 matured, 2 final; 2 counted: 1 buyers, 1 orders, 300 minor",
		"hello, as scheduled, round 2, primary false: 2 assigned, 2 matured, 2 final; 2 counted: 1 buyers, 1 orders, 200 minor",
	})
	same(t, "sent", w.states("hello"), map[string]int{"treat accepted": 3, "treat suppressed repurchased": 1})
}

// The other anchors: entry is the trigger's instant, the sequence's end its last
// wave's.
func TestAnchors(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.entered(1, thanks(treatAll, func(c *campaigns.Campaign) {
		c.Evaluation.Points = []campaigns.Point{
			{Name: "overall_30d", Anchor: campaigns.Anchor{SequenceEnd: true}, Window: 2 * days},
			{Name: "again_1d", Anchor: campaigns.Anchor{Wave: "again"}, Window: 1 * days},
			{Name: "hello_7d", Anchor: campaigns.Anchor{Wave: "hello", Round: 1}, Window: 7 * days},
		}
	}))
	w.bought("c1", start.Add(8*days), 100, "EUR") // hello is on day 1, again on day 8: outside hello's 7 days
	w.bought("c1", start.Add(9*days), 200, "EUR")
	r := w.report(start.Add(60 * days))
	got := []string{}
	for _, p := range r.Points {
		got = append(got, fmt.Sprint(p.Point.Name, " from ", p.Point.Anchor, ": ", tally(p, holdout.Treat)))
	}
	same(t, "points", got, []string{
		"overall_30d from the last wave, as scheduled: 1 assigned, 1 matured, 1 final; 1 counted: 1 buyers, 2 orders, 300 minor",
		"again_1d from again, as scheduled: 1 assigned, 1 matured, 1 final; 1 counted: 1 buyers, 1 orders, 100 minor",
		"hello_7d from hello, as scheduled: 1 assigned, 1 matured, 1 final; 1 counted: 0 buyers, 0 orders, 0 minor",
	})
}

// refused is what a point says when it says nothing.
type refused struct {
	Verdict  evaluation.Verdict
	Refusals []evaluation.Code
	Sentence string
	Shown    bool // whether an effect is shown all the same
}

func refusal(p evaluation.Result) refused {
	out := refused{Verdict: p.Verdict, Sentence: p.Sentence, Shown: p.Difference.Estimate != nil || p.P != nil || p.Relative.Estimate != nil}
	for _, r := range p.Refusals {
		out.Refusals = append(out.Refusals, r.Code)
	}
	return out
}

// buy has the first so many customers of each arm, by id, buy at an instant.
func (w *world) buy(arm holdout.Arm, n int, at time.Time, minor int64) {
	w.t.Helper()
	w.db.Exec(w.t, `insert into orders (source, shop_order_id, customer_id, placed_at, currency, gross_minor)
		select 'test', gen_random_uuid()::text, customer_id, $3, 'EUR', $4 from enrollments
		where arm = $1 and not exists (select from orders o where o.customer_id = enrollments.customer_id and o.placed_at > entered_at)
		order by customer_id limit $2`, string(arm), n, at, minor)
}

// The hash splits c1..c200 into 94 and 106, c1..c300 into 143 and 157, c1..c40
// into 16 and 24 and holds c1 (SHA-256 worked out apart from this code).
func TestRefusals(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		customers int
		change    func(*campaigns.Campaign)
		asOf      time.Time
		happen    func(*world)
		want      refused
	}{
		// 94 and 46 where 70 and 70 were planned: chi-square 2 x 24^2/70 = 16.457, p = 4.98e-5, 1 in 20,100.
		"E01 when a group lost customers": {200, openAll, final, func(w *world) {
			w.buy(holdout.Treat, 40, anchor, 100)
			w.buy(holdout.Hold, 40, anchor, 100)
			gone := "(select enrollment_id from enrollments where arm = 'hold' order by customer_id desc limit 60)"
			w.damage("create temporary table gone on commit drop as select enrollment_id from " + gone + " x; delete from deliveries where enrollment_id in (select * from gone); delete from rounds where enrollment_id in (select * from gone); delete from enrollments where enrollment_id in (select * from gone)")
		}, refused{Verdict: evaluation.Refused, Refusals: []evaluation.Code{evaluation.E01, evaluation.E02}, // 46 held out: both are said
			Sentence: "The two groups are not the sizes we planned (94/46 instead of 70/70; chance of this: 1 in 20,100). Something removed customers from one group, so we do not show a result."}},
		"E02 for a small holdout": {40, openAll, final, func(w *world) { w.buy(holdout.Treat, 12, anchor, 100); w.buy(holdout.Hold, 12, anchor, 100) },
			// 100 held out at 50 % takes 200 enrollments; 10 buyers need fewer: 160 more.
			refused{Verdict: evaluation.Refused, Refusals: []evaluation.Code{evaluation.E02},
				Sentence: "Only 24 customers are held out. That is too few to say anything; wait for about 160 more."}},
		"E02 for few buyers in the holdout": {300, openAll, final, func(w *world) { w.buy(holdout.Treat, 20, anchor, 100); w.buy(holdout.Hold, 5, anchor, 100) },
			// 10 / (5/157 x 50 %) = 628 enrollments, 328 more than 300.
			refused{Verdict: evaluation.Refused, Refusals: []evaluation.Code{evaluation.E02},
				Sentence: "Only 5 holdout customers bought. That is too few to say anything; wait for about 330 more."}},
		"E02 for few treated buyers": {300, openAll, final, func(w *world) { w.buy(holdout.Treat, 9, anchor, 100); w.buy(holdout.Hold, 10, anchor, 100) },
			// 10 / (9/143 x 50 %) = 317.8: 318 enrollments, 18 more; the holdout's 10 / (10/157 x 50 %) = 314.
			refused{Verdict: evaluation.Refused, Refusals: []evaluation.Code{evaluation.E02},
				Sentence: "Only 9 of the customers we wrote to bought. That is too few to say anything; wait for about 18 more."}},
		"E02 when nobody is held out": {3, treatAll, final, func(*world) {}, refused{Verdict: evaluation.Refused, Refusals: []evaluation.Code{evaluation.E02},
			Sentence: "This campaign holds nobody out, so what would have been bought anyway is not known."}},
		"E02 for an arm of nobody": {1, openAll, final, func(*world) {}, refused{Verdict: evaluation.Refused, Refusals: []evaluation.Code{evaluation.E02},
			Sentence: "Only one customer is held out. That is too few to say anything; wait for more."}},
		"E02 when nobody entered": {2, openAll, start.Add(-second), func(*world) {}, refused{Verdict: evaluation.Refused, Refusals: []evaluation.Code{evaluation.E02},
			Sentence: "Nobody has entered this campaign yet."}},
		"E03 a second before the point is final": {300, openAll, final.Add(-second), func(w *world) { w.buy(holdout.Treat, 40, anchor, 100); w.buy(holdout.Hold, 40, anchor, 100) },
			refused{Verdict: evaluation.Provisional, Refusals: []evaluation.Code{evaluation.E03},
				Sentence: "Results open when 95 % of the enrollments are final; 0 of 300 are. Entry has no end, so that day moves on while it is open: give the campaign an `until`. Before that day the figures are provisional and there is no verdict."}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.crowd(row.customers, thanks(row.change))
			w.send(anchor) // a ghost that nobody decides on is a refusal of its own
			row.happen(w)
			same(t, "answer", refusal(w.report(row.asOf).Points[0]), row.want)
		})
	}
}

// 19 of 20 final are enough and then only they count; 18 of 20 are not.
func TestAPointOpensAtNineteenOfTwenty(t *testing.T) {
	t.Parallel()
	for late, want := range map[int]string{
		1: "20 assigned, 20 matured, 19 final; 19 counted: 1 buyers, 1 orders, 100 minor",
		2: "20 assigned, 20 matured, 18 final; 20 counted: 3 buyers, 3 orders, 300 minor",
	} {
		w := newWorld(t)
		w.customers(20)
		w.apply(thanks(treatAll))
		for i := range 20 {
			at := start
			if i < late {
				at = start.Add(second)
			}
			w.order(fmt.Sprintf("c%d", i+1), at, 1000)
		}
		w.clock.Set(start.Add(second))
		w.enter()
		for i := range late { // of the late ones
			w.bought(fmt.Sprintf("c%d", i+1), anchor.Add(days), 100, "EUR")
		}
		w.bought("c20", anchor.Add(days), 100, "EUR")
		same(t, fmt.Sprint(late, " late"), tally(w.report(final).Points[0], holdout.Treat), want)
	}
}

// A whole campaign of 400: 198 treated and 202 held out. 80 and 20 buy again.
func TestAVerdictInMoney(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	margin := 0.4
	w.Shop.Margin, w.Shop.CostMicros = &margin, map[string]int64{"email": 50_000}
	w.crowd(400, thanks(func(c *campaigns.Campaign) { c.Exit = nil }))
	w.send(anchor)
	w.send(start.Add(8 * days))
	same(t, "messages", len(w.provider.calls), 2*198)
	w.buy(holdout.Treat, 40, anchor, 1000)                   // day 1
	w.buy(holdout.Treat, 40, anchor.Add(24*time.Hour), 1000) // exactly a day later: day 2
	w.buy(holdout.Hold, 20, closing.Add(-second), 1000)      // day 30
	w.bought(nobody, anchor, 7000, "EUR")

	r := w.report(final)
	p := r.Points[0]
	same(t, "treated", tally(p, holdout.Treat), "198 assigned, 198 matured, 198 final; 198 counted: 80 buyers, 80 orders, 80000 minor")
	same(t, "held out", tally(p, holdout.Hold), "202 assigned, 202 matured, 202 final; 202 counted: 20 buyers, 20 orders, 20000 minor")
	// 80/198 - 20/202 and its score interval, bisected in another language. Two messages of 0.05 cost 0.10; an order
	// of 10.00 earns 4.00, so 0.10 / 4.00 = 0.025 more buyers pay for it.
	same(t, "effect", fmt.Sprintf("%.9f [%.7f, %.7f] z %.6f", *p.Difference.Estimate, *p.Difference.Lo, *p.Difference.Hi, *p.Z), "0.305030503 [0.2243878, 0.3841447] z 7.035215")
	same(t, "break-even", *p.BreakEven, 0.025)
	// 198 x 0.305030503 = 60.396; 0.10 / 0.305030503 = 0.3278.
	same(t, "extra buyers and their price", fmt.Sprintf("%.3f %.4f", *p.ExtraBuyers.Estimate, *p.PricePerBuyer.Estimate), "60.396 0.3278")
	same(t, "verdict", []string{string(p.Verdict), p.Against, p.Sentence}, []string{"PAYS", "break_even",
		"Of every 100 customers we wrote to, 40.4 bought again; 9.9 would have bought anyway. The campaign's own effect is +30.5 (between +22.4 and +38.4). It pays: it needs +2.5."})
	same(t, "curves", r.Curves.Arms, []report.Curve{
		{Arm: holdout.Hold, Enrollments: 202, Steps: []report.Step{{Day: 30, Buyers: 20}}},
		{Arm: holdout.Treat, Enrollments: 198, Steps: []report.Step{{Day: 1, Buyers: 40}, {Day: 2, Buyers: 80}}},
	})

	// The same counts in a replay are no effect of anything.
	w.Replay, w.AA = true, true
	p = w.report(final).Points[0]
	same(t, "replayed", []any{p.Verdict, p.ExtraBuyers.Code, p.PricePerBuyer.Code}, []any{evaluation.Open, evaluation.NobodyTreated, evaluation.NobodyTreated})

	// Reading writes nothing, unless asked to keep. Twice is once, another instant another row; each says what stood then.
	same(t, "kept unasked", testkit.Get[int](t, w.db, "select count(*) from statistics"), 0)
	w.keep(final)
	w.keep(final)
	w.keep(final.Add(-second))
	same(t, "kept", testkit.List[string](t, w.db, `select format('%s %s %s r%s: %s enrolled, %s matured, %s final, %s buyers, %s orders, %s',
		as_of = '2026-05-03 10:00Z', arm, point, round, enrollments, matured, final, buyers, orders, revenue_minor) from statistics order by as_of, arm`), []string{
		"f hold overall_30d r1: 202 enrolled, 202 matured, 0 final, 0 buyers, 0 orders, 0",
		"f treat overall_30d r1: 198 enrolled, 198 matured, 0 final, 0 buyers, 0 orders, 0",
		"t hold overall_30d r1: 202 enrolled, 202 matured, 202 final, 20 buyers, 20 orders, 20000",
		"t treat overall_30d r1: 198 enrolled, 198 matured, 198 final, 80 buyers, 80 orders, 80000",
	})
}

// When the last who may still come in are final is known only where entry has
// an end. Nobody who has come in since moves it.
func TestResultsOpenOnADateThatStands(t *testing.T) {
	t.Parallel()
	until := calendar.Date{Year: 2026, Month: 4, Day: 1}
	end := time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)
	mornings := &calendar.Window{From: 9 * 60, To: 11 * 60}
	const tail = 61 * days // 30 of window, 30 of returns, one
	for name, row := range map[string]struct {
		change func(*campaigns.Campaign)
		happen func(*world)
		want   *time.Time
	}{
		"entry without an end": {openAll, func(*world) {}, nil},
		"until":                {func(c *campaigns.Campaign) { c.Until = until }, func(*world) {}, ptr(end.Add(1*days + tail))},
		"until, and hours of the wave": {func(c *campaigns.Campaign) { c.Until, c.Waves[0].Between = until, mornings }, func(*world) {},
			ptr(end.Add(1*days + 9*time.Hour + tail))},
		"closed when it was applied": {openAll, func(w *world) {
			w.db.Exec(w.t, "update campaigns set entry_until = $1", end)
		}, ptr(end.Add(1*days + tail))},
		"the earlier of two ends": {func(c *campaigns.Campaign) { c.Until = until }, func(w *world) {
			w.db.Exec(w.t, "update campaigns set entry_until = $1", end.Add(-1*days))
		}, ptr(end.Add(tail))},
		"its only slot": {func(c *campaigns.Campaign) {
			c.Enter = campaigns.Enter{When: "orders.count == 1", Schedule: &campaigns.Schedule{AtDate: until, Time: 10 * 60}}
		}, func(*world) {}, ptr(end.Add(10*time.Hour + 1*days + tail))},
		"cancelled": {func(c *campaigns.Campaign) { c.Until = until }, func(w *world) {
			w.db.Exec(w.t, "update campaigns set status = 'cancelled'")
		}, &final},
		"from entry": {func(c *campaigns.Campaign) {
			c.Until, c.Evaluation.Points[0].Anchor = until, campaigns.Anchor{Entry: true}
		}, func(*world) {},
			ptr(end.Add(tail))},
		"from the end of the sequence": {func(c *campaigns.Campaign) {
			c.Until, c.Evaluation.Points[0].Anchor = until, campaigns.Anchor{SequenceEnd: true, Round: 1}
		}, func(*world) {}, ptr(end.Add(8*days + tail))},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.entered(2, thanks(row.change))
			row.happen(w)
			var got *time.Time
			if at := w.report(matured).Points[0].Point.FinalAt; !at.IsZero() {
				got = ptr(at.UTC())
			}
			same(t, "final", got, row.want)
		})
	}
}

func ptr[T any](v T) *T { return &v }

// A round that nobody has reached has no figures, and no refusal either.
func TestARoundToComeIsAnnounced(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.entered(2, thanks(func(c *campaigns.Campaign) {
		c.Rounds, c.Waves = campaigns.Rounds{Times: 3, Every: 30 * days}, c.Waves[:1]
		c.Evaluation.Points = []campaigns.Point{
			{Name: "overall_30d", Anchor: campaigns.Anchor{Wave: "hello"}, Window: 10 * days},
			{Name: "hello_2d", Anchor: campaigns.Anchor{Wave: "hello"}, Window: 2 * days},
		}
	}))
	read := func(asOf time.Time) (points []string, pending []report.Round) {
		r := w.report(asOf)
		for _, p := range r.Points {
			points = append(points, p.Point.Name+" from "+p.Point.Anchor)
		}
		return points, r.Pending
	}
	first := []string{"overall_30d from hello, as scheduled, round 1", "hello_2d from hello, as scheduled, round 1"}
	to := []report.Round{{Round: 2, Begins: start.Add(30 * days)}, {Round: 3, Begins: start.Add(60 * days)}}
	points, pending := read(start.Add(20 * days))
	same(t, "points in round 1", points, first)
	same(t, "to come", utc(pending), to)

	points, pending = read(start.Add(31 * days)) // nothing has begun the round that is due
	same(t, "points when nothing ran", points, first)
	same(t, "due", utc(pending), to)

	w.clock.Set(start.Add(30 * days))
	if _, err := w.BeginRounds(context.Background()); err != nil {
		t.Fatal(err)
	}
	points, pending = read(start.Add(31 * days))
	same(t, "points in round 2", points, []string{first[0], "overall_30d from hello, as scheduled, round 2", first[1], "hello_2d from hello, as scheduled, round 2"})
	same(t, "still to come", utc(pending), to[1:])
	points, _ = read(start.Add(20 * days)) // as of then it had not
	same(t, "points as of round 1", points, first)

	points, pending = read(start.Add(-second)) // nobody had entered
	same(t, "points of nobody", points, first)
	same(t, "to come of nobody", pending, nil)
}

func utc(rounds []report.Round) []report.Round {
	for i := range rounds {
		rounds[i].Begins = rounds[i].Begins.UTC()
	}
	return rounds
}

// What a live report cannot know it says: orders that may be missing, and that
// deliveries are counted as they stand.
func TestALiveReportSaysWhatItIsOf(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.entered(2, thanks(treatAll)) // the newest order is of 2 March
	late := []report.Warning{{Code: "orders_end", Sentence: "The newest order known is of 2 March 2026; orders after it are missing from these figures."}}
	for name, row := range map[string]struct {
		now, asOf time.Time
		want      []report.Warning
		then      bool
	}{
		"three days after the newest order":      {start.Add(3 * days), start.Add(3 * days), nil, false},
		"a second more":                          {start.Add(3*days + second), start.Add(3*days + second), late, false},
		"asked about the day before":             {start.Add(3 * days), start.Add(2 * days), nil, false},
		"asked about a day and a second before":  {start.Add(3*days + second), start.Add(2 * days), nil, true},
		"asked about a day that orders cover":    {start.Add(90 * days), start.Add(1 * days), nil, true},
		"asked about a day that they do not":     {start.Add(90 * days), start.Add(80 * days), late, true},
		"asked about a day after the newest one": {start.Add(1 * days), start.Add(4 * days), late, false},
	} {
		w.clock.Set(row.now)
		r := w.report(row.asOf)
		same(t, name, r.Warnings, row.want)
		same(t, name+": of another day", r.DeliveriesAt != nil, row.then)
	}

	w.bought("c1", start.Add(200*days), 100, "EUR") // a date in the future is no feed
	w.clock.Set(start.Add(90 * days))
	same(t, "a date in the future", w.report(start.Add(90*days)).Warnings, late)
	w.bought("c1", start.Add(89*days), 100, "EUR")
	same(t, "an order of yesterday", w.report(start.Add(90*days)).Warnings, nil)
	same(t, "known since", w.report(start.Add(40*days)).Warnings, nil) // nothing is missing: the shop was quiet
	w.Replay, w.AA = true, true
	same(t, "a replay", w.report(start.Add(300*days)).Warnings, nil)
}

func TestAnEarlierDesignCanBeShown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.entered(3, thanks(treatAll))
	w.clock.Set(start.Add(1 * days))
	w.apply(thanks(treatAll, func(c *campaigns.Campaign) { c.Version, c.Design = "v2", "d2" }))

	same(t, "entered under the new one", w.report(start.Add(1 * days)).Points[0].Arm(holdout.Treat).Assigned, 0)
	same(t, "says so", w.report(start.Add(1*days)).Warnings, []report.Warning{{Code: "design",
		Sentence: "This is design 2: only those who entered since 3 March 2026. What design 1 found: rewave report show thanks --design 1."}})
	r, err := w.EvaluateCampaign(t.Context(), "thanks", engine.Evaluating{AsOf: start.Add(1 * days), Design: 1})
	if err != nil {
		t.Fatal(err)
	}
	same(t, "entered under the first", r.Points[0].Arm(holdout.Treat).Assigned, 3)
	same(t, "the first says nothing of others", r.Warnings, nil)
	_, err = w.EvaluateCampaign(t.Context(), "thanks", engine.Evaluating{AsOf: start, Design: 7})
	if f, ok := fault.Of(err); !ok || f.Message != `campaign "thanks" has no design 7; its newest is 2` {
		t.Errorf("got %v", err)
	}
}
