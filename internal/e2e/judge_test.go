package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// told is what became known of a delivery after all has healed.
type told struct{ Ref, State, Arm, Campaign, To string }

// facts are what happened outside: each instant is when the one who did it heard
// that it was done, which is after its commit.
type facts struct {
	OptOuts   map[string]time.Time // by address
	Orders    map[string]time.Time // by address: a second one, which ends `hello`
	Cancelled map[string]time.Time // by campaign
	Pauses    []pause
}

// pause lasts from the answer to `pause` until `resume` was asked for.
type pause struct {
	Campaign string
	From, To time.Time
}

const (
	bites   = 5 * time.Second  // after a pause or a cancel no call begins
	arrives = 15 * time.Second // after an opt-out or an order nothing arrives
	wire    = time.Second      // what the relay between may hold a call back
)

// findings are what the provider's log says against the ledger, each a breach
// but for the last lines.
type findings struct {
	Twice, Lost, Stray, Holdout, AfterOptOut, AfterOrder, Cancelled, Paused, Open int

	Deliveries, Heard, Taken, Accepted, Unknown int
	examples                                    []string
}

// breaches counts what must not be.
func (f findings) breaches() int {
	return f.Twice + f.Lost + f.Stray + f.Holdout + f.AfterOptOut + f.AfterOrder + f.Cancelled + f.Paused + f.Open
}

var ends = []string{"accepted", "failed", "unknown", "unknown_final", "withheld", "suppressed", "cancelled", "expired", "dead"}

// judge holds the log against the ledger and what happened.
func judge(log []arrival, ledger []told, happened facts) findings {
	f := findings{Deliveries: len(ledger), Heard: len(log)}
	found := func(count *int, format string, args ...any) {
		*count++
		if len(f.examples) < 20 {
			f.examples = append(f.examples, fmt.Sprintf(format, args...))
		}
	}
	of := map[string]told{}
	for _, d := range ledger {
		of[d.Ref] = d
	}
	taken, letters := map[string]int{}, map[string]int{}
	for _, r := range log {
		d, known := of[r.Ref]
		campaign, _, _ := strings.Cut(r.Subject, " ")
		switch {
		case !known || d.To != r.To:
			found(&f.Stray, "%s to %s: the ledger has no such delivery", r.Ref, r.To)
		case d.Arm != "treat":
			found(&f.Holdout, "%s to %s: its customer is held out (%s)", r.Ref, r.To, d.Arm)
		}
		if r.Taken {
			taken[r.Ref]++
			letters[r.To+" "+r.Subject]++
			if taken[r.Ref] == 2 || taken[r.Ref] < 2 && letters[r.To+" "+r.Subject] == 2 {
				found(&f.Twice, "%s to %s: taken again at %s", r.Ref, r.To, r.At.Format(time.StampMilli))
			}
			if known && !slices.Contains([]string{"accepted", "unknown", "unknown_final"}, d.State) {
				found(&f.Stray, "%s to %s: taken, and its delivery is %s", r.Ref, r.To, d.State)
			}
		}
		if no, ok := happened.OptOuts[r.To]; ok && r.At.Sub(no) > arrives {
			found(&f.AfterOptOut, "%s to %s: %v after their no", r.Ref, r.To, r.At.Sub(no))
		}
		if bought, ok := happened.Orders[r.To]; ok && campaign == "hello" && r.At.Sub(bought) > arrives {
			found(&f.AfterOrder, "%s to %s: %v after their order", r.Ref, r.To, r.At.Sub(bought))
		}
		if at, ok := happened.Cancelled[campaign]; ok && r.Began.Sub(at) > bites+wire {
			found(&f.Cancelled, "%s to %s: begun %v after the cancel", r.Ref, r.To, r.Began.Sub(at))
		}
		for _, p := range happened.Pauses {
			if p.Campaign == campaign && r.Began.Sub(p.From) > bites+wire && r.Began.Before(p.To) {
				found(&f.Paused, "%s to %s: begun %v after the pause", r.Ref, r.To, r.Began.Sub(p.From))
			}
		}
	}
	f.Taken = len(taken)
	for _, d := range ledger {
		switch {
		case d.State == "accepted" && taken[d.Ref] == 0:
			found(&f.Lost, "%s to %s: accepted, and it never came", d.Ref, d.To)
		case !slices.Contains(ends, d.State):
			found(&f.Open, "%s to %s: still %s", d.Ref, d.To, d.State)
		}
		switch d.State {
		case "accepted":
			f.Accepted++
		case "unknown", "unknown_final":
			f.Unknown++
		}
	}
	return f
}

// The judge itself: each kind of breach is found, once, and nothing else is.
func TestTheJudgeFindsEachBreach(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	one := told{Ref: "1.a", State: "accepted", Arm: "treat", Campaign: "hello", To: "c1@mail.example"}
	came := func(after time.Duration) arrival {
		return arrival{Ref: "1.a", To: one.To, Subject: "hello now", Began: at.Add(after), At: at.Add(after), Taken: true, Answers: true}
	}
	in := func(state string) told { x := one; x.State = state; return x }
	good := findings{Deliveries: 1, Heard: 1, Taken: 1, Accepted: 1}
	with := func(change func(*findings)) findings { x := good; change(&x); return x }
	for _, test := range []struct {
		name     string
		log      []arrival
		ledger   []told
		happened facts
		want     findings
	}{
		{"nothing", []arrival{came(0)}, []told{one}, facts{}, good},
		{"sent twice", []arrival{came(0), came(time.Second)}, []told{one}, facts{}, with(func(f *findings) { f.Twice, f.Heard = 1, 2 })},
		{"sent twice under another name", []arrival{came(0), func() arrival { r := came(1); r.Ref = "2.a"; return r }()},
			[]told{one, func() told { d := one; d.Ref = "2.a"; return d }()}, facts{},
			with(func(f *findings) { f.Twice, f.Heard, f.Taken, f.Deliveries, f.Accepted = 1, 2, 2, 2, 2 })},
		{"never came", nil, []told{one}, facts{}, with(func(f *findings) { f.Lost, f.Heard, f.Taken = 1, 0, 0 })},
		{"came and is planned", []arrival{came(0)}, []told{in("planned")}, facts{}, with(func(f *findings) { f.Stray, f.Open, f.Accepted = 1, 1, 0 })},
		{"came and is in doubt", []arrival{came(0)}, []told{in("unknown")}, facts{}, with(func(f *findings) { f.Accepted, f.Unknown = 0, 1 })},
		{"nobody knows it", []arrival{came(0)}, nil, facts{}, findings{Heard: 1, Taken: 1, Stray: 1}},
		{"held out", []arrival{came(0)}, []told{func() told { d := one; d.Arm = "hold"; return d }()}, facts{}, with(func(f *findings) { f.Holdout = 1 })},
		{"soon after a no", []arrival{came(14 * time.Second)}, []told{one}, facts{OptOuts: map[string]time.Time{one.To: at}}, good},
		{"long after a no", []arrival{came(16 * time.Second)}, []told{one}, facts{OptOuts: map[string]time.Time{one.To: at}}, with(func(f *findings) { f.AfterOptOut = 1 })},
		{"long after an order", []arrival{came(16 * time.Second)}, []told{one}, facts{Orders: map[string]time.Time{one.To: at}}, with(func(f *findings) { f.AfterOrder = 1 })},
		{"after a cancel", []arrival{came(7 * time.Second)}, []told{one}, facts{Cancelled: map[string]time.Time{"hello": at}}, with(func(f *findings) { f.Cancelled = 1 })},
		{"within a pause", []arrival{came(7 * time.Second)}, []told{one}, facts{Pauses: []pause{{"hello", at, at.Add(8 * time.Second)}}}, with(func(f *findings) { f.Paused = 1 })},
		{"after a pause", []arrival{came(9 * time.Second)}, []told{one}, facts{Pauses: []pause{{"hello", at, at.Add(8 * time.Second)}}}, good},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := judge(test.log, test.ledger, test.happened)
			if diff := cmp.Diff(got, test.want, cmp.FilterPath(func(p cmp.Path) bool { return p.String() == "examples" }, cmp.Ignore()), cmp.AllowUnexported(findings{})); diff != "" {
				t.Errorf("findings (got -, want +):\n%s", diff)
			}
		})
	}
}
