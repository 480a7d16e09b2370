package engine_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/rewave/rewave/internal/channel/webhook"
	"github.com/rewave/rewave/internal/engine"
	"github.com/rewave/rewave/internal/testkit"
)

// doubtful is a world whose mail goes by HTTP to a provider that resets every
// first call: every other message was taken.
func doubtful(t *testing.T, n int, promise webhook.Options) (*world, *testkit.Provider) {
	w := newWorld(t)
	p := testkit.NewProvider(t)
	p.Dedups = promise.Idempotency > 0
	p.Decide(func(n int, _ testkit.Heard) testkit.Fate { return testkit.Fate{Reset: true, Untaken: n%2 == 0} })
	promise.Name, promise.URL, promise.MaxConns = "email", p.URL, 4
	if promise.Lookup != "" {
		promise.Lookup = p.URL + "/messages"
	}
	c := webhook.New(promise)
	t.Cleanup(func() { c.Close() })
	w.Channels["email"] = engine.NewSender(c, "shop@shop.example", 4)
	w.entered(n, thanks(treatAll))
	if sent := w.send(start.Add(1*days + time.Hour)); sent.Unknown != n {
		t.Fatalf("got %+v; want all %d unknown", sent, n)
	}
	p.Decide(nil)
	return w, p
}

// later has the doubts' time to be asked come.
func (w *world) later() {
	w.db.Exec(w.t, "update claims set ask_at = now() where ask_at is not null")
}

func (w *world) reconcileAll() int {
	w.t.Helper()
	w.later()
	total := 0
	for {
		n, err := w.Reconcile(context.Background())
		if err != nil {
			w.t.Fatal(err)
		}
		if total += n; n == 0 {
			return total
		}
	}
}

func (w *world) notTwice(p *testkit.Provider) {
	w.t.Helper()
	for ref, n := range p.Taken() {
		if n > 1 {
			w.t.Errorf("%s was taken %d times", ref, n)
		}
	}
}

func TestNothingStaysUnknownAtAProviderThatTakesAKeyOnce(t *testing.T) {
	t.Parallel()
	w, p := doubtful(t, 16, webhook.Options{Idempotency: 24 * time.Hour})
	if n, err := w.Reconcile(context.Background()); n != 0 || err != nil {
		t.Errorf("before their time: got %d, %v", n, err)
	}
	if n := w.reconcileAll(); n != 16 {
		t.Errorf("%d of 16 were settled", n)
	}
	same(t, "states", w.states("hello"), map[string]int{"treat accepted": 16})
	same(t, "taken", len(p.Taken()), 16)
	w.notTwice(p)
	same(t, "calls", len(p.Heard()), 32)
	for _, h := range p.Heard() {
		if h.Key != h.Ref {
			t.Errorf("%s went out under the key %s", h.Ref, h.Key)
		}
	}
	if n := w.reconcileAll(); n != 0 || len(p.Heard()) != 32 {
		t.Errorf("a second time %d were settled, by %d calls", n, len(p.Heard())-32)
	}
	same(t, "claims", testkit.Get[int](t, w.db, "select count(*) from claims"), 0)
	w.sound()
}

func TestAProviderThatCanOnlyBeAskedIsSentNothingAgain(t *testing.T) {
	t.Parallel()
	w, p := doubtful(t, 10, webhook.Options{Lookup: "yes"})
	p.Blind(true) // its index lags
	if n := w.reconcileAll(); n != 0 {
		t.Errorf("%d were settled by an index that knows nothing", n)
	}
	same(t, "states", w.states("hello"), map[string]int{"treat unknown connection lost after the request was written": 10})
	p.Blind(false)
	if n := w.reconcileAll(); n != 5 {
		t.Errorf("%d of 5 were settled", n)
	}
	same(t, "states", w.states("hello"), map[string]int{"treat accepted": 5, "treat unknown connection lost after the request was written": 5})
	same(t, "ids", testkit.Get[int](t, w.db, "select count(distinct provider_id) from deliveries where state = 'accepted'"), 5)
	same(t, "calls", len(p.Heard()), 10)
	same(t, "asked", p.Asked(), 20)
	w.sound()
}

func TestWhatCanBeAskedIsAskedBeforeItIsSentAgain(t *testing.T) {
	t.Parallel()
	w, p := doubtful(t, 10, webhook.Options{Lookup: "yes", Idempotency: 24 * time.Hour})
	if n := w.reconcileAll(); n != 10 {
		t.Errorf("%d of 10 were settled", n)
	}
	same(t, "states", w.states("hello"), map[string]int{"treat accepted": 10})
	same(t, "calls", len(p.Heard()), 15)
	w.notTwice(p)
	w.sound()
}

func TestWhatMayNotBeSentAgainStaysInDoubt(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, sql, says string }{
		{"after an opt-out", `insert into consents (customer_id, channel, granted, at, source) select customer_id, 'email', false, '2026-03-03 11:00Z', 'test' from customers`,
			"it is not sent again: opted_out"},
		{"of a campaign that is paused", "update campaigns set status = 'paused'", "it is not sent again: paused"},
		{"to another address", "update contacts set email = 'other@mail.example'", "it is not sent again: the message would not be the same"},
		{"in other words", "update deliveries set body = '\\x00'", "it is not sent again: the message would not be the same"},
		{"when the window is over", "update deliveries set claimed_at = claimed_at - interval '23 hours 59 minutes 30 seconds'", "it is not sent again: the provider's window is over"},
		{"of another pass", "update deliveries set claimed_at = now() + interval '1 hour'", "it is not sent again: the provider's window is over"},
		{"past its end", "update deliveries set expires_at = gate_at + interval '1 second' where state = 'unknown'", "it is not sent again: late"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w, p := doubtful(t, 1, webhook.Options{Idempotency: 24 * time.Hour})
			w.clock.Set(start.Add(1*days + 2*time.Hour))
			w.db.Exec(t, test.sql)
			found, err := w.ReconcileNow(context.Background(), "thanks", nil)
			if err != nil {
				t.Fatal(err)
			}
			same(t, "found", found, []engine.Reconciled{{ID: found[0].ID, Was: "unknown", Now: "unknown", Says: test.says}})
			same(t, "calls", len(p.Heard()), 1)
			same(t, "resends", testkit.Get[int](t, w.db, "select count(*) from resends"), 0)
		})
	}
}

func TestSeveralWhoReconcileAtOnceSendNothingTwice(t *testing.T) {
	t.Parallel()
	w, p := doubtful(t, 18, webhook.Options{Idempotency: 24 * time.Hour, Lookup: "yes"})
	w.later()
	var all sync.WaitGroup
	for i := range 4 {
		all.Go(func() {
			var err error
			if i == 0 {
				_, err = w.ReconcileNow(context.Background(), "", nil)
			} else {
				_, err = w.Reconcile(context.Background())
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	w.reconcileAll() // whom one of them held while another looked
	same(t, "states", w.states("hello"), map[string]int{"treat accepted": 18})
	same(t, "taken", len(p.Taken()), 18)
	w.notTwice(p)
	w.sound()
}

// A provider that answers nothing does not settle, and is asked less and less.
func TestADoubtThatNobodyAnswersIsAskedAboutLessAndLess(t *testing.T) {
	t.Parallel()
	w, p := doubtful(t, 1, webhook.Options{Idempotency: 24 * time.Hour})
	p.Decide(func(int, testkit.Heard) testkit.Fate { return testkit.Fate{Status: 500} })
	var waits []string
	for range 5 {
		w.later()
		if n, err := w.Reconcile(context.Background()); n != 0 || err != nil {
			t.Fatalf("got %d, %v", n, err)
		}
		waits = append(waits, testkit.Get[string](t, w.db, "select date_trunc('minute', ask_at - clock_timestamp() + interval '30 s')::text from claims"))
	}
	same(t, "waits", fmt.Sprint(waits), "[00:02:00 00:10:00 01:00:00 01:00:00 01:00:00]")
	same(t, "resends", testkit.Get[int](t, w.db, "select count(*) from resends"), 5)
	w.notTwice(p)
}
