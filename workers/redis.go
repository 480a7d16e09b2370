package workers

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"github.com/rewave/rewave/internal/fault"
)

// Connect opens Redis by URL (redis://, rediss://, unix://) and refuses one that
// is not fit: one that does not answer, or one that evicts keys, because a hint
// evicted in the middle of its life jams the queue behind it.
func Connect(ctx context.Context, url string) (redis.UniversalClient, error) {
	opts, err := redis.ParseURL(url)
	if err != nil {
		return nil, fault.Wrap(fault.Usage, err, "REDIS_URL cannot be read", "REDIS_URL=redis://127.0.0.1:6379/0")
	}
	opts.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	client := redis.NewClient(opts)
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	if err := client.Ping(ctx).Err(); err != nil {
		_ = client.Close() // nothing was opened
		return nil, fault.Wrap(fault.Unavailable, err, fmt.Sprintf("Redis at %s does not answer", opts.Addr), "check REDIS_URL, and that the server runs")
	}
	if err := refuseEviction(ctx, client, opts.Addr); err != nil {
		_ = client.Close() // nothing was written
		return nil, err
	}
	return client, nil
}

func refuseEviction(ctx context.Context, client *redis.Client, addr string) error {
	policy, err := client.ConfigGet(ctx, "maxmemory-policy").Result()
	if err != nil {
		if strings.Contains(strings.ToLower(err.Error()), "unknown") || strings.Contains(strings.ToLower(err.Error()), "permission") {
			return nil // managed or in-process servers do not say; nothing can be proven here
		}
		return fault.Wrap(fault.Unavailable, err, fmt.Sprintf("Redis at %s does not tell its eviction policy", addr), "")
	}
	if got := policy["maxmemory-policy"]; got != "" && got != "noeviction" {
		return fault.New(fault.Unavailable, fmt.Sprintf("Redis at %s evicts keys (maxmemory-policy %s); hints of sends would vanish in mid-queue", addr, got),
			"redis-cli config set maxmemory-policy noeviction")
	}
	return nil
}
