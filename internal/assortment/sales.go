package assortment

import (
	"cmp"
	"maps"
	"slices"
)

// Sales is what a span of time says of a product.
type Sales struct {
	Product  string
	Category string

	Units        int64 // sold, net of what came back
	Orders       int64 // with the product
	Contribution int64 // minor units, of all Units together; may be below 0
	Costed       bool  // Contribution is known

	KnownOrders int64 // Orders whose customer is known
	FirstOrders int64 // KnownOrders that were their customer's first

	Returned int64 // customers who ordered anything after an order with the product
	Again    int64 // of them, those who ordered the product again

	Early, Late int64 // units of the first and of the second half of the time
	Partners    int64 // products bought with it more than by chance
}

// Order is one order for Tally.
type Order struct {
	ID       string // parts orders of one customer and day, so different for each
	Customer string // empty: not known
	Day      int
	Lines    []Line
}

// Line is one product of an order. A product may be on several lines.
type Line struct {
	Product      string
	Category     string
	Units        int64 // net of what came back
	Contribution int64 // minor units, of all Units together
	Costed       bool  // Contribution is known
	Minor        int64 // what they are worth, likewise
}

// Tally is the sales of each product, by name, over the days from..to-1. Orders
// come in any order and should reach back to the customers' first ones: those
// before from count for nothing else. Later ones are left out. A product's category is that
// of its last order. Partners stay 0: see Partner.
func Tally(orders []Order, from, to int) []Sales {
	sorted := slices.DeleteFunc(slices.Clone(orders), func(o Order) bool { return o.Day >= to })
	slices.SortFunc(sorted, func(a, b Order) int { return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(a.ID, b.ID)) })

	sales := map[string]*Sales{}
	last := map[string]int{} // each customer's last order, as a place in sorted
	for i, o := range sorted {
		last[o.Customer] = i
	}
	type taste struct{ customer, product string }
	bought := map[taste]int{} // orders with the product
	first := map[string]bool{}
	for i, o := range sorted {
		isFirst := o.Customer != "" && !first[o.Customer]
		first[o.Customer] = true
		if o.Day < from {
			continue
		}
		products := map[string]bool{}
		for _, line := range o.Lines {
			s := sales[line.Product]
			if s == nil {
				s = &Sales{Product: line.Product, Costed: true}
				sales[line.Product] = s
			}
			s.Category = line.Category
			s.Units += line.Units
			s.Contribution += line.Contribution
			s.Costed = s.Costed && line.Costed
			if 2*(o.Day-from) < to-from {
				s.Early += line.Units
			} else {
				s.Late += line.Units
			}
			if products[line.Product] {
				continue
			}
			products[line.Product] = true
			s.Orders++
			if o.Customer == "" {
				continue
			}
			s.KnownOrders++
			if isFirst {
				s.FirstOrders++
			}
			who := taste{o.Customer, line.Product}
			bought[who]++
			switch {
			case bought[who] == 1 && i < last[o.Customer]:
				s.Returned++
			case bought[who] == 2:
				s.Again++
			}
		}
	}
	all := make([]Sales, 0, len(sales))
	for _, product := range slices.Sorted(maps.Keys(sales)) {
		all = append(all, *sales[product])
	}
	return all
}

// Partner counts each product's partners among pairs: those with which its lift is
// above 1 with 99 % confidence. Pairs in few baskets should not be among them:
// twenty together is a usual least.
func Partner(sales []Sales, pairs []Pair) {
	partners := map[string]int64{}
	for _, p := range pairs {
		if p.LiftEstimate(0.01).Lo > 1 {
			partners[p.A]++
			partners[p.B]++
		}
	}
	for i := range sales {
		sales[i].Partners = partners[sales[i].Product]
	}
}
