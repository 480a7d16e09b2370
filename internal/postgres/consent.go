package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/rewave/rewave/internal/fault"
)

// WithdrawConsent writes the no of whoever reads a delivery's address on its
// channel, for all accounts with that address, under the locks that the gate
// takes. It is harmless twice.
func (s *Store) WithdrawConsent(ctx context.Context, deliveryID int64, source string, at *time.Time) error {
	return s.InTxRetry(ctx, func(tx pgx.Tx) error {
		// The lock in a statement of its own: what the next one reads is then never older than it.
		rows, err := tx.Query(ctx, statement("consent/hold"), deliveryID)
		if err != nil {
			return err
		}
		customers, err := pgx.CollectRows(rows, pgx.RowTo[int64])
		if err != nil {
			return err
		}
		if len(customers) == 0 {
			return fault.New(fault.NotFound, fmt.Sprintf("there is no delivery %d here", deliveryID), "")
		}
		_, err = tx.Exec(ctx, statement("consent/withdraw"), customers, deliveryID, source, at)
		return err
	})
}

// Installation is the name of this database's installation and the secrets of
// its links, newest first.
func (s *Store) Installation(ctx context.Context) (name string, secrets [][]byte, err error) {
	err = s.pool.QueryRow(ctx, statement("installation/get")).Scan(&name, &secrets)
	return name, secrets, mapError(err)
}

// Now is the database's clock.
func (s *Store) Now(ctx context.Context) (time.Time, error) {
	var now time.Time
	err := s.pool.QueryRow(ctx, "select clock_timestamp()").Scan(&now)
	return now, mapError(err)
}

// QueueIncarnations compares the names that queues go by with those that were
// known, and remembers them; lost are the queues, in order, that go by another name
// than last time. One that was never asked about is not lost.
func (s *Store) QueueIncarnations(ctx context.Context, names map[string]string) (lost []string, err error) {
	rows, err := s.pool.Query(ctx, statement("installation/queue_incarnations"), names)
	if err != nil {
		return nil, fmt.Errorf("compare queues: %w", mapError(err))
	}
	lost, err = pgx.CollectRows(rows, pgx.RowTo[string])
	return lost, mapError(err)
}
