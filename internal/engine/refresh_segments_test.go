package engine_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/testkit"
)

// watched is a campaign for those who come to be at risk.
func watched(c *campaigns.Campaign) {
	c.Enter = campaigns.Enter{On: "event", Event: "Segment Entered: at-risk", Segment: "at-risk", When: "orders.count > 0",
		Segments: map[string]string{"at-risk": `in_segment("buyers") and orders.days_since_last > 90`, "buyers": "orders.count > 0"}}
}

// Somebody comes to be in a segment because time passes, leaves it by an order,
// and comes again: each is told once, and begins the campaign that asks for it.
func TestComingToBeInASegmentBeginsACampaign(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := context.Background()
	if err := w.Store.EnsureFeatures(ctx, "EUR", "UTC"); err != nil {
		t.Fatal(err)
	}
	w.customers(4)
	w.order("c1", start.Add(-100*days), 1000) // in it from the beginning
	w.order("c2", start.Add(-80*days), 1000)  // comes in eleven days
	w.order("c3", start.Add(-10*days), 1000)
	if _, err := w.Store.RebuildFeatures(ctx); err != nil {
		t.Fatal(err)
	}
	w.apply(thanks(treatAll, watched, func(c *campaigns.Campaign) { c.Enter.Again.EachTime = true }))
	told := func() []string {
		return testkit.List[string](t, w.db, `select u.shop_id || ' ' || e.name || ' ' || extract(day from e.at - $1) from events e join customers u using (customer_id) order by e.at, u.customer_id`, start)
	}
	entered := func() []string {
		return testkit.List[string](t, w.db, `select u.shop_id from enrollments e join customers u using (customer_id) order by e.entered_at, u.customer_id`)
	}
	at := func(day int) {
		t.Helper()
		w.clock.Set(start.Add(time.Duration(day) * days))
		for range 2 { // the second time changes nothing
			if _, err := w.RefreshSegments(ctx); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := w.EnterEvents(ctx); err != nil {
			t.Fatal(err)
		}
	}
	at(0)
	if got := append(told(), entered()...); len(got) > 0 {
		t.Errorf("who is in it from the beginning has not come: %v", got)
	}
	at(11)
	w.order("c2", start.Add(12*days), 1000)
	if _, err := w.Store.RebuildFeatures(ctx); err != nil {
		t.Fatal(err)
	}
	at(13)
	at(103)
	if diff := cmp.Diff(told(), strings.Split(strings.TrimSpace(`
c2 Segment Entered: at-risk 11
c2 Segment Left: at-risk 13
c2 Segment Entered: at-risk 103
c3 Segment Entered: at-risk 103`), "\n")); diff != "" {
		t.Errorf("-got +want\n%s", diff)
	}
	if diff := cmp.Diff(entered(), []string{"c2", "c2", "c3"}); diff != "" {
		t.Errorf("entered: -got +want\n%s", diff)
	}
	kept, err := w.Store.KeptSegments(ctx)
	if err != nil || len(kept) != 1 || kept[0].Members != 3 || kept[0].Every != 15*time.Minute {
		t.Errorf("got %+v, %v", kept, err)
	}
	next, err := w.NextRefresh(ctx)
	if err != nil || !next.Equal(start.Add(103*days).Add(15*time.Minute)) {
		t.Errorf("next: %v, %v", next, err)
	}
}
