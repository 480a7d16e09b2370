package engine

import (
	"context"
	"fmt"
	"time"

	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/evaluation"
	"github.com/rewave/rewave/internal/fault"
	"github.com/rewave/rewave/internal/holdout"
	"github.com/rewave/rewave/internal/postgres"
	"github.com/rewave/rewave/internal/report"
)

// span is a stretch of entry, [from, until), in whole weeks or months of the
// shop's zone.
type span struct {
	name        string // 2026-03, or the week's Monday
	day         calendar.Date
	from, until time.Time
}

// spans are those from the first entry to an instant.
func (e reading) spans(to time.Time) []span {
	if e.entries.First == nil {
		return nil
	}
	month := e.campaign.Definition.Evaluation.Cohort == "month"
	zone := e.Shop.Zone
	day := calendar.DateOf(*e.entries.First, zone)
	if month {
		day.Day = 1
	} else {
		day = day.AddDays(-(int(day.Weekday()) + 6) % 7)
	}
	var out []span
	for {
		s := span{day: day, from: calendar.Instant(day, 0, zone)}
		s.name = fmt.Sprintf("%04d-%02d-%02d", day.Year, day.Month, day.Day)
		if !s.from.Before(to) {
			return out
		}
		if day = day.AddDays(7); month {
			s.name = s.name[:7]
			day = s.day.AddDays(31)
			day.Day = 1
		}
		s.until = calendar.Instant(day, 0, zone)
		out = append(out, s)
	}
}

// readCohorts reads the primary point by the span of entry, and sets which of
// the cohorts the report is of: the one asked for; else everyone once all are
// final; else the newest that is, if any.
func (e *reading) readCohorts(ctx context.Context, asked string) error {
	c := e.campaign.Definition
	if c.Evaluation.Cohort == "" {
		if asked != "" {
			return fault.New(fault.Usage, fmt.Sprintf("campaign %s is not read by cohorts", c.Name), "write evaluation: {cohort: month} into its file, or leave --cohort out")
		}
		return nil
	}
	p := e.primaryFacts()
	if p == nil || p.toCome {
		return nil
	}
	cells, err := e.Store.ObserveCells(ctx, p.PointQuery, p.worth, postgres.Split{By: c.Evaluation.Cohort, Name: e.Shop.Zone.String()})
	if err != nil {
		return err
	}
	if p.mixed, err = e.Store.Integrity(ctx, p.PointQuery); err != nil {
		return err
	}
	out := &evaluation.Cohorts{Span: c.Evaluation.Cohort, Point: p.point.Name, Round: p.Round, Cohorts: []evaluation.Cohort{}, Tail: []evaluation.OpenCohort{}}
	var newest *span
	for _, s := range e.spans(e.report.AsOf.Add(1)) {
		of := *p
		of.arms = nil
		for _, x := range cells {
			if x.Cell == fmt.Sprintf("%04d-%02d-%02d", s.day.Year, s.day.Month, s.day.Day) {
				of.arms = append(of.arms, x.ArmTotals)
			}
		}
		if len(of.arms) == 0 {
			continue
		}
		if s.name == asked {
			e.span = &s
		}
		whole := *e
		whole.span = &s
		in, err := whole.input(&of)
		if err != nil {
			return err
		}
		treat, hold := armOf(of.arms, holdout.Treat), armOf(of.arms, holdout.Hold)
		final, assigned := treat.Final.Enrollments+hold.Final.Enrollments, treat.Assigned+hold.Assigned
		if s.until.After(e.report.AsOf) || !evaluation.Opens(final, assigned) {
			open := evaluation.OpenCohort{Cohort: s.name, From: s.from.UTC(), Until: s.until.UTC(), Assigned: assigned, Final: final}
			if at := in.Point.FinalAt.UTC(); !at.IsZero() {
				open.Opens = &at
			}
			out.Tail = append(out.Tail, open)
			continue
		}
		in.Point.Primary = false // its figures are those of the headline only where it is asked for
		result, err := evaluation.Evaluate(in, e.report.Language)
		if err != nil {
			return err
		}
		out.Cohorts = append(out.Cohorts, evaluation.Cohort{Cohort: s.name, From: s.from.UTC(), Until: s.until.UTC(), Result: result})
		newest = &s
	}
	e.report.Cohorts = out
	closes := closesAt(e.campaign, e.entries, e.Shop.Zone)
	over := closes != nil && !e.report.AsOf.Before(*closes) && len(out.Tail) == 0
	switch {
	case asked != "" && e.span == nil:
		return fault.New(fault.Usage, fmt.Sprintf("nobody entered %s in %s", c.Name, asked), "cohorts are named as in the report: 2026-03, or the Monday of a week")
	case asked == "" && !over:
		e.span = newest
	}
	if e.span != nil {
		out.Asked = e.span.name
		last := calendar.DateOf(e.span.until.Add(-time.Second), e.Shop.Zone)
		e.report.Warnings = append(e.report.Warnings, report.Warning{Code: "cohort", Sentence: e.report.Language.Say("cohort.asked",
			"from", e.report.Language.Date(e.span.from, e.Shop.Zone), "to", e.report.Language.Date(calendar.Instant(last, 0, e.Shop.Zone), e.Shop.Zone))})
	}
	if len(c.Evaluation.Looks) == 0 {
		return nil
	}
	if closes == nil {
		out.Code = evaluation.NoEstimate // without an end nobody knows how many looks there will be
		return nil
	}
	out.Looked = true
	first := 0 // looks go on from the first cohort, as far as none is missing
	for first < len(out.Cohorts) && (len(out.Tail) == 0 || out.Cohorts[first].From.Before(out.Tail[0].From)) {
		first++
	}
	evaluation.CohortPlan{Cohorts: len(e.spans(*closes)), Planned: int64(c.Evaluation.Expect.Enrollments), HoldShare: e.campaign.Share}.Look(out.Cohorts[:first])
	return nil
}

// primaryFacts is the primary point as it is to be read; nil where the file has
// none.
func (e reading) primaryFacts() *pointFacts {
	c := e.campaign.Definition
	for _, p := range c.Evaluation.Points {
		if p.Name == c.Evaluation.Primary.Point {
			return e.pointFacts(p, max(1, p.Anchor.Round))
		}
	}
	return nil
}
