package postgres

import (
	"fmt"
	"strings"
	"time"

	"github.com/rewave/rewave/rules"
)

// past is what a rule reads of a customer beside the features: rows of a
// table that belong to them.
type past struct {
	alias, from, where, key string
	newest                  string // not empty: only the first row in this order counts
	gate                    string // whoever fails it has no such rows; empty: nobody can tell
	columns                 []string
}

// past is the one that is read so already, or a new one.
func (w *conditionWriter) past(h past) *past {
	for _, have := range w.pasts {
		if have.from == h.from && have.where == h.where && have.newest == h.newest {
			return have
		}
	}
	h.alias = fmt.Sprintf("h%d", len(w.pasts)+1)
	w.pasts = append(w.pasts, &h)
	return &h
}

// value is an expression over the rows of one customer; empty is whether it is
// 0, and not null, where there are none.
func (h *past) value(w *conditionWriter, expr string, empty bool) string {
	if h == nil {
		return "null"
	}
	var sql string
	if w.grouped {
		i := 0
		for i < len(h.columns) && h.columns[i] != expr {
			i++
		}
		if i == len(h.columns) {
			h.columns = append(h.columns, expr)
		}
		sql = fmt.Sprintf("%s.c%d", h.alias, i+1)
	} else {
		order := ""
		if h.newest != "" {
			order = " order by " + h.newest + " limit 1"
		}
		sql = fmt.Sprintf("(select %s from %s where %s = f.customer_id and %s%s)", expr, h.from, h.key, h.where, order)
		if h.gate != "" {
			sql = fmt.Sprintf("case when %s then %s end", h.gate, sql)
		}
	}
	if empty {
		return "coalesce(" + sql + ", 0)"
	}
	if strings.HasPrefix(sql, "case") {
		return "(" + sql + ")"
	}
	return sql
}

// counted is a number over the rows that is 0 where there are none. Asked
// whether it reaches more than 0, customers without rows need not be read.
func counted(w *conditionWriter, rows func() *past, expr string) value {
	bare, or0 := func() string { return rows().value(w, expr, false) }, func() string { return rows().value(w, expr, true) }
	return value{
		lazy: func() string { return or0() + "::float8" }, most: 1e18,
		atLeast: func(n int64) string {
			if n <= 0 {
				return fmt.Sprintf("%s >= %d", or0(), n)
			}
			return fmt.Sprintf("%s >= %d", bare(), n)
		},
		below: func(n int64) string {
			if n <= 0 {
				return fmt.Sprintf("%s < %d", or0(), n)
			}
			return fmt.Sprintf("(%s is null or %[1]s < %d)", bare(), n)
		},
	}
}

func (h *past) itself() *past { return h }

// table is the past of everybody, worked out before anything is joined with it:
// by itself it can be read by several workers.
func (h *past) table() string {
	var columns strings.Builder
	for i, c := range h.columns {
		fmt.Fprintf(&columns, ", %s as c%d", c, i+1)
	}
	if h.newest != "" {
		return fmt.Sprintf("%[6]s as materialized (select distinct on (%[1]s) %[1]s as customer_id%[2]s from %[3]s where %[4]s order by %[1]s, %[5]s)",
			h.key, columns.String(), h.from, h.where, h.newest, h.alias)
	}
	return fmt.Sprintf("%s as materialized (select %s as customer_id%s from %s where %s group by 1)", h.alias, h.key, columns.String(), h.from, h.where)
}

// span is a stretch of time, its ends nil where it is open.
type span struct{ from, to *time.Time }

// narrow is the span that a member such as on("2026-11-11") leaves of it; ok is
// false where the argument hangs on the customer.
func (w *conditionWriter) narrow(s span, method string, argument rules.Term) (span, bool) {
	if argument.Op != rules.OpNumber {
		return s, false
	}
	from := func(at time.Time) {
		if s.from == nil || at.After(*s.from) {
			s.from = &at
		}
	}
	to := func(at time.Time) {
		if s.to == nil || at.Before(*s.to) {
			s.to = &at
		}
	}
	if method == "in" {
		from(w.at.Add(-time.Duration(argument.Number) * time.Minute))
		return s, true
	}
	day, ok := w.basis.Midnight(int64(argument.Number))
	next, ok2 := w.basis.Midnight(int64(argument.Number) + 1)
	if !ok || !ok2 {
		return s, false
	}
	switch method {
	case "on":
		from(day)
		to(next)
	case "before":
		to(day)
	case "since":
		from(day)
	default:
		return s, false
	}
	return s, true
}

// within is the span as a condition on a column.
func (w *conditionWriter) within(s span, column string) string {
	sql := ""
	if s.from != nil {
		sql += " and " + column + " >= " + w.arg(*s.from, "timestamptz")
	}
	if s.to != nil {
		sql += " and " + column + " < " + w.arg(*s.to, "timestamptz")
	}
	return sql
}
