package simulation

import (
	"context"
	"sync"
	"time"

	"github.com/rewave/rewave/internal/audience"
	"github.com/rewave/rewave/internal/customer"
	"github.com/rewave/rewave/internal/engine"
	"github.com/rewave/rewave/internal/postgres"
	"github.com/rewave/rewave/internal/wave"
	"github.com/rewave/rewave/rules"
)

// actor is a process. When it dies all its threads do, and it begins again.
type actor struct {
	name  string
	begin func(*actor)
	life  int           // how often it has begun
	skew  time.Duration // of its clock
	stop  *stopping     // nil: nobody tells it to stop
	holds int           // hints that it works on
}

// stopping is the context of a process that may be told to stop.
type stopping struct {
	context.Context
	told bool
}

func (s *stopping) Err() error {
	if s.told {
		return context.Canceled
	}
	return nil
}

var background = context.Background()

// queue holds hints, and is not to be trusted.
type queue struct {
	hints  []engine.Chunk
	active int            // hints that a worker has, or had when it died
	old    []engine.Chunk // that were handed out
	lost   bool           // everything, and no dispatcher has noticed
}

func (q *queue) used() int { return len(q.hints) + q.active }

// cast puts everybody on the stage.
func (w *World) cast(workers, dispatchers int) {
	for i := range workers {
		inFlight, threads := 1+min(w.rand.IntN(4), w.rand.IntN(4)), 1+w.rand.IntN(2)
		w.enter("worker "+itoa(int64(i+1)), func(a *actor) { w.work(a, w.engines[i], inFlight, threads) })
	}
	for i := range dispatchers {
		w.enter("dispatcher "+itoa(int64(i+1)), w.dispatch)
	}
	for i := range 1 + w.rand.IntN(2) {
		w.enter("planner "+itoa(int64(i+1)), w.planner)
		w.enter("reaper "+itoa(int64(i+1)), w.reaper)
	}
	for i := range 1 + w.rand.IntN(maxAskers) {
		w.enter(reconcilers+" "+itoa(int64(i+1)), func(a *actor) { w.reconciler(a, w.askers[i]) })
	}
	if w.faults&FailOver != 0 {
		w.enter("watch", w.watch)
	}
	if w.faults&Words != 0 {
		for i := range 1 + w.rand.IntN(2) {
			w.enter("listener "+itoa(int64(i+1)), w.listener)
		}
	}
	w.live()
}

// reconcilers are those who send messages in doubt again.
const reconcilers = "reconciler"

func (w *World) enter(name string, begin func(*actor)) {
	a := &actor{name: name, begin: begin}
	w.actors = append(w.actors, a)
	begin(a)
}

// crash ends a process, and has it begin again a while later.
func (w *World) crash(a *actor) {
	if w.tracing {
		w.note(a.name, "dies")
	}
	w.excuse(a)
	for _, th := range w.busy {
		if th.actor != a {
			continue
		}
		th.die()
		if th.tx != nil && !th.tx.done {
			th.tx.kill(errDied)
		}
	}
	if held := a.holds; held > 0 {
		// The queue counts what it had until somebody tidies up.
		a.holds = 0
		janitor := w.spawn("janitor", nil, nil)
		janitor.job = func() {
			janitor.sleep(35 * time.Second)
			w.queue.active -= held
			w.insist(func() error { return w.others.HandOutAgain(background) })
		}
	}
	w.again(a)
}

// again begins a process anew.
func (w *World) again(a *actor) {
	again := w.spawn("start of "+a.name, nil, nil)
	again.job = func() {
		again.sleep(time.Duration(1+w.rand.IntN(20)) * time.Second)
		a.begin(a)
	}
}

// insist repeats what fails.
func (w *World) insist(what func() error) {
	for what() != nil {
		w.scheduler.running.sleep(time.Second)
	}
}

// work is a process of workers.
func (w *World) work(a *actor, e *engine.Engine, inFlight, threads int) {
	a.life++
	if a.skew = 0; w.faults&Skew != 0 {
		a.skew = time.Duration(w.rand.IntN(121)-60) * time.Minute
	}
	a.stop = &stopping{Context: background}
	e.Channels = map[string]*engine.Sender{}
	for _, name := range []string{"email", "sms"} {
		e.Channels[name] = engine.NewSender(&Provider{w, name}, "shop", inFlight)
		e.Channels[name].WarmUp = w.warmUps[name]
	}
	stop, left := a.stop, threads
	for i := range threads {
		w.spawn(a.name+"/"+itoa(int64(i+1)), a, func() {
			me := w.scheduler.running
			for {
				me.await(func() bool { return len(w.queue.hints) > 0 || stop.told })
				if stop.told {
					if left--; left == 0 {
						w.again(a)
					}
					return
				}
				chunk := w.pop()
				a.holds++
				w.queue.active++
				_, err := e.SendDeliveries(stop, chunk)
				if err != nil && stop.told {
					_ = e.HandOutAgain(background) // a courtesy
				}
				a.holds--
				w.queue.active--
			}
		})
	}
}

// pop takes a hint, in no order.
func (w *World) pop() engine.Chunk {
	q := &w.queue
	i := w.rand.IntN(len(q.hints))
	chunk := q.hints[i]
	if !w.has(DoubleHint, 6) {
		q.hints = append(q.hints[:i], q.hints[i+1:]...)
	}
	q.old = append(q.old, chunk)
	return chunk
}

// push queues a hint; false: the queue refused it.
func (w *World) push(c engine.Chunk) bool {
	switch {
	case w.has(BadQueue, 12):
		return false
	case w.has(LoseHint, 10):
		return true
	case w.has(DoubleHint, 10) && len(w.queue.old) > 0:
		w.queue.hints = append(w.queue.hints, w.queue.old[w.rand.IntN(len(w.queue.old))])
	}
	w.queue.hints = append(w.queue.hints, c)
	return true
}

// dispatch is the dispatcher's loop, as package workers has it.
func (w *World) dispatch(a *actor) {
	a.life++
	w.spawn(a.name, a, func() {
		me, pause := w.scheduler.running, time.Second
		for {
			me.attend(&w.outlook.handOut)
			if w.has(Flush, 8) {
				w.queue.hints, w.queue.lost, w.outlook.touched = w.queue.hints[:0], true, true
			}
			handed, err := w.handOut()
			if pause *= 2; handed > 0 || err != nil {
				pause = time.Second
			}
			me.sleep(min(pause, 16*time.Second))
		}
	})
}

func (w *World) handOut() (int, error) {
	if w.queue.lost {
		if err := w.others.HandOutAgain(background); err != nil {
			return 0, err
		}
		w.queue.lost, w.outlook.touched = false, true
	}
	chunks, err := w.others.HandOut(background, w.queue.used() == 0, 4+w.rand.IntN(60))
	for _, c := range chunks {
		if !w.push(c) {
			return 1, w.others.HandOutAgain(background)
		}
	}
	return len(chunks), err
}

// reaper is the reaper's loop.
func (w *World) reaper(a *actor) {
	a.life++
	w.spawn(a.name, a, func() {
		me := w.scheduler.running
		for {
			me.attend(&w.outlook.reap)
			if _, err := w.others.Reap(background); err == nil {
				_, _ = w.others.Sweep(background) // again in five seconds
			}
			me.sleep(5 * time.Second)
		}
	})
}

// reconciler is the reconciler's loop.
func (w *World) reconciler(a *actor, e *engine.Engine) {
	a.life++
	e.Channels = map[string]*engine.Sender{}
	for _, name := range []string{"email", "sms"} {
		e.Channels[name] = engine.NewSender(&Provider{w, name}, "shop", 2)
	}
	w.spawn(a.name, a, func() {
		me := w.scheduler.running
		for {
			me.attend(&w.outlook.ask)
			_, _ = e.Reconcile(background) // again in five seconds
			me.sleep(5 * time.Second)
		}
	})
}

// planner is the planner's loop. What it decides, wave.Planner decides.
func (w *World) planner(a *actor) {
	a.life++
	w.spawn(a.name, a, func() {
		me := w.scheduler.running
		for {
			me.attend(&w.outlook.plan)
			for _, e := range w.running {
				_, _ = w.memory.plan(background, e.stored.ID, w.memory.campaign(e.stored.ID, nil).version, func(p *planning) error { return w.planOnce(p, e.planner) }) // again in a second
			}
			me.sleep(time.Second)
		}
	})
}

func (w *World) planOnce(p *planning, planner *wave.Planner) error {
	if c := w.memory.campaign(p.campaign, p.tx); c.status == "cancelled" {
		return nil
	}
	orders, err := p.inboxOf(20)
	if err != nil {
		return err
	}
	var page []postgres.Entering
	last := map[int64]wave.Candidate{} // of customers who stand in the page twice
	for _, r := range orders {
		o := r.was
		k, known := last[o.customer]
		if !known {
			k = w.candidate(p, o)
		}
		k.EnteredAt = o.placed
		if d := planner.Plan(k); d.Reason == "" && !k.LastEntry.Equal(o.placed) {
			page = append(page, entering(planner, o, d))
			k.Entries, k.LastEntry = k.Entries+1, o.placed
		}
		last[o.customer] = k
	}
	if len(page) > 0 {
		if err := p.enter(page); err != nil {
			return err
		}
	}
	if len(orders) > 0 {
		if err := p.considered(orders); err != nil {
			return err
		}
	}
	return w.beginRounds(p, planner)
}

func entering(p *wave.Planner, o waiting, d wave.Decision) postgres.Entering {
	x := postgres.Entering{Enrollment: d.Enrollment, OrderID: o.order, Deliveries: d.Deliveries}
	if next, ok := p.NextRound(o.placed, 1); ok {
		x.NextRound = &next
	}
	return x
}

var bothChannels = []string{"email", "sms"}

// candidate is what the planner knows of whoever placed an order.
func (w *World) candidate(p *planning, o waiting) wave.Candidate {
	who := w.memory.person(o.customer).see(p.tx)
	k := wave.Candidate{Profile: customer.Profile{ID: customer.ID(who.id), ShopID: who.shop, Zone: who.zone}, EnteredAt: o.placed}
	k.Contact = w.memory.contact(p.tx, who, nil, bothChannels, true, o.placed)
	k.Env = new(rules.Room).NewEnv(rules.Customer{ID: who.shop}, []rules.OrderFact{{At: o.placed, Minor: 1000}}, o.placed, rules.Basis{Zone: time.UTC, Digits: 2})
	k.Entries, k.LastEntry = p.entries(who.id)
	return k
}

func (w *World) beginRounds(p *planning, planner *wave.Planner) error {
	due, err := p.dueRounds(20)
	if err != nil || len(due) == 0 {
		return err
	}
	page := make([]round, len(due))
	for i, r := range due {
		e := r.see(p.tx)
		page[i].of = r
		if page[i].deliveries, err = planner.Round(e.enrollment(), e.begun+1, audience.Contact{}); err != nil {
			return err
		}
		page[i].next, _ = planner.NextRound(e.entered, e.begun+1)
	}
	return p.beginRounds(page)
}

// Slot waits for a place among the calls in flight.
func (r runner) Slot(ctx context.Context, slots chan struct{}) bool {
	me := r.me()
	if end, ok := ctx.Deadline(); ok {
		me.by = r.w.gone + end.Sub(r.w.clock)
	}
	me.await(func() bool { return len(slots) < cap(slots) || ctx.Err() != nil })
	if me.by = 0; ctx.Err() != nil {
		return false
	}
	slots <- struct{}{}
	return true
}

// Go begins a thread of the same process.
func (r runner) Go(_ *sync.WaitGroup, call func()) {
	me := r.me()
	me.calls++
	th := r.w.spawn(me.name+" call", me.actor, call)
	th.parent, th.warned = me, me.warned
}

// Wait waits for the threads that Go began.
func (r runner) Wait(*sync.WaitGroup) {
	me := r.me()
	me.await(func() bool { return me.calls == 0 })
}
