package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/rewave/rewave/internal/delivery"
	"github.com/rewave/rewave/internal/fault"
)

// Failover is what became of deliveries when the ledger was found on another
// server, or another timeline, than it was last known on.
type Failover struct {
	From, To    string // names of incarnations
	At          time.Time
	Quarantined int // planned, and perhaps sent by a gate that is forgotten
	Doubtful    int // were under way, and are unknown
}

// lostTail is the reason of deliveries that a failover put in doubt.
const lostTail = "the database failed over, and may have forgotten that it was sent"

// NoticeFailover compares the server with the one that the ledger was last known
// on. Where it is another, what may have been forgotten is put in doubt and gates
// open again, in one transaction; until then they let nothing through. Of several
// at once one does it. Nil: nothing has changed.
func (s *Store) NoticeFailover(ctx context.Context, giveUp time.Duration) (*Failover, error) {
	var same bool
	if err := s.pool.QueryRow(ctx, sameIncarnation).Scan(&same); err != nil || same {
		return nil, mapError(err)
	}
	var f *Failover
	err := s.InTx(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "lock table incarnations in share row exclusive mode"); err != nil {
			return err
		}
		if err := tx.QueryRow(ctx, sameIncarnation).Scan(&same); err != nil || same {
			return err
		}
		f = &Failover{}
		if err := tx.QueryRow(ctx, statement("delivery/quarantine"), lostTail, giveUp.Seconds()).Scan(&f.Quarantined); err != nil {
			return err
		}
		if err := tx.QueryRow(ctx, statement("delivery/doubt_all"), lostTail, giveUp.Seconds(), delivery.AskAfter(0).Seconds()).Scan(&f.Doubtful); err != nil {
			return err
		}
		err := tx.QueryRow(ctx, `insert into incarnations (name, quarantined, doubtful) values (server_incarnation(), $1, $2)
			returning coalesce((select name from incarnations order by incarnation_id desc limit 1), ''), name, noticed_at`, f.Quarantined, f.Doubtful).Scan(&f.From, &f.To, &f.At)
		if err != nil {
			return err
		}
		// Numbers that were given out and are forgotten are never given again: providers know deliveries by them, workers their claims.
		for _, column := range []string{"'deliveries', 'delivery_id'", "'claims', 'claim_id'"} {
			if _, err := tx.Exec(ctx, "select setval(pg_get_serial_sequence("+column+"), nextval(pg_get_serial_sequence("+column+")) + 10000000)"); err != nil {
				return err
			}
		}
		_, err = tx.Exec(ctx, "update dispatch set due_at = '-infinity', delivery_id = 0")
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("notice a failover: %w", mapError(err))
	}
	return f, nil
}

// sameIncarnation asks whether the server is the one that the ledger was last
// known on.
const sameIncarnation = "select coalesce((select name from incarnations order by incarnation_id desc limit 1) = server_incarnation(), false)"

// closedGate is why nothing goes out after a failover that nobody has noticed.
func closedGate() error {
	return fault.New(fault.Unavailable, "the database has failed over or was restored, and gates are closed until rewave tick has looked at what it may have forgotten", "start rewave tick")
}

// Replan plans quarantined deliveries again whose provider takes a key once within
// the window, and returns those for which there is time.
func (s *Store) Replan(ctx context.Context, claims []Claim, window time.Duration, at *time.Time) ([]int64, error) {
	ids, epochs := make([]int64, len(claims)), make([]int, len(claims))
	for i, c := range claims {
		ids[i], epochs[i] = c.ID, c.Epoch
	}
	rows, err := s.hot.Query(ctx, statement("delivery/replan"), ids, epochs, delivery.Usable(window).Seconds(), at)
	if err != nil {
		return nil, fmt.Errorf("plan again: %w", mapError(err))
	}
	done, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil || len(done) == 0 {
		return nil, mapError(err)
	}
	return done, s.HandOutAgain(ctx)
}
