package engine_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/channel"
	"github.com/rewave/rewave/internal/engine"
	"github.com/rewave/rewave/internal/postgres"
	"github.com/rewave/rewave/internal/testkit"
)

// promo is a campaign of one wave that writes to everybody so long after entry.
func promo(name string, priority int, wait time.Duration, change ...func(*campaigns.Campaign)) campaigns.Campaign {
	return thanks(append([]func(*campaigns.Campaign){once, treatAll, func(c *campaigns.Campaign) {
		c.Name, c.Version, c.Limits.Priority, c.Limits.Group = name, name, priority, "promo"
		c.Waves[0].After.Wait = wait
	}}, change...)...)
}

// losses is what became of the messages of campaigns, and what they lost to.
func (w *world) losses() []string {
	return testkit.List[string](w.t, w.db, `select concat_ws(' ', c.name, u.shop_id, d.state, d.reason,
			d.lost_to ->> 'over', d.lost_to ->> 'group', d.lost_to ->> 'campaign', d.lost_to ->> 'priority', d.lost_to ->> 'own_priority')
		from deliveries d join campaigns c using (campaign_id) join customers u on u.customer_id = d.customer_id order by c.name, u.shop_id`)
}

func TestAGroupSharesACap(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Shop.Groups = map[string]postgres.Cap{"promo": {Limit: 1, Window: 7 * days}}
	w.customers(2)
	w.apply(promo("low", 40, 1*days))
	w.apply(promo("high", 60, 47*time.Hour, func(c *campaigns.Campaign) { c.Enter.When = `customer.id == "c1"` }))
	w.apply(promo("equal", 40, 2*days))
	w.apply(promo("alone", 90, 1*days, func(c *campaigns.Campaign) { c.Limits.Group = "" }))
	for _, c := range []string{"c1", "c2"} {
		w.order(c, start, 1000)
	}
	w.enter() // into all: a group that shares a cap excludes nobody at entry
	w.send(start.Add(1 * days))
	w.send(start.Add(47 * time.Hour))
	w.send(start.Add(2 * days))
	same(t, "all", w.losses(), []string{
		"alone c1 accepted", "alone c2 accepted",
		"equal c1 suppressed capped group promo high 60 40", "equal c2 suppressed capped group promo low 40 40",
		"high c1 accepted",
		"low c1 suppressed outranked group promo high 60 40", "low c2 accepted",
	})
	// What it lost to stays as it was, whatever becomes of the other's priority.
	w.apply(promo("high", 10, 47*time.Hour, func(c *campaigns.Campaign) { c.Enter.When, c.Version = `customer.id == "c1"`, "high2" }))
	same(t, "kept", w.losses()[5], "low c1 suppressed outranked group promo high 60 40")
	told, err := w.Store.Deliveries(context.Background(), postgres.Telling{Campaign: "low", Customer: "c1", Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	same(t, "told", told[0].Lost.String(), "lost to high, priority 60 against 40 (1 in 7d of group promo)")
	w.sound()
}

func TestOfTwoGatesAtOnceTheGroupsCapLetsOneThrough(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Shop.Groups = map[string]postgres.Cap{"promo": {Limit: 1, Window: 7 * days}}
	const customers = 40
	w.customers(customers)
	for i := range 4 {
		w.apply(promo(fmt.Sprintf("campaign-%d", i), 40, 1*days, func(c *campaigns.Campaign) { c.Waves[0].ExpiresAfter = time.Hour }))
	}
	for i := range customers {
		w.order(fmt.Sprintf("c%d", i+1), start, 1000)
	}
	w.enter()
	w.clock.Set(start.Add(1 * days))
	for range 100 { // what one gate found in the hands of another is asked about again
		var all sync.WaitGroup
		chunks := w.handOut()
		if len(chunks) == 0 {
			break
		}
		for _, c := range chunks {
			all.Go(func() {
				if _, err := w.SendDeliveries(context.Background(), c); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
	}
	same(t, "at most one", testkit.List[int](t, w.db, "select count(*)::int from deliveries where state = 'accepted' group by customer_id having count(*) > 1"), []int{})
	if n := w.states("hello")["treat accepted"]; n != customers {
		t.Errorf("%d of %d customers got their message", n, customers)
	}
	w.sound()
}

func TestAPriorityHoldsAtOnceForWhatIsPlanned(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Shop.Groups = map[string]postgres.Cap{"promo": {Limit: 1, Window: 7 * days}}
	w.customers(1)
	w.apply(promo("first", 40, 1*days))
	w.apply(promo("second", 60, 25*time.Hour))
	w.order("c1", start, 1000)
	w.enter()
	w.apply(promo("first", 70, 1*days, func(c *campaigns.Campaign) { c.Version = "raised" }))
	w.send(start.Add(1 * days))
	w.send(start.Add(25 * time.Hour))
	same(t, "all", w.losses(), []string{"first c1 accepted", "second c1 suppressed capped group promo first 70 60"})
	w.sound()
}

func TestACampaignCoolsDownAfterAnother(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.customers(2)
	cools := func(c *campaigns.Campaign) {
		c.Limits.Group, c.Limits.CoolDown, c.Waves[0].ExpiresAfter = "", 3*days, 3*days
	}
	w.apply(promo("loud", 40, 1*days))
	w.apply(promo("shy", 90, 2*days, cools))
	w.apply(promo("late", 40, 3*days, cools, func(c *campaigns.Campaign) { c.Enter.When, c.Waves[0].ExpiresAfter = `customer.id == "c1"`, 1*days }))
	w.order("c1", start, 1000)
	w.order("c2", start, 1000)
	w.enter()
	for day := range 6 {
		w.send(start.Add(time.Duration(day) * days))
		switch day {
		case 2:
			same(t, "waits", w.losses()[3:], []string{"shy c1 planned cool_down cool_down loud 40 90", "shy c2 planned cool_down cool_down loud 40 90"})
			same(t, "until", testkit.List[time.Time](t, w.db, "select due_at from deliveries d join campaigns using (campaign_id) where name = 'shy' order by 1")[0].UTC(), start.Add(4*days))
		case 3:
			w.clock.Set(start.Add(4*days - time.Second))
		}
	}
	same(t, "all", w.losses(), []string{"late c1 expired held cool_down loud 40 40", "loud c1 accepted", "loud c2 accepted", "shy c1 accepted", "shy c2 accepted"})
	w.sound()
}

func TestADayWithoutMessages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	day := calendar.DateOf(start.Add(1*days), time.UTC)
	w.Shop.Blackout = []calendar.Blackout{{From: day, To: day}, {From: day.AddDays(1), To: day.AddDays(1), In: []string{"CN"}}}
	w.customers(3)
	for customer, home := range map[string][]string{"c1": {"CN-11", "Asia/Shanghai"}, "c2": {"DE", "Pacific/Auckland"}, "c3": {"DE", "Europe/Berlin"}} {
		w.db.Exec(t, "update customers set region = $2, zone = $3 where shop_id = $1", customer, home[0], home[1])
	}
	w.apply(promo("sale", 40, 1*days, func(c *campaigns.Campaign) {
		c.Waves[0].ExpiresAfter = 3 * days
		c.Waves = append(c.Waves, campaigns.Wave{Name: "delay", Service: true, After: campaigns.After{Wave: "hello", Wait: time.Minute}, Channels: []string{"email"},
			Content: campaigns.Content{Message: "messages/hello"}})
	}))
	for i := range 3 {
		w.order(fmt.Sprintf("c%d", i+1), start, 1000)
	}
	w.enter()
	w.send(start.Add(1*days + 2*time.Minute))
	same(t, "due", testkit.List[string](t, w.db, "select concat_ws(' ', shop_id, state, reason, to_char(due_at at time zone 'UTC', 'DD HH24:MI')) from deliveries join customers using (customer_id) where wave = 'hello' order by shop_id"),
		[]string{"c1 planned blackout 04 16:00", "c2 planned blackout 03 11:00", "c3 planned blackout 03 23:00"})
	same(t, "services go out", w.states("delay"), map[string]int{"treat accepted": 3})
	w.send(start.Add(3 * days))
	same(t, "afterwards", w.states("hello"), map[string]int{"treat accepted": 3})
	w.sound()
}

func TestTheMoneyOfADay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Shop.Zone = zone(t, "Asia/Shanghai") // its day ends at 16:00 UTC
	w.Shop.CostMicros = map[string]int64{"email": 100_000}
	perDay := int64(25) // two messages and a half
	w.entered(5, promo("sale", 40, 1*days, func(c *campaigns.Campaign) {
		c.Limits.DayBudgetMinor, c.Limits.BudgetDigits, c.Waves[0].ExpiresAfter = &perDay, 2, 40*time.Hour
	}))
	var asked atomic.Int32
	w.provider.answer = func(m channel.Message) channel.Outcome {
		if asked.Add(1) == 1 {
			return channel.Outcome{Verdict: channel.NotTaken, RetryAfter: time.Minute}
		}
		return channel.Outcome{Verdict: channel.Accepted, ProviderID: m.Ref}
	}
	due := start.Add(1 * days)
	same(t, "one of two comes back", w.send(due), engine.Sent{Accepted: 1, Returned: 1, Gated: 5})
	same(t, "with its money", w.send(due.Add(time.Hour)), engine.Sent{Accepted: 1, Gated: 1})
	same(t, "the others wait for midnight", testkit.List[string](t, w.db, "select distinct concat_ws(' ', reason, to_char(due_at at time zone 'UTC', 'DD HH24:MI')) from deliveries where state = 'planned'"),
		[]string{"budget_per_day 03 16:00"})
	same(t, "a second before", w.send(due.Add(6*time.Hour-time.Second)), engine.Sent{})
	same(t, "the next day", w.send(due.Add(6*time.Hour)), engine.Sent{Accepted: 2, Gated: 3})
	same(t, "the last one's time is over before the next", w.states("hello"), map[string]int{"treat accepted": 4, "treat planned budget_per_day": 1})
	w.send(due.Add(30 * time.Hour))
	same(t, "or it goes out", w.states("hello"), map[string]int{"treat accepted": 5})
	w.sound()
}

func TestMoneyOfADayThatIsSetInItsMiddle(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Shop.CostMicros = map[string]int64{"email": 100_000}
	w.customers(4)
	w.apply(promo("sale", 40, 1*days))
	perDay := int64(30)
	for i := range 2 {
		w.order(fmt.Sprintf("c%d", i+1), start, 1000)
		w.order(fmt.Sprintf("c%d", i+3), start.Add(time.Hour), 1000)
	}
	w.clock.Set(start.Add(2 * time.Hour))
	w.enter()
	same(t, "before", w.send(start.Add(1*days)), engine.Sent{Accepted: 2, Gated: 2})
	w.apply(promo("sale", 40, 1*days, func(c *campaigns.Campaign) {
		c.Version, c.Limits.DayBudgetMinor, c.Limits.BudgetDigits = "sale2", &perDay, 2
	}))
	same(t, "what was spent that day counts", w.send(start.Add(1*days+time.Hour)), engine.Sent{Accepted: 1, Gated: 2})
	w.sound()
}

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}
