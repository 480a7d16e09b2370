package model

import (
	"cmp"
	"slices"
)

// Week is the unit of time of everything in this package: Params, History and
// horizons.
const Week = "week"

const daysOfWeek = 7

// Customer is what the models read of one customer. Days are whole days of the
// shop's calendar, counted from any day, the same for all.
type Customer struct {
	First, Last int   // first and last day with a purchase
	Purchases   int   // days with a purchase, >= 1
	RepeatMinor int64 // what was paid on the days after the first, net, in minor units
}

// History is a customer as of a day.
type History struct {
	X  int     // repeat purchases: days with one after the first
	Tx float64 // weeks from the first to the last purchase, 0 where X is 0
	T  float64 // weeks from the first purchase to the day
}

// At is the history of a customer at the end of day until, which is not before
// their last purchase.
func (c Customer) At(until int) History {
	return History{
		X:  c.Purchases - 1,
		Tx: float64(c.Last-c.First) / daysOfWeek,
		T:  float64(until-c.First) / daysOfWeek,
	}
}

// Mean is what the customer paid on an average day with a repeat purchase, in
// minor units; 0 without one.
func (c Customer) Mean() float64 {
	if c.Purchases <= 1 {
		return 0
	}
	return float64(c.RepeatMinor) / float64(c.Purchases-1)
}

// Triple is N customers with the same history.
type Triple struct {
	X, N  int32
	Tx, T float64 // weeks
}

// Rejected counts the customers that a fit leaves out.
type Rejected struct {
	New        int `json:"new"`        // first purchase on the last day: they say nothing yet
	Impossible int `json:"impossible"` // a purchase after the last day, none at all, or repeats without time between them
}

// Data is what a fit reads: the histories of all customers, equal ones together,
// in the order of X, Tx and T.
type Data struct {
	Triples   []Triple
	Customers int // in Triples
	Repeaters int // of them, with X > 0
	Repeats   int // the sum of X
	Rejected  Rejected

	maxX int
	maxT float64
}

// Grouping says how finely time is kept.
type Grouping int

const (
	// Daily keeps every day: exact.
	Daily Grouping = iota

	// Weekly puts the days of a whole week together at its middle: a fifth of the
	// triples for a large shop, and parameters within a few percent.
	Weekly
)

// Group puts the customers together that have the same history at the end of day
// until. Nothing but the customers decides the result, not their order.
func Group(customers []Customer, until int, by Grouping) Data {
	var d Data
	counts := map[uint64]int32{}
	for _, c := range customers {
		x, last, age := c.Purchases-1, c.Last-c.First, until-c.First
		const most = 1 << 20 // 2,800 years of days
		switch {
		case x < 0 || last < 0 || age < last || x > last || (x == 0) != (last == 0) || age >= most:
			d.Rejected.Impossible++
			continue
		case age == 0:
			d.Rejected.New++
			continue
		}
		if by == Weekly {
			last, age = middle(last), middle(age)
		}
		counts[uint64(x)<<40|uint64(last)<<20|uint64(age)]++
	}
	d.Triples = make([]Triple, 0, len(counts))
	for key, n := range counts {
		d.Triples = append(d.Triples, Triple{
			X: int32(key >> 40), N: n, Tx: float64(key>>20&(1<<20-1)) / daysOfWeek, T: float64(key&(1<<20-1)) / daysOfWeek,
		})
	}
	d.finish()
	return d
}

// middle is the middle day of the week in which a day lies; the first day, on
// which T and t_x are 0, stays.
func middle(day int) int {
	if day == 0 {
		return 0
	}
	return day - day%daysOfWeek + daysOfWeek/2
}

// GroupHistories is Group for histories that are there already.
func GroupHistories(histories []History) Data {
	var d Data
	counts := map[History]int32{}
	for _, h := range histories {
		switch {
		case h.X < 0 || h.Tx < 0 || !(h.T >= h.Tx) || (h.X == 0) != (h.Tx == 0):
			d.Rejected.Impossible++
		case h.T == 0:
			d.Rejected.New++
		default:
			counts[h]++
		}
	}
	for h, n := range counts {
		d.Triples = append(d.Triples, Triple{X: int32(h.X), N: n, Tx: h.Tx, T: h.T})
	}
	d.finish()
	return d
}

// finish sorts, so that sums of floats come out the same each time, and counts.
func (d *Data) finish() {
	slices.SortFunc(d.Triples, func(a, b Triple) int {
		return cmp.Or(cmp.Compare(a.X, b.X), cmp.Compare(a.Tx, b.Tx), cmp.Compare(a.T, b.T))
	})
	for _, t := range d.Triples {
		d.Customers += int(t.N)
		d.Repeats += int(t.X) * int(t.N)
		if t.X > 0 {
			d.Repeaters += int(t.N)
		}
		d.maxX, d.maxT = max(d.maxX, int(t.X)), max(d.maxT, t.T)
	}
}
