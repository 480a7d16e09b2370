package workers

import (
	"context"
	"strings"
	"testing"

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
			_, err := Connect(context.Background(), url)
			same(t, "message", words(t, err), "Redis at "+strings.TrimPrefix(url, "unix://")+" evicts keys (maxmemory-policy "+policy+
				"); hints of sends would vanish in mid-queue\nTry: redis-cli config set maxmemory-policy noeviction")
		})
	}
}

func TestARedisThatDoesNotAnswerIsRefused(t *testing.T) {
	t.Parallel()
	_, err := Connect(context.Background(), "redis://127.0.0.1:1/0")
	same(t, "message", words(t, err), "Redis at 127.0.0.1:1 does not answer\nTry: check REDIS_URL, and that the server runs")
	_, err = Connect(context.Background(), "http://127.0.0.1")
	same(t, "message", words(t, err), "REDIS_URL cannot be read\nTry: REDIS_URL=redis://127.0.0.1:6379/0")
}

func TestARedisThatKeepsItsKeysIsTaken(t *testing.T) {
	t.Parallel()
	url, _ := ownRedis(t)
	client, err := Connect(context.Background(), url)
	if err != nil {
		t.Fatal(err)
	}
	if err := client.Close(); err != nil {
		t.Error(err)
	}
}
