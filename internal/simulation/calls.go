package simulation

import (
	"slices"
	"strings"
	"time"

	"github.com/rewave/rewave/internal/channel"
	"github.com/rewave/rewave/internal/delivery"
	"github.com/rewave/rewave/internal/holdout"
)

// called judges a call that begins.
func (j *judge) called(w *World, th *thread, channelName string, id int64, m channel.Message) *call {
	r := w.memory.delivery(id)
	c := &call{says: m.To + " " + m.Text, began: w.clock}
	if r == nil {
		w.violate("only deliveries are sent", "there is no delivery %d", id)
		return c
	}
	d, f := r.see(nil), j.file(id)
	if d == nil {
		return c // a failover has forgotten that it was planned
	}
	for _, earlier := range f.calls {
		if earlier.verdict != channel.NotTaken && w.promises[channelName].IdempotencyWindow == 0 {
			w.violate("never twice", "delivery %d is called again after %q", id, earlier.verdict)
		}
		if earlier.verdict != channel.NotTaken && earlier.says != c.says && !f.again {
			w.violate("a key stands for one message", "delivery %d says %q, and said %q", id, c.says, earlier.says)
		}
	}
	f.calls = append(f.calls, c)
	j.leavesAlone(w, th, channelName)
	c.epoch = f.epoch
	once := w.promises[channelName].IdempotencyWindow > 0 // who was held up may call after it was sent again
	if once && f.excused && slices.ContainsFunc(f.calls, func(c *call) bool { return c.again }) {
		f.failed = true // it was held up, and its repetition may be refused for good: the ledger cannot know better
		if d.state == delivery.Failed {
			return c
		}
	}
	if !w.failedOver.IsZero() && (!w.failedOver.Before(f.gated) || !th.stalled.IsZero()) {
		return c // its gate may be forgotten
	}
	late, again := w.clock.Sub(f.gated), w.resent(th, id)
	if c.again = !again.IsZero(); c.again {
		late = w.clock.Sub(again)
	}
	switch {
	case d.state != delivery.Sending && !(f.excused && d.state == delivery.Unknown || once && d.state == delivery.Accepted && (f.excused || !w.failedOver.IsZero())) && again.IsZero():
		w.violate("no call without a claim", "delivery %d is called as %s", id, d.state)
	case d.channel != channelName:
		w.violate("no call without a claim", "delivery %d is called by %s and gated for %s", id, channelName, d.channel)
	case late > startLimit && th.stalled.IsZero():
		w.violate("calls begin in time", "the call of delivery %d begins %s after its gate", id, late)
	case d.arm != holdout.Treat || d.skip:
		w.violate("ghosts are not sent", "delivery %d is a ghost", id)
	}
	if since, stopped := j.stopped(d, w.clock); stopped && since > effectLimit && th.stalled.IsZero() {
		w.violate("a pause takes effect", "delivery %d is called %s after its campaign or channel was stopped", id, since)
	}
	if m.To != f.to {
		w.violate("to the right person", "delivery %d goes to %s and not to %s", id, m.To, f.to)
	}
	if is := w.memory.enrollment(d.enrollment).see(nil).version > catalogueSize; is != strings.HasSuffix(strings.TrimSpace(m.Text), mark) {
		w.violate("customers on their way keep their version", "delivery %d of version %d says %q", d.id, d.version, m.Text)
	}
	j.read(w, d, f, m.Text)
	return c
}

// resent is when the ledger noted that a message in doubt would be sent again by
// whoever calls now; zero: it did not.
func (w *World) resent(th *thread, id int64) (at time.Time) {
	if th.actor == nil || !strings.HasPrefix(th.actor.name, reconcilers) {
		return at
	}
	for _, r := range w.memory.resends.rows {
		if x := r.see(nil); x != nil && x.delivery == id {
			at = x.at
		}
	}
	return at
}

const (
	startLimit  = 2*time.Second + time.Second/2
	effectLimit = 5*time.Second + time.Second/2
)

// stopped says whether a delivery may not go out, and since when.
func (j *judge) stopped(d *message, now time.Time) (since time.Duration, stopped bool) {
	var last [3]steer // of its campaign, of its channel, of all
	for _, s := range j.steers {
		switch {
		case s.campaign != 0 && s.campaign == d.campaign:
			last[0] = s
		case s.campaign == 0 && s.channel == d.channel:
			last[1] = s
		case s.campaign == 0 && s.channel == "":
			last[2] = s
		}
	}
	for _, s := range last {
		if s.status != "" && s.status != "running" {
			since, stopped = max(since, now.Sub(s.at)), true
		}
	}
	return since, stopped
}

// read is what the customer reads: a code is one customer's, and a delivery has one.
func (j *judge) read(w *World, d *message, f *file, text string) {
	_, rest, ok := strings.Cut(text, "Use ")
	if !ok || len(rest) < 8 {
		return
	}
	code := rest[:8]
	if f.code != "" && f.code != code {
		w.violate("one code each", "delivery %d carries %s, and carried %s before", d.id, code, f.code)
	}
	f.code = code
	if who, given := j.codes[code]; given && who != d.customer {
		w.violate("one code each", "%s goes to customer %d and went to %d", code, d.customer, who)
	}
	j.codes[code] = d.customer
}
