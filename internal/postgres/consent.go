package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/rewave/rewave/internal/fault"
)

// WithdrawConsent writes the customer's no on the channel of a delivery, under
// the same lock that the gate takes. It is harmless twice.
func (s *Store) WithdrawConsent(ctx context.Context, deliveryID int64, source string, at *time.Time) error {
	var known bool
	if err := s.pool.QueryRow(ctx, "select exists (select from deliveries where delivery_id = $1)", deliveryID).Scan(&known); err != nil {
		return mapError(err)
	}
	if !known {
		return fault.New(fault.NotFound, fmt.Sprintf("there is no delivery %d here", deliveryID), "")
	}
	_, err := s.pool.Exec(ctx, statement("consent/withdraw"), deliveryID, source, at)
	return mapError(err)
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

// QueueIncarnation compares the name a queue gives itself with the one that was
// known, and remembers it; known is false for another name than last time.
func (s *Store) QueueIncarnation(ctx context.Context, name string) (known bool, err error) {
	var changed int
	err = s.pool.QueryRow(ctx, `with old as (select queue from installation), moved as (
		update installation set queue = $1 where queue is distinct from $1 returning 1)
		select count(*) from moved, old where old.queue is not null`, name).Scan(&changed)
	return changed == 0, mapError(err)
}
