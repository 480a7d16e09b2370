package engine_test

import (
	"context"
	"testing"
	"time"

	"github.com/rewave/rewave/internal/channel"
	"github.com/rewave/rewave/internal/engine"
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
