package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/postgres"
)

func (a *app) campaignApply() *cobra.Command {
	var dry bool
	c := &cobra.Command{Use: "apply FOLDER...", Short: "Make campaigns the ones that run", Args: operands,
		Long: `Stores the definitions in one transaction, all or none: a file with faults, or
a first entry that is past, leaves the running ones as they are. Customers in
flight keep the version they entered under; the budget, the rate, the priority
and the group are the campaign's, and hold for them too. A corrected text does
not restart the experiment; a changed rule, share or window does. --dry-run is
campaign diff.`,
		Example: `  rewave campaign apply campaigns/win-back
  rewave campaign apply campaigns/win-back campaigns/second-order
  rewave campaign apply campaigns/win-back --dry-run --json`,
		RunE: func(c *cobra.Command, args []string) error {
			if dry {
				return a.diffCampaigns(c.Context(), args)
			}
			return a.applyCampaigns(c.Context(), args)
		}}
	c.Flags().BoolVar(&dry, "dry-run", false, "change nothing, show what would; exit code 4 when something would")
	return c
}

func (a *app) applyCampaigns(ctx context.Context, folders []string) error {
	folders = campaignFolders(folders)
	l, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer l.close()
	l.sayZone(a)
	found, err := l.compare(ctx, "campaign apply", folders)
	if err != nil {
		return err
	}
	defs := make([]campaigns.Campaign, len(found))
	for i, d := range found {
		defs[i] = d.definition
	}
	applied, err := l.engine.ApplyCampaigns(ctx, defs)
	if err != nil {
		return err
	}
	for _, p := range applied {
		why, err := l.engine.Lacks(p.Campaign)
		if err != nil {
			return err
		}
		if why != "" {
			fmt.Fprintln(a.stderr, wrap("warning: ", fmt.Sprintf("%s: what its rule predicts is unknown of everybody, for the life of design %d: %s", p.Campaign.Name, p.Campaign.Design, why)))
		}
	}
	if a.json {
		return a.print(appliedRows(found, applied))
	}
	for i, d := range found {
		fmt.Fprintln(a.stdout, wrap(d.definition.Name+": ", appliedSentence(applied[i])+"; "+d.next.says))
		if !applied[i].New {
			d.text(a.stdout)
		}
	}
	return nil
}

// appliedRow is one campaign after an apply, for programs.
type appliedRow struct {
	Campaign   string `json:"campaign"`
	Version    string `json:"version"`
	Design     int    `json:"design"`
	New        bool   `json:"new"`
	NewVersion bool   `json:"new_version"`
	NewDesign  bool   `json:"new_design"`

	Next    *string     `json:"next_entry"` // null: by each order or event, or never
	Changes []changeRow `json:"changes"`
	Staying []inFlight  `json:"staying"` // customers who keep the version they are on
	Budget  *budget     `json:"budget,omitempty"`
}

func appliedRows(found []difference, applied []postgres.Applied) []appliedRow {
	rows := make([]appliedRow, len(found))
	for i, d := range found {
		p := applied[i]
		rows[i] = appliedRow{d.definition.Name, version(p.Campaign), p.Campaign.Design, p.New, p.NewVersion, p.NewDesign,
			d.next.next(), changeRows(d.changes), d.staying, d.budget}
	}
	return rows
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
