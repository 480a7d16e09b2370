package workers

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/rewave/rewave/internal/engine"
)

// Rate is at most Messages in any time of length Per, on average; a second's
// worth, at least one, may go out at once.
type Rate struct {
	Messages int // at least 1
	Per      time.Duration
}

// each is the time that one message takes of the rate, in whole microseconds,
// rounded so that the rate is never exceeded.
func (r Rate) each() time.Duration {
	n := time.Duration(r.Messages)
	return ((r.Per+n-1)/n + time.Microsecond - 1).Truncate(time.Microsecond)
}

// burst is how many may go out at once.
func (r Rate) burst() int { return max(1, int(time.Second/r.each())) }

// Tokens is the rate of a channel, shared by all workers through Redis. While
// Redis is away each worker goes by its part of it: the rate divided by how many
// workers there were when Redis was last seen; one that never saw it takes a
// sixteenth. A Redis that forgets gives out one burst more, and a worker that
// alone is cut off from it sends its part on top.
type Tokens struct {
	Redis    redis.UniversalClient
	Presence *Presence
	Channel  string
	Rate     Rate
	Log      *slog.Logger

	alone atomic.Bool // that has been said
	mu    sync.Mutex
	own   bucket
}

var _ engine.Tokens = (*Tokens)(nil)

// askFor is how long Redis is waited for: a send does not stand still for it.
const askFor = time.Second

// Take is engine.Tokens.
func (k *Tokens) Take(ctx context.Context, n int) (got int, back func(unused int), wait time.Duration) {
	if !k.Presence.lost() {
		got, wait, err := k.ask(ctx, n)
		if err == nil {
			if k.alone.Swap(false) {
				k.Log.Info("workers share the rate of the channel again", "channel", k.Channel)
				k.mu.Lock()
				k.own = bucket{}
				k.mu.Unlock()
			}
			return got, k.giveBack, wait
		}
		if ctx.Err() != nil {
			return 0, nil, askFor
		}
	}
	each := k.Rate.each() * time.Duration(k.Presence.workers())
	if !k.alone.Swap(true) {
		k.Log.Warn("Redis is away; each worker goes by its part of the channel's rate", "channel", k.Channel, "one each", each)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	got, wait = k.own.take(time.Now(), each, max(1, int(time.Second/each)), n)
	return got, k.own.giveBack(&k.mu, each), wait
}

// ask takes n of the shared bucket; below 0 it gives back.
func (k *Tokens) ask(ctx context.Context, n int) (got int, wait time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, askFor)
	defer cancel()
	answer, err := takeTokens.Run(ctx, k.Redis, []string{queueOf(k.Channel).own("rate")}, k.Rate.each().Microseconds(), k.Rate.burst(), n).Int64Slice()
	if err != nil {
		return 0, 0, err
	}
	return int(answer[0]), time.Duration(answer[1]) * time.Microsecond, nil
}

// giveBack is a courtesy: what is not given back is only lost.
func (k *Tokens) giveBack(unused int) {
	_, _, err := k.ask(context.Background(), -unused)
	if err != nil {
		k.Log.Debug("tokens could not be given back", "channel", k.Channel, "tokens", unused, "error", err)
	}
}

// The generic cell rate algorithm (ITU-T I.371, annex A): the key holds when the
// bucket would be full again, in microseconds by Redis' own clock, which all
// workers share. A clock that goes back cannot hold anybody up for longer than
// an empty bucket does.
//
// KEYS: the channel's bucket. ARGV: microseconds of one message, messages at
// once, messages wanted (below 0: given back). Returns how many are taken and,
// if none, microseconds until there is one. Running it twice takes twice.
var takeTokens = redis.NewScript(`
local t = redis.call("TIME")
local now = t[1] * 1000000 + t[2]
local each, most, want = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local full = tonumber(redis.call("GET", KEYS[1]) or now)
full = math.min(math.max(full, now), now + most * each)
local got = math.min(want, math.floor((now + most * each - full) / each))
if got == 0 then
	return {0, math.max(1, full + each - now - most * each)}
end
full = math.max(full + got * each, now)
redis.call("SET", KEYS[1], string.format("%.0f", full), "PX", math.ceil((full - now) / 1000) + 1000)
return {got, 0}`)

// bucket is the same of one process. A new one is empty: whoever begins to go by
// it has just had the shared one's.
type bucket struct{ full time.Time }

func (b *bucket) take(now time.Time, each time.Duration, most, want int) (got int, wait time.Duration) {
	whole := time.Duration(most) * each
	switch {
	case b.full.IsZero() || b.full.Sub(now) > whole:
		b.full = now.Add(whole)
	case b.full.Before(now):
		b.full = now
	}
	got = min(want, int((whole-b.full.Sub(now))/each))
	if got == 0 {
		return 0, b.full.Sub(now) + each - whole
	}
	b.full = b.full.Add(time.Duration(got) * each)
	return got, 0
}

func (b *bucket) giveBack(mu *sync.Mutex, each time.Duration) func(int) {
	return func(unused int) {
		mu.Lock()
		defer mu.Unlock()
		b.full = b.full.Add(-time.Duration(unused) * each)
	}
}
