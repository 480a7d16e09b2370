package workers

import (
	"context"
	"fmt"

	"github.com/redis/go-redis/v9"
)

// queue is a channel's queue in Redis, in asynq's layout (v0.26.0).
type queue string

// queueOf is the queue of a channel: a slow provider holds up nobody else, and
// queues spread over the slots of a Redis Cluster.
func queueOf(channel string) queue { return queue("send-" + channel) }

func (q queue) key(part string) string { return "asynq:{" + string(q) + "}:" + part }

// length counts the tasks that wait or are being worked on. It asks for the
// lists themselves: asynq's own statistics know a queue only by an entry that
// is made once in the life of a process.
func (q queue) length(ctx context.Context, r redis.UniversalClient) (int, error) {
	pipe := r.Pipeline()
	waiting, active := pipe.LLen(ctx, q.key("pending")), pipe.LLen(ctx, q.key("active"))
	if _, err := pipe.Exec(ctx); err != nil {
		return 0, fmt.Errorf("ask Redis how full %s is: %w", q, err)
	}
	return int(waiting.Val() + active.Val()), nil
}

// tidy drops tasks that are called active and that nobody works on: those whose
// content or lease has vanished, which asynq would count for ever, and those
// whose worker has died, which it would run again after minutes. It empties the
// archive too. None of it is a fact; a task that is dropped while it runs only
// cannot say that it has ended. It returns how many active ones there were.
func (q queue) tidy(ctx context.Context, r redis.UniversalClient) (int, error) {
	n, err := tidy.Run(ctx, r, []string{q.key("active"), q.key("lease"), q.key("archived")}, q.key("t:")).Int()
	if err != nil {
		return 0, fmt.Errorf("tidy %s: %w", q, err)
	}
	return n, nil
}

// A task is popped and leased in one script, so one that is active without a
// lease, or without a message, has lost it. A living worker renews its leases
// every 5 s, to 30 s from then.
//
// KEYS: active, lease, archived. ARGV: the prefix of tasks. Safe to run twice.
var tidy = redis.NewScript(`
local n = 0
local lapsed = tonumber(redis.call("TIME")[1]) - 5
for _, id in ipairs(redis.call("LRANGE", KEYS[1], 0, -1)) do
	local lease = redis.call("ZSCORE", KEYS[2], id)
	if not lease or tonumber(lease) < lapsed or redis.call("HEXISTS", ARGV[1] .. id, "msg") == 0 then
		redis.call("LREM", KEYS[1], 0, id)
		redis.call("ZREM", KEYS[2], id)
		redis.call("DEL", ARGV[1] .. id)
		n = n + 1
	end
end
for _, id in ipairs(redis.call("ZRANGE", KEYS[3], 0, 999)) do
	redis.call("ZREM", KEYS[3], id)
	redis.call("DEL", ARGV[1] .. id)
end
return n`)
