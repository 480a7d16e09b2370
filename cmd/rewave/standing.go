package main

import (
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/postgres"
)

func (a *app) campaignStatus() *cobra.Command {
	return &cobra.Command{Use: "status CAMPAIGN", Short: "Show who is on their way, and what was done to it", Args: operands,
		Example: `  rewave campaign status win-back
  rewave campaign status win-back --json
  rewave campaign status win-back --config /etc/rewave.yaml`,
		RunE: func(c *cobra.Command, args []string) error { return a.showStatus(c.Context(), args[0]) }}
}

// standing is everything that status says, for programs.
type standing struct {
	Campaign string  `json:"campaign"`
	Status   string  `json:"status"`
	Because  string  `json:"because,omitempty"`
	Design   int     `json:"design"`
	Version  string  `json:"version"`
	Next     *string `json:"next_entry"` // null: by each order or event, or never

	Entered    entered     `json:"entered"`
	Budget     *budget     `json:"budget,omitempty"`
	Overdue    *overdue    `json:"overdue,omitempty"` // nobody seems to work
	InFlight   []inFlight  `json:"in_flight"`
	Deliveries []waveState `json:"deliveries"`
	History    []deed      `json:"history"`

	says string
}

// entered counts who came in, over all designs.
type entered struct {
	Treat      int64 `json:"treat"`
	Hold       int64 `json:"hold"`
	GlobalHold int64 `json:"global_hold"`
}

// overdue is what should long have been done.
type overdue struct {
	Messages int64  `json:"messages"`
	Since    string `json:"since"` // of the first message, or the entry that is due

	since time.Time
}

type inFlight struct {
	Version   string `json:"version"`
	Design    int    `json:"design"`
	Round     int    `json:"round"`
	Customers int64  `json:"customers"`
}

type waveState struct {
	Round  int    `json:"round"`
	Wave   string `json:"wave"`
	State  string `json:"state"`
	Reason string `json:"reason,omitempty"`
	LostTo string `json:"lost_to,omitempty"`
	Count  int64  `json:"count"`
	Due    string `json:"due,omitempty"`      // of planned ones: when the first is asked about next
	Last   string `json:"last_due,omitempty"` // and the last

	due, last time.Time
}

type deed struct {
	At      string   `json:"at"`
	Deed    string   `json:"deed"`
	Because string   `json:"because,omitempty"`
	Version string   `json:"version,omitempty"`
	Design  int      `json:"design,omitempty"`
	Changed []string `json:"changed,omitempty"` // what an apply changed

	at time.Time
}

func (a *app) showStatus(ctx context.Context, name string) error {
	l, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer l.close()
	s, err := l.standing(ctx, name)
	if err != nil {
		return err
	}
	if a.json {
		return a.print(s)
	}
	return s.text(a.stdout, l.config.Shop.Zone)
}

func (l *live) standing(ctx context.Context, name string) (standing, error) {
	list, err := l.store.Campaigns(ctx, name)
	if err != nil {
		return standing{}, err
	}
	now, err := l.store.Now(ctx)
	if err != nil {
		return standing{}, err
	}
	c := list[0]
	next := nextEntry(c.Definition, l.config.Shop.Zone, c.SlotDone, now)
	s := standing{Campaign: c.Name, Status: c.Status, Because: c.Because, Design: c.Design, Version: version(c), Next: next.next(), says: next.says,
		InFlight: []inFlight{}, Deliveries: []waveState{}, History: []deed{}}
	if c.Status == "cancelled" {
		s.Next, s.says = nil, "nobody enters any more"
	}
	in, err := l.store.Enrolled(ctx, c.ID)
	if err != nil {
		return s, err
	}
	s.Entered = entered(in)
	if s.Budget, err = l.budget(ctx, c.Definition, c, now); err != nil {
		return s, err
	}
	if s.Overdue, err = l.overdue(ctx, []postgres.Campaign{c}, now); err != nil {
		return s, err
	}
	flying, err := l.store.InFlight(ctx, c.ID)
	if err != nil {
		return s, err
	}
	for _, f := range flying {
		s.InFlight = append(s.InFlight, inFlight{content(f.Hash), f.Design, f.Round, f.Customers})
	}
	waves, err := l.store.Progress(ctx, c.ID)
	if err != nil {
		return s, err
	}
	for _, w := range waves {
		row := waveState{Round: w.Round, Wave: w.Wave, State: w.State, Reason: w.Reason, LostTo: w.LostTo, Count: w.Count}
		if w.Due != nil && w.Last != nil {
			row.due, row.last = *w.Due, *w.Last
			row.Due, row.Last = timestamp(row.due), timestamp(row.last)
		}
		s.Deliveries = append(s.Deliveries, row)
	}
	s.History, err = l.history(ctx, c.ID)
	return s, err
}

// late is how long something may be due before somebody should look. Live,
// messages begin within a minute.
const late = 2 * time.Minute

// overdue is nil where campaigns wait for nobody.
func (l *live) overdue(ctx context.Context, list []postgres.Campaign, now time.Time) (*overdue, error) {
	only := 0
	if len(list) == 1 {
		only = list[0].ID
	}
	n, since, err := l.store.Overdue(ctx, only, now.Add(-late))
	if err != nil {
		return nil, err
	}
	for _, c := range list {
		next := nextEntry(c.Definition, l.config.Shop.Zone, c.SlotDone, now)
		if c.Status == "cancelled" || next.at.IsZero() || next.at.After(now.Add(-late)) {
			continue
		}
		if since.IsZero() || next.at.Before(since) {
			since = next.at
		}
	}
	if since.IsZero() {
		return nil, nil
	}
	return &overdue{n, timestamp(since), since}, nil
}

// says asks who works.
func (o overdue) says(zone *time.Location) string {
	since := o.since.In(zone).Format("2006-01-02 15:04")
	what := "an entry is overdue since "
	switch {
	case o.Messages == 1:
		what = "1 message is overdue since "
	case o.Messages > 1:
		what = count(int(o.Messages), "message") + " are overdue, the first since "
	}
	return what + since + ": are `rewave tick` and `rewave work`, or `rewave all`, running?"
}

// history is what was done, oldest first, with what each apply changed.
func (l *live) history(ctx context.Context, campaign int) ([]deed, error) {
	deeds, err := l.store.History(ctx, campaign)
	if err != nil {
		return nil, err
	}
	out := make([]deed, len(deeds))
	known := map[int]campaigns.Campaign{}
	was := 0
	for i, d := range deeds {
		out[i] = deed{At: timestamp(d.At), Deed: d.Deed, Because: d.Because, Version: content(d.Hash), Design: d.Design, at: d.At}
		if d.Version == 0 {
			continue
		}
		if _, ok := known[d.Version]; !ok {
			c, err := l.store.CampaignVersion(ctx, d.Version)
			if err != nil {
				return nil, err
			}
			known[d.Version] = c.Definition
		}
		if was > 0 {
			for _, change := range campaigns.Diff(known[was], known[d.Version]) {
				out[i].Changed = append(out[i].Changed, strings.TrimSpace(change.Path))
			}
		}
		was = d.Version
	}
	return out, nil
}
