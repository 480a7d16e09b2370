package engine_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/engine"
	"github.com/rewave/rewave/internal/postgres"
	"github.com/rewave/rewave/internal/testkit"
)

// another is an engine of a second process on the same database.
func (w *world) another() *engine.Engine {
	w.t.Helper()
	store, err := postgres.Open(w.t.Context(), w.db.DSN, postgres.Options{})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(store.Close)
	return &engine.Engine{Store: store, Clock: w.Clock, Log: w.Log, Links: w.Links, Shop: w.Shop, Channels: w.Channels}
}

// sideBySide runs a planner's step on several engines, again and again, until
// done says so; it returns what they counted together.
func (w *world) sideBySide(step func(*engine.Engine) (int, error), done func() bool) int {
	w.t.Helper()
	engines := []*engine.Engine{w.Engine, w.another(), w.another()}
	var mu sync.Mutex
	total := 0
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for !done() && ctx.Err() == nil {
		var all sync.WaitGroup
		for _, e := range engines {
			all.Go(func() {
				n, err := step(e)
				if err != nil {
					w.t.Error(err)
					cancel()
				}
				mu.Lock()
				defer mu.Unlock()
				total += n
			})
		}
		all.Wait()
	}
	if err := ctx.Err(); err != nil {
		w.t.Fatalf("the planners did not come to an end: %v", err)
	}
	return total
}

func TestPlannersSideBySideDecideEveryOrderOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.customers(1300)
	other := thanks()
	other.Name, other.Version = "other", "v2"
	w.apply(thanks())
	w.apply(other)
	// Two orders of each: the first one brings its customer in, the second does not.
	w.db.Exec(t, `with o as (insert into orders (source, shop_order_id, customer_id, placed_at, currency, gross_minor)
			select 'test', shop_id || '-' || n, customer_id, $1::timestamptz + n * interval '1 minute', 'EUR', 1000 from customers, generate_series(1, 2) n
			returning order_id, customer_id, placed_at)
		insert into inbox (campaign_id, order_id, customer_id, placed_at) select c.campaign_id, o.order_id, o.customer_id, o.placed_at from o, campaigns c`, start)
	w.clock.Set(start.Add(1 * time.Hour))
	decided := w.sideBySide(func(e *engine.Engine) (int, error) { return e.EnterOrders(context.Background()) },
		func() bool { return testkit.Get[int](t, w.db, "select count(*)::int from inbox") == 0 })
	same(t, "decided", decided, 2*2*1300)
	same(t, "enrollments", testkit.Get[int](t, w.db, "select count(*)::int from enrollments where entered_at = $1", start.Add(time.Minute)), 2*1300)
	same(t, "deliveries", testkit.Get[int](t, w.db, "select count(*)::int from deliveries"), 2*2*1300)
	same(t, "counted as enrolled", testkit.Get[int](t, w.db, "select sum(customers)::int from entry_counts where reason = 'enrolled'"), 2*1300)
	same(t, "counted as refused", testkit.Get[int](t, w.db, "select sum(customers)::int from entry_counts where reason <> 'enrolled'"), 2*1300)
	w.sound()
}

func TestPlannersSideBySideOpenEachSlotOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.customers(2300)
	w.apply(thanks(treatAll, func(c *campaigns.Campaign) {
		c.Enter = campaigns.Enter{When: "orders.count == 0", Schedule: &campaigns.Schedule{Every: "monday", Time: 11 * 60}}
		c.Rounds = campaigns.Rounds{Times: 2, Every: 7 * days}
		c.Waves = c.Waves[:1]
	}))
	slot := start.Add(time.Hour)
	w.clock.Set(slot)
	opened := w.sideBySide(func(e *engine.Engine) (int, error) { return e.OpenSlots(context.Background()) },
		func() bool { return testkit.Get[bool](t, w.db, "select slot_done = $1 from campaigns", slot) })
	same(t, "looked at", opened, 2300)
	same(t, "enrolled", testkit.Get[int](t, w.db, "select count(*)::int from enrollments where entered_at = $1", slot), 2300)
	same(t, "counted", testkit.Get[int](t, w.db, "select sum(customers)::int from entry_counts"), 2300)

	w.clock.Set(slot.Add(7 * days))
	begun := w.sideBySide(func(e *engine.Engine) (int, error) { return e.BeginRounds(context.Background()) },
		func() bool {
			return testkit.Get[int](t, w.db, "select count(*)::int from rounds where round = 2") == 2300
		})
	same(t, "rounds begun", begun, 2300)
	same(t, "deliveries", testkit.Get[int](t, w.db, "select count(*)::int from deliveries"), 2*2300)
	w.sound()
}

// live gives the world the database's clock and a pool for many callers.
func (w *world) live() {
	w.t.Helper()
	store, err := postgres.Open(w.t.Context(), w.db.DSN, postgres.Options{MaxConns: 24})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(store.Close)
	w.Engine = &engine.Engine{Store: store, Log: w.Log, Links: w.Links, Shop: w.Shop, Channels: w.Channels}
}

// Many workers at the gate, some with the same hints, while customers say no:
// whoever was let through after a no was on record was let through wrongly.
func TestNoGateOvertakesAnOptOut(t *testing.T) {
	t.Parallel()
	const customers, workers = 600, 32
	w := newWorld(t)
	w.live()
	w.Channels = map[string]*engine.Sender{"email": engine.NewSender(w.provider, "shop@shop.example", 200)}
	w.customers(customers)
	w.apply(thanks(treatAll, func(c *campaigns.Campaign) { c.Waves[0].After.Wait = 0 }))
	w.db.Exec(t, `with o as (insert into orders (source, shop_order_id, customer_id, placed_at, currency, gross_minor)
			select 'test', shop_id, customer_id, clock_timestamp(), 'EUR', 1000 from customers returning order_id, customer_id, placed_at)
		insert into inbox (campaign_id, order_id, customer_id, placed_at) select c.campaign_id, o.order_id, o.customer_id, o.placed_at from o, campaigns c`)
	w.enter()
	lane := w.handOut()[0].Lane
	due := testkit.List[int64](t, w.db, "select delivery_id from deliveries where wave = 'hello'")
	if len(due) != customers {
		t.Fatalf("%d deliveries are due, want %d", len(due), customers)
	}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)

	var all sync.WaitGroup
	for i := range workers {
		all.Go(func() {
			own := rand.New(rand.NewPCG(seed, uint64(i)))
			for range 4 { // each takes what others have, too
				ids := make([]int64, 40)
				for j, k := range own.Perm(len(due))[:len(ids)] {
					ids[j] = due[k]
				}
				if _, err := w.SendDeliveries(context.Background(), engine.Chunk{Lane: lane, IDs: ids}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for i := range 6 {
		all.Go(func() {
			for k := i; k < customers; k += 12 { // every other customer
				if err := w.Unsubscribe(context.Background(), due[k]); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	for _, c := range w.handOut() { // what the workers happened not to take
		if _, err := w.SendDeliveries(context.Background(), c); err != nil {
			t.Error(err)
		}
	}

	same(t, "let through after a no was on record", len(testkit.List[int64](t, w.db, `select d.delivery_id from deliveries d join consents c using (customer_id)
		where d.wave = 'hello' and d.state = 'accepted' and not c.granted and d.claimed_at > c.recorded_at`)), 0)
	got := w.states("hello")
	same(t, "states", got, map[string]int{"treat accepted": got["treat accepted"], "treat suppressed opted_out": customers - got["treat accepted"]})
	if got["treat accepted"] == 0 || got["treat suppressed opted_out"] == 0 {
		t.Errorf("got %v, want some of each: nothing raced", got)
	}
	same(t, "called twice", w.provider.twice(), nil)
	same(t, "calls", len(w.provider.calls), got["treat accepted"])
	same(t, "deadlocks", testkit.Get[int](t, w.db, "select deadlocks::int from pg_stat_database where datname = current_database()"), 0)
	w.sound()
}

// A reaper that finds leases lapsed while their workers live, as after a long
// stall: what it put in doubt is settled by the worker's word.
func TestAReaperThatComesTooEarlyLosesNothing(t *testing.T) {
	t.Parallel()
	const customers = 400
	w := newWorld(t)
	w.live()
	w.Channels = map[string]*engine.Sender{"email": engine.NewSender(w.provider, "shop@shop.example", 100)}
	w.customers(customers)
	w.apply(thanks(treatAll, func(c *campaigns.Campaign) { c.Waves[0].After.Wait = 0 }))
	w.db.Exec(t, `with o as (insert into orders (source, shop_order_id, customer_id, placed_at, currency, gross_minor)
			select 'test', shop_id, customer_id, clock_timestamp(), 'EUR', 1000 from customers returning order_id, customer_id, placed_at)
		insert into inbox (campaign_id, order_id, customer_id, placed_at) select c.campaign_id, o.order_id, o.customer_id, o.placed_at from o, campaigns c`)
	w.enter()
	chunk := w.handOut()[0]
	sent := make(chan struct{})
	var reaper sync.WaitGroup
	reaped := 0
	reaper.Go(func() {
		for {
			select {
			case <-sent:
				return
			default:
			}
			w.db.Exec(t, "update claims set attend_at = clock_timestamp() - interval '1 second' where kind = 'lease'")
			n, err := w.Reap(context.Background())
			if err != nil {
				t.Error(err)
			}
			reaped += n
		}
	})
	var all sync.WaitGroup
	for part := range slices.Chunk(chunk.IDs, 8) {
		all.Go(func() {
			if _, err := w.SendDeliveries(context.Background(), engine.Chunk{Lane: chunk.Lane, IDs: part}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	close(sent)
	reaper.Wait()
	if _, err := w.Reap(context.Background()); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d were put in doubt too early", reaped)
	same(t, "states", w.states("hello"), map[string]int{"treat accepted": customers})
	same(t, "called twice", w.provider.twice(), nil)
	same(t, "deadlocks", testkit.Get[int](t, w.db, "select deadlocks::int from pg_stat_database where datname = current_database()"), 0)
	w.sound()
}

// Who holds a delivery, as a sweep or a person may, holds up that one alone.
func TestADeliveryInOtherHandsIsLeftAndTheOthersAreSent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.entered(5, thanks(treatAll))
	w.clock.Set(start.Add(1 * days))
	chunk := w.handOut()[0]
	err := w.db.Hold("select from deliveries where wave = 'hello' and customer_id = 3 for no key update", func() {
		sent, err := w.SendDeliveries(context.Background(), chunk)
		if err != nil {
			t.Error(err)
		}
		same(t, "accepted", sent.Accepted, 4)
	})
	if err != nil {
		t.Fatal(err)
	}
	same(t, "states", w.states("hello"), map[string]int{"treat accepted": 4, "treat planned": 1})
	same(t, "accepted", w.send(start.Add(1*days)).Accepted, 1)
	w.sound()
}
