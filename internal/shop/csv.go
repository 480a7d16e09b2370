package shop

import (
	"encoding/csv"
	"fmt"
	"io"
	"sort"
	"strconv"
	"time"
)

// The columns of the four files, which the importer's preset "generic" reads.
var (
	customerColumns = []string{"customer_id", "email", "phone", "first_name", "last_name", "locale", "region", "zone",
		"first_seen_at", "consent_email", "consent_sms", "consent_at", "changed_at", "sex", "birthday", "occupation", "interests", "source"}
	productColumns = []string{"sku", "name", "category", "price", "cost"}
	orderColumns   = []string{"order_id", "kind", "customer_id", "placed_at", "sku", "quantity", "unit_price", "currency",
		"category", "refund_of", "coupon", "status", "entry_path", "promised_at", "delivered_at", "discount", "reason"}
	// Behind the first four stand the properties, in the order that Event.Props keeps.
	eventColumns = []string{"id", "name", "customer", "at",
		"ref", "order", "carrier", "days", "expected_on", "promised_on", "category", "reason", "grade", "score", "sku", "survey", "question", "answer"}
)

// WriteCustomers writes customers.csv: a header and a row per customer, by
// index. Consents are yes or no, that to SMS empty where there is no phone;
// instants here and in the other files are RFC 3339 in UTC, whole seconds.
func (s *Shop) WriteCustomers(w io.Writer) error {
	return table(w, "customers", customerColumns, func(t *rows) error {
		for h := range s.Histories() {
			if err := t.customer(&h.Customer); err != nil {
				return err
			}
		}
		return nil
	})
}

// WriteProducts writes products.csv: a header and a row per product, price and
// cost in decimals of Currency.
func (s *Shop) WriteProducts(w io.Writer) error {
	return table(w, "products", productColumns, func(t *rows) error {
		for _, p := range Products() {
			if err := t.write(p.SKU, p.Name, p.Category, decimal(p.Price), decimal(p.Cost)); err != nil {
				return err
			}
		}
		return nil
	})
}

// WriteOrders writes orders.csv: a header and a row per line. A customer's rows
// stand together, by time; kind is order or refund. A refund's row carries the
// refund's own id and instant, a positive quantity, the price paid, and in
// refund_of the order; that order's line is always the customer's latest
// earlier line of the sku. No order of the history uses a coupon. What is told of
// an order besides stands on its first line, its status as of End.
func (s *Shop) WriteOrders(w io.Writer) error {
	return table(w, "orders", orderColumns, func(t *rows) error {
		for h := range s.Histories() {
			for _, d := range documents(h.Orders, s.config.End) {
				if err := t.document(h.Customer.ID, d); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// WriteEvents writes events.csv: a header and a row per event, with a column for
// each property, empty where the event has none of it. A customer's rows stand
// together, by time.
func (s *Shop) WriteEvents(w io.Writer) error {
	return table(w, "events", eventColumns, func(t *rows) error {
		var events []Event
		for h := range s.Histories() {
			events = append(events[:0], h.Views...)
			for _, o := range h.Orders {
				events = append(events, o.Events...)
			}
			sortEvents(events)
			for k := range events {
				if err := t.event(&events[k]); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// document is an order or a refund, as orders.csv has them.
type document struct {
	id, kind, of, coupon string
	at                   time.Time
	lines                []Line
	told                 [6]string // the last columns, of the first line
}

// document is an order as it stands at an instant.
func (o *Order) document(coupon string, at time.Time) document {
	d := document{id: o.ID, kind: "order", coupon: coupon, at: o.PlacedAt, lines: o.Lines}
	d.told = [...]string{o.status(at), o.EntryPath, instant(o.PromisedAt), "", decimal(o.Discount), ""}
	if o.DeliveredAt.Before(at) && !o.DeliveredAt.IsZero() {
		d.told[3] = instant(o.DeliveredAt)
	}
	return d
}

func (f *Refund) document(of string) document {
	return document{id: f.ID, kind: "refund", of: of, at: f.At, lines: f.Lines, told: [...]string{5: f.Reason}}
}

// documents lists a customer's orders and refunds by time, as they stand at an
// instant; at the same second the order comes first.
func documents(orders []Order, at time.Time) []document {
	out := make([]document, 0, len(orders)+1)
	refunds := false
	for k := range orders {
		out = append(out, orders[k].document("", at))
	}
	for k := range orders {
		if f := orders[k].Refund; f != nil {
			out = append(out, f.document(orders[k].ID))
			refunds = true
		}
	}
	if refunds {
		sort.SliceStable(out, func(i, j int) bool { return out[i].at.Before(out[j].at) })
	}
	return out
}

// rows writes the rows of a table.
type rows struct {
	csv    *csv.Writer
	fields []string
}

// write writes a row; it keeps nothing of fields.
func (t *rows) write(fields ...string) error { return t.csv.Write(fields) }

func (t *rows) customer(c *Customer) error {
	sms := yesNo(c.SMSConsent)
	if c.Phone == "" {
		sms = ""
	}
	birthday := ""
	if !c.Birthday.IsZero() {
		birthday = c.Birthday.Format(time.DateOnly)
	}
	return t.write(c.ID, c.Email, c.Phone, c.FirstName, c.LastName, c.Locale, c.Region, c.Zone,
		instant(c.FirstSeenAt), yesNo(c.EmailConsent), sms, instant(c.ConsentAt), instant(c.FirstSeenAt),
		c.Sex, birthday, c.Occupation, c.Interests, c.Source)
}

func (t *rows) document(customer string, d document) error {
	at := instant(d.at)
	for _, l := range d.lines {
		p := &l.Product
		t.fields = append(t.fields[:0], d.id, d.kind, customer, at, p.SKU, strconv.Itoa(l.Quantity), decimal(p.Price), Currency, p.Category, d.of, d.coupon)
		if err := t.write(append(t.fields, d.told[:]...)...); err != nil {
			return err
		}
		d.told = [...]string{5: d.told[5]} // a refund has its reason on each line
	}
	return nil
}

func (t *rows) event(e *Event) error {
	t.fields = append(t.fields[:0], e.ID, e.Name, e.Customer, instant(e.At))
	for _, column := range eventColumns[len(t.fields):] {
		value := ""
		for _, p := range e.Props {
			if p.Name == column {
				value = p.Value
			}
		}
		t.fields = append(t.fields, value)
	}
	return t.write(t.fields...)
}

// table writes a header and what body writes.
func table(w io.Writer, name string, columns []string, body func(*rows) error) error {
	c := csv.NewWriter(w)
	err := c.Write(columns)
	if err == nil {
		err = body(&rows{csv: c})
	}
	if err == nil {
		c.Flush()
		err = c.Error()
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func instant(t time.Time) string { return t.Format("2006-01-02T15:04:05Z") }

// decimal is minor units as decimals: 180 is 1.80.
func decimal(minor int64) string {
	b := strconv.AppendInt(make([]byte, 0, 12), minor/100, 10)
	return string(append(b, '.', byte('0'+minor/10%10), byte('0'+minor%10)))
}
