package shop

import (
	"cmp"
	"io"
	"slices"
	"strings"
	"time"
)

// Happened is what happened in [From, To), each list by time. Refunds and
// events are those of the period, mostly of earlier orders.
type Happened struct {
	From, To  time.Time
	Customers []Customer // whose first order falls into it: to be made known before its orders
	Orders    []Placed
	Retold    []Placed // orders of earlier periods that were delivered, cancelled or returned in this one
	Refunds   []Returned
	Events    []Event
	OptOuts   []OptOut
}

// Placed is an order of a customer. Order.Refund and Order.Events are what will
// become of it, some of it later than the period.
type Placed struct {
	Customer string
	Coupon   string // the code it uses; empty: none
	Order    Order
}

// Returned is a refund of a customer's order.
type Returned struct {
	Customer string
	Order    string
	Refund   Refund
}

// OptOut is a reader of a message who wants no more of them.
type OptOut struct {
	Customer string
	Message  Message
	At       time.Time
}

func (h *Happened) sort() {
	slices.SortFunc(h.Customers, func(a, b Customer) int {
		return cmp.Or(a.FirstSeenAt.Compare(b.FirstSeenAt), strings.Compare(a.ID, b.ID))
	})
	for _, orders := range [][]Placed{h.Orders, h.Retold} {
		slices.SortFunc(orders, func(a, b Placed) int {
			return cmp.Or(a.Order.PlacedAt.Compare(b.Order.PlacedAt), strings.Compare(a.Order.ID, b.Order.ID))
		})
	}
	slices.SortFunc(h.Refunds, func(a, b Returned) int {
		return cmp.Or(a.Refund.At.Compare(b.Refund.At), strings.Compare(a.Refund.ID, b.Refund.ID))
	})
	slices.SortFunc(h.Events, func(a, b Event) int { return cmp.Or(a.At.Compare(b.At), strings.Compare(a.ID, b.ID)) })
	slices.SortFunc(h.OptOuts, func(a, b OptOut) int {
		return cmp.Or(a.At.Compare(b.At), strings.Compare(a.Customer, b.Customer), strings.Compare(a.Message.Campaign, b.Message.Campaign),
			strings.Compare(a.Message.Wave, b.Message.Wave), a.Message.At.Compare(b.Message.At), strings.Compare(a.Message.Ref, b.Message.Ref))
	})
}

// WriteCustomers writes the period's customers as Shop.WriteCustomers does.
func (h Happened) WriteCustomers(w io.Writer) error {
	return table(w, "customers", customerColumns, func(t *rows) error {
		for k := range h.Customers {
			if err := t.customer(&h.Customers[k]); err != nil {
				return err
			}
		}
		return nil
	})
}

// WriteOrders writes the period's orders, then those told anew, then its refunds,
// each by time, with the columns of Shop.WriteOrders and as they stand at To. The
// order of a refund may stand in an earlier period's file.
func (h Happened) WriteOrders(w io.Writer) error {
	return table(w, "orders", orderColumns, func(t *rows) error {
		for _, orders := range [][]Placed{h.Orders, h.Retold} {
			for k := range orders {
				p := &orders[k]
				if err := t.document(p.Customer, p.Order.document(p.Coupon, h.To)); err != nil {
					return err
				}
			}
		}
		for _, r := range h.Refunds {
			if err := t.document(r.Customer, r.Refund.document(r.Order)); err != nil {
				return err
			}
		}
		return nil
	})
}

// WriteEvents writes the period's events by time, with the columns of
// Shop.WriteEvents.
func (h Happened) WriteEvents(w io.Writer) error {
	return table(w, "events", eventColumns, func(t *rows) error {
		for k := range h.Events {
			if err := t.event(&h.Events[k]); err != nil {
				return err
			}
		}
		return nil
	})
}
