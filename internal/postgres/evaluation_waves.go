package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// RoundsQuery asks about the rounds of one design, from entry.
type RoundsQuery struct {
	Campaign     int
	Design       int
	Every        time.Duration // length of a round, in whole seconds
	Rounds       int
	ReturnWindow time.Duration
	AsOf         time.Time
	Currency     string
}

// FirstOrders counts enrollments of an arm by the rounds that are final for them
// and the round of their first order after entry; 0: none.
type FirstOrders struct {
	Arm          string
	Final, Round int
	Count        int64
}

// FirstOrders tells in which round everyone enrolled bought for the first time.
func (s *Store) FirstOrders(ctx context.Context, q RoundsQuery) ([]FirstOrders, error) {
	rows, err := listThrough(ctx, s, pgx.RowToStructByPos[FirstOrders], statement("evaluation/looks"), q.Campaign, q.Design,
		int64(q.Every/time.Second), q.Rounds, q.ReturnWindow.Seconds(), q.AsOf, q.Currency)
	if err != nil {
		return nil, fmt.Errorf("read first orders: %w", err)
	}
	return rows, nil
}

// WaveWindow is one wave in one round, with the window in which orders count.
type WaveWindow struct {
	Wave   string
	Round  int
	Window time.Duration
}

// WaveTotals are what treated customers bought whom a wave could have reached:
// those it skipped by lot, or those it did not.
type WaveTotals struct {
	Wave      string
	Round     int
	Skipped   bool
	Available int64
	Final     Totals
}

// WaveTotals reads the two sides of the lot of each wave; q says of what and as
// of when, its anchor and window are not read.
func (s *Store) WaveTotals(ctx context.Context, q PointQuery, waves []WaveWindow) ([]WaveTotals, error) {
	names, rounds, seconds := make([]string, len(waves)), make([]int, len(waves)), make([]float64, len(waves))
	for i, w := range waves {
		names[i], rounds[i], seconds[i] = w.Wave, w.Round, w.Window.Seconds()
	}
	totals, err := listThrough(ctx, s, func(row pgx.CollectableRow) (WaveTotals, error) {
		var w WaveTotals
		f := &w.Final
		return w, row.Scan(&w.Wave, &w.Round, &w.Skipped, &w.Available, &f.Enrollments, &f.Buyers, &f.Orders, &f.RevenueMinor)
	}, statement("evaluation/waves"), q.Campaign, q.Design, names, rounds, seconds, q.ReturnWindow.Seconds(), q.AsOf, q.Currency)
	if err != nil {
		return nil, fmt.Errorf("read waves: %w", err)
	}
	return totals, nil
}

// CouponCount is what became of the codes that a wave gave in a round.
type CouponCount struct {
	Round           int
	Wave            string
	Given, Redeemed int64
	Minor           int64 // what the redeemed ones took off
}

// CouponCounts tells what became of the codes that a design's waves gave.
func (s *Store) CouponCounts(ctx context.Context, campaign, design int, asOf time.Time) ([]CouponCount, error) {
	counts, err := listThrough(ctx, s, pgx.RowToStructByPos[CouponCount], statement("evaluation/coupons"), campaign, design, asOf)
	if err != nil {
		return nil, fmt.Errorf("count coupons: %w", err)
	}
	return counts, nil
}
