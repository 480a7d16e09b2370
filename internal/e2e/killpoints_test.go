package e2e

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rewave/rewave/internal/testkit"
)

// killPoints are the steps at which a role dies, and how often it may pass one
// before it does. The points are planted by the build tag `chaos`; those in
// brackets are found from outside: by the provider, and by a lock.
var workerPoints, tickPoints, againPoints = []killPoint{
	{"before gate", 2}, {"after gate", 2}, {"before call", 60}, {"(provider has the message)", 60}, {"after answer", 60}, {"before settle", 2}, {"after settle", 2},
}, []killPoint{
	{"after hand-out", 1}, {"after enqueue", 1}, {"(planner in mid page)", 1}, {"before reap", 1}, {"after reap", 1},
}, []killPoint{ // of who sends a message in doubt again
	{"before call", 1}, {"(provider has the message)", 1}, {"after answer", 1},
}

type killPoint struct {
	name   string
	within int
}

// died is what the deaths at one point came to.
type died struct {
	point                               string
	runs, twice, lost, stray            int
	doubt, called, arrived, worst, left int // in doubt; those the provider heard of, and took; most at one death; after it was asked
}

// mayBeOpen bounds what one death can put in doubt: a worker holds two claims, each
// as large as what its two calls at once begin within 100 ms, of 20 ms each.
const mayBeOpen = 2 * 2 * 5

// Each role dies at each of its steps: nothing is lost, nothing goes out twice,
// and what nobody can know is in doubt.
func TestKillPoints(t *testing.T) {
	t.Parallel()
	for _, row := range killTable(t, 1, 2, bySMTP) {
		t.Log(row)
	}
}

// killTable kills each role at each point so many times.
func killTable(t *testing.T, seed uint64, times int, providers ...string) []string {
	t.Helper()
	type part struct {
		role, by string
		points   []killPoint
	}
	var parts []part
	for _, by := range providers {
		parts = append(parts, part{"work", by, workerPoints[:4]}, part{"work", by, workerPoints[4:]}, part{"tick", by, tickPoints[:3]}, part{"tick", by, tickPoints[3:]})
		if by == byHTTP {
			parts = append(parts, part{again, by, againPoints})
		}
	}
	found := make([][]died, len(parts))
	t.Run("points", func(t *testing.T) {
		for i, part := range parts {
			t.Run(part.role+" "+part.by, func(t *testing.T) {
				t.Parallel()
				m := newMorgue(t, seed+uint64(i), part.by)
				for _, p := range part.points {
					d := died{point: fmt.Sprintf("%s, %s: %s", part.by, part.role, p.name)}
					for range times {
						m.die(part.role, p, &d)
					}
					if found[i] = append(found[i], d); times > 2 {
						t.Logf("%s: %d times", d.point, d.runs)
					}
				}
				m.rest()
			})
		}
	})
	cells := [][]string{{"point", "runs", "sent twice", "lost", "stray", "in doubt", "called", "of those taken", "worst", "may be", "left"}}
	for _, d := range slices.Concat(found...) {
		cell := []string{d.point}
		for _, n := range []int{d.runs, d.twice, d.lost, d.stray, d.doubt, d.called, d.arrived, d.worst, mayBeOpen, d.left} {
			cell = append(cell, fmt.Sprint(n))
		}
		cells = append(cells, cell)
	}
	return align(cells)
}

// again is the role of a ticker that sends what is in doubt again.
const again = "tick again"

// mortal is the program with kill points in it.
var mortal = sync.OnceValues(func() (string, error) {
	path := filepath.Join(filepath.Dir(program), "mortal")
	build := exec.Command("go", append(append([]string{"build", "-tags", "chaos"}, buildFlags...), "-o", path, "github.com/rewave/rewave/cmd/rewave")...)
	build.Stderr = os.Stderr
	return path, build.Run()
})

// morgue is a shop in which one role dies again and again.
type morgue struct {
	*chaos
	draw   *rand.Rand
	orders int
	worker *kept // beside a ticker that dies
	ticker *kept // beside a worker that dies
	before findings
	known  map[string]bool // in doubt before this death
}

func newMorgue(t *testing.T, seed uint64, by string) *morgue {
	t.Helper()
	runtime.LockOSThread() // the kernel ends the victims with the thread that forked them
	if _, err := mortal(); err != nil {
		t.Fatal(err)
	}
	db, redis := testkit.NewDB(t), testkit.NewRedis(t)
	s := &shop{t: t, dir: t.TempDir(), db: db}
	m := &morgue{chaos: &chaos{shop: s, seed: seed, double: newDouble(t, s.dir, seed, by)}, draw: rand.New(rand.NewPCG(seed, 6)), known: map[string]bool{}}
	m.double.set(temper{Slow: 20 * time.Millisecond})
	m.env = append(os.Environ(), "DATABASE_URL="+db.DSN, "REDIS_URL="+redis, "GORACE=atexit_sleep_ms=0")
	m.write("rewave.yaml", m.double.settings(m.double.addr(), 2))
	m.write("hello/campaign.yaml", `campaign: hello
says: Greet who buys.
enter: {on: order_paid, when: "true"}
holdout: 10%
waves:
  - {wave: now, after: 0m, channels: [email], message: messages/now, expires_after: 2d}
evaluation:
  points: {overall_30d: {from: {wave: now, round: 1}, window: 30d}}
`)
	m.write("hello/messages/now/subject.txt", "hello now\n")
	m.write("hello/messages/now/text.txt", "Dear {{ customer.id }}.\n{{ unsubscribe_url }}\n")
	m.run("campaign", "apply", "hello")
	m.db.Exec(t, "update campaigns set activated_at = activated_at - interval '1 hour'")
	return m
}

// arrive brings customers in, each with an order a moment ago.
func (m *morgue) arrive(n int) {
	m.t.Helper()
	at := time.Now().Add(-time.Second).UTC().Format(time.RFC3339)
	customers, orders := "customer_id,email,consent_email,consent_at\n", "order_id,customer_id,placed_at,sku,quantity,unit_price\n"
	for range n {
		m.orders++
		customers += fmt.Sprintf("c%d,c%d@mail.example,yes,2026-01-01\n", m.orders, m.orders)
		orders += fmt.Sprintf("o%d,c%d,%s,mug,1,9.90\n", m.orders, m.orders, at)
	}
	m.write("customers.csv", customers)
	m.write("orders.csv", orders)
	m.run("import", "customers", "customers.csv")
	m.run("import", "orders", "orders.csv")
}

// die lets a role come to its end at a point, and adds what that left.
func (m *morgue) die(role string, p killPoint, d *died) {
	m.t.Helper()
	if m.t.Failed() {
		return
	}
	n := 1 + m.draw.IntN(p.within)
	m.arrive(200)
	unlock := func() {}
	switch {
	case role == "work" && m.ticker == nil:
		m.ticker = keep(m.t, m.dir, "tick", m.env, program, "tick")
	case strings.HasSuffix(p.name, "reap"):
		m.leaveHalfDone()
	case role == again:
		m.leaveDoubts()
	case role == "tick":
		m.worker = keep(m.t, m.dir, fmt.Sprintf("work-%d", m.orders), m.env, program, "work")
	}
	if p.name == "(planner in mid page)" {
		unlock = m.lockDeliveries()
	}
	victim, ended := m.victim(role, fmt.Sprintf("REWAVE_KILL=%d %s", n, p.name))
	switch p.name {
	case "(provider has the message)":
		m.double.expect(n, func() { victim.Process.Kill() }) // it runs: its message is here
	case "(planner in mid page)":
		m.until("the planner is in the middle of a page", func() bool {
			return testkit.Get[bool](m.t, m.db, "select exists(select from pg_locks where relation = 'deliveries'::regclass and not granted)")
		})
		victim.Process.Kill() // it runs: it waits for a lock
	}
	select {
	case <-ended:
	case <-time.After(patience):
		victim.Process.Kill() // it has missed its point
		m.t.Errorf("%s never came to %q\n%s", role, p.name, tail(m.said(victim)))
	}
	unlock()
	m.double.expect(0, nil)
	if !strings.Contains(victim.ProcessState.String(), "killed") {
		m.t.Errorf("%s ended by itself: %v\n%s", role, victim.ProcessState, tail(m.said(victim)))
	}
	if m.worker != nil {
		m.worker.close(syscall.SIGTERM, patience)
		m.worker = nil
	}
	m.lapse()
	m.reap()
	d.runs++
	m.count(d)
}

// victim starts a role that will die.
func (m *morgue) victim(role, kill string) (*exec.Cmd, chan struct{}) {
	m.t.Helper()
	path, err := mortal()
	if err != nil {
		m.t.Fatal(err)
	}
	log, err := os.CreateTemp(m.dir, "victim-*.log")
	if err != nil {
		m.t.Fatal(err)
	}
	defer log.Close()
	command, _, _ := strings.Cut(role, " ")
	cmd := exec.Command(path, command)
	cmd.Dir, cmd.Env, cmd.Stderr = m.dir, append(append([]string{}, m.env...), kill), log
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if role == "tick" {
		m.overtime()
	}
	if err := cmd.Start(); err != nil {
		m.t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { cmd.Wait(); close(ended) }() // how it ended is looked at
	m.t.Cleanup(func() { cmd.Process.Kill(); <-ended })
	if role == "work" {
		m.overtime()
	}
	return cmd, ended
}

func (m *morgue) said(victim *exec.Cmd) string {
	b, err := os.ReadFile(victim.Stderr.(*os.File).Name())
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// lockDeliveries stops whoever plans after the enrollments of a page and before
// its deliveries, until the returned function is called.
func (m *morgue) lockDeliveries() func() {
	m.t.Helper()
	release, done, locked := make(chan struct{}), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		err := m.db.Hold("lock table deliveries in share mode", func() { close(locked); <-release })
		if err != nil {
			m.t.Error(err)
		}
	}()
	<-locked
	return sync.OnceFunc(func() { close(release); <-done })
}

// leaveHalfDone kills a worker in the middle of a batch and lets its lease lapse.
func (m *morgue) leaveHalfDone() {
	m.t.Helper()
	m.ticked(func() {
		victim, ended := m.victim("work", "REWAVE_KILL=1 after answer")
		defer victim.Process.Kill() // it may have ended
		select {
		case <-ended:
		case <-time.After(patience):
			m.t.Error("no worker came to an answer")
		}
	})
	m.lapse()
}

// leaveDoubts does so, and lets the time come to ask about what is in doubt. The
// provider tells of nothing: it is all sent again.
func (m *morgue) leaveDoubts() {
	m.t.Helper()
	m.double.blind(true)
	m.leaveHalfDone()
	m.reap()
	m.db.Exec(m.t, "update claims set ask_at = clock_timestamp() where kind = 'doubt'")
}

// ticked runs a ticker meanwhile.
func (m *morgue) ticked(do func()) {
	k := keep(m.t, m.dir, fmt.Sprintf("tick-%d-%d", m.orders, m.draw.Int()), m.env, program, "tick")
	do()
	k.close(syscall.SIGTERM, patience)
}

// lapse ends the leases of those who are dead.
func (m *morgue) lapse() {
	m.db.Exec(m.t, "update claims set attend_at = clock_timestamp() where kind = 'lease'")
}

// reap waits until what the dead had begun is in doubt.
func (m *morgue) reap() {
	m.t.Helper()
	wait := func() {
		m.until("the reaper has been", func() bool {
			return testkit.Get[int](m.t, m.db, "select count(*)::int from deliveries where state = 'sending'") == 0
		})
	}
	m.ticked(wait) // a new one reaps at once
}

// count adds what has come to light since the last death.
func (m *morgue) count(d *died) {
	m.t.Helper()
	log, ledger := m.double.arrivals(), m.ledger()
	f := judge(log, ledger, facts{})
	d.twice += f.Twice - m.before.Twice
	d.lost += f.Lost - m.before.Lost
	d.stray += f.Stray + f.Holdout - m.before.Stray - m.before.Holdout
	if f.Twice+f.Lost+f.Stray+f.Holdout > 0 {
		m.t.Errorf("%s: %s", d.point, strings.Join(f.examples, "\n"))
	}
	m.before = f
	called, came := map[string]bool{}, map[string]bool{}
	for _, r := range log {
		called[r.Ref], came[r.Ref] = true, came[r.Ref] || r.Taken
	}
	now := 0
	for _, x := range ledger {
		if strings.HasPrefix(x.State, "unknown") && !m.known[x.Ref] {
			m.known[x.Ref] = true
			now++
			if called[x.Ref] {
				d.called++
			}
			if came[x.Ref] {
				d.arrived++
			}
		}
	}
	d.doubt, d.worst = d.doubt+now, max(d.worst, now)
	if now > mayBeOpen {
		m.t.Errorf("%s: %d in doubt at once, want at most %d", d.point, now, mayBeOpen)
	}
	if m.double.by == byHTTP {
		m.double.blind(false)
		if left := m.reconcile(); len(left) > 0 {
			d.left += len(left)
			m.t.Errorf("%s: the provider was asked, and in doubt are still %v", d.point, left)
		}
	}
}

// rest lets the living finish: all ends, and the ledger is sound.
func (m *morgue) rest() {
	m.t.Helper()
	if m.ticker == nil {
		m.ticker = keep(m.t, m.dir, "tick", m.env, program, "tick")
	}
	m.double.set(temper{})
	k := keep(m.t, m.dir, "work", m.env, program, "work")
	m.until("nothing is left to be done", func() bool {
		m.overtime()
		return testkit.Get[int](m.t, m.db, "select (select count(*) from inbox) + (select count(*) from deliveries where state in ('planned', 'sending'))::int") == 0
	})
	k.close(syscall.SIGTERM, patience)
	m.ticker.close(syscall.SIGTERM, patience)
	if f := judge(m.double.arrivals(), m.ledger(), facts{}); f.breaches() > 0 {
		m.t.Error(strings.Join(f.examples, "\n"))
	}
	if got := testkit.Get[int](m.t, m.db, "select count(*)::int from enrollments"); got != m.orders {
		m.t.Errorf("%d of %d customers were enrolled", got, m.orders)
	}
	m.sound()
	for _, k := range []*kept{k, m.ticker} {
		if said := k.crashed(); said != "" {
			m.t.Error(errors.New(said))
		}
	}
}
