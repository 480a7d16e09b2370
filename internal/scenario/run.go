package scenario

import (
	"container/heap"
	"fmt"
	"time"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/audience"
	"github.com/rewave/rewave/internal/delivery"
	"github.com/rewave/rewave/internal/enrollment"
	"github.com/rewave/rewave/internal/event"
	"github.com/rewave/rewave/internal/message"
	"github.com/rewave/rewave/internal/wave"
	"github.com/rewave/rewave/rules"
)

// The words of a campaign's status.
const (
	running   = "running"
	paused    = "paused"
	cancelled = "cancelled"
)

// run is one case on its way.
type run struct {
	*Case
	campaign campaigns.Campaign
	planner  *wave.Planner
	contents map[string]*message.Set // by the path written in a wave
	basis    rules.Basis
	perMinor int64            // millionths of the currency's unit in one of its minor units
	costs    map[string]int64 // of a message by channel, in millionths

	lives     []*life
	queue     queue
	steps     int
	passes    []time.Time    // of messages that were let through
	spent     int64          // on messages, in millionths
	spendings []dated[int64] // likewise, codes at their face value too
	codes     []*code
}

// life is a customer with what the campaign did about them.
type life struct {
	*person
	asked   []asked
	entries []*entry
	story   []moment
}

// asked is one time at which entry was refused.
type asked struct {
	at  time.Time
	why audience.Reason
	err error
	env *rules.Env // what the rule saw; nil where it was not asked
}

// entry is an enrollment with its deliveries.
type entry struct {
	enrollment.Enrollment
	where   *time.Location // the zone of it
	trigger *purchase
	fired   *event.Event
	begun   int
	sends   []*send
}

// send is a delivery.
type send struct {
	wave.Delivery
	of      *entry
	wave    *campaigns.Wave
	round   int
	number  int // in the order of planning
	state   delivery.State
	reason  audience.Reason
	note    string    // more about the reason
	at      time.Time // when it came to where it stands
	due     time.Time
	gated   time.Time // when it went out, or would have; zero: it has not
	content message.Content
	code    *code // bound to it; nil: none
}

// code is a coupon that was bound.
type code struct {
	pool    string
	text    string
	who     *life
	minor   int64 // millionths that it counts against the budget
	at      time.Time
	expires time.Time // zero: never
}

// moment is a line of a customer's story.
type moment struct {
	at   time.Time
	text string
	more int       // times it was so again
	last time.Time // the latest of them
}

// tell adds to the story; what is the same as the line before only counts it.
func (l *life) tell(at time.Time, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if n := len(l.story); n > 0 && l.story[n-1].text == text {
		l.story[n-1].more, l.story[n-1].last = l.story[n-1].more+1, at
		return
	}
	l.story = append(l.story, moment{at: at, text: text})
}

// deed is something that is to be done at an instant.
type deed struct {
	at   time.Time
	kind int
	seq  int

	life  *life
	entry *entry
	send  *send
	order *purchase
	event *event.Event
	slot  bool
}

// What is done first of what is due at one instant: the state of the campaign,
// entry, rounds, messages.
const (
	toSteer = iota
	toAsk
	toBegin
	toSend
)

// queue is a heap of deeds, the next on top.
type queue []deed

func (q queue) Len() int { return len(q) }
func (q queue) Less(i, j int) bool {
	a, b := q[i], q[j]
	if c := a.at.Compare(b.at); c != 0 {
		return c < 0
	}
	if a.kind != b.kind {
		return a.kind < b.kind
	}
	return a.seq < b.seq
}
func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(x any)   { *q = append(*q, x.(deed)) }
func (q *queue) Pop() any {
	old := *q
	last := old[len(old)-1]
	*q = old[:len(old)-1]
	return last
}

func (r *run) push(d deed) {
	r.steps++
	if d.seq = r.steps; d.send != nil {
		d.seq = d.send.number // of what is due at once, what was planned first
	}
	heap.Push(&r.queue, d)
}

// play jumps from one deed to the next until there is none before the end. It
// says whether it got there.
func (r *run) play() bool {
	r.seed()
	for len(r.queue) > 0 {
		d := heap.Pop(&r.queue).(deed)
		if !r.end.IsZero() && d.at.After(r.end) {
			return true
		}
		if r.steps > maxSteps {
			return false
		}
		switch d.kind {
		case toSteer:
			r.steer(d.at)
		case toAsk:
			r.comeIn(d)
		case toBegin:
			r.begin(d.entry, d.life, d.at)
		case toSend:
			r.attempt(d.send, d.life, d.at)
		}
	}
	return true
}

// seed puts everything into the queue that is known beforehand.
func (r *run) seed() {
	for _, s := range r.steers {
		r.push(deed{at: s.at, kind: toSteer})
	}
	enter := r.campaign.Enter
	for _, l := range r.lives {
		if enter.On == "order_paid" {
			for _, o := range l.orders {
				if !o.at.Before(r.start) {
					r.push(deed{at: o.at, kind: toAsk, life: l, order: o})
				}
			}
		}
		if enter.On == "event" {
			for i := range l.events {
				if e := &l.events[i]; e.Name == enter.Event && !e.At.Before(r.start) {
					r.push(deed{at: e.At, kind: toAsk, life: l, event: e})
				}
			}
		}
	}
	for _, at := range r.slots() {
		r.push(deed{at: at, kind: toAsk, slot: true})
	}
}

// slots are the instants at which everybody is asked.
func (r *run) slots() []time.Time {
	schedule, ok := wave.ScheduleOf(r.campaign.Enter)
	if !ok {
		return nil
	}
	before, until := r.start.Add(-time.Nanosecond), r.end
	switch {
	case !until.IsZero():
	case r.campaign.Enter.Occasion != nil:
		until = r.lastAsking()
	default:
		until = r.last
	}
	slots := wave.Slots(schedule, r.basis.Zone, before, until)
	if len(slots) == 0 && r.end.IsZero() {
		if first, ok := wave.NextSlot(schedule, r.basis.Zone, before); ok {
			slots = append(slots, first)
		}
	}
	return slots
}

// lastAsking is until when customers are asked about their occasion, where the
// case does not say: all of them have one in a year.
func (r *run) lastAsking() time.Time {
	year := r.start.AddDate(1, 0, 0)
	if r.last.After(year) {
		return r.last
	}
	return year
}

// status is how the campaign stands at an instant. What was cancelled stays so.
func (r *run) status(at time.Time) string {
	now := running
	for _, s := range r.steers {
		if s.at.After(at) || now == cancelled {
			break
		}
		now = s.value
	}
	return now
}

// steer ends what is planned when the campaign is cancelled. Anything else is
// seen at the gate.
func (r *run) steer(at time.Time) {
	if r.status(at) != cancelled {
		return
	}
	for _, l := range r.lives {
		for _, e := range l.entries {
			for _, s := range e.sends {
				if s.state == delivery.Planned {
					r.finish(l, s, delivery.Cancelled, audience.Cancelled, at)
				}
			}
		}
	}
}
