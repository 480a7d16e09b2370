package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rewave/rewave/internal/fault"
	"github.com/rewave/rewave/internal/postgres"
)

func (a *app) campaignSteer(verb, status, says string) *cobra.Command {
	var because string
	c := &cobra.Command{Use: verb + " CAMPAIGN", Short: says, Args: operands,
		Example: fmt.Sprintf(`  rewave campaign %[1]s win-back --because "the price is wrong"
  rewave campaign %[1]s win-back --because "the price is wrong" --json
  rewave campaign status win-back`, verb),
		RunE: func(c *cobra.Command, args []string) error {
			if status == "cancelled" && strings.TrimSpace(because) == "" {
				return fault.New(fault.Usage, "campaign cancel: it cannot be undone; say why, for the record", fmt.Sprintf("rewave campaign cancel %s --because \"the price is wrong\"", args[0]))
			}
			l, err := a.open(c.Context())
			if err != nil {
				return err
			}
			defer l.close()
			did, err := l.store.SetStatus(c.Context(), args[0], status, strings.TrimSpace(because))
			if err != nil {
				return err
			}
			if a.json {
				return a.print(struct {
					Campaign string `json:"campaign"`
					Status   string `json:"status"`
					Changed  bool   `json:"changed"`
					Because  string `json:"because,omitempty"`
					Since    string `json:"since"`
					Waiting  int64  `json:"waiting"` // planned messages
				}{args[0], status, did.Changed, did.Because, timestamp(did.Since), did.Waiting})
			}
			_, err = fmt.Fprintln(a.stdout, wrap(args[0]+" is ", steered(status, did, l.config.Shop.Zone)))
			return err
		}}
	c.Flags().StringVar(&because, "because", "", "the `REASON`, kept on record")
	return c
}

// steered says what a change of status means for the messages that wait.
func steered(status string, did postgres.Steered, zone *time.Location) string {
	says := status
	if !did.Changed {
		says += " already (since " + did.Since.In(zone).Format("2006-01-02 15:04") + ")"
	}
	if did.Because != "" {
		says += " because " + did.Because
	}
	messages := count(int(did.Waiting), "planned message")
	switch {
	case did.Waiting == 0:
		return says + "; no message is planned"
	case status == "paused":
		return says + "; " + messages + " wait until it is resumed or they expire"
	case status == "cancelled":
		return says + "; " + messages + " will not go out"
	}
	return says + "; " + messages + " will go out when due"
}

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

	InFlight   []inFlight  `json:"in_flight"`
	Deliveries []waveState `json:"deliveries"`
	History    []deed      `json:"history"`

	says string
}

type inFlight struct {
	Version   string `json:"version"`
	Design    int    `json:"design"`
	Round     int    `json:"round"`
	Customers int64  `json:"customers"`
}

type waveState struct {
	Round int    `json:"round"`
	Wave  string `json:"wave"`
	State string `json:"state"`
	Count int64  `json:"count"`
}

type deed struct {
	At      string `json:"at"`
	Deed    string `json:"deed"`
	Because string `json:"because,omitempty"`
	Version string `json:"version,omitempty"`
	Design  int    `json:"design,omitempty"`

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
		s.Deliveries = append(s.Deliveries, waveState(w))
	}
	deeds, err := l.store.History(ctx, c.ID)
	for _, d := range deeds {
		s.History = append(s.History, deed{timestamp(d.At), d.Deed, d.Because, content(d.Hash), d.Design, d.At})
	}
	return s, err
}

// text writes the page for a terminal.
func (s standing) text(w io.Writer, zone *time.Location) error {
	var b strings.Builder
	line := func(prefix, text string) { b.WriteString(wrap(prefix, text) + "\n") }
	because := ""
	if s.Because != "" && s.Status != "running" {
		because = " because " + s.Because
	}
	line(s.Campaign+"  ", fmt.Sprintf("%s%s; design %d, version %s; %s", s.Status, because, s.Design, short(s.Version), s.says))
	b.WriteString("\non their way\n")
	if len(s.InFlight) == 0 {
		b.WriteString("  nobody\n")
	}
	for _, f := range s.InFlight {
		older := ""
		if f.Version != s.Version {
			older = ", an earlier one"
		}
		line("  ", fmt.Sprintf("%s in round %d, on version %s of design %d%s", count(int(f.Customers), "customer"), f.Round, short(f.Version), f.Design, older))
	}
	b.WriteString("\nmessages\n")
	if len(s.Deliveries) == 0 {
		b.WriteString("  none yet\n")
	}
	for i, d := range s.Deliveries {
		if i > 0 && s.Deliveries[i-1].Round == d.Round && s.Deliveries[i-1].Wave == d.Wave {
			continue
		}
		var states []string
		for _, other := range s.Deliveries {
			if other.Round == d.Round && other.Wave == d.Wave {
				states = append(states, thousands(int(other.Count))+" "+strings.ReplaceAll(other.State, "_", " "))
			}
		}
		line(fmt.Sprintf("  round %d  %-16s ", d.Round, d.Wave), strings.Join(states, ", "))
	}
	b.WriteString("\nhistory, the newest first\n")
	for _, d := range slices.Backward(s.History) {
		says := d.Deed
		if d.Version != "" {
			says += fmt.Sprintf(" version %s, design %d", short(d.Version), d.Design)
		}
		if d.Because != "" {
			says += " because " + d.Because
		}
		line("  "+d.at.In(zone).Format("2006-01-02 15:04")+"  ", says)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// short is enough of a hash for people.
func short(hash string) string { return hash[:min(12, len(hash))] }

// content is the hash of what a campaign says, without the design it is under.
func content(hash string) string {
	hash, _, _ = strings.Cut(hash, "/")
	return hash
}
