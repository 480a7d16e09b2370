package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/fault"
	"github.com/rewave/rewave/internal/postgres"
)

func (a *app) campaign() *cobra.Command {
	c := &cobra.Command{Use: "campaign", Short: "Check, preview, apply and steer campaigns",
		Example: `  rewave campaign validate campaigns/win-back
  rewave campaign plan campaigns/win-back --at "2026-11-23 10:00"
  rewave campaign pause win-back --because "typo in the subject"`}
	for _, sub := range []*cobra.Command{a.campaignValidate(), a.campaignPlan(), a.campaignApply(), a.campaignList(), a.campaignStatus(),
		a.campaignSteer("pause", "paused", "Hold its messages; entry goes on"),
		a.campaignSteer("resume", "running", "Let its messages go out again"),
		a.campaignSteer("cancel", "cancelled", "End it for good; planned messages are cancelled")} {
		c.AddCommand(a.takesJSON(a.takesConfig(sub)))
	}
	return c
}

func (a *app) campaignPlan() *cobra.Command {
	var at string
	c := &cobra.Command{Use: "plan FOLDER", Short: "Count who would enter, and why others would not", Args: operands,
		Long: `Asks the function that will decide about every customer, and changes nothing.
An order-triggered campaign is asked about the newest order of each customer in
the 30 days before.`,
		Example: `  rewave campaign plan campaigns/win-back
  rewave campaign plan campaigns/win-back --at "2026-11-23 10:00"
  rewave campaign plan campaigns/second-order --json`,
		RunE: func(c *cobra.Command, args []string) error { return a.planCampaign(c.Context(), args[0], at) }}
	c.Flags().StringVar(&at, "at", "", "as of this `TIME` in the shop's zone, \"2026-11-23 10:00\" (default now)")
	return c
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
	when, err := l.asOf(ctx, at, "rewave campaign plan "+folder)
	if err != nil {
		return err
	}
	plan, err := l.engine.PlanAudience(ctx, def, when)
	if err != nil {
		return err
	}
	// A slot at this very instant is the one that is asked about.
	next := nextEntry(def, l.config.Shop.Zone, when.Add(-1), when.Add(-1))
	if a.json {
		return a.print(struct {
			Campaign string         `json:"campaign"`
			At       string         `json:"at"`
			Next     *string        `json:"next_entry"` // null: by each order, or never
			Enter    int            `json:"enter"`
			Treat    int            `json:"treat"`
			Hold     int            `json:"hold"`
			Refused  map[string]int `json:"refused"` // by reason
		}{def.Name, timestamp(when), next.next(), plan.Treat + plan.Hold, plan.Treat, plan.Hold, plan.Refused})
	}
	fmt.Fprintln(a.stdout, wrap("", fmt.Sprintf("%s as of %s; %s", def.Name, when.In(l.config.Shop.Zone).Format("2006-01-02 15:04 MST"), next)))
	fmt.Fprintf(a.stdout, "%10s  enter: %s treated, %s held out\n", thousands(plan.Treat+plan.Hold), thousands(plan.Treat), thousands(plan.Hold))
	for _, reason := range slices.Sorted(maps.Keys(plan.Refused)) {
		fmt.Fprintf(a.stdout, "%10s  do not: %s\n", thousands(plan.Refused[reason]), strings.ReplaceAll(reason, "_", " "))
	}
	return nil
}

func (a *app) campaignApply() *cobra.Command {
	return &cobra.Command{Use: "apply FOLDER", Short: "Make a campaign the one that runs", Args: operands,
		Long: `Stores the definition in one transaction; a file with faults, or an entry that
is past, leaves the running one as it is. Customers in flight keep the version
they entered under. A corrected text does not restart the experiment; a changed
rule, share or window does.`,
		Example: `  rewave campaign apply campaigns/win-back
  rewave campaign apply campaigns/second-order --json
  rewave campaign apply campaigns/win-back --config /etc/rewave.yaml`,
		RunE: func(c *cobra.Command, args []string) error { return a.applyCampaign(c.Context(), args[0]) }}
}

func (a *app) applyCampaign(ctx context.Context, folder string) error {
	l, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer l.close()
	def, err := load(folder, l.config)
	if err != nil {
		return err
	}
	next, err := l.mayEnter(ctx, def)
	if err != nil {
		return err
	}
	applied, err := l.engine.ApplyCampaign(ctx, def, nil)
	if err != nil {
		return err
	}
	if a.json {
		return a.print(struct {
			Campaign   string `json:"campaign"`
			Version    string `json:"version"`
			Design     int    `json:"design"`
			New        bool   `json:"new"`
			NewVersion bool   `json:"new_version"`
			NewDesign  bool   `json:"new_design"`

			Next *string `json:"next_entry"` // null: by each order, or never
		}{def.Name, version(applied.Campaign), applied.Campaign.Design, applied.New, applied.NewVersion, applied.NewDesign, next.next()})
	}
	fmt.Fprintln(a.stdout, wrap(def.Name+": ", appliedSentence(applied)+"; "+next.says))
	return nil
}

// mayEnter refuses a definition under which nobody would enter, unless it is
// the one that was applied when somebody still could.
func (l *live) mayEnter(ctx context.Context, def campaigns.Campaign) (entry, error) {
	now, err := l.store.Now(ctx)
	if err != nil {
		return entry{}, err
	}
	list, err := l.store.Campaigns(ctx, "")
	if err != nil {
		return entry{}, err
	}
	next := nextEntry(def, l.config.Shop.Zone, now, now)
	same := slices.ContainsFunc(list, func(c postgres.Campaign) bool { return c.Name == def.Name && version(c) == def.Version })
	if next.never && !same {
		return next, fault.New(fault.Conflict, fmt.Sprintf("campaign %s: %s", def.Name, next), "write an entry that is still to come")
	}
	return next, nil
}

func appliedSentence(p postgres.Applied) string {
	switch {
	case p.New:
		return "running from now on"
	case p.NewDesign:
		return fmt.Sprintf("new design %d; the experiment begins anew for those who enter from now on, customers in flight keep their version", p.Campaign.Design)
	case p.NewVersion:
		return "new version; the experiment goes on, customers in flight keep their version"
	case p.Changed:
		return "back to a version that was applied before; the experiment goes on, customers in flight keep their version"
	}
	return "nothing changed"
}

func (a *app) campaignList() *cobra.Command {
	return &cobra.Command{Use: "list", Short: "List what has been applied", Args: operands,
		Example: `  rewave campaign list
  rewave campaign list --json
  rewave campaign list --config /etc/rewave.yaml`,
		RunE: func(c *cobra.Command, _ []string) error { return a.listCampaigns(c.Context()) }}
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

		Next    *string `json:"next_entry"` // null: by each order, or never
		Because string  `json:"because,omitempty"`
	}
	now, err := l.store.Now(ctx)
	if err != nil {
		return err
	}
	rows := make([]row, len(list))
	more := make([]string, len(list))
	for i, c := range list {
		next := nextEntry(c.Definition, l.config.Shop.Zone, c.SlotDone, now)
		if c.Status == "cancelled" {
			next = entry{never: true}
		}
		more[i] = next.says
		rows[i] = row{c.Name, c.Status, c.Design, version(c), timestamp(c.ActivatedAt), next.next(), ""}
		if c.Status != "running" && c.Because != "" {
			rows[i].Because = c.Because
			more[i] = strings.TrimPrefix(more[i]+"; ", "; ") + c.Status + " because " + c.Because
		}
	}
	if a.json {
		return a.print(rows)
	}
	if len(rows) == 0 {
		fmt.Fprintln(a.stdout, "no campaign has been applied yet; rewave campaign apply FOLDER")
	}
	for i, r := range rows {
		fmt.Fprintf(a.stdout, "%-20s %-9s design %d, version %s, since %s\n", r.Name, r.Status, r.Design, short(r.Version),
			list[i].ActivatedAt.In(l.config.Shop.Zone).Format("2006-01-02"))
		if more[i] != "" {
			fmt.Fprintln(a.stdout, wrap(strings.Repeat(" ", 21), more[i]))
		}
	}
	return nil
}

// version is the hash of a campaign's content, as validate computes it.
func version(c postgres.Campaign) string { return content(c.Hash) }
