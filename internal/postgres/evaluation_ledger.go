package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Outcome is what one point knows of one enrollment.
type Outcome struct {
	Enrollment, Customer int64
	Arm                  string
	EnteredAt            time.Time
	Round                int
	Anchor               *time.Time // nil: the wave was never planned for it
	Final                bool
	Orders, RevenueMinor int64
	RedeemedMinor        int64
	MessageMicros        int64
	ProfitMinor          *int64 // nil: the margin is not known
}

// Outcomes tells each everyone assigned, by enrollment: what Observe adds up.
func (s *Store) Outcomes(ctx context.Context, q PointQuery, w Worth, each func(Outcome) error) error {
	err := s.through(ctx, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, statement("evaluation/ledger"), append(q.args(), w.margin(), w.MicrosPerMinor, q.From, q.Until)...)
		if err != nil {
			return err
		}
		var o Outcome
		_, err = pgx.ForEachRow(rows, []any{&o.Enrollment, &o.Customer, &o.Arm, &o.EnteredAt, &o.Round, &o.Anchor, &o.Final, &o.Orders, &o.RevenueMinor,
			&o.RedeemedMinor, &o.MessageMicros, &o.ProfitMinor}, func() error { return each(o) })
		return err
	})
	if err != nil {
		return fmt.Errorf("read the outcomes of a point: %w", mapError(err))
	}
	return nil
}
