package engine_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/audit"
	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/channel"
	"github.com/rewave/rewave/internal/engine"
	"github.com/rewave/rewave/internal/postgres"
	"github.com/rewave/rewave/internal/testkit"
)

// same fails with the difference.
func same[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("%s (got -, want +):\n%s", what, diff)
	}
}

// sound fails unless every invariant of the ledger holds.
func (w *world) sound() {
	w.t.Helper()
	result, err := audit.Run(context.Background(), w.db.Store)
	if err != nil {
		w.t.Fatal(err)
	}
	if err := result.Err(); err != nil {
		w.t.Error(err)
	}
}

func TestBothArmsWalkTheSamePath(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.entered(40, thanks())
	treated := testkit.Get[int](t, w.db, "select count(*) from enrollments where arm = 'treat'")
	if treated == 0 || treated == 40 {
		t.Fatalf("%d of 40 are treated; the hash of these ids should split them", treated)
	}
	same(t, "before anything is due", w.send(start.Add(23*time.Hour)), engine.Sent{})
	same(t, "first wave", w.send(start.Add(1*days)), engine.Sent{Accepted: treated, Gated: 40})
	same(t, "first wave's states", w.states("hello"), map[string]int{"treat accepted": treated, "hold withheld holdout": 40 - treated})
	same(t, "the same instant again", w.send(start.Add(1*days)), engine.Sent{})

	// One of each arm buys again: neither gets the second wave, and both say why.
	for _, arm := range []string{"treat", "hold"} {
		w.order(testkit.Get[string](t, w.db, "select assigned_id from enrollments where arm = $1 order by assigned_id limit 1", arm), start.Add(3*days), 500)
	}
	w.clock.Set(start.Add(4 * days))
	w.enter()
	same(t, "second wave", w.send(start.Add(8*days)), engine.Sent{Accepted: treated - 1, Gated: 40})
	same(t, "second wave's states", w.states("again"), map[string]int{"treat accepted": treated - 1, "treat suppressed repurchased": 1,
		"hold withheld holdout": 39 - treated, "hold suppressed repurchased": 1})
	same(t, "calls", len(w.provider.calls), 2*treated-1)
	w.sound()
}

func TestARefundedOrderReadmits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.entered(1, thanks(treatAll))
	w.order("c1", start.Add(2*time.Hour), 500)
	w.db.Exec(t, "update orders set unkept_at = $1 where placed_at = $2", start.Add(20*time.Hour), start.Add(2*time.Hour))
	same(t, "after the refund", w.send(start.Add(1*days)), engine.Sent{Accepted: 1, Gated: 1})
}

func TestAnOptOutBeatsEveryLaterGate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.entered(2, thanks(treatAll))
	w.send(start.Add(1 * days))
	first := testkit.Get[int64](t, w.db, "select min(delivery_id) from deliveries where wave = 'hello'")
	for range 2 { // once and twice are the same
		if err := w.Unsubscribe(context.Background(), first); err != nil {
			t.Fatal(err)
		}
	}
	same(t, "words on record", testkit.Get[int](t, w.db, "select count(*) from consents where not granted"), 1)
	w.send(start.Add(8 * days))
	same(t, "second wave", w.states("again"), map[string]int{"treat accepted": 1, "treat suppressed opted_out": 1})
	w.sound()
}

func TestUnknownIsNeverSentAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.entered(1, thanks(treatAll))
	w.provider.answer = func(channel.Message) channel.Outcome {
		return channel.Outcome{Verdict: channel.Unknown, Reason: "timeout after data"}
	}
	same(t, "the send", w.send(start.Add(1*days)), engine.Sent{Unknown: 1, Gated: 1})
	w.provider.answer = nil
	for day := range 7 {
		w.send(start.Add(1*days + time.Duration(day)*days))
	}
	same(t, "after a week", w.states("hello"), map[string]int{"treat unknown timeout after data": 1})
	same(t, "calls", len(w.provider.calls), 1)

	w.db.Exec(t, "update claims set attend_at = now() where kind = 'doubt'")
	if _, err := w.Reap(context.Background()); err != nil {
		t.Fatal(err)
	}
	same(t, "given up", w.states("hello"), map[string]int{"treat unknown_final timeout after data": 1})
	w.sound()
}

func TestALapsedLeaseIsUnknown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.entered(1, thanks(treatAll))
	// A worker that died between its gate and its outcome.
	w.db.Exec(t, "update deliveries set state = 'sending', epoch = 1, gate_at = scheduled_at, claimed_at = now(), due_at = null where wave = 'hello'")
	w.db.Exec(t, "insert into claims (kind, attend_at, delivery_ids, epochs) select 'lease', now() - interval '1 second', array_agg(delivery_id), array_agg(epoch) from deliveries where state = 'sending'")
	n, err := w.Reap(context.Background())
	if err != nil || n != 1 {
		t.Fatalf("Reap = %d, %v; want 1", n, err)
	}
	same(t, "state", w.states("hello"), map[string]int{"treat unknown lease lapsed": 1})
	same(t, "sent again", w.send(start.Add(1*days)), engine.Sent{})
	w.sound()
}

func TestWhatWasSurelyNotTakenGoesOutLater(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.entered(1, thanks(treatAll))
	w.provider.answer = func(channel.Message) channel.Outcome {
		return channel.Outcome{Verdict: channel.NotTaken, Reason: "421 busy", RetryAfter: time.Hour}
	}
	same(t, "refused for now", w.send(start.Add(1*days)), engine.Sent{Returned: 1, Gated: 1})
	w.provider.answer = nil
	same(t, "before the hour is over", w.send(start.Add(1*days+59*time.Minute)), engine.Sent{})
	same(t, "after it", w.send(start.Add(1*days+60*time.Minute)), engine.Sent{Accepted: 1, Gated: 1})
	w.sound()
}

func TestManyWorkersWithTheSameHintsSendOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.entered(300, thanks(treatAll))
	w.clock.Set(start.Add(1 * days))
	chunks := w.handOut()
	var all sync.WaitGroup
	for range 8 { // the queue doubles, resurrects and reorders
		for _, c := range chunks {
			all.Go(func() {
				if _, err := w.SendDeliveries(context.Background(), c); err != nil {
					t.Error(err)
				}
			})
		}
	}
	all.Wait()
	w.send(start.Add(1*days + time.Minute)) // whoever lost a race for a row left it planned
	same(t, "called twice", w.provider.twice(), nil)
	same(t, "states", w.states("hello"), map[string]int{"treat accepted": 300})
	w.sound()
}

func TestPauseHoldsAndResumeSends(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.entered(3, thanks(treatAll))
	w.clock.Set(start.Add(1 * days))
	chunks := w.handOut() // hints are out already when somebody pauses
	set := func(status string) {
		if _, err := w.Store.SetStatus(context.Background(), "thanks", status, "test"); err != nil {
			t.Fatal(err)
		}
	}
	set("paused")
	for _, c := range chunks {
		if _, err := w.SendDeliveries(context.Background(), c); err != nil {
			t.Fatal(err)
		}
	}
	same(t, "while paused", w.send(start.Add(2*days)), engine.Sent{})
	same(t, "calls while paused", len(w.provider.calls), 0)
	set("running")
	same(t, "resumed", w.send(start.Add(2*days)), engine.Sent{Accepted: 3, Gated: 3})

	set("paused")
	w.clock.Set(start.Add(40 * days))
	if _, err := w.Sweep(context.Background()); err != nil {
		t.Fatal(err)
	}
	same(t, "paused past its time", w.states("again"), map[string]int{"treat expired paused": 3})
	w.sound()
}

func TestCancelEndsWhatIsPlanned(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.entered(3, thanks(treatAll))
	w.send(start.Add(1 * days))
	if _, err := w.Store.SetStatus(context.Background(), "thanks", "cancelled", "test"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Sweep(context.Background()); err != nil {
		t.Fatal(err)
	}
	same(t, "second wave", w.states("again"), map[string]int{"treat cancelled cancelled": 3})
	_, err := w.Store.SetStatus(context.Background(), "thanks", "running", "")
	same(t, "resuming it", fmt.Sprint(err), `campaign "thanks" was cancelled; a cancelled campaign cannot be resumed`)
	w.sound()
}

func TestQuietHoursMoveTheSendAndNotTheSchedule(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Shop.Quiet = map[string]calendar.Window{"email": {From: 9 * 60, To: 12 * 60}}
	w.entered(2, thanks())
	w.send(start.Add(1 * days)) // 10:00 is inside
	same(t, "held", testkit.Get[int](t, w.db, "select count(*) from deliveries where state = 'planned' and reason = 'quiet_hours' and due_at = $1 and scheduled_at = $2",
		start.Add(1*days+2*time.Hour), start.Add(1*days)), 2)
	same(t, "after them", w.send(start.Add(1*days+2*time.Hour)).Gated, 2)
	w.sound()
}

func TestACapOverAllCampaignsCountsBoth(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Shop.Cap = postgres.Cap{Limit: 1, Window: 14 * days}
	other := thanks(treatAll)
	other.Name, other.Version = "other", "v2"
	w.customers(1)
	w.apply(thanks(treatAll))
	w.apply(other)
	w.order("c1", start, 1000)
	w.enter()
	sent := w.send(start.Add(1 * days))
	same(t, "sent", sent, engine.Sent{Accepted: 1, Gated: 2})
	same(t, "the other", w.states("hello"), map[string]int{"treat accepted": 1, "treat suppressed capped": 1})
	w.sound()
}

func TestRoundsBeginForEveryoneAndExitIsJudgedAtTheGate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.entered(2, thanks(treatAll, func(c *campaigns.Campaign) {
		c.Rounds = campaigns.Rounds{Times: 2, Every: 30 * days}
		c.Waves = c.Waves[:1]
	}))
	w.send(start.Add(1 * days))
	w.order("c1", start.Add(5*days), 700)
	w.clock.Set(start.Add(30 * days))
	for range 2 {
		if _, err := w.BeginRounds(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	same(t, "rounds", testkit.Get[int](t, w.db, "select count(*) from rounds where round = 2 and started_at = $1", start.Add(30*days)), 2)
	w.send(start.Add(31 * days))
	same(t, "both rounds", w.states("hello"), map[string]int{"treat accepted": 3, "treat suppressed repurchased": 1})
	w.sound()
}

func TestAMessageThatCannotBeMadeReservesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.entered(1, thanks(treatAll, func(c *campaigns.Campaign) {
		c.Messages = map[string]campaigns.Message{"messages/hello": {"": {Subject: "{% if orders.count == 1 %}Hi{% endif %}", Text: "Hello"}}}
	}))
	w.order("c1", start.Add(time.Minute), 100) // two orders: the subject comes out empty
	w.send(start.Add(1 * days))
	same(t, "dead", testkit.Get[int](t, w.db, "select count(*) from deliveries where state = 'dead' and reason like 'template: %' and gate_at is null"), 1)
	same(t, "calls", len(w.provider.calls), 0)
}

func TestApplyKnowsATypoFromANewExperiment(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := context.Background()
	first, err := w.ApplyCampaign(ctx, thanks(), nil)
	if err != nil {
		t.Fatal(err)
	}
	again, err := w.ApplyCampaign(ctx, thanks(), nil)
	if err != nil {
		t.Fatal(err)
	}
	typo, err := w.ApplyCampaign(ctx, thanks(func(c *campaigns.Campaign) { c.Version = "v2" }), nil)
	if err != nil {
		t.Fatal(err)
	}
	share, err := w.ApplyCampaign(ctx, thanks(func(c *campaigns.Campaign) { c.Version, c.Design = "v3", "d2" }), nil)
	if err != nil {
		t.Fatal(err)
	}
	type change struct {
		New, Version, Design bool
		Number               int
	}
	of := func(a postgres.Applied) change { return change{a.New, a.NewVersion, a.NewDesign, a.Campaign.Design} }
	same(t, "changes", []change{of(first), of(again), of(typo), of(share)},
		[]change{{true, true, true, 1}, {false, false, false, 1}, {false, true, false, 1}, {false, true, true, 2}})
}

func TestASlotGoesOnWhereACrashLeftIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.customers(2500)
	w.apply(thanks(treatAll, func(c *campaigns.Campaign) {
		c.Enter = campaigns.Enter{When: "orders.count == 0", Schedule: &campaigns.Schedule{Every: "monday", Time: 11 * 60}}
	}))
	w.clock.Set(start.Add(2 * time.Hour))
	ctx, crash := context.WithCancel(context.Background())
	go func() {
		for testkit.Get[int](t, w.db, "select count(*) from enrollments") == 0 {
		}
		crash()
	}()
	if _, err := w.OpenSlots(ctx); err == nil {
		t.Log("the slot was through before the crash")
	}
	// The server may take a moment to notice; until then the campaign is another planner's.
	for deadline := time.Now().Add(20 * time.Second); ; {
		if _, err := w.OpenSlots(context.Background()); err != nil {
			t.Fatal(err)
		}
		if testkit.Get[bool](t, w.db, "select slot_open is null and slot_done > activated_at from campaigns") {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the slot was not gone through")
		}
	}
	same(t, "enrolled", testkit.Get[int](t, w.db, "select count(*) from enrollments where entered_at = $1", start.Add(time.Hour)), 2500)
	same(t, "counted", testkit.Get[int](t, w.db, "select sum(customers)::int from entry_counts where reason = 'enrolled'"), 2500)
	n, err := w.OpenSlots(context.Background())
	same(t, "once more", n, 0)
	if err != nil {
		t.Fatal(err)
	}
	w.sound()
}
