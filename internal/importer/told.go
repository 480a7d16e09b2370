package importer

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/rewave/rewave/internal/event"
	"github.com/rewave/rewave/internal/order"
	"github.com/rewave/rewave/internal/postgres"
)

// toldRow is what a row tells of its order besides what was bought. Its bytes live
// as long as the record's.
type toldRow struct {
	status, entryPath   []byte
	promised, delivered time.Time
	discount            order.Price
	discounted          bool // discount is said
}

// newToldReader reads it, and of a refund why it came back.
func newToldReader(l layout, clock *clockReader, numbers *numberReader) func(*record, *orderRow) *badLine {
	status, path, discount, reason := l.field("status"), l.field("entry_path"), l.field("discount"), l.field("reason")
	promised, delivered := l.field("promised_at"), l.field("delivered_at")
	// Each has a clock of its own, for each remembers its last; of these a day will do.
	forms := withDays(clock.layouts)
	promises, deliveries := newClockReader(clock.zone, forms), newClockReader(clock.zone, forms)

	return func(rec *record, row *orderRow) (bad *badLine) {
		if row.refund {
			row.reason = reason.of(rec)
			return tooLong("reason", row.reason, event.MaxText)
		}
		t, ok := &row.told, false
		if t.status = status.of(rec); bytes.ContainsFunc(t.status, unicode.IsUpper) { // ToLower copies
			t.status = bytes.ToLower(t.status)
		}
		t.entryPath = path.of(rec)
		if bad = tooLong("status", t.status, event.MaxName); bad == nil {
			bad = tooLong("entry_path", t.entryPath, event.MaxText)
		}
		if bad != nil {
			return bad
		}
		if text := promised.of(rec); len(text) > 0 {
			if t.promised, ok = promises.last(text); !ok {
				return badValue("promised_at cannot be read", text)
			}
		}
		if text := delivered.of(rec); len(text) > 0 {
			if t.delivered, ok = deliveries.read(text); !ok {
				return badValue("delivered_at cannot be read", text)
			}
		}
		if text := discount.of(rec); len(text) > 0 {
			// Some shops write what comes off with a minus.
			if t.discount, bad = numbers.price(bytes.TrimPrefix(text, []byte("-"))); bad != nil {
				return badValue("the discount is not an amount", text)
			}
			t.discounted = true
		}
		return nil
	}
}

func tooLong(column string, text []byte, most int) *badLine {
	if len(text) <= most {
		return nil
	}
	return badValue(fmt.Sprintf("a %s longer than %d bytes", column, most), text)
}

// withDays adds to forms of time those of their days.
func withDays(layouts []string) []string {
	out := slices.Clone(layouts)
	for _, layout := range layouts {
		day, _, _ := strings.Cut(layout, "15")
		if day = strings.TrimRight(day, " T"); day != "" && !slices.Contains(out, day) {
			out = append(out, day)
		}
	}
	return out
}

// last is the last instant of which a text speaks: of a day its end. What is
// promised for a day is late on the next.
func (c *clockReader) last(text []byte) (time.Time, bool) {
	at, ok := c.read(text)
	if !ok || strings.Contains(c.layouts[0], "15") { // read puts the form it was in first
		return at, ok
	}
	year, month, day := at.In(c.zone).Date()
	return c.instant(time.Date(year, month, day+1, 0, 0, 0, 0, time.UTC)).UTC().Add(-time.Microsecond), true
}

// tell notes what a good row tells of its order. The rows of an order add up to
// it: the last word, the latest parcel, the discounts of all; off is the row's.
func (c *collector) tell(head *orderHead, row *orderRow, off int64) {
	said := row.told
	if len(said.status)+len(said.entryPath)+len(row.coupon) == 0 && said.promised.IsZero() && said.delivered.IsZero() && !said.discounted {
		return
	}
	if head.told == nil {
		head.told = &postgres.OrderTold{}
	}
	t := head.told
	if len(said.status) > 0 {
		t.Status = c.texts.of(said.status)
	}
	if len(said.entryPath) > 0 {
		t.EntryPath = c.texts.of(said.entryPath)
	}
	if said.promised.After(t.PromisedAt) {
		t.PromisedAt = said.promised
	}
	if said.delivered.After(t.DeliveredAt) {
		t.DeliveredAt = said.delivered
	}
	if said.discounted {
		if t.Discount == nil {
			t.Discount = new(int64)
		}
		*t.Discount += off
	}
	for code := range codesIn(row.coupon) {
		if named := ";" + t.Coupon + ";"; !strings.Contains(named, ";"+code+";") && len(named)+len(code) < event.MaxText {
			t.Coupon = strings.TrimPrefix(t.Coupon+";"+code, ";")
		}
	}
}

// texts keep one copy of each of the few that many rows say.
type texts map[string]string

func (t *texts) of(text []byte) string {
	const most = 1000
	if kept, ok := (*t)[string(text)]; ok {
		return kept
	}
	kept := string(text)
	if *t == nil {
		*t = texts{}
	}
	if len(*t) < most {
		(*t)[kept] = kept
	}
	return kept
}
