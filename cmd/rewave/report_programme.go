package main

import (
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rewave/rewave/internal/engine"
	"github.com/rewave/rewave/internal/fault"
	"github.com/rewave/rewave/internal/report"
)

// programmeFormats are the forms of a report on all campaigns.
var programmeFormats = map[string]func(report.Programme, io.Writer) error{
	"text": report.Programme.Text, "html": report.Programme.HTML, "json": report.Programme.JSON, "csv": report.Programme.CSV, "md": report.Programme.Markdown,
}

func (a *app) reportProgramme() *cobra.Command {
	const call = "rewave report programme"
	var format, from, until, at string
	c := &cobra.Command{Use: "programme", Short: "All campaigns together", Args: operands,
		Long: `Compares everybody with those whom the global holdout keeps from all campaigns,
in each epoch, from when a customer could first enter one: buyers, orders,
revenue and profit after messages and codes. Without a global holdout it says
so. Beside it stand the primary effects of all campaigns and designs entered in
the span, pooled, and which customers and messages they share. A span counts
what customers did from --from and before --until.`,
		Example: `  rewave report programme
  rewave report programme --from 2026-01-01 --format html > all.html
  rewave report programme --at "2026-11-01 00:00" --json`,
		RunE: func(c *cobra.Command, _ []string) error {
			if a.json {
				if c.Flags().Changed("format") && format != "json" {
					return fault.New(fault.Usage, "report programme: --json and --format "+format+" exclude each other", call+" --format "+format)
				}
				format = "json"
			}
			render, ok := programmeFormats[format]
			if !ok {
				return fault.New(fault.Usage, "report programme: there is no format "+format, "there are "+strings.Join(slices.Sorted(maps.Keys(programmeFormats)), ", "))
			}
			l, err := a.open(c.Context())
			if err != nil {
				return err
			}
			defer l.close()
			l.sayZone(a)
			ask := engine.Programme{}
			if ask.AsOf, err = l.asOf(c.Context(), at, call); err != nil {
				return err
			}
			for _, flag := range []struct {
				name, text string
				to         *time.Time
			}{{"--from", from, &ask.From}, {"--until", until, &ask.Until}} {
				if flag.text == "" {
					continue
				}
				if *flag.to, err = l.day(flag.name, flag.text, call); err != nil {
					return err
				}
			}
			if !ask.From.IsZero() && !ask.Until.IsZero() && !ask.From.Before(ask.Until) {
				return fault.New(fault.Usage, "report programme: --from is not before --until", call+" --from "+until+" --until "+from)
			}
			r, err := l.engine.EvaluateProgramme(c.Context(), ask)
			if err != nil {
				return err
			}
			return render(r, a.stdout)
		}}
	c.Flags().StringVar(&format, "format", "text", "`FORM` text, html, json, csv or md")
	c.Flags().StringVar(&from, "from", "", "count from this `DAY` or time in the shop's zone (default the first assignment)")
	c.Flags().StringVar(&until, "until", "", "count before this `DAY` or time (default the latest that is final)")
	c.Flags().StringVar(&at, "at", "", "as of this `TIME` in the shop's zone, \"2026-11-01 00:00\" (default now)")
	return a.takesJSON(a.takesConfig(c))
}

// day reads what a flag of a call says: a day of the shop, from its first
// instant, or a wall time.
func (l *live) day(flag, text, call string) (time.Time, error) {
	text = strings.TrimSpace(text)
	if !strings.Contains(text, " ") {
		text += " 00:00"
	}
	return l.wall(flag, text, call)
}
