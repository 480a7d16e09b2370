package engine

import (
	"context"
	"errors"
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
	q, err := e.segmentQuery(ctx, rule, at)
	if err != nil {
		return a, err
	}
	err = e.Store.Segment(ctx, q, func(g *postgres.Segment) (err error) {
		a, err = e.count(ctx, g, &q)
		return err
	})
	return a, err
}

func (e *Engine) count(ctx context.Context, g *postgres.Segment, q *postgres.SegmentQuery) (a SegmentAnswer, err error) {
	a.At, a.Why = q.At, g.Why()
	switch {
	case g.Exact():
		a.Matches, a.Unknown, err = g.Decided(ctx)
	case q.Rule.Needs().TotalsOnly():
		err = judgeStream(ctx, g, q, a.judge)
	default:
		return a, e.judgeMembers(ctx, g, q, false, &a, nil)
	}
	if err != nil {
		return a, err
	}
	return a, e.judgeMembers(ctx, g, q, true, &a, nil)
}

// judgeStream has the rule judge a stream of features, while the next ones are
// read.
func judgeStream(ctx context.Context, g *postgres.Segment, q *postgres.SegmentQuery, judged func(bool, error)) error {
	const batch = 1000
	full, empty := make(chan []rules.Totals, 2), make(chan []rules.Totals, 3)
	for range cap(empty) {
		empty <- make([]rules.Totals, 0, batch)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		var room rules.Room
		for some := range full {
			for _, t := range some {
				judged(q.Rule.Match(room.NewTotalsEnv(rules.Customer{}, t, q.At, q.Basis)))
			}
			empty <- some[:0]
		}
	}()
	some := <-empty
	err := g.Stream(ctx, func(t *rules.Totals) error {
		if some = append(some, *t); len(some) == batch {
			full <- some
			some = <-empty
		}
		return nil
	})
	full <- some
	close(full)
	<-done
	return err
}

// CountCustomers counts who was a customer at an instant.
func (e *Engine) CountCustomers(ctx context.Context, at time.Time) (n int64, err error) {
	everybody, _ := rules.Compile("true", rules.Options{}) // which has no faults
	q, err := e.segmentQuery(ctx, everybody, at)
	if err != nil {
		return 0, err
	}
	err = e.Store.Segment(ctx, q, func(g *postgres.Segment) (err error) {
		n, err = g.Customers(ctx)
		return err
	})
	return n, err
}

// WhyUnknown asks why the rule has no value for customers whom SQL only counted:
// for the first of them by id, at most limit.
func (e *Engine) WhyUnknown(ctx context.Context, rule *rules.Program, at time.Time, limit int) (a SegmentAnswer, err error) {
	q, err := e.segmentQuery(ctx, rule, at)
	if err != nil {
		return a, err
	}
	err = e.Store.Segment(ctx, q, func(g *postgres.Segment) error {
		members, err := g.Unknown(ctx, limit)
		if err != nil {
			return err
		}
		envs, err := e.envs(ctx, g, rule, q.Basis, members)
		for _, env := range envs {
			a.judge(rule.Match(env))
		}
		return err
	})
	return a, err
}

// EachMember calls fn with everybody whom a rule means at an instant, in the order
// in which they became known, with what they had ordered by then. It reads them page by page, so that fn may have
// to do with millions.
func (e *Engine) EachMember(ctx context.Context, rule *rules.Program, at time.Time, fn func(*postgres.SegmentMember) error) (a SegmentAnswer, err error) {
	a.At = at
	q, err := e.segmentQuery(ctx, rule, at)
	if err != nil {
		return a, err
	}
	err = e.Store.Segment(ctx, q, func(g *postgres.Segment) (err error) {
		a.Why = g.Why()
		if g.Exact() { // nobody for whom it errs comes by below
			if _, a.Unknown, err = g.Decided(ctx); err != nil {
				return err
			}
		}
		return e.judgeMembers(ctx, g, &q, false, &a, fn)
	})
	return a, err
}

// FirstMembers are the first whom a rule means, in the order in which they became
// known, at most limit, and how many there are in all.
func (e *Engine) FirstMembers(ctx context.Context, rule *rules.Program, at time.Time, limit int) (first []postgres.SegmentMember, a SegmentAnswer, err error) {
	enough := errors.New("enough")
	q, err := e.segmentQuery(ctx, rule, at)
	if err != nil {
		return nil, a, err
	}
	err = e.Store.Segment(ctx, q, func(g *postgres.Segment) (err error) {
		if limit > 0 {
			err = e.judgeMembers(ctx, g, &q, false, new(SegmentAnswer), func(m *postgres.SegmentMember) error {
				if first = append(first, *m); len(first) == limit {
					return enough
				}
				return nil
			})
		}
		if err == nil || errors.Is(err, enough) {
			a, err = e.count(ctx, g, &q)
		}
		return err
	})
	return first, a, err
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

// SegmentPlan is how PostgreSQL would count whom a rule means.
type SegmentPlan struct {
	Statement string
	Values    []any    // of $1, $2 and so on in it
	Plan      string   // as PostgreSQL prints it
	Why       []string // what does not translate into SQL
	Settled   bool     // no orders changed after the instant: else the rule judges whom they changed of
}

// PlanSegment is how PostgreSQL would count, and what does not translate.
func (e *Engine) PlanSegment(ctx context.Context, rule *rules.Program, at time.Time) (p SegmentPlan, err error) {
	q, err := e.segmentQuery(ctx, rule, at)
	if err != nil {
		return p, err
	}
	err = e.Store.Segment(ctx, q, func(g *postgres.Segment) (err error) {
		p.Why, p.Settled = g.Why(), g.Settled()
		if p.Statement, p.Plan, err = g.Plan(ctx); err != nil {
			return err
		}
		p.Values, err = g.Values(ctx)
		return err
	})
	return p, err
}

func (e *Engine) basis() rules.Basis {
	return rules.Basis{Zone: e.Shop.Zone, Digits: e.Shop.Digits, Money: e.Shop.Currency}
}

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
		var found []*postgres.SegmentMember
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
			if fn != nil {
				found = append(found, m)
			}
		}
		if err := e.totalsThen(ctx, g, found); err != nil {
			return err
		}
		for _, m := range found {
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

// totalsThen gives those whose orders changed after the instant the totals that
// they had at it.
func (e *Engine) totalsThen(ctx context.Context, g *postgres.Segment, members []*postgres.SegmentMember) error {
	var changed []*postgres.SegmentMember
	var ids []int64
	for _, m := range members {
		if m.Changed {
			changed, ids = append(changed, m), append(ids, int64(m.Profile.ID))
		}
	}
	if len(changed) == 0 {
		return nil
	}
	orders, err := g.Orders(ctx, ids, changed[0].At, e.Shop.Currency)
	if err != nil {
		return err
	}
	for _, m := range changed {
		f := facts{orders: orders[int64(m.Profile.ID)]}
		placed, _ := f.placed(&m.Candidate, &rules.Needs{Back: true})
		m.Totals = e.basis().Totals(placed, m.At)
	}
	return nil
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
