package engine

import (
	"cmp"
	"context"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/evaluation"
	"github.com/rewave/rewave/internal/holdout"
	"github.com/rewave/rewave/internal/postgres"
)

// splitFacts is the primary point by one entry of evaluation.by.
type splitFacts struct {
	by    string
	cells []postgres.CellTotals
}

// readSplits reads the primary point by each text that the file names.
func (e reading) readSplits(ctx context.Context, group *errgroup.Group, f *readings) {
	p := f.primary()
	if p == nil {
		return
	}
	for _, by := range e.campaign.Definition.Evaluation.By {
		split := postgres.Split{By: "text", Name: by}
		if by == campaigns.ByStratum {
			split = postgres.Split{By: "stratum"}
		}
		facts := &splitFacts{by: by}
		f.splits = append(f.splits, facts)
		fetch(group, &facts.cells, func() ([]postgres.CellTotals, error) {
			return e.Store.ObserveCells(ctx, p.PointQuery, p.worth, split)
		})
	}
}

// addSplits says what the campaign did in each part of its customers: strata as
// they are declared, else by name, and last those of whom it is not known.
func (e reading) addSplits(f readings) {
	p := f.primary()
	primary, ok := e.report.Primary()
	if p == nil || !ok {
		return
	}
	for _, s := range f.splits {
		in := evaluation.CellsInput{By: s.by, Point: p.point.Name, Round: p.Round, HoldShare: e.campaign.Share, Blocked: primary.Blocked()}
		in.Cells = cellsOf(s.cells)
		if strata := e.campaign.Definition.Strata; s.by == campaigns.ByStratum && strata != nil {
			place := func(c evaluation.CellInput) int {
				if i := slices.IndexFunc(strata.Values, func(v campaigns.Stratum) bool { return v.Name == c.Name }); i >= 0 {
					return i
				}
				return len(strata.Values)
			}
			slices.SortStableFunc(in.Cells, func(a, b evaluation.CellInput) int { return place(a) - place(b) })
		}
		e.report.Splits = append(e.report.Splits, in.Split())
	}
}

// cellsOf are both arms of each cell, by name, and last those of whom it is not
// known.
func cellsOf(list []postgres.CellTotals) []evaluation.CellInput {
	var out []evaluation.CellInput
	for _, c := range list {
		i := slices.IndexFunc(out, func(x evaluation.CellInput) bool { return x.Name == c.Cell })
		if i < 0 {
			i, out = len(out), append(out, evaluation.CellInput{Name: c.Cell, Treat: evaluation.Observation{Arm: holdout.Treat}, Hold: evaluation.Observation{Arm: holdout.Hold}})
		}
		switch holdout.Arm(c.Arm) {
		case holdout.Treat:
			out[i].Treat = observation(c.ArmTotals)
		case holdout.Hold:
			out[i].Hold = observation(c.ArmTotals)
		}
	}
	slices.SortFunc(out, func(a, b evaluation.CellInput) int {
		switch {
		case (a.Name == "") == (b.Name == ""):
			return cmp.Compare(a.Name, b.Name)
		case a.Name == "":
			return 1
		}
		return -1
	})
	return out
}
