package main

import (
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rewave/rewave/internal/audit"
	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/fault"
	"github.com/rewave/rewave/internal/report"
)

func (a *app) report() *cobra.Command {
	c := &cobra.Command{Use: "report", Short: "What a campaign changed, against its holdout", Args: cobra.NoArgs,
		Example: "  rewave report show win-back\n  rewave report show win-back --format html > win-back.html\n  rewave report show win-back --at \"2026-11-01 00:00\" --json"}
	var at, format string
	show := &cobra.Command{Use: "show CAMPAIGN", Short: "Evaluate and print", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			render, ok := map[string]func(report.Report, io.Writer) error{"text": report.Report.Text, "html": report.Report.HTML, "json": report.Report.JSON}[format]
			if !ok {
				return fault.New(fault.Usage, "there is no format "+format, "rewave report show "+args[0]+" --format text|html|json")
			}
			if a.json {
				render = report.Report.JSON
			}
			l, err := a.open(c.Context())
			if err != nil {
				return err
			}
			defer l.close()
			asOf, err := l.store.Now(c.Context())
			if err != nil {
				return err
			}
			if at != "" {
				if asOf, err = instant(at, l.config.Shop.Zone); err != nil {
					return err
				}
			}
			r, err := l.engine.EvaluateCampaign(c.Context(), args[0], asOf)
			if err != nil {
				return err
			}
			return render(r, a.stdout)
		}}
	show.Flags().StringVar(&at, "at", "", `as of this time in the shop's zone, "2026-11-01 00:00" (default now)`)
	show.Flags().StringVar(&format, "format", "text", "text, html or json")
	c.AddCommand(show)
	return c
}

func (a *app) audit() *cobra.Command {
	return &cobra.Command{Use: "audit", Short: "Hold the ledger against its promises, now", Args: cobra.NoArgs,
		Long:    "Runs every invariant of the ledger as a query on one snapshot. Exit code 5 when\none does not hold.",
		Example: "  rewave audit\n  rewave audit --json\n  rewave audit || page-somebody",
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
				err = result.Text(a.stdout)
			}
			if err != nil {
				return err
			}
			return result.Err()
		}}
}

// instant reads a wall time of the shop.
func instant(text string, zone *time.Location) (time.Time, error) {
	at, err := calendar.ParseDateTime(strings.TrimSpace(text))
	if err != nil {
		return time.Time{}, fault.Wrap(fault.Usage, err, "--at cannot be read", `--at "2026-11-01 00:00"`)
	}
	return calendar.Instant(at.Date, at.Clock, zone), nil
}
