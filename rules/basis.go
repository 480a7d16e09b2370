package rules

import (
	"math"
	"sort"
	"time"

	"github.com/rewave/rewave/internal/calendar"
)

// Midnight begins the day with this number, counted from 1970, in the shop's
// zone; ok is false for a day that no calendar of ours has.
func (b Basis) Midnight(day int64) (at time.Time, ok bool) {
	if day < -719_000 || day > 2_900_000 {
		return at, false
	}
	m := moment{basis: b}
	return m.midnight(int(day)), true
}

// Day is the number of the day on which an instant falls in the shop's zone.
func (b Basis) Day(at time.Time) int64 {
	m := moment{basis: b}
	return int64(dayNumber(m.day(at)))
}

// Least are the least whole number n that is not below c, and the least that is
// above it, in the measure that a rule compares: n itself, or where money is
// true the amount of n minor units. ok is false where such numbers are too large
// to be told apart.
func (b Basis) Least(c float64, money bool) (from, above int64, ok bool) {
	m := moment{basis: b}
	value := func(n int64) float64 { return float64(n) }
	near := c
	if money {
		value = m.decimal
		for range b.Digits {
			near *= 10
		}
	}
	if math.IsNaN(near) || math.Abs(near) > 1<<50 {
		return 0, 0, false
	}
	least := func(enough func(float64) bool) int64 {
		n := int64(near) - 2
		for !enough(value(n)) {
			n++
		}
		return n
	}
	return least(func(v float64) bool { return v >= c }), least(func(v float64) bool { return v > c }), true
}

// Totals are those of a customer's orders at an instant.
func (b Basis) Totals(facts []OrderFact, at time.Time) (t Totals) {
	facts = sorted(facts)
	kept, back := parted(facts[:sort.Search(len(facts), func(i int) bool { return facts[i].At.After(at) })])
	if len(kept) > 0 {
		m := moment{at: at, basis: b}
		t = m.totals(kept)
	}
	for _, f := range back {
		t.ordered(f)
	}
	return t
}

// Around are the three weeks up to an occasion and its day, in each of its last
// years: the newest whose day is over before the day of `at`, and those before.
// Each is from the first instant to before the second.
func (b Basis) Around(occasion string, years int, at time.Time) [][2]time.Time {
	m := moment{at: at, basis: b}
	today := m.day(at)
	var spans [][2]time.Time
	for year := today.Year; len(spans) < years; year-- {
		day, ok := calendar.OccasionIn(occasion, year)
		if !ok {
			return nil
		}
		if day.Before(today) {
			n := int(dayNumber(day))
			spans = append(spans, [2]time.Time{m.midnight(n - 21), m.midnight(n + 1)})
		}
	}
	return spans
}
