package shop

import (
	"time"
)

// placing is an order that happens.
type placing struct {
	order *Order
	salt  uint64    // of draws about it
	by    *received // whose code it uses; nil: none
}

func (p placing) code() string {
	if p.by == nil {
		return ""
	}
	return p.by.Code
}

// play is what a customer orders before until, by time, in the world without
// one campaign; empty: with all. Extra orders before until are made. What
// happens earlier does not depend on until.
func (p *person) play(until time.Time, without string) []placing {
	var taken []bool
	out := make([]placing, 0, len(p.orders)+len(p.extras))
	natural := 0
	for _, e := range p.extras {
		if !e.at.Before(until) {
			break
		}
		if e.by.Campaign == without {
			continue
		}
		out, natural = p.naturally(out, natural, e.at, taken)
		out = append(out, placing{order: e.order, salt: e.salt()})
		if e.borrows {
			taken = p.borrow(taken, e.at)
		}
	}
	out, _ = p.naturally(out, natural, until, taken)
	p.redeem(out, without)
	return out
}

// naturally adds the natural orders from the n-th on that are placed before
// until and not taken.
func (p *person) naturally(out []placing, n int, until time.Time, taken []bool) ([]placing, int) {
	for ; n < len(p.orders) && p.orders[n].PlacedAt.Before(until); n++ {
		if taken == nil || !taken[n] {
			out = append(out, placing{order: &p.orders[n], salt: uint64(n)})
		}
	}
	return out, n
}

// borrow takes the next natural order from at on that nobody has taken, if it
// is near.
func (p *person) borrow(taken []bool, at time.Time) []bool {
	for n := range p.orders {
		placed := p.orders[n].PlacedAt
		if placed.Before(at) || taken != nil && taken[n] {
			continue
		}
		if placed.Sub(at) < borrowing {
			if taken == nil {
				taken = make([]bool, len(p.orders))
			}
			taken[n] = true
		}
		break
	}
	return taken
}

// redeem gives orders the codes they use: each code is used once, and an order
// uses at most one, the newest first.
func (p *person) redeem(orders []placing, without string) {
	coded := false
	for _, m := range p.messages {
		coded = coded || m.Code != ""
	}
	if !coded {
		return
	}
	for k := range orders {
		at := orders[k].order.PlacedAt
		for n := len(p.messages) - 1; n >= 0 && orders[k].by == nil; n-- {
			m := p.messages[n]
			switch {
			case m.Code == "", m.Campaign == without, at.Before(m.acts), !m.Until.IsZero() && !at.Before(m.Until), p.told(m.Code, n), used(orders[:k], m.Code):
			case chance(m.salt^mix(orders[k].salt+1)) < m.Effect.Redeems:
				orders[k].by = m
			}
		}
	}
}

// told says whether a newer message than the n-th told of the code.
func (p *person) told(code string, n int) bool {
	for _, m := range p.messages[n+1:] {
		if m.Code == code {
			return true
		}
	}
	return false
}

func used(orders []placing, code string) bool {
	for _, o := range orders {
		if o.code() == code {
			return true
		}
	}
	return false
}

// chance is even in [0,1).
func chance(salt uint64) float64 { return float64(mix(salt)>>11) / (1 << 53) }
