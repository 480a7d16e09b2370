package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/rewave/rewave/internal/customer"
	"github.com/rewave/rewave/internal/fault"
)

// customer_stages holds of every customer who has bought when they came into which
// stage of their life, and when they will into the next if nothing follows, so that
// a rule looks a stage up. A row is right iff it was told by the scores that are
// asked for and rests on the version of the customer's features; where there is no
// right one the rule itself judges. So no writer of orders waits for it: all that is
// left behind is a hint in stage_due, and a piece of work after another follows.

// StagesDue reports whether there is a piece of work on stages, of features kept on
// a basis, as of an instant. It is cheap.
func (s *Store) StagesDue(ctx context.Context, currency, zone string, at time.Time) (due bool, err error) {
	_, _, due, err = stagesDue(ctx, s.pool, currency, zone, at)
	if err != nil {
		err = fmt.Errorf("read whose stages are due: %w", mapError(err))
	}
	return due, err
}

func stagesDue(ctx context.Context, q interface {
	QueryRow(context.Context, string, ...any) pgx.Row
}, currency, zone string, at time.Time,
) (scores *int, anew, due bool, err error) {
	err = q.QueryRow(ctx, statement("stage/due"), currency, zone, at).Scan(&scores, &anew, &due)
	if errors.Is(err, pgx.ErrNoRows) { // not kept on that basis
		err = nil
	}
	return scores, anew, due, err
}

// Staging is a piece of work on stages: nobody else is at one meanwhile.
type Staging struct {
	Scores      *Scores
	Upto, Total int64 // of a walk through everybody, how far this piece goes, by id; Total 0: it is about some

	tx    pgx.Tx
	most  int // customers
	after int64
	of    []int64 // these alone; nil: all from after to Upto
	last  bool    // of a walk
}

// StageLog is what is kept of a customer.
type StageLog struct {
	Customer int64
	Version  int // of the features that it rests on
	Log      []customer.Transition
}

// StagingQuery asks for a piece of work on stages, of features kept on a basis, as
// of an instant.
type StagingQuery struct {
	Currency, Zone string
	At             time.Time
	Most           int  // customers
	Try            bool // where somebody else is at a piece, there is none for us; else they are waited for
}

// Staging calls fn with the next piece; ran is false where there is none. What is
// done in a piece is kept with its end, and a piece that broke off comes again.
func (s *Store) Staging(ctx context.Context, q StagingQuery, fn func(*Staging) error) (ran bool, err error) {
	for again := true; again && err == nil; {
		err = s.InTx(ctx, func(tx pgx.Tx) (err error) {
			again, ran, err = staging(ctx, tx, q, fn)
			return err
		})
	}
	if err != nil {
		return false, fmt.Errorf("work out stages: %w", err)
	}
	return ran, nil
}

func staging(ctx context.Context, tx pgx.Tx, q StagingQuery, fn func(*Staging) error) (again, ran bool, err error) {
	lock := "select true from (select pg_advisory_xact_lock(hashtext('rewave:stages'))) l"
	if q.Try {
		lock = "select pg_try_advisory_xact_lock(hashtext('rewave:stages'))"
	}
	var mine bool
	if err := tx.QueryRow(ctx, lock).Scan(&mine); err != nil || !mine {
		return false, false, err
	}
	scores, anew, due, err := stagesDue(ctx, tx, q.Currency, q.Zone, q.At)
	switch {
	case err != nil || !due:
		return false, false, err
	case anew || scores == nil: // a transaction of its own: imports write that row too
		_, err := tx.Exec(ctx, statement("stage/begin"), scores)
		return scores != nil, false, err
	}
	g := &Staging{tx: tx, most: q.Most}
	if again, err = g.next(ctx); err != nil || again {
		return again, false, err
	}
	if g.Scores, err = newestScores(ctx, tx, q.Currency, q.Zone, q.At, true); err != nil {
		return false, false, err
	}
	if err := fn(g); err != nil || !g.last {
		return false, true, err
	}
	// A table that was empty a moment ago is so to the planner.
	_, err = tx.Exec(ctx, "analyze customer_stages")
	return false, true, err
}

// next takes what is due off the list; again: it was put differently.
func (g *Staging) next(ctx context.Context) (again bool, err error) {
	rows, err := g.tx.Query(ctx, "select due_id, customers, after from stage_due order by due_id limit 200")
	if err != nil {
		return false, err
	}
	var id, walk int64
	var some, taken []int64
	var after *int64
	full := false
	_, err = pgx.ForEachRow(rows, []any{&id, &some, &after}, func() error {
		switch {
		case full:
		case after == nil:
			taken, g.of = append(taken, id), append(g.of, some...)
			full = len(g.of) > g.most
		case len(taken) == 0:
			walk, g.after, full = id, *after, true
		default:
			full = true
		}
		return nil
	})
	if err != nil {
		return false, err
	}
	if walk > 0 {
		return false, g.walk(ctx, walk)
	}
	if _, err = g.tx.Exec(ctx, "delete from stage_due where due_id = any($1::bigint[])", taken); err != nil {
		return false, err
	}
	slices.Sort(g.of)
	g.of = slices.Compact(g.of)
	switch n := len(g.of); {
	case n == 0:
		return true, nil
	case n > g.most:
		_, err = g.tx.Exec(ctx, "insert into stage_due (after) values (0)")
		return true, err
	default:
		g.after, g.Upto = g.of[0]-1, g.of[n-1]
		return false, nil
	}
}

// walk goes a piece on through everybody.
func (g *Staging) walk(ctx context.Context, due int64) error {
	var n int
	err := g.tx.QueryRow(ctx, `select coalesce(max(customer_id), $1), count(*), (select coalesce(max(customer_id), 0) from customer_features)
		from (select customer_id from customer_features where customer_id > $1 order by customer_id limit $2) f`, g.after, g.most).Scan(&g.Upto, &n, &g.Total)
	if err != nil {
		return err
	}
	if g.last = n < g.most; g.last {
		_, err = g.tx.Exec(ctx, "delete from stage_due where due_id = $1", due)
	} else {
		_, err = g.tx.Exec(ctx, "update stage_due set after = $2 where due_id = $1", due, g.Upto)
	}
	return err
}

// Orders calls fn with when each kept order was placed of those whose stages have to
// be worked out, customer by customer, oldest first.
func (g *Staging) Orders(ctx context.Context, fn func(id int64, version int, placedAt time.Time)) error {
	rows, err := g.tx.Query(ctx, statement("stage/orders"), pgx.QueryExecModeExec, g.Scores.ID, g.Scores.Currency, g.after, g.Upto, g.of)
	if err != nil {
		return err
	}
	var id int64
	var version int
	var placed time.Time
	_, err = pgx.ForEachRow(rows, []any{&id, &version, &placed}, func() error {
		fn(id, version, placed)
		return nil
	})
	return err
}

// Keep keeps the logs of those customers, and nothing that is not right.
func (g *Staging) Keep(ctx context.Context, logs []StageLog) error {
	// An order may have come between Orders and here: what is written then rests on
	// an older version, and the hint of the newer one is there.
	if _, err := g.tx.Exec(ctx, statement("stage/clear"), pgx.QueryExecModeExec, g.Scores.ID, g.after, g.Upto, g.of); err != nil {
		return fmt.Errorf("stage/clear: %w", err)
	}
	return copyRows(ctx, g.tx, "customer_stages", []string{"customer_id", "scores_id", "version", "days", "stages"}, len(logs), func(i int) []any {
		l := &logs[i]
		days, stages := make([]int32, len(l.Log)), make([]int16, len(l.Log))
		for j, t := range l.Log {
			days[j], stages[j] = int32(t.Since), stageNumber(t.Stage)
		}
		return []any{l.Customer, g.Scores.ID, l.Version, days, stages}
	})
}

// stageNumber is how a stage is kept: its place among all of them.
func stageNumber(s customer.Stage) int16 { return int16(slices.Index(customer.Stages, s)) }

// StageMove is how many customers were in a stage on one day and are on a later one.
type StageMove struct {
	From, To  customer.Stage // of both empty: not worked out
	Customers int64
}

// StageMoves counts customers by their stages on two days, the same ones too, in
// no order, of those who have no right row as well.
func (s *Store) StageMoves(ctx context.Context, scores, from, to int) ([]StageMove, error) {
	rows, err := s.pool.Query(ctx, statement("stage/moves"), scores, from, to)
	if err != nil {
		return nil, fmt.Errorf("count stages: %w", mapError(err))
	}
	moves, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (m StageMove, err error) {
		var was, has *int
		if err = row.Scan(&was, &has, &m.Customers); err == nil && was != nil && has != nil {
			m.From, m.To = customer.Stages[*was], customer.Stages[*has]
		}
		return m, err
	})
	if err != nil {
		return nil, fmt.Errorf("count stages: %w", mapError(err))
	}
	return moves, nil
}

// StagesOf is the log of the customer with the shop's id, empty where they have not
// bought.
func (s *Store) StagesOf(ctx context.Context, shopID string, scores int) ([]customer.Transition, error) {
	var orders *int
	var days []int32
	var stages []int16
	err := s.pool.QueryRow(ctx, statement("stage/of"), shopID, scores).Scan(&orders, &days, &stages)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return nil, fault.New(fault.NotFound, fmt.Sprintf("there is no customer %q", shopID), "it is the shop's own id, as customer_id of the imports; rewave segment list shows some")
	case err != nil:
		return nil, fmt.Errorf("read stages: %w", mapError(err))
	case orders == nil:
		return nil, fault.New(fault.NotFound, fmt.Sprintf("customer %q was merged into another", shopID), "ask for the other one")
	case *orders > 0 && days == nil:
		return nil, fault.New(fault.Conflict, fmt.Sprintf("orders of customer %q changed in this very moment", shopID), "ask again")
	}
	log := make([]customer.Transition, len(days))
	for i := range days {
		log[i] = customer.Transition{Since: int(days[i]), Stage: customer.Stages[stages[i]]}
	}
	return log, nil
}
