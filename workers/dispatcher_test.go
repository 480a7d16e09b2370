package workers

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/rewave/rewave/internal/engine"
)

func TestNoMoreThanTheBoundIsQueued(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.due(1100)
	d := w.dispatcher()
	d.bound = 1000
	var passes []int
	for range 3 {
		ids, err := d.Pass(t.Context(), false)
		if err != nil {
			t.Fatal(err)
		}
		passes = append(passes, len(ids))
	}
	same(t, "tasks of each pass", passes, []int{2, 0, 0})
	w.serve(&Server{})
	until(t, "the rest is handed out as workers catch up", func() bool {
		if _, err := d.Pass(t.Context(), false); err != nil {
			t.Fatal(err)
		}
		return w.states()["accepted"] == 1100
	})
	_, twice := w.provider.called()
	same(t, "called twice", twice, nil)
}

func TestTwoDispatchersHandOutEachRowOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.due(1200)
	seen := map[int64]int{}
	var mu sync.Mutex
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			chunks, err := w.HandOut(t.Context(), false, 400)
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			for _, c := range chunks {
				for _, id := range c.IDs {
					seen[id]++
				}
			}
		})
	}
	all.Wait()
	for id, n := range seen {
		if n > 1 {
			t.Errorf("delivery %d was handed out %d times", id, n)
		}
	}
	if len(seen) == 0 {
		t.Error("nothing was handed out")
	}
}

// echo sends each script twice, as a client does whose answer was lost.
type echo struct{}

func (echo) DialHook(next redis.DialHook) redis.DialHook { return next }
func (echo) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}
func (echo) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		err := next(ctx, cmd)
		if err == nil && strings.HasPrefix(strings.ToLower(cmd.Name()), "eval") {
			err = next(ctx, cmd)
		}
		return err
	}
}

func TestATaskWhoseAnswerWasLostIsQueuedOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.due(700)
	w.redis.AddHook(echo{})
	d := w.dispatcher()
	ids, err := d.Pass(t.Context(), false)
	if err != nil {
		t.Fatal(err)
	}
	waiting, err := w.redis.LRange(t.Context(), queueOf("email").key("pending"), 0, -1).Result()
	if err != nil {
		t.Fatal(err)
	}
	set := func(names []string) map[string]bool {
		m := map[string]bool{}
		for _, n := range names {
			m[n] = true
		}
		return m
	}
	same(t, "waiting", len(waiting), 2)
	same(t, "names", set(waiting), set(ids))
}

func TestAChunkThatKeepsFailingIsTriedOnceInASecond(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.due(1)
	d := w.dispatcher()
	failed := make(chan time.Time, 100)
	// Whoever serves has no such channel, a mistake that lasts until somebody mends it.
	helpless := &engine.Engine{Store: w.Store, Shop: w.Shop, Links: w.Links, Log: w.Log}
	w.serve(&Server{Engine: helpless, Done: func(string, engine.Sent, error) { failed <- time.Now() }})
	w.run(d.Role())
	first := <-failed
	for range 2 {
		<-failed
	}
	if got := time.Since(first); got < time.Second {
		t.Errorf("two more tries within %v, want at least a second", got)
	}
}

// Any key may vanish at any moment: what is due goes out all the same, once,
// within seconds.
func TestWhateverRedisForgetsGoesOutOnce(t *testing.T) {
	t.Parallel()
	for name, forget := range map[string]func(ctx context.Context, r redis.UniversalClient) error{
		"everything":          func(ctx context.Context, r redis.UniversalClient) error { return r.FlushDB(ctx).Err() },
		"which queues it has": func(ctx context.Context, r redis.UniversalClient) error { return r.Del(ctx, "asynq:queues").Err() },
		"who it is": func(ctx context.Context, r redis.UniversalClient) error {
			return drop(ctx, r, "rewave:incarnation:*", 1)
		},
		"which tasks wait": func(ctx context.Context, r redis.UniversalClient) error {
			return r.Del(ctx, "asynq:{send_email}:pending").Err()
		},
		"what the tasks are": func(ctx context.Context, r redis.UniversalClient) error {
			return drop(ctx, r, "asynq:{send_email}:t:*", 1)
		},
		"every other task": func(ctx context.Context, r redis.UniversalClient) error {
			return drop(ctx, r, "asynq:{send_email}:t:*", 2)
		},
		"every other key": func(ctx context.Context, r redis.UniversalClient) error { return drop(ctx, r, "*", 2) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.due(1100)
			d := w.dispatcher()
			if err := d.NoticeLoss(t.Context()); err != nil {
				t.Fatal(err)
			}
			if _, err := d.Pass(t.Context(), false); err != nil {
				t.Fatal(err)
			}
			if err := forget(t.Context(), w.redis); err != nil {
				t.Fatal(err)
			}
			w.serve(&Server{})
			w.serve(&Server{})
			w.tick(d, w.dispatcher())
			until(t, "all have gone out", func() bool { return w.states()["accepted"] == 1100 })
			_, twice := w.provider.called()
			same(t, "called twice", twice, nil)
			until(t, "Redis holds nothing that nobody works on", func() bool {
				used, err := d.used(t.Context())
				return err == nil && used == 0
			})
		})
	}
}

// The same while the calls are being made.
func TestWhateverRedisForgetsInMidCallGoesOutOnce(t *testing.T) {
	t.Parallel()
	for name, key := range map[string]string{"everything": "*", "leases": "asynq:{send_email}:lease", "who works": "asynq:{send_email}:active", "tasks": "asynq:{send_email}:t:*"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, release, _, _ := held(t, "", 600)
			if err := drop(t.Context(), w.redis, key, 1); err != nil {
				t.Fatal(err)
			}
			d := w.dispatcher()
			w.tick(d)
			w.serve(&Server{})
			release()
			until(t, "all have gone out", func() bool { return w.states()["accepted"] == 600 })
			_, twice := w.provider.called()
			same(t, "called twice", twice, nil)
			until(t, "Redis holds nothing that nobody works on", func() bool {
				used, err := d.used(t.Context())
				return err == nil && used == 0
			})
		})
	}
}

// tick runs dispatchers with their janitors, who are in a hurry.
func (w *world) tick(dispatchers ...*Dispatcher) {
	var roles []Role
	for _, d := range dispatchers {
		janitor := d.Janitor()
		janitor.Every = 50 * time.Millisecond
		roles = append(roles, d.Role(), janitor)
	}
	w.run(roles...)
}

// drop deletes every nth key that matches.
func drop(ctx context.Context, r redis.UniversalClient, match string, nth int) error {
	keys, err := r.Keys(ctx, match).Result()
	if err != nil {
		return err
	}
	for i, key := range keys {
		if i%nth == 0 {
			if err := r.Del(ctx, key).Err(); err != nil {
				return err
			}
		}
	}
	return nil
}

func TestTheChunkOfAWorkerThatDiedIsHandedOutWhenItsLeaseHasLapsed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.due(700)
	d := w.dispatcher()
	if _, err := d.Pass(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	// A worker that took the first task and died, just now or a while ago.
	q := queueOf("email")
	id, err := w.redis.LMove(t.Context(), q.key("pending"), q.key("active"), "RIGHT", "LEFT").Result()
	if err != nil {
		t.Fatal(err)
	}
	lease := func(until time.Time) {
		if err := w.redis.ZAdd(t.Context(), q.key("lease"), redis.Z{Score: float64(until.Unix()), Member: id}).Err(); err != nil {
			t.Fatal(err)
		}
		if err := d.Tidy(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	tasks := func() int {
		used, err := d.used(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return used / engine.ChunkSize
	}
	lease(time.Now().Add(30 * time.Second))
	same(t, "tasks while the lease holds", tasks(), 2)
	lease(time.Now().Add(-time.Minute))
	same(t, "tasks after it", tasks(), 1)
	ids, err := d.Pass(t.Context(), false)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "tasks of the next pass", len(ids), 2)
	w.serve(&Server{})
	until(t, "all have gone out", func() bool { return w.states()["accepted"] == 700 })
	_, twice := w.provider.called()
	same(t, "called twice", twice, nil)
}

func TestTheJanitorLeavesLiveTasksAlone(t *testing.T) {
	t.Parallel()
	w, release, _, _ := held(t, "", 700)
	tasks := func() []string {
		keys, err := w.redis.Keys(t.Context(), "asynq:{send_email}:t:*").Result()
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(keys)
		return keys
	}
	before := tasks()
	if err := w.dispatcher().Tidy(t.Context()); err != nil {
		t.Fatal(err)
	}
	same(t, "tasks", tasks(), before)
	same(t, "lines in the log", w.log.with("handed out again"), 0)
	release()
}
