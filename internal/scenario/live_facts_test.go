package scenario

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/rewave/rewave/internal/event"
	"github.com/rewave/rewave/internal/order"
	"github.com/rewave/rewave/internal/testkit"
	"github.com/rewave/rewave/rules"
)

// always is when what has no date was said.
var always = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

func when(at time.Time) time.Time {
	if at.IsZero() {
		return always
	}
	return at
}

func maybe(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// tell stores all that is known of a customer. What the ledger reads as of an
// instant is stored at once; what it reads as it stands, when it happens.
func (l *live) tell(p *person) {
	l.t.Helper()
	var seen *time.Time
	if !p.firstSeen.IsZero() {
		seen = &p.firstSeen
	}
	id := testkit.Get[int64](l.t, l.db, `insert into customers (shop_id, first_name, last_name, locale, region, zone, first_seen_at)
		values ($1, $2, $3, $4, $5, $6, $7) returning customer_id`, p.ShopID, p.FirstName, p.LastName, maybe(p.Locale), maybe(p.Region), maybe(p.Zone), seen)
	l.db.Exec(l.t, "insert into contacts (customer_id) values ($1)", id)
	for channel, column := range map[string]string{"email": "email", "sms": "phone"} {
		own := map[string]string{"email": p.ShopID + "@mail.example", "sms": fmt.Sprintf("+4930%07d", id)}[channel]
		for _, a := range p.addresses[channel] {
			address := own
			if a.value == "" {
				address = ""
			}
			set := func() {
				l.db.Exec(l.t, "update contacts set "+column+" = $2 where customer_id = $1", id, maybe(address))
			}
			if a.at.IsZero() {
				set()
			} else {
				l.after(a.at, set)
			}
		}
		for _, at := range p.banned[channel] {
			l.db.Exec(l.t, `insert into suppressions (channel, address_hash, reason, at) values ($1, address_hash($2), 'bounced', $3) on conflict do nothing`, channel, own, when(at))
		}
	}
	if p.erased != nil {
		erase := func() {
			l.db.Exec(l.t, "update contacts set erased_at = $2 where customer_id = $1", id, when(*p.erased))
		}
		if p.erased.IsZero() {
			erase()
		} else {
			l.after(*p.erased, erase)
		}
	}
	for w, said := range p.words {
		purpose := map[bool]string{true: "service", false: "marketing"}[w.service]
		for _, s := range said {
			l.db.Exec(l.t, "insert into consents (customer_id, channel, purpose, granted, at, source) values ($1, $2, $3, $4, $5, 'test')", id, w.channel, purpose, s.value, when(s.at))
		}
	}
	for name, values := range p.attributes {
		for _, v := range values {
			l.attribute(id, name, v)
		}
	}
	for _, tags := range p.tags {
		l.db.Exec(l.t, "insert into customer_tags (customer_id, at, tags, source) values ($1, $2, $3, 'test')", id, when(tags.at), append([]string{}, tags.value...))
	}
	for _, o := range p.orders {
		l.order(id, o)
	}
	for _, e := range p.events {
		l.event(id, e)
	}
	for _, h := range p.holds {
		var closed *time.Time
		if !h.ClosedAt.IsZero() {
			closed = &h.ClosedAt
		}
		l.db.Exec(l.t, "insert into holds (customer_id, kind, opened_at, ref, closed_at) values ($1, $2, $3, $4, $5)", id, string(h.Kind), h.OpenedAt, h.Ref, closed)
	}
}

func (l *live) attribute(id int64, name string, v dated[rules.Attribute]) {
	column := map[rules.Kind]string{rules.Text: "text", rules.Number: "number", rules.Date: "date", rules.Truth: "truth"}[v.value.Kind]
	value := map[rules.Kind]any{rules.Text: v.value.Text, rules.Number: v.value.Number, rules.Date: v.value.Date.String(), rules.Truth: v.value.Truth}[v.value.Kind]
	l.db.Exec(l.t, "insert into customer_attributes (customer_id, name, at, kind, "+column+"_value, source) values ($1, $2, $3, $4, $5, 'test')", id, name, when(v.at), column, value)
}

func (l *live) order(id int64, o *purchase) {
	var gross, refunded int64
	var unkept *time.Time
	kept := 0
	for _, line := range o.lines {
		gross += line.Minor
		if line.refunded == nil {
			kept++
			continue
		}
		refunded += line.Minor
		if unkept == nil || line.refunded.After(*unkept) {
			unkept = line.refunded
		}
	}
	if kept > 0 {
		unkept = nil
	}
	number := testkit.Get[int64](l.t, l.db, `insert into orders (source, shop_order_id, customer_id, placed_at, currency, gross_minor, refunded_minor, unkept_at)
		values ('test', $1, $2, $3, $4, $5, $6, $7) returning order_id`, o.id, id, o.at, o.currency, gross, refunded, unkept)
	scale := 1.0
	for range order.Decimals(o.currency) {
		scale *= 10
	}
	for i, line := range o.lines {
		sku := line.SKU
		if sku == "" {
			sku = fmt.Sprintf("%s-%d", o.id, i)
		}
		product := testkit.Get[int64](l.t, l.db, `insert into products (sku, name, category, role) values ($1, $2, $3, $4)
			on conflict (sku) do update set sku = excluded.sku returning product_id`, sku, maybe(line.name), maybe(line.Category), maybe(line.Role))
		l.db.Exec(l.t, "insert into order_lines (order_id, line_no, product_id, quantity, unit_price, amount_minor) values ($1, $2, $3, $4, $5, $6)",
			number, i+1, product, line.Units, float64(line.Minor)/float64(line.Units)/scale, line.Minor)
		if line.refunded != nil {
			l.db.Exec(l.t, `insert into refunds (source, shop_refund_id, line_no, order_id, order_line_no, customer_id, product_id, refunded_at, quantity, amount_minor)
				values ('test', $1, $2, $3, $2, $4, $5, $6, $7, $8)`, "R"+o.id, i+1, number, id, product, *line.refunded, line.Units, line.Minor)
		}
	}
}

func (l *live) event(id int64, e event.Event) {
	if e.Props == nil {
		e.Props = map[string]event.Value{}
	}
	props, err := json.Marshal(e.Props)
	if err != nil {
		l.t.Fatal(err)
	}
	l.db.Exec(l.t, "insert into events (source, source_event_id, name, customer_id, at, props) values ('test', $1, $2, $3, $4, $5)", e.ShopID+e.ID, e.Name, id, e.At, string(props))
}

// fill makes a pool, with all codes that are ever added at their time.
func (l *live) fill(s stock) {
	add := func(n int) {
		codes := make([]string, n)
		for i := range codes {
			l.codes++
			codes[i] = fmt.Sprintf("LIVE%06d", l.codes)
		}
		if _, err := l.Store.AddCoupons(context.Background(), s.Pool, codes); err != nil {
			l.t.Error(err)
		}
	}
	if s.endless {
		add(100)
		return
	}
	add(0)
	for _, more := range s.added {
		if more.at.IsZero() {
			add(more.value)
			continue
		}
		l.after(more.at, func() { add(more.value) })
	}
}
