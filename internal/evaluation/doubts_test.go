package evaluation_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rewave/rewave/internal/evaluation"
	"github.com/rewave/rewave/internal/holdout"
)

// doubtful is a point of 9,000 and 1,000 that pays, with doubts.
func doubtful(t *testing.T, d evaluation.Doubts) evaluation.Result {
	t.Helper()
	totals := func(x, n int64) evaluation.Totals {
		return evaluation.Totals{Enrollments: n, Buyers: x, Orders: x, RevenueMinor: 1000 * x}
	}
	arm := func(name holdout.Arm, x, n int64) evaluation.Observation {
		return evaluation.Observation{Arm: name, Assigned: n, Matured: totals(x, n), Final: totals(x, n)}
	}
	r, err := evaluation.Evaluate(evaluation.Input{
		Point:        evaluation.Point{Name: "p", Primary: true, Window: 24 * time.Hour},
		Design:       evaluation.Design{HoldShare: holdout.Whole / 10},
		Observations: []evaluation.Observation{arm(holdout.Treat, 1260, 9000), arm(holdout.Hold, 72, 1000)},
		AsOf:         time.Date(2026, 6, 20, 0, 0, 0, 0, time.UTC), Doubts: &d,
	}, evaluation.English())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestDoubts(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 5, 3, 12, 0, 0, 0, time.UTC)
	for name, row := range map[string]struct {
		doubts        evaluation.Doubts
		verdict       evaluation.Verdict
		refusal, note string
	}{
		"nothing speaks against it":      {evaluation.Doubts{Treated: 9000, TreatedBefore: 900, Held: 1000, HeldBefore: 100, Elsewhere: 4500}, evaluation.Pays, "", ""},
		"they were a little apart":       {evaluation.Doubts{Treated: 9000, TreatedBefore: 900, Held: 1000, HeldBefore: 70}, evaluation.Pays, "", ""}, // p .0023
		"they were apart":                {evaluation.Doubts{Treated: 9000, TreatedBefore: 900, Held: 1000, HeldBefore: 60}, evaluation.Refused, "The groups already differed before the campaign: of every 100, 10.0 of those written to had bought and 6.0 of those held out.", ""},
		"somebody changed a share":       {evaluation.Doubts{Edited: 41, EditedAt: &at}, evaluation.Refused, "41 customers were assigned by another share or salt than the design's, the first on 3 May 2026: these are two experiments in one.", ""},
		"orders are missing":             {evaluation.Doubts{MissingHours: 6}, evaluation.Pays, "", "Order data is missing for 6 hours: so long a time without an order is no chance."},
		"the feed is behind":             {evaluation.Doubts{CompleteUntil: &at}, evaluation.Pays, "", "The shop has told all orders up to 3 May 2026 only, and windows end after that."},
		"most are in another campaign's": {evaluation.Doubts{Treated: 9000, Elsewhere: 4590}, evaluation.Pays, "", "Other campaigns wrote to 51 % of the customers we wrote to: what is found is this campaign on top of them."},
	} {
		r := doubtful(t, row.doubts)
		said := func(list []evaluation.Refusal) string {
			var all []string
			for _, x := range list {
				all = append(all, x.Sentence)
			}
			return strings.Join(all, " ")
		}
		if r.Verdict != row.verdict || said(r.Refusals) != row.refusal || said(r.Notes) != row.note {
			t.Errorf("%s: %s %q %q", name, r.Verdict, said(r.Refusals), said(r.Notes))
		}
	}
}

// Twenty orders an hour by day and none by night: a night is no gap, six hours of a day are.
func TestMissingHours(t *testing.T) {
	t.Parallel()
	var hours []int64
	for i := range 24 * 40 {
		n := int64(20)
		if i%24 < 8 {
			n = 0
		}
		hours = append(hours, n)
	}
	if got := evaluation.MissingHours(hours); got != 0 {
		t.Errorf("nights: %d", got)
	}
	gap := slices.Clone(hours)
	for i := range 6 {
		gap[24*20+12+i] = 0
	}
	if got := evaluation.MissingHours(gap); got != 6 {
		t.Errorf("a gap of six hours: %d", got)
	}
	// A day of many orders makes no gap of the quiet ones.
	quiet := make([]int64, 24*40)
	for i := 0; i < len(quiet); i += 30 {
		quiet[i] = 1
	}
	for i := range 24 {
		quiet[24*5+i] = 5000
	}
	if got := evaluation.MissingHours(quiet); got != 0 {
		t.Errorf("after a day of many orders: %d", got)
	}
	// One order every four hours: eight hours without one are nothing, four days are.
	slow := make([]int64, 24*40)
	for i := 0; i < len(slow); i += 4 {
		slow[i] = 1
	}
	slow[48] = 0
	if got := evaluation.MissingHours(slow); got != 0 {
		t.Errorf("a slow shop: %d", got)
	}
	for i := 240; i < 240+96; i++ {
		slow[i] = 0
	}
	if got := evaluation.MissingHours(slow); got < 96 || got > 103 {
		t.Errorf("four days without an order: %d", got)
	}
	if evaluation.MissingHours(nil) != 0 || evaluation.MissingHours(make([]int64, 100)) != 0 {
		t.Error("a shop without orders misses none")
	}
}
