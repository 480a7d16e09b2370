package postgres

import (
	"context"
	"fmt"
	"time"
)

// Bound is what one enrollment counts for at most in windows of one length. It
// is frozen when a design begins.
type Bound struct {
	WindowSeconds int64     `json:"window_seconds"`
	Windows       int64     `json:"windows"` // of the shop's history, that it was taken from
	Revenue       Quantiles `json:"revenue"`
}

// Quantiles are in minor units; nil: no bound.
type Quantiles struct {
	P99  *int64 `json:"p99"`
	P995 *int64 `json:"p995"`
}

// History asks what customers spent in windows of one length before an instant.
type History struct {
	At           time.Time
	AfterOrders  bool // windows that orders opened; else the one window before At of the customers of then
	Window       time.Duration
	ReturnWindow time.Duration
	Currency     string
	Most         int // windows at most
}

// SpentInWindows returns the 99 % and 99.5 % quantiles of the totals, zeros
// included, in minor units, and of how many windows they are; nil of none.
func (s *Store) SpentInWindows(ctx context.Context, h History) (windows int64, q Quantiles, err error) {
	text := statement("evaluation/windows_before")
	if h.AfterOrders {
		text = statement("evaluation/windows_after_orders")
	}
	err = s.pool.QueryRow(ctx, text, h.At, h.Window.Seconds(), h.ReturnWindow.Seconds(), h.Currency, h.Most).Scan(&windows, &q.P99, &q.P995)
	if err != nil {
		return 0, q, fmt.Errorf("read what was spent in windows: %w", mapError(err))
	}
	return windows, q, nil
}

// Bounds returns what was frozen with a design; none where there was too little
// history.
func (s *Store) Bounds(ctx context.Context, campaign, design int) ([]Bound, error) {
	var bounds []Bound
	err := s.pool.QueryRow(ctx, "select caps from campaign_designs where campaign_id = $1 and design = $2", campaign, design).Scan(&bounds)
	if err != nil {
		return nil, fmt.Errorf("read the caps of design %d: %w", design, mapError(err))
	}
	return bounds, nil
}
