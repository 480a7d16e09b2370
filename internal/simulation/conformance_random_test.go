package simulation

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rewave/rewave/internal/delivery"
	"github.com/rewave/rewave/internal/postgres"
)

// What nobody thought of writing down: histories drawn at random, of operations
// one after the other, are told on both sides too.
func TestTheMemoryAnswersAsPostgreSQLDoesToAnything(t *testing.T) {
	t.Parallel()
	db := newInPostgres(t)
	for seed := range uint64(20) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			history := func(s *scene) { s.anything(rand.New(rand.NewPCG(seed, 1)), 60) }
			got, want := told(t, newInMemory(t), history), told(t, db.empty(t), history)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("- PostgreSQL, + memory\n%s", diff)
			}
		})
	}
}

// anything draws operations on three campaigns, the second with limits, the
// third with codes.
func (s *scene) anything(r *rand.Rand, n int) {
	const people = 5
	s.addPeople(people)
	budget := int64(9_000_000)
	for i, name := range []string{"one", "two", "three"} {
		if i == 1 {
			s.addCampaign(name, 50, &budget, 3)
		} else {
			s.addCampaign(name, 50+40*(i/2), nil, 0)
		}
		for who := range int64(people) {
			s.plan(i+1, who+1, "email", "a", "b", "ghost", "skipped")
		}
	}
	s.addCodes(terms("p", 2), "CODE0001", "CODE0002", "CODE0003", "CODE0004")
	waves := []string{"a", "b", "ghost", "skipped"}
	at := time.Duration(0)
	var open []postgres.Passed
	for range n {
		at += time.Duration(r.IntN(40)) * time.Second
		who := int64(r.IntN(people)) + 1
		switch r.IntN(19) {
		case 0, 1, 2, 3, 4:
			open = append(open, s.anyGate(r, waves[r.IntN(len(waves))], at))
		case 5, 6, 7:
			if len(open) > 0 {
				s.settleAny(r, open[r.IntN(len(open))], at)
			}
		case 8:
			s.reap()
		case 9:
			s.sweep(at + time.Duration(r.IntN(2))*24*time.Hour*time.Duration(r.IntN(2)))
		case 10:
			s.handOut(at, r.IntN(3) == 0, 1+r.IntN(5))
		case 11:
			if r.IntN(3) == 0 {
				s.onHold([]string{"", "email"}[r.IntN(2)], r.IntN(3) == 0)
			} else {
				s.status(1+r.IntN(3), []string{"paused", "running", "running"}[r.IntN(3)])
			}
		case 18:
			s.rests("email", at, time.Duration(r.IntN(60))*time.Second)
		case 12:
			now := noon.Add(at)
			_ = s.WithdrawConsent(context.Background(), s.id(who, 1, 1, "a"), "test", &now)
		case 13:
			s.order(who, noon.Add(at))
		case 14:
			now := noon.Add(at)
			c := 1 + r.IntN(3)
			must(s.t, s.Postpone(context.Background(), postgres.Lane{Version: c, Wave: "a", Channel: "email"}, []int64{s.id(who, c, 1, "a")}, &now, time.Minute, "later"))
		case 15:
			s.pressed(1+r.IntN(3), 40+20*r.IntN(3), []string{"", "promo"}[r.IntN(2)], int64(2+r.IntN(4))*1_000_000)
		case 16:
			if r.IntN(4) == 0 {
				s.erased(who)
			}
		case 17:
			if r.IntN(3) == 0 {
				s.merged(who, int64(r.IntN(people))+1)
			}
		}
		if r.IntN(8) == 0 {
			s.shows()
		}
	}
}

func (s *scene) anyGate(r *rand.Rand, wave string, at time.Duration) postgres.Passed {
	c := 1 + r.IntN(3)
	var whom []int64
	for who := range int64(5) {
		if r.IntN(3) > 0 {
			whom = append(whom, who+1)
		}
	}
	lease, cap, exit := time.Duration(1-2*r.IntN(2))*time.Hour, r.IntN(3), r.IntN(2) == 0
	between, warms := r.IntN(4) == 0, r.IntN(2) == 0
	groups, cool := map[string]postgres.Cap{"promo": {Limit: 1 + r.IntN(2), Window: 2 * time.Minute}}, time.Duration(r.IntN(2))*time.Minute
	return s.gate(c, wave, "email", at, whom, costs(1_000_000), func(a *asks) {
		a.Lease, a.exit = lease, exit
		a.ShopCap = postgres.Cap{Limit: cap, Window: 3 * time.Minute}
		a.OwnCap = postgres.Cap{Limit: cap, Window: time.Minute}
		a.Groups, a.CoolDown = groups, cool
		if wave == "b" {
			a.Requires = "a"
		}
		if c == 3 {
			a.pool, a.gone = "p", []string{"skip", "wait", "send"}[r.IntN(3)]
		}
		if warms {
			warm(10)(a)
		}
		if between {
			a.between = func() { s.gate(1, "a", "email", at, whom) }
		}
	})
}

func (s *scene) settleAny(r *rand.Rand, p postgres.Passed, at time.Duration) {
	states := []delivery.State{delivery.Accepted, delivery.Failed, delivery.Unknown, delivery.Planned}
	s.settle(p, "any", at, func(x *postgres.Settlement) { x.State = states[r.IntN(len(states))] })
	s.tell("spent %d", s.spent(2))
	s.showsDays("email")
}
