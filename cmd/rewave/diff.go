package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/fault"
	"github.com/rewave/rewave/internal/postgres"
	"github.com/rewave/rewave/internal/wave"
)

func (a *app) campaignDiff() *cobra.Command {
	return &cobra.Command{Use: "diff FOLDER...", Short: "Show what applying would change", Args: operands,
		Long: `Compares folders with what is applied: what is written otherwise, whether the
experiment restarts and why, and how many customers in flight stay on the text
they entered under. Exit code 4 when something differs, 0 when nothing does.`,
		Example: `  rewave campaign diff campaigns/win-back
  rewave campaign diff campaigns/win-back campaigns/second-order
  rewave campaign diff campaigns/win-back --json`,
		RunE: func(c *cobra.Command, args []string) error { return a.diffCampaigns(c.Context(), args) }}
}

// difference is one folder beside what is applied under its name.
type difference struct {
	folder     string
	definition campaigns.Campaign
	next       entry
	first      bool // it was never applied
	changes    campaigns.Changes
	staying    []inFlight // customers who keep what they are on; empty where nothing changes
	budget     *budget    // where the change touches it, or nothing more fits it
	over       bool       // it ran, and nobody comes in any more
}

func (d difference) differs() bool { return d.first || len(d.changes) > 0 }

// compare reads folders and holds them against what is applied. It refuses what
// an apply would: files with faults, all of them at once, a cancelled campaign,
// and a first entry that is past.
func (l *live) compare(ctx context.Context, call string, folders []string) ([]difference, error) {
	defs, err := l.loadAll(ctx, call, folders)
	if err != nil {
		return nil, err
	}
	found := make([]difference, len(defs))
	for i, def := range defs {
		found[i] = difference{folder: folders[i], definition: def, staying: []inFlight{}}
	}
	now, err := l.store.Now(ctx)
	if err != nil {
		return nil, err
	}
	list, err := l.store.Campaigns(ctx, "")
	if err != nil {
		return nil, err
	}
	for i := range found {
		if err := l.compareOne(ctx, &found[i], list, now); err != nil {
			return nil, err
		}
	}
	return found, nil
}

func (l *live) compareOne(ctx context.Context, d *difference, list []postgres.Campaign, now time.Time) error {
	def := d.definition
	err := l.engine.CanRun(ctx, def)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(list, func(c postgres.Campaign) bool { return c.Name == def.Name })
	d.first = i < 0
	zone := l.config.Shop.Zone
	if d.next = nextEntry(def, zone, now, now); d.first {
		if d.next.never {
			return pastEntry(def.Name, d.next)
		}
		return nil
	}
	old := list[i]
	if old.Status == "cancelled" {
		return fault.New(fault.Conflict, fmt.Sprintf("campaign %q was cancelled; it cannot be applied again", def.Name), "give the new campaign a name of its own")
	}
	d.changes = campaigns.Diff(old.Definition, def)
	if d.next.never {
		// What ran may be edited; an entry that has yet to come may not be moved into the past.
		ran, err := l.store.Ran(ctx, old)
		if err != nil {
			return err
		}
		if !ran && !nextEntry(old.Definition, zone, now, now).never {
			return pastEntry(def.Name, d.next)
		}
		d.over = true
	}
	if wave.SameSlots(old.Definition.Enter, def.Enter) {
		d.next = nextEntry(def, zone, old.SlotDone, now)
	}
	if len(d.changes) == 0 {
		return nil
	}
	if d.budget, err = l.budget(ctx, def, old, now); err != nil {
		return err
	}
	if d.budget != nil && !d.budget.Exhausted && !slices.ContainsFunc(d.changes, func(c campaigns.Change) bool { return c.Path == "limits.budget" }) {
		d.budget = nil
	}
	flying, err := l.store.InFlight(ctx, old.ID)
	for _, f := range flying {
		d.staying = append(d.staying, inFlight{content(f.Hash), f.Design, f.Round, f.Customers})
	}
	return err
}

func pastEntry(name string, next entry) error {
	return fault.New(fault.Conflict, fmt.Sprintf("campaign %s: %s", name, next), "write an entry that is still to come")
}

// text is the changes and who stays, indented below the campaign's name;
// nothing where nothing changes.
func (d difference) text(w io.Writer) {
	if len(d.changes) == 0 {
		return
	}
	for line := range strings.Lines(d.changes.String()) {
		if strings.HasPrefix(line, " ") {
			fmt.Fprint(w, "  "+line) // a line of a text, as it stands there
		} else {
			fmt.Fprintln(w, wrap("  ", line))
		}
	}
	for _, f := range d.staying {
		stays := "stay"
		if f.Customers == 1 {
			stays = "stays"
		}
		fmt.Fprintln(w, wrap("  ", fmt.Sprintf("%s in round %d %s on version %s of design %d", count(int(f.Customers), "customer"), f.Round, stays, short(f.Version), f.Design)))
	}
	if len(d.staying) == 0 {
		fmt.Fprintln(w, "  nobody is on the way under it")
	}
	if d.budget != nil {
		fmt.Fprintln(w, wrap("  ", d.budget.says()))
	}
	if d.over && !slices.ContainsFunc(d.changes, func(c campaigns.Change) bool { return c.AtOnce }) {
		fmt.Fprintln(w, wrap("  ", "nobody enters any more, so what changes here reaches no customer; to hold what is still to go out: rewave campaign pause "+d.definition.Name))
	}
}

// differenceRow is a difference for programs.
type differenceRow struct {
	Campaign string      `json:"campaign"`
	Folder   string      `json:"folder"`
	New      bool        `json:"new"` // never applied
	Differs  bool        `json:"differs"`
	Restarts bool        `json:"restarts"` // the experiment
	Because  string      `json:"because,omitempty"`
	Changes  []changeRow `json:"changes"`
	Mixes    []string    `json:"mixes"` // waves that come or go: one report holds customers with them and without
	Staying  []inFlight  `json:"staying"`
	Budget   *budget     `json:"budget,omitempty"`
}

type changeRow struct {
	Path     string   `json:"path"`
	Was      string   `json:"was"` // empty: it is new
	Now      string   `json:"now"` // empty: it is gone
	Restarts bool     `json:"restarts"`
	AtOnce   bool     `json:"at_once"`         // it holds for those on their way too
	Lines    []string `json:"lines,omitempty"` // of a text
}

func changeRows(changes campaigns.Changes) []changeRow {
	rows := make([]changeRow, len(changes))
	for i, c := range changes {
		rows[i] = changeRow{c.Path, c.Was, c.Now, c.Restarts, c.AtOnce, c.Lines}
	}
	return rows
}

func (a *app) diffCampaigns(ctx context.Context, folders []string) error {
	folders = campaignFolders(folders)
	l, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer l.close()
	l.sayZone(a)
	found, err := l.compare(ctx, "campaign diff", folders)
	if err != nil {
		return err
	}
	rows := make([]differenceRow, len(found))
	pending := 0
	for i, d := range found {
		rows[i] = differenceRow{d.definition.Name, d.folder, d.first, d.differs(), d.changes.Restarts(), d.changes.Because(), changeRows(d.changes), append([]string{}, d.changes.Mixes()...), d.staying, d.budget}
		if d.differs() {
			pending++
		}
	}
	if a.json {
		err = a.print(rows)
	} else {
		for _, d := range found {
			switch {
			case d.first:
				fmt.Fprintln(a.stdout, wrap(d.definition.Name+": ", "was never applied; "+d.next.says))
			case len(d.changes) == 0:
				fmt.Fprintf(a.stdout, "%s: nothing differs\n", d.definition.Name)
			default:
				fmt.Fprintf(a.stdout, "%s\n", d.definition.Name)
				d.text(a.stdout)
			}
		}
	}
	if err != nil || pending == 0 {
		return err
	}
	differ := "differs"
	if pending > 1 {
		differ = "differ"
	}
	err = fault.New(fault.Pending, fmt.Sprintf("%s %s from what is applied", count(pending, "campaign"), differ), "rewave campaign apply "+strings.Join(folders, " "))
	if a.json {
		return reported{err}
	}
	return err
}
