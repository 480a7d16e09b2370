package engine

import (
	"cmp"
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rewave/rewave/internal/channel"
)

// Tokens is the rate of a channel, shared by all processes that send on it. It is
// asked before the gate: what has passed there must begin at once.
type Tokens interface {
	// Take takes at most n of what there is. With got 0, wait is when there will be
	// one, above 0; else back gives back what was not used, and is called at most
	// once. It blocks no longer than it takes to ask, and never fails: without
	// whom to ask it goes by what this process may send by itself.
	Take(ctx context.Context, n int) (got int, back func(unused int), wait time.Duration)
}

const (
	// restUnnamed is how long a provider is left alone that names no time.
	restUnnamed = 30 * time.Second
	// longestRest bounds what one answer of a provider may ask for: it is asked again after that.
	longestRest = time.Hour
	// gather is how long tokens are waited for at least: a gate for each alone would cost more than what it lets through.
	gather = 100 * time.Millisecond
)

// health is what a process knows of a channel's provider.
type health struct {
	mu      sync.Mutex
	breaker channel.Breaker
	told    time.Time // on the stopwatch: when everybody was told last that it rests
	until   time.Time // and until when
	resting bool      // that has been said
	settled time.Time // likewise: calls that began before somebody else said so have ended
}

// room is how many deliveries of a lane may be gated now, at most limit: what can
// begin in time, what the breaker lets begin, and what the rate of the channel
// has. For the rate it waits. 0: the provider rests, or ctx ended. Else done is
// told how many of them were called for.
func (e *Engine) room(ctx context.Context, s *Sender, limit int) (n int, done func(called int)) {
	run := e.runner()
	for {
		n = s.health.begin(run.Now(), s.pace.room(limit))
		if n == 0 {
			return 0, nil
		}
		if s.Tokens == nil {
			return n, func(int) { s.health.end() }
		}
		got, back, wait := s.Tokens.Take(ctx, n)
		if got > 0 {
			return got, func(called int) {
				s.health.end()
				if called < got {
					back(got - called)
				}
			}
		}
		s.health.end()
		if run.Sleep(ctx, max(wait, gather)); ctx.Err() != nil {
			return 0, nil
		}
	}
}

// heed listens to what the end of a call says of the provider. Where all are to
// leave it alone, rests is set and they are told at once, while other calls are
// still under way.
func (e *Engine) heed(ctx context.Context, s *Sender, lane string, out channel.Outcome, rests *atomic.Bool) {
	run := e.runner()
	now := run.Now()
	opened, back := s.health.heard(now, out)
	if back {
		e.Log.Info("the provider takes messages again", "channel", lane)
	}
	wait, why := time.Duration(0), cmp.Or(text(out.Reason), "no reason given")
	if out.Verdict == channel.NotTaken && out.Trouble == channel.Rests {
		wait = min(cmp.Or(out.RetryAfter, restUnnamed), longestRest)
	}
	if opened > wait {
		wait, why = opened, "calls fail, the last: "+why
	}
	if wait <= 0 {
		return
	}
	rests.Store(true)
	until := now.Add(wait)
	if !s.health.news(now, until) {
		return
	}
	try, cancel := run.Timeout(context.WithoutCancel(ctx), gateTimeout)
	defer cancel()
	if err := e.ledger().RestChannel(try, lane, e.at(), wait, why); err != nil {
		// This process rests by itself where its breaker is open; the next answer tells the others.
		e.Log.Warn("others could not be told that the provider rests", "channel", lane, "error", err)
		return
	}
	if s.health.tell(now, until) {
		e.sayRests(lane, why, "for", wait.Round(time.Second))
	}
}

// sayRests says it once, until the provider is back.
func (e *Engine) sayRests(lane, why string, more ...any) {
	e.Log.Warn("the provider rests; its messages wait", append([]any{"channel", lane, "reason", why}, more...)...)
}

func (h *health) begin(now time.Time, limit int) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.breaker.Begin(now, limit)
}

func (h *health) end() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.breaker.End()
}

// heard also says whether the provider is back.
func (h *health) heard(now time.Time, out channel.Outcome) (opened time.Duration, back bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	open := !h.breaker.Closed()
	opened = h.breaker.Heard(now, out)
	tried := open && h.breaker.Closed()
	if back = h.resting && out.Verdict == channel.Accepted && (tried || !now.Before(h.until) && !now.Before(h.settled)); back {
		h.resting, h.until = false, time.Time{}
	}
	return opened, back
}

// news says whether others do not know yet that the provider rests until then:
// the calls that are under way hear the same at nearly the same moment. A call
// that began later was let begin because the rest was over, or was ended.
func (h *health) news(now, until time.Time) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return now.Sub(h.told) > startWithin+callTimeout || until.Sub(h.until) > time.Second
}

// tell notes that everybody knows, and says whether it is to be said.
func (h *health) tell(now, until time.Time) (first bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.told, h.until = now, until
	h.breaker.Told()
	first, h.resting = !h.resting, true
	return first
}

// found notes that somebody else has said so. Calls under way may still be taken.
func (h *health) found(now time.Time) (first bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.settled = now.Add(callTimeout)
	first, h.resting = !h.resting, true
	return first
}
