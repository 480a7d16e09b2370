package simulation

import (
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
// twice. It says nothing of its own accord that is not so.
func (p *Provider) speak(id int64, m channel.Message, taken bool) {
	w := p.w
	if w.faults&Words == 0 || w.rand.IntN(3) > 0 {
		return
	}
	types := [][]string{{"accepted"}, {"delivered"}, {"delivered", "complained"}, {"bounced"}, {"accepted", "delivered"}, {"failed", "bounced"}}[w.rand.IntN(6)]
	if !taken {
		types = []string{"failed"}
	}
	for _, typ := range types {
		f := w.judge.file(id)
		f.failed = f.failed || typ == "failed"
		w.spoken++
		e := postgres.Feedback{ID: "e" + itoa(w.spoken), Ref: m.Ref, Type: typ, At: w.clock, Hard: typ == "bounced" && w.rand.IntN(2) == 0}
		for range 1 + w.rand.IntN(2) {
			w.word(p.name, id, e)
		}
	}
}

// word posts a word, until it is thanked for.
func (w *World) word(channel string, id int64, e postgres.Feedback) {
	after := time.Duration(w.rand.IntN(2000)) * time.Millisecond
	if w.rand.IntN(3) == 0 {
		after = time.Duration(w.rand.IntN(24*3600)) * time.Second
	}
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
			me.await(w.hear)
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
		case kept.rejected != "":
			w.violate("what a provider said is known", "%s of delivery %d is rejected: %s", x.Type, x.id, kept.rejected)
		case x.Type == "failed":
			if d.state == delivery.UnknownFinal {
				w.violate("what a provider said is known", "delivery %d is unknown, and its provider said that it failed", d.id)
			}
		case d.state != delivery.Accepted && !f.again && !(d.state == delivery.Failed && f.failed):
			w.violate("what a provider said is known", "delivery %d is %s, and its provider said %s", d.id, d.state, x.Type)
		case kept.bans() && !w.banned(d):
			w.violate("who complains or cannot be reached is written to no more", "delivery %d: %s", d.id, x.Type)
		}
	}
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
