package engine

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/rewave/rewave/internal/postgres"
	"github.com/rewave/rewave/rules"
)

// SegmentAnswer is what became of a rule asked about everybody.
type SegmentAnswer struct {
	At      time.Time
	Matches int64
	Unknown int64            // for whom the rule has no value: they are left out
	Reasons map[string]int64 // of those judged one by one, why; others are only counted
	Judged  int64            // customers whom the rule judged one by one; the others SQL alone
	Why     []string         // what does not translate into SQL
}

func (a *SegmentAnswer) judge(match bool, err error) {
	a.Judged++
	switch {
	case err != nil:
		a.Unknown++
		if a.Reasons == nil {
			a.Reasons = map[string]int64{}
		}
		a.Reasons[err.Error()]++
	case match:
		a.Matches++
	}
}

// Often are the reasons, the commonest first.
func (a *SegmentAnswer) Often() []string {
	return slices.SortedFunc(maps.Keys(a.Reasons), func(x, y string) int {
		if d := a.Reasons[y] - a.Reasons[x]; d != 0 {
			return int(d)
		}
		if x < y {
			return -1
		}
		return 1
	})
}

// CountSegment counts whom a rule means at an instant. SQL counts whom it can;
// the rule judges the rest.
func (e *Engine) CountSegment(ctx context.Context, rule *rules.Program, at time.Time) (a SegmentAnswer, err error) {
	a.At = at
	q, err := e.segmentQuery(ctx, rule, at)
	if err != nil {
		return a, err
	}
	err = e.Store.Segment(ctx, q, func(g *postgres.Segment) error {
		a.Why = g.Why()
		needs := rule.Needs()
		if g.Exact() {
			var err error
			if a.Matches, a.Unknown, err = g.Decided(ctx); err != nil {
				return err
			}
			return e.judgeMembers(ctx, g, &q, true, &a, nil)
		}
		if needs.TotalsOnly() {
			var room rules.Room
			err := g.Stream(ctx, func(t *rules.Totals) error {
				a.judge(rule.Match(room.NewTotalsEnv(rules.Customer{}, *t, at, q.Basis)))
				return nil
			})
			if err != nil {
				return err
			}
			return e.judgeMembers(ctx, g, &q, true, &a, nil)
		}
		return e.judgeMembers(ctx, g, &q, false, &a, nil)
	})
	return a, err
}

// EachMember calls fn with everybody whom a rule means at an instant, by id.
func (e *Engine) EachMember(ctx context.Context, rule *rules.Program, at time.Time, fn func(*postgres.SegmentMember) error) (a SegmentAnswer, err error) {
	a.At = at
	q, err := e.segmentQuery(ctx, rule, at)
	if err != nil {
		return a, err
	}
	err = e.Store.Segment(ctx, q, func(g *postgres.Segment) error {
		a.Why = g.Why()
		return e.judgeMembers(ctx, g, &q, false, &a, fn)
	})
	return a, err
}

// ExplainSegment judges one customer, clause by clause. found is false where
// nobody has that id.
func (e *Engine) ExplainSegment(ctx context.Context, rule *rules.Program, at time.Time, shopID string) (clauses []rules.Clause, match bool, fault error, found bool, err error) {
	q, err := e.segmentQuery(ctx, rule, at)
	if err != nil {
		return nil, false, nil, false, err
	}
	err = e.Store.Segment(ctx, q, func(g *postgres.Segment) error {
		m, ok, err := g.One(ctx, shopID)
		if err != nil || !ok {
			return err
		}
		found = true
		envs, err := e.envs(ctx, g, rule, q.Basis, []postgres.SegmentMember{m})
		if err != nil {
			return err
		}
		clauses = rule.Explain(envs[0])
		match, fault = rule.Match(envs[0])
		return nil
	})
	return clauses, match, fault, found, err
}

// PlanSegment is how PostgreSQL would count, and what does not translate.
func (e *Engine) PlanSegment(ctx context.Context, rule *rules.Program, at time.Time) (statement, plan string, why []string, err error) {
	q, err := e.segmentQuery(ctx, rule, at)
	if err != nil {
		return "", "", nil, err
	}
	err = e.Store.Segment(ctx, q, func(g *postgres.Segment) (err error) {
		why = g.Why()
		statement, plan, err = g.Plan(ctx)
		return err
	})
	return statement, plan, why, err
}

func (e *Engine) basis() rules.Basis { return rules.Basis{Zone: e.Shop.Zone, Digits: e.Shop.Digits} }

// segmentQuery asks a rule with the scores that were there at the instant.
func (e *Engine) segmentQuery(ctx context.Context, rule *rules.Program, at time.Time) (postgres.SegmentQuery, error) {
	basis, err := e.predicting(ctx, rule.Needs(), at)
	return postgres.SegmentQuery{Rule: rule, At: at, Basis: basis, Currency: e.Shop.Currency}, err
}

// judgeMembers goes through candidates page by page, counts, and calls fn (nil:
// nobody) with those who match.
func (e *Engine) judgeMembers(ctx context.Context, g *postgres.Segment, q *postgres.SegmentQuery, undecided bool, a *SegmentAnswer, fn func(*postgres.SegmentMember) error) error {
	const page = 2000
	var after int64
	for {
		members, err := g.Members(ctx, after, undecided, page)
		if err != nil || len(members) == 0 {
			return err
		}
		last := members[len(members)-1].Profile.ID
		var open []postgres.SegmentMember
		for _, m := range members {
			if !m.Sure {
				open = append(open, m)
			}
		}
		envs, err := e.envs(ctx, g, q.Rule, q.Basis, open)
		if err != nil {
			return err
		}
		for i, j := 0, 0; i < len(members); i++ {
			m := &members[i]
			if m.Sure {
				a.Matches++
			} else {
				match, err := q.Rule.Match(envs[j])
				a.judge(match, err)
				if j++; !match {
					continue
				}
			}
			if fn == nil {
				continue
			}
			if err := fn(m); err != nil {
				return err
			}
		}
		if len(members) < page {
			return nil
		}
		after = int64(last)
	}
}

// envs are what the rule sees of candidates.
func (e *Engine) envs(ctx context.Context, g *postgres.Segment, rule *rules.Program, basis rules.Basis, members []postgres.SegmentMember) ([]rules.Env, error) {
	if len(members) == 0 {
		return nil, nil
	}
	needs := rule.Needs()
	candidates := make([]postgres.Candidate, len(members))
	for i, m := range members {
		candidates[i] = m.Candidate
	}
	known, err := e.know(ctx, g.Planning, needs, candidates)
	if err != nil {
		return nil, err
	}
	envs := make([]rules.Env, len(members))
	for i := range candidates {
		envs[i] = e.env(&candidates[i], &needs, new(known[int64(candidates[i].Profile.ID)]), basis)
	}
	return envs, nil
}
