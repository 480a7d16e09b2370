package engine

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/audience"
	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/delivery"
	"github.com/rewave/rewave/internal/evaluation"
	"github.com/rewave/rewave/internal/holdout"
	"github.com/rewave/rewave/internal/postgres"
	"github.com/rewave/rewave/internal/report"
	"github.com/rewave/rewave/internal/wave"
)

// Evaluating says which evaluation is asked for.
type Evaluating struct {
	AsOf   time.Time
	Design int    // 0: the current one
	Cohort string // only those who came in then: 2026-03, or the Monday of a week; empty: everyone, or the newest cohort that is final
	Keep   bool   // store what was read, so that it can be shown again as it stood
}

// EvaluateCampaign reads the sufficient statistics of every point of a design as
// of an instant, judges them, and returns the report. It reads who was assigned
// and what they bought, never who was reached. It writes nothing unless told to.
func (e *Engine) EvaluateCampaign(ctx context.Context, name string, ask Evaluating) (report.Report, error) {
	asOf := ask.AsOf
	c, err := e.Store.CampaignDesign(ctx, name, ask.Design)
	if err != nil {
		return report.Report{}, err
	}
	entries, err := e.Store.Entries(ctx, c.ID, c.Design, asOf, e.Shop.Currency)
	if err != nil {
		return report.Report{}, fmt.Errorf("evaluate %s: %w", name, err)
	}
	r := report.Report{
		Campaign: c.Name, Says: c.Definition.Says, Design: c.Design, Version: c.Hash, AsOf: asOf, Zone: e.Shop.Zone, ReplayAA: e.AA,
		Arms:     []report.PlannedArm{{Arm: holdout.Treat, Share: holdout.Whole - c.Share}, {Arm: holdout.Hold, Share: c.Share}},
		Salts:    []report.Salt{{Layer: holdout.CampaignLayer(c.Name, c.Design, 0), Of: "campaign holdout"}},
		Language: report.English(),
	}
	for _, w := range c.Definition.Waves {
		r.Waves = append(r.Waves, w.Name)
	}
	if c.Design > 1 {
		r.Warnings = append(r.Warnings, report.Warning{Code: "design", Sentence: fmt.Sprintf(
			"This is design %d: only those who entered since %s. What design %d found: rewave report show %s --design %d.",
			c.Design, r.Language.Date(c.StartedAt, e.Shop.Zone), c.Design-1, c.Name, c.Design-1)})
	}
	bounds, err := e.Store.Bounds(ctx, c.ID, c.Design)
	if err != nil {
		return r, fmt.Errorf("evaluate %s: %w", name, err)
	}
	reading := reading{Engine: e, report: &r, campaign: c, entries: entries, bounds: bounds, keep: ask.Keep}
	if err := reading.readCohorts(ctx, ask.Cohort); err != nil {
		return r, fmt.Errorf("evaluate %s: %w", name, err)
	}
	read, err := reading.readings(ctx)
	if err != nil {
		return r, fmt.Errorf("evaluate %s: %w", name, err)
	}
	for _, p := range read.points {
		if err := reading.point(ctx, p, read.more); err != nil {
			return r, fmt.Errorf("evaluate %s: %w", name, err)
		}
	}
	reading.addLooks(read.firsts)
	reading.addWaveEffects(read.waves)
	reading.addCoupons(read.coupons)
	reading.addWaveCells(read)
	reading.addSplits(read)
	reading.addMore(read)
	if err := e.addLedger(ctx, &r, c, read.deliveries); err != nil {
		return r, fmt.Errorf("evaluate %s: %w", name, err)
	}
	return r, nil
}

// roundsOf is the rounds a point is read in: the one it names, else each.
func roundsOf(c campaigns.Campaign, p campaigns.Point) []int {
	if p.Anchor.Round > 0 {
		return []int{p.Anchor.Round}
	}
	if p.Anchor.Entry {
		return []int{1}
	}
	rounds := make([]int, c.Rounds.Times)
	for i := range rounds {
		rounds[i] = i + 1
	}
	return rounds
}

// reading is one evaluation of a campaign under way.
type reading struct {
	*Engine
	report   *report.Report
	campaign postgres.Campaign
	entries  postgres.EntrySpan
	bounds   []postgres.Bound
	keep     bool
	span     *span // of entry; nil: everyone
}

// point adds the result of a point in one round, or that the round is to come.
func (e reading) point(ctx context.Context, p *pointFacts, more moreFacts) error {
	r, begins := e.report, p.begins
	if p.toCome {
		e.pending(p.Round, *begins)
		return nil
	}
	if e.keep {
		if err := e.Store.KeepStatistics(ctx, p.PointQuery, p.point.Name, p.arms); err != nil {
			return err
		}
	}
	switch {
	case len(p.arms) == 0 && begins != nil:
		e.pending(p.Round, *begins)
		return nil
	case len(p.arms) == 0 && p.Round > 1 && !p.primary:
		return nil // nobody entered, which the first round says
	}
	in, err := e.input(p)
	if err != nil {
		return err
	}
	in.Doubts = e.doubts(p, more)
	result, err := evaluation.Evaluate(in, r.Language)
	if err != nil {
		return err
	}
	r.Points = append(r.Points, result)
	if p.primary {
		e.addCurves(p)
	}
	return nil
}

// pending notes a round that has not begun, once for all its points.
func (e reading) pending(round int, begins time.Time) {
	if !slices.ContainsFunc(e.report.Pending, func(x report.Round) bool { return x.Round == round }) {
		e.report.Pending = append(e.report.Pending, report.Round{Round: round, Begins: begins})
	}
}

// input is everything that the verdict on a point is made of.
func (e reading) input(facts *pointFacts) (evaluation.Input, error) {
	c, q, p, arms := e.campaign, facts.PointQuery, facts.point, facts.arms
	in := evaluation.Input{
		Point: evaluation.Point{Name: p.Name, Metric: c.Definition.Evaluation.Primary.Metric,
			Primary: facts.primary, Anchor: anchorSaid(c.Definition, p.Anchor, q.Round), Window: p.Window, ReturnWindow: e.Shop.ReturnWindow},
		Design: evaluation.Design{HoldShare: c.Share},
		AsOf:   q.AsOf, Zone: e.Shop.Zone, ReplayAA: e.AA,
	}
	if e.entries.First != nil {
		in.Design.EntryFrom = *e.entries.First
	}
	closes := closesAt(c, e.entries, e.Shop.Zone)
	if e.span != nil {
		if in.Design.EntryFrom.Before(e.span.from) {
			in.Design.EntryFrom = e.span.from
		}
		if closes == nil || e.span.until.Before(*closes) {
			closes = &e.span.until
		}
	}
	if closes != nil {
		in.Design.EntryUntil = *closes
		last, err := lastAnchor(c.Definition, p.Anchor, q.Round, *closes, e.Shop.Zone)
		if err != nil {
			return in, err
		}
		// Hours of another zone, or of an earlier version, may place someone's later.
		for _, a := range arms {
			if a.LastAnchor != nil && a.LastAnchor.After(last) {
				last = *a.LastAnchor
			}
		}
		in.Point.FinalAt = last.Add(in.Point.Tail())
	}
	for _, a := range arms {
		in.Observations = append(in.Observations, observation(a))
	}
	in.Cost = e.cost(arms, e.entries)
	in.Shown = c.Definition.Evaluation.Shown()
	in.Metrics, in.Integrity = metrics(arms, facts.worth), evaluation.Integrity(facts.mixed)
	return in, nil
}

// closesAt is when entry closes, where that is known: the earliest of the end
// that the file gives it, the end it was given when it was applied, its only
// slot, and for a cancelled campaign the last who came in.
func closesAt(c postgres.Campaign, entries postgres.EntrySpan, zone *time.Location) *time.Time {
	closes := c.EntryUntil
	earlier := func(at time.Time) {
		if closes == nil || at.Before(*closes) {
			closes = &at
		}
	}
	if !c.Definition.Until.IsZero() {
		earlier(calendar.Instant(c.Definition.Until, 0, zone))
	}
	if s := c.Definition.Enter.Schedule; s != nil && !s.AtDate.IsZero() {
		earlier(calendar.Instant(s.AtDate, s.Time, zone))
	}
	if c.Status == "cancelled" && entries.Last != nil {
		earlier(*entries.Last)
	}
	return closes
}

// lastAnchor is where the window of someone opens who enters in the last
// instant.
func lastAnchor(c campaigns.Campaign, a campaigns.Anchor, round int, closes time.Time, zone *time.Location) (time.Time, error) {
	if a.Entry {
		return closes, nil
	}
	waves, err := wave.PlaceRound(c, closes.Add(time.Duration(round-1)*c.Rounds.Every), zone.String())
	if err != nil {
		return time.Time{}, err
	}
	var last time.Time
	for _, w := range waves {
		if (a.SequenceEnd || w.Wave == a.Wave) && w.ScheduledAt.After(last) {
			last = w.ScheduledAt
		}
	}
	return last, nil
}

// roundBegins is when a later round begins for those who entered first; nil for
// the first round, and while nobody has entered.
func roundBegins(c campaigns.Campaign, round int, entries postgres.EntrySpan) *time.Time {
	if round == 1 || entries.First == nil {
		return nil
	}
	begins := entries.First.Add(time.Duration(round-1) * c.Rounds.Every)
	return &begins
}

func anchorKind(a campaigns.Anchor) string {
	switch {
	case a.Entry:
		return "entry"
	case a.SequenceEnd:
		return "end"
	}
	return "wave"
}

func anchorSaid(c campaigns.Campaign, a campaigns.Anchor, round int) string {
	said := a.Wave + ", as scheduled"
	if a.Entry {
		said = "entry"
	} else if a.SequenceEnd {
		said = "the last wave, as scheduled"
	}
	if c.Rounds.Times > 1 && !a.Entry {
		said += fmt.Sprintf(", round %d", round)
	}
	return said
}

// addCurves draws the cumulative repurchase of the primary point.
func (e reading) addCurves(p *pointFacts) {
	if len(p.curve) == 0 {
		return
	}
	c := e.campaign.Definition
	curves := &report.Curves{Anchor: anchorSaid(c, p.point.Anchor, p.Round), Days: int((p.Window + 24*time.Hour - 1) / (24 * time.Hour))}
	for _, row := range p.curve {
		n := len(curves.Arms)
		if n == 0 || string(curves.Arms[n-1].Arm) != row.Arm {
			curves.Arms = append(curves.Arms, report.Curve{Arm: holdout.Arm(row.Arm)})
			n++
		}
		arm := &curves.Arms[n-1]
		if row.Day == nil {
			arm.Enrollments = row.Count
			continue
		}
		before := int64(0)
		if k := len(arm.Steps); k > 0 {
			before = arm.Steps[k-1].Buyers
		}
		arm.Steps = append(arm.Steps, report.Step{Day: *row.Day + 1, Buyers: before + row.Count})
	}
	curves.Waves = waveTicks(c, p.point.Anchor)
	e.report.Curves = curves
}

// waveTicks places the waves on the curve's axis by their written waits; the
// daily window moves each by less than a day.
func waveTicks(c campaigns.Campaign, a campaigns.Anchor) []report.WaveTick {
	wait := map[string]time.Duration{}
	var last time.Duration
	for range c.Waves {
		for _, w := range c.Waves {
			wait[w.Name] = wait[w.After.Wave] + w.After.Wait
			last = max(last, wait[w.Name])
		}
	}
	var zero time.Duration
	switch {
	case a.Wave != "":
		zero = wait[a.Wave]
	case a.SequenceEnd:
		zero = last
	}
	var ticks []report.WaveTick
	for _, w := range c.Waves {
		if at := wait[w.Name] - zero; at >= 0 {
			ticks = append(ticks, report.WaveTick{Day: at.Hours() / 24, Wave: w.Name})
		}
	}
	slices.SortFunc(ticks, func(a, b report.WaveTick) int { return cmp.Compare(a.Day, b.Day) })
	return ticks
}

// addLedger says what became of the deliveries, beside the result and never in
// it.
func (e *Engine) addLedger(ctx context.Context, r *report.Report, c postgres.Campaign, counts []postgres.DeliveryCount) error {
	for _, n := range counts {
		r.Deliveries = append(r.Deliveries, report.DeliveryCount{Round: n.Round, Wave: n.Wave, Arm: holdout.Arm(n.Arm), Channel: n.Channel, State: n.State, Reason: n.Reason, LostTo: n.LostTo, Count: n.Count})
		if s := delivery.State(n.State); s == delivery.Unknown || s == delivery.UnknownFinal {
			r.Unknown += n.Count
		}
	}
	entries, err := e.Store.EntryCounts(ctx, c.ID, c.Design)
	if err != nil {
		return err
	}
	if !e.Replay { // a replay is as of the end of its data, and so is its ledger
		if err := e.addDates(ctx, r); err != nil {
			return err
		}
	}
	if n := entries[string(audience.RuleError)]; n > 0 {
		r.Warnings = append(r.Warnings, report.Warning{Code: "rule_error",
			Sentence: fmt.Sprintf("The rule could not be evaluated %d times; those customers were left out of both groups.", n)})
	}
	if n := entries[string(missed)]; n > 0 {
		r.Warnings = append(r.Warnings, report.Warning{Code: "missed_slots",
			Sentence: fmt.Sprintf("%d entry slots passed while nothing was running; nobody entered at them.", n)})
	}
	return nil
}

// feedGap is how much older than the report the newest order may be before
// something seems to be missing.
const feedGap = 3 * 24 * time.Hour

// addDates says where a live report's orders end before its instant, and where
// its deliveries stand as of another: what they were then is not kept.
func (e *Engine) addDates(ctx context.Context, r *report.Report) error {
	now, err := e.now(ctx)
	if err != nil {
		return err
	}
	if r.AsOf.Before(now.Add(-24 * time.Hour)) {
		r.DeliveriesAt = &now
	}
	upTo := now
	if r.AsOf.After(upTo) {
		upTo = r.AsOf
	}
	newest, err := e.Store.NewestOrder(ctx, r.AsOf.Add(-feedGap), upTo)
	if err != nil {
		return err
	}
	if newest != nil && newest.Before(r.AsOf.Add(-feedGap)) {
		r.Warnings = append(r.Warnings, report.Warning{Code: "orders_end",
			Sentence: fmt.Sprintf("The newest order known is of %s; orders after it are missing from these figures.", r.Language.Date(*newest, e.Shop.Zone))})
	}
	return nil
}
