package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// SendHold is a hold above all campaigns: on a channel, or on all where Channel
// is empty.
type SendHold struct {
	Channel string
	Since   time.Time
	Who     string
	Because string
}

// HoldSends puts a channel on hold, or all of them where it is empty: gates that
// begin from now on let nothing through, so that no call begins later than 5 s
// after this returns. Planned rows stay planned. It says whether it was not on
// hold before; else the first reason stays.
func (s *Store) HoldSends(ctx context.Context, h SendHold) (changed bool, err error) {
	err = s.InTx(ctx, func(tx pgx.Tx) error {
		// Of two at once the second finds what the first did.
		if _, err := tx.Exec(ctx, "lock table send_holds in share row exclusive mode"); err != nil {
			return err
		}
		acts, err := tx.Exec(ctx, statement("send_hold/note"), h.Channel, true, h.Who, h.Because)
		if err != nil || acts.RowsAffected() == 0 {
			return err
		}
		changed = true
		_, err = tx.Exec(ctx, "insert into send_holds (channel, who, because) values ($1, $2, $3)", h.Channel, h.Who, h.Because)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("hold sends: %w", mapError(err))
	}
	return changed, nil
}

// ReleaseSends ends a hold, and the rest of the channel's provider, and says
// whether there was one. What waited is handed
// out again at once.
func (s *Store) ReleaseSends(ctx context.Context, h SendHold) (changed bool, err error) {
	err = s.InTx(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "lock table send_holds in share row exclusive mode"); err != nil {
			return err
		}
		acts, err := tx.Exec(ctx, statement("send_hold/note"), h.Channel, false, h.Who, h.Because)
		if err != nil || acts.RowsAffected() == 0 {
			return err
		}
		changed = true
		if _, err = tx.Exec(ctx, "delete from send_holds where channel = $1", h.Channel); err != nil || h.Channel == "" {
			return err // all is no provider
		}
		_, err = tx.Exec(ctx, statement("provider_hold/end"), h.Channel)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("release sends: %w", mapError(err))
	}
	if !changed {
		return false, nil
	}
	return true, s.HandOutAgain(ctx)
}

// SendHolds returns what is on hold, all of it first.
func (s *Store) SendHolds(ctx context.Context) ([]SendHold, error) {
	rows, err := s.pool.Query(ctx, "select channel, since, who, because from send_holds order by channel")
	if err != nil {
		return nil, fmt.Errorf("read holds: %w", mapError(err))
	}
	holds, err := pgx.CollectRows(rows, pgx.RowToStructByPos[SendHold])
	return holds, mapError(err)
}
