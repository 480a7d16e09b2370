package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rewave/rewave/internal/audit"
	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/engine"
	"github.com/rewave/rewave/internal/fault"
	"github.com/rewave/rewave/internal/report"
)

// formats are the forms of a report.
var formats = map[string]func(report.Report, io.Writer) error{
	"text": report.Report.Text, "html": report.Report.HTML, "json": report.Report.JSON,
}

func (a *app) report() *cobra.Command {
	c := &cobra.Command{Use: "report", Short: "What a campaign changed, against its holdout",
		Example: `  rewave report show win-back
  rewave report show win-back --format html > win-back.html
  rewave report show win-back --at "2026-11-01 00:00" --json`}
	var at, format string
	var design int
	show := &cobra.Command{Use: "show CAMPAIGN", Short: "Evaluate and print", Args: operands,
		Long: `Compares everyone assigned to the two groups, as of a moment. A figure is final
when its window, the return window of its orders and a day have passed; before
that there is no verdict. The page needs no network to open.`,
		Example: `  rewave report show win-back
  rewave report show win-back --format html > win-back.html
  rewave report show win-back --at "2026-11-01 00:00" --design 1 --json`,
		RunE: func(c *cobra.Command, args []string) error {
			if a.json {
				if c.Flags().Changed("format") && format != "json" {
					return fault.New(fault.Usage, "report show: --json and --format "+format+" exclude each other", "rewave report show "+args[0]+" --format "+format)
				}
				format = "json"
			}
			if design < 0 {
				return fault.New(fault.Usage, "report show: designs are numbered from 1", "rewave report show "+args[0]+" --design 1")
			}
			render, ok := formats[format]
			if !ok {
				return fault.New(fault.Usage, "report show: there is no format "+format, "rewave report show "+args[0]+" --format html")
			}
			l, err := a.open(c.Context())
			if err != nil {
				return err
			}
			defer l.close()
			l.sayZone(a)
			asOf, err := l.asOf(c.Context(), at, "rewave report show "+args[0])
			if err != nil {
				return err
			}
			r, err := l.engine.EvaluateCampaign(c.Context(), args[0], engine.Evaluating{AsOf: asOf, Design: design})
			if err != nil {
				return err
			}
			return render(r, a.stdout)
		}}
	show.Flags().StringVar(&at, "at", "", "as of this `TIME` in the shop's zone, \"2026-11-01 00:00\" (default now)")
	show.Flags().IntVar(&design, "design", 0, "an earlier `NUMBER` of the experiment (default the current one)")
	show.Flags().StringVar(&format, "format", "text", "`FORM` text, html or json")
	c.AddCommand(a.takesJSON(a.takesConfig(show)))
	return c
}

func (a *app) audit() *cobra.Command {
	return a.takesJSON(a.takesConfig(&cobra.Command{Use: "audit", Short: "Hold the ledger against its promises, now", Args: operands,
		Long: `Runs every invariant of the ledger as a query on one snapshot, at any moment,
also while messages go out. Exit code 5 when one does not hold.`,
		Example: `  rewave audit
  rewave audit --json
  rewave audit || echo "stop sending and look"`,
		RunE: func(c *cobra.Command, _ []string) error {
			l, err := a.open(c.Context())
			if err != nil {
				return err
			}
			defer l.close()
			result, err := audit.Run(c.Context(), l.store)
			if err != nil {
				return err
			}
			if a.json {
				err = a.print(result)
			} else {
				err = auditText(a.stdout, result)
			}
			if err != nil {
				return err
			}
			return result.Err()
		}}))
}

// auditText writes a paragraph a probe.
func auditText(w io.Writer, r audit.Result) error {
	for _, p := range r.Probes {
		state := "holds "
		if p.Broken > 0 {
			state = "BROKEN"
		}
		prefix := fmt.Sprintf("%s  %-15s ", state, p.Name)
		if _, err := fmt.Fprintln(w, wrap(prefix, p.Promise)); err != nil {
			return err
		}
		if p.Broken > 0 {
			if _, err := fmt.Fprintln(w, wrap(strings.Repeat(" ", len(prefix)), count(int(p.Broken), "row")+", for example "+p.Example)); err != nil {
				return err
			}
		}
	}
	return nil
}

// asOf reads what --at of a call says, a wall time of the shop; now by the
// database's clock where it says nothing.
func (l *live) asOf(ctx context.Context, text, call string) (time.Time, error) {
	if text == "" {
		return l.store.Now(ctx)
	}
	return l.wall("--at", text, call)
}

// instant reads what a flag of a call says: an instant with its offset, as
// programs write it, or a wall time of the shop.
func (l *live) instant(flag, text, call string) (time.Time, error) {
	if at, err := time.Parse(time.RFC3339, strings.TrimSpace(text)); err == nil {
		return at, nil
	}
	return l.wall(flag, text, call)
}

// wall reads a wall time of the shop.
func (l *live) wall(flag, text, call string) (time.Time, error) {
	at, err := calendar.ParseDateTime(strings.TrimSpace(text))
	if err != nil {
		why := err.Error()
		if f, ok := fault.Of(err); ok {
			why = f.Message
		}
		return time.Time{}, fault.New(fault.Usage, flag+": "+why, call+" "+flag+` "2026-11-01 00:00"`)
	}
	return calendar.Instant(at.Date, at.Clock, l.config.Shop.Zone), nil
}
