package engine_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/customer"
	"github.com/rewave/rewave/internal/postgres"
	"github.com/rewave/rewave/internal/testkit"
	"github.com/rewave/rewave/rules"
)

// shopping is two years of orders before start of 1,500 customers: each buys at a
// rate of their own until they are gone.
func (w *world) shopping() {
	w.t.Helper()
	w.customers(1500)
	// In one statement: another may go over another connection, whose random numbers are others.
	w.db.Exec(w.t, `with seeded as materialized (select setseed(0.4)) insert into orders (source, shop_order_id, customer_id, placed_at, currency, gross_minor)
		select 'test', c.customer_id || '-' || n, c.customer_id, $1::timestamptz - (700 * c.born) * interval '1 day' + o.day * interval '1 day', 'EUR', (1000 + 8000 * c.spends * (.7 + .6 * random()))::int
		  from (select customer_id, random() as born, 10 + 40 * random() as every, .05 + .3 * random() as gone, random() as spends from seeded, customers) c
		 cross join lateral (select n, sum(case when n = 1 then 0 else -c.every * ln(random() + 1e-12) end) over (order by n) as day, bool_or(n > 1 and random() < c.gone) over (order by n) as ended
			from generate_series(1, 60) n where c.customer_id > 0) o
		 where not o.ended and o.day < 700 * c.born`, start)
	w.db.Exec(w.t, "analyze")
	if err := w.Store.EnsureFeatures(context.Background(), "EUR", "UTC"); err != nil {
		w.t.Fatal(err)
	}
}

func valued(c *campaigns.Campaign) {
	c.Enter.When = "predicted.alive > 0.3 and rfm.monetary > 1"
}

// A campaign asks by the fit that was the newest when its design began, whatever is
// fitted later; a question about everybody by the newest of its instant.
func TestADesignKeepsItsScores(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := context.Background()
	if _, err := w.FitScores(ctx, start, false); err == nil || !strings.Contains(err.Error(), "there is no order of a customer") {
		t.Fatalf("a shop without orders: got %v", err)
	}
	w.shopping()
	w.apply(thanks(valued, treatAll))
	stored, err := w.Store.Campaigns(ctx, "thanks")
	if err != nil {
		t.Fatal(err)
	}
	if why, err := w.Lacks(stored[0]); why != "no model was fitted" || err != nil || stored[0].ScoresID != 0 {
		t.Errorf("before any fit: got %q, %v, scores %d", why, err, stored[0].ScoresID)
	}

	first, err := w.FitScores(ctx, start, false)
	if err != nil {
		t.Fatal(err)
	}
	if first.Scores.Doubt != "" || !first.Accepted || first.Evidence.Customers != 1500 {
		t.Fatalf("got %+v, %s", first.Fitted.Evidence.Check, first.Scores.Doubt)
	}
	again := func(c *campaigns.Campaign) { c.Version, c.Design = "v2", "d2" }
	w.apply(thanks(valued, treatAll)) // the same design: it keeps what it began with
	plan, err := w.PlanCampaign(ctx, []campaigns.Campaign{thanks(valued, treatAll)}, start, nil)
	if err != nil {
		t.Fatal(err)
	}
	warned := false
	for _, x := range plan.Campaigns[0].Warnings {
		warned = warned || x.Code == "no_scores" && x.Of == "no model was fitted"
	}
	if !warned {
		t.Errorf("no warning among %+v", plan.Campaigns[0].Warnings)
	}
	w.apply(thanks(valued, treatAll, again))
	check := func(of int) {
		t.Helper()
		stored, err := w.Store.Campaigns(ctx, "thanks")
		if err != nil {
			t.Fatal(err)
		}
		if why, err := w.Lacks(stored[0]); why != "" || err != nil || stored[0].ScoresID != of || stored[0].Scores.RFM != first.Scores.RFM {
			t.Errorf("got %q, %v, scores %d, want %d", why, err, stored[0].ScoresID, of)
		}
	}
	check(first.ID)

	// Somebody's second order lets them in, by the old fit as by the new.
	later := start.Add(40 * days)
	w.clock.Set(later)
	w.db.Exec(t, `update orders set gross_minor = gross_minor * 50 where customer_id % 3 = 0`) // boundaries move
	if _, err := w.Store.RebuildFeatures(ctx); err != nil {
		t.Fatal(err)
	}
	next, err := w.FitScores(ctx, later, true)
	if err != nil {
		t.Fatal(err)
	}
	if next.ID == first.ID || next.Scores.RFM == first.Scores.RFM {
		t.Fatalf("got the same fit again: %+v", next.Scores.RFM)
	}
	w.apply(thanks(valued, treatAll, again))
	check(first.ID)
	w.order("c1", later, 1000)
	w.enter()
	if entered := testkit.Get[int](t, w.db, "select count(*)::int from enrollments where design = 2"); entered != 1 {
		t.Errorf("got %d entered", entered)
	}

	rule, faults := rules.Compile("rfm.monetary == 5", rules.Options{})
	if faults != nil {
		t.Fatal(faults)
	}
	for _, at := range []time.Time{start, later} {
		a, err := w.CountSegment(ctx, rule, at)
		if err != nil || a.Matches == 0 {
			t.Errorf("as of %s: got %+v, %v", at, a, err)
		}
	}
	if a, err := w.CountSegment(ctx, rule, start.Add(-1*days)); err != nil || a.Matches != 0 || a.Unknown == 0 {
		t.Errorf("before the first fit: got %+v, %v", a, err)
	}
}

// It is fitted once a week, by the shop's calendar.
func TestScoresAreFittedOnceAWeek(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := context.Background()
	refit := func(at time.Time, want int) {
		t.Helper()
		w.clock.Set(at)
		for _, want := range []int{want, 0} {
			if n, err := w.RefitScores(ctx); n != want || err != nil {
				t.Errorf("at %s: got %d, %v; want %d", at, n, err, want)
			}
		}
	}
	refit(start, 0) // no orders yet, and no fault
	w.shopping()
	refit(start, 1)                             // a Monday
	refit(start.Add(6*days), 0)                 // its Sunday
	refit(start.Add(14*days-10*time.Hour-1), 1) // the next Sunday: the Monday before was missed
	refit(start.Add(14*days-10*time.Hour), 1)   // Monday at midnight
	newest, err := w.Store.NewestScores(ctx, "EUR", "UTC", start.Add(100*days), false)
	if err != nil || newest == nil || !newest.Scores.FittedAt.Equal(start.Add(14*days-10*time.Hour)) {
		t.Fatalf("got %+v, %v", newest, err)
	}
	if other, err := w.Store.NewestScores(ctx, "USD", "UTC", start.Add(100*days), true); other != nil || err != nil {
		t.Errorf("of another currency: got %v, %v", other, err)
	}
}

// A slot asks SQL by the design's fit too, not by the newest.
func TestASlotAsksByTheDesignsScores(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := context.Background()
	w.shopping()
	first, err := w.FitScores(ctx, start, false)
	if err != nil {
		t.Fatal(err)
	}
	w.apply(thanks(treatAll, func(c *campaigns.Campaign) {
		c.Enter = campaigns.Enter{When: "rfm.monetary == 5 and predicted.alive > 0.3", Schedule: &campaigns.Schedule{Every: "day", Time: 12 * 60}}
	}))
	rule, faults := rules.Compile("rfm.monetary == 5 and predicted.alive > 0.3", rules.Options{})
	if faults != nil {
		t.Fatal(faults)
	}
	slot := start.Add(2 * time.Hour)
	want, err := w.CountSegment(ctx, rule, slot) // by the first fit
	if err != nil || want.Matches < 20 {
		t.Fatalf("got %+v, %v", want, err)
	}
	w.clock.Set(slot)
	changed := first.Fitted
	changed.Scores.FittedAt = slot
	changed.Scores.RFM.Monetary = customer.Quintiles{1, 2, 3, 4} // by which everybody would come in
	if _, err := w.Store.Fitting(ctx, "EUR", "UTC", slot, false, func(f *postgres.Fitting) error {
		_, err := f.Keep(ctx, changed)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if now, err := w.CountSegment(ctx, rule, slot); err != nil || now.Matches <= want.Matches {
		t.Fatalf("by the newest fit: got %+v, %v", now, err)
	}
	if _, err := w.OpenSlots(ctx); err != nil {
		t.Fatal(err)
	}
	if entered := testkit.Get[int64](t, w.db, "select count(*) from enrollments"); entered != want.Matches {
		t.Errorf("got %d entered, want %d", entered, want.Matches)
	}
}
