package replay_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/channel/null"
	"github.com/rewave/rewave/internal/engine"
	"github.com/rewave/rewave/internal/holdout"
	"github.com/rewave/rewave/internal/message"
	"github.com/rewave/rewave/internal/replay"
	"github.com/rewave/rewave/internal/testkit"
	"github.com/rewave/rewave/workers"
)

const days = 24 * time.Hour

// Years ago by every clock but the replay's: what lease time touches must not
// notice, and what business time decides must not see today.
var from = time.Date(2019, 5, 1, 0, 0, 0, 0, time.UTC)

func driver(t *testing.T) (*replay.Driver, *testkit.DB) {
	t.Helper()
	ctx := context.Background()
	db := testkit.NewDB(t)
	_, secrets, err := db.Store.Installation(ctx)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := message.NewKeys(secrets...)
	if err != nil {
		t.Fatal(err)
	}
	redis, err := workers.Connect(ctx, testkit.NewRedis(t), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = redis.Close() })
	log := slog.New(slog.DiscardHandler)
	clock := replay.NewClock(from)
	e := &engine.Engine{Store: db.Store, Clock: clock, Replay: true, Log: log, Links: engine.Links{Installation: "test", Keys: keys},
		Shop:     engine.Shop{Name: "Test shop", Zone: time.UTC, Currency: "EUR", Digits: 2, PublicURL: "https://shop.example", ReturnWindow: 30 * days},
		Channels: map[string]*engine.Sender{"email": engine.NewSender(&null.Channel{}, "shop@shop.example", 4)}}
	db.Exec(t, `insert into customers (shop_id) select 'c' || i from generate_series(1, 20) i`)
	db.Exec(t, `insert into contacts (customer_id, email) select customer_id, shop_id || '@mail.example' from customers`)
	db.Exec(t, `insert into consents (customer_id, channel, granted, at, source) select customer_id, 'email', true, '2000-01-01', 'test' from customers`)
	// Each buys once, one a day; c3 again an hour before its first message, c4 two days after it.
	db.Exec(t, `insert into orders (source, shop_order_id, customer_id, placed_at, currency, gross_minor)
		select 'test', shop_id, customer_id, $1::timestamptz + customer_id * interval '1 day' + interval '5 hours', 'EUR', 900 from customers`, from)
	db.Exec(t, `insert into orders (source, shop_order_id, customer_id, placed_at, currency, gross_minor)
		select 'test', 'again-' || shop_id, customer_id, $1::timestamptz + customer_id * interval '1 day' + case shop_id when 'c3' then interval '28 hours' else interval '77 hours' end, 'EUR', 900
		from customers where shop_id in ('c3', 'c4')`, from)
	c := campaigns.Campaign{Name: "thanks", Version: "v", Design: "d", Enter: campaigns.Enter{On: "order_paid", When: "orders.count == 1"},
		Holdout: campaigns.Holdout{Share: 0, Because: "test"}, Exit: []string{"repurchased"}, Rounds: campaigns.Rounds{Times: 1},
		Waves: []campaigns.Wave{{Name: "hello", After: campaigns.After{Wait: 1 * days}, Channels: []string{"email"}, Content: campaigns.Content{Message: "m"}},
			{Name: "again", After: campaigns.After{Wave: "hello", Wait: 3 * days}, Channels: []string{"email"}, Content: campaigns.Content{Message: "m"}}},
		Evaluation: campaigns.Evaluation{Primary: campaigns.Primary{Metric: "repurchase_rate", Point: "p"},
			Points: []campaigns.Point{{Name: "p", Anchor: campaigns.Anchor{Wave: "hello", Round: 1}, Window: 10 * days}}},
		Messages: map[string]campaigns.Message{"m": {"": {Subject: "Hello", Text: "Hello"}}}}
	if _, err := e.ApplyCampaign(ctx, c, nil); err != nil {
		t.Fatal(err)
	}
	return &replay.Driver{Engine: e, Clock: clock, Step: time.Hour, Dispatcher: workers.NewDispatcher(e, redis, log),
		Server: &workers.Server{Engine: e, Redis: redis, Log: log, Channels: []string{"email"}, Poll: 2 * time.Millisecond}}, db
}

func TestAReplayEndsWithNothingDue(t *testing.T) {
	t.Parallel()
	d, db := driver(t)
	until := from.Add(40 * days)
	if _, err := d.Run(t.Context(), from, until); err != nil {
		t.Fatal(err)
	}
	got := map[string]int{}
	for _, s := range testkit.List[string](t, db, "select concat_ws(' ', wave, state, reason) from deliveries") {
		got[s]++
	}
	want := map[string]int{"hello accepted": 19, "hello suppressed repurchased": 1, "again accepted": 18, "again suppressed repurchased": 2}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("deliveries (got -, want +):\n%s", diff)
	}
	late := testkit.Get[int](t, db, "select count(*) from deliveries where state = 'accepted' and gate_at not between scheduled_at and scheduled_at + interval '1 hour'")
	if late > 0 {
		t.Errorf("%d messages went out outside the hour they were scheduled for", late)
	}
	if n := testkit.Get[int](t, db, "select count(*) from enrollments where entered_at <> (select placed_at from orders where order_id = trigger_order_id)"); n > 0 {
		t.Errorf("%d enrollments do not carry the instant of their order", n)
	}
	r, err := d.Engine.EvaluateCampaign(t.Context(), "thanks", engine.Evaluating{AsOf: until.Add(40 * days)})
	if err != nil {
		t.Fatal(err)
	}
	if a := r.Points[0].Arm(holdout.Treat); a.Final != 20 || a.Buyers != 1 {
		// c3 came back before its window began; it stays in the denominator.
		t.Errorf("the report counts %d final with %d buyers; want 20 with c4", a.Final, a.Buyers)
	}
}

func TestAReplayCanBeStopped(t *testing.T) {
	t.Parallel()
	d, db := driver(t)
	ctx, stop := context.WithCancel(t.Context())
	d.Progress = func(at time.Time, _ int) {
		if at.After(from.Add(10 * days)) {
			stop()
		}
	}
	if _, err := d.Run(ctx, from, from.Add(40*days)); err == nil {
		t.Fatal("a stopped replay did not say so")
	}
	if n := testkit.Get[int](t, db, "select count(*) from deliveries where state = 'sending'"); n > 0 {
		t.Errorf("%d deliveries were left on their way", n)
	}
}
