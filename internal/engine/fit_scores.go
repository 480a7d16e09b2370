package engine

import (
	"context"
	"fmt"
	"time"

	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/fault"
	"github.com/rewave/rewave/internal/postgres"
	"github.com/rewave/rewave/internal/scores"
	"github.com/rewave/rewave/rules"
)

// FitScores fits what rules predict by to all orders known at an instant, and keeps
// it. One that moved too far from the last is kept but not accepted, unless accept
// says so. Twice at one instant gives two equal fits.
func (e *Engine) FitScores(ctx context.Context, at time.Time, accept bool) (fitted *postgres.Scores, err error) {
	_, err = e.Store.Fitting(ctx, e.Shop.Currency, e.Shop.Zone.String(), at, false, func(f *postgres.Fitting) error {
		fitted, _, err = e.fit(ctx, f, at, accept)
		return err
	})
	return fitted, err
}

// RefitScores fits anew where the last attempt was not this week's, by the shop's
// calendar, and proposes the roles of products. It returns how often. Of several at
// once one fits.
func (e *Engine) RefitScores(ctx context.Context) (int, error) {
	at, err := e.now(ctx)
	if err != nil {
		return 0, err
	}
	today := calendar.DateOf(at, e.Shop.Zone)
	monday := calendar.Instant(today.AddDays(-(int(today.Weekday())+6)%7), 0, e.Shop.Zone)
	done, err := e.Store.ScoresSince(ctx, e.Shop.Currency, e.Shop.Zone.String(), monday)
	if err != nil || done {
		return 0, err
	}
	fits := 0
	_, err = e.Store.Fitting(ctx, e.Shop.Currency, e.Shop.Zone.String(), at, true, func(f *postgres.Fitting) error {
		if done, err := f.Since(ctx, monday); err != nil || done {
			return err
		}
		fitted, sold, err := e.fit(ctx, f, at, false)
		if found, ok := fault.Of(err); ok && found.Code == fault.NotFound {
			return nil // a shop without orders
		}
		if err != nil {
			return err
		}
		fits = 1
		if !fitted.Accepted {
			e.Log.Warn("refit not accepted", "scores", fitted.ID, "why", fitted.Why)
		}
		if fitted.Scores.Doubt != "" {
			e.Log.Warn("model in doubt", "scores", fitted.ID, "why", fitted.Scores.Doubt)
		}
		roles, err := sold.propose(ctx, f)
		if err == nil {
			e.Log.Info("roles proposed", "products", roles.Proposed, "changed", roles.Changed)
		}
		return err
	})
	return fits, err
}

func (e *Engine) fit(ctx context.Context, f *postgres.Fitting, at time.Time, accept bool) (*postgres.Scores, *sales, error) {
	basis := e.basis()
	o := scores.Options{At: at, Margin: e.Shop.Margin, Accept: accept}
	last, err := f.Last(ctx)
	if err != nil {
		return nil, nil, err
	}
	if last != nil {
		o.Last = &last.Scores
		then, now := calendar.DateOf(last.Scores.FittedAt, e.Shop.Zone), calendar.DateOf(at, e.Shop.Zone)
		o.Month = then.Year == now.Year && then.Month == now.Month
	}
	if o.Treated, err = f.Treated(ctx); err != nil {
		return nil, nil, err
	}
	until := int(basis.Day(at))
	r := scores.NewReader(until)
	checked := calendar.Instant(calendar.DateOf(at, e.Shop.Zone).AddDays(1-scores.CheckDays), 0, e.Shop.Zone)
	err = f.Orders(ctx, checked, func(x *postgres.Order) {
		order := scores.Order{Customer: x.Customer, Day: int(basis.Day(x.PlacedAt)), Minor: x.Minor}
		if x.LostAt != nil {
			order.Lost = int(basis.Day(*x.LostAt))
		}
		r.Add(order)
	})
	if err != nil {
		return nil, nil, err
	}
	if r.Customers() == 0 {
		return nil, nil, fault.New(fault.NotFound, "there is no order of a customer to learn from", "rewave import orders.csv")
	}
	sold, err := e.readSales(ctx, f, at)
	if err != nil {
		return nil, nil, err
	}
	o.Tastes = sold.read.Tastes()
	kept, err := f.Keep(ctx, r.Fit(o))
	return kept, sold, err
}

// predicting is a basis with the newest scores that were accepted and fitted as of
// an instant or before, where a rule needs them.
func (e *Engine) predicting(ctx context.Context, needs rules.Needs, at time.Time) (rules.Basis, error) {
	basis := e.basis()
	if !needs.Scores {
		return basis, nil
	}
	newest, err := e.Store.NewestScores(ctx, e.Shop.Currency, e.Shop.Zone.String(), at, true)
	if err == nil && newest == nil {
		basis.Scores, err = e.unfitted(ctx, at)
		return basis, err
	}
	if newest != nil {
		basis.Scores = &newest.Scores
	}
	return basis, err
}

// unfitted are no scores, with the reason and what to do about it: an instant may
// lie before the first fit.
func (e *Engine) unfitted(ctx context.Context, at time.Time) (*rules.Scores, error) {
	now, err := e.Store.Now(ctx)
	if err != nil {
		return nil, err
	}
	if now.Sub(at) < time.Minute {
		return &rules.Scores{Missing: "no model was fitted; rewave model fit fits one"}, nil
	}
	return &rules.Scores{Missing: fmt.Sprintf("no model was fitted by then; rewave model fit --at %q fits one", at.In(e.Shop.Zone).Format("2006-01-02 15:04"))}, nil
}
