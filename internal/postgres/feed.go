package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/rewave/rewave/internal/fault"
)

// Feed is how far a source has told everything.
type Feed struct {
	Name          string // orders or events
	CompleteUntil time.Time
	RecordedAt    time.Time
}

// Feeds returns the feeds that ever said up to when they are complete, by name.
func (s *Store) Feeds(ctx context.Context) ([]Feed, error) {
	rows, err := s.pool.Query(ctx, "select name, complete_until, recorded_at from feeds order by name")
	if err != nil {
		return nil, mapError(err)
	}
	feeds, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Feed])
	return feeds, mapError(err)
}

// CheckFeed is the fault that moving a feed to an instant would end in: it never
// goes back.
func (s *Store) CheckFeed(ctx context.Context, name string, until time.Time) error {
	var now time.Time
	err := s.pool.QueryRow(ctx, "select complete_until from feeds where name = $1", name).Scan(&now)
	if errors.Is(err, pgx.ErrNoRows) || err == nil && !now.After(until) {
		return nil
	}
	if err != nil {
		return mapError(err)
	}
	return feedGoesBack(name, now, until)
}

// feedGoesBack shows both in the zone of the instant that was asked for.
func feedGoesBack(name string, now, until time.Time) error {
	const form = "2006-01-02 15:04:05 MST"
	return fault.New(fault.Invalid, fmt.Sprintf("%s are complete until %s already, and cannot go back to %s", name, now.In(until.Location()).Format(form), until.Format(form)),
		"nothing was imported; an older file comes in without --complete-until")
}

// feed moves a feed's watermark in the merge; zero leaves it where it is.
func (m *merge) feed(ctx context.Context, name string, until time.Time) error {
	if until.IsZero() {
		return nil
	}
	err := m.tx.QueryRow(ctx, statement("feed/move"), name, until).Scan(&m.counts.CompleteUntil)
	if !errors.Is(err, pgx.ErrNoRows) {
		return err
	}
	var now time.Time
	if err := m.tx.QueryRow(ctx, "select complete_until from feeds where name = $1", name).Scan(&now); err != nil {
		return err
	}
	return feedGoesBack(name, now, until)
}
