package postgres

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"strings"

	"github.com/rewave/rewave/rules"
)

// value translates what is no truth; ok is false where it cannot be, which is
// then noted.
func (w *conditionWriter) value(t rules.Term) (value, bool) {
	switch t.Op {
	case rules.OpNumber:
		size := math.Abs(t.Number)
		if !(size <= math.MaxFloat64) {
			w.opaque("a number", "to PostgreSQL no number is greater than one that is none")
			return value{}, false
		}
		return value{expr: w.arg(t.Number, "float8"), most: size, least: size}, true
	case rules.OpText:
		if strings.ContainsRune(t.Text, 0) {
			w.opaque("a text", "PostgreSQL has no character 0")
			return value{}, false
		}
		return value{expr: w.arg(t.Text, "text")}, true
	case rules.OpNegate:
		v, ok := w.value(t.Args[0])
		if ok = ok && w.plain(t, v); !ok {
			return value{}, false
		}
		return value{expr: "(- " + v.sql() + ")", null: v.null, open: v.open, most: v.most, least: v.least}, true
	case "+", "-", "*", "/":
		return w.arithmetic(t)
	case rules.OpRead:
		read, ok := readings[t.Read]
		if !ok {
			w.opaque(t.Read, whyNot(t.Read))
			return value{}, false
		}
		return read(w, t)
	}
	w.opaque("a part", "it has no form in SQL")
	return value{}, false
}

// PostgreSQL refuses what Go calls infinite, and a product or quotient that comes
// out as 0. Nothing between the two is near it.
const tooMuch, tooLittle = 1e300, 1e-300

func (w *conditionWriter) arithmetic(t rules.Term) (value, bool) {
	a, ok := w.value(t.Args[0])
	b, ok2 := w.value(t.Args[1])
	if !ok || !ok2 || !w.plain(t, a, b) {
		return value{}, false
	}
	v := value{null: a.null || b.null, open: cmp.Or(a.open, b.open)} // all of one condition are the same
	divisor, refused := b.sql(), false
	switch t.Op {
	case "*":
		v.most, v.least = a.most*b.most, a.smallest()*b.smallest()
		refused = v.least < tooLittle
	case "/":
		v.null, divisor = true, "nullif("+b.sql()+", 0)"
		v.most, v.least = a.most/b.smallest(), a.smallest()/max(b.most, tooLittle)
		refused = v.least < tooLittle
	default: // the difference of two numbers is no less than the last digit of the smaller
		v.most, v.least = a.most+b.most, min(a.smallest(), b.smallest())*1e-16
	}
	if refused || !(v.most <= tooMuch) {
		w.opaque("a product", "it may be too large for PostgreSQL, or too small")
		return value{}, false
	}
	v.expr = "(" + a.sql() + " " + t.Op + " " + divisor + ")"
	return v, true
}

// smallest is the size of the smallest number beside 0 that a value may be.
func (v value) smallest() float64 {
	if v.least > 0 {
		return v.least
	}
	return 1e-20 // whole numbers by whole numbers
}

// truth is a translation that is true or false.
func (w *conditionWriter) truth(t rules.Term) pred {
	read, ok := readings[t.Read]
	if !ok {
		return w.opaque(t.Read, whyNot(t.Read))
	}
	v, ok := read(w, t)
	if !ok {
		return anything()
	}
	if v.no != "" { // both of them are never null, and one lets the planner leave rows out
		p := lacking(v.sql(), v.no)
		p.yesRules = []string{v.no}
		return p
	}
	return w.known(v.sql(), v)
}

// translation translates one member of the language.
type translation func(w *conditionWriter, t rules.Term) (value, bool)

const (
	worthMost = "the categories of an order are weighed in Go"
	ofLines   = "the lines of one order are counted in Go"
)

// untranslated says why a member has no translation.
var untranslated = map[string]string{
	"first_order.category": worthMost, "first_order.category_known": worthMost, "first_order.lines": ofLines, "first_order.units": ofLines,
	"last_order.category": worthMost, "last_order.category_known": worthMost, "last_order.lines": ofLines, "last_order.units": ofLines,
	"lower": "Go and PostgreSQL do not agree on small letters",

	"orders.trend":     "it is told from each day with an order",
	"predicted.clv":    needsSeries,
	"predicted.orders": needsSeries,

	"affinity":      ofTastes,
	"next_category": ofTastes,

	"events":         aChoice,
	"orders.of":      aChoice,
	"orders.of_sku":  aChoice,
	"orders.of_role": aChoice,
}

const (
	needsSeries = "an expected number of orders is a series that only Go works out"
	aChoice     = "it is a choice, not a value"
	ofTastes    = "what a customer buys is held against the whole shop in Go"
)

// untranslatedRecords are those of which nothing has a translation.
var untranslatedRecords = map[string]string{
	"at":    "it is the same for everybody, and worked out before",
	"order": "where everybody is asked, no order triggers",
	"event": "where everybody is asked, no event triggers",
}

// whyNot is why a member has no translation.
func whyNot(member string) string {
	record, _, _ := strings.Cut(member, ".")
	return cmp.Or(untranslated[member], untranslatedRecords[record], "only Go can work it out")
}

// readings are the members of the language that SQL can read. A test holds that
// each member is here or has a reason.
var readings map[string]translation

func init() {
	readings = map[string]translation{
		"orders.count":            ofView((*conditionWriter).countOf),
		"orders.revenue":          ofView((*conditionWriter).revenueOf),
		"orders.average":          ofView((*conditionWriter).averageOf),
		"orders.units":            ofView((*conditionWriter).unitsOf),
		"orders.days_since_last":  ofView(func(w *conditionWriter, v *view) value { return v.lacksOrders(w.ago(w.day(w.lastOf(v)))) }),
		"orders.days_since_first": ofView(func(w *conditionWriter, v *view) value { return v.lacksOrders(w.ago(w.day(w.firstOf(v)))) }),
		"orders.last_on":          ofView(func(w *conditionWriter, v *view) value { return v.lacksOrders(w.day(w.lastOf(v))) }),
		"orders.first_on":         ofView(func(w *conditionWriter, v *view) value { return v.lacksOrders(w.day(w.firstOf(v))) }),

		"orders.days":        ofView(func(w *conditionWriter, v *view) value { return whole(w.daysOf(v), false) }),
		"orders.average_gap": ofView(func(w *conditionWriter, v *view) value { return value{expr: w.gapOf(v), null: true, most: 1e8} }),
		"orders.overdue": ofView(func(w *conditionWriter, v *view) value {
			return value{expr: "(" + w.ago(w.day(w.lastOf(v))).sql() + " / nullif(" + w.gapOf(v) + ", 0))", null: true, most: 1e8}
		}),
		"orders.refund_share":   ofView(func(w *conditionWriter, v *view) value { return w.refundShare(v) }),
		"orders.refunded_share": ofView(func(w *conditionWriter, v *view) value { return w.refundedShare(v) }),

		"events.count":           ofEvents(func(w *conditionWriter, h *past) value { return counted(w, h.itself, "count(*)") }),
		"events.days_since_last": ofEvents(func(w *conditionWriter, h *past) value { return w.ago(w.day(h.value(w, "max(e.at)", false))) }),
		"events.last_on":         ofEvents(func(w *conditionWriter, h *past) value { return w.day(h.value(w, "max(e.at)", false)) }),

		"events.distinct": func(w *conditionWriter, t rules.Term) (value, bool) {
			of := property(w.arg(t.Args[1].Text, "text"))
			return ofEvents(func(w *conditionWriter, h *past) value { return counted(w, h.itself, "count(distinct "+of+")") })(w, t)
		},
		"events.text": ofNewest(func(of string) value {
			return value{expr: "(case jsonb_typeof(" + of + ") when 'string' then " + of + " #>> '{}' end)", null: true}
		}),
		"events.number": ofNewest(func(of string) value {
			return value{expr: "(case jsonb_typeof(" + of + ") when 'number' then (" + of + ")::float8 end)", null: true, most: math.MaxFloat64, least: math.SmallestNonzeroFloat64}
		}),
		"events.truth": ofNewest(func(of string) value {
			return value{expr: "(case jsonb_typeof(" + of + ") when 'boolean' then (" + of + ")::boolean end)", null: true}
		}),
		"events.date": ofNewest(func(of string) value {
			return whole("((case jsonb_typeof("+of+") when 'object' then ("+of+" ->> 'date')::date end) - date '1970-01-01')", true)
		}),
		"events.knows": ofNewest(func(of string) value { return value{expr: "coalesce(jsonb_typeof(" + of + ") <> 'null', false)"} }),

		"customer.first_name":       text("u.first_name"),
		"customer.last_name":        text("u.last_name"),
		"customer.first_name_known": filled("u.first_name"),
		"customer.last_name_known":  filled("u.last_name"),
		"customer.complaint_open":   holds("complaint_open"),
		"customer.dispute_open":     holds("dispute"),

		"customer.id":           person("u.shop_id", false),
		"customer.locale":       text("u.locale"),
		"customer.region":       text("u.region"),
		"customer.zone":         text("u.zone"),
		"customer.locale_known": filled("u.locale"),
		"customer.region_known": filled("u.region"),
		"customer.zone_known":   filled("u.zone"),
		"customer.email_known":  filled("k.email"),
		"customer.phone_known":  filled("k.phone"),
		"customer.first_seen_on": func(w *conditionWriter, _ rules.Term) (value, bool) {
			w.people = true
			return w.day("u.first_seen_at"), true
		},

		"customer.has_tag": hasTag,
		"customer.text":    attributeOf(rules.Text, "text_value"),
		"customer.number":  attributeOf(rules.Number, "number_value"),
		"customer.date":    attributeOf(rules.Date, "date_value"),
		"customer.truth":   attributeOf(rules.Truth, "truth_value"),
		"customer.knows": func(w *conditionWriter, t rules.Term) (value, bool) {
			h, ok := w.attribute(t)
			return value{expr: "(" + h.value(w, "a.kind", false) + " is not null)"}, ok
		},

		"bought":        bought,
		"bought_around": boughtAround,
		"orders.contribution": ofView(func(w *conditionWriter, v *view) value {
			w.Deep = true
			lines := w.orders(v, true)
			return w.amount(fmt.Sprintf("(case when %s = 0 then %s end)", lines.value(w, "count(*) filter (where p.cost_minor is null)", true),
				lines.value(w, "sum(l.amount_minor - coalesce(b.minor, 0) - p.cost_minor * (l.quantity - coalesce(b.units, 0)))::bigint", true)), true)
		}),
		"orders.favourite": ofView((*conditionWriter).favouriteOf),
		"days_since": func(w *conditionWriter, t rules.Term) (value, bool) {
			v, ok := w.value(t.Args[1])
			if !ok {
				return v, false
			}
			return w.ago(v), true
		},
		"abs": func(w *conditionWriter, t rules.Term) (value, bool) {
			v, ok := w.value(t.Args[0])
			if ok = ok && w.plain(t, v); !ok {
				return value{}, false
			}
			return value{expr: "abs(" + v.sql() + ")", null: v.null, open: v.open, most: v.most, least: v.least}, ok
		},
	}
	maps.Copy(readings, scoreReadings())
	maps.Copy(readings, stageReadings())
	for _, record := range []string{"orders", "events", "messages", "responses"} {
		for _, method := range []string{"on", "before", "since", "in", "with"} {
			if record != "orders" || method != "with" {
				untranslated[record+"."+method] = aChoice
			}
		}
	}
	for _, of := range []string{"first_order", "last_order"} {
		last := of == "last_order"
		readings[of+".on"] = ofEnd(last, func(w *conditionWriter, _ *past) value {
			return w.day(map[bool]string{false: "f.first_at", true: "f.last_at"}[last])
		})
		readings[of+".revenue"] = ofEnd(last, func(w *conditionWriter, h *past) value {
			return w.amount(h.value(w, "o.gross_minor - o.refunded_minor", false), true)
		})
		readings[of+".has"], readings[of+".has_sku"] = endHas(last, "p.category"), endHas(last, "p.sku")
		readings[of+".has_role"] = endHas(last, "p.role")
		for name, told := range map[string]struct {
			expr string
			as   func(*conditionWriter, string) value
		}{
			"status":     {"o.status", func(_ *conditionWriter, sql string) value { return value{expr: sql} }},
			"entry_path": {"o.entry_path", func(_ *conditionWriter, sql string) value { return value{expr: sql} }},
			"discount":   {"o.discount_minor", func(w *conditionWriter, sql string) value { return w.amount(sql, true) }},
			"on_time":    {onTime, func(_ *conditionWriter, sql string) value { return value{expr: sql} }},
		} {
			expr := func(w *conditionWriter) string { return strings.ReplaceAll(told.expr, "$at", w.instant) }
			readings[of+"."+name] = func(w *conditionWriter, _ rules.Term) (value, bool) { // unknown of some orders too
				w.Deep = true
				v := told.as(w, w.end(last).value(w, expr(w), false))
				v.null = true
				return v, true
			}
			readings[of+"."+name+"_known"] = ofEnd(last, func(w *conditionWriter, h *past) value {
				return value{null: true, expr: h.value(w, "("+expr(w)+") is not null", false)}
			})
		}
		readings[of+".coupon"] = ofEnd(last, func(w *conditionWriter, h *past) value {
			return value{null: true, expr: h.value(w, "o.coupon_code is not null", false)}
		})
	}
	for name, attribute := range map[string]string{"sex": "sex", "occupation": "occupation", "source": "source"} {
		readings["customer."+name], readings["customer."+name+"_known"] = ownText(attribute), ownKnown(attribute)
	}
	readings["customer.birthday"] = own("birthday", func(w *conditionWriter, h *past) value {
		return whole("("+h.value(w, "a.date_value", false)+" - date '1970-01-01')", true)
	})
	// As years, months and days written together, which is right for a day to come too.
	readings["customer.age"] = own("birthday", func(w *conditionWriter, h *past) value {
		today := fmt.Sprintf("to_char(date '1970-01-01' + %d, 'YYYYMMDD')::int", w.basis.Day(w.at))
		return whole(fmt.Sprintf("floor((%s - to_char(%s, 'YYYYMMDD')::int) / 10000.0)::int", today, h.value(w, "a.date_value", false)), true)
	})
	readings["customer.birthday_month"] = own("birthday", func(w *conditionWriter, h *past) value {
		return whole(h.value(w, "extract(month from a.date_value)::int", false), true)
	})
	readings["customer.days_to_birthday"] = own("birthday", toBirthday)
	readings["customer.birthday_known"], readings["customer.age_known"] = ownKnown("birthday"), ownKnown("birthday")
	readings["customer.has_interest"] = func(w *conditionWriter, t rules.Term) (value, bool) {
		of, ok := w.value(t.Args[1])
		if !ok || of.null {
			return value{}, ok && w.opaqueValue(t.Read, "its argument hangs on the customer")
		}
		list := "string_to_array(" + w.attributeNamed("interests").value(w, "a.text_value", false) + ", ';')"
		return value{expr: "(" + of.sql() + " = any(coalesce(" + list + ", '{}')))"}, true
	}
	readings["orders.coupon_share"] = shareOfOrders("count(o.coupon_code)", "count(*)")
	readings["orders.full_price_share"] = shareOfOrders("count(*) filter (where o.discount_minor = 0)", "count(o.discount_minor)")
	readings["orders.on_time_share"] = shareOfOrders("count(*) filter (where "+onTime+")", "count("+onTime+")")
	readings["orders.back_for"] = func(w *conditionWriter, t rules.Term) (value, bool) {
		v, ok := w.viewOf(t.Args[0])
		reason := t.Args[1]
		if ok && (reason.Op != rules.OpText || strings.ContainsRune(reason.Text, 0)) {
			ok = w.opaqueValue(t.Read, "its argument hangs on the customer")
		}
		if !ok {
			return value{}, false
		}
		w.Deep = true
		h := w.placedRows(&v)
		h.from += " join refunds r on r.order_id = o.order_id"
		h.where += " and r.reason = " + w.arg(reason.Text, "text")
		return counted(w, w.past(h).itself, "count(distinct o.order_id)"), true
	}
	for _, name := range []string{"count", "days_since_last", "last_on"} {
		readings["messages."+name], readings["responses."+name] = readings["events."+name], readings["events."+name]
	}
}

// ofEnd reads the first order of all, or the last.
func ofEnd(last bool, read func(*conditionWriter, *past) value) translation {
	return func(w *conditionWriter, _ rules.Term) (value, bool) {
		w.Deep = true
		v := read(w, w.end(last))
		v.lack = ordersNone
		return v, true
	}
}

func (w *conditionWriter) end(last bool) *past {
	h := w.orderRows(&view{}, false)
	if h.newest = "o.placed_at, o.order_id"; last {
		h.newest = "o.placed_at desc, o.order_id desc"
	}
	return w.past(h)
}

// endHas is whether that order has a kept line of a category or a product.
func endHas(last bool, column string) translation {
	return func(w *conditionWriter, t rules.Term) (value, bool) {
		of, ok := w.value(t.Args[1])
		if !ok || of.null {
			w.opaque(t.Read, "its argument hangs on the customer")
			return value{}, false
		}
		return ofEnd(last, func(w *conditionWriter, h *past) value {
			return value{null: true, expr: "(case when f.orders > 0 then exists (select from order_lines l join products p on p.product_id = l.product_id" + backOfLine +
				" where l.order_id = " + h.value(w, "o.order_id", false) + " and l.quantity > coalesce(b.units, 0) and " + column + " = " + of.sql() + ") end)"}
		})(w, t)
	}
}

// onTime is whether an order o was delivered as promised, null where nobody can tell.
const onTime = "case when o.delivered_at <= $at or o.promised_at < $at then o.delivered_at <= o.promised_at end"

// shareOfOrders is some of a view's orders by all of which something is known.
func shareOfOrders(some, all string) translation {
	return ofView(func(w *conditionWriter, v *view) value {
		w.Deep = true
		h := w.orders(v, false)
		expr := strings.ReplaceAll("("+some+")::float8 / nullif("+all+", 0)", "$at", w.instant)
		return value{expr: h.value(w, expr, false), null: true, most: 1}
	})
}

// opaqueValue notes what does not translate, and is false.
func (w *conditionWriter) opaqueValue(what, why string) bool {
	w.opaque(what, why)
	return false
}
