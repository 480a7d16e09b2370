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

// Driver replays. All fields but Progress must be set.
type Driver struct {
	Engine     *engine.Engine
	Clock      *Clock
	Dispatcher *workers.Dispatcher
	Server     *workers.Server // not started; the driver runs it
	Step       time.Duration   // the clock stops on multiples of it: what is due in between goes out at the next stop
	Progress   func(at time.Time, stops int)

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
	for at := from; ; {
		if err := d.stopAt(ctx, at); err != nil {
			return stops, fmt.Errorf("replay at %s: %w", at.UTC().Format(time.RFC3339), err)
		}
		stops++
		if d.Progress != nil {
			d.Progress(at, stops)
		}
		next, err := d.next(ctx, at)
		if err != nil || next.After(until) {
			return stops, err
		}
		at = next
	}
}

// stopAt does everything that is due at an instant.
func (d *Driver) stopAt(ctx context.Context, at time.Time) error {
	d.Clock.Set(at)
	if _, err := workers.PlanOnce(ctx, d.Engine); err != nil {
		return err
	}
	if _, err := d.Engine.Sweep(ctx); err != nil {
		return err
	}
	for {
		ids, err := d.Dispatcher.Pass(ctx)
		if err != nil {
			return err
		}
		if len(ids) == 0 {
			return nil
		}
		if err := d.wait(ctx, ids); err != nil {
			return err
		}
	}
}

// next is the following stop: the first event behind at, on the grid, and at
// the earliest one step on.
func (d *Driver) next(ctx context.Context, at time.Time) (time.Time, error) {
	far := at.AddDate(100, 0, 0)
	due, err := d.Engine.Store.NextDue(ctx)
	if err != nil {
		return far, err
	}
	slot, err := d.Engine.NextSlot(ctx)
	if err != nil {
		return far, err
	}
	next := far
	for _, t := range []*time.Time{due.Delivery, due.Round, slot} {
		if t != nil && t.Before(next) {
			next = *t
		}
	}
	// An order only has to be decided before its first message could be due.
	if due.Order != nil {
		lead, err := d.lead(ctx)
		if err != nil {
			return far, err
		}
		if t := due.Order.Add(lead); t.Before(next) {
			next = t
		}
	}
	if earliest := at.Add(d.Step); next.Before(earliest) {
		next = earliest
	}
	if onGrid := next.Truncate(d.Step); onGrid.Before(next) {
		return onGrid.Add(d.Step), nil
	}
	return next, nil
}

// lead is the shortest wait between an order and a message in any running
// order-triggered campaign.
func (d *Driver) lead(ctx context.Context) (time.Duration, error) {
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
			return d.Engine.TakeBackAll(ctx)
		}
	}
	d.waiting.Lock()
	defer d.waiting.Unlock()
	return d.failed
}
