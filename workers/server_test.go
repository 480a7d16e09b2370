package workers

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"
)

func TestARoleKeepsTickingAfterAnError(t *testing.T) {
	t.Parallel()
	log := &lines{}
	ctx, stop := context.WithCancel(context.Background())
	ticks := 0
	Role{Name: "clerk", Every: time.Millisecond, Log: log.logger(), Tick: func(context.Context) (int, error) {
		switch ticks++; ticks {
		case 1:
			return 5, errors.New("no database") // work was done, and still it pauses
		case 4:
			stop()
			return 0, ctx.Err()
		}
		return 0, nil
	}}.Run(ctx)
	same(t, "ticks", ticks, 4)
	same(t, "lines", log.with("level=ERROR", "tick failed", "role=clerk", "no database"), 1)
	same(t, "lines of the stop", log.with("canceled"), 0)
}

func TestARoleWithWorkDoesNotPause(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(context.Background())
	left := 3
	Role{Name: "clerk", Every: time.Hour, Log: (&lines{}).logger(), Tick: func(context.Context) (int, error) {
		if left--; left == 0 {
			stop()
			return 0, nil
		}
		return 1, nil
	}}.Run(ctx)
	same(t, "left", left, 0)
}

func TestAServerWithoutAChannelIsAMistake(t *testing.T) {
	t.Parallel()
	err := (&Server{}).Run(context.Background())
	if err == nil || err.Error() != "no channel to serve" {
		t.Errorf("got %v, want no channel to serve", err)
	}
}

// held serves n due deliveries, whose calls all wait until release, on another
// Redis than the test's own where one is named.
func held(t *testing.T, redis string, n int) (w *world, release, stop func(), ended <-chan struct{}) {
	t.Helper()
	w = newWorld(t)
	if redis != "" {
		w.redis = dial(t, redis)
	}
	w.due(n)
	hold := make(chan struct{})
	release = sync.OnceFunc(func() { close(hold) })
	t.Cleanup(release)
	w.provider.hold = hold
	stop, ended = w.serve(&Server{})
	if _, err := w.dispatcher().Pass(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	until(t, "all calls that may be open are", func() bool { n, _ := w.provider.called(); return n == 16 })
	return w, release, stop, ended
}

func TestAServerThatStopsFinishesItsCallsAndBeginsNoOther(t *testing.T) {
	t.Parallel()
	w, release, stop, ended := held(t, "", 900)
	stop()
	select {
	case <-ended:
		t.Error("the server ended with calls open")
	default:
	}
	release()
	wait(t, "the server ended", ended)
	same(t, "states", w.states(), map[string]int{"accepted": 16, "planned": 884})
	calls, _ := w.provider.called()
	same(t, "calls", calls, 16)
	again, err := w.HandOut(t.Context(), false, 1000)
	if err != nil {
		t.Fatal(err)
	}
	left := 0
	for _, c := range again {
		left += len(c.IDs)
	}
	same(t, "handed to others at once", left, 884)
}

func TestAServerStopsInTimeWithoutRedis(t *testing.T) {
	t.Parallel()
	url, kill := ownRedis(t)
	w, release, stop, ended := held(t, url, 40)
	kill()
	stop()
	release()
	wait(t, "the server ended", ended)
	calls, _ := w.provider.called()
	same(t, "calls", calls, 16)
	same(t, "states", w.states(), map[string]int{"accepted": 16, "planned": 24})
}
