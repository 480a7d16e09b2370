package workers

import (
	"context"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
)

// awayAfter is how long Redis may be silent, or refuse what is written, before
// workers do without it. Too early costs nothing but a look at PostgreSQL: a
// delivery that is handed out twice is sent once.
const awayAfter = 10 * time.Second

// Presence knows whether Redis takes what is written to it: one that is full, or
// read-only, answers and is of no use. One Run keeps it up to date, and anybody
// may ask.
type Presence struct {
	Redis redis.UniversalClient
	Log   *slog.Logger
	After time.Duration // how long it may be silent before it counts as away; 0 means 10 s

	begun   time.Time
	seen    atomic.Pointer[time.Time] // when it last took something; nil: never
	failing atomic.Bool               // it did not, the last time, or was never asked
	away    atomic.Bool               // and that has been said
}

// NewPresence asks nothing yet: nothing is known until Run does.
func NewPresence(r redis.UniversalClient, log *slog.Logger) *Presence {
	p := &Presence{Redis: r, Log: log, begun: time.Now()}
	p.failing.Store(true)
	return p
}

// presenceKey is written to see whether it can be; what it holds means nothing.
const presenceKey = "rewave:presence"

// Run asks every second until ctx ends, and says when Redis goes and when it is
// back, once each. Call it once.
func (p *Presence) Run(ctx context.Context) {
	var asked chan error // a Redis that hangs is asked once, and meanwhile the time goes on
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		if asked == nil {
			asked = make(chan error, 1)
			go func(answer chan<- error) { answer <- p.Redis.Set(ctx, presenceKey, 1, time.Minute).Err() }(asked)
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

// Failing says whether Redis did not take what was last written: what others say
// of it then is known.
func (p *Presence) Failing() bool { return p.failing.Load() }
