package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

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
all does not release a channel that is on hold too. Where the channel's provider
rests, that ends too: it is asked again at once.`,
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
		a.holdsText(rows)
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
	return &cobra.Command{Use: "list", Short: "List what is on hold, and which providers rest", Args: operands,
		Long: `Lists what a person has put on hold, since when and why; and the channels whose
provider rests, until when: it said that it takes nothing for now, or most calls
failed. Such a rest ends by itself.`,
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
			a.holdsText(rows)
			return nil
		}}
}

// holdRow is a hold for programs.
type holdRow struct {
	On      string `json:"on"` // all, or a channel
	Since   string `json:"since"`
	Until   string `json:"until,omitempty"` // of a provider's rest: it ends by itself
	Who     string `json:"who,omitempty"`   // empty: the provider
	Because string `json:"because"`

	says string
}

func (l *live) onHold(ctx context.Context) ([]holdRow, error) {
	holds, err := l.store.SendHolds(ctx)
	if err != nil {
		return nil, err
	}
	rests, err := l.store.ProviderHolds(ctx)
	rows := make([]holdRow, 0, len(holds)+len(rests))
	for _, h := range holds {
		row, name := holdRow{On: h.Channel, Since: timestamp(h.Since), Who: h.Who, Because: h.Because}, h.Channel
		if h.Channel == "" {
			row.On, name = "all", "everything"
		}
		row.says = fmt.Sprintf("%s is on hold since %s by %s because %s", name, l.clock(h.Since), h.Who, h.Because)
		rows = append(rows, row)
	}
	for _, h := range rests {
		rows = append(rows, holdRow{On: h.Channel, Since: timestamp(h.Since), Until: timestamp(h.Until), Because: h.Reason, says: l.says(h)})
	}
	return rows, err
}

// says is a provider's rest in words.
func (l *live) says(h postgres.ProviderHold) string {
	zone, seconds := l.config.Shop.Zone, clockForm+":05"
	return fmt.Sprintf("the provider of %s rests since %s, until %s: %s", h.Channel, h.Since.In(zone).Format(seconds), h.Until.In(zone).Format(seconds), h.Reason)
}

func (l *live) clock(at time.Time) string { return at.In(l.config.Shop.Zone).Format(clockForm) }

func (a *app) holdsText(rows []holdRow) {
	for _, r := range rows {
		fmt.Fprintln(a.stdout, wrap("! ", r.says))
	}
}
