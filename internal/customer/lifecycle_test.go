package customer_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/rewave/rewave/internal/customer"
)

func TestStageIsToldByTheFirstRuleThatHolds(t *testing.T) {
	t.Parallel()
	type signs = customer.Signs
	for _, test := range []struct {
		name  string
		signs customer.Signs
		want  customer.Stage
	}{
		{"never bought", signs{}, customer.Prospect},
		{"once, 15 days ago", signs{Orders: 1, Recency: 15}, customer.Developing},
		{"once, on the last day", signs{Orders: 1, Recency: 120}, customer.Developing},
		{"once, 200 days ago", signs{Orders: 1, Recency: 200}, customer.Lapsed},
		{"three, likely silent", signs{Orders: 3, Modelled: true, Silent: .61, Trend: 1}, customer.Growing},
		{"three, slower", signs{Orders: 3, Modelled: true, Silent: .61, Trend: .2}, customer.Growing},
		{"seven, hardly ever silent so long", signs{Orders: 7, Modelled: true, Silent: .032, Trend: 1}, customer.Lapsed},
		{"seven, seldom silent so long", signs{Orders: 7, Modelled: true, Silent: .15, Trend: 1}, customer.Declining},
		{"eight, steady", signs{Orders: 8, Modelled: true, Silent: .7, Trend: 1}, customer.Mature},
		{"eight, slower", signs{Orders: 8, Modelled: true, Silent: .7, Trend: .4}, customer.Declining},
		{"eight, half as fast", signs{Orders: 8, Modelled: true, Silent: .7, Trend: .5}, customer.Declining},
		{"eight, faster", signs{Orders: 8, Modelled: true, Silent: .7, Trend: 1.5}, customer.Growing},
		{"eight, faster and late", signs{Orders: 8, Modelled: true, Silent: .1, Trend: 1.5}, customer.Declining},
		{"silent on the border is not below it", signs{Orders: 8, Modelled: true, Silent: .05, Trend: 1}, customer.Declining},
		{"with a model overdue is not read", signs{Orders: 2, Modelled: true, Silent: .3, Overdue: 21.7, Trend: 1}, customer.Growing},
		{"no model, on time", signs{Orders: 8, Overdue: 2, Trend: 1}, customer.Mature},
		{"no model, late", signs{Orders: 8, Overdue: 2.1, Trend: 1}, customer.Declining},
		{"no model, very late", signs{Orders: 2, Overdue: 4.1, Trend: 1}, customer.Lapsed},
		{"no model, slower", signs{Orders: 8, Overdue: 1, Trend: .4}, customer.Declining},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := (customer.Lifecycle{LapsedFirst: 120}).Tell(test.signs); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func TestStageThresholdsCanBeSet(t *testing.T) {
	t.Parallel()
	rules := customer.Lifecycle{
		LapsedFirst: 30, LapsedSilent: .5, DecliningSilent: .6, LapsedOverdue: 10, DecliningOverdue: 9,
		DecliningTrend: .1, GrowingTrend: 3, MatureOrders: 2,
	}
	for _, test := range []struct {
		signs             customer.Signs
		byDefault, byFile customer.Stage
	}{
		{customer.Signs{Orders: 1, Recency: 31}, customer.Developing, customer.Lapsed},
		{customer.Signs{Orders: 2, Overdue: 5, Trend: 1}, customer.Lapsed, customer.Mature},
		{customer.Signs{Orders: 2, Overdue: 9.5, Trend: 1}, customer.Lapsed, customer.Declining},
		{customer.Signs{Orders: 9, Modelled: true, Silent: .49, Trend: 1}, customer.Mature, customer.Lapsed},
		{customer.Signs{Orders: 9, Modelled: true, Silent: .55, Trend: 1}, customer.Mature, customer.Declining},
		{customer.Signs{Orders: 9, Overdue: 1, Trend: .4}, customer.Declining, customer.Mature},
		{customer.Signs{Orders: 9, Overdue: 1, Trend: 2}, customer.Growing, customer.Mature},
	} {
		if got := (customer.Lifecycle{}).Tell(test.signs); got != test.byDefault {
			t.Errorf("%+v: %s by default, want %s", test.signs, got, test.byDefault)
		}
		if got := rules.Tell(test.signs); got != test.byFile {
			t.Errorf("%+v: %s by the file, want %s", test.signs, got, test.byFile)
		}
	}
}

// A stage told for one day is not believed, except where an order lifts it.
func TestAChangeHoldsOnTheSecondDay(t *testing.T) {
	t.Parallel()
	type evaluation struct {
		told    customer.Stage
		ordered bool
		want    customer.State
	}
	for _, test := range []struct {
		name string
		days []evaluation // from day 1 on
	}{
		{"a change that lasts", []evaluation{
			{customer.Mature, false, customer.State{Stage: customer.Mature, Since: 1}},
			{customer.Declining, false, customer.State{Stage: customer.Mature, Since: 1, Next: customer.Declining, NextSince: 2}},
			{customer.Declining, false, customer.State{Stage: customer.Declining, Since: 3}},
			{customer.Declining, false, customer.State{Stage: customer.Declining, Since: 3}},
		}},
		{"a change of a day", []evaluation{
			{customer.Mature, false, customer.State{Stage: customer.Mature, Since: 1}},
			{customer.Declining, false, customer.State{Stage: customer.Mature, Since: 1, Next: customer.Declining, NextSince: 2}},
			{customer.Mature, false, customer.State{Stage: customer.Mature, Since: 1}},
			{customer.Declining, false, customer.State{Stage: customer.Mature, Since: 1, Next: customer.Declining, NextSince: 4}},
		}},
		{"two changes are not one that lasts", []evaluation{
			{customer.Mature, false, customer.State{Stage: customer.Mature, Since: 1}},
			{customer.Declining, false, customer.State{Stage: customer.Mature, Since: 1, Next: customer.Declining, NextSince: 2}},
			{customer.Lapsed, false, customer.State{Stage: customer.Mature, Since: 1, Next: customer.Lapsed, NextSince: 3}},
			{customer.Lapsed, false, customer.State{Stage: customer.Lapsed, Since: 4}},
		}},
		{"an order lifts at once", []evaluation{
			{customer.Lapsed, false, customer.State{Stage: customer.Lapsed, Since: 1}},
			{customer.Declining, true, customer.State{Stage: customer.Declining, Since: 2}},
			{customer.Growing, true, customer.State{Stage: customer.Growing, Since: 3}},
		}},
		{"an order does not lower at once, nor does a day without one lift", []evaluation{
			{customer.Mature, false, customer.State{Stage: customer.Mature, Since: 1}},
			{customer.Growing, true, customer.State{Stage: customer.Mature, Since: 1, Next: customer.Growing, NextSince: 2}},
			{customer.Growing, false, customer.State{Stage: customer.Growing, Since: 3}},
			{customer.Mature, false, customer.State{Stage: customer.Growing, Since: 3, Next: customer.Mature, NextSince: 4}},
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var state customer.State
			for i, e := range test.days {
				state = customer.Next(state, e.told, e.ordered, i+1)
				if diff := cmp.Diff(e.want, state); diff != "" {
					t.Errorf("day %d: -want +got\n%s", i+1, diff)
				}
				if again := customer.Next(state, e.told, e.ordered, i+1); again != state {
					t.Errorf("day %d: the same evaluation again made %+v of %+v", i+1, again, state)
				}
			}
		})
	}
}

func lifecycles(t *rapid.T) customer.Lifecycle {
	l := customer.Lifecycle{
		LapsedFirst:      rapid.SampledFrom([]float64{0, 1, 30, 120.5}).Draw(t, "lapsed first"),
		LapsedSilent:     rapid.SampledFrom([]float64{0, 0.01, 0.5}).Draw(t, "lapsed silent"),
		DecliningSilent:  rapid.SampledFrom([]float64{0, 0.02, 0.7}).Draw(t, "declining silent"),
		LapsedOverdue:    rapid.SampledFrom([]float64{0, 1, 6}).Draw(t, "lapsed overdue"),
		DecliningOverdue: rapid.SampledFrom([]float64{0, 0.5, 3}).Draw(t, "declining overdue"),
		DecliningTrend:   rapid.SampledFrom([]float64{0, 0.2, 1.1}).Draw(t, "declining trend"),
		GrowingTrend:     rapid.SampledFrom([]float64{0, 1, 2}).Draw(t, "growing trend"),
		MatureOrders:     rapid.SampledFrom([]int{0, 1, 2, 6}).Draw(t, "mature orders"),
	}
	if rapid.Bool().Draw(t, "modelled") {
		l.Model = customer.GapModel{R: rapid.Float64Range(0.05, 4).Draw(t, "r"), Alpha: rapid.Float64Range(1, 200).Draw(t, "alpha")}
	}
	return l
}

// History jumps over quiet days; a walk through all of them ends at the same.
func TestHistoryIsEveryDayOneByOne(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		rules := lifecycles(t)
		days, asOf := purchases(t)
		var want customer.State
		if len(days) > 0 {
			for day := days[0]; day <= asOf; day++ {
				_, ordered := slices.BinarySearch(days, day)
				want = customer.Next(want, rules.Today(days, day), ordered, day)
			}
		}
		got, ok := rules.History(days, asOf)
		if known := want.Stage != ""; known != ok {
			t.Fatalf("known is %t, want %t", ok, known)
		}
		if !ok {
			want.Stage = customer.Prospect
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%v as of %d: -want +got\n%s", days, asOf, diff)
		}
	})
}

// The last transition up to a day is the state of that day, of days long after the
// last purchase too.
func TestTransitionsAreHistoryOnEveryDay(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		rules := lifecycles(t)
		days, asOf := purchases(t)
		log := rules.Transitions(days)
		far := rapid.SampledFrom([]int{0, 1, 40, 5000, 2_900_000}).Draw(t, "later")
		for _, day := range []int{asOf, asOf + far, asOf + far/3, rapid.IntRange(-5, asOf+400).Draw(t, "day")} {
			want, ok := rules.History(days, day)
			after := slices.IndexFunc(log, func(x customer.Transition) bool { return x.Since > day })
			if after < 0 {
				after = len(log)
			}
			if ok != (after > 0) {
				t.Fatalf("%v on %d: known is %t, by the log %v", days, day, ok, log)
			}
			if ok && (customer.Transition{Since: want.Since, Stage: want.Stage}) != log[after-1] {
				t.Fatalf("%v on %d: %+v, by the log %v", days, day, want, log)
			}
		}
	})
}

// A customer who buys twice a month, then stays away.
func TestHistoryOfALife(t *testing.T) {
	t.Parallel()
	rules := customer.Lifecycle{}
	days := []int{1000, 1015, 1030, 1045, 1060}
	type stay struct {
		Day   int
		Stage customer.Stage
		Since int
	}
	var got []stay
	for day := 999; day <= 1200; day++ {
		state, _ := rules.History(days, day)
		if len(got) == 0 || got[len(got)-1].Stage != state.Stage {
			got = append(got, stay{day, state.Stage, state.Since})
		}
	}
	want := []stay{
		{999, customer.Prospect, 0},
		{1000, customer.Developing, 1000},
		{1015, customer.Growing, 1015},
		{1060, customer.Mature, 1060},    // two in each half of the time; the order lifts at once
		{1091, customer.Declining, 1091}, // told since 1090, when three of four lie in the first half
		{1122, customer.Lapsed, 1122},    // told since 1121, four gaps of 15 days later
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	var log []customer.Transition
	for _, x := range want[1:] {
		log = append(log, customer.Transition{Since: x.Since, Stage: x.Stage})
	}
	if diff := cmp.Diff(log, rules.Transitions(days)); diff != "" {
		t.Errorf("transitions: -want +got\n%s", diff)
	}
}

func TestEveryCustomerOfOnlineRetailHasAStage(t *testing.T) {
	t.Parallel()
	asOf := date(t, "2011-12-09")
	count := map[customer.Stage]int{}
	for _, days := range purchaseDays(onlineRetail(t)) {
		state, ok := customer.Lifecycle{}.History(days, asOf)
		if !ok || !slices.Contains(customer.Stages, state.Stage) {
			t.Fatalf("%v: %+v, %t", days, state, ok)
		}
		count[state.Stage]++
	}
	t.Logf("%v", count)
}

func BenchmarkHistory(b *testing.B) {
	var days []int
	for i := range 10 {
		days = append(days, 14000+i*i*10+i*20) // slower and slower, over three years
	}
	for name, rules := range map[string]customer.Lifecycle{
		"model":    {Model: customer.GapModel{R: 0.243, Alpha: 30.9}},
		"no model": {},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				rules.History(days, 14000+3*365)
			}
		})
		b.Run("transitions, "+name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				rules.Transitions(days)
			}
		})
	}
}
