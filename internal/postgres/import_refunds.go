package postgres

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/rewave/rewave/internal/order"
)

// soldLine is an order line of a group, with what came back of it so far.
type soldLine struct {
	order.Sold
	refunded int
}

// refundLine is a refund line of a group as written.
type refundLine struct {
	order.Returned
	source            string
	customer, product int64
	refundOf, reason  *string
	amount            int64
}

// refundGroup is what order.MatchRefunds looks at together.
type refundGroup struct {
	sold     []soldLine
	numbers  []int32 // of a first history: the numbers of their orders in the file
	returned []refundLine
}

// refunds matches refund lines to order lines. Only the groups are looked at in
// which this import changed something, and these from the beginning: a file that
// comes late ends in the same state as one that came in time.
func (m *merge) refunds(ctx context.Context, file ImportedOrders) error {
	staged, source := len(file.Refunds) > 0, file.Source
	if staged {
		if _, err := m.exec(ctx, "import/find_refunds", source); err != nil {
			return err
		}
		if err := m.analyze(ctx, "import_refunds"); err != nil {
			return err
		}
	}
	found, err := m.exec(ctx, "import/find_groups", source)
	if err != nil {
		return err
	}
	if found == 0 && !staged {
		return m.writeMatches(ctx, nil)
	}
	if err := m.analyze(ctx, "import_groups"); err != nil {
		return err
	}
	groups := map[int64]*refundGroup{}
	if err := m.loadLines(ctx, groups); err != nil {
		return err
	}
	if err := m.loadRefunds(ctx, source, groups); err != nil {
		return err
	}
	if err := m.writeMatches(ctx, groups); err != nil {
		return err
	}
	c := &m.counts
	return m.tx.QueryRow(ctx, statement("import/count_refunds"), source).Scan(&c.Refunds.New, &c.Refunds.Changed, &c.Refunds.Unchanged,
		&c.Matched.Whole, &c.Matched.Partly, &c.Matched.None, &c.Matched.Units, &c.Matched.NoneMinor)
}

func (m *merge) loadLines(ctx context.Context, groups map[int64]*refundGroup) error {
	rows, err := m.tx.Query(ctx, statement("import/group_lines"))
	if err != nil {
		return err
	}
	var no int64
	var l soldLine
	_, err = pgx.ForEachRow(rows, []any{&no, &l.OrderID, &l.Name, &l.Line, &l.PlacedAt, &l.Quantity, &l.refunded}, func() error {
		g := group(groups, no)
		g.sold = append(g.sold, l)
		return nil
	})
	return err
}

func (m *merge) loadRefunds(ctx context.Context, source string, groups map[int64]*refundGroup) error {
	rows, err := m.tx.Query(ctx, statement("import/group_refunds"), source)
	if err != nil {
		return err
	}
	var no int64
	var r refundLine
	_, err = pgx.ForEachRow(rows, []any{&no, &r.source, &r.Name, &r.Line, &r.customer, &r.product, &r.OrderID, &r.refundOf, &r.At, &r.Quantity, &r.amount, &r.reason}, func() error {
		g := group(groups, no)
		g.returned = append(g.returned, r)
		return nil
	})
	return err
}

func group(groups map[int64]*refundGroup, no int64) *refundGroup {
	g := groups[no]
	if g == nil {
		g = &refundGroup{}
		groups[no] = g
	}
	return g
}

// writeMatches stores the parts, and on lines and orders what came back of them.
func (m *merge) writeMatches(ctx context.Context, groups map[int64]*refundGroup) error {
	var (
		parts           []refundPart
		orders, settled []int64
		numbers, counts []int32
	)
	for _, g := range groups {
		matched, back := g.match()
		parts = append(parts, matched...)
		for i, l := range g.sold {
			if back[i] > 0 || l.refunded > 0 {
				settled = append(settled, l.OrderID)
			}
			if back[i] != l.refunded {
				orders, numbers, counts = append(orders, l.OrderID), append(numbers, int32(l.Line)), append(counts, int32(back[i]))
			}
		}
	}
	m.settled = settled
	if len(parts) > 0 {
		if err := m.writeParts(ctx, parts); err != nil {
			return err
		}
	}
	if len(orders) > 0 {
		if _, err := m.exec(ctx, "import/count_returned", orders, numbers, counts); err != nil {
			return err
		}
	}
	_, err := m.exec(ctx, "import/settle_orders", settled)
	return err
}

func (m *merge) writeParts(ctx context.Context, parts []refundPart) error {
	slices.SortFunc(parts, refundPart.compare) // the same file gives rows in the same order
	err := copyRows(ctx, m.tx, "import_parts", partColumns, len(parts), func(i int) []any { return parts[i].values() })
	if err != nil {
		return fmt.Errorf("stage parts: %w", err)
	}
	if err := m.analyze(ctx, "import_parts"); err != nil {
		return err
	}
	for _, name := range []string{"import/delete_parts", "import/write_parts"} {
		if _, err := m.exec(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

// refundPart is a row of refunds.
type refundPart struct {
	refundLine
	part     int
	orderID  *int64
	line     *int
	quantity int
	amount   int64
}

func (p refundPart) compare(q refundPart) int {
	return cmp.Or(cmp.Compare(p.source, q.source), cmp.Compare(p.Name, q.Name), cmp.Compare(p.Line, q.Line), cmp.Compare(p.part, q.part))
}

// partColumns are those of refundPart.values, in refunds and in import_parts.
var partColumns = []string{"source", "shop_refund_id", "line_no", "part", "order_id", "order_line_no", "customer_id", "product_id", "refunded_at",
	"quantity", "amount_minor", "refund_of", "reason"}

func (p refundPart) values() []any {
	var customer *int64
	if p.customer != 0 {
		customer = &p.customer
	}
	return []any{p.source, p.Name, p.Line, p.part, p.orderID, p.line, customer, p.product, p.At, p.quantity, p.amount, p.refundOf, p.reason}
}

// match gives the parts of the group's refund lines, and for each order line how
// many units came back.
func (g *refundGroup) match() (parts []refundPart, back []int) {
	sold := make([]order.Sold, len(g.sold))
	for i, l := range g.sold {
		sold[i] = l.Sold
	}
	returned := make([]order.Returned, len(g.returned))
	for i, r := range g.returned {
		returned[i] = r.Returned
	}
	back = make([]int, len(sold))
	matched := order.MatchRefunds(sold, returned)
	for len(matched) > 0 {
		n := 1 // parts of one refund line stand together
		for n < len(matched) && matched[n].Returned == matched[0].Returned {
			n++
		}
		r := g.returned[matched[0].Returned]
		quantities := make([]int, n)
		for i, p := range matched[:n] {
			quantities[i] = p.Quantity
		}
		amounts := order.Shares(r.amount, quantities)
		for i, p := range matched[:n] {
			row := refundPart{refundLine: r, part: i + 1, quantity: p.Quantity, amount: amounts[i]}
			if p.Sold >= 0 {
				back[p.Sold] += p.Quantity
				row.orderID, row.line = &g.sold[p.Sold].OrderID, &g.sold[p.Sold].Line
			}
			parts = append(parts, row)
		}
		matched = matched[n:]
	}
	return parts, back
}
