package main

import (
	"context"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/fault"
	"github.com/rewave/rewave/internal/model"
	"github.com/rewave/rewave/internal/order"
	"github.com/rewave/rewave/internal/postgres"
	"github.com/rewave/rewave/internal/scores"
	"github.com/rewave/rewave/rules"
)

func (a *app) modelShow() *cobra.Command {
	var at string
	show := &cobra.Command{Use: "show", Short: "Print what rules predict by", Args: operands,
		Long: `Prints the newest fit to the orders in the database: the models with their
standard errors, how their forecast of the last 90 days came out, whether rules
may read them, the boundaries of recency, frequency and money, and how long
customers take to their second purchase. A campaign reads the one that was the
newest when its design began. With --json all money is in minor units (cents) of
the currency beside it, of which minor_digits stand behind the point.`,
		Example: `  rewave model show
  rewave model show --json
  rewave model show --at "2026-11-01 00:00"`,
		RunE: func(c *cobra.Command, _ []string) error {
			l, err := a.open(c.Context())
			if err != nil {
				return err
			}
			defer l.close()
			l.sayZone(a)
			when, err := l.asOf(c.Context(), at, "rewave model show")
			if err != nil {
				return err
			}
			shop := l.engine.Shop
			accepted, err := l.store.NewestScores(c.Context(), shop.Currency, shop.Zone.String(), when, true)
			if err != nil {
				return err
			}
			newest, err := l.store.NewestScores(c.Context(), shop.Currency, shop.Zone.String(), when, false)
			if err != nil {
				return err
			}
			if newest == nil {
				return fault.New(fault.NotFound, "nothing was fitted yet", "rewave model fit")
			}
			if accepted == nil {
				accepted = newest
			}
			if newest.ID != accepted.ID {
				fmt.Fprintln(a.stderr, wrap("warning: ", fmt.Sprintf("a newer fit, of %s, was not accepted: %s; look at it with rewave model fit, and take it with rewave model fit --accept",
					newest.Scores.FittedAt.In(shop.Zone).Format("2006-01-02"), newest.Why)))
			}
			return a.showScores(accepted, shop.Zone)
		}}
	show.Flags().StringVar(&at, "at", "", "as of this `TIME` in the shop's zone, \"2026-11-01 00:00\" (default now)")
	return show
}

// fitScores fits to the orders in the database, and keeps it.
func (a *app) fitScores(ctx context.Context, at string, accept bool) error {
	l, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer l.close()
	l.sayZone(a)
	when, err := l.asOf(ctx, at, "rewave model fit")
	if err != nil {
		return err
	}
	fitted, err := l.engine.FitScores(ctx, when, accept)
	if err != nil {
		return err
	}
	if err := a.showScores(fitted, l.engine.Shop.Zone); err != nil || fitted.Accepted {
		return err
	}
	err = fault.New(fault.Pending, "rules go on with the last fit; this one is only kept beside it: "+fitted.Why, "rewave model fit --accept")
	if a.json {
		return reported{err}
	}
	return err
}

func (a *app) showScores(s *postgres.Scores, zone *time.Location) error {
	if a.json {
		return a.print(scoresResultOf(s))
	}
	fmt.Fprint(a.stdout, scoresText(s, zone))
	return nil
}

// scoresText is a fit as a person reads it.
func scoresText(s *postgres.Scores, zone *time.Location) string {
	var b strings.Builder
	line := func(prefix, format string, args ...any) {
		fmt.Fprintln(&b, wrap(prefix, fmt.Sprintf(format, args...)))
	}
	warn := func(warnings []model.Warning) {
		for _, w := range warnings {
			line("  warning: ", "%s", w.Text)
		}
	}
	e := s.Evidence
	state := "accepted"
	switch {
	case !s.Accepted:
		state = "not accepted: " + s.Why
	case s.Why != "":
		state = "accepted by hand, although " + s.Why
	}
	line("fit: ", "number %d, of what was known on %s, %s", s.ID, s.Scores.FittedAt.In(zone).Format("2006-01-02 15:04"), state)
	line("data: ", "%s of %s, %s of them with a repeat purchase, %s", count(e.Orders, "order"), count(e.Customers, "customer"), thousands(e.Repeaters), count(e.Repeats, "repeat purchase"))

	m := fittedModel{currency: s.Currency, fit: e.Purchases, spend: e.Spend}
	if !e.Purchases.Ready {
		line("purchases: ", "there is no model of them")
	} else {
		p := e.Purchases.Params
		line("purchases: ", "%s of whole weeks", p.Kind.Name())
		m.parameters(&b)
		if e.Moved > 0 {
			line("  ", "a parameter moved by %.1f%% at most since the last fit", 100*e.Moved)
		}
		line("  ", "still customers: about %s of %s; in the next %d weeks they buy about %s times", rounded(e.Alive), thousands(p.Customers), scores.AheadWeeks, rounded(e.Ahead))
	}
	warn(e.Purchases.Warnings)
	m.moneyText(&b, line)
	warn(e.Spend.Warnings)
	if e.Check != nil {
		day := func(n int) calendar.Date { return calendar.Date{Year: 1970, Month: 1, Day: 1}.AddDays(n) }
		m.checked, m.checkedOn = &e.Check.Calibration, days{day(e.Check.From + 1), day(e.Check.To)}
	}
	if e.Purchases.Ready {
		m.checkText(&b, line)
	}
	boundariesText(&b, line, s)
	if g := s.Scores.FirstGap; g.Late != nil {
		half := "fewer than half ever come back, as far as is known"
		if g.Median != nil {
			half = fmt.Sprintf("half of all customers are back after %.0f days", *g.Median)
		}
		line("second purchase: ", "%s; nine tenths of those who come back are after %.0f", half, *g.Late)
	}
	if t := s.Scores.Tastes; t != nil {
		line("categories: ", "%s sold, in %s of two years, %s of them followed by another", thousands(len(t.Spent)), count(int(t.Orders), "order"), thousands(int(t.Next.All)))
	}
	by := "how long they are silent, by the model"
	if !s.Scores.Lifecycle.Model.Known() {
		by = "mean gaps, without the model"
	}
	line("stages: ", "told by %s; after one purchase somebody has lapsed in %.0f days", by, s.Scores.Lifecycle.LapsedFirst)
	if s.Scores.Doubt != "" {
		line("rules: ", "what is predicted of purchases is unknown: %s", s.Scores.Doubt)
	} else {
		line("rules: ", "may read all of it")
	}
	return b.String()
}

// boundariesText is where each score from 2 to 5 begins.
func boundariesText(b *strings.Builder, line func(prefix, format string, args ...any), s *postgres.Scores) {
	r := s.Scores.RFM
	kept := "measured in this fit"
	if s.Evidence.Kept {
		kept = "kept from an earlier fit of the month"
	}
	line("rfm: ", "of %s, %s", count(r.Customers, "customer"), kept)
	fmt.Fprintf(b, "  %-9s  %12s  %12s  %12s  %12s\n", "score", "2", "3", "4", "5")
	row := func(name string, at func(i int) string) {
		fmt.Fprintf(b, "  %-9s  %12s  %12s  %12s  %12s\n", name, at(0), at(1), at(2), at(3))
	}
	row("recency", func(i int) string { return fmt.Sprintf("<= %d days", r.Recency[3-i]) })
	row("frequency", func(i int) string { return fmt.Sprintf("> %d", r.Frequency[i]) })
	row("monetary", func(i int) string {
		return fmt.Sprintf("> %.*f", int(math.Round(math.Log10(scale(s.Currency)))), float64(r.Monetary[i])/scale(s.Currency))
	})
}

// scoresResult is a fit for programs.
type scoresResult struct {
	ID         int             `json:"scores"`
	RecordedAt time.Time       `json:"recorded_at"`
	Currency   string          `json:"currency"`
	Minor      int             `json:"minor_digits"` // all money is in minor units of the currency: 2 are cents
	Zone       string          `json:"zone"`
	Accepted   bool            `json:"accepted"`
	Why        string          `json:"why,omitempty"`
	Usable     bool            `json:"usable"` // rules may read what is predicted of purchases
	Scores     rules.Scores    `json:"definition"`
	Evidence   scores.Evidence `json:"evidence"`
}

func scoresResultOf(s *postgres.Scores) scoresResult {
	_, err := s.Scores.Buying()
	return scoresResult{s.ID, s.RecordedAt.UTC(), s.Currency, order.Decimals(s.Currency), s.Zone, s.Accepted, s.Why, err == nil, s.Scores, s.Evidence}
}
