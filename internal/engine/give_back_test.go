package engine_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/rewave/rewave/internal/channel"
	"github.com/rewave/rewave/internal/engine"
	"github.com/rewave/rewave/internal/postgres"
	"github.com/rewave/rewave/internal/testkit"
)

// A call that takes its whole ten seconds holds the only slot. The message
// behind it was never called for: it goes back while the call still hangs, and
// is not left to a lease that ends in doubt.
func TestAProviderThatHangsPutsNoOtherMessageInDoubt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.entered(2, thanks(once, treatAll))
	hangs := make(chan struct{})
	w.provider.answer = func(m channel.Message) channel.Outcome {
		<-hangs
		return channel.Outcome{Verdict: channel.Accepted, ProviderID: m.Ref}
	}
	w.Channels["email"] = engine.NewSender(w.provider, "shop@shop.example", 1)
	w.clock.Set(start.Add(1 * days))
	chunk, done := w.handOut()[0], make(chan struct{})
	go func() {
		defer close(done)
		if _, err := w.SendDeliveries(context.Background(), chunk); err != nil {
			t.Error(err)
		}
	}()
	for deadline := time.Now().Add(9 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		if testkit.Get[int](t, w.db, "select count(*)::int from deliveries where state = 'planned' and returned = 1") == 1 {
			break
		}
		if time.Now().After(deadline) {
			t.Error("nothing was given back while the call was under way")
			break
		}
	}
	close(hangs)
	<-done
	same(t, "states", w.states("hello"), map[string]int{"treat accepted": 1, "treat planned given back": 1})
	same(t, "and then", w.send(start.Add(1*days)), engine.Sent{Accepted: 1, Gated: 1})
	w.sound()
}

// lossy is a ledger on which the answer to a gate's commit does not arrive.
type lossy struct {
	engine.Ledger
	answer func(postgres.Passed) postgres.Passed
}

func (l lossy) Gate(ctx context.Context, in postgres.GateInput, prepare func(time.Time, *postgres.Gated)) (postgres.Passed, int, error) {
	passed, _, err := l.Ledger.Gate(ctx, in, prepare)
	if err != nil {
		return passed, 0, err
	}
	return l.answer(passed), 0, errors.New("the connection was lost")
}

// A gate that was committed though its answer was lost has claimed messages that
// nobody calls for. Its worker gives them back.
func TestACommitWhoseAnswerIsLostPutsNothingInDoubt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.entered(3, thanks(once, treatAll))
	w.clock.Set(start.Add(1 * days))
	w.Ledger = lossy{w.Store, func(p postgres.Passed) postgres.Passed { return p }}
	if _, err := w.SendDeliveries(context.Background(), w.handOut()[0]); err == nil {
		t.Error("the error was swallowed")
	}
	w.Ledger = nil
	same(t, "states", w.states("hello"), map[string]int{"treat planned given back": 3})
	same(t, "calls", len(w.provider.calls), 0)
	same(t, "and then", w.send(start.Add(1*days)), engine.Sent{Accepted: 3, Gated: 3})
	w.sound()
}

// A gate that was not committed has no claim. The next worker's gate counts on
// from the same epoch: what is under way there is not given back by the first.
func TestACommitThatWasNotMadeGivesNothingBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.entered(1, thanks(once, treatAll))
	w.clock.Set(start.Add(1 * days))
	w.Ledger = lossy{w.Store, func(p postgres.Passed) postgres.Passed {
		p.ID += 1000 // of the transaction that was rolled back; the row is another's by now
		return p
	}}
	_, _ = w.SendDeliveries(context.Background(), w.handOut()[0])
	same(t, "states", w.states("hello"), map[string]int{"treat sending": 1})
}
