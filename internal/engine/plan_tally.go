package engine

import (
	"time"

	"github.com/rewave/rewave/internal/audience"
	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/holdout"
)

// tally is what one campaign of a plan comes to.
type tally struct {
	asked       int
	reasons     map[audience.Reason]int
	arms        map[holdout.Arm]int
	nothing     map[unsent]int // treated customers without a message, by the first reason
	written     map[string]int // by the channel of the first message
	sends       map[sendKey]sendCount
	ramp        map[rampKey]int
	expired     map[string]int // messages by wave whose time is over before their hours come
	codes       map[string]int // by pool
	pointCodes  map[string]int // those of the primary point's window
	pointMicros int64          // cost of the messages in it
	collide     map[string]int // customers by the other campaign

	perDay            map[int]int // of a forecast: entries by days ago
	oldest            time.Time   // the first order or event known
	customers, buyers int64       // comparable ones, and those of them who bought
}

// sendKey is a day in the shop's zone, or for past orders how many days after
// entry, and a channel.
type sendKey struct {
	day     calendar.Date
	after   int
	channel string
}

// rampKey is a step of a wave's ramp, in the first round.
type rampKey struct {
	wave string
	step int
}

type sendCount struct {
	send, withheld int
	micros         int64 // what those sent cost
}

func (t *tally) reason(why audience.Reason) { count(&t.reasons, why, 1) }
func (t *tally) arm(arm holdout.Arm)        { count(&t.arms, arm, 1) }
func (t *tally) entered(daysAgo int)        { count(&t.perDay, daysAgo, 1) }

func (t *tally) natural(bought bool) {
	t.customers++
	if bought {
		t.buyers++
	}
}

func (t *tally) sent(key sendKey, n sendCount) {
	if t.sends == nil {
		t.sends = map[sendKey]sendCount{}
	}
	have := t.sends[key]
	t.sends[key] = sendCount{have.send + n.send, have.withheld + n.withheld, have.micros + n.micros}
}

func count[K comparable](m *map[K]int, key K, n int) {
	if *m == nil {
		*m = map[K]int{}
	}
	(*m)[key] += n
}

// add counts what another reader has counted.
func (t *tally) add(o *tally) {
	t.asked, t.pointMicros, t.customers, t.buyers = t.asked+o.asked, t.pointMicros+o.pointMicros, t.customers+o.customers, t.buyers+o.buyers
	t.oldest = earlier(t.oldest, o.oldest)
	each(&t.reasons, o.reasons)
	each(&t.arms, o.arms)
	each(&t.nothing, o.nothing)
	each(&t.written, o.written)
	each(&t.ramp, o.ramp)
	each(&t.expired, o.expired)
	each(&t.codes, o.codes)
	each(&t.pointCodes, o.pointCodes)
	each(&t.collide, o.collide)
	each(&t.perDay, o.perDay)
	for key, n := range o.sends {
		t.sent(key, n)
	}
}

func each[K comparable](into *map[K]int, from map[K]int) {
	for key, n := range from {
		count(into, key, n)
	}
}
