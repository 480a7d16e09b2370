package e2e

import (
	"testing"
	"time"

	"github.com/rewave/rewave/internal/testkit"
)

func TestAWorkerThatIsKilledInMidWaveSendsNothingTwice(t *testing.T) {
	t.Parallel()
	const customers = 500
	s := newShop(t, testkit.NewDB(t), testkit.NewRedis(t), 4, 40*time.Millisecond)
	s.campaign("hello", everyone)
	s.start("tick")
	victim := s.start("work") // alone, so that it is in the middle of the wave
	s.orders(customers)
	for _, n := range []int{40, 120, 200} {
		s.untilArrived(n)
		s.until("calls are under way", func() bool { return s.states("hello")["sending"] > 0 })
		victim.kill()
		s.overtime()
		victim = s.start("work")
	}
	s.until("nothing is left to be sent", func() bool {
		s.overtime()
		return s.states("hello")["planned"] == 0 && s.calls.between(time.Now().Add(-2*time.Second), time.Now()) == 0
	})
	// Those who live end what they have begun; what is left was the victims'.
	victim.stop()
	if got := s.states("hello"); got["sending"] == 0 || got["unknown"] != 0 {
		t.Fatalf("got %v, want some that the killed had begun, and none in doubt before their lease lapses", got)
	}
	s.db.Exec(t, "update claims set attend_at = clock_timestamp() where kind = 'lease'")
	s.until("the reaper has seen what lapsed", func() bool { return s.states("hello")["sending"] == 0 })

	got := s.states("hello")
	same(t, "states", got, map[string]int{"accepted": customers - got["unknown"], "unknown": got["unknown"]})
	same(t, "in doubt", s.reconciled(), got["unknown"])
	t.Logf("%d messages arrived, %d in doubt", len(s.arrived()), got["unknown"])

	// However often they are handed out, what is in doubt is never sent again.
	before := len(s.arrived())
	s.start("work")
	s.overtime()
	s.until("the dispatcher has gone round", func() bool {
		return testkit.Get[bool](t, s.db, "select round_at > '-infinity' from dispatch")
	})
	same(t, "messages afterwards", len(s.arrived()), before)
	s.sound()
}
