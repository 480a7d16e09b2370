package workers

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"github.com/rewave/rewave/internal/fault"
)

// Connect opens Redis by URL (redis://, rediss://, unix://). One that does not
// answer is said in the log and not refused: the client reaches it as soon as it
// is there. One that does not let us in is refused, and one that evicts keys,
// because a hint evicted in the middle of its life jams the queue behind it.
func Connect(ctx context.Context, url string, log *slog.Logger) (redis.UniversalClient, error) {
	opts, err := redis.ParseURL(url)
	if err != nil {
		return nil, fault.Wrap(fault.Usage, err, "REDIS_URL cannot be read", "REDIS_URL=redis://127.0.0.1:6379/0")
	}
	opts.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	client := redis.NewClient(opts)
	client.AddHook(patient{})
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	switch err := client.WithTimeout(time.Second).Ping(ctx).Err(); {
	case redis.HasErrorPrefix(err, "NOAUTH"), redis.HasErrorPrefix(err, "WRONGPASS"), redis.HasErrorPrefix(err, "NOPERM"):
		_ = client.Close() // nothing was opened
		return nil, fault.Wrap(fault.Unavailable, err, fmt.Sprintf("Redis at %s does not let us in", opts.Addr), "check user and password in REDIS_URL")
	case err != nil:
		log.Warn("Redis does not answer; starting without it", "address", opts.Addr, "error", err)
		return client, nil
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

// patient makes a refused command take a moment: asynq asks for the next task
// again at once after an error, and a Redis that is full, loading or read-only
// would be asked as fast as it can refuse.
type patient struct{}

// refusedFor is how long a refusal takes.
const refusedFor = 200 * time.Millisecond

func (patient) DialHook(next redis.DialHook) redis.DialHook { return next }
func (patient) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

func (patient) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		err := next(ctx, cmd)
		if !refused(err) {
			return err
		}
		timer := time.NewTimer(refusedFor)
		defer timer.Stop()
		select {
		case <-ctx.Done():
		case <-timer.C:
		}
		return err
	}
}

// refused tells a server's refusal from its ordinary answers: nothing there, a
// script to be sent whole, a script's own word.
func refused(err error) bool {
	var answer redis.Error
	if !errors.As(err, &answer) || errors.Is(err, redis.Nil) {
		return false
	}
	return !strings.HasPrefix(answer.Error(), "NOSCRIPT") && !strings.Contains(answer.Error(), "NOT FOUND")
}
