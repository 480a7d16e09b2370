package simulation

import (
	"iter"
	"math"
	"slices"
	"time"
)

// thread is somebody at work. It runs until it gives way; nobody else runs
// meanwhile. Threads are used again, for the next job and the next schedule.
type thread struct {
	// Side by side, because everybody is looked at again and again. It waits for one thing.
	when   *time.Duration // it waits for this time to come, which may move
	barred bool           // it also waits for one of the next two
	dying  bool
	wake   time.Duration // when it has slept
	behind *tx           // it waits for this one to end
	until  func() bool   // it waits for this to hold
	by     time.Duration // when that will hold at the latest; 0: nobody knows

	s       *scheduler
	name    string
	actor   *actor
	job     func()
	tx      *tx // open
	parent  *thread
	calls   int       // threads of its own that run
	stalled time.Time // when it was last held up in the middle of something
	warned  bool      // a call of its own heard that the provider rests

	next  func() (struct{}, bool)
	yield func(struct{}) bool
}

// dead is what a thread panics with whose process has died.
type dead struct{}

// scheduler lets one thread after the other go on, as chance will have it.
type scheduler struct {
	clock   time.Time
	gone    time.Duration // on the clock since the schedule began
	busy    []*thread     // in the order in which they began
	idle    []*thread
	ready   []*thread
	running *thread
	then    *thread // who goes on next, chosen by the one that gave way
	choose  func(n int) int
	look    func()               // works out the times that threads wait for
	alarm   func() time.Duration // when somebody will have something to do; never: nobody will
	halted  bool                 // nobody goes on any more
}

// spawn begins a job.
func (s *scheduler) spawn(name string, a *actor, job func()) *thread {
	var t *thread
	if n := len(s.idle); n > 0 {
		t = s.idle[n-1]
		s.idle = s.idle[:n-1]
	} else {
		t = &thread{}
		t.next, _ = iter.Pull(t.loop)
	}
	next, yield := t.next, t.yield
	*t = thread{s: s, name: name, actor: a, job: job, next: next, yield: yield, when: &atOnce}
	s.busy = append(s.busy, t)
	return t
}

// loop is the life of a thread.
func (t *thread) loop(yield func(struct{}) bool) {
	t.yield = yield
	for {
		t.do()
		t.job = nil
		if !yield(struct{}{}) {
			return
		}
	}
}

func (t *thread) do() {
	defer func() {
		if p := recover(); p != nil {
			if _, died := p.(dead); !died {
				panic(p)
			}
		}
	}()
	if t.dying {
		panic(dead{})
	}
	t.job()
}

// pause gives way, until the thread may go on.
func (t *thread) pause() {
	if t.dying {
		panic(dead{})
	}
	s := t.s
	if s.then = s.pick(); s.then != t {
		t.yield(struct{}{})
	}
	s.then = nil
	if t.dying {
		panic(dead{})
	}
}

// sleep gives way for at least d.
func (t *thread) sleep(d time.Duration) {
	t.wake = t.s.gone + d
	t.when = &t.wake
	t.pause()
	t.when = &atOnce
}

// await gives way until cond holds.
func (t *thread) await(cond func() bool) {
	for !cond() {
		t.until, t.barred = cond, true
		t.pause()
		t.until, t.barred = nil, false
	}
}

// stand gives way until a transaction has ended, or the time is over.
func (t *thread) stand(behind *tx) {
	t.behind, t.barred = behind, true
	t.pause()
	t.behind, t.barred = nil, false
}

// die has a thread end as soon as it goes on, which it may do at once.
func (t *thread) die() { t.dying, t.barred, t.when = true, false, &atOnce }

// never is a time that does not come; atOnce is never written.
const never = time.Duration(math.MaxInt64)

var atOnce time.Duration

// attend gives way until a time has come.
func (t *thread) attend(at *time.Duration) {
	for t.s.look(); *at > t.s.gone; {
		t.when = at
		t.pause()
		t.when = &atOnce
	}
}

// pass moves the clock.
func (s *scheduler) pass(d time.Duration) {
	s.gone += d
	s.clock = s.clock.Add(d)
}

// pick is who goes on; the clock jumps to whoever wakes up first where nobody
// can. Nil: nobody ever will.
func (s *scheduler) pick() *thread {
	if s.halted {
		return nil
	}
	for s.look(); ; {
		s.ready = s.ready[:0]
		first, gone := never, s.gone
		for _, t := range s.busy {
			if at := *t.when; at > gone {
				first = min(first, at)
				continue
			}
			if t.barred && (t.by == 0 || t.by > gone) && (t.behind != nil && !t.behind.done || t.until != nil && !t.until()) {
				if t.by != 0 {
					first = min(first, t.by)
				}
				continue
			}
			s.ready = append(s.ready, t)
		}
		if len(s.ready) > 0 {
			return s.ready[s.choose(len(s.ready))]
		}
		if first = min(first, s.alarm()); first == never {
			return nil
		}
		s.pass(first - gone)
	}
}

// run goes on until nobody can, or the schedule is halted.
func (s *scheduler) run() {
	for {
		t := s.then
		if s.then = nil; t == nil {
			t = s.pick()
		}
		if t == nil {
			return
		}
		s.resume(t)
	}
}

func (s *scheduler) resume(t *thread) {
	s.running = t
	t.next()
	s.running = nil
	if t.job == nil {
		s.busy = slices.DeleteFunc(s.busy, func(b *thread) bool { return b == t })
		s.idle = append(s.idle, t)
		if t.parent != nil {
			t.parent.calls--
		}
	}
}

// stop ends all threads.
func (s *scheduler) stop() {
	s.halted = true
	for _, t := range s.busy {
		t.die()
	}
	for len(s.busy) > 0 {
		s.then = nil
		s.resume(s.busy[0])
	}
	s.halted = false
}
