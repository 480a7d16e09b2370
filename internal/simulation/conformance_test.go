package simulation

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rewave/rewave/internal/coupon"
	"github.com/rewave/rewave/internal/delivery"
	"github.com/rewave/rewave/internal/postgres"
)

// The memory is only worth what it has in common with PostgreSQL: the same
// histories are told on both, and must be the same word for word.
func TestTheMemoryAnswersAsPostgreSQLDoes(t *testing.T) {
	t.Parallel()
	db := newInPostgres(t)
	all := maps.Clone(histories)
	maps.Copy(all, doubtHistories)
	maps.Copy(all, ofProviders)
	for name, history := range all {
		t.Run(name, func(t *testing.T) {
			got, want := told(t, newInMemory(t), history), told(t, db.empty(t), history)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("- PostgreSQL, + memory\n%s", diff)
			}
		})
	}
}

func told(t *testing.T, on side, history func(*scene)) []string {
	s := &scene{side: on, t: t}
	history(s)
	s.shows()
	return s.told
}

var everybody = []int64{1, 2, 3, 4, 5, 6}

// few are n customers in one campaign with a wave.
func (s *scene) few(n int, channel string, waves ...string) int {
	s.addPeople(n)
	c := s.addCampaign("one", 50, nil, 0)
	for i := range n {
		s.plan(c, int64(i+1), channel, waves...)
	}
	return c
}

func terms(name string, each int) coupon.Pool {
	value := int64(500)
	return coupon.Pool{Name: name, Kind: coupon.Amount, Currency: "EUR", Value: &value, PerCustomer: each}
}

func gives(pool, gone string) func(*asks) { return func(a *asks) { a.pool, a.gone = pool, gone } }

func costs(micros int64) func(*asks) { return func(a *asks) { a.cost = micros } }

var histories = map[string]func(*scene){
	"a message goes out": func(s *scene) {
		c := s.few(3, "email", "hello", "again")
		p := s.gate(c, "hello", "email", 0, everybody, costs(7))
		s.shows()
		for range 2 {
			there, err := s.Claimed(context.Background(), p.ID)
			s.tell("claimed %t, %v", there, err)
			s.settle(p, delivery.Accepted, time.Second)
		}
		s.gate(c, "again", "email", 0, everybody) // not due yet
		s.gate(c, "hello", "email", time.Minute, everybody)
	},
	"an opt-out before and after the gate": func(s *scene) {
		c := s.few(3, "email", "hello", "again")
		s.word(1, word{"email", "marketing", false, noon.Add(-time.Second)})
		s.word(2, word{"email", "marketing", false, noon.Add(time.Hour)}) // not yet in force
		p := s.gate(c, "hello", "email", 0, everybody)
		at := noon.Add(time.Second)
		must(s.t, s.WithdrawConsent(context.Background(), s.id(3, c, 1, "hello"), "test", &at))
		s.settle(p, delivery.Accepted, time.Second)
		s.gate(c, "again", "email", time.Minute, everybody)
	},
	"two words at one instant are a no": func(s *scene) {
		c := s.few(2, "email", "hello")
		s.word(1, word{"email", "marketing", false, noon})
		s.word(1, word{"email", "marketing", true, noon})
		s.word(2, word{"email", "marketing", true, noon})
		s.word(2, word{"email", "marketing", false, noon})
		s.gate(c, "hello", "email", 0, everybody)
	},
	"a mailbox has one word": func(s *scene) {
		c := s.few(3, "email", "hello", "again")
		s.sameMailbox(1, 2)
		at := noon
		for range 2 {
			must(s.t, s.WithdrawConsent(context.Background(), s.id(1, c, 1, "hello"), "test", &at))
		}
		s.gate(c, "hello", "email", 0, everybody)
		err := s.WithdrawConsent(context.Background(), 99, "test", &at)
		s.tell("of no delivery: %v", err)
	},
	"what may not be sent": func(s *scene) {
		c := s.few(6, "email", "hello")
		s.ban(1, "email", noon)
		s.ban(2, "email", noon.Add(time.Hour))
		s.erased(3)
		s.order(4, noon.Add(time.Second))
		s.order(5, noon.Add(-time.Hour))
		s.merged(6, 4)
		s.gate(c, "hello", "email", time.Minute, everybody, func(a *asks) { a.exit = true })
	},
	"money of a day over midnight": func(s *scene) {
		budget := int64(9_000_000)
		s.addPeople(3)
		c := s.addCampaign("one", 50, &budget, 0)
		s.pressed(c, 50, "", 2_000_000)
		for who := range int64(3) {
			s.plan(c, who+1, "email", "hello")
		}
		p := s.gate(c, "hello", "email", 12*time.Hour-time.Second, []int64{1}, costs(1_000_000))
		s.gate(c, "hello", "email", 12*time.Hour, []int64{2}, costs(1_000_000))
		s.settle(p, delivery.Planned, 12*time.Hour+time.Second) // which gives the new day nothing back
		s.gate(c, "hello", "email", 12*time.Hour+2*time.Minute, everybody, costs(1_000_000))
		s.shows()
		s.gate(c, "hello", "email", 12*time.Hour+3*time.Minute, everybody, costs(1_000_000))
	},
	"a group's cap, and what was lost to": func(s *scene) {
		s.addPeople(3)
		low, high, equal := s.addCampaign("low", 40, nil, 0), s.addCampaign("high", 60, nil, 0), s.addCampaign("equal", 40, nil, 0)
		for i, c := range []int{low, high, equal} {
			s.pressed(c, []int{40, 60, 40}[i], "promo", 0)
			for who := range int64(3) {
				if c != high || who == 0 {
					s.plan(c, who+1, "email", "hello")
				}
			}
		}
		group := func(a *asks) { a.Groups = map[string]postgres.Cap{"promo": {Limit: 1, Window: time.Hour}} }
		s.merged(3, 2)
		s.gate(low, "hello", "email", 0, everybody, group)
		s.gate(equal, "hello", "email", time.Second, everybody, group)
		s.gate(high, "hello", "email", time.Minute, everybody, group, func(a *asks) { a.CoolDown = time.Hour })
	},
	"messages of who was merged cool down too": func(s *scene) {
		c := s.few(2, "email", "hello")
		other := s.addCampaign("other", 50, nil, 0)
		s.plan(other, 2, "email", "hello")
		s.gate(c, "hello", "email", 0, []int64{1})
		s.merged(1, 2)
		s.gate(other, "hello", "email", time.Minute, []int64{2}, func(a *asks) { a.CoolDown = time.Hour })
		s.shows()
		s.gate(other, "hello", "email", time.Hour, []int64{2}, func(a *asks) { a.CoolDown = time.Hour })
		s.erased(2)
		s.gate(c, "hello", "email", time.Hour, everybody)
	},
	"ghosts": func(s *scene) {
		c := s.few(2, "email", "ghost", "skipped")
		s.addCodes(terms("p", 1), "CODE0001")
		s.gate(c, "ghost", "email", 0, everybody, gives("p", "skip"))
		s.gate(c, "skipped", "email", time.Minute, everybody, gives("p", "skip"), costs(3))
	},
	"two workers with one chunk": func(s *scene) {
		c := s.few(3, "email", "hello")
		p := s.gate(c, "hello", "email", 0, everybody, func(a *asks) {
			a.between = func() { s.gate(c, "hello", "email", 0, everybody) }
		})
		s.settle(p, delivery.Accepted, 0)
	},
	"one customer in two chunks": func(s *scene) {
		c := s.few(2, "email", "hello")
		other := s.addCampaign("other", 50, nil, 0)
		s.plan(other, 2, "email", "hello")
		s.gate(c, "hello", "email", 0, everybody, func(a *asks) {
			a.between = func() { s.gate(other, "hello", "email", 0, everybody) }
		})
		s.gate(other, "hello", "email", 0, everybody)
	},
	"one customer twice in a chunk": func(s *scene) {
		c := s.few(2, "email", "hello")
		s.planAgain(c, 1, "email", 2, "hello")
		s.gate(c, "hello", "email", time.Minute, everybody)
		s.gate(c, "hello", "email", time.Minute, everybody)
		s.gate(c, "hello", "email", time.Minute, everybody)
	},
	"rows in other hands": func(s *scene) {
		c := s.few(3, "email", "hello")
		release := s.holding("delivery", s.id(1, c, 1, "hello"))
		s.gate(c, "hello", "email", 0, []int64{1})
		s.gate(c, "hello", "email", 0, []int64{1, 3})
		s.sweep(48 * time.Hour)
		release()
		release = s.holding("customer", 2)
		s.gate(c, "hello", "email", 0, []int64{2})
		release()
		s.gate(c, "hello", "email", 0, everybody)
	},
	"moved while the gate thinks": func(s *scene) {
		c := s.few(3, "email", "hello")
		at, moved := noon, false
		later := func(a *asks) {
			a.between = func() {
				if !moved {
					must(s.t, s.Postpone(context.Background(), postgres.Lane{Version: c, Wave: "hello", Channel: "email"}, []int64{s.id(1, c, 1, "hello")}, &at, time.Minute, "later"))
				}
				moved = true
			}
		}
		s.gate(c, "hello", "email", 0, everybody, later)
		moved = false
		s.gate(c, "hello", "email", 10*time.Minute, everybody, later)
	},
	"another lane": func(s *scene) {
		c := s.few(1, "email", "hello")
		s.gate(c, "hello", "sms", 0, everybody)
		s.gate(c, "hello", "email", 0, everybody, func(a *asks) { a.Lane.Wave = "again" })
		s.gate(c, "hello", "email", 0, everybody, func(a *asks) { a.Lane.Version++ })
	},
	"another channel": func(s *scene) {
		c := s.few(1, "sms", "hello")
		s.word(1, word{"sms", "marketing", false, noon.Add(-time.Second)})
		both := func(a *asks) { a.Channels = []string{"sms", "email"} }
		s.gate(c, "hello", "sms", 0, everybody, both)
		s.gate(c, "hello", "sms", 0, everybody, both)
		s.gate(c, "hello", "email", 0, everybody, both)
	},
	"words on service": func(s *scene) {
		c := s.few(2, "email", "hello")
		s.word(1, word{"email", "service", false, noon.Add(-time.Second)})
		s.gate(c, "hello", "email", 0, everybody, func(a *asks) { a.Service = true })
	},
	"settled as everything": func(s *scene) {
		c := s.few(4, "email", "hello")
		p := s.gate(c, "hello", "email", 0, everybody)
		states := []delivery.State{delivery.Accepted, delivery.Failed, delivery.Unknown, delivery.Planned}
		for range 2 {
			i := 0
			s.settle(p, delivery.Unknown, time.Second, func(x *postgres.Settlement) {
				x.State = states[i]
				i++
			})
			s.shows()
		}
		s.reap()
		s.settle(p, delivery.Accepted, time.Second) // too late for what is final
	},
	"a stale epoch": func(s *scene) {
		c := s.few(2, "email", "hello")
		first := s.gate(c, "hello", "email", 0, everybody)
		s.settle(first, delivery.Planned, 0)
		second := s.gate(c, "hello", "email", time.Minute, everybody)
		s.settle(first, delivery.Accepted, time.Minute)
		s.settle(first, delivery.Planned, time.Minute)
		s.shows()
		s.settle(second, delivery.Accepted, time.Minute)
	},
	"a word after the reaper": func(s *scene) {
		c := s.few(3, "email", "hello")
		lapsed := func(a *asks) { a.Lease = -time.Second }
		p := s.gate(c, "hello", "email", 0, everybody, lapsed)
		s.reap()
		s.shows()
		i := 0
		s.settle(p, delivery.Accepted, 0, func(x *postgres.Settlement) {
			x.State = []delivery.State{delivery.Accepted, delivery.Planned, delivery.Failed}[i]
			i++
		})
		s.shows()
		s.reap()
		s.reap()
	},
	"a claim in other hands is not reaped": func(s *scene) {
		c := s.few(1, "email", "hello")
		s.gate(c, "hello", "email", 0, everybody, func(a *asks) { a.Lease = -time.Second })
		release := s.holding("claim", 0)
		s.reap()
		release()
		s.reap()
	},
	"a lease that stands": func(s *scene) {
		c := s.few(1, "email", "hello")
		s.gate(c, "hello", "email", 0, everybody)
		s.reap()
	},
	"swept": func(s *scene) {
		c := s.few(3, "email", "hello")
		paused, gone := s.addCampaign("paused", 50, nil, 0), s.addCampaign("gone", 50, nil, 0)
		s.plan(paused, 1, "email", "hello", "again")
		s.plan(gone, 1, "email", "hello", "again")
		s.status(paused, "paused")
		s.status(gone, "cancelled")
		at := noon
		must(s.t, s.Postpone(context.Background(), postgres.Lane{Version: c, Wave: "hello", Channel: "email"}, []int64{s.id(2, c, 1, "hello")}, &at, time.Minute, "held before"))
		s.sweep(23 * time.Hour)
		s.sweep(24 * time.Hour)
	},
	"postponed and buried": func(s *scene) {
		c := s.few(4, "email", "hello")
		lane := postgres.Lane{Version: c, Wave: "hello", Channel: "email"}
		at := noon
		id := func(who int64) int64 { return s.id(who, c, 1, "hello") }
		must(s.t, s.Postpone(context.Background(), lane, []int64{id(1)}, &at, time.Minute, "later"))
		must(s.t, s.Postpone(context.Background(), lane, []int64{id(2)}, &at, 48*time.Hour, "much later"))
		lane.Channel = "sms"
		must(s.t, s.Postpone(context.Background(), lane, []int64{id(3)}, &at, time.Minute, "another lane"))
		must(s.t, s.Bury(context.Background(), map[int64]string{id(3): "template: no", 99: "nobody"}))
		p := s.gate(c, "hello", "email", 0, everybody)
		must(s.t, s.Bury(context.Background(), map[int64]string{id(4): "template: no"})) // under way
		s.settle(p, delivery.Accepted, 0)
	},
	"handed out": func(s *scene) {
		c := s.few(3, "email", "hello", "again")
		paused := s.addCampaign("paused", 50, nil, 0)
		s.plan(paused, 1, "sms", "hello")
		s.status(paused, "paused")
		s.handOut(-time.Second, true, 10)
		s.handOut(0, true, 2)
		s.handOut(0, false, 2)
		s.handOut(0, false, 2)
		s.handOut(time.Minute, false, 10)
		s.status(paused, "running")
		s.handOut(time.Minute, false, 10) // a change of status starts over
		s.handOut(time.Minute, false, 10)
		must(s.t, s.HandOutAgain(context.Background()))
		release := s.holding("place", 0)
		s.handOut(time.Minute, true, 10)
		release()
		p := s.gate(c, "hello", "email", 0, everybody)
		s.handOut(time.Minute, true, 10)
		s.settle(p, delivery.Planned, time.Minute)
		s.handOut(time.Minute, false, 10)
		s.handOut(time.Minute+30*time.Second, true, 10)
	},
	"planned behind the place": func(s *scene) {
		s.few(1, "email", "hello", "again")
		s.handOut(time.Minute, false, 10)
		s.addPeople(0)
		s.planAgain(1, 1, "email", 2, "late")
		s.handOut(time.Minute, false, 10)
	},
	"paused and cancelled between hint and gate": func(s *scene) {
		c := s.few(2, "email", "hello", "again")
		s.handOut(0, true, 10)
		s.status(c, "paused")
		s.gate(c, "hello", "email", 0, everybody)
		s.status(c, "running")
		s.gate(c, "hello", "email", 0, []int64{1})
		s.status(c, "cancelled")
		s.gate(c, "hello", "email", 0, everybody)
		s.status(c, "cancelled")
		s.sweep(0)
	},
	"on hold between hint and gate": func(s *scene) {
		c := s.few(2, "email", "hello", "again")
		d := s.addCampaign("two", 50, nil, 0)
		s.plan(d, 1, "sms", "hello", "again")
		s.handOut(0, true, 10)
		s.onHold("email", true)
		s.onHold("email", true)
		s.handOut(0, true, 10)
		s.gate(c, "hello", "email", 0, everybody)
		s.gate(d, "hello", "sms", 0, everybody)
		s.onHold("", true)
		s.onHold("email", false)
		s.gate(c, "hello", "email", 0, everybody)
		s.handOut(0, true, 10)
		s.onHold("", false)
		s.handOut(0, false, 10)
		s.gate(c, "hello", "email", 0, []int64{1})
		s.onHold("email", true)
		s.sweep(30 * 24 * time.Hour)
	},
	"too late at the gate": func(s *scene) {
		c := s.few(2, "email", "hello")
		at := noon
		must(s.t, s.Postpone(context.Background(), postgres.Lane{Version: c, Wave: "hello", Channel: "email"}, []int64{s.id(2, c, 1, "hello")}, &at, time.Minute, "held before"))
		s.gate(c, "hello", "email", 24*time.Hour, everybody)
	},
	"one code each": func(s *scene) {
		c := s.few(3, "email", "hello")
		s.addCodes(terms("p", 1), "CODE0001", "CODE0002")
		p := s.gate(c, "hello", "email", 0, everybody, gives("p", "skip"))
		s.settle(p, delivery.Planned, 0)
		p = s.gate(c, "hello", "email", time.Minute, everybody, gives("p", "skip"))
		s.settle(p, delivery.Unknown, time.Minute)
		s.gate(c, "hello", "email", 2*time.Minute, everybody, gives("p", "skip"))
	},
	"no code left": func(s *scene) {
		c := s.few(3, "email", "hello")
		s.addCodes(terms("p", 1))
		s.gate(c, "hello", "email", 0, []int64{1}, gives("p", "skip"))
		s.gate(c, "hello", "email", 0, []int64{2}, gives("p", "wait"))
		s.gate(c, "hello", "email", 0, []int64{3}, gives("p", "send"))
	},
	"codes behind the one given last": func(s *scene) {
		c := s.few(5, "email", "hello")
		s.addCodes(terms("p", 9), "CODE0001", "CODE0002", "CODE0003", "CODE0004", "CODE0005")
		behind := func(code string) func(*asks) { return func(a *asks) { a.CodesAfter = map[string]string{"p": code} } }
		s.gate(c, "hello", "email", 0, []int64{1, 2}, gives("p", "skip"), behind("CODE0002"))
		s.gate(c, "hello", "email", 0, []int64{3, 4}, gives("p", "skip"), behind("CODE0004"))
		s.gate(c, "hello", "email", 0, []int64{5}, gives("p", "skip"), behind("CODE0005"))
	},
	"the last codes in other hands": func(s *scene) {
		c := s.few(2, "email", "hello")
		s.addCodes(terms("p", 1), "CODE0001")
		release := s.holding("codes", 0)
		s.gate(c, "hello", "email", 0, everybody, gives("p", "skip"))
		release()
		s.gate(c, "hello", "email", 15*time.Minute, everybody, gives("p", "skip"))
	},
	"one of the last codes in other hands": func(s *scene) {
		c := s.few(2, "email", "hello")
		s.addCodes(terms("p", 1), "CODE0001", "CODE0002")
		release := s.holding("first code", 0)
		s.gate(c, "hello", "email", 0, everybody, gives("p", "skip"))
		release()
		s.gate(c, "hello", "email", 15*time.Minute, everybody, gives("p", "skip"))
	},
	"as many codes as one may have": func(s *scene) {
		c := s.few(1, "email", "hello", "again")
		s.addCodes(terms("p", 1), "CODE0001", "CODE0002")
		s.gate(c, "hello", "email", 0, everybody, gives("p", "skip"))
		s.gate(c, "again", "email", time.Minute, everybody, gives("p", "skip"))
	},
	"a pool that has ended": func(s *scene) {
		c := s.few(1, "email", "hello")
		p := terms("p", 1)
		p.Until = noon
		s.addCodes(p, "CODE0001")
		s.gate(c, "hello", "email", 0, everybody, gives("p", "skip"))
	},
	"caps": func(s *scene) {
		c := s.few(2, "email", "a", "b", "ghost", "c", "d")
		other := s.addCampaign("other", 50, nil, 0)
		s.plan(other, 1, "email", "x")
		cap := func(a *asks) {
			a.ShopCap, a.OwnCap = postgres.Cap{Limit: 3, Window: time.Hour}, postgres.Cap{Limit: 2, Window: 2 * time.Hour}
		}
		s.gate(other, "x", "email", 0, everybody, cap)
		s.settle(s.gate(c, "a", "email", 0, everybody, cap), delivery.Unknown, 0)
		s.settle(s.gate(c, "b", "email", time.Minute, []int64{1}, cap), delivery.Failed, time.Minute)
		s.gate(c, "ghost", "email", 2*time.Minute, everybody, cap)
		s.gate(c, "c", "email", 3*time.Minute, everybody, cap)
		s.gate(c, "d", "email", time.Hour, []int64{1}, cap)   // the edge of the shop's window
		s.gate(c, "d", "email", 2*time.Hour, []int64{2}, cap) // and of its own
	},
	"the edges of windows": func(s *scene) {
		c := s.few(3, "email", "a", "b")
		other := s.addCampaign("other", 50, nil, 0)
		for who := range int64(3) {
			s.plan(other, who+1, "email", "c")
		}
		cap := func(a *asks) {
			a.ShopCap, a.OwnCap = postgres.Cap{Limit: 1, Window: time.Hour}, postgres.Cap{Limit: 1, Window: 2 * time.Hour}
		}
		s.gate(c, "a", "email", 0, everybody, cap)
		s.gate(other, "c", "email", time.Hour-time.Second, []int64{1}, cap)
		s.gate(other, "c", "email", time.Hour, []int64{2}, cap)
		s.gate(c, "b", "email", 2*time.Hour-time.Second, []int64{1}, cap)
		s.gate(c, "b", "email", 2*time.Hour, []int64{3}, cap)
	},
	"room for higher priority": func(s *scene) {
		c := s.few(2, "email", "hello", "again")
		high := s.addCampaign("high", 90, nil, 0)
		s.plan(high, 1, "email", "hello")
		cap := func(a *asks) { a.ShopCap = postgres.Cap{Limit: 2, Window: time.Hour} }
		s.gate(c, "hello", "email", 0, everybody, cap)
		s.gate(c, "again", "email", time.Minute, []int64{1}, cap)
		s.status(high, "paused")
		s.gate(c, "again", "email", time.Minute, []int64{2}, cap)
	},
	"a required wave": func(s *scene) {
		c := s.few(3, "email", "first", "second")
		asks := func(a *asks) { a.Requires = "first" }
		s.settle(s.gate(c, "first", "email", 0, []int64{1}), delivery.Accepted, 0)
		s.settle(s.gate(c, "first", "email", 0, []int64{2}), delivery.Failed, 0)
		s.gate(c, "second", "email", time.Minute, everybody, asks)
	},
	"complaints and a stale feed": func(s *scene) {
		c := s.few(3, "email", "hello", "again")
		s.held(1, "complaint_open", noon)
		s.held(2, "dispute", noon)
		s.held(3, "complaint_open", noon.Add(time.Hour))
		s.gate(c, "hello", "email", 0, everybody, func(a *asks) { a.Holds = []string{"complaint_open"} })
		stale := func(a *asks) { a.MaxAge, a.stale = time.Hour, "wait" }
		s.gate(c, "again", "email", time.Minute, []int64{1}, stale)
		s.feedUntil(noon)
		s.gate(c, "again", "email", time.Minute, []int64{2}, stale)
	},
	"a budget": func(s *scene) {
		s.addPeople(4)
		budget := int64(12_000_000)
		c := s.addCampaign("one", 50, &budget, 0)
		s.addCodes(terms("p", 1), "CODE0001", "CODE0002", "CODE0003")
		for i := range 4 {
			s.plan(c, int64(i+1), "email", "hello")
		}
		p := s.gate(c, "hello", "email", 0, everybody, gives("p", "skip"), costs(500_000)) // a code binds 5, so that two fit
		s.tell("spent %d", s.spent(c))
		states := []delivery.State{delivery.Failed, delivery.Planned}
		for range 2 { // given back once
			i := 0
			s.settle(p, delivery.Failed, 0, func(x *postgres.Settlement) { x.State = states[i]; i++ })
			s.tell("spent %d", s.spent(c))
		}
		s.settle(s.gate(c, "hello", "email", time.Minute, everybody, gives("p", "skip"), costs(500_000)), delivery.Unknown, 0)
		s.tell("spent %d", s.spent(c))
	},
	"a rate": func(s *scene) {
		s.addPeople(4)
		c := s.addCampaign("one", 50, nil, 3)
		for i := range 4 {
			s.plan(c, int64(i+1), "email", "hello")
		}
		s.gate(c, "hello", "email", 0, []int64{1, 2})
		s.gate(c, "hello", "email", 10*time.Second, []int64{3, 4})
		s.gate(c, "hello", "email", time.Minute, []int64{4})
		s.gate(c, "hello", "email", 70*time.Second, []int64{4})
	},
	"entered twice": func(s *scene) {
		c := s.few(1, "email", "hello")
		s.plan(c, 1, "email", "hello", "again")
	},
	"loaded for rendering": func(s *scene) {
		c := s.few(3, "email", "hello")
		s.addCodes(terms("p", 1), "CODE0001")
		s.order(1, noon.Add(-time.Hour))
		s.order(1, noon.Add(time.Hour))
		p := s.gate(c, "hello", "email", 0, []int64{1}, gives("p", "skip"))
		s.settle(p, delivery.Planned, 0)
		s.gate(c, "hello", "email", 0, []int64{2})
		at := noon.Add(time.Minute)
		var ids []int64
		for _, who := range everybody[:3] {
			ids = append(ids, s.id(who, c, 1, "hello"))
		}
		for _, channel := range []string{"email", "sms"} {
			loaded, err := s.LoadRendering(context.Background(), postgres.Lane{Version: c, Wave: "hello", Channel: channel}, ids, &at,
				postgres.RenderingWants{Orders: true, Currency: "EUR", Coupon: true})
			must(s.t, err)
			slices.SortFunc(loaded, func(a, b postgres.Rendering) int { return int(a.Customer - b.Customer) })
			for _, r := range loaded {
				s.tell("%s: %s", channel, render(r))
			}
		}
	},
}

func render(r postgres.Rendering) string {
	text := fmt.Sprintf("%s %d orders", r.ShopID, r.Orders)
	if r.LastOrder != nil {
		text += ", the last " + r.LastOrder.Sub(noon).String()
	}
	if r.Spent != nil {
		text += fmt.Sprint(", spent ", *r.Spent)
	}
	if r.Expires != nil {
		text += fmt.Sprint(", code ends never ", r.Expires.IsZero())
	}
	return text
}
