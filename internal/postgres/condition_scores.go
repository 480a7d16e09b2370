package postgres

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/rewave/rewave/internal/customer"
	"github.com/rewave/rewave/internal/model"
	"github.com/rewave/rewave/rules"
)

const onlyNumbers = "what is predicted is compared in SQL with a written number alone"

// nearly compares a number with a written one. Go and PostgreSQL may differ in the
// last digits of a power; whoever is so close that it could matter is left to the
// rule.
func (w *conditionWriter) nearly(op string, v value, c float64) pred {
	slack := 1e-9*math.Abs(c) + 1e-250
	number := w.arg(c, "float8")
	w.Close = append(w.Close, fmt.Sprintf("coalesce(abs(%s - %s) <= %s, false)", v.sql(), number, w.arg(slack, "float8")))
	return w.known(v.sql()+" "+inSQL(op)+" "+number, v)
}

// plain says that none of the values differs from Go's: what is reckoned with them
// could differ by more.
func (w *conditionWriter) plain(t rules.Term, values ...value) bool {
	for _, v := range values {
		if v.near {
			w.opaque(asRead(t), onlyNumbers)
			return false
		}
	}
	return true
}

// asRead names what terms read.
func asRead(terms ...rules.Term) string {
	for _, t := range terms {
		if t.Op == rules.OpRead && t.Gives != "" {
			return t.Read
		}
		if name := asRead(t.Args...); name != "a part" {
			return name
		}
	}
	return "a part"
}

// scoreReadings are those of what was fitted.
func scoreReadings() map[string]translation {
	all := func(read func(*conditionWriter) value) translation {
		return func(w *conditionWriter, _ rules.Term) (value, bool) { return read(w), true }
	}
	return map[string]translation{
		"orders.gap_probability": ofView((*conditionWriter).silent),
		"orders.expected_gap":    ofView((*conditionWriter).nextGap),
		"predicted.alive":        all((*conditionWriter).alive),
		"predicted.order_value":  all((*conditionWriter).orderValue),
		"rfm.recency":            all((*conditionWriter).recency),
		"rfm.frequency":          all((*conditionWriter).frequency),
		"rfm.monetary":           all((*conditionWriter).monetary),
		"rfm.cell": all(func(w *conditionWriter) value {
			r, f, m := w.recency(), w.frequency(), w.monetary()
			if r.expr == nothing {
				return value{expr: "null::text", null: true}
			}
			return value{expr: fmt.Sprintf("(100 * %s + 10 * %s + %s)::int::text", r.expr, f.expr, m.expr), null: true, lack: ordersNone}
		}),
	}
}

// nothing is a number that is unknown of everybody.
const nothing = "null::float8"

func unknownNumber() value { return value{expr: nothing, null: true} }

// float writes a number as it is, to the bit.
func float(x float64) string {
	return "'" + strconv.FormatFloat(x, 'g', -1, 64) + "'::float8"
}

// buyer is what the models read of a customer: x, t_x and T. Of somebody whose
// orders changed after the instant T may come out too small, which would be no
// number at all.
type buyer struct{ known, x, tx, t string }

func (w *conditionWriter) buyer(v *view) buyer {
	first, last := w.day(w.firstOf(v)).sql(), w.day(w.lastOf(v)).sql()
	return buyer{
		known: w.lastOf(v) + " is not null", x: fmt.Sprintf("(%s - 1)::float8", w.daysOf(v)),
		tx: fmt.Sprintf("((%s - %s) / 7)", last, first),
		t:  fmt.Sprintf("((greatest(%d, %s) - %s) / 7)", w.basis.Day(w.at), last, first),
	}
}

// silent is ((alpha + t_x) / (alpha + T)) to the power of r + x, by logarithms:
// PostgreSQL refuses a power that is too small.
func (w *conditionWriter) silent(v *view) value {
	p, err := w.basis.Scores.Buying()
	if err != nil {
		return unknownNumber()
	}
	b, alpha := w.buyer(v), float(p.Alpha)
	return v.lacksOrders(value{null: true, near: true, most: 1, expr: fmt.Sprintf("(case when %s then exp(greatest(-700, (%s + %s) * ln((%s + %s) / (%[4]s + %[6]s)))) end)",
		b.known, float(p.R), b.x, alpha, b.tx, b.t)})
}

// nextGap is the same arithmetic as Go's, in the same order.
func (w *conditionWriter) nextGap(v *view) value {
	p, err := w.basis.Scores.Buying()
	if err != nil {
		return unknownNumber()
	}
	b, r := w.buyer(v), float(p.R)
	return value{null: true, most: 1e30, expr: fmt.Sprintf("(case when %s and %s + %s > 1 then (%s + %s) / ((%[2]s + %[3]s) - 1) * 7 end)",
		b.known, r, b.x, float(p.Alpha), b.tx)}
}

func (w *conditionWriter) alive() value {
	p, err := w.basis.Scores.Leaving()
	if err != nil {
		return unknownNumber()
	}
	b := w.buyer(&view{})
	c := fmt.Sprintf("(%s + %s)", float(p.B), b.x)
	sure := "" // of whom it is 1
	if p.Kind == model.BG {
		c, sure = "("+c+" - 1)", "when f.days = 1 then 1 "
	}
	odds := fmt.Sprintf("ln(%s / %s) + (%s + %s) * ln((%s + %s) / (%[5]s + %[7]s))", float(p.A), c, float(p.R), b.x, float(p.Alpha), b.t, b.tx)
	return value{null: true, near: true, lack: ordersNone, most: 1, expr: fmt.Sprintf("(case when not %s then null %swhen true then 1 / (1 + exp(least(600, %s))) end)", "("+b.known+")", sure, odds)}
}

func (w *conditionWriter) orderValue() value {
	s, err := w.basis.Scores.Spending()
	if err != nil {
		return unknownNumber()
	}
	one := s.Mean(0, 0)
	// x times the mean of x is the sum.
	again := fmt.Sprintf("%s * (%s + greatest(0, f.revenue_minor - coalesce(f.first_day_minor, 0))) / (%[1]s * (f.days - 1) + %[3]s)", float(s.P), float(s.V), float(s.Q-1))
	return value{null: true, near: true, lack: ordersNone, most: 1e30, expr: w.major(fmt.Sprintf("(case when f.days = 1 then %s when f.days > 1 then %s end)", float(one), again))}
}

// score is 1 to 5 of customers who have ordered; reaches and misses say that it is
// at least n, from 2 to 5, and that it is not.
func score(reaches, misses func(n int64) string) value {
	const known = "f.orders > 0"
	var sum strings.Builder
	for n := int64(2); n <= 5; n++ {
		fmt.Fprintf(&sum, " + (%s)::int", reaches(n))
	}
	return value{
		expr: "(case when " + known + " then 1" + sum.String() + " end)::float8", null: true, lack: ordersNone, most: 5,
		atLeast: func(n int64) string {
			switch {
			case n <= 1:
				return known
			case n > 5:
				return never
			}
			return allOf(known, reaches(n))
		},
		below: func(n int64) string {
			switch {
			case n <= 1:
				return never
			case n > 5:
				return known
			}
			return allOf(known, misses(n))
		},
	}
}

func (w *conditionWriter) frequency() value {
	b, err := w.basis.Scores.Boundaries()
	return quintile("f.orders", b.Frequency, err)
}

func (w *conditionWriter) monetary() value {
	b, err := w.basis.Scores.Boundaries()
	return quintile("f.revenue_minor", b.Monetary, err)
}

// quintile is the score of a whole number.
func quintile(column string, cuts customer.Quintiles, err error) value {
	if err != nil {
		return unknownNumber()
	}
	return score(
		func(n int64) string { return fmt.Sprintf("%s > %d", column, cuts[n-2]) },
		func(n int64) string { return fmt.Sprintf("%s <= %d", column, cuts[n-2]) },
	)
}

// recency is the score of the day of the last order.
func (w *conditionWriter) recency() value {
	b, err := w.basis.Scores.Boundaries()
	if err != nil {
		return unknownNumber()
	}
	day := func(n int64) int64 { return w.basis.Day(w.at) - b.Recency[5-n] }
	return score(
		func(n int64) string { return w.since("f.last_at", day(n)) },
		func(n int64) string { return w.before("f.last_at", day(n)) },
	)
}
