// Package order is what was bought and what came back: exact money, and which
// sold units a refund gives back.
//
// Money is counted, never measured: a unit price is a whole number of
// ten-thousandths of the currency's main unit, an amount a whole number of its
// minor units, and a line is rounded once, half to even. No float is involved.
//
// A refund that names its order gives back units of that order. One that does
// not (a cancellation in a ledger of invoice lines) gives back the customer's
// latest units of the same product that were sold no later than the refund and
// are still out: last in, first out. What finds none is a refund without order.
// An order is kept while any unit of it is.
package order

import (
	"cmp"
	"slices"
	"time"
)

// Sold is one order line of a group: the lines that a refund may choose among,
// one customer's lines of one product.
type Sold struct {
	OrderID  int64
	Name     string // the shop's id of the order; breaks ties of time
	Line     int
	PlacedAt time.Time
	Quantity int // units sold, > 0
}

// Returned is one written refund line of the group.
type Returned struct {
	Name     string // the shop's id of the refund; breaks ties of time
	Line     int
	At       time.Time
	Quantity int   // units given back, > 0
	OrderID  int64 // the order it names; 0: none named
}

// Part is the units that one refund line takes from one order line. Returned
// and Sold are indexes into what was given to MatchRefunds; Sold is -1 for the
// units that found no line.
type Part struct {
	Returned, Sold int
	Quantity       int
}

// MatchRefunds gives every returned unit a sold unit where there is one. The
// parts of one refund line stand together, its latest line first and the units
// that found none last; their quantities add up to the line's. No order line
// gives more than it sold. The result depends on the values only, never on the
// order of the arguments, so an import in pieces ends where one in a whole does.
func MatchRefunds(sold []Sold, returned []Returned) []Part {
	lines := sorted(len(sold), func(i, j int) int {
		a, b := sold[i], sold[j]
		return cmp.Or(a.PlacedAt.Compare(b.PlacedAt), cmp.Compare(a.Name, b.Name), cmp.Compare(a.OrderID, b.OrderID), cmp.Compare(a.Line, b.Line))
	})
	refunds := sorted(len(returned), func(i, j int) int {
		a, b := returned[i], returned[j]
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Line, b.Line))
	})

	var (
		parts []Part
		stack []int // lines sold by now, the latest on top
		next  int
		left  = make([]int, len(sold))
	)
	for i, s := range sold {
		left[i] = s.Quantity
	}
	for _, r := range refunds {
		refund := returned[r]
		// Not later, rather than earlier: a shop that writes minutes may cancel
		// an order in the minute in which it was placed.
		for next < len(lines) && !sold[lines[next]].PlacedAt.After(refund.At) {
			stack = append(stack, lines[next])
			next++
		}
		need := refund.Quantity
		for i := len(stack) - 1; i >= 0 && need > 0; i-- {
			s := stack[i]
			if left[s] == 0 || refund.OrderID != 0 && sold[s].OrderID != refund.OrderID {
				continue
			}
			take := min(need, left[s])
			left[s] -= take
			need -= take
			parts = append(parts, Part{Returned: r, Sold: s, Quantity: take})
		}
		if need > 0 {
			parts = append(parts, Part{Returned: r, Sold: -1, Quantity: need})
		}
		for len(stack) > 0 && left[stack[len(stack)-1]] == 0 {
			stack = stack[:len(stack)-1]
		}
	}
	return parts
}

// sorted is the indexes 0 to n-1 in the order of compare.
func sorted(n int, compare func(i, j int) int) []int {
	indexes := make([]int, n)
	for i := range indexes {
		indexes[i] = i
	}
	slices.SortFunc(indexes, compare)
	return indexes
}
