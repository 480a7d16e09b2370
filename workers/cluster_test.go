package workers

import (
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/rewave/rewave/internal/audit"
	"github.com/rewave/rewave/internal/engine"
	"github.com/rewave/rewave/internal/testkit"
)

// onCluster is a world with two channels, whose queues lie on two of three nodes.
func onCluster(t *testing.T) (*world, *testkit.RedisCluster) {
	t.Helper()
	c, w := testkit.NewRedisCluster(t, 3), newWorld(t)
	w.redis = connect(t, c.URL)
	w.texts()
	if c.NodeOf(queueOf("email").key("pending")) == c.NodeOf(queueOf("sms").key("pending")) {
		t.Fatal("both queues are on one node")
	}
	return w, c
}

// work starts two workers, who do without Redis when it is silent for so long.
func (w *world) work(after time.Duration) {
	for range 2 {
		p := NewPresence(w.redis, w.Log)
		p.After = after
		w.serve(&Server{Presence: p})
	}
}

// allOnce holds that n deliveries have gone out, half of them on each channel where
// there are two, and that the ledger is sound.
func (w *world) allOnce(n int) {
	w.t.Helper()
	until(w.t, "all have gone out", func() bool { return w.states()["accepted"] == n })
	calls, twice := w.provider.called()
	same(w.t, "called twice", twice, nil)
	same(w.t, "calls", calls, n)
	for name := range w.Channels {
		same(w.t, "sent by "+name, testkit.Get[int](w.t, w.db, "select count(*)::int from deliveries where state = 'accepted' and channel = $1", name), n/len(w.Channels))
	}
	result, err := audit.Run(w.t.Context(), w.db.Store)
	if err != nil {
		w.t.Fatal(err)
	}
	if err := result.Err(); err != nil {
		w.t.Error(err)
	}
}

// emptied waits until no queue holds anything.
func (w *world) emptied(d *Dispatcher) {
	w.t.Helper()
	until(w.t, "Redis holds nothing that nobody works on", func() bool {
		used, err := d.used(w.t.Context())
		return err == nil && used == 0
	})
}

func TestAWaveOnTwoChannelsGoesThroughTwoNodesOfACluster(t *testing.T) {
	t.Parallel()
	w, c := onCluster(t)
	w.due(3000)
	d := w.dispatcher()
	if err := d.NoticeLoss(t.Context()); err != nil {
		t.Fatal(err)
	}
	ids, err := d.Pass(t.Context(), false)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "tasks", len(ids), 6)
	for _, channel := range []string{"email", "sms"} {
		q := queueOf(channel)
		there := dial(t, "redis://"+c.NodeOf(q.key("pending")).Addr)
		same(t, "tasks on the node of "+channel, there.LLen(t.Context(), q.key("pending")).Val(), 3)
	}
	w.work(0)
	w.tick(d, w.dispatcher())
	w.allOnce(3000)
	w.emptied(d)
	same(t, "times that workers did without Redis", w.log.with(redisIsAway), 0)
	same(t, "times that something was forgotten", w.log.with("Redis has forgotten"), 0)
}

// A node is killed while chunks wait in its queue and calls are open. It comes back
// empty at once, or stays away until workers go on without it.
func TestANodeOfAClusterDiesInMidWave(t *testing.T) {
	t.Parallel()
	const first, more = 3000, 1000
	for _, test := range []struct {
		name     string
		key      string // of the node that dies
		coverage string // what the others take meanwhile: "yes" nothing, "no" their own slots
		forgot   string // the queue that is missed; "": none
		away     bool
	}{
		{"with a queue, back at once", queueOf("email").key("pending"), "yes", "[send_email]", false},
		{"with a queue, gone for long", queueOf("email").key("pending"), "yes", "[send_email]", true},
		{"with a queue, the others go on", queueOf("sms").key("pending"), "no", "[send_sms]", true},
		{"with the registries, the others go on", "asynq:queues", "no", "", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w, c := onCluster(t)
			for _, n := range c.Nodes {
				if err := dial(t, "redis://"+n.Addr).ConfigSet(t.Context(), "cluster-require-full-coverage", test.coverage).Err(); err != nil {
					t.Fatal(err)
				}
			}
			w.due(first)
			hold := make(chan struct{})
			w.provider.hold = hold
			after := time.Hour
			if test.away {
				after = 2 * time.Second
			}
			w.work(after)
			d := w.dispatcher()
			w.tick(d, w.dispatcher())
			until(t, "calls are open on both channels", func() bool { n, _ := w.provider.called(); return n == 32 })
			node := c.NodeOf(test.key)
			node.Kill()
			close(hold)
			if test.away {
				until(t, "all of the first went out without it", func() bool { return w.states()["accepted"] == first })
				until(t, "both workers say so", func() bool { return w.log.with("level=WARN", redisIsAway) == 2 })
			}
			node.Start()
			w.allOnce(first)
			w.emptied(d)
			if test.away {
				until(t, "both workers are back", func() bool { return w.log.with("Redis is back") == 2 })
			}
			until(t, "the loss is noticed", func() bool {
				return w.log.with("Redis has forgotten queues") == strings.Count(test.forgot, "send") && d.NoticeLoss(t.Context()) == nil
			})
			same(t, "times that this queue was missed", w.log.with("Redis has forgotten queues", test.forgot), strings.Count(test.forgot, "send"))
			w.dueAgain(more)
			w.allOnce(first + more)
			w.emptied(d)
		})
	}
}

// FLUSHALL on one node: its queue is missed at once, and nobody else's.
func TestANodeThatForgetsIsMissedByItsQueue(t *testing.T) {
	t.Parallel()
	w, c := onCluster(t)
	w.due(2000)
	d, other := w.dispatcher(), w.dispatcher()
	look := func(key string, want ...string) {
		t.Helper()
		if key != "" {
			if err := dial(t, "redis://"+c.NodeOf(key).Addr).FlushAll(t.Context()).Err(); err != nil {
				t.Fatal(err)
			}
		}
		before := w.log.with("Redis has forgotten")
		for _, d := range []*Dispatcher{d, other} {
			if err := d.NoticeLoss(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		same(t, "times noticed after "+key, w.log.with("Redis has forgotten")-before, len(want))
		for _, q := range want {
			same(t, "times of "+q, w.log.with("Redis has forgotten", "queues=["+q+"]"), 1)
		}
	}
	handedOut := func(want int) {
		t.Helper()
		ids, err := d.Pass(t.Context(), false)
		if err != nil {
			t.Fatal(err)
		}
		same(t, "chunks handed out", len(ids), want)
	}
	look("")
	handedOut(4)
	look("asynq:queues")
	handedOut(0)
	look(queueOf("sms").key("pending"), "send_sms")
	handedOut(4) // both queues: the ledger knows due rows, not who held which
	look(queueOf("email").key("pending"), "send_email")
	handedOut(4)
	w.work(0)
	w.tick(d)
	w.allOnce(2000)
	w.emptied(d)
}

// A dispatcher that was told of no channel knows a queue from when it first fills it.
func TestAQueueIsKnownBeforeItIsFilled(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.due(3)
	ticks := &engine.Engine{Store: w.Store, Log: w.Log, Links: w.Links, Shop: w.Shop, Channels: map[string]*engine.Sender{}}
	d := NewDispatcher(ticks, w.redis, w.Log)
	for _, want := range []int{1, 0} {
		if err := d.NoticeLoss(t.Context()); err != nil {
			t.Fatal(err)
		}
		ids, err := d.Pass(t.Context(), false)
		if err != nil {
			t.Fatal(err)
		}
		same(t, "chunks", len(ids), want)
	}
	if err := w.redis.FlushDB(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	if err := d.NoticeLoss(t.Context()); err != nil {
		t.Fatal(err)
	}
	same(t, "times noticed", w.log.with("Redis has forgotten queues", "[send_email]"), 1)
}

// The master dies while chunks wait and calls are open; three sentinels have its
// replica take over, and what that lacks is handed out again.
func TestAMasterBehindSentinelsDiesInMidWave(t *testing.T) {
	t.Parallel()
	const first, more = 3000, 1000
	for _, test := range []struct {
		name, policy string
		unfit        int
	}{{"to a replica like it", "noeviction", 0}, {"to a replica that evicts", "allkeys-lru", 1}} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s, w := testkit.NewRedisSentinel(t, 3, "--maxmemory-policy", test.policy), newWorld(t)
			w.redis = connect(t, s.URL)
			w.due(first)
			hold := make(chan struct{})
			w.provider.hold = hold
			p := NewPresence(w.redis, w.Log)
			w.serve(&Server{Presence: p})
			w.serve(&Server{})
			d := w.dispatcher()
			w.tick(d, w.dispatcher())
			until(t, "calls are open", func() bool { n, _ := w.provider.called(); return n == 16 })
			s.Master.Kill()
			close(hold)
			w.allOnce(first)
			replica := dial(t, "redis://"+s.Replica.Addr)
			until(t, "the replica is master", func() bool {
				return strings.Contains(replica.Info(t.Context(), "replication").Val(), "role:master")
			})
			until(t, "the change is noticed", func() bool { return w.log.with("another one has taken over", "[send_email]") == 1 })
			until(t, "a master that evicts is noticed", func() bool { return len(p.Notes()) == test.unfit })
			// asynq ends no task whose end it could not write at once (v0.26.0 tries again with a
			// context that is over); when their leases have lapsed, they are tidied away.
			q := queueOf("email")
			active, err := replica.LRange(t.Context(), q.key("active"), 0, -1).Result()
			if err != nil {
				t.Fatal(err)
			}
			for _, id := range active {
				if err := replica.ZAdd(t.Context(), q.key("lease"), redis.Z{Score: 1, Member: id}).Err(); err != nil {
					t.Fatal(err)
				}
			}
			w.emptied(d)
			s.Master.Start() // as a replica, empty
			until(t, "the sentinels have it follow", func() bool {
				return strings.Contains(replica.Info(t.Context(), "replication").Val(), "connected_slaves:1")
			})
			w.dueAgain(more)
			w.allOnce(first + more)
			w.emptied(d)
		})
	}
}
