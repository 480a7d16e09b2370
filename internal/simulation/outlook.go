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

	// When whoever does it has something to do, since the schedule began.
	handOut, anyDue, reap, plan, ask, hear time.Duration
}

// next is an instant, if there is one.
type next struct {
	at    time.Time
	known bool
	in    time.Duration // the same, since the schedule began: it is asked for again and again
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
		*n = next{at: at, known: true}
	}
}

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
		default:
			continue
		}
		o.touched = true
	}
}

// look brings the outlook up to date.
func (w *World) look() {
	o := &w.outlook
	if !o.touched {
		return
	}
	for part, read := range [parts]func(*outlook){w.deliveries, w.doubts, w.inbox, w.enrollments, w.words} {
		if o.stale[part] {
			o.stale[part] = false
			read(o)
			for _, n := range o.of(part) {
				if n.in = never; n.known {
					n.in = n.at.Sub(w.start)
				}
			}
		}
	}
	o.handOut, o.anyDue, o.ask, o.hear = o.due.in, never, o.doubtful.in, o.heard.in
	o.reap, o.plan = min(o.swept.in, o.lapsed.in), min(o.waiting.in, o.round.in)
	if w.queue.lost {
		o.handOut = 0
	}
	if o.due.known {
		o.anyDue = 0
	}
	o.touched = false
}

// next is when somebody will have something to do, since the schedule began.
func (w *World) next() time.Duration {
	w.look()
	first, o := never, &w.outlook
	for _, in := range [...]time.Duration{o.due.in, o.swept.in, o.lapsed.in, o.doubtful.in, o.waiting.in, o.round.in, o.heard.in} {
		if in > w.gone {
			first = min(first, in)
		}
	}
	return first
}

// of is what is worked out from a part; where there is one, twice.
func (o *outlook) of(part int) [2]*next {
	return [parts][2]*next{{&o.due, &o.swept}, {&o.lapsed, &o.doubtful}, {&o.waiting, &o.waiting}, {&o.round, &o.round}, {&o.heard, &o.heard}}[part]
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
