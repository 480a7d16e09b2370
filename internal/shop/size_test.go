package shop

import (
	"testing"
	"time"
)

const day = 24 * time.Hour

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

// boughtWithin reports a kept order in (from, from+30d).
func boughtWithin(h History, from time.Time) bool {
	for _, o := range kept(h) {
		if o.PlacedAt.After(from) && o.PlacedAt.Before(from.Add(30*day)) {
			return true
		}
	}
	return false
}

// lapsed reports at least two kept orders before at, the last of them 90 days
// ago or longer.
func lapsed(h History, at time.Time) bool {
	n, last := 0, time.Time{}
	for _, o := range kept(h) {
		if o.PlacedAt.Before(at) {
			n, last = n+1, o.PlacedAt
		}
	}
	return n >= 2 && at.Sub(last) >= 90*day
}

// The demo splits in halves whoever enters until 63 days before the end: each
// arm needs hundreds of customers and 40 to 120 buyers, whichever of these
// usual ways it lets them in, with or without those who refused e-mail.
func TestTheDefaultShopFeedsTheDemo(t *testing.T) {
	t.Parallel()
	c := Default()
	closed := c.End.Add(-63 * day)
	type entry struct{ customers, buyers, reachable, reachableBuyers int }
	entries := map[string]entry{}
	enter := func(name string, h History, at time.Time) {
		e := entries[name]
		bought := 0
		if boughtWithin(h, at) {
			bought = 1
		}
		e.customers++
		e.buyers += bought
		if h.Customer.EmailConsent {
			e.reachable++
			e.reachableBuyers += bought
		}
		entries[name] = e
	}
	var orders, lines, refunds, repeat, twiceAndSilent, again, seen int
	byMonth := map[string]int{}
	for h := range newShop(t, c).Histories() {
		orders += len(h.Orders)
		for _, o := range h.Orders {
			lines += len(o.Lines)
			if o.Refund != nil {
				refunds++
				lines += len(o.Refund.Lines)
			}
		}
		first := h.Orders[0].PlacedAt
		byMonth[first.Format("2006-01")]++
		if len(h.Orders) > 1 {
			repeat++
		}
		if lapsed(h, c.End) {
			twiceAndSilent++
		}
		if first.Before(c.End.Add(-30 * day)) {
			seen++
			if boughtWithin(h, first) {
				again++
			}
		}
		for name, months := range map[string]int{"second order, 4 months": 4, "second order, 6 months": 6} {
			if first.Before(closed) && !first.Before(closed.AddDate(0, -months, 0)) {
				enter(name, h, first)
			}
		}
		if lapsed(h, closed) {
			enter("win-back, once", h, closed)
		}
		for week := range 17 {
			at := closed.AddDate(0, 0, 7*(week-16))
			if lapsed(h, at) {
				enter("win-back, weekly for 4 months", h, at)
				break
			}
		}
	}
	t.Logf("%d customers, %d orders, %d refunds, %d rows of lines", c.Customers, orders, refunds, lines)
	t.Logf("%.1f %% ordered twice; %.1f %% of first orders have another, kept, within 30 days; %d customers with two orders are silent for 90 days at the end",
		100*float64(repeat)/float64(c.Customers), 100*float64(again)/float64(seen), twiceAndSilent)
	t.Logf("first orders by month: %v", byMonth)
	if c.Customers > 6000 || lines > 40_000 {
		t.Errorf("%d customers, %d rows: want at most 6,000 and 40,000", c.Customers, lines)
	}
	for name, e := range entries {
		t.Logf("%s: an arm of %d with %d buyers (%.1f %%); of these %d with %d consent", name, e.customers/2, e.buyers/2,
			100*float64(e.buyers)/float64(e.customers), e.reachable/2, e.reachableBuyers/2)
		if e.reachable/2 < 200 || e.reachableBuyers/2 < 40 || e.buyers/2 > 120 {
			t.Errorf("%s: an arm of %d with %d buyers, of these %d with %d consent; want hundreds with 40 to 120",
				name, e.customers/2, e.buyers/2, e.reachable/2, e.reachableBuyers/2)
		}
	}
}

// whole reports whether every unit of an order came back.
func whole(o Order) bool {
	if o.Refund == nil {
		return false
	}
	bought, back := 0, 0
	for _, l := range o.Lines {
		bought += l.Quantity
	}
	for _, l := range o.Refund.Lines {
		back += l.Quantity
	}
	return back == bought
}
