package postgres

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rewave/rewave/rules"
)

// Condition is a rule as SQL, about a customer f of customer_features as of an
// instant after which nothing of their orders changes. Match and Unknown bound
// from above who matches and for whom the rule errs; where Exact is true they are
// exactly those, but for the customers of Deep, of Close and of Open.
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
	Open           string   // who has no right row of something kept beside the features, so that it may come to anything; false: nobody

	args    []any
	people  bool // needs customers u
	contact bool // needs contacts k
	joins   []string
	tables  []string // what they join, each worked out before
	likely  string   // a bound from above that reads nothing beside the features; true: there is none
}

// conditionOf translates. Where grouped is true, what lies beside the features is
// read for all customers at once and joined; else for each customer who comes so
// far.
func conditionOf(t rules.Term, at time.Time, basis rules.Basis, currency string, staged int, grouped bool) *Condition {
	w := &conditionWriter{Condition: Condition{Exact: true, Open: never}, at: at, basis: basis, currency: currency, staged: staged, grouped: grouped}
	w.instant = w.arg(at, "timestamptz")
	p := w.pred(t.At(at, basis))
	w.Match, w.Unknown = p.yes, p.err()
	if w.likely = anyOf(p.yesCheap, cheap(w.Unknown)); w.grouped {
		w.likely = always
	}
	for _, h := range w.pasts {
		if w.grouped {
			w.tables = append(w.tables, h.table())
			w.joins = append(w.joins, fmt.Sprintf("left join %s on %[1]s.customer_id = f.customer_id", h.alias))
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
	staged   int // the scores by which everybody's stages are told; 0: some may not be
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

// pred is when a part of a rule is true, when false, and what it lacks where it
// errs. Where it is true, or false, some lacks are ruled out: a rule that asks
// first, as in orders.count > 0 and orders.days_since_last > 90, never errs.
type pred struct {
	yes, no           string
	errs              []lack
	yesRules, noRules []string // atoms

	// Bounds from above that read nothing beside the features.
	yesCheap, noCheap string
}

func (p pred) not() pred {
	return pred{p.no, p.yes, p.errs, p.noRules, p.yesRules, p.noCheap, p.yesCheap}
}

// cheap is the condition, or true where it reads rows for each customer. A
// category's number is read once.
func cheap(sql string) string {
	if strings.Count(sql, "(select") > strings.Count(sql, "(select c.category_id") {
		return always
	}
	return sql
}

// lack is a condition under which a rule errs: that something is unknown, which
// atom says, for those who come so far.
type lack struct{ atom, sql string }

func (p pred) err() string {
	sql := never
	for _, l := range p.errs {
		sql = anyOf(sql, l.sql)
	}
	return sql
}

// behind are the lacks for those of whom a condition holds.
func behind(condition string, rules []string, errs []lack) []lack {
	var out []lack
	for _, l := range errs {
		if sql := allOf(condition, l.sql); sql != never && !slices.Contains(rules, l.atom) {
			out = append(out, lack{l.atom, sql})
		}
	}
	return out
}

func both(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(atom string) bool { return !slices.Contains(b, atom) })
}

// anything is what may be true, false or an error.
func anything() pred {
	return pred{yes: always, no: always, errs: []lack{{"", always}}, yesCheap: always, noCheap: always}
}

func certainly(truth bool) pred {
	if truth {
		return pred{yes: always, no: never, yesCheap: always, noCheap: never}
	}
	return pred{yes: never, no: always, yesCheap: never, noCheap: always}
}

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
	return anything()
}

func (w *conditionWriter) pred(t rules.Term) pred {
	p := w.open(t)
	if len(p.yes)+len(p.no)+len(p.err()) > maxCondition {
		return w.opaque("the rule", "it is too long to be written as SQL")
	}
	return p
}

func (w *conditionWriter) open(t rules.Term) pred {
	switch t.Op {
	case rules.OpTruth:
		return certainly(t.Truth)
	case "not":
		return w.pred(t.Args[0]).not()
	case "and":
		return w.chain(t, func(p pred) pred { return p })
	case "or": // which is not (not a and not b)
		return w.chain(t, pred.not)
	case rules.OpRead:
		return w.truth(t)
	case "in":
		return w.in(t)
	case "contains", "startsWith", "endsWith":
		return w.inText(t)
	}
	return w.compare(t.Op, t.Args[0], t.Args[1])
}

// chain is an `and`, of which the second side is read only where the first is
// true. An `or` is one of the opposites.
func (w *conditionWriter) chain(t rules.Term, turn func(pred) pred) pred {
	a := turn(w.pred(t.Args[0]))
	if a.yes == never { // nothing after it is read
		return turn(a)
	}
	b := turn(w.pred(t.Args[1]))
	first := a.yes
	if len(a.errs) == 0 {
		first = always // a is true wherever it is not false
	}
	return turn(pred{
		yes: allOf(a.yes, b.yes), no: anyOf(a.no, allOf(first, b.no)),
		errs:     slices.Concat(a.errs, behind(a.yes, a.yesRules, b.errs)),
		yesRules: slices.Concat(a.yesRules, b.yesRules), noRules: both(a.noRules, slices.Concat(a.yesRules, b.noRules)),
		yesCheap: allOf(a.yesCheap, b.yesCheap), noCheap: anyOf(a.noCheap, b.noCheap),
	})
}

// in is a chain of equals, all of which are read.
func (w *conditionWriter) in(t rules.Term) pred {
	items := t.Args[1].Args
	if texts, ok := constants(items); ok {
		v, ok := w.value(t.Args[0])
		if !ok {
			return anything()
		}
		if v.among != nil {
			return v.oneOf(texts...)
		}
		return w.known(v.sql()+" = any("+w.arg(texts, "text[]")+")", v)
	}
	p, known := certainly(false), always
	for _, item := range items {
		q := w.compare("==", t.Args[0], item)
		p.yes, p.no, p.errs = anyOf(p.yes, q.yes), allOf(p.no, q.no), slices.Concat(p.errs, q.errs)
		if len(q.errs) > 0 { // found or not, an item that is unknown is an error
			known = allOf(known, anyOf(q.yes, q.no))
		}
	}
	p.yes = allOf(p.yes, known)
	p.yesCheap, p.noCheap = cheap(p.yes), cheap(p.no)
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
		return anything()
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
	no := "not " + sql
	if strings.Contains(sql, " ") {
		no = "not (" + sql + ")"
	}
	return lacking(sql, no, values...)
}

// lacking is a predicate that is neither true nor false where a value is unknown.
func lacking(yes, no string, values ...value) pred {
	p := pred{yes: yes, no: no, yesCheap: cheap(yes), noCheap: cheap(no)}
	for _, v := range values {
		if atom := v.unknown(); atom != never {
			p.errs = append(p.errs, lack{atom, atom})
			p.yesRules, p.noRules = append(p.yesRules, atom), append(p.noRules, atom)
		}
		if v.open != "" { // of them neither answer rules anything out
			p.yes, p.no, p.errs = anyOf(p.yes, v.open), anyOf(p.no, v.open), append(p.errs, lack{"", v.open})
			p.yesCheap, p.noCheap = cheap(p.yes), cheap(p.no)
		}
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
		return anything()
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
		return anything()
	}
	if a.near || b.near {
		return w.opaque(asRead(left, right), onlyNumbers)
	}
	if a.plain != "" && right.Op == rules.OpText && right.Text != "" { // a comparison with the column may use an index
		p := lacking(a.plain+" = "+b.sql(), allOf(a.plain+" <> "+b.sql(), a.plain+" <> ''"), a)
		if op == "!=" {
			p = p.not()
		}
		return p
	}
	if a.among != nil && right.Op == rules.OpText {
		p := a.oneOf(right.Text)
		if op == "!=" {
			p = p.not()
		}
		return p
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
	p := pred{yes: anyOf(allOf(a.yes, b.yes), allOf(a.no, b.no)), no: anyOf(allOf(a.yes, b.no), allOf(a.no, b.yes)), errs: slices.Concat(a.errs, b.errs)}
	p.yesCheap, p.noCheap = cheap(p.yes), cheap(p.no)
	if op == "!=" {
		p = p.not()
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
	over := func(n int64) pred { return v.reaches(n) }
	under := func(n int64) pred { return v.reaches(n).not() }
	switch op {
	case ">=":
		return over(from), true
	case "<":
		return under(from), true
	case ">":
		return over(above), true
	case "<=":
		return under(above), true
	}
	p, q := over(from), under(above)
	p = pred{allOf(p.yes, q.yes), anyOf(p.no, q.no), p.errs, slices.Concat(p.yesRules, q.yesRules), both(p.noRules, q.noRules),
		allOf(p.yesCheap, q.yesCheap), anyOf(p.noCheap, q.noCheap)}
	switch {
	case from == above:
		p.yes, p.yesCheap = never, never
	case v.column != "" && above == from+1:
		// A bare equality with a constant PostgreSQL tests after all the rest, whatever it would spare.
		p.yes = anyOf(fmt.Sprintf("(%s = %d) is true", v.column, from), cmp.Or(v.open, never))
		p.yesCheap = cheap(p.yes)
	}
	if op == "!=" {
		p = p.not()
	}
	return p, true
}
