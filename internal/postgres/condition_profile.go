package postgres

import (
	"fmt"
	"math"
	"strings"

	"github.com/rewave/rewave/rules"
)

// holds is whether something of a kind is open.
func holds(kind string) translation {
	return func(w *conditionWriter, _ rules.Term) (value, bool) {
		return value{expr: "exists (select from holds d where d.customer_id = f.customer_id and d.kind = " + w.arg(kind, "text") +
			" and d.opened_at <= " + w.instant + " and (d.closed_at is null or d.closed_at > " + w.instant + "))"}, true
	}
}

func person(sql string, null bool) translation {
	return func(w *conditionWriter, _ rules.Term) (value, bool) {
		w.people = true
		return value{expr: sql, null: null}, true
	}
}

// blank is the atom that says that a text is unknown.
func blank(column string) string { return "coalesce(" + column + ", '') = ''" }

func (w *conditionWriter) uses(column string) {
	w.people = w.people || column[0] == 'u'
	w.contact = w.contact || column[0] == 'k'
}

func text(column string) translation {
	return func(w *conditionWriter, _ rules.Term) (value, bool) {
		w.uses(column)
		return value{expr: "nullif(" + column + ", '')", null: true, lack: blank(column), plain: column}, true
	}
}

// filled is whether a text is known.
func filled(column string) translation {
	return func(w *conditionWriter, _ rules.Term) (value, bool) {
		w.uses(column)
		return value{expr: column + " <> ''", no: blank(column)}, true
	}
}

// attribute is the newest word on an attribute.
func (w *conditionWriter) attribute(t rules.Term) (*past, bool) {
	name := t.Args[1].Text
	if strings.ContainsRune(name, 0) {
		w.opaque("a name", "PostgreSQL has no character 0")
		return nil, false
	}
	return w.attributeNamed(name), true
}

func (w *conditionWriter) attributeNamed(name string) *past {
	return w.past(past{from: "customer_attributes a", key: "a.customer_id", newest: "a.at desc",
		where: "a.name = " + w.arg(name, "text") + " and a.at <= " + w.instant})
}

// own reads an attribute of a name of ours, whose kind an import holds to.
func own(name string, read func(*conditionWriter, *past) value) translation {
	return func(w *conditionWriter, _ rules.Term) (value, bool) { return read(w, w.attributeNamed(name)), true }
}

func ownText(name string) translation {
	return own(name, func(w *conditionWriter, h *past) value {
		return value{expr: h.value(w, "a.text_value", false), null: true}
	})
}

func ownKnown(name string) translation {
	return own(name, func(w *conditionWriter, h *past) value {
		return value{expr: "(" + h.value(w, "a.kind", false) + " is not null)"}
	})
}

// toBirthday is how many days lie ahead of the next birthday, which is never before
// the day of birth. Where it was a 29 February PostgreSQL, too, takes the 28th of a
// common year.
func toBirthday(w *conditionWriter, h *past) value {
	today := fmt.Sprintf("(date '1970-01-01' + %d)", w.basis.Day(w.at))
	from := "greatest(" + today + ", a.date_value)"
	kept := fmt.Sprintf("(a.date_value + make_interval(years => (extract(year from %s) - extract(year from a.date_value))::int))::date", from)
	next := fmt.Sprintf("(a.date_value + make_interval(years => (extract(year from %s) - extract(year from a.date_value))::int + 1))::date", from)
	return whole(h.value(w, fmt.Sprintf("(case when %s >= %s then %[1]s else %[3]s end) - %[4]s", kept, from, next, today), false), true)
}

func attributeOf(kind rules.Kind, column string) translation {
	return func(w *conditionWriter, t rules.Term) (value, bool) {
		h, ok := w.attribute(t)
		if !ok {
			return value{}, false
		}
		sql := h.value(w, "a."+column, false)
		if kind == rules.Date {
			return whole("("+sql+" - date '1970-01-01')", true), true
		}
		return value{expr: sql, null: true, most: math.MaxFloat64, least: math.SmallestNonzeroFloat64}, true
	}
}

func hasTag(w *conditionWriter, t rules.Term) (value, bool) {
	tag, ok := w.value(t.Args[1])
	if !ok {
		return value{}, false
	}
	h := w.past(past{from: "customer_tags t", key: "t.customer_id", newest: "t.at desc", where: "t.at <= " + w.instant})
	v := value{expr: fmt.Sprintf("(%s = any(coalesce(%s, '{}')))", tag.sql(), h.value(w, "t.tags", false))}
	v.null = tag.null
	return v, true
}
