package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/config"
	"github.com/rewave/rewave/internal/message"
	"github.com/rewave/rewave/internal/postgres"
	"github.com/rewave/rewave/internal/source"
)

func (a *app) campaign() *cobra.Command {
	c := &cobra.Command{Use: "campaign", Short: "Check, preview, apply and steer campaigns", Args: cobra.NoArgs,
		Example: "  rewave campaign validate campaigns/win-back\n  rewave campaign plan campaigns/win-back --at \"2026-11-23 10:00\"\n  rewave campaign apply campaigns/win-back\n  rewave campaign pause win-back --because \"typo in the subject\""}
	var at, because string
	plan := &cobra.Command{Use: "plan FOLDER", Short: "Count who would enter, and why others would not", Args: cobra.ExactArgs(1),
		Long:    "Asks the function that will decide about every customer, and changes nothing. An\norder-triggered campaign is asked about the newest order of each customer in the\n30 days before.",
		Example: "  rewave campaign plan campaigns/win-back\n  rewave campaign plan campaigns/second-order --at \"2026-11-23 10:00\" --json",
		RunE:    func(c *cobra.Command, args []string) error { return a.planCampaign(c.Context(), args[0], at) }}
	plan.Flags().StringVar(&at, "at", "", `as of this time in the shop's zone, "2026-11-23 10:00" (default now)`)
	c.AddCommand(
		&cobra.Command{Use: "validate FOLDER...", Short: "Check files; no server is needed", Args: cobra.MinimumNArgs(1),
			Example: "  rewave campaign validate campaigns/win-back\n  rewave campaign validate campaigns/*/",
			RunE:    func(_ *cobra.Command, args []string) error { return a.validate(args) }},
		plan,
		&cobra.Command{Use: "apply FOLDER", Short: "Make a campaign the one that runs", Args: cobra.ExactArgs(1),
			Long:    "Stores the definition in one transaction; a file with faults leaves the running one\nas it is. Customers in flight keep the version they entered under. A corrected text\ndoes not restart the experiment; a changed rule, share or window does.",
			Example: "  rewave campaign apply campaigns/win-back",
			RunE:    func(c *cobra.Command, args []string) error { return a.apply(c.Context(), args[0]) }},
		&cobra.Command{Use: "list", Short: "List what has been applied", Args: cobra.NoArgs, Example: "  rewave campaign list\n  rewave campaign list --json",
			RunE: func(c *cobra.Command, _ []string) error { return a.listCampaigns(c.Context()) }})
	for _, verb := range []struct{ use, status, short string }{
		{"pause", "paused", "Hold its messages; entry goes on"}, {"resume", "running", "Let its messages go out again"}, {"cancel", "cancelled", "End it for good; planned messages are cancelled"}} {
		sub := &cobra.Command{Use: verb.use + " CAMPAIGN", Short: verb.short, Args: cobra.ExactArgs(1), Example: "  rewave campaign " + verb.use + " win-back --because \"wrong price in the text\"",
			RunE: func(c *cobra.Command, args []string) error {
				l, err := a.open(c.Context())
				if err != nil {
					return err
				}
				defer l.close()
				if err := l.store.SetStatus(c.Context(), args[0], verb.status, because); err != nil {
					return err
				}
				_, err = fmt.Fprintf(a.stdout, "%s is %s\n", args[0], verb.status)
				return err
			}}
		sub.Flags().StringVar(&because, "because", "", "the reason, kept on record")
		c.AddCommand(sub)
	}
	return c
}

// load reads one campaign folder with everything that can be checked in it.
func load(folder string, c config.Config) (campaigns.Campaign, error) {
	folder = filepath.Clean(folder)
	def, err := campaigns.Load(os.DirFS(folder), ".", campaigns.Options{Root: folder, Quiet: c.QuietHours})
	if err != nil {
		return def, err
	}
	var faults source.List
	for _, name := range slices.Sorted(maps.Keys(def.Messages)) {
		if err := message.Check(filepath.Join(folder, name), message.Files(def.Messages[name])); err != nil {
			list, ok := err.(source.List)
			if !ok {
				return def, err
			}
			faults = append(faults, list...)
		}
	}
	return def, faults.Err()
}

func (a *app) validate(folders []string) error {
	c, err := config.Load(a.config, a.env)
	if err != nil {
		return err
	}
	var faults source.List
	for _, folder := range folders {
		def, err := load(folder, c)
		list, ok := err.(source.List)
		switch {
		case ok:
			faults = append(faults, list...)
		case err != nil:
			return err
		default:
			fmt.Fprintf(a.stdout, "%s: fine (%d waves, holdout %g%%)\n", def.Name, len(def.Waves), 100*def.Holdout.Share.Float())
		}
	}
	return faults.Err()
}

func (a *app) planCampaign(ctx context.Context, folder, at string) error {
	l, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer l.close()
	def, err := load(folder, l.config)
	if err != nil {
		return err
	}
	when, err := l.store.Now(ctx)
	if err != nil {
		return err
	}
	if at != "" {
		if when, err = instant(at, l.config.Shop.Zone); err != nil {
			return err
		}
	}
	plan, err := l.engine.PlanAudience(ctx, def, when)
	if err != nil {
		return err
	}
	if a.json {
		return a.print(plan)
	}
	fmt.Fprintf(a.stdout, "%s as of %s\n", def.Name, when.In(l.config.Shop.Zone).Format("2006-01-02 15:04 MST"))
	fmt.Fprintf(a.stdout, "%10s  enter: %s treated, %s held out\n", thousands(plan.Treat+plan.Hold), thousands(plan.Treat), thousands(plan.Hold))
	for _, reason := range slices.Sorted(maps.Keys(plan.Refused)) {
		fmt.Fprintf(a.stdout, "%10s  %s\n", thousands(plan.Refused[reason]), strings.ReplaceAll(reason, "_", " "))
	}
	return nil
}

func (a *app) apply(ctx context.Context, folder string) error {
	l, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer l.close()
	def, err := load(folder, l.config)
	if err != nil {
		return err
	}
	applied, err := l.engine.ApplyCampaign(ctx, def, nil)
	if err != nil {
		return err
	}
	if a.json {
		return a.print(map[string]any{"campaign": def.Name, "new": applied.New, "new_version": applied.NewVersion, "new_design": applied.NewDesign, "design": applied.Campaign.Design})
	}
	_, err = fmt.Fprintf(a.stdout, "%s: %s\n", def.Name, appliedSentence(applied))
	return err
}

func appliedSentence(p postgres.Applied) string {
	switch {
	case p.New:
		return "running from now on"
	case p.NewDesign:
		return fmt.Sprintf("new design %d: the experiment begins anew for those who enter from now on; customers in flight keep their version", p.Campaign.Design)
	case p.NewVersion:
		return "new version; the experiment goes on, customers in flight keep their version"
	}
	return "nothing changed"
}

func (a *app) listCampaigns(ctx context.Context) error {
	l, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer l.close()
	list, err := l.store.Campaigns(ctx, "")
	if err != nil {
		return err
	}
	type row struct {
		Name    string `json:"name"`
		Status  string `json:"status"`
		Design  int    `json:"design"`
		Version string `json:"version"`
		Since   string `json:"since"`
	}
	rows := make([]row, len(list))
	for i, c := range list {
		rows[i] = row{c.Name, c.Status, c.Design, c.Hash[:min(12, len(c.Hash))], c.ActivatedAt.In(l.config.Shop.Zone).Format("2006-01-02")}
	}
	if a.json {
		return a.print(rows)
	}
	if len(rows) == 0 {
		_, err := fmt.Fprintln(a.stdout, "no campaign has been applied; rewave campaign apply FOLDER")
		return err
	}
	for _, r := range rows {
		fmt.Fprintf(a.stdout, "%-30s %-10s design %d, version %s, since %s\n", r.Name, r.Status, r.Design, r.Version, r.Since)
	}
	return nil
}
