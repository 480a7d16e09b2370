package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rewave/rewave/internal/config"
	"github.com/rewave/rewave/internal/fault"
	"github.com/rewave/rewave/internal/postgres"
	"github.com/rewave/rewave/internal/source"
)

func (a *app) segmentKeep() *cobra.Command {
	var every string
	c := &cobra.Command{Use: "keep [NAME]", Short: "Keep who is in a segment, who came and who left", Args: operands,
		Long: `A tick asks a kept segment again and again and writes down who came and who
left, as events of the customer. Who is in it at first has not come. A campaign
that enters on: {segment_entered: NAME} keeps its segment by itself; to keep one
again takes over the rule as it stands now. Without a name: the kept segments.`,
		Example: `  rewave segment keep
  rewave segment keep at-risk
  rewave segment keep at-risk --every 1h`,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return a.listKept(c)
			}
			interval, err := source.ParseDuration(every)
			if every != "" && (err != nil || interval < time.Minute) {
				return fault.New(fault.Usage, fmt.Sprintf("segment keep: --every %s is not a time of a minute or more", every), "rewave segment keep "+args[0]+" --every 1h")
			}
			settings, err := config.Load(a.config, a.env)
			if err != nil {
				return err
			}
			m, err := new(whom).meant(a, c, args, settings)
			if err != nil {
				return err
			}
			l, err := a.open(c.Context())
			if err != nil {
				return err
			}
			defer l.close()
			named := map[string]string{}
			for _, name := range m.program.Needs().Segments {
				named[name] = m.library.Texts()[name]
			}
			if err := l.store.KeepSegment(c.Context(), m.Name, m.When, named, interval); err != nil {
				return err
			}
			q := asking{live: l, meant: m}
			if err := q.note(c.Context(), a, new(whom)); err != nil {
				return err
			}
			k, err := l.kept(c, m.Name)
			if err != nil {
				return err
			}
			if a.json {
				row := keptRowOf(k)
				row.Notes = q.notes
				return a.print(row)
			}
			fmt.Fprintf(a.stdout, "%s is kept: a tick asks who is in it every %s\n", k.Name, spanOf(k.Every))
			return nil
		}}
	c.Flags().StringVar(&every, "every", "", "ask this often, `TIME` like 15m or 1d (default 15m, or as before)")
	return a.takesJSON(a.takesConfig(c))
}

// kept is a kept segment by its name.
func (l *live) kept(c *cobra.Command, name string) (postgres.KeptSegment, error) {
	kept, err := l.store.KeptSegments(c.Context())
	if err != nil {
		return postgres.KeptSegment{}, err
	}
	var names []string
	for _, k := range kept {
		if k.Name == name {
			return k, nil
		}
		names = append(names, k.Name)
	}
	try := "rewave segment keep " + quoted(name)
	if near := source.Suggest(name, names); near != "" {
		try = c.CommandPath() + " " + near
	}
	return postgres.KeptSegment{}, fault.New(fault.NotFound, fmt.Sprintf("the segment %q is not kept", name), try)
}

// keptRow is what --json prints of a kept segment.
type keptRow struct {
	Segment   string `json:"segment"`
	Rule      string `json:"rule"`
	Every     string `json:"every"`
	Refreshed string `json:"refreshed,omitempty"`
	Members   int64  `json:"members"`

	Notes []string `json:"notes,omitempty"` // words of the rule that the shop has never seen; of keep NAME alone
}

func keptRowOf(k postgres.KeptSegment) keptRow {
	row := keptRow{Segment: k.Name, Rule: k.Rule, Every: spanOf(k.Every), Members: k.Members}
	if k.Refreshed != nil {
		row.Refreshed = timestamp(*k.Refreshed)
	}
	return row
}

// spanOf is a duration as a person writes it.
func spanOf(d time.Duration) string {
	switch {
	case d%(24*time.Hour) == 0:
		return fmt.Sprintf("%dd", d/(24*time.Hour))
	case d%time.Hour == 0:
		return fmt.Sprintf("%dh", d/time.Hour)
	}
	return fmt.Sprintf("%dm", d/time.Minute)
}

func (a *app) listKept(c *cobra.Command) error {
	l, err := a.open(c.Context())
	if err != nil {
		return err
	}
	defer l.close()
	kept, err := l.store.KeptSegments(c.Context())
	if err != nil {
		return err
	}
	if a.json {
		rows := make([]keptRow, len(kept))
		for i, k := range kept {
			rows[i] = keptRowOf(k)
		}
		return a.print(rows)
	}
	if len(kept) == 0 {
		fmt.Fprintln(a.stdout, "no segment is kept")
	}
	for _, k := range kept {
		as := "nobody was asked yet"
		if k.Refreshed != nil {
			as = fmt.Sprintf("%s in it as of %s", count(int(k.Members), "customer"), k.Refreshed.In(l.config.Shop.Zone).Format("2006-01-02 15:04"))
		}
		fmt.Fprintln(a.stdout, wrap(k.Name+": ", fmt.Sprintf("%s; asked every %s", as, spanOf(k.Every))))
		fmt.Fprintln(a.stdout, wrap("  ", k.Rule))
	}
	return nil
}

func (a *app) segmentDrop() *cobra.Command {
	var force bool
	c := &cobra.Command{Use: "drop NAME", Short: "Keep a segment no longer", Args: operands,
		Long: `Nobody is asked any more who is in the segment; what was written down of it
stays. Where a campaign that is not cancelled is entered by it, --force is
needed: that campaign gets nobody any more.`,
		Example: `  rewave segment drop at-risk
  rewave segment drop at-risk --force
  rewave segment keep at-risk`,
		RunE: func(c *cobra.Command, args []string) error {
			l, err := a.open(c.Context())
			if err != nil {
				return err
			}
			defer l.close()
			if _, err := l.kept(c, args[0]); err != nil {
				return err
			}
			entered, err := l.enteredBy(c.Context(), args[0])
			if err != nil {
				return err
			}
			if len(entered) > 0 && !force {
				return entersBy(args[0], entered)
			}
			if _, err := l.store.DropSegment(c.Context(), args[0]); err != nil {
				return err
			}
			fmt.Fprintf(a.stdout, "%s is kept no longer\n", args[0])
			for _, name := range entered {
				fmt.Fprintln(a.stdout, wrap("  ", "nobody enters the campaign "+name+" any more, until it is kept again"))
			}
			return nil
		}}
	c.Flags().BoolVar(&force, "force", false, "also where a campaign is entered by it")
	return a.takesConfig(c)
}

// enteredBy are the campaigns, running or paused, that a segment still brings
// customers into.
func (l *live) enteredBy(ctx context.Context, segment string) (names []string, err error) {
	all, err := l.store.Campaigns(ctx, "")
	if err != nil {
		return nil, err
	}
	now, err := l.store.Now(ctx)
	for _, c := range all {
		if c.Status != "cancelled" && c.Definition.Enter.Segment == segment && !nextEntry(c.Definition, l.config.Shop.Zone, c.SlotDone, now).never {
			names = append(names, c.Name)
		}
	}
	return names, err
}

// entersBy refuses to drop a segment that campaigns rest on.
func entersBy(segment string, campaigns []string) error {
	says := "the campaign " + campaigns[0] + " is entered by the segment " + segment
	if len(campaigns) > 1 {
		says = "the campaigns " + strings.Join(campaigns, ", ") + " are entered by the segment " + segment
	}
	return fault.New(fault.Conflict, says, fmt.Sprintf("cancel first: rewave campaign cancel %s --because \"...\"; or --force, and nobody enters any more", campaigns[0]))
}

func (a *app) segmentHistory() *cobra.Command {
	var customer string
	var limit int
	c := &cobra.Command{Use: "history NAME", Short: "Who came into a kept segment and who left, by day", Args: operands,
		Long: `Counts by day of the shop, the newest first: customers who came into a kept
segment and customers who left it. With --customer the days of that one.`,
		Example: `  rewave segment history at-risk
  rewave segment history at-risk --customer C-1042
  rewave segment history at-risk --limit 7 --json`,
		RunE: func(c *cobra.Command, args []string) error {
			if limit < 1 {
				return fault.New(fault.Usage, "segment history: --limit is 1 or more", "rewave segment history "+args[0]+" --limit 30")
			}
			l, err := a.open(c.Context())
			if err != nil {
				return err
			}
			defer l.close()
			days, err := l.store.SegmentHistory(c.Context(), args[0], l.config.Shop.Zone.String(), customer, limit)
			if err != nil {
				return err
			}
			if len(days) == 0 {
				if _, err := l.kept(c, args[0]); err != nil {
					return err
				}
			}
			if a.json {
				rows := make([]segmentDayRow, len(days))
				for i, d := range days {
					rows[i] = segmentDayRow{d.Day.Format(time.DateOnly), d.Came, d.Left}
				}
				return a.print(rows)
			}
			if len(days) == 0 {
				fmt.Fprintln(a.stdout, "nobody came and nobody left yet")
			}
			for _, d := range days {
				fmt.Fprintf(a.stdout, "%s  %8s came  %8s left\n", d.Day.Format(time.DateOnly), thousands(int(d.Came)), thousands(int(d.Left)))
			}
			return nil
		}}
	c.Flags().StringVar(&customer, "customer", "", "of this customer, the shop's own `ID`")
	c.Flags().IntVar(&limit, "limit", 30, "at most `N` days")
	return a.takesJSON(a.takesConfig(c))
}

// segmentDayRow is what segment history --json prints of a day.
type segmentDayRow struct {
	Day  string `json:"day"`
	Came int64  `json:"came"`
	Left int64  `json:"left"`
}
