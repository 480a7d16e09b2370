package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// ProviderHold is the rest of a channel's provider.
type ProviderHold struct {
	Channel      string
	Since, Until time.Time
	Reason       string
}

// RestChannel lets nothing pass a gate on a channel for the wait to come; where
// it rests for longer already, that stays. A nil at is the database's clock.
func (s *Store) RestChannel(ctx context.Context, channel string, at *time.Time, wait time.Duration, reason string) error {
	_, err := s.hot.Exec(ctx, statement("provider_hold/add"), channel, at, wait.Seconds(), reason)
	if err != nil {
		return fmt.Errorf("note that a provider rests: %w", mapError(err))
	}
	return nil
}

// ProviderHolds returns the providers that rest now, by their channels' names.
func (s *Store) ProviderHolds(ctx context.Context) ([]ProviderHold, error) {
	rows, err := s.pool.Query(ctx, statement("provider_hold/list"))
	if err != nil {
		return nil, fmt.Errorf("read which providers rest: %w", mapError(err))
	}
	holds, err := pgx.CollectRows(rows, pgx.RowToStructByPos[ProviderHold])
	return holds, mapError(err)
}
