package postgres

import (
	"strings"

	"github.com/rewave/rewave/rules"
)

// property is a text that came with an event, null where there is none.
func property(name string) string {
	return "case jsonb_typeof(e.props -> " + name + ") when 'string' then e.props ->> " + name + " end"
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
		if !ok {
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
