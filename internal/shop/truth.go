package shop

import (
	"errors"
	"fmt"
	"time"
)

// Question asks what a customer did in [From, Until).
type Question struct {
	Customer string
	From     time.Time
	Until    time.Time
	Except   string // the order that brought them in, which does not count; empty: none
}

// Truth is what the asked did, and Natural what they would have done had the
// campaign sent nothing.
type Truth struct {
	Asked                              int64 // questions
	Buyers, Natural                    int64 // of them, those with an order
	Orders, NaturalOrders              int64
	RevenueMinor, NaturalRevenueMinor  int64
	CouponMinor                        int64 // what the campaign's codes took off these orders
	NaturalCouponMinor, AllCouponMinor int64 // what codes of any campaign take off without it, and with it
}

// ProfitMinor is what writing to them earned before the price of messages:
// margin x extra revenue - the extra that codes took off.
func (t Truth) ProfitMinor(margin float64) float64 {
	return margin*float64(t.RevenueMinor-t.NaturalRevenueMinor) - float64(t.AllCouponMinor-t.NaturalCouponMinor)
}

// Truth compares the world with the same one in which a campaign's messages did
// not act: its extra orders are gone, what they borrowed is back, its codes are
// unused, and all other messages came as they did.
//
// An order counts as a report counts it at at, which is at most Now: placed by
// then and kept, which is to say that not all of it was back within returnWindow
// of the order. Revenue is the order's lines less what was back by then.
func (w *World) Truth(campaign string, asked []Question, returnWindow time.Duration, at time.Time) (Truth, error) {
	at = earlier(at, w.now)
	t := Truth{Asked: int64(len(asked))}
	if campaign == "" {
		return t, errors.New("shop: truth of no campaign")
	}
	for _, q := range asked {
		i, ok := w.shop.index(q.Customer)
		if !ok {
			return t, fmt.Errorf("shop: truth about %q, who is no customer", q.Customer)
		}
		p := &w.people[i]
		until := earlier(q.Until, w.now)
		is, would := tally(p.play(until, ""), q, returnWindow, at, campaign), tally(p.play(until, campaign), q, returnWindow, at, campaign)
		if is.orders > 0 {
			t.Buyers++
		}
		if would.orders > 0 {
			t.Natural++
		}
		t.Orders, t.NaturalOrders = t.Orders+is.orders, t.NaturalOrders+would.orders
		t.RevenueMinor, t.NaturalRevenueMinor = t.RevenueMinor+is.revenue, t.NaturalRevenueMinor+would.revenue
		t.CouponMinor += is.own
		t.AllCouponMinor, t.NaturalCouponMinor = t.AllCouponMinor+is.coupons, t.NaturalCouponMinor+would.coupons
	}
	return t, nil
}

type sums struct{ orders, revenue, coupons, own int64 }

// tally adds up the orders that count for a question.
func tally(orders []placing, q Question, returnWindow time.Duration, at time.Time, campaign string) (t sums) {
	for _, p := range orders {
		o := p.order
		if o.PlacedAt.Before(q.From) || !o.PlacedAt.Before(q.Until) || o.PlacedAt.After(at) || o.ID == q.Except {
			continue
		}
		gross := o.Minor()
		net := gross
		if f := o.Refund; f != nil && !f.At.After(earlier(at, o.PlacedAt.Add(returnWindow))) {
			if net -= minor(f.Lines); net == 0 {
				continue
			}
		}
		t.orders++
		t.revenue += net
		if p.by != nil {
			off := p.by.Worth.off(gross)
			t.coupons += off
			if p.by.Campaign == campaign {
				t.own += off
			}
		}
	}
	return t
}
