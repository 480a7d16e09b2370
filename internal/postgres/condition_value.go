package postgres

import (
	"fmt"
	"strconv"
	"strings"
)

// value is a number, a text or a date of a customer. A value that is a whole
// number, or the day of an instant, can be asked for its side of a threshold,
// which spares arithmetic for every row and lets an index be used.
type value struct {
	expr  string        // null where it is unknown; numbers as float8
	lazy  func() string // the same, for what is rarely asked
	null  bool          // it may be unknown
	test  string        // is null iff the value is; empty: expr
	most  float64       // a bound on the size of a number
	least float64       // what no number beside 0 is smaller than; 0: 1e-20
	near  bool          // it may differ from Go's by a billionth

	atLeast, below func(n int64) string                  // nil: only expr
	money          bool                                  // n is in minor units
	may            string                                // true wherever the value may be 1 or more; empty: nobody can tell
	some           string                                // an atom that is false where the value is 1 or more
	lack           string                                // the atom that says that it is unknown; empty: test is null
	no             string                                // of a truth that is never unknown, when it is false
	column         string                                // the whole numbers themselves; empty: there is no such column
	plain          string                                // a column that is the value, or an empty text where the value is unknown
	among          func(texts []string) (yes, no string) // whether a text is one of some; nil: only expr
	open           string                                // true of whom only the rule can tell; empty: nobody
}

// reaches says whether the value is n or more.
func (v value) reaches(n int64) pred {
	p := lacking(v.atLeast(n), v.below(n), v)
	if v.some != "" && n >= 1 {
		p.yesRules = append(p.yesRules, v.some)
	}
	if v.may != "" && n >= 1 && p.yesCheap == always {
		p.yesCheap = v.may
	}
	return p
}

func (v value) oneOf(texts ...string) pred {
	yes, no := v.among(texts)
	return lacking(yes, no, v)
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
	case v.lack != "":
		return v.lack
	case v.test != "":
		return v.test + " is null"
	}
	return v.sql() + " is null"
}

// whole is a column of whole numbers.
func whole(sql string, null bool) value {
	return value{expr: sql + "::float8", null: null, test: sql, column: sql, most: 1e18,
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
		cast := ""
		if max(n, -n) > 1<<30 { // times a count it may be too large for a bigint
			cast = "::numeric"
		}
		return fmt.Sprintf("(%s > 0 and 2 * %s %s %d%s * %s)", count, minor, op, 2*n-1, cast, count)
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
	v.column = ""
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
