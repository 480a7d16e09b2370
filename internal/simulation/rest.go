package simulation

import (
	"fmt"
	"time"

	"github.com/rewave/rewave/internal/audience"
	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/channel"
	"github.com/rewave/rewave/internal/delivery"
	"github.com/rewave/rewave/internal/holdout"
)

// atRest judges the ledger when nobody has anything to do any more.
func (w *World) atRest() {
	for i, r := range w.memory.deliveries.rows {
		d := r.see(nil)
		if d == nil {
			continue
		}
		if d.state == delivery.Quarantine {
			w.quarantined(d, w.judge.file(int64(i)+1))
			continue
		}
		if !ended(d.state) {
			w.violate("comes to rest", "delivery %d is %s: %s", d.id, d.state, w.unrest())
			return
		}
		w.agrees(d, w.judge.file(int64(i)+1))
		w.inTime(d, w.judge.file(int64(i)+1))
	}
	w.enrollmentsAtRest()
	w.booksAtRest()
	w.wordsAtRest()
}

func ended(s delivery.State) bool {
	switch s {
	case delivery.Planned, delivery.Sending, delivery.Unknown, delivery.Quarantine:
		return false
	}
	return true
}

// agrees holds the ledger against what the provider took.
func (w *World) agrees(d *message, f *file) {
	taken, surely := 0, true
	for _, c := range f.calls {
		taken += c.taken
		surely = surely && (c.verdict == channel.Accepted || c.verdict == channel.Failed || c.verdict == channel.NotTaken)
	}
	last := len(f.calls) - 1
	heard := last >= 0 && f.calls[last].verdict == channel.Accepted && f.calls[last].epoch == f.epoch && !f.calls[last].again && !f.excused
	switch {
	case heard && d.state == delivery.Failed:
		w.violate("the ledger is the provider's", "delivery %d failed, and its worker heard that it was taken", d.id)
	case taken > 1:
		w.violate("never twice", "delivery %d was taken %d times", d.id, taken)
	case d.state == delivery.Accepted && taken == 0:
		w.violate("the ledger is the provider's", "delivery %d is accepted, and nobody took it", d.id)
	case taken > 0 && d.state != delivery.Accepted && d.state != delivery.UnknownFinal && !f.again && !(d.state == delivery.Failed && f.failed):
		w.violate("the ledger is the provider's", "delivery %d was taken, and is %s", d.id, d.state)
	case taken > 0 && d.state == delivery.UnknownFinal && w.promises[d.channel].LookupByRef:
		w.violate("what the provider knows is known", "delivery %d was taken, and is unknown", d.id)
	case d.state == delivery.UnknownFinal && w.promises[d.channel].IdempotencyWindow >= 24*time.Hour && !f.left:
		w.violate("nothing stays unknown where a key is taken once", "delivery %d does: %s", d.id, d.reason)
	case d.state == delivery.UnknownFinal && surely && !f.excused:
		w.violate("unknown has a cause", "delivery %d is unknown, and the provider was clear", d.id)
	case d.state == delivery.Withheld && (d.reason == string(audience.Holdout)) != (d.arm != holdout.Treat):
		w.violate("ghosts are not sent", "delivery %d of arm %s is withheld: %s", d.id, d.arm, d.reason)
	case refusal(d.state) && d.reason == "":
		w.violate("every end has a reason", "delivery %d is %s", d.id, d.state)
	case d.state == delivery.Dead:
		w.violate("what can be sent is sent", "delivery %d is dead: %s", d.id, d.reason)
	}
}

// patience is how long the healed system may need: a hint that was lost is given
// again within a minute, a worker begins again within half of one.
const patience = 5 * time.Minute

// inTime holds whoever is to blame to account for what came too late.
func (w *World) inTime(d *message, f *file) {
	if d.state != delivery.Expired || d.reason != string(audience.Late) {
		return
	}
	for _, s := range w.judge.steers {
		if s.campaign == d.campaign || s.campaign == 0 && (s.channel == "" || s.channel == d.channel) {
			return
		}
	}
	from := d.scheduled
	for _, at := range []time.Time{f.planned, w.lastMishap, w.lastOutage()} {
		from = later(from, at)
	}
	for _, rest := range w.judge.asked {
		if rest.channel == d.channel {
			from = later(from, rest.till)
		}
	}
	if d.expires.Sub(from) > patience {
		w.violate("what can be sent is sent", "delivery %d was due at %s and is late at %s, though nothing went wrong after %s", d.id, d.scheduled, d.expires, from)
	}
}

// enrollmentsAtRest counts what was planned, and draws the arms once more.
func (w *World) enrollmentsAtRest() {
	m := w.memory
	type round struct {
		enrollment int64
		n          int
	}
	type one struct {
		customer, entered int64
		campaign, round   int
		wave              string
	}
	planned, seen := map[round]int{}, make(map[one]bool, len(m.deliveries.rows))
	for _, r := range m.deliveries.rows {
		d := r.see(nil)
		if d == nil {
			continue
		}
		key := one{d.customer, d.entered.UnixNano(), d.campaign, d.round, d.wave}
		if seen[key] {
			w.violate("planned once", "delivery %d is there twice", d.id)
		}
		seen[key] = true
		planned[round{d.enrollment, d.round}]++
		e := m.enrollment(d.enrollment).see(nil)
		service := waveOf(w.definition(d.campaign), d.wave).Service
		if !service && d.arm != e.arm || service && d.arm != holdout.Treat {
			w.violate("the arm is kept", "delivery %d is of arm %s, its enrollment of %s", d.id, d.arm, e.arm)
		}
	}
	for _, r := range m.enrolled.rows {
		e := r.see(nil)
		if e == nil {
			continue
		}
		if arm, _ := holdout.Assign(e.share, e.layer, e.key); arm != e.arm {
			w.violate("the arm is kept", "enrollment %d is %s, and drawn again %s", e.id, e.arm, arm)
		}
		def := w.definition(e.campaign)
		if m.campaign(e.campaign, nil).status != "cancelled" && e.begun != def.Rounds.Times {
			w.violate("comes to rest", "enrollment %d has begun %d of %d rounds", e.id, e.begun, def.Rounds.Times)
		}
		for n := 1; n <= e.begun; n++ {
			if got := planned[round{e.id, n}]; got != len(def.Waves) {
				w.violate("planned once", "round %d of enrollment %d has %d of %d deliveries", n, e.id, got, len(def.Waves))
			}
		}
	}
}

// booksAtRest adds up money and codes, and looks for what was left behind.
func (w *World) booksAtRest() {
	m := w.memory
	for _, r := range m.limits.rows {
		if spent := w.spent(nil, r.was.campaign); r.was.spent != spent {
			w.violate("the budget", "campaign %d has spent %d by its books and %d by its messages", r.was.campaign, r.was.spent, spent)
		}
	}
	for _, r := range m.days.rows {
		if d := r.see(nil); d != nil {
			at := calendar.Instant(d.day, 0, time.UTC)
			if n := w.hadOn(nil, d.channel, at); n != d.passed {
				w.violate("no more than the day's", "%s had %d messages on %s by its books and %d by its messages", d.channel, d.passed, d.day, n)
			}
		}
	}
	carried := map[int64]string{}
	for _, r := range m.codes.rows {
		c := r.see(nil)
		if c == nil || c.delivery == 0 {
			continue
		}
		if d := m.delivery(c.delivery).see(nil); d.arm != holdout.Treat || d.skip || d.customer != c.customer {
			w.violate("one code each", "%s is bound to delivery %d", c.code, c.delivery)
		}
		if other := carried[c.delivery]; other != "" {
			w.violate("one code each", "delivery %d has %s and %s", c.delivery, other, c.code)
		}
		carried[c.delivery] = c.code
		if code := w.judge.file(c.delivery).code; code != "" && code != c.code {
			w.violate("one code each", "delivery %d carried %s and is bound to %s", c.delivery, code, c.code)
		}
	}
	for _, r := range m.claims.rows {
		if c := r.see(nil); c != nil {
			w.violate("comes to rest", "claim %d was left behind", c.id)
		}
	}
	for _, r := range m.inbox.rows {
		if x := r.see(nil); x != nil && m.campaign(x.campaign, nil).status != "cancelled" {
			w.violate("comes to rest", "order %d was never considered", x.order)
		}
	}
}

// unrest says who has not ended.
func (w *World) unrest() string {
	left := map[delivery.State]int{}
	for _, r := range w.memory.deliveries.rows {
		if d := r.see(nil); d != nil && !ended(d.state) {
			left[d.state]++
		}
	}
	return fmt.Sprintf("%v, %d hints, %d at work, clock %s", left, len(w.queue.hints), w.queue.active, w.clock.Format(time.RFC3339))
}
