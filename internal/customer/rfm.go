package customer

import (
	"cmp"
	"slices"
	"strconv"
)

// RFM is when, how often and for how much a customer has bought, as of a day.
type RFM struct {
	Recency   int   // days since the last order
	Frequency int   // orders; two of one day are two
	Monetary  int64 // minor units, net: what came back is taken off
}

// Entry is one line of a customer's account.
type Entry struct {
	Day   int
	Money int64 // minor units; below 0 for what came back
	Order bool  // a refund or a cancellation is money, but no order and no sign of life
}

// RFMOf measures a customer as of a day from entries in any order; those after
// the day are left out. Not defined without an order.
func RFMOf(entries []Entry, asOf int) (RFM, bool) {
	var m RFM
	last := 0
	for _, e := range entries {
		if e.Day > asOf {
			continue
		}
		m.Monetary += e.Money
		if e.Order {
			if m.Frequency == 0 || e.Day > last {
				last = e.Day
			}
			m.Frequency++
		}
	}
	if m.Frequency == 0 {
		return RFM{}, false
	}
	m.Recency = asOf - last
	return m, true
}

// Scores are quintiles, 1 the worst and 5 the best in each; 0 is unknown.
type Scores struct{ R, F, M int }

// Cell is the three scores as one word, "543"; empty when unknown.
func (s Scores) Cell() string {
	if s == (Scores{}) {
		return ""
	}
	return strconv.Itoa(100*s.R + 10*s.F + s.M)
}

// Quintiles are the four values that part five groups. As all measures are whole
// numbers, "above the quantile" and "above the whole number below it" are the
// same, so the whole number is kept: exact, and readable in a store.
type Quintiles [4]int64

// above is how many of the four lie strictly below a value.
func (q Quintiles) above(value int64) int {
	n := 0
	for _, cut := range q {
		if cut < value {
			n++
		}
	}
	return n
}

// Boundaries are quintiles frozen at an instant, over those customers whom the
// caller compares. Boundaries that move every day would make customers change
// cells who did nothing; frozen, a score depends on the customer alone.
type Boundaries struct {
	Recency   Quintiles `json:"recency"` // days
	Frequency Quintiles `json:"frequency"`
	Monetary  Quintiles `json:"monetary"`  // minor units
	Customers int       `json:"customers"` // 0: never measured
}

// BoundariesOf measures boundaries: the k/5 quantiles, k = 1 to 4, interpolated
// (type 7 of Hyndman and Fan 1996, Am Stat 50:361). Without customers they score
// nobody.
func BoundariesOf(customers []RFM) Boundaries {
	quintiles := func(measure func(RFM) int64) Quintiles {
		values := make([]int64, len(customers))
		for i, c := range customers {
			values[i] = measure(c)
		}
		slices.Sort(values)
		return quintilesOf(values)
	}
	if len(customers) == 0 {
		return Boundaries{}
	}
	return Boundaries{
		Recency:   quintiles(func(c RFM) int64 { return int64(c.Recency) }),
		Frequency: quintiles(func(c RFM) int64 { return int64(c.Frequency) }),
		Monetary:  quintiles(func(c RFM) int64 { return c.Monetary }),
		Customers: len(customers),
	}
}

// quintilesOf needs at least one value, sorted.
func quintilesOf(sorted []int64) Quintiles {
	var q Quintiles
	for k := range q {
		at := (k + 1) * (len(sorted) - 1) // in fifths of a place
		below, fifths := at/5, int64(at%5)
		q[k] = sorted[below]
		if fifths > 0 {
			// Not below 0, so the division rounds down.
			q[k] += fifths * (sorted[below+1] - sorted[below]) / 5
		}
	}
	return q
}

// Cut scores a customer against frozen boundaries: 1 + the number of quantiles
// strictly below the value, and for recency 5 - that number. Equal values share a
// score, so groups may be of unequal size or empty. Not defined for boundaries
// that were never measured.
func (b Boundaries) Cut(c RFM) (Scores, bool) {
	if b.Customers == 0 {
		return Scores{}, false
	}
	return Scores{
		R: 5 - b.Recency.above(int64(c.Recency)),
		F: 1 + b.Frequency.above(int64(c.Frequency)),
		M: 1 + b.Monetary.above(c.Monetary),
	}, true
}

// Ranked is a customer who takes part in a ranking. ShopID parts equal values, so
// it must be different for each.
type Ranked struct {
	ShopID string
	RFM
}

// Ntile scores customers by rank as SQL's NTILE(5) does: from worst to best, ties
// by ShopID ascending, in five groups whose sizes differ by at most one, the
// larger first. Equal values may get different scores, and a score depends on
// everybody. The answer is in the order of the customers.
func Ntile(customers []Ranked) []Scores {
	scores := make([]Scores, len(customers))
	rank := func(measure func(Ranked) int64, put func(*Scores, int)) {
		order := make([]int, len(customers))
		for i := range order {
			order[i] = i
		}
		slices.SortFunc(order, func(i, j int) int {
			a, b := customers[i], customers[j]
			return cmp.Or(cmp.Compare(measure(a), measure(b)), cmp.Compare(a.ShopID, b.ShopID))
		})
		size, larger := len(order)/5, len(order)%5
		for place, i := range order {
			group := 0
			if inLarger := larger * (size + 1); place < inLarger {
				group = place / (size + 1)
			} else {
				group = larger + (place-inLarger)/size
			}
			put(&scores[i], group+1)
		}
	}
	rank(func(c Ranked) int64 { return -int64(c.Recency) }, func(s *Scores, n int) { s.R = n })
	rank(func(c Ranked) int64 { return int64(c.Frequency) }, func(s *Scores, n int) { s.F = n })
	rank(func(c Ranked) int64 { return c.Monetary }, func(s *Scores, n int) { s.M = n })
	return scores
}
