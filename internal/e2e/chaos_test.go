package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"github.com/rewave/rewave/internal/testkit"
)

// size is one form of the run.
type size struct {
	Customers, Workers, Ticks int
	Faults                    time.Duration // for how long things go wrong
	Gap                       time.Duration // between two faults, on average
	Patience                  time.Duration // with the healing
	Hurry                     bool          // waits for no back-off and no lease once all is well
	Freeze                    bool          // Redis stands still for 40 s, once
}

var short = size{Customers: 500, Workers: 2, Ticks: 2, Faults: 22 * time.Second, Gap: 700 * time.Millisecond, Patience: time.Minute, Hurry: true}

// A shop whose every part dies and comes back while it sends: nothing is lost,
// nothing goes out twice, and nobody gets what they should not.
func TestChaos(t *testing.T) {
	t.Parallel()
	for _, seed := range []uint64{1, 2} {
		t.Run(providerOf(seed), func(t *testing.T) {
			t.Parallel()
			row := runChaos(t, seed, short)
			for _, line := range table([]outcome{row}) {
				t.Log(line)
			}
			if row.breaches() > 0 {
				t.Errorf("breaches: %d\n%s", row.breaches(), strings.Join(row.Examples, "\n"))
			}
		})
	}
}

// providerOf is by what adapter a seed reaches its provider: seeds take turns.
func providerOf(seed uint64) string {
	if seed%2 == 0 {
		return byHTTP
	}
	return bySMTP
}

// chaos is one run under way.
type chaos struct {
	*shop
	size    size
	seed    uint64
	double  *double
	between struct{ db, redis, mail *testkit.Proxy }
	pg      *service
	redis   *service
	client  *redis.Client // past the proxy
	web     string
	workers []*kept
	ticks   []*kept
	serve   *kept

	first    []time.Time // when each customer placed their first order
	snapshot []byte      // of Redis, some time ago
	faults   map[string]int
	doubt    map[int64]bool // deliveries that were on their way when something went wrong
}

// newChaos sets a shop up whose processes reach everything through relays.
func newChaos(t *testing.T, seed uint64, size size) *chaos {
	t.Helper()
	c := &chaos{size: size, seed: seed, faults: map[string]int{}, doubt: map[int64]bool{}}
	pg, dsn, _ := ownStack(t)
	rd, redisURL := ownRedis(t)
	c.pg, c.redis = pg, rd
	c.shop = &shop{t: t, dir: t.TempDir(), db: &testkit.DB{DSN: dsn}}
	socket := strings.TrimPrefix(redisURL, "unix://")
	c.client = redis.NewClient(&redis.Options{Network: "unix", Addr: socket, MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}})
	t.Cleanup(func() { c.client.Close() })
	c.double = newDouble(t, c.dir, seed, providerOf(seed))
	at, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	c.between.db = testkit.NewProxy(t, "unix", at.Query().Get("host")+"/.s.PGSQL.5432", seed)
	c.between.redis = testkit.NewProxy(t, "unix", socket, seed+1)
	c.between.mail = testkit.NewProxy(t, "tcp", c.double.addr(), seed+2)
	c.write("rewave.yaml", c.double.settings(c.between.mail.Addr(), 8))
	c.web = freeAddress(t)
	c.env = append(os.Environ(), "DATABASE_URL="+dsn, "REDIS_URL="+redisURL, "REWAVE_LISTEN="+c.web, "GORACE=atexit_sleep_ms=0")
	c.run("db", "migrate")
	return c
}

// exposed is the environment of those who live behind the relays.
func (c *chaos) exposed() []string {
	return append(append([]string{}, c.env...), "DATABASE_URL=postgres://rewave@"+c.between.db.Addr()+"/rewave?sslmode=disable", "REDIS_URL=redis://"+c.between.redis.Addr()+"/0")
}

// open starts all roles.
func (c *chaos) open() {
	for i := range c.size.Workers {
		c.workers = append(c.workers, keep(c.t, c.dir, fmt.Sprintf("work-%d", i), c.exposed(), program, "work"))
	}
	for i := range c.size.Ticks {
		c.ticks = append(c.ticks, keep(c.t, c.dir, fmt.Sprintf("tick-%d", i), c.exposed(), program, "tick"))
	}
	c.serve = keep(c.t, c.dir, "serve", c.exposed(), program, "serve")
}

func (c *chaos) roles() []*kept { return append(append([]*kept{c.serve}, c.workers...), c.ticks...) }

// freeAddress is one that nobody listens on just now.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// runChaos is one seed from an empty database to the verdict.
func runChaos(t *testing.T, seed uint64, size size) outcome {
	t.Helper()
	begun := time.Now()
	c := newChaos(t, seed, size)
	c.campaigns()
	c.customers(size.Customers)
	c.open()
	c.until("the first message came", func() bool { return c.double.count() > 0 })

	ctx, stop := context.WithTimeout(t.Context(), size.Faults)
	defer stop()
	l := newLife(c)
	living := make(chan struct{})
	go func() { defer close(living); l.live(ctx) }()
	c.torment(ctx)
	<-living
	l.settle()
	healing := time.Now()
	left := c.heal()

	row := outcome{Seed: seed, Provider: c.double.by, Customers: size.Customers, Faults: c.faults, Took: time.Since(begun), Healing: time.Since(healing)}
	log, ledger := c.double.arrivals(), c.ledger()
	row.findings = judge(log, ledger, l.happened)
	row.Examples = row.examples
	row.OptOuts, row.Orders, row.Pauses = len(l.happened.OptOuts), len(l.happened.Orders), len(l.happened.Pauses)
	c.explain(&row, log, ledger)
	for _, says := range left {
		if unwanted(says) {
			row.Unwanted++
			continue
		}
		row.Unsettled++
		row.Examples = append(row.Examples, "still in doubt: "+says)
	}
	for _, who := range testkit.List[string](t, c.db, `select email from contacts join (values ('hello'), ('news')) c (name) on true
		where not exists (select from enrollments e join campaigns using (campaign_id) where e.customer_id = contacts.customer_id and campaigns.name = c.name)`) {
		if _, no := l.happened.OptOuts[who]; !no {
			row.Missing++
			row.Examples = append(row.Examples, who+" was never let in")
		}
	}
	if out, ok := c.try("audit"); !ok {
		row.Audit = 1
		row.Examples = append(row.Examples, "audit: "+out)
	}
	for _, k := range c.roles() {
		if said := k.crashed(); said != "" {
			row.Crashed++
			row.Examples = append(row.Examples, k.role+" said:\n"+said)
		}
	}
	if row.breaches() > 0 {
		for _, k := range c.roles() {
			t.Logf("%s (%d starts) said:\n%s", k.role, k.runs(), tail(k.text()))
		}
	}
	return row
}

// explain looks for the cause of each doubt: its delivery was on its way when
// something died, or the provider gave no answer, or a connection to it was cut.
func (c *chaos) explain(row *outcome, log []arrival, ledger []told) {
	mute := map[string]bool{}
	for _, r := range log {
		if !r.Answers {
			mute[r.Ref] = true
		}
	}
	without := 0
	for _, d := range ledger {
		number, _, _ := strings.Cut(d.Ref, ".")
		id, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			c.t.Fatal(err)
		}
		if !strings.HasPrefix(d.State, "unknown") {
			continue
		}
		if !c.doubt[id] && !mute[d.Ref] {
			without++
		}
		if c.double.id(d.Ref) != "" {
			row.Unsettled++
			row.Examples = append(row.Examples, d.Ref+" is in doubt, and its provider tells of it")
		}
	}
	if row.Doubtful = max(0, without-c.between.mail.Lost()); row.Doubtful > 0 {
		row.Examples = append(row.Examples, fmt.Sprintf("%d are in doubt without a cause; %d connections to the provider were cut", without, c.between.mail.Lost()))
	}
}

// heal mends everything and waits until nothing is left to do. It returns what
// is still in doubt though the provider was asked.
func (c *chaos) heal() (left []string) {
	c.t.Helper()
	c.double.set(calm)
	for _, p := range []*testkit.Proxy{c.between.db, c.between.redis, c.between.mail} {
		p.Heal()
	}
	deadline := time.Now().Add(c.size.Patience)
	wait := func(what, open string) {
		tick := time.NewTicker(500 * time.Millisecond)
		defer tick.Stop()
		for testkit.Get[int](c.t, c.db, open) > 0 {
			if time.Now().After(deadline) {
				return // the judge says what is still open
			}
			if c.size.Hurry {
				c.overtime()
				c.db.Exec(c.t, "update deliveries set due_at = greatest(scheduled_at, now()) where state = 'planned' and due_at > now() and returned > 0")
			}
			<-tick.C
		}
		c.t.Logf("%s after %v", what, time.Since(deadline.Add(-c.size.Patience)).Round(100*time.Millisecond))
	}
	wait("all is planned", "select count(*)::int from inbox join campaigns using (campaign_id) where status <> 'cancelled'")
	wait("nothing is planned any more", "select count(*)::int from deliveries where state = 'planned'")
	for _, k := range c.workers {
		k.close(syscall.SIGTERM, patience) // what they have begun they end
	}
	if c.size.Hurry {
		c.db.Exec(c.t, "update claims set attend_at = clock_timestamp() where kind = 'lease'")
	}
	wait("nothing is on its way any more", "select count(*)::int from deliveries where state = 'sending'")
	// Were anything planned again that was in doubt, it would go out now.
	c.workers = append(c.workers, keep(c.t, c.dir, "work-last", c.env, program, "work"))
	wait("nothing came back", "select count(*)::int from deliveries where state in ('planned', 'sending')")
	if c.double.by == byHTTP {
		c.double.set(temper{})
		doubts := testkit.Get[int](c.t, c.db, "select count(*)::int from deliveries where state = 'unknown'")
		c.reconcile() // what its index lacks goes out again under its key
		c.double.index()
		left = c.reconcile()
		why := map[string]int{}
		for _, says := range left {
			why[says]++
		}
		c.t.Logf("of %d in doubt %d are left: %v", doubts, len(left), why)
	}
	for _, k := range append(c.ticks, c.serve, c.workers[len(c.workers)-1]) {
		k.close(syscall.SIGTERM, patience)
	}
	return left
}

// reconcile asks the provider about all that is in doubt, as a person does, until
// nothing is left that it could settle. It returns what was said of each that is.
func (s *shop) reconcile() (left []string) {
	s.t.Helper()
	open := func(says string) bool { return !unwanted(says) }
	for deadline := time.Now().Add(patience); ; {
		var found []struct{ Was, Now, Says string }
		if err := json.Unmarshal([]byte(s.run("delivery", "reconcile", "--json")), &found); err != nil {
			s.t.Fatal(err)
		}
		left = nil
		for _, f := range found {
			if f.Now == f.Was {
				left = append(left, f.Says)
			}
		}
		if !slices.ContainsFunc(left, open) || time.Now().After(deadline) {
			return left
		}
	}
}

// unwanted says of a message in doubt whether nothing more may go to its customer:
// one that the provider does not know is then not sent again.
func unwanted(says string) bool {
	why, not := strings.CutPrefix(says, "it is not sent again: ")
	return not && slices.Contains([]string{"cancelled", "opted_out", "repurchased"}, why)
}

// ledger is what the database says in the end.
func (s *shop) ledger() []told {
	s.t.Helper()
	lines := testkit.List[string](s.t, s.db, `select concat_ws(' ', d.delivery_id || '.' || left(i.id::text, 8), d.state, d.arm, c.name, t.email)
		from installation i, deliveries d join campaigns c using (campaign_id) join contacts t using (customer_id)`)
	list := make([]told, len(lines))
	for i, line := range lines {
		if _, err := fmt.Sscan(line, &list[i].Ref, &list[i].State, &list[i].Arm, &list[i].Campaign, &list[i].To); err != nil {
			s.t.Fatal(err)
		}
	}
	return list
}
