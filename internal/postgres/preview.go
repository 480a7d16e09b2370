package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Preview walks the candidates that a campaign would decide at an instant, page
// by page, in one read-only transaction: the slot's customers, or for an
// order-triggered campaign the newest order of each in the 30 days before. The
// campaign's id is 0 where it was never applied.
func (s *Store) Preview(ctx context.Context, c Campaign, at time.Time, channels []string, page int, fn func(*Planning, []Candidate) error) error {
	err := pgx.BeginTxFunc(ctx, s.pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		p := &Planning{tx: tx, c: c}
		for after := int64(0); ; {
			var candidates []Candidate
			var err error
			if c.Definition.Enter.On != "" {
				candidates, err = p.candidates(ctx, channels, statement("candidate/recent"), c.ID, at, channels, page, after)
			} else {
				candidates, err = p.SlotCandidates(ctx, at, channels, after, false, page)
			}
			if err != nil || len(candidates) == 0 {
				return err
			}
			if err := fn(p, candidates); err != nil {
				return err
			}
			after = int64(candidates[len(candidates)-1].Profile.ID)
		}
	})
	if err != nil {
		return fmt.Errorf("preview %s: %w", c.Name, mapError(err))
	}
	return nil
}
