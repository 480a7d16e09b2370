package workers

import (
	"testing"

	"github.com/rewave/rewave/internal/engine"
)

// Who only ticks need not know the provider's password: without a channel of
// its own a dispatcher still sees how full the queues are that it fills.
func TestADispatcherWithoutChannelsKeepsTheBound(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.due(3)
	ticks := &engine.Engine{Store: w.Store, Log: w.Log, Links: w.Links, Shop: w.Shop, Channels: map[string]*engine.Sender{}}
	d := NewDispatcher(ticks, w.redis, w.Log)
	for range 5 {
		if _, err := d.Pass(t.Context(), false); err != nil {
			t.Fatal(err)
		}
	}
	n, err := queueOf("email").length(t.Context(), w.redis)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "tasks queued", n, 1)
}
