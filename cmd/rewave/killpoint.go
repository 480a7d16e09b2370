//go:build chaos

package main

import (
	"context"
	"fmt"
	"os"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/rewave/rewave/internal/channel"
	"github.com/rewave/rewave/internal/engine"
	"github.com/rewave/rewave/internal/postgres"
)

// plantKillPoint lets the process kill itself at the n-th passage of a point:
// REWAVE_KILL="3 after gate". Tests build with this to see what a crash leaves at
// every step between hint and outcome; no other build has it.
func plantKillPoint(l *live) {
	text := os.Getenv("REWAVE_KILL")
	if text == "" {
		return
	}
	k := &killPoint{}
	if _, err := fmt.Sscanf(text, "%d", &k.n); err != nil {
		panic(err) // a test wrote it
	}
	k.name = text[len(fmt.Sprint(k.n))+1:]
	l.engine.Ledger = &mortalLedger{Ledger: l.store, point: k}
	for _, s := range l.engine.Channels {
		s.Channel = mortalChannel{s.Channel, k}
	}
}

type killPoint struct {
	name   string
	n      int64
	passed atomic.Int64
}

// pass is the point itself.
func (k *killPoint) pass(name string) {
	if name == k.name && k.passed.Add(1) == k.n {
		syscall.Kill(os.Getpid(), syscall.SIGKILL) // nobody is left to hear of an error
		select {}
	}
}

// mortalLedger dies before and after what it commits.
type mortalLedger struct {
	engine.Ledger
	point  *killPoint
	handed bool // the last pass handed something out
}

func (l *mortalLedger) Gate(ctx context.Context, in postgres.GateInput, prepare func(time.Time, *postgres.Gated)) (postgres.Passed, int, error) {
	l.point.pass("before gate")
	passed, seen, err := l.Ledger.Gate(ctx, in, prepare)
	if len(passed.Claims) > 0 {
		l.point.pass("after gate")
	}
	return passed, seen, err
}

func (l *mortalLedger) Settle(ctx context.Context, provider string, at *time.Time, under postgres.Under, took postgres.Took, giveUp time.Duration, settled []postgres.Settlement) (int, error) {
	if under.Claim != 0 && !under.Open {
		l.point.pass("before settle")
	}
	n, err := l.Ledger.Settle(ctx, provider, at, under, took, giveUp, settled)
	if err == nil && under.Claim != 0 && !under.Open {
		l.point.pass("after settle")
	}
	return n, err
}

// HandOut is called by one loop, which enqueues between two calls.
func (l *mortalLedger) HandOut(ctx context.Context, at *time.Time, nothingQueued bool, silence time.Duration, limit int) ([]postgres.Hint, error) {
	if l.handed {
		l.point.pass("after enqueue")
	}
	hints, err := l.Ledger.HandOut(ctx, at, nothingQueued, silence, limit)
	if l.handed = len(hints) > 0; l.handed {
		l.point.pass("after hand-out")
	}
	return hints, err
}

func (l *mortalLedger) Reap(ctx context.Context, giveUp time.Duration, limit int) (postgres.Reaped, error) {
	l.point.pass("before reap")
	r, err := l.Ledger.Reap(ctx, giveUp, limit)
	if r.Unknown > 0 {
		l.point.pass("after reap")
	}
	return r, err
}

// mortalChannel dies before and after a call.
type mortalChannel struct {
	channel.Channel
	point *killPoint
}

func (c mortalChannel) Send(ctx context.Context, m channel.Message) channel.Outcome {
	c.point.pass("before call")
	out := c.Channel.Send(ctx, m)
	c.point.pass("after answer")
	return out
}

// Ask is there for every channel; only those that promise it are asked.
func (c mortalChannel) Ask(ctx context.Context, ref string) (channel.Finding, error) {
	return c.Channel.(channel.Asked).Ask(ctx, ref)
}
