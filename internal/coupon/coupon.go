// Package coupon is what a code is worth, who may be given one, how codes are
// made, and which order used which.
//
// A pool is a set of codes on the same terms. A code is free until a gate binds
// it to one delivery, and so to one customer; bound, it is never free again.
// The first kept order of that customer which names it within its time redeems
// it. Every other use is a leak, with the first reason why:
//
//	free            nobody had been given the code; it is burnt, and nobody will be
//	guest           the order has no customer, so that nobody can say whose it was
//	other_customer  it was given to somebody else
//	early           before it was given
//	expired         after its time
//	again           an earlier order of the same customer had used it up
//
// The shop, not this package, decides whether a checkout takes a code: a
// minimum spend is printed and planned with, and not held against an order
// that the shop let pass.
package coupon

import (
	"errors"
	"fmt"
	"math/bits"
	"regexp"
	"time"
)

// Kind says what a code gives.
type Kind string

// The kinds of incentive.
const (
	Amount       Kind = "amount"        // money off the order
	Percent      Kind = "percent"       // a share off the order
	FreeShipping Kind = "free_shipping" // the shop pays the carriage
	Gift         Kind = "gift"          // something in the parcel
)

// Kinds are all kinds, in the order in which help names them.
var Kinds = []Kind{Amount, Percent, FreeShipping, Gift}

// Whole is 100 % in the parts per billion that Pool.Percent counts.
const Whole = 1_000_000_000

// Pool is the terms of a set of codes. Zero and nil mean not said, or no bound.
type Pool struct {
	Name     string // [a-z0-9][a-z0-9-]*, at most 60 bytes
	Says     string
	Kind     Kind
	Currency string // of all money here, and of the orders of which it is known what a code took off; empty: of none

	Value    *int64 // minor units: off the order (amount), or what one costs the shop (free_shipping, gift)
	Percent  int64  // parts per billion off the order (percent)
	AtMost   *int64 // minor units that a percentage takes off an order at most
	MinSpend *int64 // minor units an order must reach; the shop's to hold

	From, Until time.Time // codes may be given and used in [From, Until)
	PerCustomer int       // codes that one customer may ever be given, 1 or more
}

var poolName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,59}$`)

// Check returns what is wrong with the terms, in words for the person who wrote
// them, or nil.
func (p Pool) Check() error {
	positive := func(n *int64) bool { return n == nil || *n > 0 }
	switch {
	case !poolName.MatchString(p.Name):
		return fmt.Errorf("%q is no name of a pool: lower-case letters, digits and strokes, at most 60", p.Name)
	case p.Kind == Amount && (p.Value == nil || *p.Value <= 0):
		return errors.New("an amount needs a value above 0")
	case p.Kind == Percent && (p.Percent < 1 || p.Percent > Whole):
		return errors.New("a percentage needs a value from above 0% to 100%")
	case p.Kind == Percent && p.Value != nil, p.Kind != Percent && p.Percent != 0:
		return errors.New("percent, and no other kind, takes a value in %")
	case p.Kind != Percent && p.AtMost != nil:
		return errors.New("only a percentage has a most that it takes off")
	case p.Value != nil && *p.Value < 0, !positive(p.AtMost), !positive(p.MinSpend):
		return errors.New("money must be above 0")
	case p.Currency == "" && (p.Value != nil || p.AtMost != nil || p.MinSpend != nil):
		return errors.New("money needs a currency")
	case !p.From.IsZero() && !p.Until.IsZero() && !p.From.Before(p.Until):
		return errors.New("it would end before it begins")
	case p.PerCustomer < 1:
		return errors.New("one customer may be given 1 code or more")
	}
	for _, k := range Kinds {
		if p.Kind == k {
			return nil
		}
	}
	return fmt.Errorf("there is no kind %q; there are amount, percent, free_shipping and gift", p.Kind)
}

// SameTerms says whether codes of p and q promise the same thing.
func (p Pool) SameTerms(q Pool) bool {
	same := func(a, b *int64) bool { return a == nil && b == nil || a != nil && b != nil && *a == *b }
	return p.Kind == q.Kind && p.Currency == q.Currency && same(p.Value, q.Value) && p.Percent == q.Percent && same(p.AtMost, q.AtMost) &&
		same(p.MinSpend, q.MinSpend) && p.From.Equal(q.From) && p.Until.Equal(q.Until) && p.PerCustomer == q.PerCustomer
}

// Refusal is why a customer cannot be given a code; empty means that one may be.
type Refusal string

// The refusals, in the order in which they are looked for.
const (
	NotValid  Refusal = "not_valid" // the pool has not begun, or has ended
	Limit     Refusal = "limit"     // the customer has had as many as one may have
	Busy      Refusal = "busy"      // the last free codes are in somebody else's hands: ask again
	Exhausted Refusal = "exhausted" // no code is free
)

// Refuses says why somebody who has had so many codes of the pool can be given
// none at that instant, however many are free.
func (p Pool) Refuses(had int, at time.Time) Refusal {
	switch {
	case at.Before(p.From) || !p.Until.IsZero() && !at.Before(p.Until):
		return NotValid
	case had >= p.PerCustomer:
		return Limit
	}
	return ""
}

// Expiry is when a code given at an instant ends: after that time, but never
// later than its pool. after 0 is the pool's own end; a zero result is no end.
func (p Pool) Expiry(at time.Time, after time.Duration) time.Time {
	end := at.Add(after)
	switch {
	case after == 0:
		return p.Until
	case !p.Until.IsZero() && p.Until.Before(end):
		return p.Until
	}
	return end
}

// Face is what a code takes off an order, or costs with it, in minor units of
// the pool's currency: never more off than net, which is what the order's lines
// come to before the coupon. known is false where the pool does not say, or
// where currency is another than its own.
func (p Pool) Face(net int64, currency string) (minor int64, known bool) {
	net = max(net, 0)
	switch p.Kind {
	case Amount:
		return min(*p.Value, net), currency == p.Currency
	case Percent:
		off := share(net, p.Percent)
		if p.AtMost != nil {
			off = min(off, *p.AtMost)
		}
		return off, currency == p.Currency
	}
	if p.Value == nil || currency != p.Currency {
		return 0, false
	}
	return *p.Value, true
}

// Exposure is the most that one code can cost, in minor units; known is false
// where nothing bounds it or the pool does not say.
func (p Pool) Exposure() (minor int64, known bool) {
	most := p.Value
	if p.Kind == Percent {
		most = p.AtMost
	}
	if most == nil {
		return 0, false
	}
	return *most, true
}

// share is parts per billion of n >= 0, rounded half to even.
func share(n, ppb int64) int64 {
	high, low := bits.Mul64(uint64(n), uint64(ppb))
	quotient, rest := bits.Div64(high, low, Whole) // ppb <= Whole: it cannot overflow
	if 2*rest > Whole || 2*rest == Whole && quotient%2 == 1 {
		quotient++
	}
	return int64(quotient)
}
