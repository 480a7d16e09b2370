package engine

import (
	"context"
	"sync"
	"time"
)

// Runner is what sending does beside its statements and calls: it looks at a
// stopwatch, waits, and lets calls run side by side. The live engine has none
// and does it by itself; the simulator puts its own in, so that one thread and
// one seed decide who goes on when.
type Runner interface {
	// Now is a stopwatch: only the time between two readings means anything.
	Now() time.Time
	// Timeout is context.WithTimeout.
	Timeout(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc)
	// Sleep returns after d, or when ctx ends.
	Sleep(ctx context.Context, d time.Duration)
	// Slot puts a token into slots; false: ctx ended first, and none is there.
	Slot(ctx context.Context, slots chan struct{}) bool
	// Go and Wait are those of a WaitGroup.
	Go(calls *sync.WaitGroup, call func())
	Wait(calls *sync.WaitGroup)
}

func (e *Engine) runner() Runner {
	if e.Runner != nil {
		return e.Runner
	}
	return live{}
}

// live is time and goroutines as they are.
type live struct{}

func (live) Now() time.Time { return time.Now() }

func (live) Timeout(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, d)
}

func (live) Sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

func (live) Slot(ctx context.Context, slots chan struct{}) bool {
	select {
	case slots <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

func (live) Go(calls *sync.WaitGroup, call func()) { calls.Go(call) }

func (live) Wait(calls *sync.WaitGroup) { calls.Wait() }
