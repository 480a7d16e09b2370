package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rewave/rewave/internal/channel/sink"
	"github.com/rewave/rewave/internal/testkit"
)

// patience is how long a condition may take on a busy machine.
const patience = 45 * time.Second

// shop is an installation: its folder, its services, and the far end of its mail.
type shop struct {
	t     *testing.T
	dir   string
	env   []string
	db    *testkit.DB
	sink  *sink.Sink
	calls *calls
	busy  atomic.Bool // the mail server says goodbye to whoever wants to hand something over
}

// calls are when messages began to be handed over.
type calls struct {
	mu sync.Mutex
	at []time.Time
}

func (c *calls) add() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = append(c.at, time.Now())
}

// between counts the calls that began after one instant and before another.
func (c *calls) between(from, to time.Time) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := 0
	for _, at := range c.at {
		if at.After(from) && at.Before(to) {
			n++
		}
	}
	return n
}

// newShop sets a shop up. Each message takes the mail server as long as delay;
// one process may hand over inFlight at once.
func newShop(t *testing.T, db *testkit.DB, redis string, inFlight int, delay time.Duration) *shop {
	t.Helper()
	s := &shop{t: t, dir: t.TempDir(), db: db, calls: &calls{}}
	s.env = append(os.Environ(), "DATABASE_URL="+db.DSN, "REDIS_URL="+redis, "REWAVE_LISTEN=127.0.0.1:0",
		"GORACE=atexit_sleep_ms=0") // a program that watches for races lingers otherwise
	var err error
	s.sink, err = sink.Start(sink.Options{Dir: filepath.Join(s.dir, "sink"), Script: func(c *sink.Call) sink.Answer {
		switch c.Stage {
		case sink.Mail:
			s.calls.add()
			if s.busy.Load() {
				return sink.Answer{Code: 421, Enhanced: [3]int{4, 3, 2}, Text: "come back later"}
			}
		case sink.Content:
			if delay > 0 {
				timer := time.NewTimer(delay)
				<-timer.C
			}
		}
		return sink.Answer{}
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.sink.Close() })
	_, port, err := net.SplitHostPort(s.sink.Addr())
	if err != nil {
		t.Fatal(err)
	}
	s.write("rewave.yaml", `shop: {name: Test shop, zone: UTC, currency: EUR, margin: 35%}
public_url: https://mail.shop.example
channels:
  email: {adapter: smtp, host: 127.0.0.1, port: `+port+`, tls: none, from: Test shop <hello@shop.example>, in_flight: `+strconv.Itoa(inFlight)+`, allow_unreconciled: true}
`)
	return s
}

func (s *shop) write(name, text string) {
	s.t.Helper()
	path := filepath.Join(s.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		s.t.Fatal(err)
	}
}

// everyone is what a campaign without a holdout writes.
const everyone = "none\nbecause: this is a test"

// campaign applies an order-triggered campaign of two waves: one at once that
// has its name, and `later`, a day after it.
func (s *shop) campaign(name, holdout string) {
	s.t.Helper()
	s.write(name+"/campaign.yaml", `campaign: `+name+`
says: Greet who buys.
enter: {on: order_paid, when: "true"}
holdout: `+holdout+`
waves:
  - {wave: `+name+`, after: 0m, channels: [email], message: messages/now, expires_after: 2d}
  - {wave: later, after: {wave: `+name+`, wait: 1d}, channels: [email], message: messages/later}
evaluation:
  points: {overall_30d: {from: {wave: `+name+`, round: 1}, window: 30d}}
`)
	for message, subject := range map[string]string{"now": "We say " + name, "later": "Later than " + name} {
		s.write(name+"/messages/"+message+"/subject.txt", subject+"\n")
		s.write(name+"/messages/"+message+"/text.txt", "Dear {{ customer.id }}.\n{{ unsubscribe_url }}\n")
	}
	s.run("campaign", "apply", name)
}

// orders imports n customers who may be written to, and an order of each that
// is placed in a moment.
func (s *shop) orders(n int) {
	s.t.Helper()
	at := time.Now().Add(2 * time.Second).UTC().Format(time.RFC3339)
	var customers, orders strings.Builder
	customers.WriteString("customer_id,email,consent_email,consent_at\n")
	orders.WriteString("order_id,customer_id,placed_at,sku,quantity,unit_price\n")
	for i := range n {
		fmt.Fprintf(&customers, "c%d,c%d@mail.example,yes,2026-01-01\n", i+1, i+1)
		fmt.Fprintf(&orders, "o%d,c%d,%s,mug,1,9.90\n", i+1, i+1, at)
	}
	s.write("customers.csv", customers.String())
	s.write("orders.csv", orders.String())
	s.run("import", "customers", "customers.csv")
	s.run("import", "orders", "orders.csv")
}

// run runs a command to its end, which must be a good one, and returns its output.
func (s *shop) run(args ...string) string {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir, cmd.Env = s.dir, s.env
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		s.t.Fatalf("rewave %s: %v\n%s%s", strings.Join(args, " "), err, out.String(), errs.String())
	}
	return out.String()
}

// sound runs the audit, which exits with 5 when an invariant is broken.
func (s *shop) sound() { s.t.Helper(); s.run("audit") }

// process is a role that runs.
type process struct {
	t     *testing.T
	role  string
	cmd   *exec.Cmd
	log   string
	ended chan struct{}
	err   error // valid once ended is closed
}

// start runs a role until the test ends. Whoever ends by itself fails the test.
func (s *shop) start(role string) *process {
	s.t.Helper()
	log, err := os.CreateTemp(s.dir, role+"-*.log")
	if err != nil {
		s.t.Fatal(err)
	}
	defer log.Close()
	p := &process{t: s.t, role: role, cmd: exec.Command(program, role), log: log.Name(), ended: make(chan struct{})}
	p.cmd.Dir, p.cmd.Env, p.cmd.Stderr = s.dir, s.env, log
	if err := p.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	go func() { p.err = p.cmd.Wait(); close(p.ended) }()
	s.t.Cleanup(func() {
		p.cmd.Process.Kill() // it may have ended
		<-p.ended
		if text := p.text(); strings.Contains(text, "DATA RACE") || strings.Contains(text, "panic:") || s.t.Failed() {
			s.t.Errorf("%s said:\n%s", role, tail(text))
		}
	})
	s.until(role+" runs", func() bool { return p.alive() && strings.Contains(p.text(), "running") })
	return p
}

func tail(text string) string { return text[max(0, len(text)-4000):] }

func (p *process) text() string {
	b, err := os.ReadFile(p.log)
	if err != nil {
		p.t.Fatal(err)
	}
	return string(b)
}

// alive says whether the process still runs; one that has ended by itself fails
// the test.
func (p *process) alive() bool {
	select {
	case <-p.ended:
		p.t.Fatalf("%s ended: %v\n%s", p.role, p.err, tail(p.text()))
		return false
	default:
		return true
	}
}

// kill ends the process as a machine does that loses its power.
func (p *process) kill() {
	p.t.Helper()
	p.alive()
	if err := p.cmd.Process.Signal(syscall.SIGKILL); err != nil {
		p.t.Fatal(err)
	}
	<-p.ended
}

// stop ends the process in good order.
func (p *process) stop() {
	p.t.Helper()
	p.alive()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		p.t.Fatal(err)
	}
	select {
	case <-p.ended:
	case <-time.After(patience):
		p.t.Fatalf("%s does not stop\n%s", p.role, tail(p.text()))
	}
	if p.err != nil {
		p.t.Fatalf("%s: %v\n%s", p.role, p.err, tail(p.text()))
	}
}

// cpu is the time the process has spent computing.
func (p *process) cpu() time.Duration {
	p.t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		p.t.Fatal(err)
	}
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	user, err1 := strconv.Atoi(fields[11]) // field 14 of proc(5), in hundredths of a second
	system, err2 := strconv.Atoi(fields[12])
	if err := errors.Join(err1, err2); err != nil {
		p.t.Fatal(err)
	}
	return time.Duration(user+system) * 10 * time.Millisecond
}

// until waits for a condition.
func (s *shop) until(what string, ready func() bool) {
	s.t.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !ready() {
		select {
		case <-deadline.C:
			s.t.Fatalf("after %v still not: %s", patience, what)
		case <-tick.C:
		}
	}
}

// arrived is what the mail server took, by message id and by customer and
// subject; it fails the test when anything came twice.
func (s *shop) arrived() []sink.Entry {
	s.t.Helper()
	var list []sink.Entry
	ids, letters := map[string]bool{}, map[string]bool{}
	err := sink.ReadLog(s.sink.LogPath(), func(e sink.Entry) error {
		letter := e.To + " " + e.Subject
		if ids[e.ID] || letters[letter] {
			return fmt.Errorf("%s got %q twice (message %s)", e.To, e.Subject, e.ID)
		}
		ids[e.ID], letters[letter] = true, true
		list = append(list, e)
		return nil
	})
	var half *json.SyntaxError // a line that is being written just now
	if err != nil && !errors.As(err, &half) {
		s.t.Fatal(err)
	}
	return list
}

// untilArrived waits until the mail server has taken n messages.
func (s *shop) untilArrived(n int) {
	s.t.Helper()
	s.until(fmt.Sprintf("%d messages arrived", n), func() bool { return len(s.arrived()) >= n })
}

// states counts deliveries of a wave by state.
func (s *shop) states(wave string) map[string]int {
	s.t.Helper()
	text := testkit.Get[string](s.t, s.db, `select coalesce(json_object_agg(state, n), '{}') from
		(select state, count(*) as n from deliveries where wave = $1 group by state) s`, wave)
	counts := map[string]int{}
	if err := json.Unmarshal([]byte(text), &counts); err != nil {
		s.t.Fatal(err)
	}
	return counts
}

// reconciled holds arrivals against the ledger: what was accepted arrived, and
// what arrived without being accepted is in doubt. It returns how many are.
func (s *shop) reconciled() (inDoubt int) {
	s.t.Helper()
	state := map[string]string{}
	for _, line := range testkit.List[string](s.t, s.db, `select d.delivery_id || '.' || left(i.id::text, 8) || ' ' || d.state from deliveries d, installation i`) {
		ref, is, _ := strings.Cut(line, " ")
		state[ref] = is
	}
	got := map[string]bool{}
	for _, e := range s.arrived() {
		ref, _, _ := strings.Cut(e.ID, "@")
		got[ref] = true
		if is := state[ref]; is != "accepted" && is != "unknown" {
			s.t.Errorf("message %s arrived and its delivery is %q", e.ID, is)
		}
	}
	for ref, is := range state {
		if is == "accepted" && !got[ref] {
			s.t.Errorf("delivery %s is accepted and never arrived", ref)
		}
		if is == "unknown" {
			inDoubt++
		}
	}
	return inDoubt
}

// overtime lets the dispatcher hand everything out again now, as it does when
// it has heard nothing for long.
func (s *shop) overtime() {
	s.db.Exec(s.t, "update dispatch set round_at = '-infinity'")
}

// same fails with the difference.
func same[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("%s (got -, want +):\n%s", what, diff)
	}
}
