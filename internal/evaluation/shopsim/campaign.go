package shopsim

import (
	"math"
	"math/rand/v2"
	"slices"
)

// Wave is one message.
type Wave struct {
	At    float64 // day of the window
	Lift  float64 // of the hazard, right after it
	Fades float64 // days
	Skip  float64 // share skipped by lot

	Off     int64   // what the coupon takes off, in minor units; 0: none
	Valid   float64 // days
	Redeems float64 // chance that an order within these days uses it
}

// Campaign is a sequence of waves and what it does besides.
type Campaign struct {
	Window      float64 // days from entry in which outcomes count
	Waves       []Wave
	Exit        bool    // who has ordered gets no further wave
	Pull        float64 // of extra orders, those that come instead of the next natural one
	Cannibal    float64 // of extra orders, those that halve the next natural one
	Unsubscribe float64 // at each message that arrives
	Message     float64 // what one message costs, in minor units
	Prevents    float64 // chance that a natural order does not come, in those who are reached
}

// Outcome is what came of one customer in the window.
type Outcome struct {
	Orders   int64 // kept
	Revenue  int64 // of these
	Largest  int64
	Redeemed int64 // taken off by coupons
	Used     bool  // a coupon, with a kept order
	First    float64
	Messages int

	Credited        int64 // orders that an opened message of the last five days would be credited with
	CreditedRevenue int64
	Skipped         uint16 // waves that the lot skipped, by bit
	Available       uint16 // waves the customer was still in for
	Categories      uint16 // bought in, by bit
}

// Bought is whether anything was kept.
func (o *Outcome) Bought() bool { return o.Orders > 0 }

const creditDays = 5

// Player plays customers of one shop under one campaign.
type Player struct {
	Shop     *Shop
	Campaign *Campaign
	orders   []Order
	world    []Order
	sentAt   []float64
}

// Natural draws what the customer does without the campaign; Answer may follow.
func (p *Player) Natural(r *rand.Rand, c *Customer) Outcome {
	p.orders = p.Shop.natural(r, c, p.Campaign.Window, p.orders[:0])
	return settle(p.orders)
}

// Orders are those that Natural drew last; they hold until the next.
func (p *Player) Orders() []Order { return p.orders }

func settle(orders []Order) Outcome {
	o := Outcome{First: math.Inf(1)}
	for _, order := range orders {
		if order.Net == 0 {
			continue
		}
		o.Orders++
		o.Revenue += order.Net
		o.Largest = max(o.Largest, order.Net)
		o.First = min(o.First, order.At)
		o.Categories |= 1 << order.Category
	}
	return o
}

// Answer draws what the same customer does with the campaign.
func (p *Player) Answer(r *rand.Rand, c *Customer) Outcome {
	p.world = append(p.world[:0], p.orders...)
	p.sentAt = p.sentAt[:0]
	first := math.Inf(1)
	for _, order := range p.world {
		first = min(first, order.At)
	}
	if p.Campaign.Prevents > 0 && c.Reachable {
		p.world = slices.DeleteFunc(p.world, func(Order) bool { return r.Float64() < p.Campaign.Prevents })
	}
	var messages int
	var skipped, available uint16
	subscribed := true
	for k, w := range p.Campaign.Waves {
		if p.Campaign.Exit && first < w.At || !subscribed {
			continue
		}
		available |= 1 << k
		if w.Skip > 0 && r.Float64() < w.Skip {
			skipped |= 1 << k
			continue
		}
		messages++
		if !c.Reachable {
			continue
		}
		p.sentAt = append(p.sentAt, w.At)
		if p.Campaign.Unsubscribe > 0 && r.Float64() < p.Campaign.Unsubscribe {
			subscribed = false
		}
		first = min(first, p.stir(r, c, w))
	}
	redeemed, used := p.redeem(r, c, available&^skipped)
	o := settle(p.world)
	o.Messages, o.Skipped, o.Available, o.Redeemed, o.Used = messages, skipped, available, redeemed, used
	if c.Opens {
		p.credit(&o)
	}
	return o
}

// stir adds the orders that a wave brings and returns when the first comes.
func (p *Player) stir(r *rand.Rand, c *Customer, w Wave) (first float64) {
	first = math.Inf(1)
	if w.Lift == 0 || c.Left == 0 {
		return first
	}
	until := min(p.Campaign.Window, c.Left)
	fade := -math.Expm1(-(until - w.At) / w.Fades)
	top := p.Shop.highest()
	mean := c.Rate * top * w.Lift * w.Fades * fade
	for at := r.ExpFloat64(); at < mean; at += r.ExpFloat64() {
		t := w.At - w.Fades*math.Log1p(-fade*at/mean)
		if top > 1 && r.Float64()*top >= p.Shop.season(c, t) {
			continue
		}
		order := p.Shop.order(r, c, t, p.Shop.next(r, c.Category))
		order.Extra = true
		p.world = append(p.world, order)
		first = min(first, t)
		if u := r.Float64(); u < p.Campaign.Pull+p.Campaign.Cannibal {
			p.borrow(t, u < p.Campaign.Pull)
		}
	}
	return first
}

// borrow takes the natural order that comes next away, or half of it.
func (p *Player) borrow(after float64, whole bool) {
	next := -1
	for i, o := range p.world {
		if !o.Extra && o.At > after && (next < 0 || o.At < p.world[next].At) {
			next = i
		}
	}
	switch {
	case next < 0:
	case whole:
		p.world = slices.Delete(p.world, next, next+1)
	default:
		p.world[next].Net /= 2
	}
}

// redeem uses the coupons of the waves that were sent, each once at most.
func (p *Player) redeem(r *rand.Rand, c *Customer, sent uint16) (off int64, used bool) {
	if !c.Reachable {
		return 0, false
	}
	for k, w := range p.Campaign.Waves {
		if w.Off == 0 || sent&(1<<k) == 0 {
			continue
		}
		for _, o := range p.world {
			if w.At <= o.At && o.At < w.At+w.Valid && o.Net > 0 && r.Float64() < w.Redeems {
				off, used = off+min(w.Off, o.Net), true
				break
			}
		}
	}
	return off, used
}

// credit counts the orders soon after an opened message.
func (p *Player) credit(o *Outcome) {
	for _, order := range p.world {
		if order.Net > 0 && slices.ContainsFunc(p.sentAt, func(s float64) bool { return s <= order.At && order.At < s+creditDays }) {
			o.Credited++
			o.CreditedRevenue += order.Net
		}
	}
}
