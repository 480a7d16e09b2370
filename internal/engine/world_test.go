package engine_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/channel"
	"github.com/rewave/rewave/internal/engine"
	"github.com/rewave/rewave/internal/holdout"
	"github.com/rewave/rewave/internal/message"
	"github.com/rewave/rewave/internal/replay"
	"github.com/rewave/rewave/internal/testkit"
)

// world is a shop, its engine and a provider that remembers every call.
type world struct {
	t        testing.TB
	db       *testkit.DB
	clock    *replay.Clock
	provider *provider
	*engine.Engine
}

// start is a Monday morning in the shop's zone, UTC.
var start = time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)

const days = 24 * time.Hour

func newWorld(t testing.TB) *world {
	t.Helper()
	db := testkit.NewDB(t)
	name, secrets, err := db.Store.Installation(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	keys, err := message.NewKeys(secrets...)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, db: db, clock: replay.NewClock(start), provider: &provider{calls: map[string]int{}}}
	w.Engine = &engine.Engine{
		Store: db.Store, Clock: w.clock, Log: slog.New(slog.DiscardHandler), Links: engine.Links{Installation: name[:8], Keys: keys},
		Shop:     engine.Shop{Name: "Test shop", Zone: time.UTC, Currency: "EUR", Digits: 2, PublicURL: "https://shop.example", ReturnWindow: 30 * days},
		Channels: map[string]*engine.Sender{"email": engine.NewSender(w.provider, "shop@shop.example", 16)},
	}
	return w
}

// customers adds n customers c1..cn who may be e-mailed.
func (w *world) customers(n int) {
	w.t.Helper()
	w.db.Exec(w.t, `with c as (insert into customers (shop_id) select 'c' || i from generate_series(1, $1::int) i returning customer_id, shop_id),
		k as (insert into contacts (customer_id, email) select customer_id, shop_id || '@mail.example' from c returning customer_id)
		insert into consents (customer_id, channel, granted, at, source) select customer_id, 'email', true, '2020-01-01', 'test' from k`, n)
}

// order stores a kept order and, like an import, puts it before the campaigns
// that ask about orders.
func (w *world) order(customer string, at time.Time, minor int64) {
	w.t.Helper()
	w.db.Exec(w.t, `with o as (insert into orders (source, shop_order_id, customer_id, placed_at, currency, gross_minor)
			select 'test', gen_random_uuid()::text, customer_id, $2, 'EUR', $3 from customers where shop_id = $1 returning order_id, customer_id, placed_at)
		insert into inbox (campaign_id, order_id, customer_id, placed_at)
			select c.campaign_id, o.order_id, o.customer_id, o.placed_at from o, campaigns c join campaign_versions v using (version_id)
			where v.definition -> 'enter' ->> 'on' = 'order_paid' and o.placed_at >= c.activated_at`, customer, at, minor)
}

// thanks is a small order-triggered campaign: two e-mails to first-time buyers.
func thanks(change ...func(*campaigns.Campaign)) campaigns.Campaign {
	c := campaigns.Campaign{
		Name: "thanks", Says: "Thank first-time buyers.", Version: "v1", Design: "d1",
		Enter:   campaigns.Enter{On: "order_paid", When: "orders.count == 1"},
		Holdout: campaigns.Holdout{Share: holdout.Whole / 2}, Exit: []string{"repurchased"}, Rounds: campaigns.Rounds{Times: 1},
		Waves: []campaigns.Wave{
			{Name: "hello", After: campaigns.After{Wait: 1 * days}, Channels: []string{"email"}, Content: campaigns.Content{Message: "messages/hello"}},
			{Name: "again", After: campaigns.After{Wave: "hello", Wait: 7 * days}, Channels: []string{"email"}, Content: campaigns.Content{Message: "messages/hello"}},
		},
		Evaluation: campaigns.Evaluation{Primary: campaigns.Primary{Metric: "repurchase_rate", Point: "overall_30d"},
			Points: []campaigns.Point{{Name: "overall_30d", Anchor: campaigns.Anchor{Wave: "hello", Round: 1}, Window: 30 * days}}},
		Messages: map[string]campaigns.Message{"messages/hello": {"": {Subject: "Thank you", Text: "Hello {{ customer.id }}. {{ unsubscribe_url }}"}}},
	}
	for _, f := range change {
		f(&c)
	}
	return c
}

func treatAll(c *campaigns.Campaign) { c.Holdout = campaigns.Holdout{Because: "test"} }

func (w *world) apply(c campaigns.Campaign) {
	w.t.Helper()
	if _, err := w.ApplyCampaign(context.Background(), c, nil); err != nil {
		w.t.Fatal(err)
	}
}

// entered has n customers who bought for the first time at start, in a campaign.
func (w *world) entered(n int, c campaigns.Campaign) {
	w.t.Helper()
	w.customers(n)
	w.apply(c)
	for i := range n {
		w.order(fmt.Sprintf("c%d", i+1), start, 1000)
	}
	w.enter()
}

func (w *world) enter() {
	w.t.Helper()
	if _, err := w.EnterOrders(context.Background()); err != nil {
		w.t.Fatal(err)
	}
}

// send hands out everything due at an instant and sends it.
func (w *world) send(at time.Time) engine.Sent {
	w.t.Helper()
	w.clock.Set(at)
	var sum engine.Sent
	for _, c := range w.handOut() {
		s, err := w.SendDeliveries(context.Background(), c)
		if err != nil {
			w.t.Fatal(err)
		}
		sum = engine.Sent{Accepted: sum.Accepted + s.Accepted, Failed: sum.Failed + s.Failed, Unknown: sum.Unknown + s.Unknown,
			Returned: sum.Returned + s.Returned, Gated: sum.Gated + s.Gated, Dead: sum.Dead + s.Dead}
	}
	return sum
}

func (w *world) handOut() []engine.Chunk {
	w.t.Helper()
	chunks, err := w.HandOut(context.Background(), true, 100_000)
	if err != nil {
		w.t.Fatal(err)
	}
	return chunks
}

// states counts deliveries of a wave by arm, state and reason.
func (w *world) states(wave string) map[string]int {
	w.t.Helper()
	counts := map[string]int{}
	for _, s := range testkit.List[string](w.t, w.db, "select concat_ws(' ', arm, state, nullif(reason, '')) from deliveries where wave = $1", wave) {
		counts[s]++
	}
	return counts
}

// provider takes messages as it is told to, and remembers.
type provider struct {
	mu     sync.Mutex
	calls  map[string]int // by ref
	answer func(m channel.Message) channel.Outcome
}

func (p *provider) Name() string             { return "test" }
func (p *provider) Promise() channel.Promise { return channel.Promise{} }
func (p *provider) Close() error             { return nil }

func (p *provider) Send(_ context.Context, m channel.Message) channel.Outcome {
	p.mu.Lock()
	p.calls[m.Ref]++
	answer := p.answer
	p.mu.Unlock()
	if answer != nil {
		return answer(m)
	}
	return channel.Outcome{Verdict: channel.Accepted, ProviderID: m.Ref}
}

// twice lists what was called more than once.
func (p *provider) twice() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var refs []string
	for ref, n := range p.calls {
		if n > 1 {
			refs = append(refs, ref)
		}
	}
	return refs
}
