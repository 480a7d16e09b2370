package simulation

import (
	"context"
	"errors"
	"math/rand/v2"
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

var _ channel.Asked = (*Provider)(nil)

// Name is the channel's.
func (p *Provider) Name() string { return p.name }

// Promise is what the schedule has its provider do.
func (p *Provider) Promise() channel.Promise { return p.w.promises[p.name] }

// Ask looks a reference up, in an index that lags as long as things go wrong.
func (p *Provider) Ask(_ context.Context, ref string) (channel.Finding, error) {
	w, th := p.w, p.w.scheduler.running
	_ = w.elapse(th, "asks about "+ref)
	th.sleep(time.Duration(1+w.rand.IntN(30)) * time.Millisecond)
	_, known := w.keys[ref]
	switch {
	case w.has(BadCall, 5):
		return channel.Finding{}, errors.New("look up: 503")
	case !known, w.has(BadCall, 2):
		return channel.Finding{}, nil
	}
	return channel.Finding{Found: true, Verdict: channel.Accepted, ProviderID: "ok"}, nil
}

// drawPromises draws what the providers of this schedule can say, by a rand of its
// own: what the seed stood for before stays.
func (w *World) drawPromises() {
	clear(w.keys)
	r := rand.New(rand.NewPCG(w.spec.Seed, 0xca11))
	for _, name := range []string{"email", "sms"} {
		var p channel.Promise
		p.LookupByRef = r.IntN(2) == 0
		if r.IntN(2) == 0 {
			p.IdempotencyWindow = []time.Duration{10 * time.Minute, 24 * time.Hour, 24 * time.Hour}[r.IntN(3)]
		}
		w.promises[name] = p
	}
}

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
	if out := w.outage(p.name); out != nil {
		fate = out.fate(w, fate)
	}
	took := time.Duration(1+w.rand.IntN(30)) * time.Millisecond
	slow := w.faults&SlowCall != 0 && w.gone < w.heal && w.rand.IntN(3) == 0 // a state of things more than a mishap
	if p.repeats(id, m) || slow || fate.hangs {
		took = time.Duration(300+w.rand.IntN(11_000)) * time.Millisecond
	}
	if _, known := w.keys[m.Ref]; known && fate.outcome.Verdict == channel.Failed {
		fate = usual // who knows a key answers as the first time
	}
	if fate.taken {
		window := p.Promise().IdempotencyWindow
		if first, known := w.keys[m.Ref]; !known || w.clock.Sub(first) >= window {
			w.keys[m.Ref] = w.clock
			c.taken++
		}
	}
	p.speak(id, m, fate)
	if end, ok := ctx.Deadline(); ok && w.clock.Add(took).After(end) {
		took = end.Sub(w.clock)
		fate.outcome = channel.Outcome{Verdict: channel.Unknown, Reason: "timeout after data"}
	}
	th.sleep(took)
	_ = w.elapse(th, "hears "+string(fate.outcome.Verdict))
	if fate.panics {
		c.verdict = channel.Unknown
		w.judge.heard(w, th, p.name, c, channel.Outcome{Verdict: channel.Unknown})
		panic("the channel's own")
	}
	c.verdict = fate.outcome.Verdict
	w.judge.heard(w, th, p.name, c, fate.outcome)
	return fate.outcome
}

// fate is what becomes of a call.
type fate struct {
	taken, hangs, panics bool
	outcome              channel.Outcome
}

// usual is that of most calls.
var usual = fate{taken: true, outcome: channel.Outcome{Verdict: channel.Accepted, ProviderID: "ok"}}

func (p *Provider) fate() fate {
	w := p.w
	if !w.has(BadCall, 5) {
		return usual
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
		if w.faults&Words != 0 && w.rand.IntN(4) == 0 {
			out.RetryAfter += 11 * time.Minute
		}
		out.Trouble = []channel.Trouble{channel.Rests, channel.OfMessage, channel.Rests, channel.OfProvider}[int(out.RetryAfter/time.Second)%4]
		return fate{outcome: out}
	case 4, 5:
		return fate{taken: either, outcome: says(channel.Unknown, "500")}
	case 6:
		return fate{taken: either, panics: true, outcome: says(channel.Unknown, "")}
	}
	return fate{outcome: says(channel.Failed, "550 no such mailbox")}
}
