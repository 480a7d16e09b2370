package engine

import (
	"context"
	"runtime"
	"sync"
	"time"

	"github.com/rewave/rewave/internal/customer"
	"github.com/rewave/rewave/internal/fault"
	"github.com/rewave/rewave/internal/postgres"
	"github.com/rewave/rewave/rules"
)

// RefreshStages works out a piece of what is due of the stages in which customers
// were, are and will be, and returns how many customers that were. Rules that ask
// before the rest is done judge in Go, so nothing waits for it. Twice is harmless:
// what is right is left alone. Of several at once one does it.
func (e *Engine) RefreshStages(ctx context.Context) (int, error) {
	at, err := e.now(ctx)
	if err != nil {
		return 0, err
	}
	due, err := e.Store.StagesDue(ctx, e.Shop.Currency, e.Shop.Zone.String(), at)
	if err != nil || !due {
		return 0, err
	}
	n := 0
	_, err = e.stage(ctx, at, true, func(g *postgres.Staging, customers int) {
		if n = customers; n > 0 && g.Total > 0 {
			e.Log.Info("stages worked out", "scores", g.Scores.ID, "customers", n, "upto", g.Upto, "of", g.Total)
		}
	})
	return n, err
}

// FillStages works out all that is due, waiting for others who do, and tells how
// far it is by id.
func (e *Engine) FillStages(ctx context.Context, at time.Time, progress func(upto, of int64)) error {
	for ran := true; ran; {
		var err error
		ran, err = e.stage(ctx, at, false, func(g *postgres.Staging, _ int) {
			if g.Total > 0 {
				progress(g.Upto, g.Total)
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// stagePiece is how many customers are worked out at once: about half a second of
// the planner's time.
const stagePiece = 50_000

// stage works out one piece, and tells of it; ran is false where there is none.
func (e *Engine) stage(ctx context.Context, at time.Time, try bool, told func(g *postgres.Staging, customers int)) (ran bool, err error) {
	q := postgres.StagingQuery{Currency: e.Shop.Currency, Zone: e.Shop.Zone.String(), At: at, Most: stagePiece, Try: try}
	return e.Store.Staging(ctx, q, func(g *postgres.Staging) error {
		logs, err := e.stageLogs(ctx, g)
		if err != nil {
			return err
		}
		told(g, len(logs))
		return g.Keep(ctx, logs)
	})
}

func (e *Engine) stageLogs(ctx context.Context, g *postgres.Staging) (logs []postgres.StageLog, err error) {
	basis, stages := e.basis(), g.Scores.Scores.Lifecycle
	var days [][]int // of each
	err = g.Orders(ctx, func(id int64, version int, placedAt time.Time) {
		last := len(logs) - 1
		if last < 0 || logs[last].Customer != id {
			logs, days = append(logs, postgres.StageLog{Customer: id, Version: version}), append(days, nil)
			last++
		}
		days[last] = append(days[last], int(basis.Day(placedAt)))
	})
	if err != nil {
		return nil, err
	}
	var parts sync.WaitGroup
	side := runtime.GOMAXPROCS(0)
	for part := range side {
		parts.Go(func() {
			for i := part; i < len(logs); i += side {
				logs[i].Log = stages.Transitions(days[i])
			}
		})
	}
	parts.Wait()
	return logs, nil
}

// StagesAt are the stages of all customers on the day of an instant, and what they
// were some days before, by what is known now.
type StagesAt struct {
	Scores *postgres.Scores
	Moves  []postgres.StageMove // who stayed among them
	Open   int64                // customers whose orders changed in this very moment: of none is known where they are
}

// CountStages counts customers by stage; Fill first, or many are Open.
func (e *Engine) CountStages(ctx context.Context, at time.Time, days int) (a StagesAt, err error) {
	if a.Scores, err = e.staged(ctx, at); err != nil {
		return a, err
	}
	today := int(e.basis().Day(at))
	moves, err := e.Store.StageMoves(ctx, a.Scores.ID, today-days, today)
	for _, m := range moves {
		if m.To == "" {
			a.Open += m.Customers
		} else {
			a.Moves = append(a.Moves, m)
		}
	}
	return a, err
}

// StagesOf is when a customer, by the shop's id, came into which stage, and when
// they will into the next if they buy nothing; empty where they have not bought.
func (e *Engine) StagesOf(ctx context.Context, at time.Time, shopID string) ([]customer.Transition, error) {
	by, err := e.staged(ctx, at)
	if err != nil {
		return nil, err
	}
	return e.Store.StagesOf(ctx, shopID, by.ID)
}

// staged is what stages are told by at an instant.
func (e *Engine) staged(ctx context.Context, at time.Time) (*postgres.Scores, error) {
	newest, err := e.Store.NewestScores(ctx, e.Shop.Currency, e.Shop.Zone.String(), at, true)
	if err != nil {
		return nil, err
	}
	if newest == nil || newest.Scores.Version != rules.ScoresVersion {
		return nil, fault.New(fault.NotFound, "no model was fitted, and stages are told by one", "rewave model fit")
	}
	return newest, nil
}
