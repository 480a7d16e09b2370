package coupon

import (
	"cmp"
	"slices"
	"time"
)

// Use is an order that names a code.
type Use struct {
	Order    int64
	Customer int64 // 0: a guest
	At       time.Time
	Kept     bool // not all of it came back
}

// Binding is whose a code is and when. The zero Binding is a free code's.
type Binding struct {
	Customer int64     // 0: nobody's
	From     time.Time // when it was given
	Until    time.Time // it counts before this instant; zero: no end
}

// Why is the first reason why a use of a code is a leak; empty where it is none.
type Why string

// The reasons, in the order in which they are looked for. The package's page
// says what each means.
const (
	LeakFree    Why = "free"
	LeakGuest   Why = "guest"
	LeakOther   Why = "other_customer"
	LeakEarly   Why = "early"
	LeakExpired Why = "expired"
	LeakAgain   Why = "again"
)

// Leak is a use of a code that was not its own customer's first in time.
type Leak struct {
	Order int64
	Why   Why
}

// Redeem says which order redeemed a code (0: none), and which uses are leaks,
// by time. It depends on the values only, not on their order, so that a file
// which comes late ends where one in time does.
//
// Of the customer's own uses in time the earliest kept one redeems, and where
// all were given back the earliest: an order that was undone gave its code back,
// and is no leak.
func Redeem(b Binding, uses []Use) (redeemed int64, leaks []Leak) {
	uses = slices.SortedFunc(slices.Values(uses), func(u, v Use) int {
		return cmp.Or(u.At.Compare(v.At), cmp.Compare(u.Order, v.Order))
	})
	var own []Use
	for _, u := range uses {
		if why := b.leak(u); why != "" {
			leaks = append(leaks, Leak{u.Order, why})
		} else {
			own = append(own, u)
		}
	}
	if len(own) == 0 {
		return 0, leaks
	}
	first := max(0, slices.IndexFunc(own, func(u Use) bool { return u.Kept }))
	for _, u := range own[first+1:] {
		if u.Kept {
			leaks = append(leaks, Leak{u.Order, LeakAgain})
		}
	}
	at := map[int64]int{}
	for i, u := range uses {
		at[u.Order] = i
	}
	slices.SortFunc(leaks, func(a, b Leak) int { return cmp.Compare(at[a.Order], at[b.Order]) })
	return own[first].Order, leaks
}

// leak is why a use cannot be the redemption, as far as it alone tells.
func (b Binding) leak(u Use) Why {
	switch {
	case b.Customer == 0:
		return LeakFree
	case u.Customer == 0:
		return LeakGuest
	case u.Customer != b.Customer:
		return LeakOther
	case u.At.Before(b.From):
		return LeakEarly
	case !b.Until.IsZero() && !u.At.Before(b.Until):
		return LeakExpired
	}
	return ""
}
