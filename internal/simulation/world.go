package simulation

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/channel"
	"github.com/rewave/rewave/internal/delivery"
	"github.com/rewave/rewave/internal/engine"
	links "github.com/rewave/rewave/internal/message"
	"github.com/rewave/rewave/internal/postgres"
)

// World runs schedules one after the other. It keeps what is dear to make, such
// as compiled campaigns, and nothing that a later schedule could notice.
type World struct {
	scheduler
	pcg  rand.PCG
	rand *rand.Rand

	memory    *Memory
	catalogue []entry
	others    *engine.Engine   // of dispatchers, reapers, customers
	askers    []*engine.Engine // of reconcilers
	engines   []*engine.Engine // of workers

	spec    Spec
	faults  Faults
	mishaps int           // that may still happen
	storm   int           // how much more often than else
	heal    time.Duration // no mishap after it
	start   time.Time
	actors  []*actor
	queue   queue
	running []entry // campaigns of this schedule
	zones   calendar.Zones
	warmUps map[string]*delivery.WarmUp // by channel

	promises map[string]channel.Promise // by channel
	keys     map[string]time.Time       // when a provider first took a key
	outages  []outage

	lastMishap time.Time
	awayTill   time.Time // the database does not answer
	failedOver time.Time // last
	tail       []past    // commits that a standby may lack, oldest first

	told   []thanked // words that were taken with thanks
	spoken int64

	judge   judge
	outlook outlook
	steps   int
	total   int64 // steps of all schedules
	tracing bool
	Lines   int // of a trace that are kept, 80 at least
	trace   []string
	broken  *Violation
}

// NewWorld compiles the catalogue.
func NewWorld() (*World, error) {
	w := &World{promises: map[string]channel.Promise{}, keys: map[string]time.Time{}}
	w.rand = rand.New(&w.pcg)
	w.choose = w.rand.IntN
	w.alarm, w.scheduler.look = w.next, w.look
	w.memory = NewMemory(w)
	var err error
	if w.catalogue, err = newCatalogue(); err != nil {
		return nil, err
	}
	for _, e := range w.catalogue {
		w.memory.versions[e.stored.VersionID], w.memory.versions[e.edited.VersionID] = e.stored, e.edited
	}
	keys, err := links.NewKeys([]byte("0123456789abcdef"))
	if err != nil {
		return nil, err
	}
	make := func() *engine.Engine {
		return &engine.Engine{Ledger: w.memory, Runner: runner{w}, Log: slog.New(slog.DiscardHandler), Links: engine.Links{Installation: "sim", Keys: keys},
			Shop: engine.Shop{Name: "Shop", Zone: time.UTC, Currency: "EUR", Digits: 2, PublicURL: "https://s.example", CostMicros: map[string]int64{"sms": 70_000, "email": 1_000}}}
	}
	w.others = make()
	for range maxAskers {
		w.askers = append(w.askers, make())
	}
	for range maxWorkers {
		w.engines = append(w.engines, make())
	}
	return w, nil
}

const (
	maxWorkers = 4
	maxAskers  = 2
	maxSteps   = 60_000
)

// Violation is an invariant that did not hold.
type Violation struct {
	Invariant string
	What      string
	Spec      Spec
	Step      int
	Trace     []string // the last steps, if it was traced
}

func (v *Violation) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n  at step %d of %s", v.Invariant, v.What, v.Step, v.Spec)
	for _, line := range v.Trace {
		b.WriteString("\n    " + line)
	}
	return b.String()
}

// violate stops the schedule at the first invariant that does not hold.
func (w *World) violate(invariant, format string, args ...any) {
	if w.broken != nil {
		return
	}
	w.broken = &Violation{Invariant: invariant, What: fmt.Sprintf(format, args...), Spec: w.spec, Step: w.steps}
	w.halted = true
	if w.tracing {
		w.note("VIOLATION", w.broken.What)
		w.broken.Trace = w.trace
	}
}

// Run plays a schedule to its end; nil: every invariant held.
func (w *World) Run(spec Spec) *Violation {
	w.reset(spec)
	w.populate()
	w.scheduler.run()
	if w.broken == nil {
		w.atRest()
	}
	w.scheduler.stop()
	w.total += int64(w.steps)
	return w.broken
}

// Explain is Run with a trace of the last steps.
func (w *World) Explain(spec Spec) *Violation {
	w.tracing = true
	defer func() { w.tracing = false }()
	return w.Run(spec)
}

func (w *World) reset(spec Spec) {
	w.spec, w.broken, w.steps, w.trace = spec, nil, 0, nil
	w.pcg.Seed(spec.Seed, 0x5eed)
	w.memory.reset()
	w.judge.reset()
	w.outlook.reset()
	w.queue = queue{hints: w.queue.hints[:0], old: w.queue.old[:0]}
	w.actors, w.running = w.actors[:0], w.running[:0]
	w.halted, w.then = false, nil
	w.lastMishap, w.awayTill, w.failedOver = time.Time{}, time.Time{}, time.Time{}
	w.tail, w.told, w.spoken = w.tail[:0], w.told[:0], 0
}

// note adds a line to the trace.
func (w *World) note(who, what string) {
	if w.trace = append(w.trace, fmt.Sprintf("%6d %s %-14s %s", w.steps, w.clock.Format("02 15:04:05.000"), who, what)); len(w.trace) > max(w.Lines, 80) {
		w.trace = w.trace[1:]
	}
}

func (w *World) now() time.Time { return w.clock }

var (
	errConflict = errors.New("could not serialize access")
	errLost     = errors.New("the connection was lost")
	errDeadlock = errors.New("deadlock detected")
	errIdle     = errors.New("terminating connection due to idle-in-transaction timeout")
	errLock     = errors.New("canceling statement due to lock timeout")
	errDied     = errors.New("its process died")
)

// step is where a thread gives way before a statement, and where things go wrong.
func (w *World) step(t *tx, what string) error {
	th := w.scheduler.running
	th.tx = t
	if err := w.elapse(th, what); err != nil {
		return err
	}
	switch {
	case w.clock.Before(w.awayTill):
		return w.fails(th, what, errLost)
	case w.has(BadSQL, 150):
		return w.fails(th, what, errConflict)
	case w.has(Restart, 400):
		w.restart()
	case what == "settle" && w.has(FailOver, 60), w.has(FailOver, 500):
		w.failOver()
	case w.has(SlowSQL, 120):
		w.trouble(th)
		th.sleep(time.Duration(100+w.rand.IntN(4000)) * time.Millisecond)
	}
	return nil
}

// elapse is a step of a thread: others may go on, and its process may die.
func (w *World) elapse(th *thread, what string) error {
	if w.steps++; w.steps > maxSteps {
		w.violate("comes to rest", "after %d steps there is still something to do: %s", w.steps, w.unrest())
	}
	w.pass(time.Duration(w.rand.Uint32()&0x7ff) * time.Microsecond)
	th.pause()
	if w.tracing {
		w.note(th.name, what)
	}
	if th.actor == nil {
		return nil
	}
	often := 160
	if th.parent != nil {
		often = 60 // in the middle of calls
	}
	switch {
	case w.has(Crash, often):
		w.crash(th.actor)
		panic(dead{})
	case w.has(Stall, 250):
		w.excuse(th.actor)
		th.stalled = w.clock
		if w.tracing {
			w.note(th.name, "is held up")
		}
		w.stall(th, time.Duration(1+w.rand.IntN(90))*time.Second)
	case w.faults&Stop != 0 && th.actor.stop != nil && !th.actor.stop.told && w.has(Stop, 150):
		th.actor.stop.told = true
		if w.tracing {
			w.note(th.name, "is told to stop")
		}
	}
	return nil
}

// stall holds a thread up. The database ends a transaction that nobody goes on with.
func (w *World) stall(th *thread, d time.Duration) {
	if t := th.tx; t != nil && !t.done && d > t.idle() {
		th.sleep(t.idle())
		t.kill(errIdle)
		d -= t.idle()
	}
	th.sleep(d)
}

// fails is an error of a statement.
func (w *World) fails(th *thread, what string, err error) error {
	w.trouble(th)
	if w.tracing {
		w.note(th.name, fmt.Sprintf("%s fails: %v", what, err))
	}
	return err
}

// wait lets a thread stand behind a transaction.
func (w *World) wait(t *tx) error {
	th := w.scheduler.running
	if t.circle() {
		w.violate("no deadlock", "%s of %s and %s wait for each other", t.what, th.name, t.waits.what)
		return errDeadlock
	}
	if w.tracing {
		w.note(th.name, t.what+" waits for "+t.waits.what)
	}
	begun, patient := w.clock, slowest
	for of := t.waits; of != nil; of = of.waits {
		patient = max(patient, of.idle()+slowest)
	}
	if t.queues {
		patient = time.Hour
	}
	behind := t.waits
	if end, ok := t.ctx.Deadline(); ok {
		th.by = w.gone + end.Sub(w.clock)
	}
	if t.what == whatOfGate {
		th.by = w.gone + lockTimeout
	}
	th.stand(behind)
	ended := behind.done
	th.by = 0
	if waited := w.clock.Sub(begun); waited > patient {
		w.violate("no lock is held for long", "%s of %s waited for %s", t.what, th.name, waited)
	}
	if !ended {
		return errLock
	}
	return nil
}

// slowest is what slow statements may add to the idle time of a transaction.
const slowest = 15 * time.Second

// commit looks at what is kept.
func (w *World) commit(t *tx) (keep bool, err error) {
	th := w.scheduler.running
	keep = true
	often := 60
	if t.what == "settle" {
		often = 25 // what was written twice, or not at all, matters most
		if w.faults&LostCommit != 0 && givesBack(t) {
			often = 2 // others take it before it is tried again
		}
	}
	if w.has(LostCommit, often) {
		keep = w.rand.IntN(2) == 0
		err = w.fails(th, fmt.Sprintf("commit (kept: %t)", keep), errLost)
	}
	if keep && t.over == nil {
		if w.faults&FailOver != 0 {
			w.remember(t)
		}
		w.judge.kept(w, t, th)
		w.outlook.changed(t)
	}
	return keep, err
}

func givesBack(t *tx) bool {
	return slices.ContainsFunc(t.held, func(held row) bool {
		r, ok := held.(*record[message])
		return ok && r.written && r.was.state == delivery.Sending && r.is.state == delivery.Planned
	})
}

// silence is short where the connection is reset, and long where it hangs.
func (w *World) silence(ctx context.Context) {
	if w.rand.IntN(2) == 0 {
		runner{w}.Sleep(ctx, time.Duration(w.rand.IntN(25_000))*time.Millisecond)
	}
}

func (w *World) left(delivery int64, why string) {
	if why != windowOver {
		w.judge.file(delivery).left = true
	}
}

func (w *World) breach(what string) { w.violate("legal moves", "%s", what) }

// restart ends every open transaction.
func (w *World) restart() {
	if w.tracing {
		w.note("database", "restarts")
	}
	for _, th := range w.busy {
		if th.tx != nil && !th.tx.done {
			w.trouble(th)
			th.tx.kill(errLost)
		}
	}
	if w.rand.IntN(2) == 0 {
		w.awayTill = w.clock.Add(time.Duration(w.rand.IntN(60_000)) * time.Millisecond)
		w.lastMishap = w.awayTill
	}
}

func date(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, time.UTC) }

// populate draws the world that the seed stands for.
func (w *World) populate() {
	r, m := w.rand, w.memory
	w.start = daysOfNote[r.IntN(len(daysOfNote))].Add(time.Duration(r.IntN(24*60)) * time.Minute)
	w.clock, w.gone = w.start, 0
	w.faults = Faults(r.Uint32()) & allFaults // about half of them
	w.mishaps, w.storm = 1+r.IntN(14), 1
	if r.IntN(3) == 0 {
		w.mishaps, w.storm = 10+r.IntN(30), 5
	}
	w.heal = time.Duration(1+r.IntN(30)) * time.Hour
	people := 3 + min(r.IntN(58), r.IntN(20), r.IntN(20), r.IntN(12))
	campaigns := 1 + min(r.IntN(3), r.IntN(3))
	workers, dispatchers := 1+min(r.IntN(4), r.IntN(4)), 1+r.IntN(2)
	w.faults &^= w.spec.Without
	if w.crowded() {
		people, workers = people+20+int(w.spec.Seed%16), 1
		w.addCampaign(w.unhindered())
	}
	people, campaigns, workers = or0(w.spec.People, people), or0(w.spec.Campaigns, campaigns), or0(w.spec.Workers, workers)

	shop := &engine.Shop{}
	if r.IntN(2) == 0 {
		shop.Cap = postgres.Cap{Limit: 1 + r.IntN(3), Window: []time.Duration{time.Hour, 24 * time.Hour}[r.IntN(2)]}
	}
	if r.IntN(2) == 0 {
		from := calendar.Clock(r.IntN(24 * 60))
		quiet := calendar.Window{From: from, To: (from + 60 + calendar.Clock(r.IntN(600))) % (24 * 60)}
		shop.Quiet = map[string]calendar.Window{"email": quiet, "sms": quiet}
	}
	if r.IntN(3) == 0 {
		shop.MaxAge = map[string]time.Duration{"orders": time.Hour}
	}
	// Drawn apart, so that a seed of before means the same world but for these.
	more := rand.New(rand.NewPCG(w.spec.Seed, 0x9e55))
	if more.IntN(2) == 0 {
		shop.Groups = map[string]postgres.Cap{"promo": {Limit: 1 + more.IntN(2), Window: []time.Duration{time.Hour, 24 * time.Hour}[more.IntN(2)]}}
	}
	if more.IntN(3) == 0 {
		day := calendar.DateOf(w.start, time.UTC).AddDays(more.IntN(3))
		shop.Blackout = []calendar.Blackout{{From: day, To: day.AddDays(more.IntN(2)), All: more.IntN(2) == 0}}
	}
	if w.crowded() {
		shop.Cap, shop.Quiet = postgres.Cap{}, nil
	}
	shop.Zone = time.UTC
	if zone, err := w.zones.Find(odd[1+more.IntN(len(odd)-1)]); err == nil {
		shop.Zone = zone
	}
	for _, e := range append(append(w.engines[:len(w.engines):len(w.engines)], w.askers...), w.others) {
		e.Gave.Clear()
		e.Shop.Cap, e.Shop.Quiet, e.Shop.MaxAge = shop.Cap, shop.Quiet, shop.MaxAge
		e.Shop.Groups, e.Shop.Blackout, e.Shop.Zone = shop.Groups, shop.Blackout, shop.Zone
	}
	m.feed.was = w.start
	w.warmUps = warmUps(w.spec.Seed, w.start)
	for range campaigns {
		w.addCampaign(w.catalogue[r.IntN(len(w.catalogue))])
	}
	w.drawOutages()
	for i := range people {
		w.addPerson(int64(i) + 1)
	}
	m.pools = append(m.pools, pools()...)
	for i := range min(r.IntN(21), r.IntN(41)) {
		m.codes.add(nil, code{pool: []string{"p", "q"}[i%2], code: fmt.Sprintf("CODE%04d", i)})
	}
	w.drawPromises()
	w.cast(workers, dispatchers)
}

// warmUps has a channel of every other world warm up. It draws by itself, so that
// older seeds stand for what they did.
func warmUps(seed uint64, start time.Time) map[string]*delivery.WarmUp {
	r := rand.New(rand.NewPCG(seed, 0x3a7))
	if r.IntN(2) == 0 {
		return nil
	}
	first := calendar.DateOf(start, time.UTC).AddDays(-r.IntN(3))
	return map[string]*delivery.WarmUp{[]string{"email", "sms"}[r.IntN(2)]: {From: first, Start: 1 + r.IntN(12), Grow: 1.1 + r.Float64(), Until: 12 + r.IntN(20), Zone: time.UTC}}
}

func or0(given, drawn int) int {
	if given > 0 {
		return given
	}
	return drawn
}

func (w *World) addCampaign(e entry) {
	for _, had := range w.running {
		if had.stored.ID == e.stored.ID {
			return
		}
	}
	w.running = append(w.running, e)
	def := e.stored.Definition
	w.memory.campaigns.add(nil, campaign{id: e.stored.ID, version: e.stored.VersionID, name: def.Name, status: "running", priority: def.Limits.Priority, group: def.Limits.Group, orders: true})
	if e.budget != nil || e.perDay != nil || def.Limits.PerMinute > 0 {
		l := limits{campaign: e.stored.ID, budget: e.budget, perDay: e.perDay}
		if n := def.Limits.PerMinute; n > 0 {
			l.perMinute = &n
		}
		w.memory.limits.add(nil, l)
	}
}

func (w *World) addPerson(id int64) {
	r := w.rand
	name := "c" + itoa(id)
	p := person{id: id, shop: name, email: name + "@mail.example", phone: "+49" + itoa(id), zone: odd[r.IntN(len(odd))]}
	if r.IntN(12) == 0 && id > 1 {
		p.email = "c1@mail.example" // a mailbox of two
	}
	if r.IntN(12) == 0 {
		p.phone = ""
	}
	for _, channel := range []string{"email", "sms"} {
		if r.IntN(10) > 0 {
			p.words = append(p.words, word{channel, "marketing", true, w.start.AddDate(-1, 0, 0)})
		}
	}
	w.memory.people.add(nil, p)
}
