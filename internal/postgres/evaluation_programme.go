package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/rewave/rewave/internal/holdout"
)

// Epoch is one group of the global holdout: those assigned in an epoch under one
// share.
type Epoch struct {
	Name        string
	Share       holdout.Share
	First, Last time.Time // assignment
	Customers   int64
}

// Epochs returns the groups of the global holdout by their first assignment;
// none where no campaign ever knew one.
func (s *Store) Epochs(ctx context.Context, asOf time.Time) ([]Epoch, error) {
	list, err := listThrough(ctx, s, func(row pgx.CollectableRow) (e Epoch, err error) {
		return e, row.Scan(&e.Name, &e.Share, &e.First, &e.Last, &e.Customers)
	}, statement("evaluation/programme_epochs"), asOf)
	if err != nil {
		return nil, fmt.Errorf("read the epochs of the global holdout: %w", err)
	}
	return list, nil
}

// ProgrammeQuery asks what the customers of an epoch did in [From, Until).
type ProgrammeQuery struct {
	Epoch        string
	Share        holdout.Share
	From, Until  time.Time
	ReturnWindow time.Duration
	AsOf         time.Time
	Currency     string
}

// ObserveProgramme returns the statistics of an epoch, hold for those held out
// of everything, and how many of these were reached.
func (s *Store) ObserveProgramme(ctx context.Context, q ProgrammeQuery, w Worth) (arms []ArmTotals, reached int64, err error) {
	arms, err = listThrough(ctx, s, func(row pgx.CollectableRow) (ArmTotals, error) {
		var n int64
		a, err := scanArm(row, &n)
		if a.Arm == string(holdout.Hold) {
			reached = n
		}
		return a, err
	}, statement("evaluation/programme_holdout"), q.Epoch, int64(q.Share), q.From, q.Until, q.ReturnWindow.Seconds(), q.AsOf, q.Currency,
		w.margin(), w.MicrosPerMinor, w.Few.Revenue, w.Few.Profit, w.ManyHeld, w.Many.Revenue, w.Many.Profit)
	if err != nil {
		return nil, 0, fmt.Errorf("observe the programme: %w", err)
	}
	return arms, reached, nil
}

// scanArm reads a row of evaluation/programme_holdout, and what stands behind it.
func scanArm(row pgx.CollectableRow, more ...any) (ArmTotals, error) {
	var a ArmTotals
	m, f, c := &a.Matured, &a.Final, &a.Money
	return a, row.Scan(append([]any{&a.Arm, &a.Assigned, &a.LastAnchor,
		&m.Enrollments, &m.Buyers, &m.Orders, &m.RevenueMinor, &f.Enrollments, &f.Buyers, &f.Orders, &f.RevenueMinor,
		&a.Spent.MessageMicros, &a.Spent.RedeemedMinor, &a.SpentMatured.MessageMicros, &a.SpentMatured.RedeemedMinor,
		&a.SpentFinal.MessageMicros, &a.SpentFinal.RedeemedMinor,
		&c.LargestOrderMinor, &c.Orders, &c.Revenue, &c.RevenueCapped, &c.Profit, &c.ProfitCapped}, more...)...)
}

// UnitRow is a row of evaluation/programme_units, which says what is in it.
type UnitRow struct {
	Kind          string // pair, segment, contact
	Point, Other  int    // from 1, in the order of the queries
	Arm, OtherArm string
	Stratum       string
	N             int64
	Figures       []float64
}

// Units returns what binds the given primary points together; caps bound profit
// point by point.
func (s *Store) Units(ctx context.Context, points []PointQuery, caps []*int64, w Worth) ([]UnitRow, error) {
	if len(points) == 0 {
		return nil, nil
	}
	n := len(points)
	campaigns, designs, rounds := make([]int, n), make([]int, n), make([]int, n)
	anchors, waves, windows := make([]string, n), make([]string, n), make([]float64, n)
	for i, q := range points {
		campaigns[i], designs[i], anchors[i], waves[i], rounds[i], windows[i] = q.Campaign, q.Design, q.Anchor, q.Wave, q.Round, q.Window.Seconds()
	}
	q := points[0]
	rows, err := listThrough(ctx, s, pgx.RowToStructByPos[UnitRow], statement("evaluation/programme_units"),
		campaigns, designs, anchors, waves, rounds, windows, caps, q.ReturnWindow.Seconds(), q.AsOf, q.Currency, w.margin(), w.MicrosPerMinor)
	if err != nil {
		return nil, fmt.Errorf("read what binds campaigns together: %w", err)
	}
	return rows, nil
}
