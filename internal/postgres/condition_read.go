package postgres

import (
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/rewave/rewave/rules"
)

// value translates what is no truth; ok is false where it cannot be, which is
// then noted.
func (w *conditionWriter) value(t rules.Term) (value, bool) {
	switch t.Op {
	case rules.OpNumber:
		return value{expr: w.arg(t.Number, "float8"), most: max(t.Number, -t.Number)}, true
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
		return value{expr: "(- " + v.sql() + ")", null: v.null, most: v.most}, true
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

// tooMuch is what PostgreSQL is not trusted to multiply further: it refuses what
// Go calls infinite.
const tooMuch = 1e150

func (w *conditionWriter) arithmetic(t rules.Term) (value, bool) {
	a, ok := w.value(t.Args[0])
	b, ok2 := w.value(t.Args[1])
	if !ok || !ok2 || !w.plain(t, a, b) {
		return value{}, false
	}
	a.most, b.most = max(a.most, 1), max(b.most, 1)
	v := value{null: a.null || b.null, most: a.most + b.most}
	divisor := b.sql()
	switch t.Op {
	case "*":
		v.most = a.most * b.most
	case "/":
		v.null, divisor = true, "nullif("+b.sql()+", 0)"
		v.most = a.most * tooMuch // the least divisor is not known
		if t.Args[1].Op == rules.OpNumber && b.most <= tooMuch && b.most >= 1e-100 {
			v.most = a.most / b.most
		}
	}
	if v.most > tooMuch*1e17*1e17 {
		w.opaque("a product", "it may be too large for PostgreSQL")
		return value{}, false
	}
	v.expr = "(" + a.sql() + " " + t.Op + " " + divisor + ")"
	return v, true
}

func cmpOr(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// truth is a translation that is true or false.
func (w *conditionWriter) truth(t rules.Term) pred {
	read, ok := readings[t.Read]
	if !ok {
		return w.opaque(t.Read, whyNot(t.Read))
	}
	v, ok := read(w, t)
	if !ok {
		return pred{always, always, always}
	}
	return w.known(v.sql(), v)
}

// translation translates one member of the language.
type translation func(w *conditionWriter, t rules.Term) (value, bool)

// untranslated says why a member has no translation.
var untranslated = map[string]string{
	"lower": "Go and PostgreSQL do not agree on small letters",

	"orders.trend":            needsDays,
	"lifecycle.stage":         needsDays,
	"lifecycle.days_in_stage": needsDays,
	"lifecycle.since":         needsDays,
	"predicted.clv":           "an expected number of orders is a series that only Go works out",
	"predicted.orders":        "an expected number of orders is a series that only Go works out",

	"customer.first_name":       oneByOne,
	"customer.first_name_known": oneByOne,
	"customer.last_name":        oneByOne,
	"customer.last_name_known":  oneByOne,
	"customer.complaint_open":   oneByOne,
	"customer.dispute_open":     oneByOne,

	"events":          aChoice,
	"orders.of":       aChoice,
	"orders.of_sku":   aChoice,
	"events.distinct": manyKinds,
	"events.text":     manyKinds,
	"events.number":   manyKinds,
	"events.date":     manyKinds,
	"events.truth":    manyKinds,
	"events.knows":    manyKinds,
}

const (
	needsDays = "it is told from each day with an order"
	oneByOne  = "it is read one by one"
	aChoice   = "it is a choice, not a value"
	manyKinds = "what came with an event may be of any kind"
)

// untranslatedRecords are those of which nothing has a translation.
var untranslatedRecords = map[string]string{
	"at":          "it is the same for everybody, and worked out before",
	"order":       "where everybody is asked, no order triggers",
	"event":       "where everybody is asked, no event triggers",
	"first_order": "the first order is read one by one",
	"last_order":  "the last order is read one by one",
}

// whyNot is why a member has no translation.
func whyNot(member string) string {
	record, _, _ := strings.Cut(member, ".")
	return cmpOr(untranslated[member], cmpOr(untranslatedRecords[record], "only Go can work it out"))
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
		"orders.days_since_last":  ofView(func(w *conditionWriter, v *view) value { return w.ago(w.day(w.lastOf(v))) }),
		"orders.days_since_first": ofView(func(w *conditionWriter, v *view) value { return w.ago(w.day(w.firstOf(v))) }),
		"orders.last_on":          ofView(func(w *conditionWriter, v *view) value { return w.day(w.lastOf(v)) }),
		"orders.first_on":         ofView(func(w *conditionWriter, v *view) value { return w.day(w.firstOf(v)) }),

		"orders.days":        ofView(func(w *conditionWriter, v *view) value { return whole(w.daysOf(v), false) }),
		"orders.average_gap": ofView(func(w *conditionWriter, v *view) value { return value{expr: w.gapOf(v), null: true, most: 1e8} }),
		"orders.overdue": ofView(func(w *conditionWriter, v *view) value {
			return value{expr: "(" + w.ago(w.day(w.lastOf(v))).sql() + " / nullif(" + w.gapOf(v) + ", 0))", null: true, most: 1e8}
		}),
		"orders.refund_share":   ofView(func(w *conditionWriter, v *view) value { return w.refundShare(v) }),
		"orders.refunded_share": ofView(func(w *conditionWriter, v *view) value { return w.refundedShare(v) }),

		"events.count":           ofEvents(func(w *conditionWriter, h *past) value { return whole(h.value(w, "count(*)", true), false) }),
		"events.days_since_last": ofEvents(func(w *conditionWriter, h *past) value { return w.ago(w.day(h.value(w, "max(e.at)", false))) }),
		"events.last_on":         ofEvents(func(w *conditionWriter, h *past) value { return w.day(h.value(w, "max(e.at)", false)) }),

		"customer.id":           person("u.shop_id", false),
		"customer.locale":       person("nullif(u.locale, '')", true),
		"customer.region":       person("nullif(u.region, '')", true),
		"customer.zone":         person("nullif(u.zone, '')", true),
		"customer.locale_known": person("coalesce(u.locale, '') <> ''", false),
		"customer.region_known": person("coalesce(u.region, '') <> ''", false),
		"customer.zone_known":   person("coalesce(u.zone, '') <> ''", false),
		"customer.email_known":  contact("coalesce(k.email, '') <> ''"),
		"customer.phone_known":  contact("coalesce(k.phone, '') <> ''"),
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
			return value{expr: "abs(" + v.sql() + ")", null: v.null, most: v.most}, ok
		},
	}
	maps.Copy(readings, scoreReadings())
	for _, record := range []string{"orders", "events", "messages", "responses"} {
		for _, method := range []string{"on", "before", "since", "in"} {
			untranslated[record+"."+method] = aChoice
		}
	}
	for _, record := range []string{"events", "messages", "responses"} {
		untranslated[record+".with"] = aChoice
	}
	for _, name := range []string{"count", "days_since_last", "last_on"} {
		readings["messages."+name], readings["responses."+name] = readings["events."+name], readings["events."+name]
	}
}

// holds is whether something of a kind is open.
func holds(kind string) translation {
	return func(w *conditionWriter, _ rules.Term) (value, bool) {
		return value{expr: "exists (select from holds d where d.customer_id = f.customer_id and d.kind = " + w.arg(kind, "text") +
			" and d.opened_at <= " + w.instant + " and (d.closed_at is null or d.closed_at > " + w.instant + "))"}, true
	}
}

// property is a text that came with an event, null where there is none.
func property(name string) string {
	return "case jsonb_typeof(e.props -> " + name + ") when 'string' then e.props ->> " + name + " end"
}

func person(sql string, null bool) translation {
	return func(w *conditionWriter, _ rules.Term) (value, bool) {
		w.people = true
		return value{expr: sql, null: null}, true
	}
}

func contact(sql string) translation {
	return func(w *conditionWriter, _ rules.Term) (value, bool) {
		w.contact = true
		return value{expr: sql}, true
	}
}

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

func (h *past) join() string {
	var columns strings.Builder
	for i, c := range h.columns {
		fmt.Fprintf(&columns, ", %s as c%d", c, i+1)
	}
	if h.newest != "" {
		return fmt.Sprintf("left join (select distinct on (%[1]s) %[1]s as customer_id%[2]s from %[3]s where %[4]s order by %[1]s, %[5]s) %[6]s on %[6]s.customer_id = f.customer_id",
			h.key, columns.String(), h.from, h.where, h.newest, h.alias)
	}
	return fmt.Sprintf("left join (select %s as customer_id%s from %s where %s group by 1) %s on %[5]s.customer_id = f.customer_id",
		h.key, columns.String(), h.from, h.where, h.alias)
}

// attribute is the newest word on an attribute.
func (w *conditionWriter) attribute(t rules.Term) (*past, bool) {
	name := t.Args[1].Text
	if strings.ContainsRune(name, 0) {
		w.opaque("a name", "PostgreSQL has no character 0")
		return nil, false
	}
	return w.past(past{from: "customer_attributes a", key: "a.customer_id", newest: "a.at desc",
		where: "a.name = " + w.arg(name, "text") + " and a.at <= " + w.instant}), true
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
		return value{expr: sql, null: true, most: 1e308}, true
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

func ofEvents(read func(*conditionWriter, *past) value) translation {
	return func(w *conditionWriter, t rules.Term) (value, bool) {
		rows, ok := w.eventsOf(t.Args[0])
		if !ok {
			return value{}, false
		}
		return read(w, w.past(rows)), true
	}
}

// ofNewest reads what came with the newest event.
func ofNewest(read func(of string) value) translation {
	return func(w *conditionWriter, t rules.Term) (value, bool) {
		rows, ok := w.eventsOf(t.Args[0])
		if !ok || strings.ContainsRune(t.Args[1].Text, 0) {
			return value{}, false
		}
		rows.newest = "e.at desc, e.event_id desc"
		return read(w.past(rows).value(w, "e.props -> "+w.arg(t.Args[1].Text, "text"), false)), true
	}
}

// eventsOf is the rows of a choice of events, called e.
func (w *conditionWriter) eventsOf(t rules.Term) (rows past, ok bool) {
	if t.Read == "events" {
		name := t.Args[len(t.Args)-1].Text
		switch name {
		case rules.MessageSent:
			rows.from = "(select d.customer_id, d.gate_at as at, jsonb_build_object('campaign', c.name, 'wave', d.wave, 'channel', d.channel) as props" +
				" from deliveries d join campaigns c on c.campaign_id = d.campaign_id where d.state = 'accepted') e"
		case rules.CodeUsed:
			rows.from = "(select k.customer_id, k.redeemed_at as at, jsonb_build_object('campaign', c.name, 'wave', d.wave, 'channel', d.channel) as props" +
				" from coupons k join deliveries d on d.customer_id = k.customer_id and d.entered_at = k.entered_at and d.enrollment_id = k.enrollment_id" +
				" and d.round = k.round and d.wave = k.wave join campaigns c on c.campaign_id = d.campaign_id where k.redeemed_at is not null) e"
		default:
			if strings.ContainsRune(name, 0) {
				w.opaque("a name", "PostgreSQL has no character 0")
				return rows, false
			}
			rows.from, rows.where = "events e", "e.name = "+w.arg(name, "text")+" and "
		}
		rows.key, rows.where = "e.customer_id", rows.where+"e.at <= "+w.instant
		return rows, true
	}
	if rows, ok = w.eventsOf(t.Args[0]); !ok {
		return rows, false
	}
	_, method, _ := strings.Cut(t.Read, ".")
	if method == "with" {
		name, text := t.Args[1], t.Args[2]
		if text.Op != rules.OpText || strings.ContainsRune(name.Text+text.Text, 0) {
			w.opaque(t.Read, "its argument hangs on the customer")
			return rows, false
		}
		rows.where += " and e.props -> " + w.arg(name.Text, "text") + " = to_jsonb(" + w.arg(text.Text, "text") + ")"
		return rows, true
	}
	s, ok := w.narrow(span{}, method, t.Args[1])
	if !ok {
		w.opaque(t.Read, "its argument hangs on the customer")
	}
	rows.where += w.within(s, "e.at")
	return rows, ok
}
