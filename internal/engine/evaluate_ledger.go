package engine

import (
	"context"
	"fmt"

	"github.com/rewave/rewave/internal/holdout"
	"github.com/rewave/rewave/internal/postgres"
	"github.com/rewave/rewave/internal/report"
)

// Outcomes tells each everyone assigned with what became of them at the primary
// point: the rows that EvaluateCampaign adds up. It returns what adding them up
// again takes. Each is called while the database is read; its error ends that.
func (e *Engine) Outcomes(ctx context.Context, name string, ask Evaluating, each func(report.LedgerRow) error) (report.Recipe, error) {
	c, err := e.Store.CampaignDesign(ctx, name, ask.Design)
	if err != nil {
		return report.Recipe{}, err
	}
	entries, err := e.Store.Entries(ctx, c.ID, c.Design, ask.AsOf, e.Shop.Currency)
	if err != nil {
		return report.Recipe{}, fmt.Errorf("outcomes of %s: %w", name, err)
	}
	bounds, err := e.Store.Bounds(ctx, c.ID, c.Design)
	if err != nil {
		return report.Recipe{}, fmt.Errorf("outcomes of %s: %w", name, err)
	}
	reading := reading{Engine: e, report: &report.Report{AsOf: ask.AsOf, Zone: e.Shop.Zone, Language: report.English()}, campaign: c, entries: entries, bounds: bounds}
	if err := reading.readCohorts(ctx, ask.Cohort); err != nil {
		return report.Recipe{}, fmt.Errorf("outcomes of %s: %w", name, err)
	}
	recipe := report.Recipe{Campaign: c.Name, Design: c.Design, Point: c.Definition.Evaluation.Primary.Point, AsOf: ask.AsOf, Digits: e.Shop.Digits}
	for _, p := range c.Definition.Evaluation.Points {
		facts := reading.pointFacts(p, max(1, p.Anchor.Round))
		if !facts.primary {
			continue
		}
		recipe.Few, recipe.Many = report.Caps(facts.worth.Few), report.Caps(facts.worth.Many)
		err := e.Store.Outcomes(ctx, facts.PointQuery, facts.worth, func(o postgres.Outcome) error {
			return each(report.LedgerRow{Enrollment: o.Enrollment, Customer: o.Customer, Arm: holdout.Arm(o.Arm), EnteredAt: o.EnteredAt, Round: o.Round, Anchor: o.Anchor,
				Final: o.Final, Orders: o.Orders, RevenueMinor: o.RevenueMinor, RedeemedMinor: o.RedeemedMinor, MessageMicros: o.MessageMicros, ProfitMinor: o.ProfitMinor})
		})
		if err != nil {
			return recipe, fmt.Errorf("outcomes of %s: %w", name, err)
		}
	}
	return recipe, nil
}
