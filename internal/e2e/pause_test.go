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
