package e2e

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/rewave/rewave/internal/testkit"
)

// fault is one thing that goes wrong. It may ask for something to be done a
// while later: the end of what it began.
type fault struct {
	name string
	do   func(c *chaos, draw *rand.Rand, later func(time.Duration, func()))
}

var everything = []fault{
	{"worker killed", func(c *chaos, draw *rand.Rand, _ func(time.Duration, func())) { c.kill(one(draw, c.workers)) }},
	{"worker killed again", func(c *chaos, draw *rand.Rand, _ func(time.Duration, func())) { c.kill(one(draw, c.workers)) }},
	{"tick killed", func(c *chaos, draw *rand.Rand, _ func(time.Duration, func())) { c.kill(one(draw, c.ticks)) }},
	{"deploy", func(c *chaos, _ *rand.Rand, later func(time.Duration, func())) {
		for i, k := range c.roles() {
			later(time.Duration(i)*300*time.Millisecond, func() { k.signal(syscall.SIGTERM) })
		}
	}},
	{"redis from an old snapshot", func(c *chaos, _ *rand.Rand, _ func(time.Duration, func())) {
		c.redis.end(syscall.SIGKILL)
		if c.snapshot != nil {
			if err := os.WriteFile(filepath.Join(c.redis.dir, "dump.rdb"), c.snapshot, 0o600); err != nil {
				c.t.Fatal(err)
			}
		}
		c.redis.start()
	}},
	{"redis snapshot", func(c *chaos, _ *rand.Rand, _ func(time.Duration, func())) {
		if err := c.client.Save(c.t.Context()).Err(); err != nil {
			c.t.Fatal(err)
		}
		var err error
		if c.snapshot, err = os.ReadFile(filepath.Join(c.redis.dir, "dump.rdb")); err != nil {
			c.t.Fatal(err)
		}
	}},
	{"redis flushed", func(c *chaos, _ *rand.Rand, _ func(time.Duration, func())) {
		if err := c.client.FlushAll(c.t.Context()).Err(); err != nil {
			c.t.Fatal(err)
		}
	}},
	{"redis keys lost", func(c *chaos, draw *rand.Rand, _ func(time.Duration, func())) { c.loseKeys(draw) }},
	{"postgres crash", func(c *chaos, draw *rand.Rand, _ func(time.Duration, func())) {
		c.pg.end(syscall.SIGQUIT) // immediate: no checkpoint, no goodbye
		c.sleep(between(draw, 200*time.Millisecond, time.Second))
		c.pg.start()
	}},
	{"postgres cut", func(c *chaos, draw *rand.Rand, _ func(time.Duration, func())) {
		c.between.db.Cut(0.2 + 0.8*draw.Float64())
	}},
	{"redis cut", func(c *chaos, draw *rand.Rand, _ func(time.Duration, func())) {
		c.between.redis.Cut(0.2 + 0.8*draw.Float64())
	}},
	{"mail cut", func(c *chaos, draw *rand.Rand, _ func(time.Duration, func())) {
		c.between.mail.Cut(0.2 + 0.8*draw.Float64())
	}},
	{"postgres half-open", func(c *chaos, draw *rand.Rand, later func(time.Duration, func())) {
		c.deafen(c.between.db, draw, later)
	}},
	{"redis half-open", func(c *chaos, draw *rand.Rand, later func(time.Duration, func())) {
		c.deafen(c.between.redis, draw, later)
	}},
	{"mail half-open", func(c *chaos, draw *rand.Rand, later func(time.Duration, func())) {
		c.deafen(c.between.mail, draw, later)
	}},
	{"postgres reset after some bytes", func(c *chaos, draw *rand.Rand, later func(time.Duration, func())) {
		c.between.db.ResetWithin(60_000)
		later(between(draw, 500*time.Millisecond, 1500*time.Millisecond), c.between.db.Heal)
	}},
	{"mail reset after some bytes", func(c *chaos, draw *rand.Rand, later func(time.Duration, func())) {
		c.between.mail.ResetWithin(20_000)
		later(between(draw, 500*time.Millisecond, 1500*time.Millisecond), c.between.mail.Heal)
	}},
	{"everything late", func(c *chaos, draw *rand.Rand, later func(time.Duration, func())) {
		all := []*testkit.Proxy{c.between.db, c.between.redis, c.between.mail}
		for _, p := range all {
			p.Delay(between(draw, 5*time.Millisecond, 60*time.Millisecond))
		}
		later(between(draw, time.Second, 2*time.Second), func() {
			for _, p := range all {
				p.Delay(0)
			}
		})
	}},
	{"provider takes and resets", burst(func(x *temper) { x.Reset = 100 })},
	{"provider says later", burst(func(x *temper) { x.Later = 400 })},
	{"provider refuses", burst(func(x *temper) { x.Refuse = 100 })},
	{"provider hangs", burst(func(x *temper) { x.HangOut, x.HangTook = 10, 10 })},
	{"provider is slow", burst(func(x *temper) { x.Slow = 400 * time.Millisecond })},
}

// torment lets things go wrong until ctx ends: first each once, in an order
// drawn from the seed, then any.
func (c *chaos) torment(ctx context.Context) {
	draw := rand.New(rand.NewPCG(c.seed, 2))
	deck := slices.Clone(everything)
	draw.Shuffle(len(deck), func(i, j int) { deck[i], deck[j] = deck[j], deck[i] })
	var due []deed
	later := func(in time.Duration, do func()) { due = append(due, deed{time.Now().Add(in), do}) }
	if c.size.Freeze {
		later(c.size.Faults/3, func() {
			c.faults["redis stands still"]++
			syscall.Kill(c.redis.pid, syscall.SIGSTOP)                                   // it runs
			later(40*time.Second, func() { syscall.Kill(c.redis.pid, syscall.SIGCONT) }) // and is waited for before it is killed
		})
	}
	next, begun, told := time.Now(), time.Now(), time.Now()
	for n := 0; ctx.Err() == nil; {
		if time.Since(told) > 30*time.Second {
			told = time.Now()
			c.t.Logf("seed %d, %s: %v of %v, %d faults, %d messages heard", c.seed, c.double.by, told.Sub(begun).Round(time.Second), c.size.Faults, n, c.double.count())
		}
		for i := 0; i < len(due); i++ {
			if d := due[i]; !time.Now().Before(d.at) {
				due = slices.Delete(due, i, i+1)
				i--
				c.mayDoubt()
				d.do()
				c.mayDoubt()
			}
		}
		if !time.Now().Before(next) {
			f := deck[draw.IntN(len(deck))]
			if n < len(deck) {
				f = deck[n]
			}
			n++
			if frozen := c.frozen(); !frozen || !strings.HasPrefix(f.name, "redis") {
				c.faults[f.name]++
				c.mayDoubt()
				f.do(c, draw, later)
				c.mayDoubt()
				later(300*time.Millisecond, func() {}) // a commit under way shows a moment later
			}
			next = time.Now().Add(time.Duration((0.3 + 1.4*draw.Float64()) * float64(c.size.Gap)))
		}
		c.sleep(20 * time.Millisecond)
	}
	for _, d := range due {
		d.do() // ends of what is under way
	}
	if c.frozen() {
		syscall.Kill(c.redis.pid, syscall.SIGCONT) // it runs
	}
}

type deed struct {
	at time.Time
	do func()
}

// frozen says whether Redis has been stopped.
func (c *chaos) frozen() bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", c.redis.pid))
	return err == nil && strings.Contains(string(stat), ") T ")
}

func (c *chaos) sleep(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	<-timer.C
}

// kill is the end of a process as by a power cut.
func (c *chaos) kill(k *kept) { k.signal(syscall.SIGKILL) }

// mayDoubt notes what is on its way: of those deliveries nobody may ever know.
func (c *chaos) mayDoubt() {
	for _, id := range testkit.List[int64](c.t, c.db, "select delivery_id from deliveries where state = 'sending'") {
		c.doubt[id] = true
	}
}

func (c *chaos) deafen(p *testkit.Proxy, draw *rand.Rand, later func(time.Duration, func())) {
	p.Deafen(testkit.Way(draw.IntN(2)))
	later(between(draw, 500*time.Millisecond, 2500*time.Millisecond), p.Heal)
}

// loseKeys deletes one key of a hundred, at least one.
func (c *chaos) loseKeys(draw *rand.Rand) {
	ctx := c.t.Context()
	keys, err := c.client.Keys(ctx, "*").Result()
	if err != nil && !errors.Is(err, redis.Nil) {
		c.t.Fatal(err)
	}
	if len(keys) == 0 {
		return
	}
	slices.Sort(keys)
	for range max(1, len(keys)/100) {
		if err := c.client.Del(ctx, keys[draw.IntN(len(keys))]).Err(); err != nil {
			c.t.Fatal(err)
		}
	}
}

// burst changes the provider's temper for a while.
func burst(change func(*temper)) func(*chaos, *rand.Rand, func(time.Duration, func())) {
	return func(c *chaos, draw *rand.Rand, later func(time.Duration, func())) {
		x := calm
		change(&x)
		c.double.set(x)
		later(between(draw, time.Second, 3*time.Second), func() { c.double.set(calm) })
	}
}

func one[T any](draw *rand.Rand, of []T) T { return of[draw.IntN(len(of))] }

func between(draw *rand.Rand, low, high time.Duration) time.Duration {
	return low + time.Duration(draw.Int64N(int64(high-low)))
}
