package main

import (
	"context"
	"fmt"
	"time"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/evaluation"
	"github.com/rewave/rewave/internal/postgres"
)

// budget is how a campaign's budget stands, in the currency's unit.
type budget struct {
	Budget    float64 `json:"budget"`
	Spent     float64 `json:"spent"`     // over all versions
	Exhausted bool    `json:"exhausted"` // not even the cheapest message fits
	Waiting   int64   `json:"waiting"`   // messages that wait to be sent

	currency evaluation.Currency
}

// budget is nil where the definition has none.
func (l *live) budget(ctx context.Context, def campaigns.Campaign, applied postgres.Campaign, at time.Time) (*budget, error) {
	b, err := l.engine.Budget(ctx, def, applied, at)
	if err != nil || b == nil {
		return nil, err
	}
	return &budget{b.Limit, b.Spent, b.Exhausted, b.Waiting, evaluation.Currency{Code: l.engine.Shop.Currency, Digits: l.engine.Shop.Digits}}, nil
}

// stands is `2.31 EUR of 20.00 EUR are spent`, and whether that is all.
func (b budget) stands() string {
	unit := func(x float64) string { return evaluation.English().Money(x, b.currency) }
	says := unit(b.Spent) + " of " + unit(b.Budget) + " are spent"
	switch {
	case !b.Exhausted:
		return says
	case b.Waiting == 0:
		return says + "; it is exhausted"
	case b.Waiting == 1:
		return says + "; it is exhausted, and the one message that waits would be suppressed for good"
	}
	return fmt.Sprintf("%s; it is exhausted, and the %s that wait would be suppressed for good", says, count(int(b.Waiting), "message"))
}

// says adds for whom it holds, as customers otherwise keep what they entered under.
func (b budget) says() string {
	return "the budget holds for the whole campaign, those on their way too: " + b.stands()
}
