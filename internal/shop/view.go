package shop

import (
	"strconv"
	"time"
)

// How often somebody looks at a product.
const (
	lookedBefore = 0.12 // probability that a later order's first product was looked at in the two days before
	lookedIdly   = 0.12 // products that a customer looks at besides, on average
)

// views draws what a customer looks at. It is told whatever comes of it: the order
// may be one that a message's takes the place of. Nothing is looked at before the
// first order, for the shop knows nobody by then, nor before an extra order.
func (s *Shop) views(i int, h *History) []Event {
	r := s.stream(i, streamViews)
	var views []Event
	look := func(at time.Time, p Product) {
		views = append(views, Event{Name: ProductViewed, Customer: h.Customer.ID, At: at, Props: []Prop{{"category", p.Category}, {"sku", p.SKU}}})
	}
	for n := 1; n < len(h.Orders); n++ {
		o, before := &h.Orders[n], h.Orders[n-1].PlacedAt
		looks, ahead := r.Float64(), r.Float64()
		if looks >= lookedBefore {
			continue
		}
		// Squared, so that most are of the hours before.
		look(o.PlacedAt.Add(-min(inDays(2*ahead*ahead), o.PlacedAt.Sub(before)/2).Truncate(time.Second)), o.Lines[0].Product)
	}
	first := h.Orders[0].PlacedAt
	for left := s.config.End.Sub(first); ; {
		if r.Float64() >= lookedIdly/(1+lookedIdly) { // geometric, so that some look often
			break
		}
		products := shelf[weighted(r, categoryWeights, categoryTotal)]
		at := first.Add(time.Duration(r.Float64() * float64(left))).Truncate(time.Second)
		look(at, products[r.IntN(len(products))])
	}
	sortEvents(views)
	for k := range views {
		views[k].ID = "v" + digits(s.number(i)+1, 6) + "-" + strconv.Itoa(k+1)
	}
	return views
}
