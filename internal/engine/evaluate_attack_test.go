package engine_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/channel"
	"github.com/rewave/rewave/internal/evaluation"
	"github.com/rewave/rewave/internal/holdout"
	"github.com/rewave/rewave/internal/postgres"
)

// What both arms get is not the campaign's to earn back: a service wave goes to
// the holdout too.
func TestBreakEvenIsOfWhatTheHoldoutDoesNotCost(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	margin := 0.5
	w.Shop.Margin, w.Shop.CostMicros = &margin, map[string]int64{"email": 300_000}
	w.crowd(300, thanks(func(c *campaigns.Campaign) { c.Exit = nil; c.Waves[1].Service = true }))
	w.send(anchor)
	w.send(start.Add(8 * days))
	w.buy(holdout.Treat, 80, anchor, 1000)
	w.buy(holdout.Hold, 60, anchor, 1000)
	got := w.report(final).Points[0]
	// 0.30 for the one message that only the treated get, of an order that earns 5.00.
	if got.Verdict != evaluation.Pays || got.BreakEven == nil || *got.BreakEven != 0.06 {
		t.Errorf("got %s, break-even %v; want PAYS and 0.06: %s", got.Verdict, got.BreakEven, got.Sentence)
	}
}

// The bound on profit follows the margin as it is: that on revenue is frozen.
func TestTheCapOnProfitFollowsTheMargin(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	margin := 0.05
	w.Shop.Margin = &margin
	w.crowd(300, thanks(func(c *campaigns.Campaign) { c.Exit = nil }))
	most := int64(4000)
	w.db.Exec(t, `update campaign_designs set caps = $1`, []postgres.Bound{{WindowSeconds: 30 * 86400, Windows: 5000, Revenue: postgres.Quantiles{P99: &most, P995: &most}}})
	w.send(anchor)
	w.buy(holdout.Treat, 80, anchor, 5000)
	w.buy(holdout.Hold, 40, anchor, 5000)
	for share, want := range map[float64]int64{0.05: 200, 0.5: 2000} {
		w.Shop.Margin = &share
		m, ok := w.report(final).Points[0].Metric(evaluation.MetricProfit)
		if !ok || m.Cap == nil || m.Cap.Minor != want {
			t.Errorf("margin %g: cap %+v, want %d", share, m.Cap, want)
		}
	}
}

// The lot decides who is compared: a message that the gate let pass and that no
// provider took stays among the sent, as its like among the skipped would.
func TestAWavesOwnEffectKeepsWhomNoProviderTook(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.crowd(600, thanks(treatAll, func(c *campaigns.Campaign) {
		c.Exit = nil
		c.Waves = c.Waves[:1]
		c.Waves[0].Skip = campaigns.Skip{Share: holdout.Whole / 2}
	}))
	w.provider.answer = func(m channel.Message) channel.Outcome {
		if n, _ := strconv.Atoi(strings.TrimSuffix(strings.TrimPrefix(m.To, "c"), "@mail.example")); n%5 == 0 { // full, and its owner is gone
			return channel.Outcome{Verdict: channel.NotTaken, Reason: "452 mailbox full"}
		}
		return channel.Outcome{Verdict: channel.Accepted, ProviderID: m.Ref}
	}
	for i := range 40 {
		w.send(anchor.Add(time.Duration(i) * time.Hour))
	}
	w.clock.Set(anchor.Add(20 * days))
	if _, err := w.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	var p purchases
	for n := 2; n <= 600; n += 2 {
		if n%5 != 0 {
			p.add(fmt.Sprint("c", n), anchor.Add(days), 1000, "EUR", time.Time{}, 0)
		}
	}
	w.store(p)
	e := w.report(start.Add(100 * days)).WaveEffects[0]
	if all := e.Sent.Final + e.Skipped.Final; all != 600 || e.Sent.Buyers+e.Skipped.Buyers != 240 {
		t.Errorf("sent %d of %d, skipped %d of %d; want 240 of 600 in all", e.Sent.Buyers, e.Sent.Final, e.Skipped.Buyers, e.Skipped.Final)
	}
	if d := e.Difference; !d.Known() || *d.Lo > 0 || *d.Hi < 0 {
		t.Errorf("an effect of %v where there is none", d)
	}
}
