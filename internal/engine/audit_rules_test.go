package engine_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/audit"
	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/engine"
	"github.com/rewave/rewave/internal/testkit"
)

// settled has what this shop sends by hold from long ago: an audit leaves out the
// first minutes of settings.
func (w *world) settled() {
	w.t.Helper()
	w.db.Exec(w.t, "update gate_rules set since = since - interval '1 year'")
}

// broken are the probes that see something.
func (w *world) broken() (names []string) {
	w.t.Helper()
	result, err := audit.Run(context.Background(), w.db.Store)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, p := range result.Probes {
		if p.Broken > 0 {
			names = append(names, p.Name)
		}
	}
	return names
}

// PostgreSQL takes the names of some zones for abbreviations, which have no
// summer; and there may be zones that it does not know.
func TestQuietHoursAreHeldAgainstTheLedgerInAnyZone(t *testing.T) {
	t.Parallel()
	for _, zone := range []string{"CET", "MET", "EET", "WET", "Europe/Berlin", "Mars/Olympus_Mons"} {
		t.Run(zone, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			july := time.Date(2026, 7, 6, 5, 0, 0, 0, time.UTC)
			w.clock.Set(july)
			w.Shop.Quiet = map[string]calendar.Window{"email": {From: 21 * 60, To: 8*60 + 30}}
			w.Shop.Blackout = []calendar.Blackout{{From: calendar.DateOf(july.AddDate(0, 1, 0), time.UTC), To: calendar.DateOf(july.AddDate(0, 1, 0), time.UTC)}}
			w.customers(1)
			w.db.Exec(t, "update customers set zone = case when $1 like 'Mars%' then 'Europe/Berlin' else $1 end", zone)
			w.apply(thanks(treatAll))
			w.order("c1", july, 1000)
			w.enter()
			w.damage("update enrollments set zone = '" + zone + "'")
			for at := july.Add(1 * days); at.Before(july.Add(2 * days)); at = at.Add(5 * time.Minute) {
				if w.send(at).Accepted > 0 {
					break
				}
			}
			w.settled()
			same(t, "broken", w.broken(), nil)
		})
	}
}

// What no gate is known to have let through was dated to when it was due.
func TestNoGateIsHeldAgainstWhatIsForgotten(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Shop.Quiet = map[string]calendar.Window{"email": {From: 9 * 60, To: 11 * 60}}
	day := calendar.DateOf(start.Add(1*days), time.UTC)
	w.Shop.Blackout = []calendar.Blackout{{From: day, To: day}}
	w.entered(2, thanks(treatAll))
	w.db.Exec(t, "update deliveries set due_at = due_at + interval '2 days' where customer_id = 2 and wave = 'hello'")
	w.clock.Set(start.Add(1*days + 3*time.Hour))
	w.feed(w.word(testkit.Get[int64](t, w.db, "select delivery_id from deliveries where customer_id = 1 and wave = 'hello'"), "a", "delivered", false))
	w.patient()
	w.send(start.Add(3*days + 3*time.Hour))
	w.settled()
	same(t, "broken", w.broken(), nil)
}

// Of two at the same instant the one that was let through later is one too many.
func TestCapsAreHeldAgainstTheLedgerAtOneInstant(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.entered(1, thanks(treatAll, func(c *campaigns.Campaign) { c.Waves[1].After.Wait = 0 }))
	w.send(start.Add(2 * days))
	w.db.Exec(t, `insert into gate_rules (since, rules) values ('2000-01-01', '{"ShopCap": {"Limit": 1, "Window": 864000000000000}}')`)
	w.damage("update deliveries set claimed_at = claimed_at + interval '1 s' * (9 - delivery_id) where state = 'accepted'")
	same(t, "broken", w.broken(), []string{"within_caps"})
}

// lateRunner is a runner whose stopwatch is ahead.
type lateRunner struct {
	engine.Runner
	by time.Duration
}

func (r lateRunner) Now() time.Time { return time.Now().Add(r.by) }

func (lateRunner) Timeout(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, d)
}

func (lateRunner) Slot(ctx context.Context, slots chan struct{}) bool {
	slots <- struct{}{}
	return true
}

func (lateRunner) Go(calls *sync.WaitGroup, call func()) { calls.Go(call) }

func (lateRunner) Wait(calls *sync.WaitGroup) { calls.Wait() }

// Somebody sent by other settings, and is gone; who goes on with their own says so.
func TestSettingsOfAnotherProcessAreNotHeldAgainstThisOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.entered(2, thanks(treatAll))
	w.db.Exec(t, "update deliveries set due_at = due_at + interval '2 days' where customer_id = 2 and wave = 'hello'")
	w.send(start.Add(1*days + time.Hour))
	w.db.Exec(t, `update gate_rules set since = since - interval '2 hours';
		insert into gate_rules (since, rules) values (now() - interval '1 hour', '{"Quiet": {"email": {"From": 0, "To": 1440}}}');
		update consents set recorded_at = recorded_at - interval '1 day';
		update deliveries set claimed_at = claimed_at - interval '2 hours' where state = 'accepted'`)
	w.Runner = lateRunner{by: 6 * time.Minute}
	same(t, "accepted", w.send(start.Add(3*days+time.Hour)).Accepted, 1)
	same(t, "settings", testkit.Get[int](t, w.db, "select count(*)::int from gate_rules"), 3)
	same(t, "broken", w.broken(), nil)
}
