package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rewave/rewave/internal/postgres"
)

func (a *app) campaign() *cobra.Command {
	c := &cobra.Command{Use: "campaign", Short: "Check, preview, apply and steer campaigns",
		Example: `  rewave campaign validate campaigns/win-back
  rewave campaign plan campaigns/win-back --at "2026-11-23 10:00"
  rewave campaign pause win-back --because "typo in the subject"`}
	for _, sub := range []*cobra.Command{a.campaignNew(), a.campaignValidate(), a.campaignTest(), a.campaignPlan(), a.campaignDiff(), a.campaignPreview(), a.campaignSendTest(), a.campaignApply(), a.campaignList(), a.campaignStatus(),
		a.campaignSteer("pause", "paused", "Hold its messages; entry goes on"),
		a.campaignSteer("resume", "running", "Let its messages go out again"),
		a.campaignSteer("cancel", "cancelled", "End it for good; planned messages are cancelled")} {
		c.AddCommand(a.takesJSON(a.takesConfig(sub)))
	}
	return c
}

func (a *app) campaignList() *cobra.Command {
	return &cobra.Command{Use: "list", Short: "List the campaigns that run or ran, and their next entry", Args: operands,
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

		Next    *string `json:"next_entry"` // null: by each order or event, or never
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
		fmt.Fprintln(a.stdout, "no campaign has been applied yet; rewave campaign apply FOLDER does it")
	}
	width := 20
	for _, r := range rows {
		width = max(width, len([]rune(r.Name)))
	}
	for i, r := range rows {
		fmt.Fprintf(a.stdout, "%-*s %-9s design %d, version %s, since %s\n", width, r.Name, r.Status, r.Design, short(r.Version),
			list[i].ActivatedAt.In(l.config.Shop.Zone).Format("2006-01-02"))
		if more[i] != "" {
			fmt.Fprintln(a.stdout, wrap(strings.Repeat(" ", min(width, 30)+1), more[i]))
		}
	}
	holds, err := l.onHold(ctx)
	if err != nil {
		return err
	}
	a.holdsText(holds)
	waits, err := l.overdue(ctx, list, now)
	if err == nil && waits != nil {
		fmt.Fprintln(a.stdout, wrap("! ", waits.says(l.config.Shop.Zone)))
	}
	return err
}

// version is the hash of a campaign's content, as validate computes it.
func version(c postgres.Campaign) string { return content(c.Hash) }
