package engine_test

import (
	"context"
	"testing"
	"time"

	"github.com/rewave/rewave/internal/postgres"
)

// A worker whose machine is suspended in the middle of a gate holds its
// customers' rows. An opt-out waits for them: not for as long as the machine
// likes to be away.
func TestAWorkerThatIsSuspendedHoldsUpNoOptOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.entered(1, thanks(once, treatAll))
	w.clock.Set(start.Add(1 * days))
	id := w.delivery("c1", "hello")
	c := w.handOut()[0]
	locked, awake, gated := make(chan struct{}), make(chan struct{}), make(chan error)
	go func() {
		in := postgres.GateInput{IDs: c.IDs, Lane: c.Lane, At: w.clock.At(), Campaign: 1, Channels: []string{"email"}, Lease: time.Minute}
		_, _, err := w.Store.Gate(context.Background(), in, func(time.Time, *postgres.Gated) {
			close(locked)
			<-awake
		})
		gated <- err
	}()
	<-locked
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := w.Unsubscribe(ctx, id); err != nil {
		t.Error(err)
	}
	close(awake)
	if err := <-gated; err == nil {
		t.Error("the gate went on after its transaction was ended")
	}
	same(t, "and then", w.states("hello"), map[string]int{"treat planned": 1})
	w.send(start.Add(1 * days))
	same(t, "at the next gate", w.states("hello"), map[string]int{"treat suppressed opted_out": 1})
}
