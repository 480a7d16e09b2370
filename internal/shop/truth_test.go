package shop

import (
	"slices"
	"testing"
	"time"
)

// counted is what a plain reading of a world's whole report says of a question.
func counted(h Happened, q Question, returnWindow time.Duration, at time.Time, worth map[string]Worth) (orders, revenue, coupons int64) {
	for _, p := range h.Orders {
		o := p.Order
		if p.Customer != q.Customer || o.ID == q.Except || o.PlacedAt.Before(q.From) || !o.PlacedAt.Before(q.Until) || o.PlacedAt.After(at) {
			continue
		}
		units, net := 0, int64(0)
		for _, l := range o.Lines {
			units += l.Quantity
			net += int64(l.Quantity) * l.Product.Price
		}
		gross := net
		for _, r := range h.Refunds {
			if r.Order != o.ID || r.Refund.At.After(o.PlacedAt.Add(returnWindow)) || r.Refund.At.After(at) {
				continue
			}
			for _, l := range r.Refund.Lines {
				units -= l.Quantity
				net -= int64(l.Quantity) * l.Product.Price
			}
		}
		if units == 0 {
			continue
		}
		orders, revenue = orders+1, revenue+net
		if w, ok := worth[p.Coupon]; ok {
			coupons += w.off(gross)
		}
	}
	return orders, revenue, coupons
}

// Truth is what two worlds say of which one was never written to by the
// campaign. They are played from the beginning; the second has never heard of it.
func TestTruthIsTheDifferenceOfTwoWorlds(t *testing.T) {
	t.Parallel()
	c := few(500)
	c.Model.Refunded = ByCategory{Food: 0.3, Clothing: 0.3, Daily: 0.3, Durable: 0.3}
	from := c.End.AddDate(0, 0, -150)
	messages := written(c, from, 12)
	const campaign = "second-order"
	own, all := map[string]Worth{}, map[string]Worth{}
	for _, m := range messages {
		if m.Code != "" {
			all[m.Code] = m.Worth
			if m.Campaign == campaign {
				own[m.Code] = m.Worth
			}
		}
	}
	w := newWorld(t, c, from, 0)
	h := played(t, w, messages, day, still())
	without := slices.DeleteFunc(slices.Clone(messages), func(m Message) bool { return m.Campaign == campaign })
	plain := played(t, newWorld(t, c, from, 0), without, day, still())
	for name, row := range map[string]struct {
		returns time.Duration
		at      time.Time
	}{
		"in the end": {30 * day, c.End}, "long ago": {30 * day, from.Add(60 * day)}, "no returns": {0, c.End}, "a week": {7 * day, c.End}, "the future": {30 * day, c.End.Add(day)},
	} {
		want := Truth{}
		var asked []Question
		for i := range c.Customers {
			q := Question{Customer: customerID(i), From: from.Add(time.Duration(i%40) * day), Except: w.people[i].orders[0].ID}
			q.Until = q.From.Add(time.Duration(20+i%60) * day)
			asked = append(asked, q)
			want.Asked++
			orders, revenue, coupons := counted(h, q, row.returns, row.at, all)
			_, _, mine := counted(h, q, row.returns, row.at, own)
			naturalOrders, naturalRevenue, naturalCoupons := counted(plain, q, row.returns, row.at, all)
			if orders > 0 {
				want.Buyers++
			}
			if naturalOrders > 0 {
				want.Natural++
			}
			want.Orders, want.NaturalOrders = want.Orders+orders, want.NaturalOrders+naturalOrders
			want.RevenueMinor, want.NaturalRevenueMinor = want.RevenueMinor+revenue, want.NaturalRevenueMinor+naturalRevenue
			want.CouponMinor, want.AllCouponMinor, want.NaturalCouponMinor = want.CouponMinor+mine, want.AllCouponMinor+coupons, want.NaturalCouponMinor+naturalCoupons
		}
		got, err := w.Truth(campaign, asked, row.returns, row.at)
		if err != nil {
			t.Fatal(err)
		}
		if diff := differ(want, got); diff != "" {
			t.Errorf("%s (-two worlds +truth):\n%s", name, diff)
		}
		if name == "in the end" && (got.Buyers <= got.Natural || got.Orders-got.NaturalOrders < 20 || got.CouponMinor == 0 || got.NaturalCouponMinor == 0) {
			t.Errorf("%+v: too little to prove anything", got)
		}
	}
}

func TestTruthWithoutMessagesIsNoEffect(t *testing.T) {
	t.Parallel()
	c := few(300)
	w := newWorld(t, c, c.Start, 0)
	w.Advance(c.End)
	var asked []Question
	for i := range c.Customers {
		asked = append(asked, Question{Customer: customerID(i), From: c.Start, Until: c.End.Add(day)})
	}
	got, err := w.Truth("nobody", asked, 30*day, c.End)
	if err != nil || got.Buyers < 250 || got.Buyers != got.Natural || got.Orders != got.NaturalOrders || got.RevenueMinor != got.NaturalRevenueMinor || got.ProfitMinor(0.4) != 0 {
		t.Errorf("%+v, %v; want the same in both worlds", got, err)
	}
}

func TestProfitIsMarginLessWhatCodesTookOff(t *testing.T) {
	t.Parallel()
	truth := Truth{RevenueMinor: 50_000, NaturalRevenueMinor: 30_000, CouponMinor: 2_000, AllCouponMinor: 2_500, NaturalCouponMinor: 1_000}
	if got := truth.ProfitMinor(0.4); got != 6_500 {
		t.Errorf("profit %v, want 0.4 x 20000 - 1500", got)
	}
}

func TestTruthKnowsWhomItIsAskedAbout(t *testing.T) {
	t.Parallel()
	c := few(3)
	w := newWorld(t, c, c.Start, 0)
	if _, err := w.Truth("c", []Question{{Customer: "c000004"}}, 0, c.End); err == nil || err.Error() != `shop: truth about "c000004", who is no customer` {
		t.Errorf("truth about nobody: %v", err)
	}
	if _, err := w.Truth("", nil, 0, c.End); err == nil || err.Error() != "shop: truth of no campaign" {
		t.Errorf("truth of no campaign: %v", err)
	}
}

func TestWorth(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		worth     Worth
		net, want int64
	}{
		"amount":            {Worth{Minor: 500}, 2000, 500},
		"more than all":     {Worth{Minor: 500}, 300, 300},
		"percent":           {Worth{Percent: 10}, 2000, 200},
		"half to even down": {Worth{Percent: 10}, 45, 4},
		"half to even up":   {Worth{Percent: 10}, 55, 6},
		"at most":           {Worth{Percent: 10, AtMost: 150}, 2000, 150},
		"nothing":           {Worth{}, 2000, 0},
	} {
		if got := row.worth.off(row.net); got != row.want {
			t.Errorf("%s: %d off %d, want %d", name, got, row.net, row.want)
		}
	}
}
