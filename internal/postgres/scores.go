package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/rewave/rewave/internal/scores"
	"github.com/rewave/rewave/rules"
)

// Scores is a fit as it is kept.
type Scores struct {
	ID         int
	Currency   string
	Zone       string
	RecordedAt time.Time
	scores.Fitted
}

// NewestScores is the last fit of orders of a currency by the days of a zone that
// was made as of an instant or before; accepted: of those that rules may read. nil:
// there is none.
func (s *Store) NewestScores(ctx context.Context, currency, zone string, at time.Time, accepted bool) (*Scores, error) {
	found, err := newestScores(ctx, s.pool, currency, zone, at, accepted)
	if err != nil {
		return nil, fmt.Errorf("read scores: %w", mapError(err))
	}
	return found, nil
}

// ScoresSince reports whether there is a fit, accepted or not, as of an instant or
// later.
func (s *Store) ScoresSince(ctx context.Context, currency, zone string, at time.Time) (is bool, err error) {
	err = s.pool.QueryRow(ctx, "select exists (select from scores where fitted_at >= $1 and currency = $2 and zone = $3)", at, currency, zone).Scan(&is)
	return is, mapError(err)
}

func newestScores(ctx context.Context, q interface {
	QueryRow(context.Context, string, ...any) pgx.Row
}, currency, zone string, at time.Time, accepted bool,
) (*Scores, error) {
	f := &Scores{Currency: currency, Zone: zone}
	var definition, evidence []byte
	err := q.QueryRow(ctx, `select scores_id, recorded_at, accepted, coalesce(why, ''), definition, evidence from scores
		where currency = $1 and zone = $2 and fitted_at <= $3 and (accepted or not $4) order by fitted_at desc, scores_id desc limit 1`,
		currency, zone, at, accepted).Scan(&f.ID, &f.RecordedAt, &f.Accepted, &f.Why, &definition, &evidence)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err == nil {
		err = errors.Join(json.Unmarshal(definition, &f.Scores), json.Unmarshal(evidence, &f.Evidence))
		f.Scores.ID = f.ID
	}
	return f, err
}

// Fitting is a fit under way: nobody else fits meanwhile.
type Fitting struct {
	tx             pgx.Tx
	currency, zone string
	at             time.Time
}

// Fitting calls fn with the only fit under way, as of an instant, and keeps what it
// kept. Where another is under way it waits for it, or with try returns false.
func (s *Store) Fitting(ctx context.Context, currency, zone string, at time.Time, try bool, fn func(*Fitting) error) (ran bool, err error) {
	err = s.InTx(ctx, func(tx pgx.Tx) error {
		lock := "select true from (select pg_advisory_xact_lock(hashtext('rewave:scores'))) l"
		if try {
			lock = "select pg_try_advisory_xact_lock(hashtext('rewave:scores'))"
		}
		if err := tx.QueryRow(ctx, lock).Scan(&ran); err != nil || !ran {
			return err
		}
		return fn(&Fitting{tx, currency, zone, at})
	})
	if err != nil {
		return false, fmt.Errorf("fit scores: %w", err)
	}
	return ran, nil
}

// Last is the last fit that was accepted; nil: there is none.
func (f *Fitting) Last(ctx context.Context) (*Scores, error) {
	return newestScores(ctx, f.tx, f.currency, f.zone, f.at, true)
}

// Since reports whether there is a fit as of an instant or later.
func (f *Fitting) Since(ctx context.Context, at time.Time) (is bool, err error) {
	err = f.tx.QueryRow(ctx, "select exists (select from scores where fitted_at >= $1 and currency = $2 and zone = $3)", at, f.currency, f.zone).Scan(&is)
	return is, err
}

// Treated is how many customers a message was sent to by then.
func (f *Fitting) Treated(ctx context.Context) (n int, err error) {
	err = f.tx.QueryRow(ctx, "select count(distinct customer_id) from deliveries where state = 'accepted' and gate_at <= $1", f.at).Scan(&n)
	return n, err
}

// Order is an order as a fit reads it.
type Order struct {
	Customer int64
	PlacedAt time.Time
	Minor    int64
	LostAt   *time.Time // when the last of it came back; nil: something was kept
}

// Orders calls fn with those known by then, customer by customer, each oldest
// first; without those that were lost by an earlier instant.
func (f *Fitting) Orders(ctx context.Context, earlier time.Time, fn func(*Order)) error {
	// Parsed and planned for its values: all orders are read once, in the order of an index.
	rows, err := f.tx.Query(ctx, statement("scores/orders"), pgx.QueryExecModeCacheDescribe, f.at, f.currency, earlier)
	if err != nil {
		return err
	}
	var o Order
	_, err = pgx.ForEachRow(rows, []any{&o.Customer, &o.PlacedAt, &o.Minor, &o.LostAt}, func() error {
		fn(&o)
		return nil
	})
	return err
}

// Keep adds a fit.
func (f *Fitting) Keep(ctx context.Context, fit scores.Fitted) (*Scores, error) {
	out := &Scores{Currency: f.currency, Zone: f.zone, Fitted: fit}
	var why *string
	if fit.Why != "" {
		why = &fit.Why
	}
	err := f.tx.QueryRow(ctx, `insert into scores (fitted_at, currency, zone, accepted, why, definition, evidence) values ($1, $2, $3, $4, $5, $6, $7) returning scores_id, recorded_at`,
		f.at, f.currency, f.zone, fit.Accepted, why, fit.Scores, fit.Evidence).Scan(&out.ID, &out.RecordedAt)
	out.Scores.ID = out.ID
	return out, err
}

// frozenScores are those that a design keeps.
func frozenScores(id int, definition []byte) (*rules.Scores, error) {
	if definition == nil {
		return nil, nil
	}
	s := &rules.Scores{ID: id}
	return s, json.Unmarshal(definition, s)
}
