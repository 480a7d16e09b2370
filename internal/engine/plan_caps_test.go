package engine_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/postgres"
	"github.com/rewave/rewave/internal/report"
	"github.com/rewave/rewave/internal/testkit"
)

// sends adds up the messages of a planned campaign.
func sends(c report.PlannedCampaign) string {
	var sent, withheld float64
	for _, s := range c.Sends {
		sent, withheld = sent+s.Send, withheld+s.Withheld
	}
	return fmt.Sprintf("%g sent, %g withheld", sent, withheld)
}

// sentSince adds up what a campaign let through since an instant.
func (w *world) sentSince(campaign string, at time.Time) string {
	w.t.Helper()
	return testkit.Get[string](w.t, w.db, `select concat(count(*) filter (where state = 'accepted'), ' sent, ', count(*) filter (where state = 'withheld'), ' withheld')
		from deliveries d join campaigns c using (campaign_id) where c.name = $1 and gate_at >= $2`, campaign, at)
}

// A service message that no cap counts takes no room of one, neither planned nor
// sent before.
func TestAPlanCountsNoServiceMessageAgainstCaps(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.customers(24)
	w.Shop.Cap = postgres.Cap{Limit: 2, Window: 14 * days}
	def := func(day int) campaigns.Campaign {
		return thanks(slotOn(day, "true"), func(c *campaigns.Campaign) {
			c.Name, c.Exit = fmt.Sprint("note", day), nil
			c.Waves[0].Name, c.Waves[0].Service, c.Waves[0].After = "note", true, campaigns.After{}
			c.Waves[1].Name, c.Waves[1].After = "promo", campaigns.After{Wave: "note", Wait: time.Minute}
			c.Limits.PerCustomer = &campaigns.Cap{Count: 1, Window: 14 * days}
			c.Evaluation.Points[0].Anchor.Wave = "promo"
		})
	}
	for _, day := range []int{3, 5} {
		at := start.AddDate(0, 0, day-2)
		planned := sends(w.plan(at.Add(-time.Hour), def(day)).Campaigns[0])
		w.clock.Set(at.Add(-time.Hour))
		w.apply(def(day))
		w.openSlots(at)
		w.send(at)
		w.send(at.Add(time.Minute))
		if diff := cmp.Diff(planned, w.sentSince(def(day).Name, at)); diff != "" {
			t.Errorf("day %d: -planned +happened\n%s", day, diff)
		}
	}
}

// What a campaign withheld from its holdout fills the cap of its next entry in
// either arm alike.
func TestAPlanCountsTheGhostsOfThePast(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.customers(40)
	def := thanks(func(c *campaigns.Campaign) {
		c.Exit, c.Waves = nil, c.Waves[:1]
		c.Enter = campaigns.Enter{Schedule: &campaigns.Schedule{Every: "wednesday", Time: 10 * 60}, When: "true", Again: campaigns.Again{EachTime: true}}
		c.Limits.PerCustomer = &campaigns.Cap{Count: 1, Window: 20 * days}
	})
	w.apply(def)
	w.openSlots(start.Add(2 * days))
	w.send(start.Add(3 * days))
	if got := w.sentSince("thanks", start); got == "0 sent, 0 withheld" || got == "40 sent, 0 withheld" {
		t.Fatalf("first slot: %s, want some of both", got)
	}
	planned := sends(w.plan(start.Add(4*days), def).Campaigns[0])
	w.openSlots(start.Add(9 * days))
	w.send(start.Add(10 * days))
	if diff := cmp.Diff(planned, w.sentSince("thanks", start.Add(4*days))); diff != "" {
		t.Errorf("second slot: -planned +happened\n%s", diff)
	}
}

// What a paused campaign has planned neither goes out nor outranks.
func TestAPlanTakesNothingOfAPausedCampaign(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.customers(20)
	w.Shop.Cap = postgres.Cap{Limit: 1, Window: 2 * days}
	w.apply(thanks(slotOn(3, "true"), treatAll, func(c *campaigns.Campaign) {
		c.Name, c.Waves, c.Limits.Priority = "first", c.Waves[:1], 90
		c.Waves[0].After.Wait, c.Waves[0].ExpiresAfter = 2*days+time.Hour, 9*days
	}))
	at := start.Add(1 * days)
	w.openSlots(at)
	def := thanks(slotOn(4, "true"), treatAll, func(c *campaigns.Campaign) { c.Waves = c.Waves[:1] })
	if got := sends(w.plan(at, def).Campaigns[0]); got != "0 sent, 0 withheld" {
		t.Errorf("while it runs: got %s", got)
	}
	if _, err := w.Store.SetStatus(context.Background(), "first", "paused", "wait"); err != nil {
		t.Fatal(err)
	}
	planned := w.plan(at, def).Campaigns[0]
	w.apply(def)
	w.openSlots(at.Add(1 * days))
	w.send(at.Add(2 * days))
	if diff := cmp.Diff(sends(planned), w.sentSince("thanks", start)); diff != "" {
		t.Errorf("-planned +happened\n%s", diff)
	}
}

// Past orders are asked as if the campaign had run only now: the messages that it
// did send after them do not count twice.
func TestAForecastDoesNotCountItsOwnMessagesTwice(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	def := thanks(func(c *campaigns.Campaign) {
		c.Waves = c.Waves[:1]
		c.Limits.PerCustomer = &campaigns.Cap{Count: 1, Window: 20 * days}
	})
	w.entered(20, def)
	w.send(start.Add(1 * days))
	a := w.plan(start.Add(5*days), def).Campaigns[0].Audience
	if a.Enter != 20 || a.Treat == 0 || len(a.Written) != 1 || a.Written[0].Count != a.Treat || len(a.Nothing) != 0 {
		t.Errorf("got %+v, want a message for every treated customer", a)
	}
}
