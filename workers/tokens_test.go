package workers

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/rewave/rewave/internal/channel"
	"github.com/rewave/rewave/internal/engine"
)

// noted is a provider that takes everything and notes when.
type noted struct {
	mu sync.Mutex
	at []time.Time
}

func (p *noted) Name() string             { return "email" }
func (p *noted) Promise() channel.Promise { return channel.Promise{} }
func (p *noted) Close() error             { return nil }

func (p *noted) Send(_ context.Context, m channel.Message) channel.Outcome {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.at = append(p.at, time.Now())
	return channel.Outcome{Verdict: channel.Accepted, ProviderID: m.Ref}
}

// Two workers on one Redis keep one rate between them: each would exceed it alone.
func TestTwoWorkersShareAChannelsRate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const messages, perSecond = 120, 30
	provider := &noted{}
	for range 2 {
		client := dial(t, w.url)
		p := NewPresence(client, w.Log)
		e := &engine.Engine{Store: w.db.Store, Log: w.Log, Links: w.Links, Shop: w.Shop}
		s := engine.NewSender(provider, "shop@shop.example", 16)
		s.Tokens = &Tokens{Redis: client, Presence: p, Channel: "email", Rate: Rate{perSecond, time.Second}, Log: w.Log}
		e.Channels = map[string]*engine.Sender{"email": s}
		w.serve(&Server{Engine: e, Presence: p})
	}
	w.due(messages)
	// Small chunks, so that both have some.
	d := w.dispatcher()
	for range messages / 10 {
		chunks, err := w.HandOut(t.Context(), false, 10)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range chunks {
			if _, err := d.enqueue(t.Context(), c); err != nil {
				t.Fatal(err)
			}
		}
	}
	w.run(d.Role()) // what was left when a chunk ended
	until(t, "all are sent", func() bool { return w.states()["accepted"] == messages })
	provider.mu.Lock()
	defer provider.mu.Unlock()
	slices.SortFunc(provider.at, time.Time.Compare)
	// Whatever the machine does in between, tokens are given out at the rate, and a call comes after its token.
	took := provider.at[messages-1].Sub(provider.at[0])
	if least := time.Duration(messages-perSecond) * time.Second / perSecond; took < least-500*time.Millisecond {
		t.Errorf("%d messages in %v, at %d a second and as many at once it takes %v", messages, took, perSecond, least)
	}
	if n := w.log.with("each worker goes by its part"); n != 0 {
		t.Errorf("the rate was divided %d times though Redis was there", n)
	}
}

// The bucket in Redis: a burst, then at the rate; what is given back is there again.
func TestTheSharedBucket(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	k := &Tokens{Redis: w.redis, Presence: NewPresence(w.redis, w.Log), Channel: "email", Rate: Rate{6, time.Minute}, Log: w.Log}
	take := func(n int) (int, time.Duration) {
		t.Helper()
		got, wait, err := k.ask(t.Context(), n)
		if err != nil {
			t.Fatal(err)
		}
		return got, wait
	}
	if got, _ := take(50); got != 1 {
		t.Errorf("%d at once, of 6 a minute", got)
	}
	if got, wait := take(50); got != 0 || wait < 5*time.Second || wait > 10*time.Second {
		t.Errorf("%d, and then to wait for %v", got, wait)
	}
	k.giveBack(1)
	if got, _ := take(50); got != 1 {
		t.Errorf("%d after one was given back", got)
	}
	k.Channel = "sms"
	if got, _ := take(1); got != 1 {
		t.Error("channels share a bucket")
	}
	k.Rate = Rate{200, time.Second}
	k.Channel = "fast"
	if got, _ := take(1000); got != 200 {
		t.Errorf("%d at once, of 200 a second", got)
	}
	k.giveBack(1_000) // more than was taken: full is full
	if got, _ := take(1000); got != 200 {
		t.Errorf("%d at once from a full bucket", got)
	}
}

// While Redis is away each worker goes by its part of the rate, from an empty
// bucket: together they do not exceed it.
func TestWithoutRedisEachWorkerGoesByItsPart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	url, stop := ownRedis(t)
	var all []*Tokens
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel()
	for range 2 {
		p := NewPresence(dial(t, url), w.Log)
		running.Go(func() { p.Run(ctx) })
		all = append(all, &Tokens{Redis: p.Redis, Presence: p, Channel: "email", Rate: Rate{100, time.Second}, Log: w.Log})
	}
	until(t, "both know of each other", func() bool { return all[0].Presence.workers() == 2 && all[1].Presence.workers() == 2 })
	if got, _, _ := all[0].Take(ctx, 1000); got != 100 {
		t.Errorf("%d with Redis, want the burst", got)
	}
	stop()
	until(t, "both know that it is gone", func() bool { return all[0].Presence.lost() && all[1].Presence.lost() })
	begun, got := time.Now(), 0
	for time.Since(begun) < time.Second {
		for _, k := range all {
			n, back, wait := k.Take(ctx, 7)
			switch {
			case n == 0 && wait <= 0:
				t.Fatal("nothing, and no time to wait")
			case n > 1:
				back(1)
				n--
			}
			got += n
		}
		time.Sleep(5 * time.Millisecond)
	}
	if most := int(100 * time.Since(begun).Seconds()); got > most+2 || got == 0 {
		t.Errorf("%d within %v, want at most %d", got, time.Since(begun), most)
	}
	if n := w.log.with("each worker goes by its part", `"one each"=20ms`); n != 2 {
		t.Errorf("it was said %d times", n)
	}
	if got := NewPresence(dial(t, url), w.Log).workers(); got != unseen {
		t.Errorf("who never saw Redis divides by %d", got)
	}
}

// In no span of time does a bucket give out more than it holds and what runs in
// meanwhile, whatever is taken and given back; and it does give out.
func TestABucketKeepsItsRate(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		rate := Rate{rapid.IntRange(1, 10_000).Draw(t, "messages"), rapid.SampledFrom([]time.Duration{time.Second, time.Minute}).Draw(t, "per")}
		each, most := rate.each(), rate.burst()
		if exact := float64(rate.Per) / float64(rate.Messages); float64(each) < exact || float64(each) > exact*1.02+2 {
			t.Fatalf("one of %v takes %v", rate, each)
		}
		var b bucket
		var mu sync.Mutex
		begun := time.Unix(1_800_000_000, 0)
		now, given := begun, 0
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.Int64Range(0, int64(3*time.Second)).Draw(t, "passes")))
			got, wait := b.take(now, each, most, rapid.IntRange(1, 500).Draw(t, "want"))
			if got == 0 {
				if wait <= 0 || wait > each {
					t.Fatalf("wait for %v, one takes %v", wait, each)
				}
				if again, _ := b.take(now.Add(wait), each, most, 1); again != 1 {
					t.Fatal("there is none when there should be one")
				}
				now, given = now.Add(wait), given+1
				continue
			}
			unused := rapid.IntRange(0, got).Draw(t, "unused")
			b.giveBack(&mu, each)(unused)
			given += got - unused
			if room := int(now.Sub(begun)/each) + 1; given > room { // it began empty
				t.Fatalf("%d within %v, at one in %v", given, now.Sub(begun), each)
			}
		}
	})
}
