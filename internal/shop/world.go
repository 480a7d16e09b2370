package shop

import (
	"fmt"
	"slices"
	"time"
)

// World is the shop going on while it is written to. It holds every customer
// and order, about 2.5 kB a customer of the default shop, and is not safe for use
// from several goroutines.
type World struct {
	shop  *Shop
	grid  time.Duration
	start time.Time // of the world, and of the grid
	now   time.Time

	people  []person
	touched [][]int32 // by day since the history's start: whose day it is, some more than once
	seen    []int     // by customer: the last visit that looked at them
	visit   int
	waiting []*received // not acting yet
}

// person is a customer in the world.
type person struct {
	Customer
	nature
	orders   []Order // natural
	views    []Event
	factor   float64 // of lifts
	messages []*received
	extras   []*extra // by time, those to come included
	optOuts  []OptOut // those to come included
}

// World begins at from, midnight UTC from the shop's Start to its End; before
// that all is natural and is not told. Messages begin to act at stops grid
// apart, counted from there; 0 is a day, other grids must divide one.
func (s *Shop) World(from time.Time, grid time.Duration) (*World, error) {
	from = from.UTC()
	if grid == 0 {
		grid = day
	}
	switch {
	case !from.Equal(from.Truncate(day)):
		return nil, fmt.Errorf("shop: world from %s, which is not midnight UTC", from.Format(time.RFC3339))
	case from.Before(s.config.Start) || from.After(s.config.End):
		return nil, fmt.Errorf("shop: world from %s, which is not from %s to %s", from.Format(time.DateOnly),
			s.config.Start.Format(time.DateOnly), s.config.End.Format(time.DateOnly))
	case grid < time.Second || day%grid != 0:
		return nil, fmt.Errorf("shop: a grid of %s, which is no part of a day in whole seconds or more", grid)
	}
	w := &World{shop: s, grid: grid, start: from, now: from,
		people: make([]person, s.config.Customers), touched: make([][]int32, s.clock.days()), seen: make([]int, s.config.Customers)}
	for i := range w.people {
		h, n := s.history(i)
		w.people[i] = person{Customer: h.Customer, nature: n, orders: h.Orders, views: h.Views, factor: s.config.Model.Response.of(h.Orders[0].Category())}
		for k := range h.Orders {
			w.touch(i, &h.Orders[k])
		}
		for k := range h.Views {
			w.touchAt(i, h.Views[k].At)
		}
	}
	return w, nil
}

// Newcomers are the customers whose first order falls into [from, to), by when
// they are first seen. Messages change nothing about it, so that to may lie ahead.
func (w *World) Newcomers(from, to time.Time) []Customer {
	var h Happened
	for i := range w.people {
		if at := w.people[i].orders[0].PlacedAt; !at.Before(from) && at.Before(to) {
			h.Customers = append(h.Customers, w.people[i].Customer)
		}
	}
	h.sort()
	return h.Customers
}

// Knows reports whether a shop's id is that of one of its customers.
func (w *World) Knows(customer string) bool {
	_, ok := w.shop.index(customer)
	return ok
}

// Now is what the world was advanced to.
func (w *World) Now() time.Time { return w.now }

// touch notes the days from now on on which an order has something to tell.
func (w *World) touch(i int, o *Order) {
	w.touchAt(i, o.PlacedAt)
	w.touchAt(i, o.DeliveredAt)
	if o.Refund != nil {
		w.touchAt(i, o.Refund.At)
	}
	for _, e := range o.Events {
		w.touchAt(i, e.At)
	}
}

func (w *World) touchAt(i int, at time.Time) {
	if at.Before(w.now) || !at.Before(w.shop.config.End) {
		return
	}
	d := int(at.Sub(w.shop.config.Start) / day)
	if n := len(w.touched[d]); n == 0 || w.touched[d][n-1] != int32(i) {
		w.touched[d] = append(w.touched[d], int32(i))
	}
}

// Receive tells of a message that has reached its customer. It acts from the
// first stop of the grid after m.At, which must not lie before Now. An error is
// a message that cannot be: it changes nothing.
func (w *World) Receive(m Message) error {
	if err := m.check(); err != nil {
		return fmt.Errorf("shop: message of %q to %q: %w", m.Campaign, m.Customer, err)
	}
	i, ok := w.shop.index(m.Customer)
	if !ok {
		return fmt.Errorf("shop: message of %q to %q, who is no customer", m.Campaign, m.Customer)
	}
	acts := w.stop(m.At)
	if acts.Before(w.now) {
		return fmt.Errorf("shop: message of %q to %q at %s, but it is %s by now", m.Campaign, m.Customer,
			m.At.UTC().Format(time.RFC3339), w.now.Format(time.RFC3339))
	}
	w.waiting = append(w.waiting, &received{Message: m, customer: i, acts: acts})
	return nil
}

// stop is the first stop of the grid after t.
func (w *World) stop(t time.Time) time.Time {
	since := t.UTC().Sub(w.start)
	stop := since.Truncate(w.grid)
	if stop <= since {
		stop += w.grid
	}
	return w.start.Add(stop)
}

// Advance tells all that happens in [Now, to) and makes to the new Now. to is a
// stop of the grid and not before Now, otherwise it panics; nothing happens
// after the shop's End. What happens is the same however the time is cut into
// periods, and in whatever order the messages that act in one were told.
func (w *World) Advance(to time.Time) Happened {
	to = to.UTC()
	if to.Before(w.now) || to.Sub(w.start)%w.grid != 0 {
		panic(fmt.Sprintf("shop: advance from %s to %s, by a grid of %s", w.now.Format(time.RFC3339), to.Format(time.RFC3339), w.grid))
	}
	w.listen(to)
	h := Happened{From: w.now, To: to}
	if until := earlier(to, w.shop.config.End); w.now.Before(until) {
		w.visit++
		first, last := int(w.now.Sub(w.shop.config.Start)/day), int((until.Sub(w.shop.config.Start)-1)/day)
		for d := first; d <= last; d++ {
			// More may be added to the days to come while we are at it.
			for k := 0; k < len(w.touched[d]); k++ {
				if i := int(w.touched[d][k]); w.seen[i] != w.visit {
					w.seen[i] = w.visit
					w.tell(i, until, &h)
				}
			}
			if end := w.shop.config.Start.AddDate(0, 0, d+1); !end.After(to) {
				w.touched[d] = nil
			}
		}
	}
	w.now = to
	h.sort()
	return h
}

// listen lets the messages act that do so before to.
func (w *World) listen(to time.Time) {
	slices.SortFunc(w.waiting, (*received).compare)
	n := 0
	for n < len(w.waiting) && w.waiting[n].acts.Before(to) {
		w.answer(w.waiting[n])
		n++
	}
	w.waiting = slices.Delete(w.waiting, 0, n)
}

// tell adds what a customer does in [now, until).
func (w *World) tell(i int, until time.Time, h *Happened) {
	p := &w.people[i]
	in := func(t time.Time) bool { return !t.Before(w.now) && t.Before(until) }
	if in(p.orders[0].PlacedAt) {
		h.Customers = append(h.Customers, p.Customer)
	}
	for n, e := range p.extras {
		if !e.at.Before(until) {
			break
		}
		if e.order == nil {
			e.order = w.shop.extraOrder(i, n, p, e)
			w.touch(i, e.order)
		}
	}
	for _, placed := range p.play(until, "") {
		o := placed.order
		switch {
		case in(o.PlacedAt):
			h.Orders = append(h.Orders, Placed{Customer: p.ID, Coupon: placed.code(), Order: *o})
		case o.status(until) != o.status(w.now) && o.status(until) != shipped:
			h.Retold = append(h.Retold, Placed{Customer: p.ID, Coupon: placed.code(), Order: *o})
		}
		if o.Refund != nil && in(o.Refund.At) {
			h.Refunds = append(h.Refunds, Returned{Customer: p.ID, Order: o.ID, Refund: *o.Refund})
		}
		for _, e := range o.Events {
			if in(e.At) {
				h.Events = append(h.Events, e)
			}
		}
	}
	for _, e := range p.views {
		if in(e.At) {
			h.Events = append(h.Events, e)
		}
	}
	for _, o := range p.optOuts {
		if in(o.At) {
			h.OptOuts = append(h.OptOuts, o)
		}
	}
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
