package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rewave/rewave/internal/fault"
	"github.com/rewave/rewave/internal/postgres"
	"github.com/rewave/rewave/internal/source"
)

func (a *app) hold() *cobra.Command {
	c := &cobra.Command{Use: "hold", Short: "Stop everything that goes out, or a channel, now",
		Example: `  rewave hold all --because "wrong prices in the shop"
  rewave hold channel sms --because "the provider sends twice"
  rewave hold release all --because "prices are right again"`}
	for _, sub := range []*cobra.Command{a.holdAll(), a.holdChannel(), a.holdRelease(), a.holdList()} {
		c.AddCommand(a.takesJSON(a.takesConfig(sub)))
	}
	return c
}

const holdHelp = `No call to a provider begins later than 5 s after this returns, whatever
processes run and whether Redis is there. Messages stay planned and expire in
their time; campaigns go on letting customers in.`

func (a *app) holdAll() *cobra.Command {
	var because string
	c := &cobra.Command{Use: "all", Short: "Let nothing go out on any channel", Args: operands,
		Long: "Lets nothing go out on any channel until it is released.\n\n" + holdHelp,
		Example: `  rewave hold all --because "wrong prices in the shop"
  rewave hold all --because "wrong prices in the shop" --json
  rewave hold list`,
		RunE: func(c *cobra.Command, _ []string) error { return a.holds(c, "", because, true) }}
	c.Flags().StringVar(&because, "because", "", "the `REASON`, kept on record")
	return c
}

func (a *app) holdChannel() *cobra.Command {
	var because string
	c := &cobra.Command{Use: "channel CHANNEL", Short: "Let nothing go out on a channel", Args: operands,
		Long: "Lets nothing go out on a channel until it is released. A message that could\nalso go out on another one waits for its own.\n\n" + holdHelp,
		Example: `  rewave hold channel sms --because "the provider sends twice"
  rewave hold channel email --because "our address is on a list" --json
  rewave hold list`,
		RunE: func(c *cobra.Command, args []string) error { return a.holds(c, args[0], because, true) }}
	c.Flags().StringVar(&because, "because", "", "the `REASON`, kept on record")
	return c
}

func (a *app) holdRelease() *cobra.Command {
	var because string
	c := &cobra.Command{Use: "release CHANNEL", Short: "End a hold: of a channel, or of all", Args: operands,
		Long: `Ends a hold: what waited goes out at once, through its gate, unless its time is
over or something else holds it. A channel and all are held apart: who releases
all does not release a channel that is on hold too.`,
		Example: `  rewave hold release all --because "prices are right again"
  rewave hold release sms --because "the provider has mended it"
  rewave hold list --json`,
		RunE: func(c *cobra.Command, args []string) error {
			channel := args[0]
			if channel == "all" {
				channel = ""
			}
			return a.holds(c, channel, because, false)
		}}
	c.Flags().StringVar(&because, "because", "", "the `REASON`, kept on record")
	return c
}

// holds puts a channel on hold or releases it; empty stands for all.
func (a *app) holds(c *cobra.Command, channel, because string, on bool) error {
	because = strings.TrimSpace(because)
	if because == "" {
		return fault.New(fault.Usage, named(c)+"say why, for the record: --because REASON", firstExample(c))
	}
	l, err := a.open(c.Context())
	if err != nil {
		return err
	}
	defer l.close()
	name := channel
	if channel == "" {
		name = "everything"
	} else if known := l.channels(); on && !slices.Contains(known, channel) {
		hint := "channels here: " + strings.Join(known, ", ")
		if near := source.Suggest(channel, known); near != "" {
			hint = fmt.Sprintf("did you mean %s?", near)
		}
		return fault.New(fault.NotFound, fmt.Sprintf("there is no channel %q", channel), hint)
	}
	h := postgres.SendHold{Channel: channel, Who: account(), Because: because}
	change, says := l.store.ReleaseSends, name+" is released"
	if on {
		change, says = l.store.HoldSends, name+" is on hold"
	}
	changed, err := change(c.Context(), h)
	if err != nil {
		return err
	}
	rows, err := l.onHold(c.Context())
	if err != nil {
		return err
	}
	if a.json {
		return a.print(struct {
			Changed bool      `json:"changed"`
			Holds   []holdRow `json:"holds"`
		}{changed, rows})
	}
	switch {
	case !changed && on:
		says += " already; the first reason stays"
	case !changed:
		says = name + " was not on hold"
	}
	fmt.Fprintln(a.stdout, says)
	if len(rows) > 0 && (!on || !changed || len(rows) > 1) {
		a.holdsText(l, rows)
	}
	return nil
}

// channels are those that messages may go out on.
func (l *live) channels() []string {
	all := []string{"email", "sms"}
	for _, name := range l.config.Channels() {
		if !slices.Contains(all, name) {
			all = append(all, name)
		}
	}
	return all
}

func (a *app) holdList() *cobra.Command {
	return &cobra.Command{Use: "list", Short: "List what is on hold, since when and why", Args: operands,
		Example: `  rewave hold list
  rewave hold list --json
  rewave hold list --config /etc/rewave.yaml`,
		RunE: func(c *cobra.Command, _ []string) error {
			l, err := a.open(c.Context())
			if err != nil {
				return err
			}
			defer l.close()
			rows, err := l.onHold(c.Context())
			if err != nil {
				return err
			}
			if a.json {
				return a.print(rows)
			}
			if len(rows) == 0 {
				fmt.Fprintln(a.stdout, "nothing is on hold")
			}
			a.holdsText(l, rows)
			return nil
		}}
}

// holdRow is a hold for programs.
type holdRow struct {
	On      string `json:"on"` // all, or a channel
	Since   string `json:"since"`
	Who     string `json:"who"`
	Because string `json:"because"`

	held postgres.SendHold
}

func (l *live) onHold(ctx context.Context) ([]holdRow, error) {
	holds, err := l.store.SendHolds(ctx)
	rows := make([]holdRow, len(holds))
	for i, h := range holds {
		rows[i] = holdRow{On: h.Channel, Since: timestamp(h.Since), Who: h.Who, Because: h.Because, held: h}
		if h.Channel == "" {
			rows[i].On = "all"
		}
	}
	return rows, err
}

func (a *app) holdsText(l *live, rows []holdRow) {
	for _, r := range rows {
		fmt.Fprintln(a.stdout, wrap("! ", fmt.Sprintf("%s on hold since %s by %s because %s", r.says(), r.held.Since.In(l.config.Shop.Zone).Format(clockForm), r.Who, r.Because)))
	}
}

func (r holdRow) says() string {
	if r.held.Channel == "" {
		return "everything is"
	}
	return r.On + " is"
}
