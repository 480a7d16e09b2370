package simulation

import (
	"time"

	"github.com/rewave/rewave/internal/channel"
	"github.com/rewave/rewave/internal/delivery"
)

// past is what a commit has written, and what the judge had noted before it.
type past struct {
	at             time.Time
	rows           []row
	steers, passed int
}

// A failover loses at most so many commits, and none that is older.
const (
	longestTail = 40
	oldestTail  = 10 * time.Second
)

// remember keeps what a commit is about to overwrite.
func (w *World) remember(t *tx) {
	var rows []row // room of a commit that cannot be lost any more
	switch n := len(w.tail); {
	case n == longestTail:
		rows = w.tail[0].rows
		copy(w.tail, w.tail[1:])
		w.tail = w.tail[:n-1]
	case n < cap(w.tail):
		rows = w.tail[:n+1][n].rows
	}
	rows = rows[:0]
	for _, r := range t.held {
		if r.keep() {
			rows = append(rows, r)
		}
	}
	w.tail = append(w.tail, past{w.clock, rows, len(w.judge.steers), len(w.judge.passed)})
}

// failOver ends every open transaction, and has a server go on that lacks the
// newest commits. Numbers that were given out are not given again: a row that is
// lost leaves its place empty.
func (w *World) failOver() {
	w.restart()
	lost := 0
	for limit := w.rand.IntN(len(w.tail) + 1); lost < limit; lost++ {
		p := w.tail[len(w.tail)-1]
		if p.at.Before(w.clock.Add(-oldestTail)) {
			break
		}
		w.tail = w.tail[:len(w.tail)-1]
		for _, r := range p.rows {
			r.undo()
		}
		w.judge.steers, w.judge.passed = w.judge.steers[:p.steers], w.judge.passed[:p.passed]
	}
	w.memory.server++
	w.failedOver = w.clock
	w.outlook.reset()
	w.judge.failedOver(w)
	if w.tracing {
		w.note("database", "fails over and lacks "+itoa(int64(lost))+" commits")
	}
}

// failedOver has the judge forget what the ledger cannot know any more. What was
// called stays called.
func (j *judge) failedOver(w *World) {
	j.rests = j.rests[:0]
	for _, r := range w.memory.rests.rows {
		if x := r.see(nil); x != nil {
			j.rests = append(j.rests, knownRest{*x, w.clock})
		}
	}
	for i := range j.files {
		f := &j.files[i]
		d := w.memory.delivery(int64(i) + 1).see(nil)
		f.shaken, f.excused = f.excused || f.written || d == nil || d.epoch+1 != f.epoch, true // of two lost passes the newer is not known again
		switch {
		case d == nil:
		case d.state == delivery.Quarantine:
			f.unasked = true // whatever gate it has passed since
		case d.state == delivery.Planned, d.state == delivery.Sending:
			f.unasked = false // what put it in quarantine is forgotten
		}
		if f.code == "" {
			continue
		}
		// A code that was bound in what is lost is free again.
		if c := w.memory.bound(int64(i)+1, nil); c == nil || c.code != f.code {
			delete(j.codes, f.code)
			f.code = ""
		}
	}
}

// watch is the watch's loop.
func (w *World) watch(a *actor) {
	a.life++
	w.spawn(a.name, a, func() {
		me := w.scheduler.running
		for {
			me.await(func() bool { return !w.memory.same(nil) })
			me.sleep(time.Duration(w.rand.IntN(1000)) * time.Millisecond)
			for {
				if _, err := w.others.NoticeFailover(background); err == nil {
					break
				}
				me.sleep(time.Second)
			}
		}
	})
}

// quarantined judges what a failover has left in quarantine.
func (w *World) quarantined(d *message, f *file) {
	p, taken, told := w.promises[d.channel], 0, false
	for _, c := range f.calls {
		taken += c.taken
		told = told || c.verdict == channel.Accepted
	}
	// It was noticed while the worker still tried to write, and nothing else went wrong.
	heard := told && !f.shaken && f.by.life == f.life && !w.failedOver.Before(f.gated) && d.claimed.Before(f.gated.Add(20*time.Second)) && w.awayTill.Before(f.gated.Add(20*time.Second)) && !w.lastMishap.After(later(w.failedOver, w.awayTill))
	switch {
	case w.failedOver.IsZero():
		w.violate("comes to rest", "delivery %d is in quarantine, and no failover put it there", d.id)
	case heard:
		w.violate("what outlives a failover is written", "delivery %d is in quarantine, and its worker heard that it was taken", d.id)
	case taken > 0 && p.LookupByRef:
		w.violate("what the provider knows is known", "delivery %d was taken, and is in quarantine", d.id)
	case p.IdempotencyWindow > 0 && len(waveOf(w.definition(d.campaign), d.wave).Channels) == 1 && earlier(d.expires, d.gateAt.Add(delivery.Usable(p.IdempotencyWindow))).After(later(w.failedOver, w.lastMishap).Add(delivery.AskAfter(1e3)+patience)):
		w.violate("what a failover puts in doubt is looked at", "delivery %d is in quarantine, and its provider takes a key once", d.id)
	}
}
