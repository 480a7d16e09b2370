package shop

import (
	"math"
	"testing"
	"time"
)

// kept is the customer's orders as a report counts them: those that came back
// whole are none.
func kept(h History) []Order {
	var out []Order
	for _, o := range h.Orders {
		if !whole(o) {
			out = append(out, o)
		}
	}
	return out
}

// boughtWithin reports a kept order in [from, from+30d).
func boughtWithin(h History, from time.Time) bool {
	for _, o := range kept(h) {
		if !o.PlacedAt.Before(from) && o.PlacedAt.Before(from.Add(30*day)) {
			return true
		}
	}
	return false
}

// whole reports whether every unit of an order came back.
func whole(o Order) bool { return o.Refund != nil && minor(o.Refund.Lines) == o.Minor() }

// The demo and its README speak of a shop of this size and behaviour.
func TestTheDefaultShopHasTheSizeOfTheDemo(t *testing.T) {
	t.Parallel()
	c := Default()
	var orders, lines, refunds, events, minor, again, seen float64
	for h := range newShop(t, c).Histories() {
		for _, o := range h.Orders {
			orders++
			minor += float64(o.Minor())
			lines += float64(len(o.Lines))
			events += float64(len(o.Events))
			if o.Refund != nil {
				refunds++
			}
		}
		// The day after, and 30 days of returns behind the window.
		if next := h.Orders[0].PlacedAt.Add(day); next.Before(c.End.Add(-60 * day)) {
			seen++
			if boughtWithin(h, next) {
				again++
			}
		}
	}
	t.Logf("%d customers, %.0f orders, %.0f lines, %.0f refunds, %.0f events; an order is worth %.2f; %.2f %% of the new buy again within 30 days",
		c.Customers, orders, lines, refunds, events, minor/orders/100, 100*again/seen)
	if c.Customers != 36_000 || lines > 250_000 {
		t.Errorf("%d customers, %.0f lines: want 36,000 and at most 250,000", c.Customers, lines)
	}
	if rate := again / seen; rate < 0.22 || rate > 0.24 {
		t.Errorf("%.4f of the new buy again within 30 days of the day after, want 0.22 to 0.24", rate)
	}
	if mean := minor / orders / 100; mean < 45 || mean > 50 {
		t.Errorf("an order is worth %.2f, want 45 to 50", mean)
	}
	m := c.Model
	formula := m.LeaveB / (m.LeaveA + m.LeaveB) * (1 - math.Pow(m.Scale/(m.Scale+30), m.Shape))
	if formula < 0.22 || formula > 0.24 {
		t.Errorf("the package comment's formula says %.4f within 30 days, want 0.22 to 0.24", formula)
	}
	if c := Small(); c.Customers > 6000 {
		t.Errorf("the small shop has %d customers, want at most 6,000", c.Customers)
	}
}
