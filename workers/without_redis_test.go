package workers

import (
	"context"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// TestWhatIsDueGoesOutOnceWithoutRedis takes Redis away in three ways while two
// workers send, and brings it back. What stands in its queues at that moment,
// and what workers have in hand, is sent by somebody, once.
func TestWhatIsDueGoesOutOnceWithoutRedis(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name       string
		away, back func(t *testing.T, r redis.UniversalClient, server *exec.Cmd)
	}{
		{"stopped", func(_ *testing.T, _ redis.UniversalClient, server *exec.Cmd) {
			server.Process.Kill()
			server.Wait() // killed: an error is what we expect
		}, nil},
		{"frozen", func(t *testing.T, _ redis.UniversalClient, server *exec.Cmd) { signal(t, server, syscall.SIGSTOP) },
			func(t *testing.T, _ redis.UniversalClient, server *exec.Cmd) { signal(t, server, syscall.SIGCONT) }},
		{"full", func(t *testing.T, r redis.UniversalClient, _ *exec.Cmd) { memory(t, r, "1") },
			func(t *testing.T, r redis.UniversalClient, _ *exec.Cmd) { memory(t, r, "0") }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			const first, more = 1300, 700
			url, server := ownRedisServer(t)
			w := newWorld(t)
			w.redis = dial(t, url)
			w.due(first)
			hold := make(chan struct{})
			w.provider.hold = hold
			logs := []*lines{{}, {}}
			var stops []func()
			var ended []<-chan struct{}
			for _, log := range logs {
				p := NewPresence(w.redis, log.logger())
				p.After = time.Second
				stop, done := w.serve(&Server{Presence: p})
				stops, ended = append(stops, stop), append(ended, done)
			}
			if _, err := w.dispatcher().Pass(t.Context(), false); err != nil {
				t.Fatal(err)
			}
			until(t, "chunks are in hand", func() bool { n, _ := w.provider.called(); return n == 16 })
			c.away(t, w.redis, server)
			close(hold)
			until(t, "all of the first went out without Redis", func() bool { return w.states()["accepted"] == first })
			w.dueAgain(more)
			until(t, "so did what came due later", func() bool { return w.states()["accepted"] == first+more })
			for i, log := range logs {
				same(t, "times that a worker says so", log.with("level=WARN", redisIsAway), 1)
				if c.back == nil {
					continue
				}
				if i == 0 {
					c.back(t, w.redis, server)
				}
				until(t, "a worker says that it is back", func() bool { return log.with("Redis is back") == 1 })
			}
			if c.back != nil {
				w.run(w.dispatcher().Role())
				w.dueAgain(more)
				until(t, "chunks come through Redis again", func() bool { return w.states()["accepted"] == first+2*more })
			}
			calls, twice := w.provider.called()
			same(t, "sent twice", twice, nil)
			same(t, "calls", calls, w.states()["accepted"])
			for i := range stops {
				stops[i]()
				wait(t, "the server ended", ended[i])
			}
		})
	}
}

// What was queued after Redis was last seen, and before it was gone, is not waited
// for: that is what died with it.
func TestWhatWasQueuedAtTheLastMomentIsTakenFromPostgres(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.due(3)
	if _, err := w.dispatcher().Pass(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	p := NewPresence(w.redis, w.Log)
	seen := time.Now().Add(-20 * time.Second)
	p.seen.Store(&seen)
	w.db.Exec(t, "update dispatch set round_at = clock_timestamp() - interval '19 s'")
	s := &Server{Engine: w.Engine, Log: w.Log}
	same(t, "taken", s.sendDue(t.Context(), p), 3)
	w.db.Exec(t, "update dispatch set round_at = clock_timestamp() - interval '10 s'") // somebody has started over since
	w.dueAgain(2)
	same(t, "taken of what came since", s.sendDue(t.Context(), p), 2)
}

func signal(t *testing.T, server *exec.Cmd, s syscall.Signal) {
	t.Helper()
	if err := server.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}

func memory(t *testing.T, r redis.UniversalClient, bytes string) {
	t.Helper()
	if err := r.ConfigSet(context.Background(), "maxmemory", bytes).Err(); err != nil {
		t.Fatal(err)
	}
}
