package simulation

import (
	"slices"
	"time"

	"github.com/rewave/rewave/internal/channel"
	"github.com/rewave/rewave/internal/delivery"
	"github.com/rewave/rewave/internal/postgres"
)

// thanked is a word that a provider was thanked for.
type thanked struct {
	channel string
	id      int64 // of the delivery
	postgres.Feedback
	after time.Time // the failover that it came after; zero: none
}

// speak has a provider say what became of a message: now or much later, once or
// twice. It says nothing of its own accord that is not so; but of what it has not
// taken it may say that it failed.
func (p *Provider) speak(id int64, m channel.Message, fate fate) {
	w := p.w
	if w.faults&Words == 0 {
		return
	}
	f := w.judge.file(id)
	if f.untaken = fate.outcome.Verdict == channel.NotTaken; w.rand.IntN(3) > 0 {
		return
	}
	types := [][]string{{"accepted"}, {"delivered"}, {"delivered", "complained"}, {"bounced"}, {"accepted", "delivered"}, {"failed", "bounced"}}[w.rand.IntN(6)]
	switch {
	case fate.taken:
	case fate.outcome.Verdict == channel.Failed, f.untaken:
		types = []string{"failed"}
	default:
		return
	}
	for _, typ := range types {
		p.say(id, m, typ, typ == "bounced" && w.rand.IntN(2) == 0, w.later())
	}
}

// repeats has a provider say once more, while it is called again, that it has not
// taken a message.
func (p *Provider) repeats(id int64, m channel.Message) bool {
	w := p.w
	if w.faults&Words == 0 || !w.judge.file(id).untaken || w.rand.IntN(2) == 0 {
		return false
	}
	p.say(id, m, "failed", false, time.Duration(w.rand.IntN(100))*time.Millisecond)
	return true
}

// later is how long words are under way.
func (w *World) later() time.Duration {
	switch w.rand.IntN(6) {
	case 0, 1:
		return time.Duration(w.rand.IntN(24*3600)) * time.Second
	case 2:
		return time.Duration(w.rand.IntN(8*60)) * time.Second
	}
	return time.Duration(w.rand.IntN(2000)) * time.Millisecond
}

func (p *Provider) say(id int64, m channel.Message, typ string, hard bool, after time.Duration) {
	w := p.w
	f := w.judge.file(id)
	f.failed = f.failed || typ == "failed"
	if next, ok := w.nextOf(id); ok && (typ == "complained" || hard) && w.rand.IntN(2) == 0 {
		after = max(0, next.Sub(w.clock)+time.Duration(w.rand.IntN(300)-150)*time.Millisecond) // while it is at the gate
	}
	w.spoken++
	e := postgres.Feedback{ID: "e" + itoa(w.spoken), Ref: m.Ref, Type: typ, At: w.clock, Hard: hard}
	for range 1 + w.rand.IntN(2) {
		w.word(p.name, id, e, after)
		after = w.later()
	}
}

// nextOf is when the next message of a delivery's customer is due.
func (w *World) nextOf(id int64) (next time.Time, ok bool) {
	of := w.memory.delivery(id).was.customer
	for _, r := range w.memory.deliveries.rows {
		if d := r.see(nil); d != nil && d.customer == of && d.state == delivery.Planned && d.due.After(w.clock) && (!ok || d.due.Before(next)) {
			next, ok = d.due, true
		}
	}
	return next, ok
}

// word posts a word, until it is thanked for.
func (w *World) word(channel string, id int64, e postgres.Feedback, after time.Duration) {
	th := w.spawn("word on "+e.Ref, nil, nil)
	th.job = func() {
		th.sleep(after)
		w.insist(func() error {
			if w.memory.delivery(id).see(nil) == nil {
				return nil // a failover has forgotten it: it would be asked about for three days
			}
			_, err := w.others.RecordFeedback(background, channel, []postgres.Feedback{e})
			if err == nil {
				w.told = append(w.told, thanked{channel, id, e, w.failedOver})
			}
			return err
		})
	}
}

// listener is the listener's loop.
func (w *World) listener(a *actor) {
	a.life++
	w.spawn(a.name, a, func() {
		me := w.scheduler.running
		for {
			me.attend(&w.outlook.hear)
			_, _ = w.others.HearFeedback(background) // again in a second
			me.sleep(time.Second)
		}
	})
}

// wordsAtRest judges what became of what providers said.
func (w *World) wordsAtRest() {
	for _, x := range w.told {
		if !x.after.Equal(w.failedOver) {
			continue // the ledger may have forgotten it
		}
		kept := w.memory.stored(x.channel, x.ID)
		if kept == nil {
			w.violate("what a provider said is kept", "%s of delivery %d was taken with thanks, and is not there", x.Type, x.id)
			return
		}
		d := w.memory.delivery(x.id).see(nil)
		if d == nil {
			continue // it was forgotten while the word was stored
		}
		f := w.judge.file(d.id)
		switch {
		case !kept.due.IsZero():
			w.violate("comes to rest", "%s of delivery %d was never heard", x.Type, x.id)
		case x.channel != d.channel && (x.Type == "failed" || !w.failedOver.IsZero()):
			// It was sent on another channel since.
		case kept.rejected != "":
			w.violate("what a provider said is known", "%s of delivery %d is rejected: %s", x.Type, x.id, kept.rejected)
		case x.Type == "failed":
			said := f.gated // before that it was said of an earlier pass
			if d.returned > 0 {
				said = said.Add(30 * time.Second) // and may have been while this one was under way
			}
			if d.state == delivery.UnknownFinal && !kept.Received.Before(said) {
				w.violate("what a provider said is known", "delivery %d is unknown, and its provider said that it failed", d.id)
			}
		case d.state == delivery.Failed && f.failed && w.inTimeToSay(d.id, f, kept):
			w.violate("failed is the last word", "delivery %d failed, and its provider said %s within minutes", d.id, x.Type)
		case d.state != delivery.Accepted && !f.again && !(d.state == delivery.Failed && f.failed):
			w.violate("what a provider said is known", "delivery %d is %s, and its provider said %s", d.id, d.state, x.Type)
		case kept.bans() && !slices.Contains(f.moved, d.channel) && !w.banned(d):
			w.violate("who complains or cannot be reached is written to no more", "delivery %d: %s", d.id, x.Type)
		}
	}
}

// inTimeToSay says whether a provider said that it took a message soon enough
// after it said that it failed, and not by the end of a call.
func (w *World) inTimeToSay(id int64, f *file, taken *said) bool {
	for _, c := range f.calls {
		if c.verdict == channel.Failed || c.verdict == channel.NotTaken {
			return false
		}
	}
	for _, r := range w.memory.said.rows {
		if x := r.see(nil); x != nil && x.delivery == id && x.Type == "failed" && !taken.Received.Before(x.Received.Add(9*time.Minute)) {
			return false
		}
	}
	return true
}

// banned says whether the address of a delivery's customer is suppressed, or gone.
func (w *World) banned(d *message) bool {
	address := w.memory.person(d.customer).see(nil).address(d.channel)
	return address == "" || w.memory.banned(nil, d.channel, address, w.clock)
}

// stored is a word by its event; nil: it is not there.
func (m *Memory) stored(channel, event string) *said {
	for _, r := range m.said.rows {
		if x := r.see(nil); x != nil && x.channel == channel && x.event == event {
			return x
		}
	}
	return nil
}
