package e2e

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rewave/rewave/internal/testkit"
)

// Two processes share the rate of a channel, and leave a mail server alone that
// says goodbye to one of them; when a person says so, both go on.
func TestTwoProcessesShareARateAndTheRestOfAProvider(t *testing.T) {
	t.Parallel()
	const customers, perSecond = 300, 40
	s := newShop(t, testkit.NewDB(t), testkit.NewRedis(t), 4, 0)
	settings, err := os.ReadFile(filepath.Join(s.dir, "rewave.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	s.write("rewave.yaml", strings.Replace(string(settings), "in_flight: 4", "in_flight: 4, per_second: 40", 1))
	s.campaign("hello", everyone)
	s.start("work")
	s.start("work")
	s.start("tick")
	s.orders(customers)
	s.untilArrived(60)

	s.busy.Store(true)
	s.until("the rest is noted", func() bool { return testkit.Get[bool](t, s.db, "select exists (select from provider_holds)") })
	rests := testkit.Get[time.Time](t, s.db, "select min(since) from provider_holds")
	s.until("a while has passed", func() bool { return time.Now().After(rests.Add(8 * time.Second)) })
	same(t, "calls that began more than 5 s after", s.calls.between(rests.Add(5*time.Second), time.Now()), 0)
	if list := s.run("hold", "list"); !strings.Contains(list, "the provider of email rests") || !strings.Contains(list, "mail 421 4.3.2") {
		t.Errorf("the list does not say that it rests:\n%s", list)
	}
	same(t, "in doubt meanwhile", s.reconciled(), 0)
	same(t, "that count against a message", testkit.Get[int](t, s.db, "select count(*)::int from deliveries where untaken > 0"), 0)

	s.busy.Store(false)
	before := len(s.arrived())
	released := time.Now()
	s.run("hold", "release", "email", "--because", "they have mended it")
	s.until("all have gone out", func() bool { return s.states("hello")["accepted"] == customers })
	var after []time.Time
	for _, e := range s.arrived() {
		if e.At.After(released) {
			after = append(after, e.At)
		}
	}
	slices.SortFunc(after, time.Time.Compare)
	same(t, "messages", before+len(after), customers)
	after = after[:len(after)-20] // those that were told to come back later wait for half a minute of their own
	took := after[len(after)-1].Sub(after[0])
	if least := time.Duration(len(after)-perSecond) * time.Second / perSecond; took < least-500*time.Millisecond {
		t.Errorf("%d messages in %v, at %d a second and as many at once it takes %v", len(after), took, perSecond, least)
	}
	t.Logf("%d messages in %v", len(after), took)
	s.sound()
}
