package workers

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	"github.com/rewave/rewave/internal/fault"
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

	asked   time.Time              // when masters were last asked whether they evict keys
	unfit   atomic.Pointer[string] // what they said, if they do
	name    string                 // of this process among the workers
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

// A worker that was not heard of for a minute is gone.
//
// KEYS: who of the workers has written when; it is written to see whether it can
// be. ARGV: the worker's name. Returns how many there are. Safe to run twice.
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

// registries are where asynq keeps what it has of no queue: its names of queues, which
// whoever fills one writes first.
const registries queue = "asynq:queues"

// ask writes to the node of every queue, and to that of the registries: each may be
// gone alone.
func (p *Presence) ask(ctx context.Context, queues []queue) error {
	most := int64(0) // a node that has just forgotten knows fewer
	for _, q := range queues {
		n, err := present.Run(ctx, p.Redis, []string{q.own("workers")}, p.name).Int64()
		if err != nil {
			return err
		}
		most = max(most, n)
	}
	p.present.Store(most)
	p.askPolicy(ctx)
	return nil
}

// askPolicyEvery is how often masters are asked whether they evict keys: who has
// taken over from one may be set up otherwise.
const askPolicyEvery = 10 * time.Second

func (p *Presence) askPolicy(ctx context.Context) {
	if !p.Away() && time.Since(p.asked) < askPolicyEvery {
		return
	}
	err := refuseEviction(ctx, p.Redis)
	if err != nil && !errors.Is(err, errEvicts) {
		return // asked again in a second
	}
	p.asked = time.Now()
	if err == nil {
		if p.unfit.Swap(nil) != nil {
			p.Log.Info("Redis evicts keys no more")
		}
		return
	}
	says := err.Error()
	if f, ok := fault.Of(err); ok {
		says = f.Message
	}
	if p.unfit.Swap(&says) == nil {
		p.Log.Error("this Redis is not fit", "error", says)
	}
}

// Run asks every second until ctx ends, and says when Redis goes and when it is
// back, once each. A Redis that lacks the node of one of the channels' queues is
// away. Call it once.
func (p *Presence) Run(ctx context.Context, channels ...string) {
	queues := []queue{registries}
	for _, c := range channels {
		queues = append(queues, queueOf(c))
	}
	var asked chan error // a Redis that hangs is asked once, and meanwhile the time goes on
	tick := time.NewTicker(askEvery)
	defer tick.Stop()
	for {
		if asked == nil {
			asked = make(chan error, 1)
			go func(answer chan<- error) { answer <- p.ask(ctx, queues) }(asked)
		}
		select {
		case <-ctx.Done():
			<-asked // it ends with ctx, at the latest after the client's own patience
			return
		case err := <-asked:
			asked = nil
			if ctx.Err() == nil {
				p.heard(err)
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

func (p *Presence) heard(err error) {
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

// useless is for how long surely nobody could queue anything: somebody may have,
// after this process last saw Redis and before it looked again.
func (p *Presence) useless() time.Duration {
	if p.seen.Load() == nil {
		return p.Silent()
	}
	return p.Silent() - min(p.after(), 2*askEvery)
}

// askEvery is how often Redis is asked.
const askEvery = time.Second

// Notes is what those who look after the process should know; nil: nothing.
func (p *Presence) Notes() (all []string) {
	if p.Away() {
		all = append(all, redisIsAway)
	}
	if unfit := p.unfit.Load(); unfit != nil {
		all = append(all, *unfit)
	}
	return all
}

const redisIsAway = "Redis is away; due deliveries are taken from PostgreSQL until it is back"

// Away says whether workers do without Redis.
func (p *Presence) Away() bool { return p.away.Load() }

// lost says whether Redis was there and is not now, or is not waited for.
func (p *Presence) lost() bool { return p.Away() || p.Failing() && p.seen.Load() != nil }

// Failing says whether Redis did not take what was last written: what others say
// of it then is known.
func (p *Presence) Failing() bool { return p.failing.Load() }
