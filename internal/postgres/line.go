package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// LineHistory is one line of an order with what came back of it, oldest first,
// so that it can be asked as of any instant.
type LineHistory struct {
	Number   int
	Category string // of the product as it is now; empty: none
	SKU      string
	Role     string // likewise
	Minor    int64
	Units    int
	Cost     *int64 // of a unit, as it is now; nil: unknown
	Refunds  []LineRefund
}

// LineRefund is what came back of a line at an instant.
type LineRefund struct {
	At    time.Time
	Minor int64
	Units int
}

// KeptLine is what was kept of an order line.
type KeptLine struct {
	Category, SKU string
	Role          string
	Minor         int64
	Units         int    // > 0
	Cost          *int64 // of a unit, as it is now; nil: unknown
}

// AsOf is the line at an instant, net of what came back by then; ok is false if
// no unit of it was kept.
func (l LineHistory) AsOf(at time.Time) (kept KeptLine, ok bool) {
	kept = KeptLine{Category: l.Category, SKU: l.SKU, Role: l.Role, Minor: l.Minor, Units: l.Units, Cost: l.Cost}
	for _, r := range l.Refunds {
		if r.At.After(at) {
			break
		}
		kept.Minor -= r.Minor
		kept.Units -= r.Units
	}
	return kept, kept.Units > 0
}

// Lines reads the lines of orders, each order's in the order of its own.
func (p *Planning) Lines(ctx context.Context, orders []int64) (map[int64][]LineHistory, error) {
	rows, err := p.tx.Query(ctx, statement("line/of_orders"), orders)
	if err != nil {
		return nil, fmt.Errorf("read order lines: %w", err)
	}
	by := make(map[int64][]LineHistory, len(orders))
	var order int64
	var l LineHistory
	var at *time.Time
	var minor *int64
	var units *int
	_, err = pgx.ForEachRow(rows, []any{&order, &l.Number, &l.Category, &l.SKU, &l.Role, &l.Minor, &l.Units, &l.Cost, &at, &minor, &units}, func() error {
		lines := by[order]
		if n := len(lines); n == 0 || lines[n-1].Number != l.Number {
			lines = append(lines, l)
		}
		if at != nil {
			last := &lines[len(lines)-1]
			last.Refunds = append(last.Refunds, LineRefund{*at, *minor, *units})
		}
		by[order] = lines
		return nil
	})
	return by, err
}
