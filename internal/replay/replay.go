// Package replay drives the live engine through business time that has passed:
// last year in seconds, from event to event, never by sleeping.
//
// The engine is the real one, with its queue, workers and channel; only the
// clock is ours. At each stop of the clock everything that has become due is
// planned, handed out and sent, and the clock moves on when all of it has
// ended. Lease time stays the database's.
package replay

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rewave/rewave/internal/engine"
	"github.com/rewave/rewave/internal/postgres"
	"github.com/rewave/rewave/workers"
)

// Clock is business time set by a driver. It is safe for many goroutines.
type Clock struct{ at atomic.Pointer[time.Time] }

// NewClock starts at an instant.
func NewClock(at time.Time) *Clock {
	c := &Clock{}
	c.Set(at)
	return c
}

// At is the instant the driver has reached; never nil.
func (c *Clock) At() *time.Time { return c.at.Load() }

// Set moves the clock.
func (c *Clock) Set(at time.Time) { c.at.Store(&at) }

// Feed is a world that goes on while it is written to. Where there is one, the
// clock stops whenever it is due, and it is asked before anything is decided.
type Feed interface {
	// Due is when it is to be asked next; the zero time ends it.
	Due() time.Time
	// Feed brings in what happens from then on until it is due again: facts that
	// lie ahead of the clock are known to nobody before their time.
	Feed(ctx context.Context, at time.Time) error
}

// Driver replays. All fields but Feed and Progress must be set.
type Driver struct {
	Engine     *engine.Engine
	Clock      *Clock
	Dispatcher *workers.Dispatcher
	Server     *workers.Server // not started; the driver runs it
	Step       time.Duration   // the clock stops on multiples of it: what is due in between goes out at the next stop
	Feed       Feed            // nil: all that happens is in the database already
	Progress   func(at time.Time, stops int)

	lead   time.Duration
	swept  time.Time
	sweeps int

	segments bool // there are kept ones; they do not change in a replay either

	waiting sync.Mutex
	open    map[string]bool // tasks queued and not heard of
	early   map[string]bool // tasks heard of before we knew that they were queued
	idle    chan struct{}   // one token whenever open may have become empty
	failed  error
}

// patience is how long a stop may take before the driver believes that a hint
// was lost and asks for the rest again.
const patience = 60 * time.Second

// Run replays [from, until]. It returns when the clock has reached until and
// nothing is due, or ctx ends; then the database holds what was done so far.
func (d *Driver) Run(ctx context.Context, from, until time.Time) (stops int, err error) {
	d.open, d.early, d.idle = map[string]bool{}, map[string]bool{}, make(chan struct{}, 1)
	d.Server.Done = d.heard
	serving, stop := context.WithCancel(ctx)
	served := make(chan error, 1)
	go func() { served <- d.Server.Run(serving) }()
	defer func() {
		stop()
		if e := <-served; err == nil {
			err = e
		}
	}()
	if d.lead, err = d.shortestLead(ctx); err != nil {
		return 0, err
	}
	kept, err := d.Engine.Store.KeptSegments(ctx)
	if err != nil {
		return 0, err
	}
	d.segments = len(kept) > 0
	due := work{feed: d.fed()}
	if due.feed.IsZero() {
		due, err = d.due(ctx, nil)
	}
	for at := from; err == nil; {
		if due, err = d.stopAt(ctx, at, due); err != nil {
			return stops, fmt.Errorf("replay at %s: %w", at.UTC().Format(time.RFC3339), err)
		}
		stops++
		if d.Progress != nil {
			d.Progress(at, stops)
		}
		if at = d.next(at, due); at.After(until) {
			return stops, nil
		}
	}
	return stops, err
}

// work is when each kind of work comes next; the zero time where there is none.
type work struct{ feed, segment, delivery, order, event, round, slot time.Time }

// due asks for what comes next. A slot moves only when it was opened, so
// another known one may be handed in.
func (d *Driver) due(ctx context.Context, slot *time.Time) (work, error) {
	w := work{feed: d.fed()}
	due, err := d.Engine.Store.NextDue(ctx)
	if err != nil {
		return w, err
	}
	if slot == nil {
		if slot, err = d.Engine.NextSlot(ctx); err != nil {
			return w, err
		}
	}
	var segment *time.Time
	if d.segments {
		if segment, err = d.Engine.NextRefresh(ctx); err != nil {
			return w, err
		}
	}
	for to, from := range map[*time.Time]*time.Time{&w.segment: segment, &w.delivery: due.Delivery, &w.order: due.Order, &w.event: due.Event, &w.round: due.Round, &w.slot: slot} {
		if from != nil {
			*to = *from
		}
	}
	if w.slot.IsZero() {
		w.slot = never
	}
	for _, trigger := range []*time.Time{&w.order, &w.event} {
		if !trigger.IsZero() {
			// It only has to be decided before its first message could be due.
			*trigger = trigger.Add(d.lead)
		}
	}
	return w, nil
}

// fed is when the feed is due; the zero time where there is none.
func (d *Driver) fed() time.Time {
	if d.Feed == nil {
		return time.Time{}
	}
	return d.Feed.Due()
}

// never is a slot that does not come.
var never = time.Unix(1<<40, 0)

// reached says that work is to be done at an instant.
func reached(work, at time.Time) bool { return !work.IsZero() && !work.After(at) }

// stopAt does everything that is due at an instant, and nothing else: most
// stops only send. It returns what comes next.
func (d *Driver) stopAt(ctx context.Context, at time.Time, due work) (work, error) {
	d.Clock.Set(at)
	if reached(due.feed, at) {
		if err := d.Feed.Feed(ctx, at); err != nil {
			return due, err
		}
		var err error
		if due, err = d.due(ctx, nil); err != nil {
			return due, err
		}
	}
	for _, step := range []struct {
		due bool
		do  func(context.Context) (int, error)
	}{
		{reached(due.segment, at), d.Engine.RefreshStages}, {reached(due.segment, at), d.Engine.RefreshSegments},
		// They are decided at whatever stop comes first in the last two thirds of their time, so that few stops are theirs alone.
		{reached(due.order, at.Add(2*d.lead/3)), d.Engine.EnterOrders}, {reached(due.event, at.Add(2*d.lead/3)), d.Engine.EnterEvents},
		{reached(due.slot, at), d.Engine.OpenSlots}, {reached(due.round, at), d.Engine.BeginRounds},
		{d.swept.IsZero() || at.Sub(d.swept) >= 24*time.Hour, d.sweep},
	} {
		if step.due {
			if _, err := step.do(ctx); err != nil {
				return due, err
			}
		}
	}
	for {
		ids, err := d.Dispatcher.Pass(ctx, true)
		if err != nil {
			return due, err
		}
		if len(ids) > 0 {
			if err := d.wait(ctx, ids); err != nil {
				return due, err
			}
		}
		known := &due.slot
		if reached(due.slot, at) {
			known = nil
		}
		next, err := d.due(ctx, known)
		if err != nil || len(ids) == 0 || !reached(next.delivery, at) {
			return next, err
		}
	}
}

// sweep also tells the database what its tables have become, each time that they
// may have doubled: it would look by itself once a minute, in which a replay goes
// through a year.
func (d *Driver) sweep(ctx context.Context) (int, error) {
	d.swept = *d.Clock.At()
	if d.sweeps++; d.sweeps&(d.sweeps-1) == 0 {
		if err := d.Engine.Store.Analyze(ctx); err != nil {
			return 0, err
		}
	}
	return d.Engine.Sweep(ctx)
}

// next is the following stop: the first event, on the grid, at the earliest one
// step on.
func (d *Driver) next(at time.Time, due work) time.Time {
	next := at.AddDate(100, 0, 0)
	for _, t := range []time.Time{due.feed, due.segment, due.delivery, due.order, due.event, due.round, due.slot} {
		if !t.IsZero() && t.Before(next) {
			next = t
		}
	}
	if earliest := at.Add(d.Step); next.Before(earliest) {
		next = earliest
	}
	if onGrid := next.Truncate(d.Step); onGrid.Before(next) {
		return onGrid.Add(d.Step)
	}
	return next
}

// shortestLead is the shortest wait between an order or event and a message in
// any campaign that is entered by one. Campaigns do not change in a replay.
func (d *Driver) shortestLead(ctx context.Context) (time.Duration, error) {
	list, err := d.Engine.Store.Campaigns(ctx, "")
	if err != nil {
		return 0, err
	}
	shortest := 24 * time.Hour
	for _, c := range list {
		shortest = min(shortest, shortestWait(c))
	}
	return shortest, nil
}

func shortestWait(c postgres.Campaign) time.Duration {
	shortest := 24 * time.Hour
	if c.Definition.Enter.On == "" {
		return shortest
	}
	for _, w := range c.Definition.Waves {
		if w.After.Wave == "" {
			shortest = min(shortest, w.After.Wait)
		}
	}
	return shortest
}

// heard is called by the server for each task that ended.
func (d *Driver) heard(id string, _ engine.Sent, err error) {
	d.waiting.Lock()
	defer d.waiting.Unlock()
	if err != nil && d.failed == nil {
		d.failed = err
	}
	if !d.open[id] {
		d.early[id] = true
		return
	}
	delete(d.open, id)
	if len(d.open) == 0 {
		d.signal()
	}
}

func (d *Driver) signal() {
	select {
	case d.idle <- struct{}{}:
	default:
	}
}

// wait returns when every task has been heard of. A task that stays silent was
// lost with its queue: its rows are handed out again, and nothing is sent twice.
func (d *Driver) wait(ctx context.Context, ids []string) error {
	d.waiting.Lock()
	for _, id := range ids {
		if d.early[id] {
			delete(d.early, id)
			continue
		}
		d.open[id] = true
	}
	empty := len(d.open) == 0
	d.waiting.Unlock()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for !empty {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-d.idle:
			d.waiting.Lock()
			empty = len(d.open) == 0
			d.waiting.Unlock()
		case <-timer.C:
			d.waiting.Lock()
			clear(d.open)
			d.waiting.Unlock()
			return nil
		}
	}
	d.waiting.Lock()
	defer d.waiting.Unlock()
	return d.failed
}
