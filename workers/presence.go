package workers

import (
	"context"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"
)

// awayAfter is how long Redis may be silent, or refuse what is written, before
// workers do without it. Too early costs nothing but a look at PostgreSQL: a
// delivery that is handed out twice is sent once.
const awayAfter = 10 * time.Second

// Presence knows whether Redis takes what is written to it, and how many workers
// there are: one that is full, or read-only, answers and is of no use. One Run keeps it up to date, and anybody
// may ask.
type Presence struct {
	Redis redis.UniversalClient
	Log   *slog.Logger
	After time.Duration // how long it may be silent before it counts as away; 0 means 10 s

	name    string // of this process among the workers
	begun   time.Time
	seen    atomic.Pointer[time.Time] // when it last took something; nil: never
	failing atomic.Bool               // it did not, the last time, or was never asked
	away    atomic.Bool               // and that has been said
	present atomic.Int64              // workers when it last took something; 0: never
}

// NewPresence asks nothing yet: nothing is known until Run does.
func NewPresence(r redis.UniversalClient, log *slog.Logger) *Presence {
	p := &Presence{Redis: r, Log: log, begun: time.Now(), name: uuid.NewString()}
	p.failing.Store(true)
	return p
}

// workersKey holds who of the workers has written to it when. It is written to see
// whether it can be.
const workersKey = "rewave:workers"

// A worker that was not heard of for a minute is gone.
//
// KEYS: workersKey. ARGV: the worker's name. Returns how many there are. Safe to
// run twice.
var present = redis.NewScript(`
local now = redis.call("TIME")[1]
redis.call("ZADD", KEYS[1], now, ARGV[1])
redis.call("ZREMRANGEBYSCORE", KEYS[1], "-inf", now - 60)
redis.call("EXPIRE", KEYS[1], 120)
return redis.call("ZCARD", KEYS[1])`)

// unseen is by how many workers a rate is divided in one that never saw Redis.
const unseen = 16

// workers is how many there were when Redis was last seen, this one among them.
func (p *Presence) workers() int64 {
	if n := p.present.Load(); n > 0 {
		return n
	}
	return unseen
}

func (p *Presence) ask(ctx context.Context) error {
	n, err := present.Run(ctx, p.Redis, []string{workersKey}, p.name).Int64()
	if err == nil {
		p.present.Store(n)
	}
	return err
}

// Run asks every second until ctx ends, and says when Redis goes and when it is
// back, once each. Call it once.
func (p *Presence) Run(ctx context.Context) {
	var asked chan error // a Redis that hangs is asked once, and meanwhile the time goes on
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		if asked == nil {
			asked = make(chan error, 1)
			go func(answer chan<- error) { answer <- p.ask(ctx) }(asked)
		}
		select {
		case <-ctx.Done():
			<-asked // it ends with ctx, at the latest after the client's own patience
			return
		case err := <-asked:
			asked = nil
			if ctx.Err() == nil {
				p.heard(ctx, err)
			}
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
		case <-tick.C:
			p.failing.Store(true)
			p.missed("no answer")
		}
	}
}

func (p *Presence) heard(ctx context.Context, err error) {
	p.failing.Store(err != nil)
	if err != nil {
		p.missed(err.Error())
		return
	}
	now := time.Now()
	p.seen.Store(&now)
	if !p.away.Swap(false) {
		return
	}
	p.Log.Warn("Redis is back; chunks come from its queues again")
	if client, ok := p.Redis.(*redis.Client); ok { // it may be another one now
		if err := refuseEviction(ctx, client, client.Options().Addr); err != nil {
			p.Log.Error("this Redis is not fit", "error", err)
		}
	}
}

// missed says that Redis is away, once it has been for long enough: one that was
// not there at the start is not waited for.
func (p *Presence) missed(why string) {
	silent := p.Silent()
	if p.seen.Load() != nil && silent < p.after() || p.away.Swap(true) {
		return
	}
	p.Log.Warn(redisIsAway, "silent", silent.Round(time.Second), "error", strings.TrimSpace(why))
}

func (p *Presence) after() time.Duration {
	if p.After > 0 {
		return p.After
	}
	return awayAfter
}

// Silent is for how long Redis has taken nothing, as far as this process knows.
func (p *Presence) Silent() time.Duration {
	if seen := p.seen.Load(); seen != nil {
		return time.Since(*seen)
	}
	return time.Since(p.begun)
}

// Notes is what those who look after the process should know; nil: nothing.
func (p *Presence) Notes() []string {
	if p.Away() {
		return []string{redisIsAway}
	}
	return nil
}

const redisIsAway = "Redis is away; due deliveries are taken from PostgreSQL until it is back"

// Away says whether workers do without Redis.
func (p *Presence) Away() bool { return p.away.Load() }

// lost says whether Redis was there and is not now, or is not waited for.
func (p *Presence) lost() bool { return p.Away() || p.Failing() && p.seen.Load() != nil }

// Failing says whether Redis did not take what was last written: what others say
// of it then is known.
func (p *Presence) Failing() bool { return p.failing.Load() }
