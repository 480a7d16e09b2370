package workers

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"
)

// queue is a channel's queue in Redis, in asynq's layout (v0.26.0).
type queue string

// queueOf is the queue of a channel: a slow provider holds up nobody else. A queue
// lives in one slot of a Redis Cluster, so its name decides on which node: with
// this prefix email and sms lie on different nodes of two to six equal ones.
func queueOf(channel string) queue { return queue("send_" + channel) }

func (q queue) key(part string) string { return "asynq:{" + string(q) + "}:" + part }

// own is a key of ours, in the slot of the queue: what it is about is there or
// gone together with it.
func (q queue) own(what string) string { return "rewave:" + what + ":{" + string(q) + "}" }

// incarnation is what the Redis that holds the queue is called: another name says
// that it has forgotten something, or may have.
func (q queue) incarnation(ctx context.Context, r redis.UniversalClient) (string, error) {
	// A new name each time: it is only taken where the old one is gone.
	name, err := incarnation.Run(ctx, r, []string{q.own("incarnation")}, uuid.NewString()).Text()
	if err != nil {
		return "", fmt.Errorf("ask Redis for the incarnation of %s: %w", q, err)
	}
	return name, nil
}

// A replica that takes over, and a server that starts again from its file, may lack
// the last moments: both begin a new history of replication, whose id is part of the
// name where Redis tells it.
//
// KEYS: the queue's incarnation. ARGV: a name for a new one. Safe to run twice.
var incarnation = redis.NewScript(`
redis.call("SET", KEYS[1], ARGV[1], "NX")
local info = redis.pcall("INFO", "replication")
local history = type(info) == "string" and string.match(info, "master_replid:(%x+)") or ""
return redis.call("GET", KEYS[1]) .. " " .. history`)

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
