package engine_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/engine"
	"github.com/rewave/rewave/internal/testkit"
)

// news is one message to everybody at start, in steps.
func news(ramp time.Duration) campaigns.Campaign {
	return thanks(treatAll, slotOn(3, "true"), func(c *campaigns.Campaign) {
		c.Exit, c.Waves = nil, c.Waves[:1]
		c.Waves[0].After.Wait, c.Waves[0].Ramp = 0, ramp
	})
}

func TestPausingBetweenTheStepsOfARampStopsTheRest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.customers(500)
	w.apply(news(time.Hour))
	slot := start.Add(1 * days)
	w.clock.Set(slot)
	w.openSlots(slot)
	first := w.send(slot).Accepted
	second := w.send(slot.Add(time.Hour)).Accepted
	if first == 0 || first > 15 || second < 20 || second > 75 {
		t.Errorf("about 1%% and 9%% of 500: %d and %d", first, second)
	}
	if _, err := w.Store.SetStatus(t.Context(), "thanks", "paused", "the price is wrong"); err != nil {
		t.Fatal(err)
	}
	if third := w.send(slot.Add(3 * time.Hour)).Accepted; third != 0 {
		t.Errorf("%d went out while it was paused", third)
	}
	if _, err := w.Store.SetStatus(t.Context(), "thanks", "running", ""); err != nil {
		t.Fatal(err)
	}
	if rest := w.send(slot.Add(4 * time.Hour)).Accepted; first+second+rest != 500 {
		t.Errorf("%d + %d + %d of 500", first, second, rest)
	}
}

func TestWhatIsCancelledBeforeItsSlotNeverGoesOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.customers(20)
	w.apply(news(0))
	if _, err := w.Store.SetStatus(t.Context(), "thanks", "cancelled", "the wrong price"); err != nil {
		t.Fatal(err)
	}
	slot := start.Add(1 * days)
	w.clock.Set(slot)
	if _, err := w.OpenSlots(context.Background()); err != nil {
		t.Fatal(err)
	}
	if sent := w.send(slot.Add(time.Hour)); sent != (engine.Sent{}) {
		t.Errorf("%+v", sent)
	}
	if n := testkit.Get[int](t, w.db, "select count(*) from enrollments"); n != 0 {
		t.Errorf("%d entered", n)
	}
}

// shopID is the i-th customer of the world, from 0.
func shopID(i int) string { return fmt.Sprintf("c%d", i+1) }

func TestAPreviewSaysWhatHappens(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.customers(40)
	def := thanks()
	for i := range 40 {
		w.order(shopID(i), start.Add(-time.Hour), 1000)
	}
	type fate struct{ Arm, Scheduled string }
	want, got := map[string]fate{}, map[string]fate{}
	for i := range 40 {
		p, err := w.PreviewCustomer(t.Context(), def, shopID(i), start, engine.Pick{})
		if err != nil {
			t.Fatal(err)
		}
		if p.Reason != "" || p.Untouched {
			t.Fatalf("%s: %q", shopID(i), p.Reason)
		}
		want[shopID(i)] = fate{string(p.Arm), p.Messages[1].ScheduledAt.UTC().Format(time.RFC3339)}
	}
	if n := testkit.Get[int](t, w.db, "select count(*) from campaigns"); n != 0 {
		t.Fatal("a preview wrote something")
	}
	w.clock.Set(start.Add(-2 * time.Hour))
	w.apply(def)
	w.clock.Set(start)
	w.enter()
	for i := range 40 {
		id := shopID(i)
		got[id] = fate{
			testkit.Get[string](t, w.db, "select arm from enrollments where assigned_id = $1", id),
			testkit.Get[time.Time](t, w.db, "select scheduled_at from deliveries d join enrollments using (enrollment_id) where assigned_id = $1 and wave = 'again'", id).UTC().Format(time.RFC3339),
		}
	}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("-happened +previewed\n%s", diff)
	}
}
