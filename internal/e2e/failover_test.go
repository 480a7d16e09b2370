package e2e

import (
	"os"
	"testing"
	"time"

	"github.com/rewave/rewave/internal/testkit"
)

// A primary is killed while its standby lags, the standby takes over, and the one
// address that the program knows leads there: whatever the standby may have
// forgotten is in quarantine, and nothing goes out twice.
func TestAStandbyThatLaggedTakesOverInMidWave(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, by    string
		keys, tells bool
	}{
		{"from a provider that takes a key once", byHTTP, true, false},
		{"from a provider that can be asked", byHTTP, false, true},
		{"from a mail server", bySMTP, false, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			const customers = 400
			s, d, noticed := takenOver(t, customers, func(dir string) *double {
				d := newDouble(t, dir, 1, test.by)
				d.keys, d.tells = test.keys, test.tells
				d.index()
				return d
			})
			before, _ := d.messages()
			if test.by == byHTTP {
				s.until("the provider was asked, and what goes out again has gone", func() bool {
					s.run("delivery", "reconcile")
					return test.tells || s.states("hello")["accepted"] == customers
				})
			}
			got := s.states("hello")
			taken, again := d.messages()
			t.Logf("%d quarantined, %d under way; %d were taken before anybody was asked, %d in the end, %d came again under their keys; %v",
				noticed[0], noticed[1], before, taken, again, got)
			if test.keys {
				same(t, "states", got, map[string]int{"accepted": customers})
				same(t, "messages taken", taken, customers)
				if again == 0 {
					t.Error("no key came again: nothing that was taken had been forgotten")
				}
			} else {
				same(t, "messages taken", taken, before)
			}
			if test.tells { // what it has not is not sent before a person says so
				same(t, "states", got, merge(map[string]int{"accepted": taken, "quarantine": customers - taken - got["unknown"]}, "unknown", got["unknown"]))
			}
			f := judge(d.arrivals(), s.ledger(), facts{})
			same(t, "twice", f.Twice, 0)
			same(t, "lost", f.Lost, 0)
			s.sound()
		})
	}
}

// The control: a provider that only says that it takes a key once is caught
// sending twice, or the judge is blind.
func TestAFailoverWithAProviderThatLiesSendsTwice(t *testing.T) {
	t.Parallel()
	const customers = 400
	s, d, _ := takenOver(t, customers, func(dir string) *double {
		d := newDouble(t, dir, 1, byHTTP)
		d.tells, d.lies = false, true
		return d
	})
	s.until("what was in doubt has gone out again", func() bool {
		s.run("delivery", "reconcile")
		return s.states("hello")["accepted"] == customers
	})
	if f := judge(d.arrivals(), s.ledger(), facts{}); f.Twice == 0 {
		t.Error("nothing was sent twice: the judge sees nothing")
	}
}

// takenOver is a shop in the middle of a wave after the failover was noticed and
// all has come to rest: how many it quarantined, and how many were under way.
func takenOver(t *testing.T, customers int, provider func(dir string) *double) (*shop, *double, [2]int) {
	t.Helper()
	pair := testkit.NewPair(t)
	s := &shop{t: t, dir: t.TempDir(), db: &testkit.DB{DSN: pair.DSN}}
	d := provider(s.dir)
	d.set(temper{Slow: 50 * time.Millisecond})
	way := testkit.NewProxy(t, "unix", pair.Socket("primary"), 1)
	s.env = append(os.Environ(), "DATABASE_URL=postgres://rewave@"+way.Addr()+"/rewave?sslmode=disable", "REDIS_URL="+testkit.NewRedis(t), "GORACE=atexit_sleep_ms=0")
	s.write("rewave.yaml", d.settings(d.addr(), 4))
	s.run("db", "migrate")
	s.campaign("hello", everyone)
	s.start("tick")
	s.orders(customers)
	s.until("all is planned", func() bool { return s.states("hello")["planned"] == customers })
	s.start("tick")
	s.start("work")
	s.start("work")
	s.until("some have gone out", func() bool { return d.count() > customers/5 })
	pair.Level()
	pair.Lag()
	level := d.count()
	s.until("more have gone out, of which the standby hears nothing", func() bool { return d.count() > level+customers/5 })
	pair.FailOver()
	forgotten := 0
	called := map[string]bool{}
	for _, r := range d.arrivals() {
		called[r.Ref] = true
	}
	for _, x := range s.ledger() {
		if x.State == "planned" && called[x.Ref] {
			forgotten++
		}
	}
	if forgotten == 0 {
		t.Fatal("the standby has forgotten nothing")
	}
	way.Move("unix", pair.Socket("standby"))
	s.until("the failover is noticed", func() bool { return testkit.Get[int](t, s.db, "select sum(quarantined)::int from incarnations") > 0 })
	noticed := [2]int{testkit.Get[int](t, s.db, "select sum(quarantined)::int from incarnations"), testkit.Get[int](t, s.db, "select sum(doubtful)::int from incarnations")}
	if noticed[0] < forgotten {
		t.Errorf("%d were quarantined, and %d that were called for were forgotten", noticed[0], forgotten)
	}
	s.until("nothing is on its way", func() bool { got := s.states("hello"); return got["planned"]+got["sending"] == 0 })
	return s, d, noticed
}

// messages are those that it took, and those that came again under their keys.
func (d *double) messages() (taken, again int) {
	for _, r := range d.arrivals() {
		switch {
		case r.Taken:
			taken++
		case r.Does == "accept":
			again++
		}
	}
	return taken, again
}
