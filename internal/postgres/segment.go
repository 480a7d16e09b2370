package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/rewave/rewave/internal/fault"
	"github.com/rewave/rewave/rules"
)

// SegmentQuery is a rule about all customers at an instant.
type SegmentQuery struct {
	Rule     *rules.Program
	At       time.Time
	Basis    rules.Basis
	Currency string
}

// Segment is such a question within one snapshot.
//
// A row of customer_features answers for any instant from its changed_at on, so
// the rule as SQL decides whoever has not changed since, as far as it translates,
// looks into no more orders than a rule may, and finds what is kept beside the
// features up to date. The others are candidates: the rule itself must judge them.
type Segment struct {
	*Planning // reads facts of the same snapshot

	q       SegmentQuery
	settled bool // nobody's orders changed after the instant
	deep    bool // somebody has more orders than a rule reads one by one
	each    *Condition
	all     *Condition // the same, reading for everybody at once
}

// Segment calls fn with the question asked of one snapshot.
func (s *Store) Segment(ctx context.Context, q SegmentQuery, fn func(*Segment) error) error {
	err := pgx.BeginTxFunc(ctx, s.pool, reading, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, askingSettings); err != nil {
			return err
		}
		g, err := (&Planning{tx: tx}).segment(ctx, q, true)
		if err == nil && g == nil {
			err = otherBasis()
		}
		if err != nil {
			return err
		}
		return fn(g)
	})
	if err != nil {
		return fmt.Errorf("ask a segment: %w", askingError(err))
	}
	return nil
}

// askingSettings are for a transaction that asks a rule about everybody. Compiling
// a statement that runs for half a second takes longer than it saves. And a rule
// may cost more than any answer is worth: no statement of it runs on for ever.
const askingSettings = "set local jit = off; set local statement_timeout = '5min'"

// askingError is mapError where a statement may have run out of time.
func askingError(err error) error {
	var e *pgconn.PgError
	if errors.As(err, &e) && e.Code == "57014" { // query canceled, and not by us: that would be the context's error
		return fault.Wrap(fault.Unavailable, err, "the database did not answer the rule within five minutes", "say it with fewer spans and choices, or join them by `and` behind a part that few customers meet")
	}
	return mapError(err)
}

// otherBasis says that the features are kept on another basis than the one asked
// for: whoever opens the database makes its own the basis.
func otherBasis() error {
	return fault.New(fault.Conflict, "another program counts orders of this database in another currency or zone, and rules can be asked in one only",
		"give all of them the same shop: currency and zone in rewave.yaml, then start this again")
}

// segment is the question in the planning's transaction; nil where the features
// are not kept on the basis that it is asked on. snapshot says that all statements
// of the transaction see the same.
func (p *Planning) segment(ctx context.Context, q SegmentQuery, snapshot bool) (*Segment, error) {
	var currency, zone string
	var newest time.Time
	var deep bool
	var staged int
	err := p.tx.QueryRow(ctx, statement("segment/state"), rules.MaxOrders, rules.MaxLines, snapshot).Scan(&currency, &zone, &newest, &deep, &staged)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return nil, err
	}
	if currency != q.Currency || zone != q.Basis.Zone.String() {
		return nil, nil
	}
	term := q.Rule.Term()
	return &Segment{
		Planning: p, q: q, settled: !newest.After(q.At), deep: deep,
		each: conditionOf(term, q.At, q.Basis, currency, staged, false), all: conditionOf(term, q.At, q.Basis, currency, staged, true),
	}, nil
}

// slot is the statement for the next customers of a campaign's slot of whom the
// rule is not surely false.
func (g *Segment) slot(campaign int, after int64, onlyNew bool, limit int) (string, []any) {
	c := g.each
	n := len(c.args)
	where := anyOf(g.undecided(c, never), c.Match, c.Unknown)
	if onlyNew {
		// One by one, by their index: a join is planned by what was known of enrollments before the slot, which may be that there are none.
		// And not written as `is null`, which is thought to leave next to nobody: then all who are left are sorted for each page.
		where = allOf(where, fmt.Sprintf("not coalesce((select true from enrollments e where e.campaign_id = $%d::int and e.customer_id = f.customer_id limit 1), false)", n+1))
	}
	return ready(fmt.Sprintf("select f.customer_id from %s where f.customer_id > $%d::bigint and %s order by f.customer_id limit $%d::int", c.from(false), n+2, where, n+3),
		append(slices.Clip(c.args), campaign, after, limit))
}

// Exact says that SQL alone decides, but for customers whose orders changed after
// the instant or are more than a rule reads one by one. Why says what does not
// translate.
func (g *Segment) Exact() bool { return g.each.Exact }

// Why is what does not translate, in words.
func (g *Segment) Why() []string { return g.each.Opaque }

// from is the tables of a condition.
func (c *Condition) from(people bool) string {
	var b strings.Builder
	b.WriteString("customer_features f")
	if c.people || people {
		b.WriteString(" join customers u on u.customer_id = f.customer_id")
	}
	if c.contact || people {
		b.WriteString(" left join contacts k on k.customer_id = f.customer_id")
	}
	for _, join := range c.joins {
		b.WriteString(" " + join)
	}
	return b.String()
}

// undecided are the customers whom c does not decide even where it is exact. Those
// of Open are so only where c may come to something for them: bound says it, where
// nobody asks for Match or Unknown beside it.
func (g *Segment) undecided(c *Condition, bound string) string {
	open := allOf(c.Open, bound)
	if !g.settled {
		open = anyOf(open, "f.changed_at > "+instantOf)
	}
	if c.Deep && g.deep {
		// Each kept line has a unit, so there are no more lines than units.
		open = anyOf(open, fmt.Sprintf("f.orders > %d", rules.MaxOrders), fmt.Sprintf("f.units > %d", rules.MaxLines))
	}
	for _, near := range c.Close {
		open = anyOf(open, near)
	}
	return open
}

// instantOf is the instant asked about: the first parameter of every condition.
const instantOf = "$1::timestamptz"

// known is who was a customer at the instant.
func (g *Segment) known() string {
	if g.settled {
		return always
	}
	return "(f.first_at <= " + instantOf + " or exists (select from customers x where x.customer_id = f.customer_id and (x.first_seen_at is null or x.first_seen_at <= " + instantOf +
		")) or exists (select from orders x where x.customer_id = f.customer_id and x.placed_at <= " + instantOf + "))"
}

// Decided counts, where Exact, those whom SQL decides: who matches, and for whom
// the rule errs.
func (g *Segment) Decided(ctx context.Context) (matches, unknown int64, err error) {
	c, err := g.cheaper(ctx)
	if err != nil {
		return 0, 0, err
	}
	sql, args := g.counting(c)
	err = g.tx.QueryRow(ctx, sql, args...).Scan(&matches, &unknown)
	return matches, unknown, err
}

// counting is the statement of Decided.
func (g *Segment) counting(c *Condition) (string, []any) {
	matches, unknown, is := "count(*)", "0", c.Match
	if c.Unknown != never && c.Unknown != c.Open { // whoever is open is not counted here
		matches, unknown, is = "count(*) filter (where "+c.Match+")", "count(*) filter (where "+c.Unknown+")", anyOf(c.Match, c.Unknown)
	}
	with, from, where := g.decided(c, is)
	return ready(fmt.Sprintf("%sselect %s, %s::bigint from %s where %s", with, matches, unknown, from, where), c.args)
}

// decided are the parts of a statement about those customers f whom SQL decides
// and of whom a predicate of the condition is true.
func (g *Segment) decided(c *Condition, is string) (with, from, where string) {
	if c.Open != never { // nobody of them is here
		is = strings.ReplaceAll(is, c.Open, never)
	}
	where = allOf(g.known(), is) // of what costs the same, what stands first is asked first
	if open := g.undecided(c, always); open != never {
		where = allOf(where, "not "+open)
	}
	if len(c.tables) > 0 {
		with = "with " + strings.Join(c.tables, ", ") + " "
	}
	from = c.from(false)
	if c.Windows > 0 && c.likely != always {
		// Fenced, so that the planner knows how few are left for what is dear.
		from = fmt.Sprintf("(select f.customer_id from %s where %s offset 0) likely, %[1]s", from, c.likely)
		where = allOf("f.customer_id = likely.customer_id", where)
	}
	return with, from, where
}

var parameter = regexp.MustCompile(`\$(\d+)`)

// ready numbers the parameters that a statement uses anew, since some are only
// named in parts that fell away, and has it planned for their values.
func ready(sql string, args []any) (string, []any) {
	used := []any{pgx.QueryExecModeExec}
	number := map[string]string{}
	sql = parameter.ReplaceAllStringFunc(sql, func(p string) string {
		if _, ok := number[p]; !ok {
			i, _ := strconv.Atoi(p[1:]) // digits, says the pattern
			used = append(used, args[i-1])
			number[p] = "$" + strconv.Itoa(len(used)-1)
		}
		return number[p]
	})
	return sql, used
}

// cheaper is the condition that the planner finds cheaper for everybody.
func (g *Segment) cheaper(ctx context.Context) (*Condition, error) {
	if g.each.Windows == 0 {
		return g.each, nil
	}
	each, err := g.cost(ctx, g.each)
	if err != nil {
		return nil, err
	}
	all, err := g.cost(ctx, g.all)
	if err != nil || each < all {
		return g.each, err
	}
	return g.all, nil
}

func (g *Segment) cost(ctx context.Context, c *Condition) (float64, error) {
	sql, args := g.counting(c)
	plan, err := g.explain(ctx, "explain (format json) ", sql, args)
	if err != nil {
		return 0, err
	}
	var read []struct {
		Plan struct {
			Cost float64 `json:"Total Cost"`
		}
	}
	if err := json.Unmarshal([]byte(plan), &read); err != nil || len(read) == 0 {
		return 0, fmt.Errorf("read a plan: %w", err)
	}
	return read[0].Plan.Cost, nil
}

func (g *Segment) explain(ctx context.Context, how, sql string, args []any) (string, error) {
	rows, err := g.tx.Query(ctx, how+sql, args...)
	if err != nil {
		return "", err
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return strings.Join(lines, "\n"), err
}

// Plan is what PostgreSQL would do to count, as it prints it, and the statement.
func (g *Segment) Plan(ctx context.Context) (statement, plan string, err error) {
	c, err := g.cheaper(ctx)
	if err != nil {
		return "", "", err
	}
	sql, args := g.counting(c)
	plan, err = g.explain(ctx, "explain ", sql, args)
	return sql, plan, err
}

// SegmentMember is a customer whom a segment may mean.
type SegmentMember struct {
	Candidate
	Totals  rules.Totals
	Changed bool // orders changed after the instant: Totals are those of today
	Sure    bool // the rule is true: nobody needs to judge
}

// Addresses are the contact data, empty where there are none. They say nothing
// about whether they may be used.
func (m *SegmentMember) Addresses() (email, phone string) { return m.email, m.phone }

// Members returns the next customers by id who match, or must be judged by the
// rule: for undecided only those, of a segment that is Exact. A page shorter than
// limit is the last one.
func (g *Segment) Members(ctx context.Context, after int64, undecided bool, limit int) ([]SegmentMember, error) {
	c := g.each
	open := g.undecided(c, anyOf(c.Match, c.Unknown))
	if undecided && open == never {
		return nil, nil
	}
	sure := never
	where := open
	if c.Exact && !undecided { // of the undecided nobody is sure, and it is dear to ask
		sure = "(" + c.Match + ")"
		if open != never {
			sure = allOf("not "+open, sure)
		}
		sure = "coalesce(" + sure + ", false)"
	}
	if !undecided {
		where = anyOf(open, c.Match)
		if !c.Exact {
			where = anyOf(where, c.Unknown)
		}
	}
	n := len(c.args)
	return g.members(ctx, c, sure, fmt.Sprintf("f.customer_id > $%d::bigint and %s order by f.customer_id limit $%d::int", n+1, allOf(g.known(), where), n+2), after, limit)
}

// Customers counts who was a customer at the instant.
func (g *Segment) Customers(ctx context.Context) (n int64, err error) {
	sql, args := ready("select count(*) from customer_features f where "+g.known(), g.each.args)
	err = g.tx.QueryRow(ctx, sql, args...).Scan(&n)
	return n, err
}

// Unknown returns the first customers by id for whom, of a rule that is Exact, SQL
// has counted that the rule errs.
func (g *Segment) Unknown(ctx context.Context, limit int) ([]SegmentMember, error) {
	c := g.each
	if !c.Exact || c.Unknown == never {
		return nil, nil
	}
	where := allOf(g.known(), c.Unknown)
	if open := g.undecided(c, always); open != never {
		where = allOf(where, "not "+open)
	}
	return g.members(ctx, c, never, fmt.Sprintf("%s order by f.customer_id limit $%d::int", where, len(c.args)+1), limit)
}

// One is the customer with the shop's id, as a candidate; found is false where
// there is none.
func (g *Segment) One(ctx context.Context, shopID string) (m SegmentMember, found bool, err error) {
	of, err := g.members(ctx, g.each, never, fmt.Sprintf("u.shop_id = $%d::text", len(g.each.args)+1), shopID)
	if err != nil || len(of) == 0 {
		return m, false, err
	}
	return of[0], true, nil
}

func (g *Segment) members(ctx context.Context, c *Condition, sure, where string, args ...any) ([]SegmentMember, error) {
	sql, args := ready(fmt.Sprintf(`select f.customer_id, u.shop_id, u.first_name, u.last_name, coalesce(u.locale, ''), coalesce(u.region, ''), coalesce(u.zone, ''),
       u.first_seen_at, coalesce(k.email, ''), coalesce(k.phone, ''), %s, f.changed_at > %s, %s as sure from %s where %s`,
		totalColumns, instantOf, sure, c.from(true), where), append(slices.Clip(c.args), args...))
	rows, err := g.tx.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (m SegmentMember, err error) {
		var seen *time.Time
		var t totalsRow
		places := []any{&m.Profile.ID, &m.Profile.ShopID, &m.Profile.FirstName, &m.Profile.LastName, &m.Profile.Locale, &m.Profile.Region, &m.Profile.Zone,
			&seen, &m.email, &m.phone}
		err = row.Scan(append(append(places, t.places()...), &m.Changed, &m.Sure)...)
		if seen != nil {
			m.FirstSeen = *seen
		}
		m.HasEmail, m.HasPhone, m.At = m.email != "", m.phone != "", g.q.At
		m.Totals = t.totals()
		return m, err
	})
}

const totalColumns = "f.orders, f.days, f.revenue_minor, coalesce(f.first_day_minor, 0), f.first_at, f.last_at, f.placed, f.refunded_orders, f.gross_minor, f.refunded_minor"

// totalsRow is the columns of totalColumns.
type totalsRow struct {
	rules.Totals
	first, last *time.Time
}

func (t *totalsRow) places() []any {
	return []any{&t.Count, &t.Days, &t.Minor, &t.FirstDayMinor, &t.first, &t.last, &t.Placed, &t.Refunded, &t.GrossMinor, &t.RefundedMinor}
}

func (t *totalsRow) totals() rules.Totals {
	if t.first != nil {
		t.First, t.Last = *t.first, *t.last
	}
	return t.Totals
}

// Stream goes through all that may match by their features alone, in no order,
// for a rule that needs nothing else and is not Exact. What is undecided is left
// to Members.
func (g *Segment) Stream(ctx context.Context, fn func(*rules.Totals) error) error {
	c := g.each
	where := allOf(g.known(), anyOf(c.Match, c.Unknown))
	if open := g.undecided(c, always); open != never {
		where = allOf(where, "not "+open)
	}
	sql, args := ready(fmt.Sprintf("select %s from %s where %s", totalColumns, c.from(false), where), c.args)
	rows, err := g.tx.Query(ctx, sql, args...)
	if err != nil {
		return err
	}
	var t totalsRow
	places := t.places()
	_, err = pgx.ForEachRow(rows, places, func() error {
		totals := t.totals()
		return fn(&totals)
	})
	return err
}
