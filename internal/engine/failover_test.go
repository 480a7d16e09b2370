package engine_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/channel/webhook"
	"github.com/rewave/rewave/internal/delivery"
	"github.com/rewave/rewave/internal/engine"
	"github.com/rewave/rewave/internal/fault"
	"github.com/rewave/rewave/internal/message"
	"github.com/rewave/rewave/internal/postgres"
	"github.com/rewave/rewave/internal/testkit"
)

// failedOver is a shop of 50 messages whose database fails over and forgets a tail:
// 10 were sent before it, 10 are under way as far as the standby knows and were
// accepted, 10 were sent within the tail, 10 are being called at that moment, and
// 10 wait for their turn.
type failedOver struct {
	*world
	hears   *testkit.Provider
	ending  sync.WaitGroup // of the calls that outlive the primary
	release func()
}

func newFailedOver(t *testing.T, promise webhook.Options) *failedOver {
	pair := testkit.NewPair(t)
	if _, err := postgres.Migrate(t.Context(), pair.DSN); err != nil {
		t.Fatal(err)
	}
	store, err := postgres.Open(t.Context(), pair.DSN, postgres.Options{MaxConns: 6})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	name, secrets, err := store.Installation(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	keys, err := message.NewKeys(secrets...)
	if err != nil {
		t.Fatal(err)
	}
	f := &failedOver{hears: testkit.NewProvider(t)}
	f.hears.Dedups = promise.Idempotency > 0
	promise.Name, promise.URL, promise.MaxConns = "email", f.hears.URL, 64
	if promise.Lookup != "" {
		promise.Lookup = f.hears.URL + "/messages"
	}
	c := webhook.New(promise)
	t.Cleanup(func() { c.Close() })
	f.world = &world{t: t, db: &testkit.DB{DSN: pair.DSN, Store: store}}
	f.Engine = &engine.Engine{Store: store, Log: slog.New(slog.DiscardHandler), Links: engine.Links{Installation: name[:8], Keys: keys},
		Shop:     engine.Shop{Name: "Test shop", Zone: time.UTC, Currency: "EUR", Digits: 2, PublicURL: "https://shop.example", ReturnWindow: 30 * days},
		Channels: map[string]*engine.Sender{"email": engine.NewSender(c, "shop@shop.example", 64)}}
	f.entersNow(50)

	f.sends(0, 10)
	first := f.begins(10, 20)
	pair.Level() // it knows of these gates, and not of what follows
	pair.Lag()
	f.lets(first)
	f.sends(20, 30)
	f.begins(30, 40)
	same(t, "before", f.states("hello"), map[string]int{"treat accepted": 30, "treat sending": 10, "treat planned": 10})
	pair.FailOver()
	same(t, "after", f.states("hello"), map[string]int{"treat accepted": 10, "treat sending": 10, "treat planned": 30})
	return f
}

// entersNow has n customers in a campaign whose first wave is due.
func (f *failedOver) entersNow(n int) {
	f.customers(n)
	f.apply(thanks(treatAll, func(c *campaigns.Campaign) { c.Waves[0].After.Wait = 0 }))
	now := testkit.Get[time.Time](f.t, f.db, "select clock_timestamp()")
	f.db.Exec(f.t, `with o as (insert into orders (source, shop_order_id, customer_id, placed_at, currency, gross_minor)
			select 'test', shop_id, customer_id, $1, 'EUR', 1000 from customers returning order_id, customer_id, placed_at)
		insert into inbox (campaign_id, order_id, customer_id, placed_at) select c.campaign_id, o.order_id, o.customer_id, o.placed_at from o, campaigns c`, now)
	f.enter()
}

// chunk are some of the first wave's deliveries, by the order of their ids.
func (f *failedOver) chunk(from, to int) engine.Chunk {
	ids := testkit.List[int64](f.t, f.db, "select delivery_id from deliveries where wave = 'hello' order by delivery_id")
	version := testkit.Get[int](f.t, f.db, "select max(version_id) from campaign_versions")
	return engine.Chunk{Lane: postgres.Lane{Version: version, Wave: "hello", Channel: "email"}, IDs: ids[from:to]}
}

func (f *failedOver) sends(from, to int) {
	f.t.Helper()
	if sent, err := f.SendDeliveries(context.Background(), f.chunk(from, to)); err != nil || sent.Accepted != to-from {
		f.t.Fatalf("got %+v, %v", sent, err)
	}
}

// waiting are calls that the provider has taken and does not answer.
type waiting struct {
	hold chan struct{}
	all  *sync.WaitGroup
}

func (f *failedOver) begins(from, to int) waiting {
	f.t.Helper()
	w := waiting{make(chan struct{}), &sync.WaitGroup{}}
	f.release = sync.OnceFunc(func() { close(w.hold) })
	f.t.Cleanup(f.release) // a provider waits for its answers
	got := make(chan struct{}, to-from)
	f.hears.After(func() { got <- struct{}{}; <-w.hold })
	chunk := f.chunk(from, to)
	w.all.Go(func() { _, _ = f.SendDeliveries(context.Background(), chunk) }) // what it cannot write is what the test is about
	for range to - from {
		<-got
	}
	f.hears.After(nil)
	f.ending.Go(w.all.Wait)
	return w
}

func (f *failedOver) lets(w waiting) {
	f.release()
	w.all.Wait()
}

// insist repeats what fails because an open connection leads to the old primary.
func (f *failedOver) insist(what func() error) error {
	for range 50 {
		err := what()
		if fault, ok := fault.Of(err); !ok || fault.Code != "unavailable" || strings.Contains(err.Error(), "gates are closed") {
			return err
		}
	}
	return errors.New("the database does not come back")
}

// all tries to send everything that can be handed out.
func (f *failedOver) all() (refused int) {
	f.t.Helper()
	var chunks []engine.Chunk
	if err := f.insist(func() (err error) { chunks, err = f.HandOut(context.Background(), true, 1000); return err }); err != nil {
		f.t.Fatal(err)
	}
	for _, c := range chunks {
		if err := f.insist(func() error { _, err := f.SendDeliveries(context.Background(), c); return err }); err != nil {
			if !strings.Contains(err.Error(), "gates are closed") {
				f.t.Fatal(err)
			}
			refused++
		}
	}
	return refused
}

// notices lets the calls that outlived the primary end, while tick notices.
func (f *failedOver) notices(want int) {
	f.t.Helper()
	if refused := f.all(); refused == 0 {
		f.t.Error("a gate passed before the failover was noticed")
	}
	var moved int
	err := f.insist(func() (err error) { moved, err = f.NoticeFailover(context.Background()); return err })
	if err != nil || moved != want {
		f.t.Fatalf("got %d, %v; want %d in doubt", moved, err, want)
	}
	f.release()
	f.ending.Wait()
	if again, err := f.NoticeFailover(context.Background()); again != 0 || err != nil {
		f.t.Errorf("noticed again: %d, %v", again, err)
	}
	f.all()
}

func TestAFailoverThatLostItsTailSendsNothingTwice(t *testing.T) {
	t.Parallel()
	const lost = "the database failed over, and may have forgotten that it was sent"
	for _, test := range []struct {
		name    string
		promise webhook.Options
		noticed map[string]int // after the workers that lived have written what they know
		asked   map[string]int
	}{
		{"a provider that says nothing", webhook.Options{},
			map[string]int{"treat accepted": 20, "treat unknown " + lost: 10, "treat quarantine " + lost: 20},
			map[string]int{"treat accepted": 20, "treat unknown " + lost: 10, "treat quarantine " + lost: 20}},
		{"a provider that can be asked", webhook.Options{Lookup: "yes"},
			map[string]int{"treat accepted": 20, "treat unknown " + lost: 10, "treat quarantine " + lost: 20},
			map[string]int{"treat accepted": 40, "treat quarantine " + lost: 10}},
		{"a provider that takes a key once", webhook.Options{Idempotency: 24 * time.Hour},
			map[string]int{"treat accepted": 20, "treat unknown " + lost: 10, "treat quarantine " + lost: 20},
			map[string]int{"treat accepted": 50}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := newFailedOver(t, test.promise)
			f.notices(40)
			same(t, "noticed", f.states("hello"), test.noticed)
			f.reconcileAll()
			f.all()
			same(t, "asked", f.states("hello"), test.asked)
			f.notTwice(f.hears)
			if n := test.asked["treat quarantine "+lost]; n > 0 && test.promise.Lookup != "" {
				// What no provider has, a person lets go.
				done, err := f.Store.Replay(context.Background(), postgres.Meant{Campaign: "thanks", From: []delivery.State{delivery.Quarantine}, Who: "ann", Because: "not in their log"}, nil)
				if err != nil || len(done.IDs) != n {
					t.Fatalf("got %+v, %v", done, err)
				}
				f.all()
				same(t, "replayed", f.states("hello"), map[string]int{"treat accepted": 50})
			}
			f.notTwice(f.hears)
			f.sound()
			t.Logf("%d calls, %d taken, after a tail of 20 gates was lost", len(f.hears.Heard()), len(f.hears.Taken()))
		})
	}
}

// The control: a database that is taken for the one it was sends the tail again,
// or the test is blind.
func TestAFailoverThatNobodyNoticesSendsTwice(t *testing.T) {
	t.Parallel()
	f := newFailedOver(t, webhook.Options{})
	f.db.Exec(t, "insert into incarnations (name) values (server_incarnation())")
	f.all()
	f.release()
	f.ending.Wait()
	twice := 0
	for _, n := range f.hears.Taken() {
		if n > 1 {
			twice++
		}
	}
	same(t, "twice", twice, 20)
}
