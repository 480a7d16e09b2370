package engine_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/channel"
	"github.com/rewave/rewave/internal/engine"
	"github.com/rewave/rewave/internal/importer"
	"github.com/rewave/rewave/internal/postgres"
	"github.com/rewave/rewave/internal/report"
	"github.com/rewave/rewave/internal/testkit"
)

// known makes the customers known by their shop's ids, as an import does.
func (w *world) known() {
	w.t.Helper()
	w.db.Exec(w.t, "insert into identities (kind, value, customer_id) select 'shop', shop_id, customer_id from customers on conflict do nothing")
}

func TestAnOpenComplaintHoldsAMessageBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.entered(3, thanks(once, treatAll, func(c *campaigns.Campaign) { c.HoldWhile = []string{"complaint_open"} }))
	w.known()
	told := func(at time.Time) string { return at.Format(time.RFC3339) }
	due := start.Add(1 * days)
	w.importText(importer.Events, "id,name,customer,at,ref\n"+
		"1,Complaint Opened,c1,"+told(start)+",7\n2,Complaint Closed,c1,"+told(due.Add(150*time.Minute))+",7\n"+
		"3,Complaint Opened,c2,"+told(start)+",8\n4,Dispute Opened,c3,"+told(start)+",9\n")
	same(t, "a dispute is no complaint", w.send(due), engine.Sent{Accepted: 1, Gated: 3})
	same(t, "held", w.states("hello"), map[string]int{"treat accepted": 1, "treat planned complaint_open": 2})
	same(t, "half an hour later", w.send(due.Add(30*time.Minute)), engine.Sent{})
	w.send(due.Add(1 * time.Hour))
	w.send(due.Add(2 * time.Hour))
	same(t, "after it was closed", w.send(due.Add(3*time.Hour)), engine.Sent{Accepted: 1, Gated: 2})
	for hour := range 24*7 + 1 {
		w.send(due.Add(time.Duration(4+hour) * time.Hour))
	}
	w.clock.Set(due.Add(8 * days))
	if _, err := w.Sweep(context.Background()); err != nil {
		t.Fatal(err)
	}
	same(t, "at the end", w.states("hello"), map[string]int{"treat accepted": 2, "treat expired held": 1})
	w.sound()
}

func TestAStaleFeedOfOrders(t *testing.T) {
	t.Parallel()
	for policy, want := range map[string]map[string]int{
		"wait": {"treat planned feed_stale": 1}, "skip": {"treat suppressed feed_stale": 1}, "send": {"treat accepted": 1},
	} {
		t.Run(policy, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.Shop.MaxAge = map[string]time.Duration{"orders": 2 * time.Hour}
			w.entered(1, thanks(once, treatAll, func(c *campaigns.Campaign) { c.IfFeedStale = policy }))
			due := start.Add(1 * days)
			w.db.Exec(t, "insert into feeds (name, complete_until) values ('orders', $1), ('events', now())", due.Add(-2*time.Hour-time.Second))
			w.send(due)
			same(t, "stale", w.states("hello"), want)
			if policy != "wait" {
				return
			}
			same(t, "four minutes on", w.send(due.Add(4*time.Minute)), engine.Sent{})
			w.db.Exec(t, "update feeds set complete_until = $1 where name = 'orders'", due)
			same(t, "fresh", w.send(due.Add(5*time.Minute)), engine.Sent{Accepted: 1, Gated: 1})
			w.sound()
		})
	}
	t.Run("undeclared", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.entered(1, thanks(once, treatAll, func(c *campaigns.Campaign) { c.IfFeedStale = "wait" }))
		same(t, "sent", w.send(start.Add(1*days)), engine.Sent{Accepted: 1, Gated: 1})
	})
}

func TestUnlessDropsOneWaveOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.entered(1, thanks(treatAll, func(c *campaigns.Campaign) {
		c.Exit = nil
		c.Waves[0].After.Unless = []string{"repurchased"}
	}))
	w.order("c1", start.Add(time.Hour), 500)
	w.send(start.Add(1 * days))
	w.send(start.Add(8 * days))
	same(t, "with unless", w.states("hello"), map[string]int{"treat suppressed repurchased": 1})
	same(t, "without", w.states("again"), map[string]int{"treat accepted": 1})
	w.sound()
}

func TestQuietHoursAreThoseOfTheCountry(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Shop.Quiet = map[string]calendar.Window{"email": {From: 9 * 60, To: 11 * 60}}
	w.Shop.QuietIn = map[string]map[string]calendar.Window{"FR": {"email": {From: 9 * 60, To: 12 * 60}}, "DE": {}}
	w.customers(3)
	for customer, region := range map[string]string{"c1": "FR-75", "c2": "DE", "c3": "GB-ENG"} {
		w.db.Exec(t, "update customers set region = $2 where shop_id = $1", customer, region)
	}
	w.apply(thanks(once, treatAll))
	for i := range 3 {
		w.order(fmt.Sprintf("c%d", i+1), start, 1000)
	}
	w.enter()
	w.send(start.Add(1 * days)) // 10:00
	same(t, "due", testkit.List[string](t, w.db, "select shop_id || ' ' || state || coalesce(' ' || to_char(due_at, 'HH24:MI'), '') from deliveries join customers using (customer_id) order by shop_id"),
		[]string{"c1 planned 12:00", "c2 accepted", "c3 planned 11:00"})
}

func TestACapKeepsRoomForHigherPriority(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Shop.Cap = postgres.Cap{Limit: 1, Window: 14 * days}
	w.customers(2)
	low := thanks(once, treatAll, func(c *campaigns.Campaign) { c.Limits.Priority = 40 })
	high := thanks(once, func(c *campaigns.Campaign) {
		c.Name, c.Version, c.Limits.Priority = "high", "v2", 60
		c.Enter.When = `customer.id == "c1"`
		c.Holdout = campaigns.Holdout{Because: "test"}
		c.Waves[0].After.Wait = 47 * time.Hour
	})
	w.apply(low)
	w.apply(high)
	w.order("c1", start, 1000)
	w.order("c2", start, 1000)
	w.enter()
	w.send(start.Add(1 * days))
	same(t, "the lower one", testkit.List[string](t, w.db, `select shop_id || ' ' || concat_ws(' ', state, reason) from deliveries
		join customers using (customer_id) join campaigns using (campaign_id) where name = 'thanks' order by shop_id`), []string{"c1 suppressed outranked", "c2 accepted"})
	same(t, "the higher one", w.send(start.Add(47*time.Hour)), engine.Sent{Accepted: 1, Gated: 1})
	w.sound()
}

func TestACustomerIsInOneCampaignOfAGroup(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	grouped := func(name string) campaigns.Campaign {
		return thanks(once, func(c *campaigns.Campaign) {
			c.Name, c.Version, c.Limits.Group = name, name, "seasonal"
			c.Enter.When, c.Enter.Again = "orders.count >= 1", campaigns.Again{EachTime: true}
		})
	}
	w.customers(10)
	w.apply(grouped("first"))
	w.apply(grouped("second"))
	order := func(at time.Time) {
		for i := range 10 {
			w.order(fmt.Sprintf("c%d", i+1), at, 1000)
		}
		w.clock.Set(at)
		w.enter()
	}
	entered := func() []string {
		return testkit.List[string](t, w.db, "select name || ' ' || count(*) from enrollments join campaigns using (campaign_id) group by name order by name")
	}
	order(start)
	same(t, "at first", entered(), []string{"first 10"})
	same(t, "why", testkit.Get[int](t, w.db, "select customers::int from entry_counts where reason = 'other_campaign'"), 10)
	w.send(start.Add(1 * days)) // both arms: a ghost's way ends like its twin's
	w.db.Exec(t, "update campaigns set status = 'cancelled' where name = 'first'")
	order(start.Add(2 * days))
	same(t, "after the last message", entered(), []string{"first 10", "second 10"})
	w.sound()
}

// Two planners at once must not let a customer into both.
func TestAGroupHoldsAgainstPlannersSideBySide(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.customers(200)
	for _, name := range []string{"a", "b", "c"} {
		w.apply(thanks(once, func(c *campaigns.Campaign) { c.Name, c.Version, c.Limits.Group = name, name, "seasonal" }))
	}
	for i := range 200 {
		w.order(fmt.Sprintf("c%d", i+1), start, 1000)
	}
	var all sync.WaitGroup
	for range 6 {
		e := w.another()
		all.Go(func() {
			if _, err := e.EnterOrders(context.Background()); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	w.enter()
	same(t, "entered", testkit.Get[int](t, w.db, "select count(*)::int from enrollments"), 200)
	same(t, "customers", testkit.Get[int](t, w.db, "select count(distinct customer_id)::int from enrollments"), 200)
}

func budget(minor int64) func(*campaigns.Campaign) {
	return func(c *campaigns.Campaign) { c.Limits.BudgetMinor = &minor }
}

// A budget that comes later counts what is spent already, and holds for those on
// their way too: the plan says so before.
func TestABudgetThatComesLaterIsSaid(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Shop.CostMicros = map[string]int64{"email": 300_000} // 0.30
	w.entered(4, thanks(treatAll))
	w.send(start.Add(1 * days))
	changed := func(c *campaigns.Campaign) { c.Version = "v2" }
	for _, test := range []struct {
		minor int64
		want  engine.Budget
	}{
		{149, engine.Budget{Limit: 1.49, Spent: 1.2, Exhausted: true, Waiting: 4}},
		{150, engine.Budget{Limit: 1.5, Spent: 1.2, Waiting: 4}},
	} {
		def := thanks(treatAll, changed, budget(test.minor))
		applied, err := w.Store.Campaigns(context.Background(), "thanks")
		if err != nil {
			t.Fatal(err)
		}
		got, err := w.Budget(context.Background(), def, applied[0], start.Add(1*days))
		if err != nil {
			t.Fatal(err)
		}
		same(t, "budget", *got, test.want)
		p := w.plan(start.Add(1*days), def).Campaigns[0]
		warned := slices.ContainsFunc(p.Warnings, func(x report.PlanWarning) bool { return x.Code == "exhausted" && x.Count == 4 })
		same(t, "warned", warned, test.want.Exhausted)
	}
	w.apply(thanks(treatAll, changed, budget(149)))
	w.send(start.Add(8 * days))
	same(t, "what waited", w.states("again"), map[string]int{"treat suppressed budget": 4})
	w.sound()
}

func TestABudgetIsNotOverspent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Shop.CostMicros = map[string]int64{"email": 300_000} // 0.30
	w.entered(30, thanks(once, budget(200)))               // 2.00: six messages
	w.clock.Set(start.Add(1 * days))
	chunks := w.handOut()
	var all sync.WaitGroup
	for range 4 { // sub-batches side by side, and each chunk twice
		for _, c := range chunks {
			for i := 0; i < len(c.IDs); i += 5 {
				part := engine.Chunk{Lane: c.Lane, IDs: c.IDs[i:min(i+5, len(c.IDs))]}
				all.Go(func() {
					if _, err := w.SendDeliveries(context.Background(), part); err != nil {
						t.Error(err)
					}
				})
			}
		}
	}
	all.Wait()
	w.send(start.Add(1*days + time.Minute))
	states := w.states("hello")
	same(t, "sent", states["treat accepted"], 6)
	if states["treat suppressed budget"] == 0 || states["hold suppressed budget"] == 0 {
		t.Errorf("states %v: both arms end with the budget", states)
	}
	same(t, "spent", testkit.Get[int64](t, w.db, "select spent_micros from campaign_limits"), 1_800_000)
	same(t, "in the ledger", testkit.Get[int64](t, w.db, "select sum(cost_micros)::bigint from deliveries where state = 'accepted'"), 1_800_000)
	w.sound()
}

func TestWhatWasNotTakenIsNotSpent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Shop.CostMicros = map[string]int64{"email": 1_000_000}
	w.entered(3, thanks(once, treatAll, budget(100)))
	verdicts := map[string]channel.Verdict{"c1@mail.example": channel.NotTaken, "c2@mail.example": channel.Failed, "c3@mail.example": channel.Unknown}
	w.provider.answer = func(m channel.Message) channel.Outcome {
		return channel.Outcome{Verdict: verdicts[m.To], Reason: "test"}
	}
	spent := func() int64 { return testkit.Get[int64](t, w.db, "select spent_micros from campaign_limits") }
	one := func(customer string) {
		w.clock.Set(start.Add(1 * days))
		for _, c := range w.handOut() {
			c.IDs = []int64{w.delivery(customer, "hello")}
			if _, err := w.SendDeliveries(context.Background(), c); err != nil {
				t.Fatal(err)
			}
		}
	}
	one("c1")
	same(t, "not taken", spent(), 0)
	one("c2")
	same(t, "refused", spent(), 0)
	one("c3")
	same(t, "unknown may have been taken", spent(), 1_000_000)
	verdicts["c1@mail.example"] = channel.Accepted
	w.send(start.Add(1*days + time.Hour))
	same(t, "nothing is left for the first", w.states("hello"),
		map[string]int{"treat suppressed budget": 1, "treat failed test": 1, "treat unknown test": 1})

	// A budget that is raised holds for those in flight, and knows what was spent before.
	w.apply(thanks(once, treatAll, func(c *campaigns.Campaign) { c.Version = "v2" }))
	w.apply(thanks(once, treatAll, budget(300), func(c *campaigns.Campaign) { c.Version = "v3" }))
	same(t, "spent before", spent(), 1_000_000)
	w.sound()
}

func TestAtMostSoManyAMinute(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.entered(25, thanks(once, treatAll, func(c *campaigns.Campaign) { c.Limits.PerMinute = 10 }))
	due := start.Add(1 * days)
	same(t, "at once", w.send(due).Accepted, 10)
	same(t, "the rest", w.states("hello"), map[string]int{"treat accepted": 10, "treat planned rate": 15})
	same(t, "in the same minute", w.send(due.Add(59*time.Second)), engine.Sent{})
	same(t, "a minute on", w.send(due.Add(60*time.Second)).Accepted, 10)
	same(t, "another", w.send(due.Add(120*time.Second)).Accepted, 5)
	w.sound()
}
