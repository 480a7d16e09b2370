package assortment

import (
	"hash/fnv"
	"maps"
	"slices"
)

// Reader takes in the orders of a shop of any size. What it holds is the sales of
// each product, the orders of some customers, and a sample of the baskets.
type Reader struct {
	from, to int
	current  string
	waiting  []Order
	lines    int
	sales    map[string]Sales
	baskets  sample
	tastes   tasting
}

// MostBaskets is how many a Reader of a large shop may look for partners in.
const MostBaskets = 500_000

// enough is how many orders, and how many lines, are tallied at once.
const enough = 100_000

// NewReader is for the days from..to-1, and as many baskets.
func NewReader(from, to, baskets int) *Reader {
	return &Reader{from: from, to: to, sales: map[string]Sales{}, baskets: sample{most: baskets, limit: 1<<64 - 1},
		tastes: tasting{spent: map[string]int64{}, next: newTransitions()}}
}

// Add takes in an order, as Tally does. All of a customer come one after another,
// in any order for the sales. A product is of one category.
func (r *Reader) Add(o Order) {
	if (o.Customer == "" || o.Customer != r.current) && max(len(r.waiting), r.lines) >= enough {
		r.tally()
	}
	r.current = o.Customer
	r.waiting = append(r.waiting, o)
	r.lines += len(o.Lines)
	if o.Day >= r.from && o.Day < r.to {
		r.baskets.add(o)
		r.tastes.add(o)
	}
}

func (r *Reader) tally() {
	for _, s := range Tally(r.waiting, r.from, r.to) {
		if have, ok := r.sales[s.Product]; ok {
			s = have.and(s)
		}
		r.sales[s.Product] = s
	}
	clear(r.waiting)
	r.waiting, r.lines = r.waiting[:0], 0
}

// and is both, of different customers.
func (s Sales) and(t Sales) Sales {
	s.Category = t.Category
	s.Units += t.Units
	s.Orders += t.Orders
	s.Contribution += t.Contribution
	s.Costed = s.Costed && t.Costed
	s.KnownOrders += t.KnownOrders
	s.FirstOrders += t.FirstOrders
	s.Returned += t.Returned
	s.Again += t.Again
	s.Early += t.Early
	s.Late += t.Late
	return s
}

// Sales are those of each product, by name, with the partners among products that
// are together in at least so many of the baskets.
func (r *Reader) Sales(least int) []Sales {
	r.tally()
	all := make([]Sales, 0, len(r.sales))
	for _, product := range slices.Sorted(maps.Keys(r.sales)) {
		all = append(all, r.sales[product])
	}
	Partner(all, NewBaskets(r.baskets.each).Pairs(least))
	return all
}

// sample is baskets drawn by a hash of the order, so that the same orders give the
// same ones. Whenever there are too many, half of them go.
type sample struct {
	most  int
	limit uint64
	kept  []drawn
}

type drawn struct {
	hash     uint64
	products []string
}

func (s *sample) add(o Order) {
	h := fnv.New64a()
	_, _ = h.Write([]byte(o.ID)) // never fails
	hash := h.Sum64()
	hash = (hash ^ hash>>30) * 0xbf58476d1ce4e5b9 // numbers in sequence spread over all bits (Steele et al. 2014, OOPSLA: splitmix)
	hash = (hash ^ hash>>27) * 0x94d049bb133111eb
	hash ^= hash >> 31
	if hash > s.limit {
		return
	}
	products := make([]string, 0, len(o.Lines))
	for _, l := range o.Lines {
		products = append(products, l.Product)
	}
	s.kept = append(s.kept, drawn{hash, products})
	for len(s.kept) > s.most && s.limit > 0 {
		s.limit /= 2
		s.kept = slices.DeleteFunc(s.kept, func(d drawn) bool { return d.hash > s.limit })
	}
}

func (s *sample) each(yield func([]string) bool) {
	for _, d := range s.kept {
		if !yield(d.products) {
			return
		}
	}
}
