package engine_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/testkit"
)

// A slot that asks SQL first lets in the same customers, and gives the same
// reasons for all others, as one that judges everybody: several pages of them, a
// late import, and a stop between two pages among it.
func TestSlotsGiveTheSameReasonsWhetherSQLIsAskedFirst(t *testing.T) {
	t.Parallel()
	daily := func(when string, more ...func(*campaigns.Campaign)) func(*campaigns.Campaign) {
		return func(c *campaigns.Campaign) {
			c.Enter = campaigns.Enter{When: when, Schedule: &campaigns.Schedule{Every: "day", Time: 11 * 60}}
			for _, f := range more {
				f(c)
			}
		}
	}
	again := func(a campaigns.Again) func(*campaigns.Campaign) {
		return func(c *campaigns.Campaign) { c.Enter.Again = a }
	}
	for name, change := range map[string]func(*campaigns.Campaign){
		"once":             daily("orders.count >= 2"),
		"with an unknown":  daily("orders.overdue > 1"),
		"not in SQL":       daily(`lower("A") == "a" and orders.count == 1`),
		"each time":        daily(`orders.in("2d").count > 0`, again(campaigns.Again{EachTime: true})),
		"after two days":   daily(`orders.in("2d").count > 0`, again(campaigns.Again{After: 2 * days})),
		"an unknown, then": daily("orders.overdue < 2", again(campaigns.Again{After: 36 * time.Hour})),
		"in a group":       daily("orders.count >= 1", func(c *campaigns.Campaign) { c.Limits.Group = "one" }),
		"an occasion": func(c *campaigns.Campaign) {
			c.Enter = campaigns.Enter{When: "orders.count == 1", Occasion: &campaigns.Occasion{Month: 3, Day: 3, Time: 10 * 60}}
		},
		"open on one day": daily("orders.count >= 2", again(campaigns.Again{After: 2 * days}), func(c *campaigns.Campaign) {
			c.From, c.Until = calendar.DateOf(start.Add(days), time.UTC), calendar.DateOf(start.Add(2*days), time.UTC)
		}),
		"a stage":              daily(`lifecycle.stage == "developing"`, again(campaigns.Again{After: 2 * days})),
		"a stage among others": daily(`orders.count >= 2 and not (lifecycle.stage in ["lapsed", "growing"] and lifecycle.days_in_stage < 3)`),
		"a single slot": func(c *campaigns.Campaign) {
			c.Enter = campaigns.Enter{When: "orders.count == 1", Schedule: &campaigns.Schedule{AtDate: calendar.DateOf(start, time.UTC), Time: 11 * 60}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var outcomes [2][]string
			for i, first := range []bool{false, true} {
				outcomes[i] = slotsOf(t, change, first)
			}
			if len(outcomes[0]) < 3 {
				t.Errorf("next to nothing happened: %v", outcomes[0])
			}
			if diff := cmp.Diff(outcomes[1], outcomes[0]); diff != "" {
				t.Errorf("-SQL first +everybody\n%s", diff)
			}
		})
	}
}

// slotsOf is who came in, and for what reasons the others did not, over four days.
func slotsOf(t *testing.T, change func(*campaigns.Campaign), sqlFirst bool) []string {
	ctx := context.Background()
	w := newWorld(t)
	w.customers(2300)
	features := func() {
		if !sqlFirst {
			return
		}
		if err := w.Store.EnsureFeatures(ctx, "EUR", "UTC"); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Store.RebuildFeatures(ctx); err != nil {
			t.Fatal(err)
		}
	}
	stages := func() {
		if _, err := w.RefreshStages(ctx); err != nil {
			t.Fatal(err)
		}
	}
	fit := func(at time.Time) {
		if _, err := w.FitScores(ctx, at, true); err != nil {
			t.Fatal(err)
		}
		stages()
	}
	order := func(every, rest int, at time.Time) {
		w.db.Exec(t, `insert into orders (source, shop_order_id, customer_id, placed_at, currency, gross_minor)
			select 'test', gen_random_uuid()::text, customer_id, $3::timestamptz - customer_id % 5 * interval '7 hours', 'EUR', 1000 from customers where customer_id % $1::int = $2::int`, every, rest, at)
	}
	w.db.Exec(t, `delete from consents where customer_id % 17 = 3`)
	order(3, 0, start.Add(-40*days))
	order(4, 0, start.Add(-20*days))
	order(6, 0, start.Add(-1*days))
	features()
	fit(start)
	w.apply(thanks(treatAll, func(c *campaigns.Campaign) { // another of the group
		c.Name, c.Enter = "first", campaigns.Enter{When: `orders.since("2026-02-20").count > 0`, Schedule: &campaigns.Schedule{Every: "day", Time: 10*60 + 30}}
		c.Limits.Group = "one"
	}))
	w.apply(thanks(treatAll, change))
	for day := range 4 {
		w.clock.Set(start.Add(time.Duration(day)*days + 90*time.Minute))
		switch day { // whose stages are right: all, nobody's who bought since, and nobody's by the fit that the design keeps
		case 2:
			stages()
		case 3:
			fit(start.Add(2 * days))
		}
		if _, err := w.OpenSlots(ctx); err != nil {
			t.Fatal(err)
		}
		order(7, day, start.Add(time.Duration(day)*days+45*time.Minute)) // some of them placed before the slot, and late
		features()
	}
	return testkit.List[string](t, w.db, `select c.name || ' ' || e.slot || ' ' || e.reason || ' ' || e.customers from entry_counts e join campaigns c using (campaign_id)
		union all select c.name || ' ' || u.shop_id || ' ' || e.entered_at from enrollments e join campaigns c using (campaign_id) join customers u using (customer_id) order by 1`)
}
