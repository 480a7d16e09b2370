package postgres

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rewave/rewave/rules"
)

// Condition is a rule as SQL, about a customer f of customer_features as of an
// instant after which nothing of their orders changes. Match and Unknown bound from above who matches and for whom the rule
// errs; where Exact is true they are exactly those, but for the customers of
// Deep.
//
// A rule is three-valued: true, false, or an error where it reads what is
// unknown, and `and` and `or` read from the left. Each part becomes three
// predicates, one for each answer, built without a not, so that what does not
// translate can stand as true in all three and the whole never loses a customer;
// a null counts as false.
type Condition struct {
	Match, Unknown string
	Exact          bool
	Deep           bool     // it looks into single orders, of which a rule reads no more than rules.MaxOrders
	Opaque         []string // what does not translate, and why, in words
	Windows        int      // how many histories it reads beside the features
	Close          []string // whom a number is too close for: PostgreSQL and Go may differ in the last digit

	args    []any
	people  bool // needs customers u
	contact bool // needs contacts k
	joins   []string
}

// conditionOf translates. Where grouped is true, what lies beside the features is
// read for all customers at once and joined; else for each customer who comes so
// far.
func conditionOf(t rules.Term, at time.Time, basis rules.Basis, currency string, grouped bool) *Condition {
	w := &conditionWriter{Condition: Condition{Exact: true}, at: at, basis: basis, currency: currency, grouped: grouped}
	w.instant = w.arg(at, "timestamptz")
	p := w.pred(t.At(at, basis))
	w.Match, w.Unknown = p.yes, p.err
	for _, h := range w.pasts {
		if w.grouped {
			w.joins = append(w.joins, h.join())
		}
	}
	w.Windows = len(w.pasts)
	return &w.Condition
}

type conditionWriter struct {
	Condition
	at       time.Time
	instant  string
	basis    rules.Basis
	currency string
	grouped  bool
	pasts    []*past
}

// maxCondition bounds the text: alternating ands and ors of parts that may be
// unknown grow with every level.
const maxCondition = 64 << 10

// arg is a parameter of the statement.
func (w *conditionWriter) arg(v any, cast string) string {
	for i, have := range w.args {
		if same(have, v) {
			return fmt.Sprintf("$%d::%s", i+1, cast)
		}
	}
	w.args = append(w.args, v)
	return fmt.Sprintf("$%d::%s", len(w.args), cast)
}

func same(a, b any) bool {
	switch a := a.(type) {
	case time.Time:
		b, ok := b.(time.Time)
		return ok && a.Equal(b)
	case string, int64, float64:
		return a == b
	}
	return false
}

// pred is when a part of a rule is true, when false, and when it errs.
type pred struct{ yes, no, err string }

const never, always = "false", "true"

func allOf(parts ...string) string { return joined(" and ", always, never, parts) }
func anyOf(parts ...string) string { return joined(" or ", never, always, parts) }

// joined leaves out what changes nothing; stop alone decides.
func joined(by, neutral, stop string, parts []string) string {
	var kept []string
	for _, p := range parts {
		switch {
		case p == stop:
			return stop
		case p != neutral && !slices.Contains(kept, p):
			kept = append(kept, p)
		}
	}
	switch len(kept) {
	case 0:
		return neutral
	case 1:
		return kept[0]
	}
	return "(" + strings.Join(kept, by) + ")"
}

// opaque is a part that may come to anything.
func (w *conditionWriter) opaque(what, why string) pred {
	w.Exact = false
	if said := what + ": " + why; !slices.Contains(w.Opaque, said) {
		w.Opaque = append(w.Opaque, said)
	}
	return pred{always, always, always}
}

func (w *conditionWriter) pred(t rules.Term) pred {
	p := w.open(t)
	if len(p.yes)+len(p.no)+len(p.err) > maxCondition {
		return w.opaque("the rule", "it is too long to be written as SQL")
	}
	return p
}

func (w *conditionWriter) open(t rules.Term) pred {
	switch t.Op {
	case rules.OpTruth:
		if t.Truth {
			return pred{always, never, never}
		}
		return pred{never, always, never}
	case "not":
		p := w.pred(t.Args[0])
		return pred{p.no, p.yes, p.err}
	case "and":
		a := w.pred(t.Args[0])
		if a.yes == never { // nothing after it is read
			return a
		}
		b := w.pred(t.Args[1])
		first := a.yes
		if a.err == never {
			first = always // a is true wherever it is not false
		}
		return pred{allOf(a.yes, b.yes), anyOf(a.no, allOf(first, b.no)), anyOf(a.err, allOf(a.yes, b.err))}
	case "or":
		a := w.pred(t.Args[0])
		if a.no == never {
			return a
		}
		b := w.pred(t.Args[1])
		first := a.no
		if a.err == never {
			first = always
		}
		return pred{anyOf(a.yes, allOf(first, b.yes)), allOf(a.no, b.no), anyOf(a.err, allOf(a.no, b.err))}
	case rules.OpRead:
		return w.truth(t)
	case "in":
		return w.in(t)
	case "contains", "startsWith", "endsWith":
		return w.inText(t)
	}
	return w.compare(t.Op, t.Args[0], t.Args[1])
}

// in is a chain of equals, all of which are read.
func (w *conditionWriter) in(t rules.Term) pred {
	items := t.Args[1].Args
	if texts, ok := constants(items); ok {
		v, ok := w.value(t.Args[0])
		if !ok {
			return pred{always, always, always}
		}
		return w.known(v.sql()+" = any("+w.arg(texts, "text[]")+")", v)
	}
	p, known := pred{never, always, never}, always
	for _, item := range items {
		q := w.compare("==", t.Args[0], item)
		p = pred{anyOf(p.yes, q.yes), allOf(p.no, q.no), anyOf(p.err, q.err)}
		if q.err != never { // found or not, an item that is unknown is an error
			known = allOf(known, anyOf(q.yes, q.no))
		}
	}
	p.yes = allOf(p.yes, known)
	return p
}

// constants are the texts of a list that holds nothing else.
func constants(items []rules.Term) ([]string, bool) {
	texts := make([]string, 0, len(items))
	for _, t := range items {
		if t.Op != rules.OpText || strings.ContainsRune(t.Text, 0) {
			return nil, false
		}
		texts = append(texts, t.Text)
	}
	return texts, true
}

func (w *conditionWriter) inText(t rules.Term) pred {
	a, ok := w.value(t.Args[0])
	b, ok2 := w.value(t.Args[1])
	if !ok || !ok2 {
		return pred{always, always, always}
	}
	sql := map[string]string{
		"contains":   "strpos(%s, %s) > 0",
		"startsWith": "starts_with(%s, %s)",
		"endsWith":   "right(%[1]s, length(%[2]s)) = %[2]s",
	}[t.Op]
	return w.known(fmt.Sprintf(sql, a.sql(), b.sql()), a, b)
}

// known is a predicate of values some of which may be unknown.
func (w *conditionWriter) known(sql string, values ...value) pred {
	p := pred{sql, "not " + sql, never}
	if strings.Contains(sql, " ") {
		p.no = "not (" + sql + ")"
	}
	for _, v := range values {
		p.err = anyOf(p.err, v.unknown())
	}
	return p
}

var flipped = map[string]string{"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}

func (w *conditionWriter) compare(op string, left, right rules.Term) pred {
	if left.Op == rules.OpNumber && right.Op != rules.OpNumber {
		op, left, right = flipped[op], right, left
	}
	if p, ok := w.truths(op, left, right); ok {
		return p
	}
	a, ok := w.value(left)
	if !ok {
		return pred{always, always, always}
	}
	if a.near && right.Op == rules.OpNumber {
		return w.nearly(op, a, right.Number)
	}
	if right.Op == rules.OpNumber && a.atLeast != nil {
		if p, ok := w.threshold(op, a, right.Number); ok {
			return p
		}
	}
	b, ok := w.value(right)
	if !ok {
		return pred{always, always, always}
	}
	if a.near || b.near {
		return w.opaque(asRead(left, right), onlyNumbers)
	}
	return w.known(a.sql()+" "+inSQL(op)+" "+b.sql(), a, b)
}

func inSQL(op string) string {
	switch op {
	case "==":
		return "="
	case "!=":
		return "<>"
	}
	return op
}

// truths compares two truths; ok is false where they are none.
func (w *conditionWriter) truths(op string, left, right rules.Term) (pred, bool) {
	if !isTruth(left) || !isTruth(right) {
		return pred{}, false
	}
	a, b := w.pred(left), w.pred(right)
	p := pred{anyOf(allOf(a.yes, b.yes), allOf(a.no, b.no)), anyOf(allOf(a.yes, b.no), allOf(a.no, b.yes)), anyOf(a.err, b.err)}
	if op == "!=" {
		p.yes, p.no = p.no, p.yes
	}
	return p, true
}

func isTruth(t rules.Term) bool {
	switch t.Op {
	case rules.OpTruth, "and", "or", "not", "==", "!=", "<", "<=", ">", ">=", "in", "contains", "startsWith", "endsWith":
		return true
	}
	return t.Gives == rules.Truth
}

// threshold compares a whole number behind a value with a constant: n whole
// numbers on one side of it, the others on the other.
func (w *conditionWriter) threshold(op string, v value, c float64) (pred, bool) {
	from, above, ok := w.basis.Least(c, v.money)
	if !ok {
		return pred{}, false
	}
	err := v.unknown()
	switch op {
	case ">=":
		return pred{v.atLeast(from), v.below(from), err}, true
	case "<":
		return pred{v.below(from), v.atLeast(from), err}, true
	case ">":
		return pred{v.atLeast(above), v.below(above), err}, true
	case "<=":
		return pred{v.below(above), v.atLeast(above), err}, true
	}
	yes, no := allOf(v.atLeast(from), v.below(above)), anyOf(v.below(from), v.atLeast(above))
	if from == above {
		yes = never
	}
	if op == "!=" {
		yes, no = no, yes
	}
	return pred{yes, no, err}, true
}

// value is a number, a text or a date of a customer. A value that is a whole number, or the day of an instant, can be
// asked for its side of a threshold, which spares arithmetic for every row and
// lets an index be used.
type value struct {
	expr string        // null where it is unknown; numbers as float8
	lazy func() string // the same, for what is rarely asked
	null bool          // it may be unknown
	test string        // is null iff the value is; empty: expr
	most float64       // a bound on the size of a number
	near bool          // it may differ from Go's by a billionth

	atLeast, below func(n int64) string // nil: only expr
	money          bool                 // n is in minor units
}

func (v value) sql() string {
	if v.lazy != nil {
		return v.lazy()
	}
	return v.expr
}

func (v value) unknown() string {
	switch {
	case !v.null:
		return never
	case v.test != "":
		return v.test + " is null"
	}
	return v.sql() + " is null"
}

// whole is a column of whole numbers.
func whole(sql string, null bool) value {
	return value{expr: sql + "::float8", null: null, test: sql, most: 1e18,
		atLeast: func(n int64) string { return sql + " >= " + strconv.FormatInt(n, 10) },
		below:   func(n int64) string { return sql + " < " + strconv.FormatInt(n, 10) }}
}

// amount is a column of minor units.
func (w *conditionWriter) amount(sql string, null bool) value {
	v := whole(sql, null)
	v.money = true
	v.expr = w.major(sql)
	return v
}

func (w *conditionWriter) major(minor string) string {
	return fmt.Sprintf("(%s::float8 / 1%s)", minor, strings.Repeat("0", w.basis.Digits))
}

// average is minor units by a count, rounded half to even; null where the count
// is 0. Whether it reaches n is asked without dividing: half-even, n-0.5 rounds
// up to n where n is even.
func (w *conditionWriter) average(minor, count string) value {
	side := func(n int64, at, over string) string {
		op := at
		if n%2 != 0 {
			op = over
		}
		return fmt.Sprintf("(%s > 0 and 2 * %s %s %d * %s)", count, minor, op, 2*n-1, count)
	}
	return value{
		expr: w.major(fmt.Sprintf("half_even(%s::numeric / nullif(%s, 0))", minor, count)), null: true, test: fmt.Sprintf("nullif(%s, 0)", count), money: true, most: 1e18,
		atLeast: func(n int64) string { return side(n, ">=", ">") },
		below:   func(n int64) string { return side(n, "<", "<=") },
	}
}

// day is the day of an instant.
func (w *conditionWriter) day(at string) value {
	return value{
		expr: fmt.Sprintf("((%s at time zone %s)::date - date '1970-01-01')::float8", at, w.arg(w.basis.Zone.String(), "text")), null: true, test: at, most: 1e8,
		atLeast: func(n int64) string { return w.since(at, n) },
		below:   func(n int64) string { return w.before(at, n) },
	}
}

// ago is how many days lie between a day and the decision's.
func (w *conditionWriter) ago(day value) value {
	today := w.basis.Day(w.at)
	v := day
	v.expr, v.lazy = fmt.Sprintf("(%d - %s)", today, day.sql()), nil
	if day.atLeast != nil {
		v.atLeast = func(n int64) string { return day.below(today - n + 1) }
		v.below = func(n int64) string { return day.atLeast(today - n + 1) }
	}
	return v
}

// since and before say that an instant is known and on the day or later, or
// before it.
func (w *conditionWriter) since(at string, day int64) string {
	if m, ok := w.basis.Midnight(day); ok {
		return at + " >= " + w.arg(m, "timestamptz")
	}
	return beyond(at, day < 0)
}

func (w *conditionWriter) before(at string, day int64) string {
	if m, ok := w.basis.Midnight(day); ok {
		return at + " < " + w.arg(m, "timestamptz")
	}
	return beyond(at, day > 0)
}

func beyond(sql string, holds bool) string {
	if holds {
		return sql + " is not null"
	}
	return never
}
