package workers_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/channel/null"
	"github.com/rewave/rewave/internal/devstack"
	"github.com/rewave/rewave/internal/engine"
	"github.com/rewave/rewave/internal/postgres"
	"github.com/rewave/rewave/workers"
)

// program is the binary, built once for a stack and gone with it.
func program(b *testing.B, stack *devstack.Stack) string {
	b.Helper()
	path := filepath.Join(stack.Dir, "rewave")
	if _, err := os.Stat(path); err == nil {
		return path
	}
	if out, err := exec.Command("go", "build", "-o", path, "github.com/rewave/rewave/cmd/rewave").CombinedOutput(); err != nil {
		b.Fatalf("build the program: %v\n%s", err, out)
	}
	return path
}

// installation is a database, a Redis, a provider, and the program's processes.
type installation struct {
	b     *testing.B
	dir   string
	env   []string
	stack *devstack.Stack
	store *postgres.Store
	db    *pgxpool.Pool
	*provider
}

// install makes one; each of its processes makes inFlight calls at once, and the
// provider answers each after latency.
func install(b *testing.B, stack *devstack.Stack, dsn string, inFlight int, latency time.Duration) *installation {
	b.Helper()
	if _, err := postgres.Migrate(b.Context(), dsn); err != nil {
		b.Fatal(err)
	}
	store, err := postgres.Open(b.Context(), dsn, postgres.Options{})
	if err != nil {
		b.Fatal(err)
	}
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		b.Fatal(err)
	}
	url := fmt.Sprintf("postgres://%s@/%s?host=%s", config.User, config.Database, config.Host)
	in := &installation{b: b, dir: b.TempDir(), env: append(os.Environ(), "DATABASE_URL="+url, "REDIS_URL="+stack.RedisURL, "PROVIDER_TOKEN=x"),
		stack: stack, store: store, db: pool(b, dsn), provider: startProvider(b, latency)}
	in.write("rewave.yaml", fmt.Sprintf(`shop: {name: Bench, zone: UTC, currency: EUR, margin: 35%%}
public_url: https://shop.example
channels:
  email: {adapter: http, url: "%s", token_env: PROVIDER_TOKEN, from: Bench <shop@shop.example>, in_flight: %d, allow_unreconciled: true}
`, in.URL, inFlight))
	return in
}

// close lets the database go, and empties Redis.
func (in *installation) close() {
	in.store.Close()
	in.db.Close()
	redis, err := workers.Connect(context.Background(), in.stack.RedisURL, slog.New(slog.DiscardHandler))
	if err != nil {
		in.b.Fatal(err)
	}
	redis.FlushDB(context.Background())
	_ = redis.Close()
}

func (in *installation) write(name, text string) {
	in.b.Helper()
	path := filepath.Join(in.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		in.b.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		in.b.Fatal(err)
	}
}

// apply applies a campaign as it stands in memory.
func (in *installation) apply(c campaigns.Campaign) {
	in.b.Helper()
	e := &engine.Engine{Store: in.store, Log: slog.New(slog.DiscardHandler), Links: engine.Links{Installation: "bench"},
		Shop:     engine.Shop{Name: "Bench", Zone: time.UTC, Currency: "EUR", Digits: 2, PublicURL: "https://shop.example"},
		Channels: map[string]*engine.Sender{"email": engine.NewSender(&null.Channel{}, "shop@shop.example", 64)}}
	if _, err := e.ApplyCampaign(in.b.Context(), c, nil); err != nil {
		in.b.Fatal(err)
	}
}

// due plans n deliveries of the benchmarks' campaign that are due.
func (in *installation) due(n int) {
	in.b.Helper()
	in.apply(benchCampaign(in.b))
	in.seed(seedStatements, n)
	settled(in.b, in.db.Config().ConnString())
}

// seed makes people, and what statements say besides, known to imports too.
func (in *installation) seed(statements []string, n int) {
	in.b.Helper()
	for _, sql := range append(slices.Clone(statements), "insert into identities (kind, value, customer_id) select 'shop', shop_id, customer_id from customers limit $1") {
		if _, err := in.db.Exec(in.b.Context(), sql, n); err != nil {
			in.b.Fatal(err)
		}
	}
}

// states counts deliveries by state.
func (in *installation) states() map[string]int {
	in.b.Helper()
	rows, err := in.db.Query(in.b.Context(), "select state, count(*)::int from deliveries group by state")
	if err != nil {
		in.b.Fatal(err)
	}
	counts := map[string]int{}
	var state string
	var n int
	if _, err := pgx.ForEachRow(rows, []any{&state, &n}, func() error { counts[state] = n; return nil }); err != nil {
		in.b.Fatal(err)
	}
	return counts
}

// run runs a command to its end.
func (in *installation) run(args ...string) {
	in.b.Helper()
	cmd := exec.CommandContext(in.b.Context(), program(in.b, in.stack), args...)
	cmd.Dir, cmd.Env = in.dir, in.env
	if out, err := cmd.CombinedOutput(); err != nil {
		in.b.Fatalf("rewave %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// role is a process of the program.
type role struct {
	b     *testing.B
	cmd   *exec.Cmd
	said  *said
	ended chan struct{}
}

// said is what a process writes to its log.
type said struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *said) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *said) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// start starts a role and waits until it runs.
func (in *installation) start(name string) *role {
	in.b.Helper()
	p := &role{b: in.b, cmd: exec.Command(program(in.b, in.stack), name), said: &said{}, ended: make(chan struct{})}
	p.cmd.Dir, p.cmd.Env, p.cmd.Stderr = in.dir, in.env, p.said
	if err := p.cmd.Start(); err != nil {
		in.b.Fatal(err)
	}
	go func() { _ = p.cmd.Wait(); close(p.ended) }() // how it ends is our doing
	in.b.Cleanup(func() {
		p.end(syscall.SIGKILL)
		if in.b.Failed() {
			in.b.Logf("%s said:\n%s", name, p.said)
		}
	})
	waitFor(in.b, name+" runs", func() bool {
		if strings.Contains(p.said.String(), "running") {
			return true
		}
		select {
		case <-p.ended:
			in.b.Fatalf("%s ended", name)
		default:
		}
		return false
	})
	return p
}

// end sends a signal and returns when the process has gone.
func (p *role) end(s syscall.Signal) {
	_ = p.cmd.Process.Signal(s) // it may have ended
	<-p.ended
}

// peak is the most memory that the process ever had, in MB.
func (p *role) peak() float64 {
	p.b.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		p.b.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		var kB float64
		if n, _ := fmt.Sscanf(line, "VmHWM: %f kB", &kB); n == 1 {
			return kB / 1024
		}
	}
	p.b.Fatal("no VmHWM")
	return 0
}

// waitFor waits for a condition.
func waitFor(b *testing.B, what string, ready func() bool) {
	b.Helper()
	deadline := time.Now().Add(10 * time.Minute)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !ready() {
		if time.Now().After(deadline) {
			b.Fatalf("still not: %s", what)
		}
		<-tick.C
	}
}

// provider takes every message, and notes when its call began.
type provider struct {
	*httptest.Server
	mu     sync.Mutex
	latest map[string]time.Time // by recipient
	calls  int
	twice  int // calls of a message that was called before
	refs   map[string]bool
	first  time.Time
	last   time.Time
}

func startProvider(b *testing.B, latency time.Duration) *provider {
	p := &provider{latest: map[string]time.Time{}, refs: map[string]bool{}}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		at := time.Now()
		var m struct{ Ref, To string }
		if err := json.NewDecoder(r.Body).Decode(&m); err != nil {
			b.Error(err)
		}
		p.note(at, m.Ref, m.To)
		time.Sleep(latency)
		w.WriteHeader(http.StatusAccepted)
		_, _ = fmt.Fprintf(w, `{"id":%q}`, m.Ref)
	}))
	b.Cleanup(p.Close)
	return p
}

func (p *provider) note(at time.Time, ref, to string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.calls++; p.calls == 1 {
		p.first = at
	}
	if p.refs[ref] {
		p.twice++
	}
	p.refs[ref], p.last, p.latest[to] = true, at, at
}

// called is how many calls have begun.
func (p *provider) called() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.calls
}

// rate is calls a second, from the first to the last.
func (p *provider) rate() float64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return float64(p.calls-1) / p.last.Sub(p.first).Seconds()
}
