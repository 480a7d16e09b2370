package simulation

import (
	"cmp"
	"strings"
	"time"

	"github.com/rewave/rewave/internal/channel"
)

// What is judged of how providers are treated: one that asks for a rest has it, and
// no longer; one that is out of order is tried by one call at a time, and only
// where there were calls enough to say so.

// request is a rest that a provider has asked for.
type request struct {
	channel         string
	begun, at, till time.Time
}

// dealings are those of a process with the provider of a channel.
type dealings struct {
	by      *actor
	life    int
	channel string
	ends    []end
	maybe   bool      // its breaker may be open
	since   time.Time // then: when it may have opened last
	closed  time.Time // when it may have closed last
	shut    time.Time // when it surely opened last; zero: nobody can say
	tried   bool      // and that was by a call that was tried
}

// end is that of a call.
type end struct {
	at  time.Time
	bad bool
}

// underWay is how long it takes at most until what has begun before a provider was
// known to rest is over: a gate, and the start of a call.
const underWay = 8 * time.Second

func (j *judge) dealings(a *actor, name string) *dealings {
	for i := range j.deals {
		if d := &j.deals[i]; d.by == a && d.life == a.life && d.channel == name {
			return d
		}
	}
	j.deals = append(j.deals, dealings{by: a, life: a.life, channel: name})
	return &j.deals[len(j.deals)-1]
}

// heard notes how a call ended.
func (j *judge) heard(w *World, th *thread, name string, c *call, out channel.Outcome) {
	if out.Verdict == channel.NotTaken && out.Trouble == channel.Rests {
		j.asked = append(j.asked, request{name, c.began, w.clock, w.clock.Add(min(cmp.Or(out.RetryAfter, 30*time.Second), time.Hour))})
		if th.parent != nil {
			th.parent.warned = true
		}
	}
	if th.actor == nil {
		return
	}
	bad := out.Verdict == channel.Unknown || out.Verdict == channel.NotTaken && out.Trouble != channel.OfMessage
	d := j.dealings(th.actor, name)
	held := th.held()
	d.ends = append(d.ends, end{w.clock, bad})
	switch {
	case !d.maybe && bad:
		if d.trips(w.clock.Add(-61 * time.Second)) {
			d.maybe, d.since = true, w.clock
		}
		if n, wrong := d.count(later(d.closed, w.clock.Add(-50*time.Second))); n >= 20 && 2*wrong > n {
			d.shut = w.clock
		}
	case d.maybe && bad:
		d.since = w.clock
		if !d.shut.IsZero() && !held && c.began.After(d.shut.Add(underWay)) {
			d.shut, d.tried = w.clock, true
		}
	case d.maybe:
		d.closed, d.shut, d.tried = w.clock, time.Time{}, false
		d.maybe = c.began.Before(d.since.Add(12*time.Second)) || held
	}
}

// held says whether a call was held up in the middle of something, before or in it.
func (t *thread) held() bool {
	return !t.stalled.IsZero() || t.parent != nil && !t.parent.stalled.IsZero()
}

// count is how many calls have ended after an instant, and how many of them badly.
func (d *dealings) count(from time.Time) (n, bad int) {
	for _, e := range d.ends {
		if e.at.After(from) {
			n++
			if e.bad {
				bad++
			}
		}
	}
	return n, bad
}

// trips says whether a breaker may open that has closed at whatever instant since.
func (d *dealings) trips(from time.Time) bool {
	n, bad := 0, 0
	for i := len(d.ends) - 1; i >= 0 && d.ends[i].at.After(from); i-- {
		if n++; d.ends[i].bad {
			bad++
		}
		if n >= 20 && 2*bad >= n {
			return true
		}
	}
	return false
}

// rest judges a rest that everybody is told of.
func (j *judge) rest(w *World, th *thread, r *rest) {
	lasts := r.until.Sub(r.since)
	if !strings.HasPrefix(r.why, "calls fail") {
		for _, a := range j.asked {
			if a.channel == r.channel && a.till.Sub(a.at) == lasts {
				return
			}
		}
		w.violate("a rest has an end", "%s is to rest for %s, and its provider has not asked for that", r.channel, lasts)
		return
	}
	if lasts > 5*time.Minute {
		w.violate("a rest has an end", "%s is to rest for %s because calls fail", r.channel, lasts)
	}
	d := j.dealings(th.actor, r.channel)
	if !d.maybe {
		n, bad := d.count(w.clock.Add(-time.Minute))
		w.violate("a breaker opens for a reason", "%s leaves %s alone, and %d of %d calls went wrong", th.actor.name, r.channel, bad, n)
	}
	d.maybe, d.since = true, w.clock
}

// leavesAlone judges a call that begins at a provider which rests.
func (j *judge) leavesAlone(w *World, th *thread, name string) {
	if th.actor == nil || th.held() {
		return
	}
	if th.warned {
		w.violate("who hears that a provider rests calls no more", "%s does", th.name)
	}
	// What was told may be forgotten, or ended by a person.
	known := func(at time.Time) bool {
		return (j.ended.IsZero() || j.ended.Before(at)) && (w.failedOver.IsZero() || w.failedOver.Before(at))
	}
	for _, a := range j.asked {
		if a.channel == name && w.clock.After(a.at.Add(underWay)) && w.clock.Before(a.till.Add(-2*time.Second)) && !w.lastMishap.After(a.begun) && known(a.at.Add(-15*time.Second)) {
			w.violate("a provider that rests is left alone", "%s calls %s, which asked at %s for rest until %s", th.name, name, a.at, a.till)
		}
	}
	d := j.dealings(th.actor, name)
	if !d.shut.IsZero() && (d.tried || w.clock.After(d.shut.Add(underWay))) && w.clock.Before(d.shut.Add(14*time.Second)) && known(d.shut) {
		w.violate("a provider that is out of order is left alone", "%s calls %s, and most calls have failed", th.name, name)
	}
}

// asks judges who is asked about: a doubt of a pass that is over is none.
func (j *judge) asks(w *World, t *tx, r *record[claim]) {
	if !r.written || r.is.asked == r.was.asked {
		return
	}
	for i, id := range r.is.ids {
		if d := w.memory.delivery(id).see(t); d == nil || d.epoch <= r.is.epochs[i] || !d.claimed.Before(t.began) {
			return
		}
	}
	w.violate("a doubt is asked about for its own pass", "claim %d is asked about, and all its deliveries have been let out again", r.is.id)
}
