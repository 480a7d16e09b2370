package scenario

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/rewave/rewave/internal/assortment"
	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/event"
	"github.com/rewave/rewave/internal/source"
	"github.com/rewave/rewave/rules"
)

var (
	orderKeys = source.Keys{Known: []string{"id", "at", "total", "currency", "lines", "refunded", "coupon"}}
	lineKeys  = source.Keys{Known: []string{"category", "sku", "role", "name", "price", "units", "refunded"}}
	eventKeys = source.Keys{Known: []string{"name", "at", "props"}}
)

// order reads an order; at is when it is placed, nil where it says so itself.
func (r *reader) order(n source.Node, p *person, at *time.Time) {
	m, ok := n.Mapping(orderKeys)
	if !ok {
		return
	}
	o := &purchase{id: p.ShopID + "-" + strconv.Itoa(len(p.orders)+1), currency: r.c.settings.Shop.Currency}
	if n, ok := m.Get("id"); ok {
		o.id, _ = source.Parsed(n, oneLine)
		if r.orders[o.id] != nil {
			n.Report(fmt.Sprintf("there is an order %q already", o.id), "")
		}
	}
	switch written, ok := m.Get("at"); {
	case at != nil && ok:
		written.Report("when it was placed is said beside it already", "take it out")
	case at != nil:
		o.at = *at
	default:
		if n, ok := m.Need("at", `when it was placed: at: "2026-03-02 10:00"`); ok {
			o.at, _ = r.instant(n)
		}
	}
	if n, ok := m.Get("currency"); ok {
		o.currency, _ = source.Parsed(n, oneLine)
	}
	if n, ok := m.Get("coupon"); ok {
		o.uses, _ = n.OneOf("pool", poolsOf(r.campaign), nil)
	}
	r.lines(m, o)
	if n, ok := m.Get("refunded"); ok {
		r.refund(n, o)
	}
	r.orders[o.id] = o
	p.orders = append(p.orders, o)
}

// lines reads what an order is made of: its lines, else one of the whole total.
func (r *reader) lines(m source.Mapping, o *purchase) {
	total, hasTotal := m.Get("total")
	var minor int64
	if hasTotal {
		minor, _ = total.Decimal(r.digits)
	}
	items := listed(m, "lines")
	if len(items) == 0 {
		if !hasTotal {
			m.Need("total", "what it came to: total: 49.90; or lines: [{price: 49.90}]")
		}
		o.lines = []line{{Part: rules.Part{Minor: minor, Units: 1}}}
		return
	}
	var sum int64
	for _, item := range items {
		l := r.line(item, o)
		sum += l.Minor
		o.lines = append(o.lines, l)
	}
	if hasTotal && sum != minor {
		total.Report(fmt.Sprintf("the lines come to %s", amount(sum, r.digits)), "take it out, or mend one of them")
	}
}

func (r *reader) line(n source.Node, o *purchase) line {
	l := line{Part: rules.Part{Units: 1}}
	m, ok := n.Mapping(lineKeys)
	if !ok {
		return l
	}
	text := func(key string) string {
		n, ok := m.Get(key)
		if !ok {
			return ""
		}
		s, _ := source.Parsed(n, oneLine)
		return s
	}
	l.Category, l.SKU, l.name = text("category"), text("sku"), text("name")
	if n, ok := m.Get("role"); ok {
		if l.Role, _ = source.Parsed(n, oneLine); l.Role != "" && !assortment.Role(l.Role).Valid() {
			n.Report(fmt.Sprintf("unknown role %q", l.Role), "one of "+strings.Join(assortment.Words(), ", "))
		}
	}
	if n, ok := m.Get("units"); ok {
		l.Units, _ = n.Int(1, 10_000)
	}
	if n, ok := m.Need("price", "of one unit: price: 9.90"); ok {
		l.Minor, _ = n.Decimal(r.digits)
		l.Minor *= int64(l.Units)
	}
	if n, ok := m.Get("refunded"); ok {
		if at, ok := r.instant(n); ok {
			l.refunded = &at
			r.notBefore(n, at, o)
		}
	}
	return l
}

// refund gives a whole order back.
func (r *reader) refund(n source.Node, o *purchase) {
	at, ok := r.instant(n)
	if !ok || !r.notBefore(n, at, o) {
		return
	}
	o.giveBack(at)
}

func (r *reader) notBefore(n source.Node, at time.Time, o *purchase) bool {
	if at.Before(o.at) {
		n.Report("lies before the order", "")
		return false
	}
	return true
}

// giveBack refunds what was not refunded earlier.
func (o *purchase) giveBack(at time.Time) {
	for i := range o.lines {
		if l := &o.lines[i]; l.refunded == nil || at.Before(*l.refunded) {
			l.refunded = &at
		}
	}
}

func (r *reader) event(n source.Node, p *person) {
	m, ok := n.Mapping(eventKeys)
	if !ok {
		return
	}
	var e event.Event
	if n, ok := m.Need("name", "as it is imported: name: Order Delayed"); ok {
		e.Name, _ = source.Parsed(n, oneLine)
	}
	if n, ok := m.Need("at", `when it happened: at: "2026-03-02 10:00"`); ok {
		e.At, _ = r.instant(n)
	}
	if n, ok := m.Get("props"); ok {
		e.Props = told(values(n))
	}
	p.tell(e)
}

// tell gives an event an identity of its own.
func (p *person) tell(e event.Event) {
	e.Source, e.ID, e.ShopID = "test", fmt.Sprintf("%06d", len(p.events)+1), p.ShopID
	p.events = append(p.events, e)
}

func told(values map[string]rules.Attribute) map[string]event.Value {
	out := make(map[string]event.Value, len(values))
	for name, v := range values {
		e := event.Value{Kind: event.Kind(v.Kind), Text: v.Text, Number: v.Number, Truth: v.Truth}
		if v.Kind == rules.Date {
			e.Date = calendar.Instant(v.Date, 0, time.UTC)
		}
		out[name] = e
	}
	return out
}

func properties(values map[string]event.Value) map[string]rules.Attribute {
	out := make(map[string]rules.Attribute, len(values))
	for name, v := range values {
		a := rules.Attribute{Kind: rules.Kind(v.Kind), Text: v.Text, Number: v.Number, Truth: v.Truth}
		if v.Kind == event.Date {
			a.Date = calendar.DateOf(v.Date, time.UTC)
		}
		out[name] = a
	}
	return out
}

// amount is money as it is written.
func amount(minor int64, digits int) string {
	if digits == 0 {
		return strconv.FormatInt(minor, 10)
	}
	s := fmt.Sprintf("%0*d", digits+1, minor)
	return s[:len(s)-digits] + "." + s[len(s)-digits:]
}
