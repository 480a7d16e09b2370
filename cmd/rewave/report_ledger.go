package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/rewave/rewave/internal/engine"
	"github.com/rewave/rewave/internal/fault"
	"github.com/rewave/rewave/internal/report"
)

func (a *app) reportLedger() *cobra.Command {
	var dir string
	var of evaluated
	ledger := &cobra.Command{Use: "ledger CAMPAIGN", Short: "Write the rows behind a report, and what adds them up", Args: operands,
		Long: `Writes CAMPAIGN.ledger.csv, a row for everyone assigned with what they bought in
the window of the primary point, and CAMPAIGN.recompute.R, which works the
report's headline out of it without Rewave: run it with Rscript. Customers are
numbers that mean something only here. Files of the same names are replaced.`,
		Example: `  rewave report ledger win-back --dir reports
  rewave report ledger win-back --dir reports --at "2026-11-01 00:00"
  rewave report ledger win-back --dir reports --design 1`,
		RunE: func(c *cobra.Command, args []string) (err error) {
			call := "rewave report ledger " + args[0] + " --dir reports"
			if dir == "" {
				return fault.New(fault.Usage, "report ledger: into which folder?", call)
			}
			ask, l, err := a.evaluating(c.Context(), call, of)
			if err != nil {
				return err
			}
			defer l.close()
			if err := os.MkdirAll(dir, 0o755); err != nil {
				return fault.Wrap(fault.Usage, err, "the folder "+dir+" cannot be made", "name one that is there, or that may be made")
			}
			rows, script := filepath.Join(dir, args[0]+".ledger.csv"), filepath.Join(dir, args[0]+".recompute.R")
			var recipe report.Recipe
			err = replaceFile(rows, func(w io.Writer) (err error) {
				out, err := report.NewLedger(w)
				if err != nil {
					return err
				}
				recipe, err = l.engine.Outcomes(c.Context(), args[0], ask, out.Write)
				return errors.Join(err, out.Close())
			})
			if err == nil {
				err = replaceFile(script, func(w io.Writer) error { return recipe.R(w, filepath.Base(rows)) })
			}
			if err == nil {
				_, err = fmt.Fprintln(a.stdout, rows+"\n"+script)
			}
			return err
		}}
	of.flags(ledger)
	ledger.Flags().StringVar(&dir, "dir", "", "`FOLDER` to write into")
	return a.takesConfig(ledger)
}

// evaluating opens the database and reads which evaluation is asked for; call is
// one that would work, for faults. The caller closes what it returns.
func (a *app) evaluating(ctx context.Context, call string, of evaluated) (engine.Evaluating, *live, error) {
	ask := engine.Evaluating{Design: of.design, Cohort: of.cohort}
	if of.design < 0 {
		return ask, nil, fault.New(fault.Usage, "report: designs are numbered from 1", call+" --design 1")
	}
	l, err := a.open(ctx)
	if err != nil {
		return ask, nil, err
	}
	l.sayZone(a)
	if ask.AsOf, err = l.asOf(ctx, of.at, call); err != nil {
		l.close()
		return ask, nil, err
	}
	return ask, l, nil
}
