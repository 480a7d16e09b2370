package assortment

import (
	"cmp"
	"iter"
	"maps"
	"slices"

	"github.com/rewave/rewave/internal/stats"
)

// Transitions say what is bought after what, by category, among those who did buy
// again: of the orders that had a category and were followed by another, how many
// of those that followed had each category.
type Transitions struct {
	Rows map[string]map[string]int64 `json:"rows"` // from, then to
	From map[string]int64            `json:"from"` // orders with the category that were followed
	To   map[string]int64            `json:"to"`   // orders that followed and had the category
	All  int64                       `json:"all"`  // orders that followed
}

// FirstToSecond follows each customer from the first order to the second. A
// customer is a list of orders in order of time, an order the categories in it.
// Each customer counts once, so the intervals of Row hold.
func FirstToSecond(customers iter.Seq[[][]string]) Transitions {
	t := newTransitions()
	for orders := range customers {
		if len(orders) > 1 {
			t.count(orders[0], orders[1])
		}
	}
	return t
}

// EachToNext follows each customer from every order to the next: more counts for
// Next, but those of one customer are alike, so the intervals of Row are too short.
func EachToNext(customers iter.Seq[[][]string]) Transitions {
	t := newTransitions()
	for orders := range customers {
		for i := 1; i < len(orders); i++ {
			t.count(orders[i-1], orders[i])
		}
	}
	return t
}

func newTransitions() Transitions {
	return Transitions{Rows: map[string]map[string]int64{}, From: map[string]int64{}, To: map[string]int64{}}
}

func (t *Transitions) count(order, next []string) {
	order, next = each(order), each(next)
	t.All++
	for _, to := range next {
		t.To[to]++
	}
	for _, from := range order {
		t.From[from]++
		row := t.Rows[from]
		if row == nil {
			row = map[string]int64{}
			t.Rows[from] = row
		}
		for _, to := range next {
			row[to]++
		}
	}
}

// each is names in order, each once.
func each(names []string) []string {
	names = slices.Clone(names)
	slices.Sort(names)
	return slices.Compact(names)
}

// Categories are those that were followed by anything, by name: the rows.
func (t Transitions) Categories() []string { return slices.Sorted(maps.Keys(t.From)) }

// Share is how many of the orders that followed had a category, with the 95 %
// score interval of Wilson (1927). N counts those after an order with the row's
// category; where orders hold several, a row adds up to more than 1.
type Share struct {
	Category string
	stats.Count
	stats.Estimate
}

// Row is what followed an order with a category, from the largest share, then by
// name; empty for one that nothing followed.
func (t Transitions) Row(from string) []Share {
	var row []Share
	for to, x := range t.Rows[from] {
		count := stats.Count{X: x, N: t.From[from]}
		estimate, _ := stats.Wilson(count, 0.05)
		row = append(row, Share{to, count, estimate})
	}
	slices.SortFunc(row, func(a, b Share) int { return cmp.Or(cmp.Compare(b.X, a.X), cmp.Compare(a.Category, b.Category)) })
	return row
}

// Chance is how probable it is that the next order, if there is one, has a
// category.
type Chance struct {
	Category string
	Share    float64 // in (0,1)
	Any      float64 // the same after an order of any category
}

// Odds are Share to the rest, p/(1-p).
func (c Chance) Odds() float64 { return c.Share / (1 - c.Share) }

// drawnBy is how many customers' or orders' worth of what the whole shop does
// stands beside what was counted of one category or product.
const drawnBy = 20

// Next is what a customer whose last order had some categories is likely to buy
// next, from the likeliest, then by name: for each category
//
//	(x + 20 p) / (n + 20)
//
// where n orders with those categories were followed, x of them by it, and p is
// its share of all that followed: the mean of a beta prior drawn towards the shop
// (Gelman et al. 2013, Bayesian Data Analysis, 2.4). Without a known category it
// is p, and empty where nothing was ever followed.
func (t Transitions) Next(last ...string) []Chance {
	var next []Chance
	for to := range t.To {
		next = append(next, t.Chance(to, last...))
	}
	slices.SortFunc(next, func(a, b Chance) int {
		return cmp.Or(cmp.Compare(b.Share, a.Share), cmp.Compare(a.Category, b.Category))
	})
	return next
}

// Chance is Next's of one category, which need not have followed anything.
func (t Transitions) Chance(to string, last ...string) Chance {
	p := (float64(t.To[to]) + 0.5) / (float64(t.All) + 1) // never 0 or 1, so that there are odds
	var x, n int64
	for _, from := range each(last) {
		x += t.Rows[from][to]
		n += t.From[from]
	}
	return Chance{to, (float64(x) + drawnBy*p) / (float64(n) + drawnBy), p}
}
