package workers

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/rewave/rewave/internal/fault"
)

// words are an error as a person sees it.
func words(t *testing.T, err error) string {
	t.Helper()
	f, ok := fault.Of(err)
	if !ok {
		t.Fatalf("got %v, want a fault", err)
	}
	return f.Message + "\nTry: " + f.Hint
}

func TestAnEvictingRedisIsRefused(t *testing.T) {
	t.Parallel()
	for _, policy := range []string{"allkeys-lru", "volatile-ttl"} {
		t.Run(policy, func(t *testing.T) {
			t.Parallel()
			url, _ := ownRedis(t, "--maxmemory-policy", policy)
			_, err := Connect(context.Background(), url, (&lines{}).logger())
			same(t, "message", words(t, err), "Redis at "+strings.TrimPrefix(url, "unix://")+" evicts keys (maxmemory-policy "+policy+
				"); hints of sends would vanish in mid-queue\nTry: redis-cli config set maxmemory-policy noeviction")
		})
	}
}

func TestARedisThatDoesNotAnswerIsSaidAndWaitedFor(t *testing.T) {
	t.Parallel()
	log := &lines{}
	client, err := Connect(context.Background(), "redis://127.0.0.1:1/0", log.logger())
	if err != nil {
		t.Fatal(err)
	}
	client.Close()
	same(t, "lines", log.with("level=WARN", "Redis does not answer; starting without it", "address=127.0.0.1:1"), 1)
}

func TestARedisThatLetsNobodyInIsRefused(t *testing.T) {
	t.Parallel()
	url, _ := ownRedis(t)
	if err := dial(t, url).ConfigSet(t.Context(), "requirepass", "secret").Err(); err != nil {
		t.Fatal(err)
	}
	_, err := Connect(t.Context(), url, (&lines{}).logger())
	same(t, "message", words(t, err), "Redis at "+strings.TrimPrefix(url, "unix://")+
		" does not let us in\nTry: check user and password in REDIS_URL")
}

func TestARedisThatKeepsItsKeysIsTaken(t *testing.T) {
	t.Parallel()
	url, _ := ownRedis(t)
	client, err := Connect(context.Background(), url, (&lines{}).logger())
	if err != nil {
		t.Fatal(err)
	}
	if err := client.Close(); err != nil {
		t.Error(err)
	}
}

func TestARedisThatRefusesEverythingIsNotAskedAllTheTime(t *testing.T) {
	t.Parallel()
	url, _ := ownRedis(t)
	client, err := Connect(t.Context(), url, (&lines{}).logger())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	w := newWorld(t)
	w.redis = client
	w.due(1)
	if err := client.Do(t.Context(), "config", "set", "maxmemory", "1").Err(); err != nil {
		t.Fatal(err)
	}
	stop, ended := w.serve(&Server{})
	asked := &counter{begun: time.Now()}
	w.redis.AddHook(asked)
	until(t, "it has been asked in vain", func() bool { return asked.n.Load() >= 5 && time.Since(asked.begun) > 2*time.Second })
	if n := asked.n.Load(); n > 100 {
		t.Errorf("asked %d times in %v, want a few times a second", n, time.Since(asked.begun))
	}
	if err := client.Do(t.Context(), "config", "set", "maxmemory", "0").Err(); err != nil {
		t.Fatal(err)
	}
	w.run(w.dispatcher().Role())
	until(t, "it works again", func() bool { return w.states()["accepted"] == 1 })
	stop()
	wait(t, "the server ended", ended)
}

// counter counts commands.
type counter struct {
	begun time.Time
	n     atomic.Int64
}

func (c *counter) DialHook(next redis.DialHook) redis.DialHook { return next }
func (c *counter) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}
func (c *counter) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		c.n.Add(1)
		return next(ctx, cmd)
	}
}
