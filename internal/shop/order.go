package shop

import (
	"math"
	"math/rand/v2"
	"strconv"
	"time"
)

// Order is a purchase with what became of it: its only refund, where there is
// one, and what happened around it.
type Order struct {
	ID       string // o000001-1: the customer's number, then the order's; x000001-1 for one that a message brought
	PlacedAt time.Time
	Lines    []Line  // 1 to 4, each of a sku of its own
	Refund   *Refund // nil: kept whole until End
	Events   []Event // by time; mostly none

	EntryPath   string    // where the buyer came from
	PromisedAt  time.Time // the last instant at which the parcel is on time
	DeliveredAt time.Time // zero: not until End
	Discount    int64     // minor units that came off the list prices: told, and taken off nothing
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
	ID     string // r000001-1 for order o000001-1; y000001-1 for x000001-1
	At     time.Time
	Reason string
	Lines  []Line
}

// Category is the one that is worth most in the basket; of two, the one that
// comes first.
func (o Order) Category() string {
	best, most := "", int64(-1)
	for _, l := range o.Lines {
		var sum int64
		for _, k := range o.Lines {
			if k.Product.Category == l.Product.Category {
				sum += k.minor()
			}
		}
		if sum > most {
			best, most = l.Product.Category, sum
		}
	}
	return best
}

// Minor is what the lines come to at list prices, in minor units: before any
// code and any refund.
func (o Order) Minor() int64 { return minor(o.Lines) }

func (l Line) minor() int64 { return int64(l.Quantity) * l.Product.Price }

func minor(lines []Line) int64 {
	var sum int64
	for _, l := range lines {
		sum += l.minor()
	}
	return sum
}

// lineWeights says how often an order has one, two, three or four lines.
var lineWeights = []int{45, 30, 15, 10}

// newOrders also returns the log of the customer's usual basket.
func newOrders(m Model, customer int, instants []time.Time, r *rand.Rand) ([]Order, float64) {
	// The two halves of the log variance: between customers, and within one.
	half := m.BasketSpread / math.Sqrt2
	level := math.Log(m.BasketMedian) + half*r.NormFloat64()
	if m.Whales > 0 && r.Float64() < m.Whales {
		level += math.Log(m.WhaleTimes)
	}
	category := weighted(r, categoryWeights, categoryTotal)
	orders := make([]Order, len(instants))
	for n, at := range instants {
		if n > 0 {
			category = m.nextCategory(category, r)
		}
		orders[n] = Order{
			ID:       documentID('o', customer, n),
			PlacedAt: at,
			Lines:    m.basket(level, category, n == 0, r),
		}
	}
	return orders, level
}

// nextCategory is that of the order after one of category.
func (m Model) nextCategory(category int, r *rand.Rand) int {
	if r.Float64() < m.CategoryStay {
		return category
	}
	return weighted(r, categoryWeights, categoryTotal)
}

// basket makes one at list prices, for a customer whose usual one has the log
// level.
func (m Model) basket(level float64, category int, first bool, r *rand.Rand) []Line {
	left := math.Exp(level + m.BasketSpread/math.Sqrt2*r.NormFloat64())
	want := 1 + weighted(r, lineWeights, 100)
	lines := make([]Line, 0, want)
	for len(lines) < want {
		of := category
		if len(lines) > 0 {
			of = m.nextCategory(category, r)
		}
		share := left / float64(want-len(lines))
		p := pick(shelf[of], share, lines, first, r)
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
// in the basket yet, by their roles. The first line of a basket always finds
// one, the cheapest if need be; after that nil means that none fits.
func pick(shelf []Product, share float64, basket []Line, first bool, r *rand.Rand) *Product {
	var fit [3]*Product
	n, total := 0, 0
	for i := len(shelf) - 1; i >= 0 && n < len(fit); i-- {
		// Up to 1.5 shares for one unit: that rounds up as often as down, in logs.
		if float64(shelf[i].Price) <= 1.5*share && !holds(basket, shelf[i].SKU) {
			fit[n] = &shelf[i]
			total += shelf[i].Role.weight(first)
			n++
		}
	}
	if n == 0 {
		if len(basket) == 0 {
			return &shelf[0]
		}
		return nil
	}
	ticket := r.IntN(total)
	for _, p := range fit[:n-1] {
		if ticket -= p.Role.weight(first); ticket < 0 {
			return p
		}
	}
	return fit[n-1]
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
	id := appendDigits(append(make([]byte, 0, 16), kind), customer+1, 6)
	return string(strconv.AppendInt(append(id, '-'), int64(n+1), 10))
}
