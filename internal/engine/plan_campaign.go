package engine

import (
	"context"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/audience"
	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/evaluation"
	"github.com/rewave/rewave/internal/fault"
	"github.com/rewave/rewave/internal/message"
	"github.com/rewave/rewave/internal/postgres"
	"github.com/rewave/rewave/internal/report"
	"github.com/rewave/rewave/internal/wave"
	"github.com/rewave/rewave/rules"
)

// PlanCampaign says what definitions would do if they were applied as they are,
// as of an instant, and changes nothing. It reads every customer once and asks
// about each the functions that will decide: wave.Planner who enters and when
// each wave falls, delivery.Gate what its hours and the caps let out. Several
// definitions are planned as running side by side: a customer who enters one is
// elsewhere for the others of its group until their last message has an end.
//
// A slot is asked about as of the slot, with what is known of the shop today. A
// campaign that orders bring customers into is asked about past orders, as if it
// had run then: nobody of those enters, they are a forecast.
//
// Progress, if not nil, is told from several goroutines how many customers are
// done, of how many at most: they are read a second time where a holdout that is
// left to size comes out as another than the smallest.
func (e *Engine) PlanCampaign(ctx context.Context, defs []campaigns.Campaign, at time.Time, progress func(done, total int64)) (report.Plan, error) {
	out := report.Plan{AsOf: at, Zone: e.Shop.Zone, Currency: evaluation.Currency{Code: e.Shop.Currency, Digits: e.Shop.Digits}}
	w, err := e.walk(ctx, defs, at, progress)
	if err != nil {
		return out, err
	}
	for _, c := range w.campaigns {
		w.conclude(c)
		out.Campaigns = append(out.Campaigns, c.out)
	}
	return out, nil
}

// walk goes through everybody, as often as it takes to know the shares that are
// left to size.
func (e *Engine) walk(ctx context.Context, defs []campaigns.Campaign, at time.Time, progress func(done, total int64)) (*walk, error) {
	applied, err := e.Store.Campaigns(ctx, "")
	if err != nil {
		return nil, err
	}
	w := &walk{Engine: e, at: at, applied: applied, names: map[int]string{}, progress: progress, passes: 1}
	for _, a := range applied {
		w.names[a.ID] = a.Name
	}
	for _, def := range defs {
		c, err := e.planned(ctx, def, applied, at)
		if err != nil {
			return nil, fmt.Errorf("plan campaign %s: %w", def.Name, err)
		}
		w.order = append(w.order, len(w.campaigns))
		w.campaigns = append(w.campaigns, c)
		if c.chosen() && c.open() {
			w.passes = 2
		}
	}
	w.sortBySlot()
	if w.pools, err = e.pools(ctx, at); err != nil {
		return nil, err
	}
	if err := w.run(ctx, readers()); err != nil {
		return nil, fmt.Errorf("plan: %w", err)
	}
	// A share that is chosen by size is known once everybody has been counted; who is written to depends on it.
	if w.resolve() {
		if err := w.run(ctx, readers()); err != nil {
			return nil, fmt.Errorf("plan: %w", err)
		}
	}
	return w, nil
}

// readers go through the customers side by side. More would take the database
// from those who send.
func readers() int { return min(2, runtime.GOMAXPROCS(0)) }

// planned is one campaign of a plan under way.
type planned struct {
	def     campaigns.Campaign
	id      int // 0: never applied
	out     report.PlannedCampaign
	slot    time.Time      // zero: by orders or events
	asks    *version       // decides who enters
	members *rules.Program // of the segment that brings customers in; nil: another way
	unseen  []string       // words of its rules that the shop has never seen, a sentence each
	past    *version       // decides the same of the past: entry is open, and nobody entered before
	primary campaigns.Point
	anchor  time.Duration // from entry to the primary point's anchor
	tally   tally
	limits  audience.Limits

	segments map[string]int64 // of its text messages at most, by folder

	applied *postgres.Campaign // where this design has been applied: what it rests on stays
	closes  *time.Time         // what an apply set

	now, then postgres.Asking // of asks, and of past
}

// triggered reports whether orders or events bring customers in.
func (c *planned) triggered() bool { return c.def.Enter.On != "" }

// open reports whether anybody can enter.
func (c *planned) open() bool { return c.out.Entry.Closed == "" }

// planned prepares one definition: how it stands to what runs, when entry is, and
// the planners that will be asked.
func (e *Engine) planned(ctx context.Context, def campaigns.Campaign, applied []postgres.Campaign, at time.Time) (*planned, error) {
	c := &planned{def: def, limits: e.limits(def)}
	c.out = report.PlannedCampaign{Campaign: def.Name, Says: def.Says, Version: def.Version, Design: 1, Status: "new",
		Rounds: report.PlannedRounds{Times: def.Rounds.Times, Every: def.Rounds.Every.Hours()}, Sends: []report.Sends{},
		Money: report.Money{Coupons: []report.CouponMoney{}}, Warnings: []report.PlanWarning{}}
	same, ran := false, false
	c.out.Change = report.Change{Kind: "new", Pending: true, Differs: []report.Difference{}, Mixes: []string{}, InFlight: []report.OnTheirWay{}}
	for _, a := range applied {
		if a.Name != def.Name {
			continue
		}
		hash, _, _ := strings.Cut(a.Hash, "/")
		c.id, c.out.Design, c.out.Status, c.out.Because, c.closes = a.ID, a.Design, a.Status, a.Because, a.EntryUntil
		same = hash == def.Version && a.DesignHash == def.Design
		switch {
		case same:
			c.out.Change.Kind, c.out.Change.Pending = "none", false
		case a.DesignHash == def.Design:
			c.out.Change.Kind = "version"
		default:
			c.out.Change.Kind = "design"
			c.out.Design++
		}
		if a.DesignHash == def.Design {
			c.applied = &a
		}
		changes := campaigns.Diff(a.Definition, def)
		for _, d := range changes {
			c.out.Change.Differs = append(c.out.Change.Differs, report.Difference{Path: d.Path, Was: d.Was, Now: d.Now, Restarts: d.Restarts, AtOnce: d.AtOnce, Lines: d.Lines})
		}
		c.out.Change.Mixes = append(c.out.Change.Mixes, changes.Mixes()...)
		budget, err := e.Budget(ctx, def, a, at)
		if err != nil {
			return nil, err
		}
		if budget != nil {
			c.out.Money.Spent, c.out.Money.Exhausted, c.out.Money.Waiting = &budget.Spent, budget.Exhausted, budget.Waiting
		}
		was, _ := e.plannedEntry(a.Definition, at, a.EntryUntil)
		if ran, err = e.Store.Ran(ctx, a); err != nil {
			return nil, err
		}
		ran = ran || was.Closed != ""
		if a.Status == "cancelled" {
			continue // nobody goes on
		}
		flying, err := e.Store.InFlight(ctx, a.ID)
		if err != nil {
			return nil, err
		}
		for _, f := range flying {
			hash, _, _ := strings.Cut(f.Hash, "/")
			c.out.Change.InFlight = append(c.out.Change.InFlight, report.OnTheirWay{Version: hash, Design: f.Design, Round: f.Round, Customers: f.Customers})
		}
	}
	c.out.Entry, c.slot = e.plannedEntry(def, at, c.closes)
	if c.out.Status == "cancelled" {
		c.out.Entry.Closed = "cancelled"
	}
	if err := e.enteredSegment(ctx, c, at); err != nil {
		return nil, err
	}
	// An apply refuses a cancelled campaign, and one that nobody ever would enter.
	c.out.Entry.Ran = ran
	if c.out.Status == "cancelled" || !c.open() && !same && !ran {
		c.out.Change.Kind, c.out.Change.Pending = "refused", false
	}
	if err := c.findPrimary(e.Shop.Zone, at); err != nil {
		return nil, err
	}
	if err := c.measureTexts(message.Options{Currency: e.Shop.Currency, Zone: e.Shop.Zone, Link: e.Shop.PublicURL}); err != nil {
		return nil, err
	}
	if err := e.planners(ctx, c, at); err != nil {
		return nil, err
	}
	names := c.asks.planner.Rule().Names()
	switch {
	case c.def.Enter.Segment != "":
		names = append(names, c.members.Names()...)
	case c.def.Enter.On == "event":
		names = append(names, rules.Name{Of: rules.NameEvent, Text: c.def.Enter.Event})
	}
	var err error
	c.unseen, err = e.UnseenNames(ctx, names)
	return c, err
}

// enteredSegment says how a segment that brings customers in stands: who are in it
// now, and whether it is kept.
func (e *Engine) enteredSegment(ctx context.Context, c *planned, at time.Time) error {
	entry, name := &c.out.Entry, c.def.Enter.Segment
	if name == "" {
		return nil
	}
	entry.Segment = name
	var faults rules.Faults
	if c.members, faults = rules.Compile(c.def.Enter.Segments[name], rules.Options{Segments: c.def.Enter.Segments}); len(faults) > 0 {
		return fmt.Errorf("segment %s: %w", name, faults)
	}
	kept, err := e.Store.KeptSegments(ctx)
	if err != nil {
		return err
	}
	entry.Kept = slices.ContainsFunc(kept, func(k postgres.KeptSegment) bool { return k.Name == name })
	answer, err := e.CountSegment(ctx, c.members, at)
	if _, ok := fault.Of(err); ok {
		return nil // it takes too long, or cannot be asked on this basis: the plan does without
	}
	entry.Members = &answer.Matches
	return err
}

// measureTexts finds the segments of each text message, filled in as validate
// does and in the language in which it is longest, and what letters may make of
// them. One that cannot be measured is an error: any number said of it would be
// made up.
func (c *planned) measureTexts(shop message.Options) error {
	c.segments = map[string]int64{}
	uses := message.Uses(c.def, shop)
	for _, path := range slices.Sorted(maps.Keys(c.def.Messages)) {
		files := c.def.Messages[path]
		use, used := uses[path]
		if !used || !slices.Contains(use.Channels, message.SMS) {
			continue
		}
		lengths, err := message.Lengths(path, files, use)
		if err != nil {
			return err
		}
		for _, locale := range slices.Sorted(maps.Keys(lengths)) {
			l, of := lengths[locale], strings.TrimSuffix(path+"/"+locale, "/")
			c.segments[path] = max(c.segments[path], int64(l.Segments))
			if l.Foreign != "" {
				c.warn("text_letters", of+" ("+l.Foreign+")", float64(l.Segments), 0)
			}
			if l.Named.Segments > 0 {
				c.warn("text_names", of, float64(l.Named.Segments), float64(l.Segments))
			}
		}
	}
	return nil
}

// planners compiles the definition twice: as it will decide, and as it would have
// decided in the past.
func (e *Engine) planners(ctx context.Context, c *planned, at time.Time) error {
	stored := postgres.Campaign{ID: c.id, Name: c.def.Name, Design: c.out.Design, Definition: c.def}
	if err := e.rest(ctx, &stored, c.applied, at); err != nil {
		return err
	}
	if c.chosen() {
		stored.Share = evaluation.HoldoutCandidates()[0] // until its size is known
	}
	design := designOf(stored)
	planner, err := wave.NewPlanner(c.def, design, e.Shop.Zone)
	if err != nil {
		return err
	}
	planner.Closes = c.closes
	basis := e.basis()
	basis.Scores = stored.Scores
	c.asks = &version{stored: stored, planner: planner, needs: planner.Needs(), basis: basis}
	c.now, c.then = postgres.AskingOf(stored), postgres.AskingOf(stored).Anew()
	for i, w := range c.def.Waves {
		c.out.Waves[i].Skip = stored.Skips[w.Name].Float()
	}
	c.past = &version{stored: stored, planner: planner.Always(), needs: c.asks.needs, basis: basis}
	return nil
}

// chosen says that the share is left to size, and not chosen yet.
func (c *planned) chosen() bool { return c.def.Holdout.Auto && c.applied == nil }

// plannedEntry says when customers come in, and the slot that is planned: the
// first that is not before an instant, or the last of which there is none.
func (e *Engine) plannedEntry(def campaigns.Campaign, at time.Time, closes *time.Time) (report.PlannedEntry, time.Time) {
	zone := e.Shop.Zone
	entry := report.PlannedEntry{By: "slot", Event: def.Enter.Event, Until: closes}
	if !def.Until.IsZero() {
		if until := calendar.Instant(def.Until, 0, zone).UTC(); closes == nil || until.Before(*closes) {
			entry.Until = &until
		}
	}
	first := at
	if !def.From.IsZero() {
		if from := calendar.Instant(def.From, 0, zone).UTC(); from.After(at) {
			entry.From, first = &from, from
		}
	}
	if entry.Until != nil && !at.Before(*entry.Until) {
		entry.Closed = "ended"
	}
	schedule, slots := wave.ScheduleOf(def.Enter)
	if !slots {
		if entry.By = "order"; def.Enter.On == "event" {
			entry.By = "event"
		}
		if entry.Closed == "" && entry.Until != nil && !first.Before(*entry.Until) {
			entry.Closed = "no_slot"
		}
		return entry, time.Time{}
	}
	entry.Recurs = schedule.AtDate.IsZero()
	if def.Enter.Occasion != nil {
		entry.By = "occasion"
	}
	if !entry.Recurs {
		slot := calendar.Instant(schedule.AtDate, schedule.Time, zone).UTC()
		entry.At = &slot
		switch {
		case entry.Closed != "":
		case slot.Before(at):
			entry.Closed = "past"
		case slot.Before(first) || entry.Until != nil && !slot.Before(*entry.Until):
			entry.Closed = "no_slot"
		}
		return entry, slot
	}
	slot, ok := wave.NextEntry(def.Enter, zone, first.Add(-1))
	if ok {
		slot = slot.UTC()
		entry.At = &slot
	}
	if entry.Closed == "" && (!ok || entry.Until != nil && !slot.Before(*entry.Until)) {
		entry.Closed = "no_slot"
	}
	return entry, slot
}

// findPrimary finds the point on which the verdict rests, and how long after
// entry its window opens.
func (c *planned) findPrimary(zone *time.Location, at time.Time) error {
	for _, p := range c.def.Evaluation.Points {
		if p.Name == c.def.Evaluation.Primary.Point {
			c.primary = p
		}
	}
	start := at
	if !c.slot.IsZero() {
		start = c.slot
	}
	opens, err := lastAnchor(c.def, c.primary.Anchor, max(1, c.primary.Anchor.Round), start, zone)
	if err != nil {
		return err
	}
	c.anchor = opens.Sub(start)
	places, err := wave.PlaceRound(c.def, start, zone.String())
	if err != nil {
		return err
	}
	for i, w := range c.def.Waves {
		c.out.Waves = append(c.out.Waves, plannedWave(w, places[i].ScheduledAt.Sub(start)))
	}
	return nil
}

func plannedWave(w campaigns.Wave, starts time.Duration) report.PlannedWave {
	out := report.PlannedWave{Wave: w.Name, Service: w.Service, After: w.After.Wave, Wait: w.After.Wait.Hours(), Starts: starts.Hours(),
		Requires: w.After.RequiresAccepted, Unless: append([]string{}, w.After.Unless...), Channels: w.Channels, Skip: w.Skip.Share.Float(),
		Variants: []report.PlannedVariant{}, Coupons: []string{}}
	for _, v := range w.Variants {
		out.Variants = append(out.Variants, report.PlannedVariant{Name: v.Name, Share: v.Share.Float()})
	}
	seen := map[string]bool{}
	add := func(content campaigns.Content) {
		if content.Coupon != nil && !seen[content.Coupon.Pool] {
			seen[content.Coupon.Pool] = true
			out.Coupons = append(out.Coupons, content.Coupon.Pool)
		}
	}
	add(w.Content)
	for _, p := range w.ByStratum {
		add(p.Content)
	}
	for _, v := range w.Variants {
		add(v.Content)
	}
	return out
}
