package shop

import (
	"math/rand/v2"
	"time"
)

// What comes back takes its way: at least firstDay, on average about
// firstDay + meanDays, at most lastDay after the order.
const (
	firstDay = 2.0
	meanDays = 7.0
	lastDay  = 28.0
)

// reasons are why something came back, and how often in each category, in
// percent.
var (
	reasons       = [...]string{"does not fit", "arrived late", "damaged", "not as described", "changed my mind"}
	reasonWeights = map[string][]int{
		"food":     {0, 25, 40, 20, 15},
		"clothing": {55, 7, 5, 15, 18},
		"daily":    {5, 20, 30, 25, 20},
		"durable":  {10, 10, 30, 25, 25},
	}
)

// refund draws which of a customer's orders come back, what of them and when.
func (s *Shop) refund(customer int, orders []Order) {
	r := s.stream(customer, streamBack)
	for n := range orders {
		o := &orders[n]
		f := s.config.Model.newRefund(o, r)
		if f == nil {
			continue
		}
		if next, ok := boughtAgain(orders[n+1:], f.Lines); ok && !f.At.Before(next) {
			f.At = o.PlacedAt.Add(next.Sub(o.PlacedAt) / 2).Truncate(time.Second)
		}
		if f.At.After(o.PlacedAt) && f.At.Before(s.config.End) {
			f.ID = documentID('r', s.number(customer), n)
			o.Refund = f
		}
	}
}

// newRefund draws what comes back of an order, still without an id; mostly nil.
func (m Model) newRefund(o *Order, r *rand.Rand) *Refund {
	if r.Float64() >= m.Refunded.of(o.Category()) {
		return nil
	}
	lines := o.Lines
	if r.Float64() >= m.WholeRefund {
		l := o.Lines[r.IntN(len(o.Lines))]
		l.Quantity = 1 + r.IntN(l.Quantity)
		lines = []Line{l}
	}
	days := lastDay + 1
	for days > lastDay {
		days = firstDay + r.ExpFloat64()*meanDays
	}
	return &Refund{
		At:     o.PlacedAt.Add(time.Duration(days*86400) * time.Second),
		Reason: reasons[weighted(r, reasonWeights[lines[0].Product.Category], 100)],
		Lines:  lines,
	}
}

// boughtAgain is when the first of the later orders with one of the skus was
// placed.
func boughtAgain(later []Order, lines []Line) (time.Time, bool) {
	for _, o := range later {
		for _, l := range lines {
			if holds(o.Lines, l.Product.SKU) {
				return o.PlacedAt, true
			}
		}
	}
	return time.Time{}, false
}
