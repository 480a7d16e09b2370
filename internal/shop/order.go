package shop

import (
	"math"
	"math/rand/v2"
	"strconv"
	"time"
)

// Order is a purchase and, where there is one, its only refund.
type Order struct {
	ID       string // o000001-1: the customer's number, then the order's
	PlacedAt time.Time
	Lines    []Line  // 1 to 4, each of a sku of its own
	Refund   *Refund // nil: kept whole until End
}

// Line is so many units of one product; Quantity is at least 1.
type Line struct {
	Product  Product
	Quantity int
}

// Refund takes units of an order's lines back, later than the order and before
// End. Its lines name products of the order, each with at most the bought
// quantity.
type Refund struct {
	ID    string // r000001-1 for order o000001-1
	At    time.Time
	Lines []Line
}

// lineWeights says how often an order has one, two, three or four lines.
var lineWeights = []int{45, 30, 15, 10}

func newOrders(m Model, customer int, instants []time.Time, r *rand.Rand) []Order {
	// The two halves of the log variance: between customers, and within one.
	half := m.BasketSpread / math.Sqrt2
	level := math.Log(m.BasketMedian) + half*r.NormFloat64()
	category := weighted(r, categoryWeights, categoryTotal)
	orders := make([]Order, len(instants))
	for n, at := range instants {
		if n > 0 && r.Float64() >= m.CategoryStay {
			category = weighted(r, categoryWeights, categoryTotal)
		}
		value := math.Exp(level + half*r.NormFloat64())
		orders[n] = Order{
			ID:       documentID('o', customer, n),
			PlacedAt: at,
			Lines:    fill(value, category, m.CategoryStay, r),
		}
	}
	return orders
}

// fill makes a basket of about value minor units at list prices.
func fill(value float64, category int, stay float64, r *rand.Rand) []Line {
	want := 1 + weighted(r, lineWeights, 100)
	lines := make([]Line, 0, want)
	for left := value; len(lines) < want; {
		of := category
		if len(lines) > 0 && r.Float64() >= stay {
			of = weighted(r, categoryWeights, categoryTotal)
		}
		share := left / float64(want-len(lines))
		p := pick(shelf[of], share, lines, r)
		if p == nil {
			break // nothing small enough: the basket is full
		}
		quantity := max(1, int(math.Round(share/float64(p.Price))))
		lines = append(lines, Line{Product: *p, Quantity: quantity})
		left -= float64(quantity) * float64(p.Price)
	}
	return lines
}

// pick draws one of the three dearest products that fit the share and are not
// in the basket yet. The first line of a basket always finds one, the cheapest
// if need be; after that nil means that none fits.
func pick(shelf []Product, share float64, basket []Line, r *rand.Rand) *Product {
	var fit [3]*Product
	n := 0
	for i := len(shelf) - 1; i >= 0 && n < len(fit); i-- {
		// Up to 1.5 shares for one unit: that rounds up as often as down, in logs.
		if float64(shelf[i].Price) <= 1.5*share && !holds(basket, shelf[i].SKU) {
			fit[n] = &shelf[i]
			n++
		}
	}
	switch {
	case n > 0:
		return fit[r.IntN(n)]
	case len(basket) == 0:
		return &shelf[0]
	default:
		return nil
	}
}

func holds(lines []Line, sku string) bool {
	for _, l := range lines {
		if l.Product.SKU == sku {
			return true
		}
	}
	return false
}

func documentID(kind byte, customer, n int) string {
	id := append(make([]byte, 0, 12), kind)
	number := strconv.Itoa(customer + 1)
	for range 6 - len(number) {
		id = append(id, '0')
	}
	id = append(id, number...)
	id = append(id, '-')
	return string(strconv.AppendInt(id, int64(n+1), 10))
}
