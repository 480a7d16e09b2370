package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rewave/rewave/internal/audit"
	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/fault"
	"github.com/rewave/rewave/internal/report"
)

// formats are the forms of a report.
var formats = map[string]func(report.Report, io.Writer) error{
	"text": report.Report.Text, "html": report.Report.HTML, "json": report.Report.JSON, "csv": report.Report.CSV, "md": report.Report.Markdown,
}

func (a *app) report() *cobra.Command {
	c := &cobra.Command{Use: "report", Short: "What a campaign changed, against its holdout",
		Example: `  rewave report show win-back
  rewave report show win-back --format html > win-back.html
  rewave report programme --format html > all.html`}
	c.AddCommand(a.reportShow(), a.reportExport(), a.reportLedger(), a.reportProgramme())
	return c
}

func (a *app) reportShow() *cobra.Command {
	var format string
	var of evaluated
	show := &cobra.Command{Use: "show CAMPAIGN", Short: "Evaluate and print", Args: operands,
		Long: `Compares everyone assigned to the two groups, as of a moment. A figure is final
when its window, the return window of its orders and a day have passed; before
that there is no verdict. The page needs no network to open; csv is one tidy
table of every figure; md pastes into a wiki.`,
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
			render, ok := formats[format]
			if !ok {
				return fault.New(fault.Usage, "report show: there is no format "+format, "there are "+strings.Join(slices.Sorted(maps.Keys(formats)), ", "))
			}
			r, err := a.evaluate(c.Context(), "rewave report show "+args[0], args[0], of)
			if err != nil {
				return err
			}
			return render(r, a.stdout)
		}}
	of.flags(show)
	show.Flags().StringVar(&format, "format", "text", "`FORM` text, html, json, csv or md")
	return a.takesJSON(a.takesConfig(show))
}

func (a *app) reportExport() *cobra.Command {
	var dir string
	var of evaluated
	export := &cobra.Command{Use: "export CAMPAIGN", Short: "Write every form into a folder", Args: operands,
		Long: `Writes the report as CAMPAIGN.html, .txt, .json, .csv and .md into a folder,
which is made where there is none. Files of the same names are replaced.`,
		Example: `  rewave report export win-back --dir reports
  rewave report export win-back --dir reports --at "2026-11-01 00:00"
  rewave report export win-back --dir reports --design 1`,
		RunE: func(c *cobra.Command, args []string) error {
			call := "rewave report export " + args[0] + " --dir reports"
			if dir == "" {
				return fault.New(fault.Usage, "report export: into which folder?", call)
			}
			r, err := a.evaluate(c.Context(), call, args[0], of)
			if err != nil {
				return err
			}
			return exported(a.stdout, r, dir)
		}}
	of.flags(export)
	export.Flags().StringVar(&dir, "dir", "", "`FOLDER` to write into")
	return a.takesConfig(export)
}

// exported writes each form and names it.
func exported(w io.Writer, r report.Report, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fault.Wrap(fault.Usage, err, "the folder "+dir+" cannot be made", "name one that is there, or that may be made")
	}
	for _, format := range slices.Sorted(maps.Keys(formats)) {
		ending := format
		if format == "text" {
			ending = "txt"
		}
		path := filepath.Join(dir, r.Campaign+"."+ending)
		if err := replaceFile(path, func(w io.Writer) error { return formats[format](r, w) }); err != nil {
			return err
		}
		if _, err := fmt.Fprintln(w, path); err != nil {
			return err
		}
	}
	return nil
}

// evaluated says which evaluation of a campaign is asked for.
type evaluated struct {
	at     string
	design int
	cohort string
}

func (e *evaluated) flags(c *cobra.Command) {
	c.Flags().StringVar(&e.at, "at", "", "as of this `TIME` in the shop's zone, \"2026-11-01 00:00\" (default now)")
	c.Flags().IntVar(&e.design, "design", 0, "an earlier `NUMBER` of the experiment (default the current one)")
	c.Flags().StringVar(&e.cohort, "cohort", "", "only who entered in this `SPAN`, 2026-03 or the Monday of a week")
}

// evaluate is the report of a campaign; call is one that would work, for faults.
func (a *app) evaluate(ctx context.Context, call, campaign string, of evaluated) (report.Report, error) {
	ask, l, err := a.evaluating(ctx, call, of)
	if err != nil {
		return report.Report{}, err
	}
	defer l.close()
	return l.engine.EvaluateCampaign(ctx, campaign, ask)
}

func (a *app) audit() *cobra.Command {
	return a.takesJSON(a.takesConfig(&cobra.Command{Use: "audit", Short: "Hold the ledger against its promises, now", Args: operands,
		Long: `Runs every invariant of the ledger as a query on one snapshot, at any moment,
also while messages go out. Of what does not hold it names up to five rows, and
the command that shows the first or mends them. Exit code 5 when one does not
hold.`,
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
			under := strings.Repeat(" ", len(prefix))
			if _, err := fmt.Fprintf(w, "%s\n%s%s\n", wrap(under, count(int(p.Broken), "row")+", for example "+strings.Join(p.Examples, ", ")), under, p.Next); err != nil {
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
