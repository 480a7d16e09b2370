package simulation

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/rewave/rewave/internal/channel"
)

// Provider takes messages as the schedule has it. What it took it tells the
// judge, whatever it answers.
type Provider struct {
	w    *World
	name string
}

var _ channel.Channel = (*Provider)(nil)

// Name is the channel's.
func (p *Provider) Name() string { return p.name }

// Promise is none: nothing may be sent again on the word of this provider.
func (p *Provider) Promise() channel.Promise { return channel.Promise{} }

// Close does nothing.
func (p *Provider) Close() error { return nil }

// Send begins a call, lets others go on, and ends it.
func (p *Provider) Send(ctx context.Context, m channel.Message) channel.Outcome {
	w := p.w
	th := w.scheduler.running
	_ = w.elapse(th, "is about to call")
	id, _ := strconv.ParseInt(strings.TrimSuffix(m.Ref, ".sim"), 10, 64)
	c := w.judge.called(w, th, p.name, id, m)
	if w.tracing {
		w.note(th.name, "calls for delivery "+strconv.FormatInt(id, 10)+" to "+m.To)
	}
	fate := p.fate()
	took := time.Duration(1+w.rand.IntN(30)) * time.Millisecond
	slow := w.faults&SlowCall != 0 && w.clock.Before(w.healAt) && w.rand.IntN(3) == 0 // a state of things more than a mishap
	if slow || fate.hangs {
		took = time.Duration(300+w.rand.IntN(11_000)) * time.Millisecond
	}
	if fate.taken {
		c.taken++
	}
	if end, ok := ctx.Deadline(); ok && w.clock.Add(took).After(end) {
		took = end.Sub(w.clock)
		fate.outcome = channel.Outcome{Verdict: channel.Unknown, Reason: "timeout after data"}
	}
	th.sleep(took)
	_ = w.elapse(th, "hears "+string(fate.outcome.Verdict))
	if fate.panics {
		c.verdict = channel.Unknown
		panic("the channel's own")
	}
	c.verdict = fate.outcome.Verdict
	return fate.outcome
}

// fate is what becomes of a call.
type fate struct {
	taken, hangs, panics bool
	outcome              channel.Outcome
}

func (p *Provider) fate() fate {
	w := p.w
	if !w.has(BadCall, 5) {
		return fate{taken: true, outcome: channel.Outcome{Verdict: channel.Accepted, ProviderID: "ok"}}
	}
	says := func(v channel.Verdict, why string) channel.Outcome { return channel.Outcome{Verdict: v, Reason: why} }
	either := w.rand.IntN(2) == 0
	switch w.rand.IntN(8) {
	case 0:
		return fate{taken: true, outcome: says(channel.Unknown, "connection reset")}
	case 1:
		return fate{taken: either, hangs: true, outcome: says(channel.Unknown, "timeout")}
	case 2, 3:
		out := says(channel.NotTaken, "429")
		out.RetryAfter = time.Duration(w.rand.IntN(90)) * time.Second
		out.Trouble = []channel.Trouble{channel.Rests, channel.OfMessage, channel.Rests, channel.OfProvider}[int(out.RetryAfter/time.Second)%4]
		return fate{outcome: out}
	case 4, 5:
		return fate{taken: either, outcome: says(channel.Unknown, "500")}
	case 6:
		return fate{taken: either, panics: true, outcome: says(channel.Unknown, "")}
	}
	return fate{outcome: says(channel.Failed, "550 no such mailbox")}
}
