package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/rewave/rewave/internal/postgres"
	"github.com/rewave/rewave/rules"
)

// RefreshSegments brings the kept segments that are due up to date, and returns
// how many customers came into one or left one. Each change becomes an event of
// the customer's, before the campaigns that are entered so. Twice is harmless: a
// segment that is as new already is left alone.
func (e *Engine) RefreshSegments(ctx context.Context) (int, error) {
	kept, err := e.Store.KeptSegments(ctx)
	if err != nil || len(kept) == 0 {
		return 0, err
	}
	now, err := e.now(ctx)
	if err != nil {
		return 0, err
	}
	total := 0
	var faults []error
	for _, k := range kept {
		if k.Refreshed != nil && now.Before(k.Refreshed.Add(k.Every)) {
			continue
		}
		rule, wrong := rules.Compile(k.Rule, rules.Options{Segments: k.Named})
		if wrong != nil {
			faults = append(faults, fmt.Errorf("segment %s: %w", k.Name, wrong))
			continue
		}
		q, err := e.segmentQuery(ctx, rule, now)
		if err != nil {
			faults = append(faults, fmt.Errorf("segment %s: %w", k.Name, err))
			continue
		}
		var a SegmentAnswer
		change, done, err := e.Store.RefreshSegment(ctx, k.ID, q, func(g *postgres.Segment, add func([]int64) error) error {
			return e.addMembers(ctx, g, &q, &a, add)
		})
		if err != nil {
			faults = append(faults, fmt.Errorf("segment %s: %w", k.Name, err))
			continue
		}
		if a.Unknown > 0 {
			e.Log.Warn("rule of a segment could not be evaluated", "segment", k.Name, "customers", a.Unknown, "first", a.Often()[0])
		}
		if done {
			e.Log.Debug("segment refreshed", "segment", k.Name, "came", change.Came, "left", change.Left, "entering", change.Put)
		}
		total += int(change.Came + change.Left)
	}
	return total, errors.Join(faults...)
}

// NextRefresh is when a kept segment is due next; nil where none is kept.
func (e *Engine) NextRefresh(ctx context.Context) (*time.Time, error) {
	kept, err := e.Store.KeptSegments(ctx)
	if err != nil || len(kept) == 0 {
		return nil, err
	}
	now, err := e.now(ctx)
	if err != nil {
		return nil, err
	}
	next := now
	for i, k := range kept {
		due := now
		if k.Refreshed != nil {
			due = k.Refreshed.Add(k.Every)
		}
		if i == 0 || due.Before(next) {
			next = due
		}
	}
	return &next, nil
}

// addMembers adds those of whom the rule must judge.
func (e *Engine) addMembers(ctx context.Context, g *postgres.Segment, q *postgres.SegmentQuery, a *SegmentAnswer, add func([]int64) error) error {
	ids := make([]int64, 0, 1000)
	flush := func() error {
		err := add(ids)
		ids = ids[:0]
		return err
	}
	err := e.judgeMembers(ctx, g, q, g.Exact(), a, func(m *postgres.SegmentMember) error {
		if ids = append(ids, int64(m.Profile.ID)); len(ids) == cap(ids) {
			return flush()
		}
		return nil
	})
	if err != nil {
		return err
	}
	return flush()
}
