package engine

import (
	"sync/atomic"
	"time"
)

// startWithin is how long after the gate a provider call may still begin. It
// bounds how late a pause or an opt-out can be overtaken.
const startWithin = 2 * time.Second

// pace bounds the calls in flight on one channel and remembers how long a call
// takes, so that a gate never lets through more than can begin in time.
type pace struct {
	slots   chan struct{}
	latency *atomic.Int64 // moving average in nanoseconds
}

func newPace(inFlight int) pace {
	if inFlight < 1 {
		inFlight = 1
	}
	return pace{slots: make(chan struct{}, inFlight), latency: new(atomic.Int64)}
}

// ahead is how long a gate's calls may take to begin: what it lets through and a
// crash leaves is in doubt, begun or not.
const ahead = 100 * time.Millisecond

// room is how many calls can begin within ahead, at least one for each slot and
// at most limit. Before the first call it assumes 50 ms.
func (p pace) room(limit int) int {
	latency := time.Duration(p.latency.Load())
	if latency == 0 {
		latency = 50 * time.Millisecond
	}
	n := cap(p.slots) * max(1, int(ahead/latency))
	return min(n, limit)
}

// took feeds the moving average.
func (p pace) took(d time.Duration) {
	if d <= 0 {
		d = 1
	}
	old := p.latency.Load()
	if old == 0 {
		p.latency.Store(int64(d))
		return
	}
	p.latency.Store(old + (int64(d)-old)/8)
}
