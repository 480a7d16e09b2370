package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Split says what parts a point's enrollments into cells; its zero value is one
// cell of all.
type Split struct {
	By   string // variant, channel, stratum, text, month, week; empty: nothing
	Name string // the wave of a variant or a channel, the text, or the zone of a month or week
}

// CellTotals are the statistics of one arm in one cell; Cell is empty where what
// parts it is not known.
type CellTotals struct {
	Cell string
	ArmTotals
}

// Observe returns the statistics of a point, one row an arm.
func (s *Store) Observe(ctx context.Context, q PointQuery, w Worth) ([]ArmTotals, error) {
	cells, err := s.ObserveCells(ctx, q, w, Split{})
	if err != nil {
		return nil, err
	}
	var arms []ArmTotals
	for _, c := range cells {
		arms = append(arms, c.ArmTotals)
	}
	return arms, nil
}

// ObserveCells returns the statistics of a point by arm and cell. Variants share
// the holdout, and so its cap; other cells are each of their own.
func (s *Store) ObserveCells(ctx context.Context, q PointQuery, w Worth, split Split) ([]CellTotals, error) {
	type capped struct{ revenue, profit []float64 }
	var few, many []capped
	cells, err := listThrough(ctx, s, func(row pgx.CollectableRow) (CellTotals, error) {
		var a CellTotals
		var f, m capped
		var pairs []float64
		matured, final, c := &a.Matured, &a.Final, &a.Money
		err := row.Scan(&a.Arm, &a.Cell, &a.Assigned, &a.LastAnchor,
			&matured.Enrollments, &matured.Buyers, &matured.Orders, &matured.RevenueMinor, &final.Enrollments, &final.Buyers, &final.Orders, &final.RevenueMinor,
			&a.Spent.MessageMicros, &a.Spent.RedeemedMinor, &a.SpentMatured.MessageMicros, &a.SpentMatured.RedeemedMinor,
			&a.SpentFinal.MessageMicros, &a.SpentFinal.RedeemedMinor,
			&c.LargestOrderMinor, &c.Orders, &c.Revenue, &c.Profit, &f.revenue, &f.profit, &m.revenue, &m.profit,
			&c.Returned, &c.Placed, &c.Unsubscribed, &a.Return.Redeemers, &pairs)
		if len(pairs) == 6 {
			a.Return.Cost, a.Return.Gain, a.Return.CostOrders, a.Return.GainCost = pairs[:2], pairs[2:4], pairs[4], pairs[5]
		}
		few, many = append(few, f), append(many, m)
		return a, err
	}, statement("evaluation/observations"), append(q.args(), w.margin(), w.MicrosPerMinor,
		w.Few.Revenue, w.Few.Profit, w.Many.Revenue, w.Many.Profit, split.By, split.Name, q.From, q.Until, w.Unsubscribes)...)
	if err != nil {
		return nil, fmt.Errorf("observe point: %w", err)
	}
	held := map[string]int64{}
	of := func(cell string) string {
		if split.By == "variant" {
			return ""
		}
		return cell
	}
	for _, c := range cells {
		if c.Arm == "hold" {
			held[of(c.Cell)] += c.Final.Enrollments
		}
	}
	for i := range cells {
		x := few[i]
		if held[of(cells[i].Cell)] >= w.ManyHeld {
			x = many[i]
		}
		cells[i].Money.RevenueCapped, cells[i].Money.ProfitCapped = x.revenue, x.profit
	}
	return cells, nil
}
