package workers

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
	"go.uber.org/goleak"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/channel"
	"github.com/rewave/rewave/internal/engine"
	"github.com/rewave/rewave/internal/message"
	"github.com/rewave/rewave/internal/testkit"
)

// A pool that was closed while its Redis was away looks once more, a second later, and ends.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/redis/go-redis/v9/internal/pool.(*ConnPool).tryDial"))
}

// patience is how long a condition may take on a busy machine.
const patience = 20 * time.Second

// world is a live engine on a database and a Redis of its own, with a provider
// that does as it is told.
type world struct {
	t        *testing.T
	db       *testkit.DB
	url      string
	redis    redis.UniversalClient
	provider *provider
	log      *lines
	*engine.Engine
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, db: testkit.NewDB(t), url: testkit.NewRedis(t), log: &lines{}}
	w.provider = &provider{calls: map[string]int{}}
	w.redis = dial(t, w.url)
	name, secrets, err := w.db.Store.Installation(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	keys, err := message.NewKeys(secrets...)
	if err != nil {
		t.Fatal(err)
	}
	w.Engine = &engine.Engine{
		Store: w.db.Store, Log: w.log.logger(), Links: engine.Links{Installation: name[:8], Keys: keys},
		Shop:     engine.Shop{Name: "Test shop", Zone: time.UTC, Currency: "EUR", Digits: 2, PublicURL: "https://shop.example"},
		Channels: map[string]*engine.Sender{"email": engine.NewSender(w.provider, "shop@shop.example", 16)},
	}
	return w
}

func dial(t *testing.T, url string) *redis.Client {
	t.Helper()
	opts, err := redis.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	opts.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	client := redis.NewClient(opts)
	t.Cleanup(func() { client.Close() })
	return client
}

// connect opens Redis as the program does.
func connect(t *testing.T, url string) redis.UniversalClient {
	t.Helper()
	client, err := Connect(t.Context(), url, (&lines{}).logger())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	return client
}

// texts sets up a second channel, on which every other customer is written to.
func (w *world) texts() { w.Channels["sms"] = engine.NewSender(texter{w.provider}, "Shop", 16) }

type texter struct{ *provider }

func (texter) Name() string { return "sms" }

// channels are those set up, the one that is tried first at the front.
func (w *world) channels() []string {
	return slices.SortedFunc(maps.Keys(w.Channels), func(a, b string) int { return strings.Compare(b, a) })
}

// due plans a delivery, due now, for each of n customers, all treated. Call it once.
func (w *world) due(n int) {
	w.t.Helper()
	_, err := w.ApplyCampaign(w.t.Context(), campaigns.Campaign{
		Name: "hello", Version: "v1", Design: "d1", Enter: campaigns.Enter{On: "order_paid", When: "true"},
		Holdout: campaigns.Holdout{Because: "test"}, Rounds: campaigns.Rounds{Times: 1},
		Waves:    []campaigns.Wave{{Name: "hello", Channels: w.channels(), Content: campaigns.Content{Message: "messages/hello"}}},
		Messages: map[string]campaigns.Message{"messages/hello": {"": {Subject: "Hello", Text: "Hello {{ customer.id }}. {{ unsubscribe_url }}", SMS: "Hello {{ customer.id }}. {{ unsubscribe_url }}"}}},
	}, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	w.dueAgain(n)
}

// dueAgain is due for n customers more.
func (w *world) dueAgain(n int) {
	w.t.Helper()
	w.db.Exec(w.t, `with c as (insert into customers (shop_id) select gen_random_uuid()::text from generate_series(1, $1::int) i returning customer_id, shop_id),
		k as (insert into contacts (customer_id, email) select customer_id, shop_id || '@mail.example' from c returning customer_id)
		insert into consents (customer_id, channel, granted, at, source) select customer_id, 'email', true, '2020-01-01', 'test' from k`, n)
	if w.Channels["sms"] != nil {
		w.db.Exec(w.t, `with k as (update contacts set phone = '+4917' || lpad(customer_id::text, 8, '0') where phone is null and customer_id % 2 = 0 returning customer_id)
			insert into consents (customer_id, channel, granted, at, source) select customer_id, 'sms', true, '2020-01-01', 'test' from k`)
	}
	w.db.Exec(w.t, `with o as (insert into orders (source, shop_order_id, customer_id, placed_at, currency, gross_minor)
			select 'test', customer_id::text, customer_id, clock_timestamp(), 'EUR', 100 from customers c
			 where not exists (select from orders o where o.customer_id = c.customer_id) returning order_id, customer_id, placed_at)
		insert into inbox (campaign_id, order_id, customer_id, placed_at) select c.campaign_id, o.order_id, o.customer_id, o.placed_at from o, campaigns c`)
	if got, err := PlanOnce(w.t.Context(), w.Engine); err != nil || got != n {
		w.t.Fatalf("got %d planned (%v), want %d", got, err, n)
	}
}

func (w *world) dispatcher() *Dispatcher { return NewDispatcher(w.Engine, w.redis, w.Log) }

// serve runs a server until stop is called, at the latest until the test ends;
// ended is closed when it has stopped.
func (w *world) serve(s *Server) (stop func(), ended <-chan struct{}) {
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	if s.Engine == nil {
		s.Engine = w.Engine
	}
	s.Redis, s.Log, s.Channels, s.Poll = w.redis, w.Log, w.channels(), 10*time.Millisecond
	go func() {
		defer close(done)
		if err := s.Run(ctx); err != nil {
			w.t.Errorf("server: %v", err)
		}
	}()
	w.t.Cleanup(func() { stop(); <-done })
	return stop, done
}

// wait gives a channel its time to be closed.
func wait(t *testing.T, what string, closed <-chan struct{}) {
	t.Helper()
	select {
	case <-closed:
	case <-time.After(patience):
		t.Fatalf("after %v still not: %s", patience, what)
	}
}

// run runs roles until the test ends.
func (w *world) run(roles ...Role) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { RunAll(ctx, roles...); close(ended) }()
	w.t.Cleanup(func() { cancel(); <-ended })
}

// states counts deliveries by state.
func (w *world) states() map[string]int {
	w.t.Helper()
	counts := map[string]int{}
	text := testkit.Get[string](w.t, w.db, "select json_object_agg(state, n) from (select state, count(*) as n from deliveries group by state) s")
	if err := json.Unmarshal([]byte(text), &counts); err != nil {
		w.t.Fatal(err)
	}
	return counts
}

// until waits for a condition.
func until(t *testing.T, what string, ready func() bool) {
	t.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !ready() {
		select {
		case <-deadline.C:
			t.Fatalf("after %v still not: %s", patience, what)
		case <-tick.C:
		}
	}
}

// same fails with the difference.
func same[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("%s (got -, want +):\n%s", what, diff)
	}
}

// provider takes messages as it is told to, and remembers.
type provider struct {
	mu    sync.Mutex
	calls map[string]int // by ref
	hold  chan struct{}  // if set, calls wait until it is closed
}

func (p *provider) Name() string             { return "email" }
func (p *provider) Promise() channel.Promise { return channel.Promise{} }
func (p *provider) Close() error             { return nil }

func (p *provider) Send(ctx context.Context, m channel.Message) channel.Outcome {
	p.mu.Lock()
	p.calls[m.Ref]++
	hold := p.hold
	p.mu.Unlock()
	if hold != nil {
		select {
		case <-hold:
		case <-ctx.Done():
			return channel.Outcome{Verdict: channel.Unknown, Reason: "timeout"}
		}
	}
	return channel.Outcome{Verdict: channel.Accepted, ProviderID: m.Ref}
}

// called is how many calls were begun, and which deliveries were called twice.
func (p *provider) called() (calls int, twice []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for ref, n := range p.calls {
		calls += n
		if n > 1 {
			twice = append(twice, ref)
		}
	}
	return calls, twice
}

// lines is a log to look into.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *lines) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(l, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// with counts the lines that hold all of the words.
func (l *lines) with(words ...string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := 0
next:
	for line := range strings.Lines(l.text.String()) {
		for _, word := range words {
			if !strings.Contains(line, word) {
				continue next
			}
		}
		n++
	}
	return n
}

// ownRedis starts a server that the test may break; stop ends it at once.
func ownRedis(t *testing.T, args ...string) (url string, stop func()) {
	t.Helper()
	url, server := ownRedisServer(t, args...)
	return url, func() { server.Process.Kill(); server.Wait() } // killed: an error is what we expect
}

// ownRedisServer is ownRedis with the process; it ends with the test.
func ownRedisServer(t *testing.T, args ...string) (url string, server *exec.Cmd) {
	t.Helper()
	dir, err := os.MkdirTemp("", "rewave-redis-") // t.TempDir is too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	socket := filepath.Join(dir, "s")
	server = exec.Command("redis-server", append([]string{"--port", "0", "--unixsocket", socket, "--dir", dir, "--save", ""}, args...)...)
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Process.Kill(); server.Wait() }) // it may have ended
	url = "unix://" + socket
	client := dial(t, url)
	until(t, fmt.Sprintf("Redis answers on %s", socket), func() bool { return client.Ping(context.Background()).Err() == nil })
	return url, server
}
