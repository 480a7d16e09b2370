package e2e

import (
	"strings"
	"testing"
	"time"

	"github.com/rewave/rewave/internal/testkit"
)

func TestPauseBitesWithinFiveSecondsAndResumeGoesOn(t *testing.T) {
	t.Parallel()
	const customers = 400
	s := newShop(t, testkit.NewDB(t), testkit.NewRedis(t), 4, 150*time.Millisecond)
	s.campaign("hello", everyone)
	s.start("work")
	s.start("work")
	s.start("tick")
	s.orders(customers)
	s.untilArrived(40)

	s.run("campaign", "pause", "hello", "--because", "the price is wrong")
	paused := testkit.Get[time.Time](t, s.db, "select status_at from campaigns")
	bites := paused.Add(5 * time.Second)
	s.until("a while has passed", func() bool { return time.Now().After(bites.Add(time.Second)) })
	resumed := time.Now()
	same(t, "calls that began more than 5 s after the pause", s.calls.between(bites, resumed), 0)
	t.Logf("%d calls began after the pause", s.calls.between(paused, resumed))
	got := s.states("hello")
	same(t, "states while paused", got, map[string]int{"accepted": len(s.arrived()), "planned": customers - len(s.arrived())})
	if got["planned"] == 0 {
		t.Fatal("the wave was over before the pause")
	}

	s.run("campaign", "resume", "hello")
	s.untilArrived(len(s.arrived()) + 40)
	s.run("campaign", "cancel", "hello", "--because", "sold out")
	s.until("what was planned is cancelled", func() bool {
		got := s.states("hello")
		return got["planned"] == 0 && got["sending"] == 0 && s.states("later")["planned"] == 0
	})
	got = s.states("hello")
	same(t, "states after the cancel", got, map[string]int{"accepted": len(s.arrived()), "cancelled": customers - len(s.arrived())})
	same(t, "the second wave", s.states("later"), map[string]int{"cancelled": customers})
	same(t, "in doubt", s.reconciled(), 0)
	if list := s.run("campaign", "list"); !strings.Contains(list, "cancelled") {
		t.Errorf("the list does not say that it is cancelled:\n%s", list)
	}
	s.sound()
}

func TestHoldsBiteWithinFiveSecondsAndReleasesGoOn(t *testing.T) {
	t.Parallel()
	const customers = 500
	s := newShop(t, testkit.NewDB(t), testkit.NewRedis(t), 4, 150*time.Millisecond)
	s.campaign("hello", everyone)
	s.start("work")
	s.start("work")
	s.start("tick")
	s.orders(customers)
	for i, h := range []struct{ on, target []string }{
		{[]string{"all"}, []string{"all"}},
		{[]string{"channel", "email"}, []string{"email"}},
	} {
		s.untilArrived(len(s.arrived()) + 40)
		s.run(append(append([]string{"hold"}, h.on...), "--because", "the prices are wrong")...)
		held := testkit.Get[time.Time](t, s.db, "select since from send_holds")
		bites := held.Add(5 * time.Second)
		s.until("a while has passed", func() bool { return time.Now().After(bites.Add(time.Second)) })
		released := time.Now()
		same(t, "calls that began more than 5 s after the hold", s.calls.between(bites, released), 0)
		t.Logf("%d calls began after hold %d", s.calls.between(held, released), i+1)
		got := s.states("hello")
		same(t, "states on hold", got, map[string]int{"accepted": len(s.arrived()), "planned": customers - len(s.arrived())})
		if got["planned"] == 0 {
			t.Fatal("the wave was over before the hold")
		}
		s.run(append(append([]string{"hold", "release"}, h.target...), "--because", "they are right")...)
	}
	s.until("all have gone out", func() bool { return s.states("hello")["accepted"] == customers })
	same(t, "messages", len(s.arrived()), customers)
	same(t, "in doubt", s.reconciled(), 0)
	s.sound()
}
