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
	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/channel"
	"github.com/rewave/rewave/internal/delivery"
	"github.com/rewave/rewave/internal/engine"
	"github.com/rewave/rewave/internal/postgres"
	"github.com/rewave/rewave/internal/testkit"
)

// asks for a rest once, and takes everything after that.
func rests(o channel.Outcome) func(channel.Message) channel.Outcome {
	var once sync.Once
	return func(m channel.Message) channel.Outcome {
		out := channel.Outcome{Verdict: channel.Accepted, ProviderID: m.Ref}
		once.Do(func() { out = o })
		return out
	}
}

// other is the engine of another process on the same database.
func (w *world) other() *engine.Engine {
	e := &engine.Engine{Store: w.db.Store, Clock: w.clock, Log: slog.New(slog.DiscardHandler), Links: w.Links, Shop: w.Shop}
	e.Channels = map[string]*engine.Sender{"email": engine.NewSender(w.provider, "shop@shop.example", 16)}
	return e
}

// until gives when the provider of e-mails is left alone until, after an instant.
func (w *world) until(from time.Time) time.Duration {
	w.t.Helper()
	return testkit.Get[time.Time](w.t, w.db, "select max(until) from provider_holds where channel = 'email'").Sub(from)
}

// One message hears that the provider takes nothing for ten minutes: what is under
// way ends, what was gated and not begun goes back unharmed, and no worker asks
// again before then. The message itself waits as long as it was told.
func TestAProviderThatRestsIsLeftAloneByAll(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.entered(40, thanks(once, treatAll))
	w.Channels["email"] = engine.NewSender(w.provider, "shop@shop.example", 1)
	w.provider.answer = rests(channel.Outcome{Verdict: channel.NotTaken, Reason: "421 busy", Trouble: channel.Rests, RetryAfter: 10 * time.Minute})
	due := start.Add(1 * days)
	w.clock.Set(due)
	chunk := w.handOut()[0]
	sent, err := w.SendDeliveries(context.Background(), chunk)
	if err != nil {
		t.Fatal(err)
	}
	calls := len(w.provider.calls)
	if sent.Accepted != calls-1 || calls > 2 { // one slot: the second may have begun before the first was heard
		t.Errorf("%d calls, %+v", calls, sent)
	}
	same(t, "rests for", w.until(due), 10*time.Minute)
	same(t, "tries and doubts", testkit.Get[int](t, w.db, "select count(*)::int from deliveries where untaken > 0 or state not in ('planned', 'accepted')"), 0)
	same(t, "handed out meanwhile", len(w.handOut()), 0)
	other := w.other()
	if _, err := other.SendDeliveries(context.Background(), chunk); err != nil { // a hint that was under way
		t.Fatal(err)
	}
	same(t, "calls meanwhile", len(w.provider.calls), calls)
	w.clock.Set(due.Add(10*time.Minute - time.Second))
	same(t, "handed out just before", len(w.handOut()), 0)
	same(t, "and then", w.send(due.Add(10*time.Minute)).Accepted, 40-sent.Accepted)
	same(t, "twice", len(w.provider.twice()), 1) // the one that was not taken
	w.sound()
}

// What a provider asks for is bounded, is never shortened, and where it names no
// time is half a minute. What is one message's own trouble stops nobody.
func TestHowLongAProviderIsLeftAlone(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		says channel.Outcome
		want time.Duration // 0: not at all
	}{
		"named":             {channel.Outcome{Trouble: channel.Rests, RetryAfter: 90 * time.Second}, 90 * time.Second},
		"no time named":     {channel.Outcome{Trouble: channel.Rests}, 30 * time.Second},
		"for a month":       {channel.Outcome{Trouble: channel.Rests, RetryAfter: 30 * days}, time.Hour},
		"the message's own": {channel.Outcome{RetryAfter: time.Hour}, 0},
		"one connection":    {channel.Outcome{Trouble: channel.OfProvider}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.entered(1, thanks(once, treatAll))
			test.says.Verdict = channel.NotTaken
			w.provider.answer = rests(test.says)
			due := start.Add(1 * days)
			w.send(due)
			if test.want == 0 {
				same(t, "rests", testkit.Get[int](t, w.db, "select count(*)::int from provider_holds"), 0)
				return
			}
			same(t, "rests for", w.until(due), test.want)
			if err := w.Store.RestChannel(context.Background(), "email", w.clock.At(), time.Second, "less"); err != nil {
				t.Fatal(err)
			}
			same(t, "rows", testkit.Get[int](t, w.db, "select count(*)::int from provider_holds"), 1)
			w.sound()
		})
	}
}

// A provider that answers nobody opens the breaker: the others are told, nobody
// burns tries or caps, then one message at a time is tried, and the first that is
// taken lets all go.
func TestABreakerLeavesAProviderAloneThatFails(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var said lines
	w.Log = said.logger()
	w.entered(60, thanks(once, treatAll))
	broken := channel.Outcome{Verdict: channel.NotTaken, Reason: "dial", Trouble: channel.OfProvider}
	w.provider.answer = func(channel.Message) channel.Outcome { return broken }
	due := start.Add(1 * days)
	w.send(due)
	calls := func() (n int) {
		for _, k := range w.provider.calls {
			n += k
		}
		return n
	}
	opened := calls()
	if opened < 20 || opened > 36 { // with 16 in flight
		t.Errorf("it opened after %d calls", opened)
	}
	same(t, "rests for", w.until(due), 15*time.Second)
	same(t, "let through and given back", testkit.Get[int](t, w.db, "select sum(returned)::int from deliveries") >= opened, true)
	w.send(due.Add(14 * time.Second))
	same(t, "calls while it is open", calls(), opened)
	second := due.Add(time.Minute)
	w.send(second) // half open
	same(t, "calls of the try", calls(), opened+1)
	same(t, "rests for twice as long", w.until(second), 30*time.Second)
	w.provider.answer = nil
	third := second.Add(time.Minute)
	w.send(third)
	same(t, "all that is due", testkit.Get[int](t, w.db, "select count(*)::int from deliveries where state = 'accepted'"), 60)
	same(t, "tries that counted against a message", testkit.Get[int](t, w.db, "select count(*)::int from deliveries where untaken > 0"), 0)
	for what, want := range map[string]int{"the provider rests; its messages wait": 1, "the provider takes messages again": 1} {
		same(t, what, said.count(what), want)
	}
	w.sound()
}

// mute is a ledger that no rest can be written to.
type mute struct{ engine.Ledger }

func (mute) RestChannel(context.Context, string, *time.Time, time.Duration, string) error {
	return errors.New("away")
}

func TestARestThatCannotBeWrittenIsInTheLog(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var said lines
	w.Log, w.Ledger = said.logger(), mute{w.Store}
	w.entered(1, thanks(once, treatAll))
	w.provider.answer = func(channel.Message) channel.Outcome {
		return channel.Outcome{Verdict: channel.NotTaken, Reason: "421 busy", Trouble: channel.Rests}
	}
	w.send(start.Add(1 * days))
	for what, want := range map[string]int{"others could not be told that the provider rests": 1, "error=away": 1, "the provider rests; its messages wait": 0} {
		same(t, what, said.count(what), want)
	}
}

// tokens gives out what it is told to.
type tokens struct {
	give []int // by call; then nothing
	back int
	most int // that was asked for
}

func (k *tokens) Take(_ context.Context, n int) (int, func(int), time.Duration) {
	k.most = max(k.most, n)
	if len(k.give) == 0 {
		return 0, nil, time.Millisecond
	}
	got := min(n, k.give[0])
	k.give = k.give[1:]
	return got, func(unused int) { k.back += unused }, time.Millisecond
}

// No more is gated at once than the channel's rate has; what is not called for is
// given back; and where there is nothing, nothing is gated while it is waited for.
func TestABatchIsNoLargerThanItsTokens(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.entered(12, thanks(once)) // half of them are ghosts
	k := &tokens{give: []int{5, 0, 0, 4, 100}}
	w.Channels["email"].Tokens = k
	due := start.Add(1 * days)
	sent := w.send(due)
	same(t, "gated", sent.Gated, 12)
	same(t, "given back", k.back, 12-sent.Accepted)
	same(t, "asked for", k.most, 12)

	w.entered2(3)
	k.give = nil
	ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
	defer cancel()
	w.clock.Set(due.Add(1 * days))
	for _, c := range w.handOut() {
		if sent, err := w.SendDeliveries(ctx, c); err == nil || sent.Gated != 0 {
			t.Errorf("%+v, %v", sent, err)
		}
	}
	w.sound()
}

// entered2 is n customers more.
func (w *world) entered2(n int) {
	for i := range n {
		name := "late" + string(rune('a'+i))
		w.db.Exec(w.t, `with c as (insert into customers (shop_id) values ($1) returning customer_id),
			k as (insert into contacts (customer_id, email) select customer_id, $1 || '@mail.example' from c returning customer_id)
			insert into consents (customer_id, channel, granted, at, source) select customer_id, 'email', true, '2020-01-01', 'test' from k`, name)
		w.order(name, start.Add(1*days), 1000)
	}
	w.enter()
}

// A channel that warms up lets so many out a day, in the order in which they are
// due; the others wait for midnight, ghosts like everybody.
func TestAChannelWarmsUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.entered(20, thanks(once, treatAll, func(c *campaigns.Campaign) { c.Waves[0].ExpiresAfter = 30 * days }))
	due := start.Add(1 * days)
	w.Channels["email"].WarmUp = &delivery.WarmUp{From: calendar.DateOf(due, time.UTC), Start: 4, Grow: 2, Until: 100, Zone: time.UTC}
	var refused sync.Once
	w.provider.answer = func(m channel.Message) channel.Outcome {
		out := channel.Outcome{Verdict: channel.Accepted, ProviderID: m.Ref}
		refused.Do(func() { out = channel.Outcome{Verdict: channel.NotTaken, Reason: "451 greylisted"} })
		return out
	}
	same(t, "first day", w.send(due), engine.Sent{Accepted: 3, Returned: 1, Gated: 20})
	same(t, "what was not taken leaves room", w.send(due.Add(time.Minute)).Accepted, 1)
	same(t, "and no more", w.send(due.Add(2*time.Minute)).Accepted, 0)
	same(t, "states", w.states("hello"), map[string]int{"treat accepted": 4, "treat planned warm_up": 16})
	midnight := time.Date(2026, 3, 4, 0, 0, 0, 0, time.UTC)
	same(t, "due at", testkit.Get[time.Time](t, w.db, "select max(due_at) from deliveries where wave = 'hello'").UTC(), midnight)
	same(t, "second day", w.send(midnight).Accepted, 8)
	same(t, "third day", w.send(midnight.Add(1*days)).Accepted, 8)
	same(t, "counted", testkit.List[string](t, w.db, "select day || ' ' || passed || ' of ' || allowed from channel_days order by day"),
		[]string{"2026-03-03 4 of 4", "2026-03-04 8 of 8", "2026-03-05 8 of 16"})
	w.sound()
}

// A person ends the rest of a provider; it is on record, and the row says so.
func TestAPersonEndsARest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := context.Background()
	h := postgres.SendHold{Channel: "email", Who: "ann", Because: "they mended it"}
	for _, wait := range []time.Duration{time.Minute, time.Hour} {
		if err := w.Store.RestChannel(ctx, "email", nil, wait, "421"); err != nil {
			t.Fatal(err)
		}
	}
	holds, err := w.Store.ProviderHolds(ctx)
	if err != nil || len(holds) != 1 || holds[0].Channel != "email" || holds[0].Reason != "421" || holds[0].Until.Sub(holds[0].Since) < time.Hour {
		t.Fatalf("got %+v, %v", holds, err)
	}
	for _, want := range []bool{true, false} {
		got, err := w.Store.ReleaseSends(ctx, h)
		if err != nil || got != want {
			t.Fatalf("released %t, %v; want %t", got, err, want)
		}
	}
	holds, err = w.Store.ProviderHolds(ctx)
	same(t, "rests", len(holds), 0)
	same(t, "on record", testkit.List[string](t, w.db, "select who || ' ' || verb || ' ' || target from acts"), []string{"ann release email"})
	for _, sql := range []string{"update provider_holds set until = now() + interval '1 day'", "update provider_holds set until = since", "delete from provider_holds"} {
		if err := w.db.Hold(sql, func() {}); err == nil || !strings.Contains(err.Error(), "only ended") {
			t.Errorf("%s: %v", sql, err)
		}
	}
	if err != nil {
		t.Error(err)
	}
}

// lines is a log to look into.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *lines) logger() *slog.Logger { return slog.New(slog.NewTextHandler(l, nil)) }

func (l *lines) count(what string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.text.String(), what)
}
