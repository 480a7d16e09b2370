package simulation

import "time"

// outlook is when there is next something to do. What a commit has touched of it
// is worked out again.
type outlook struct {
	stale            [parts]bool
	touched          bool // any of them
	due, swept       next // of deliveries
	lapsed, doubtful next // of claims
	waiting          next // of orders
	round            next // of enrollments
	heard            next // of words
}

// next is an instant, if there is one.
type next struct {
	at    time.Time
	known bool
}

// The parts are the tables that they are worked out from.
const (
	ofDeliveries = iota
	ofClaims
	ofInbox
	ofEnrollments
	ofWords
	parts
)

func (n *next) soonest(at time.Time) {
	if !n.known || at.Before(n.at) {
		*n = next{at, true}
	}
}

func (n *next) come(now time.Time) bool { return n.known && !now.Before(n.at) }

func (o *outlook) reset() { *o = outlook{stale: everything, touched: true} }

var everything = [parts]bool{true, true, true, true, true}

// changed notes what a transaction leaves behind.
func (o *outlook) changed(t *tx) {
	for _, held := range t.held {
		switch held.(type) {
		case *record[message]:
			o.stale[ofDeliveries] = true
		case *record[claim]:
			o.stale[ofClaims] = true
		case *record[waiting]:
			o.stale[ofInbox] = true
		case *record[enrolled]:
			o.stale[ofEnrollments] = true
		case *record[said]:
			o.stale[ofWords] = true
		case *record[campaign], *record[string], *record[rest]:
			o.stale = everything
		}
	}
	o.touched = true
}

// ahead is the outlook as it is.
func (w *World) ahead() *outlook {
	if w.outlook.touched {
		w.look()
	}
	return &w.outlook
}

func (w *World) look() {
	o := &w.outlook
	for part, read := range [parts]func(*outlook){w.deliveries, w.doubts, w.inbox, w.enrollments, w.words} {
		if o.stale[part] {
			o.stale[part] = false
			read(o)
		}
	}
	o.touched = false
}

// due says whether a delivery can be handed out, anyDue whether one ever will be.
func (w *World) due() bool    { return w.ahead().due.come(w.clock) }
func (w *World) anyDue() bool { return w.ahead().due.known }
func (w *World) ask() bool    { return w.ahead().doubtful.come(w.clock) }
func (w *World) hear() bool   { return w.ahead().heard.come(w.clock) }

func (w *World) reap() bool {
	o := w.ahead()
	return o.swept.come(w.clock) || o.lapsed.come(w.clock)
}

func (w *World) plan() bool {
	o := w.ahead()
	return o.waiting.come(w.clock) || o.round.come(w.clock)
}

// next is when somebody will have something to do; zero: never.
func (w *World) next() time.Time {
	first, o := next{}, w.ahead()
	for _, n := range []*next{&o.due, &o.swept, &o.lapsed, &o.doubtful, &o.waiting, &o.round, &o.heard} {
		if n.known && n.at.After(w.clock) {
			first.soonest(n.at)
		}
	}
	return first.at
}

func (w *World) deliveries(o *outlook) {
	m := w.memory
	o.due, o.swept = next{}, next{}
	for _, r := range m.deliveries.rows {
		d := r.see(nil)
		if d == nil || d.due.IsZero() {
			continue
		}
		ends := later(d.due, d.expires)
		switch m.campaign(d.campaign, nil).status {
		case "running":
			if !m.held(nil, d.channel) {
				o.due.soonest(later(d.due, m.restUntil(nil, d.channel)))
			}
		case "cancelled":
			ends = w.clock
		}
		o.swept.soonest(ends)
	}
}

func (w *World) doubts(o *outlook) {
	o.lapsed, o.doubtful = next{}, next{}
	for _, r := range w.memory.claims.rows {
		if c := r.see(nil); c != nil {
			o.lapsed.soonest(c.attend.Add(1))
			if c.doubt && w.asks() {
				o.doubtful.soonest(c.ask)
			}
		}
	}
}

func (w *World) inbox(o *outlook) {
	m := w.memory
	o.waiting = next{}
	for _, r := range m.inbox.rows {
		if x := r.see(nil); x != nil && m.campaign(x.campaign, nil).status != "cancelled" {
			o.waiting.soonest(x.placed)
		}
	}
}

func (w *World) enrollments(o *outlook) {
	m := w.memory
	o.round = next{}
	for _, r := range m.enrolled.rows {
		if e := r.see(nil); e != nil && !e.next.IsZero() && m.campaign(e.campaign, nil).status != "cancelled" {
			o.round.soonest(e.next)
		}
	}
}

func (w *World) words(o *outlook) {
	o.heard = next{}
	for _, r := range w.memory.said.rows {
		if x := r.see(nil); x != nil && !x.due.IsZero() {
			o.heard.soonest(x.due)
		}
	}
}

// asks says whether any provider can be asked, or takes a key once.
func (w *World) asks() bool {
	for _, p := range w.promises {
		if p.LookupByRef || p.IdempotencyWindow > 0 {
			return true
		}
	}
	return false
}
