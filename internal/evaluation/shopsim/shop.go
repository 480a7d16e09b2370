package shopsim

import (
	"math"
	"math/rand/v2"
)

// Shop is how customers are. Money is in minor units.
type Shop struct {
	Name string

	Shape, Scale   float64 // orders a day ~ Gamma(Shape, Scale days)
	LeaveA, LeaveB float64 // leaving after an order ~ Beta

	Basket, Spread     float64 // median, and deviation of its logarithm, half of its square the customer's own
	Whales, WhaleTimes float64 // share of customers, and how much more their baskets are worth

	Burst, BurstDays float64 // chance that the next gap is of so many days instead
	Swing            float64 // of the year's season, as a share
	Peak             Peak

	Refund []float64 // chance that an order comes back, by category
	Stay   float64   // chance that the next order is of the same category

	Reach, ReachTilt float64 // logit of a message arriving at the mean rate, and by how much it grows for each e-fold of it
	Open, OpenTilt   float64 // the same of opening

	Leak   float64 // share of the holdout who are reached all the same
	Margin float64 // of revenue
}

// Peak is some days of the year with Times as many orders.
type Peak struct{ Day, Days, Times float64 }

// Friendly is the shop that the methods assume.
func Friendly() *Shop {
	return &Shop{
		Name: "friendly", Shape: 0.9, Scale: 60, LeaveA: 1, LeaveB: 2,
		Basket: 4000, Spread: 0.7,
		Refund: []float64{0.03, 0.05, 0.08}, Stay: 0.6,
		Reach: 3, ReachTilt: 0.2, Open: -0.8, OpenTilt: 0.5,
		Margin: 0.4,
	}
}

// Hostile is the shop that is hard to measure.
func Hostile() *Shop {
	return &Shop{
		Name: "hostile", Shape: 0.45, Scale: 45, LeaveA: 1, LeaveB: 2,
		Basket: 4000, Spread: 1.1, Whales: 0.01, WhaleTimes: 8,
		Burst: 0.25, BurstDays: 2, Swing: 0.3, Peak: Peak{Day: 314, Days: 8, Times: 3},
		Refund: []float64{0.02, 0.02, 0.35}, Stay: 0.7,
		Reach: 1.5, ReachTilt: 0.7, Open: -1.2, OpenTilt: 0.9,
		Leak: 0.015, Margin: 0.4,
	}
}

// Customer is who enters.
type Customer struct {
	Rate     float64 // orders a day while they stay
	Leave    float64 // chance of leaving after an order
	Level    float64 // of their baskets, in log units
	Category int     // of the order that brought them in
	Day      float64 // of the year on which they enter
	Left     float64 // day of their window after which nothing comes, 0 if the first order was the last

	Reachable, Opens bool
}

// Enter draws a customer.
func (s *Shop) Enter(r *rand.Rand) Customer {
	c := Customer{
		Rate: Gamma(r, s.Shape) / s.Scale, Leave: Beta(r, s.LeaveA, s.LeaveB), Category: r.IntN(len(s.Refund)),
		Level: r.NormFloat64() * s.Spread * math.Sqrt2 / 2, Day: 365 * r.Float64(),
	}
	if s.Whales > 0 && r.Float64() < s.Whales {
		c.Level += math.Log(s.WhaleTimes)
	}
	fold := math.Log(max(c.Rate*s.Scale/s.Shape, 1e-9))
	c.Reachable = r.Float64() < logistic(s.Reach+s.ReachTilt*fold)
	c.Opens = c.Reachable && r.Float64() < logistic(s.Open+s.OpenTilt*fold)
	return c
}

// Past is what a customer spent in the 180 days before they enter.
func (s *Shop) Past(r *rand.Rand, c *Customer) int64 {
	var spent int64
	for range Poisson(r, 180*c.Rate) {
		spent += s.basket(r, c)
	}
	return spent
}

func (s *Shop) basket(r *rand.Rand, c *Customer) int64 {
	return int64(math.Round(s.Basket * math.Exp(c.Level+r.NormFloat64()*s.Spread*math.Sqrt2/2)))
}

// season is how many orders a day brings for one of a flat year.
func (s *Shop) season(c *Customer, t float64) float64 {
	if s.Swing == 0 && s.Peak.Days == 0 {
		return 1
	}
	day := math.Mod(c.Day+t, 365)
	level := 1 + s.Swing*math.Sin(2*math.Pi*day/365)
	if from := s.Peak.Day; from <= day && day < from+s.Peak.Days {
		level *= s.Peak.Times
	}
	return level
}

// highest is a bound of the season.
func (s *Shop) highest() float64 { return (1 + s.Swing) * max(1, s.Peak.Times) }

// Order is one order of a window. Net is 0 where it came back.
type Order struct {
	At       float64
	Net      int64
	Category int
	Extra    bool
}

// natural appends what the customer orders until the day without any campaign,
// and sets when they left.
func (s *Shop) natural(r *rand.Rand, c *Customer, until float64, orders []Order) []Order {
	c.Left = 0
	if r.Float64() < c.Leave {
		return orders
	}
	top := s.highest()
	category := c.Category
	burst := false
	for at := 0.0; ; {
		if burst {
			at += s.BurstDays * r.ExpFloat64()
		} else {
			at += r.ExpFloat64() / (c.Rate * top)
		}
		if at >= until {
			c.Left = math.Inf(1)
			return orders
		}
		if !burst && top > 1 && r.Float64()*top >= s.season(c, at) {
			continue
		}
		category = s.next(r, category)
		orders = append(orders, s.order(r, c, at, category))
		if r.Float64() < c.Leave {
			c.Left = at
			return orders
		}
		burst = s.Burst > 0 && r.Float64() < s.Burst
	}
}

func (s *Shop) next(r *rand.Rand, category int) int {
	if r.Float64() < s.Stay {
		return category
	}
	return r.IntN(len(s.Refund))
}

func (s *Shop) order(r *rand.Rand, c *Customer, at float64, category int) Order {
	o := Order{At: at, Category: category, Net: s.basket(r, c)}
	if r.Float64() < s.Refund[category] {
		o.Net = 0
	}
	return o
}
