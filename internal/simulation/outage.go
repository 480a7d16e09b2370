package simulation

import (
	"maps"
	"math/rand/v2"
	"time"

	"github.com/rewave/rewave/internal/channel"
	"github.com/rewave/rewave/internal/delivery"
)

// outage is a time in which the provider of a channel is out of order: a state of
// things, where a bad call is a mishap.
type outage struct {
	channel     string
	from, until time.Time
	kind        int
	met         bool // by a call
}

// crowded says whether a provider is out of order in this schedule. That is rare: it
// takes a crowd and one worker for calls enough to tell anything by. It and
// drawOutages draw by themselves, so that older seeds stand for what they did.
func (w *World) crowded() bool {
	return w.faults&Outage != 0 && rand.New(rand.NewPCG(w.spec.Seed, 0xc406)).IntN(64) == 0
}

// drawOutages has a provider out of order when the messages of a wave are due.
func (w *World) drawOutages() {
	w.outages = w.outages[:0]
	if !w.crowded() {
		return
	}
	r := rand.New(rand.NewPCG(w.spec.Seed, 0x07a6))
	waves := w.running[0].stored.Definition.Waves
	waves = waves[:1+min(r.IntN(len(waves)), r.IntN(len(waves)))]
	at := w.start.Add(time.Duration(r.IntN(60)-30) * time.Second)
	for i := range waves {
		at = at.Add(waves[i].After.Wait)
	}
	for range 1 + r.IntN(3) {
		o := outage{channel: waves[len(waves)-1].Channels[0], from: at, kind: []int{0, 0, 1, 2, 2, 3}[r.IntN(6)]}
		o.until = at.Add(time.Duration(40+r.IntN(8*60)) * time.Second)
		w.outages = append(w.outages, o)
		at = o.until.Add(time.Duration(30+r.IntN(4*60)) * time.Second)
	}
}

// unhindered is a campaign that writes to nearly everybody at once.
func (w *World) unhindered() entry {
	for at := int(w.spec.Seed>>4) % catalogueSize; ; at = (at + 1) % catalogueSize {
		c := &w.catalogue[at].stored.Definition
		if first := c.Waves[0]; first.After.Wait == 0 && first.Between == nil && first.Skip.Share == 0 && c.Holdout.Share == 0 && c.Limits.PerMinute == 0 && c.Limits.BudgetMinor == nil && c.Limits.DayBudgetMinor == nil {
			return w.catalogue[at]
		}
	}
}

// outage is that of a channel now; nil: there is none.
func (w *World) outage(channel string) *outage {
	for i := range w.outages {
		if o := &w.outages[i]; o.channel == channel && !w.clock.Before(o.from) && w.clock.Before(o.until) {
			return o
		}
	}
	return nil
}

// lastOutage is the end of the last that a call has met.
func (w *World) lastOutage() (at time.Time) {
	for _, o := range w.outages {
		if o.met && o.until.After(at) {
			at = o.until
		}
	}
	return at
}

// fate is that of a call which meets the outage: most go the same way.
func (o *outage) fate(w *World, else_ fate) fate {
	if w.rand.IntN(5) == 0 {
		return else_
	}
	o.met = true
	switch o.kind {
	case 0:
		return fate{outcome: channel.Outcome{Verdict: channel.NotTaken, Reason: "dial", Trouble: channel.OfProvider}}
	case 1:
		return fate{taken: w.rand.IntN(2) == 0, outcome: channel.Outcome{Verdict: channel.Unknown, Reason: "500"}}
	case 2:
		return fate{outcome: channel.Outcome{Verdict: channel.Failed, Reason: "550 no such mailbox"}}
	}
	return fate{outcome: channel.Outcome{Verdict: channel.NotTaken, Reason: "421", Trouble: channel.Rests}}
}

// moves has customers be others by the time that a message to them is in doubt:
// under its key no other may go out.
func (w *World) moves() {
	r := rand.New(rand.NewPCG(w.spec.Seed, 0x30e5))
	if w.faults&Moves == 0 || r.IntN(3) > 0 {
		return
	}
	for i := range 1 + r.IntN(3) {
		address, wait := r.IntN(3) > 0, time.Duration(r.IntN(40))*time.Second
		th := w.spawn("move", nil, nil)
		th.job = func() {
			th.await(func() bool { return w.outlook.doubtful.known })
			th.sleep(wait)
			if d := w.inDoubt(i); d != nil && address {
				w.insist(func() error { return w.move(d.customer, d.channel) })
			} else if d != nil {
				w.insist(func() error { // it comes to be known late
					return w.memory.placeOrder(background, d.customer, order{id: int64(2000 + i), placed: d.gateAt.Add(-time.Second), minor: 500, currency: "EUR"})
				})
			}
		}
	}
}

// inDoubt is the n-th message in doubt, or the last before.
func (w *World) inDoubt(n int) (found *message) {
	for _, r := range w.memory.deliveries.rows {
		if d := r.see(nil); d != nil && d.state == delivery.Unknown && n >= 0 {
			found, n = d, n-1
		}
	}
	return found
}

func (w *World) move(customer int64, channel string) error {
	for i, r := range w.memory.deliveries.rows {
		if r.was.customer == customer {
			f := w.judge.file(int64(i) + 1)
			f.moved = append(f.moved, channel)
		}
	}
	return w.memory.change(background, "move", customer, func(_ *tx, p *person) {
		p.since = maps.Clone(p.since)
		if p.since == nil {
			p.since = map[string]time.Time{}
		}
		p.since[channel] = w.clock
		switch {
		case !p.erased.IsZero():
		case channel == "sms":
			p.phone += "0"
		default:
			p.email = "new." + p.email
		}
	})
}
