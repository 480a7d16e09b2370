package shopsim

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/rewave/rewave/internal/stats"
)

// Truth is what a campaign does to a customer on average, by playing both worlds
// of many. Each has the standard error of that many.
type Truth struct {
	Natural                                            float64 // share who buy without it
	Buyers, Orders, Revenue, RevenueCapped             stats.Effect
	Profit, ProfitCapped                               stats.Effect
	Used, Subsidised                                   float64 // shares who used a coupon, and who did and would have bought anyway
	Messages, CreditedOrders, CreditedProfit, Redeemed float64 // per customer
}

// Measure plays both worlds of n customers. The caps are for the capped effects.
func Measure(s *Shop, c *Campaign, caps Caps, n int, seed uint64) Truth {
	r := rand.New(rand.NewPCG(seed, 1))
	p := Player{Shop: s, Campaign: c}
	var t Truth
	var sums [6]stats.Moments
	for range n {
		customer := s.Enter(r)
		without := p.Natural(r, &customer)
		with := p.Answer(r, &customer)
		p0, p1 := Profit(without, s.Margin, c.Message), Profit(with, s.Margin, c.Message)
		for i, d := range [6]int64{
			one(with.Bought()) - one(without.Bought()), with.Orders - without.Orders, with.Revenue - without.Revenue,
			min(with.Revenue, caps.Revenue) - min(without.Revenue, caps.Revenue), p1 - p0, min(p1, caps.Profit) - min(p0, caps.Profit),
		} {
			if sums[i].N++; d != 0 {
				sums[i].N--
				sums[i].Add(float64(d))
			}
		}
		t.Natural += float64(one(without.Bought()))
		t.Used += float64(one(with.Used))
		t.Subsidised += float64(one(with.Used && without.Bought()))
		t.Messages += float64(with.Messages)
		t.Redeemed += float64(with.Redeemed)
		t.CreditedOrders += float64(with.Credited)
		t.CreditedProfit += s.Margin*float64(with.CreditedRevenue) - float64(with.Redeemed) - c.Message*float64(with.Messages)
	}
	for _, sum := range []*float64{&t.Natural, &t.Used, &t.Subsidised, &t.Messages, &t.CreditedOrders, &t.CreditedProfit, &t.Redeemed} {
		*sum /= float64(n)
	}
	for i, to := range []*stats.Effect{&t.Buyers, &t.Orders, &t.Revenue, &t.RevenueCapped, &t.Profit, &t.ProfitCapped} {
		mean, _ := sums[i].Mean()
		variance, _ := sums[i].Variance()
		*to = stats.Effect{Value: mean, SE: math.Sqrt(variance / float64(n))}
	}
	return t
}

// History is what a shop's past says before a design begins: caps for small and
// for large holdouts, and the average kept order.
func History(s *Shop, window float64, n int, seed uint64) (few, many Caps, averageOrder int64) {
	r := rand.New(rand.NewPCG(seed, 2))
	p := Player{Shop: s, Campaign: &Campaign{Window: window}}
	totals := make([]float64, n)
	var revenue, orders int64
	for i := range totals {
		c := s.Enter(r)
		o := p.Natural(r, &c)
		totals[i] = float64(o.Revenue)
		revenue, orders = revenue+o.Revenue, orders+o.Orders
	}
	slices.Sort(totals)
	at := func(q float64) Caps {
		cap, _ := stats.Quantile(totals, q)
		return Caps{Revenue: int64(math.RoundToEven(cap)), Profit: int64(math.RoundToEven(s.Margin * cap)), Quantile: q}
	}
	return at(0.99), at(0.995), revenue / max(1, orders)
}

func one(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
