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

// refund draws which of a customer's orders come back, what of them and when.
func (s *Shop) refund(m Model, customer int, orders []Order, r *rand.Rand) {
	for n := range orders {
		o := &orders[n]
		if r.Float64() >= m.RefundRate {
			continue
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
		at := o.PlacedAt.Add(time.Duration(days*86400) * time.Second)
		if next, ok := boughtAgain(orders[n+1:], lines); ok && !at.Before(next) {
			at = o.PlacedAt.Add(next.Sub(o.PlacedAt) / 2).Truncate(time.Second)
		}
		if !at.After(o.PlacedAt) || !at.Before(s.config.End) {
			continue
		}
		o.Refund = &Refund{ID: documentID('r', customer, n), At: at, Lines: lines}
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
