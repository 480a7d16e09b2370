package postgres

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// history is what comes back of a first history's order lines. Where nothing is
// stored yet, the file alone decides it: the refunds are matched before a line is
// written, so that lines and refunds are written once, as they end. Asking the
// database afterwards took a third of the merge.
type history struct {
	source   string
	orders   []historyOrder // by number
	products []int64        // by number
	groups   map[groupKey]*refundGroup
	returned map[lineKey]int32 // units that came back of a line
	parts    []refundPart
}

type historyOrder struct {
	id, customer int64 // customer 0: a guest
	name         string
	placedAt     time.Time
	units        int64 // of all its lines
}

// groupKey is a customer's product, or a product of a guest's order. The zero
// customer and order have no lines.
type groupKey struct{ customer, order, product int64 }

// lineKey is a line by the numbers of the file.
type lineKey struct{ order, ordinal int32 }

// matchHistory matches the refunds of a file with its staged lines, as refunds
// does with stored ones. customers and products are ids by number.
func (m *merge) matchHistory(ctx context.Context, file ImportedOrders, ids orderIDs, customers, products []int64) (*history, error) {
	h := &history{
		source: file.Source, orders: make([]historyOrder, len(ids)), products: products,
		groups: map[groupKey]*refundGroup{}, returned: map[lineKey]int32{},
	}
	byName := map[string]*historyOrder{}
	for _, o := range file.Orders {
		to := &h.orders[o.Number]
		*to = historyOrder{id: ids[o.Number].id, name: file.Source + "/" + o.Name, placedAt: o.PlacedAt}
		if o.Customer >= 0 {
			to.customer = customers[o.Customer]
		}
		byName[o.Name] = to
	}
	for i := range file.Refunds {
		h.addRefund(&file.Refunds[i], byName, customers)
	}
	if len(h.groups) == 0 {
		return h, nil
	}
	err := m.eachChunk(ctx, func(_ int, packed []byte) (err error) {
		for len(packed) > 0 {
			var l ImportLine
			if l, packed, err = unpackLine(packed); err != nil {
				return err
			}
			if err := h.addLine(&l); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, g := range h.groups {
		parts, back := g.match()
		h.parts = append(h.parts, parts...)
		for i, l := range g.sold {
			if back[i] > 0 {
				h.returned[lineKey{g.numbers[i], int32(l.Line)}] = int32(back[i])
			}
		}
	}
	slices.SortFunc(h.parts, refundPart.compare) // the same file gives rows in the same order
	return h, nil
}

func (h *history) addRefund(r *ImportRefund, byName map[string]*historyOrder, customers []int64) {
	row := refundLine{source: h.source, product: h.products[r.Product], refundOf: said(r.RefundOf), amount: r.Amount, reason: said(r.Reason)}
	row.Name, row.Line, row.At, row.Quantity = r.Name, r.Line, r.At, r.Quantity
	if r.Customer >= 0 {
		row.customer = customers[r.Customer]
	}
	key := groupKey{product: row.product}
	if r.RefundOf != "" {
		row.OrderID = -1
		if of := byName[r.RefundOf]; of != nil {
			row.OrderID, row.customer, key.order = of.id, of.customer, of.id
		}
	}
	if key.customer = row.customer; key.customer != 0 {
		key.order = 0
	}
	g := h.groups[key]
	if g == nil {
		g = &refundGroup{}
		h.groups[key] = g
	}
	g.returned = append(g.returned, row)
}

// addLine counts a line's units, and keeps it where refunds may choose it.
func (h *history) addLine(l *ImportLine) error {
	if int(l.Order) >= len(h.orders) || int(l.Product) >= len(h.products) {
		return errDamaged
	}
	o := &h.orders[l.Order]
	o.units += int64(l.Quantity)
	key := groupKey{customer: o.customer, product: h.products[l.Product]}
	if key.customer == 0 {
		key.order = o.id
	}
	if g := h.groups[key]; g != nil {
		sold := soldLine{}
		sold.OrderID, sold.Name, sold.Line, sold.PlacedAt, sold.Quantity = o.id, o.name, int(l.Ordinal), o.placedAt, int(l.Quantity)
		g.sold, g.numbers = append(g.sold, sold), append(g.numbers, l.Order)
	}
	return nil
}

// copyHistory stores the heads of the orders, with what came back of them.
func (m *merge) copyHistory(ctx context.Context, h *history, file ImportedOrders) error {
	type returns struct {
		units, minor int64
		last         time.Time
	}
	back := map[int64]*returns{}
	for _, p := range h.parts {
		if p.orderID == nil {
			continue
		}
		r := back[*p.orderID]
		if r == nil {
			r = &returns{}
			back[*p.orderID] = r
		}
		r.units, r.minor = r.units+int64(p.quantity), r.minor+p.amount
		if p.At.After(r.last) {
			r.last = p.At
		}
	}
	columns := []string{"order_id", "source", "shop_order_id", "customer_id", "placed_at", "currency", "gross_minor", "refunded_minor", "unkept_at"}
	told := file.told()
	if told {
		columns = append(columns, toldColumns...)
	}
	err := copyRows(ctx, m.tx, "orders", columns, len(file.Orders), func(i int) []any {
		head := &file.Orders[i]
		o := &h.orders[head.Number]
		var customer *int64
		if o.customer != 0 {
			customer = &o.customer
		}
		var minor int64
		var unkept *time.Time
		if r := back[o.id]; r != nil {
			m.settled, minor = append(m.settled, o.id), r.minor
			if r.units == o.units {
				unkept = &r.last
			}
		}
		row := []any{o.id, file.Source, head.Name, customer, head.PlacedAt, head.Currency, head.Gross, minor, unkept}
		if told {
			row = append(row, head.Told.values()...)
		}
		return row
	})
	if err != nil {
		return fmt.Errorf("copy orders: %w", err)
	}
	m.counts.Orders.New = int64(len(file.Orders))
	return nil
}

// copyHistoryRefunds stores the parts; orders and lines know of them already.
func (m *merge) copyHistoryRefunds(ctx context.Context, h *history) error {
	if err := copyRows(ctx, m.tx, "refunds", partColumns, len(h.parts), func(i int) []any { return h.parts[i].values() }); err != nil {
		return fmt.Errorf("copy parts: %w", err)
	}
	h.count(&m.counts)
	return nil
}

// count counts the refund lines, all of which are new; the parts of one stand
// together.
func (h *history) count(c *ImportCounts) {
	for parts := h.parts; len(parts) > 0; {
		var written, matched, n int
		var amount int64
		for n < len(parts) && parts[n].Name == parts[0].Name && parts[n].Line == parts[0].Line {
			written, amount = written+parts[n].quantity, amount+parts[n].amount
			if parts[n].orderID != nil {
				matched += parts[n].quantity
			}
			n++
		}
		parts = parts[n:]
		c.Refunds.New++
		c.Matched.Units += int64(matched)
		switch matched {
		case written:
			c.Matched.Whole++
		case 0:
			c.Matched.None++
			c.Matched.NoneMinor += amount
		default:
			c.Matched.Partly++
		}
	}
}
