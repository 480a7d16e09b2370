package shop

import (
	"bytes"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rewave/rewave/internal/event"
)

func TestEventsHappenAsTheModelSays(t *testing.T) {
	t.Parallel()
	c := few(20_000)
	m := c.Model
	type cause struct{ late, back bool }
	orders, complaints := map[cause]float64{}, map[cause]float64{}
	var all, late, delay, delayDays, lasts, closed float64
	for h := range newShop(t, c).Histories() {
		for _, o := range h.Orders {
			if c.End.Sub(o.PlacedAt) < 60*day {
				continue // what happens may lie beyond the history
			}
			all++
			var why cause
			var opened, delayed, asked time.Time
			last := o.PlacedAt
			for _, e := range o.Events {
				if e.Customer != h.Customer.ID || e.At.Before(last) || e.At.Nanosecond() != 0 {
					t.Fatalf("%s: %+v after %s", h.Customer.ID, e, last)
				}
				last = e.At
				switch e.Name {
				case OrderDelayed:
					why.late, delayed = true, e.At
					late++
					delay += e.At.Sub(o.PlacedAt).Hours() / 24
					delayDays += float64(e.Props[2].Value[0] - '0')
				case ReturnRequested:
					why.back, asked = true, e.At
					before := o.Refund.At.Sub(e.At)
					if before > 48*time.Hour || before < 2*time.Hour && before < o.Refund.At.Sub(o.PlacedAt)/2-time.Second {
						t.Fatalf("%s: return of %s is asked for at %s", o.ID, o.Refund.At, e.At)
					}
				case ComplaintOpened:
					opened = e.At
				case ComplaintClosed:
					closed++
					lasts += e.At.Sub(opened).Hours() / 24
				}
			}
			if why.back != (o.Refund != nil) {
				t.Fatalf("%s: refunded %t, asked for %t", o.ID, o.Refund != nil, why.back)
			}
			orders[why]++
			if !opened.IsZero() {
				complaints[why]++
				from, until := o.PlacedAt.Add(day), o.PlacedAt.Add(10*day)
				if why.back {
					from, until = asked, asked.Add(2*day)
				}
				if why.late {
					from, until = delayed, delayed.Add(2*day)
				}
				if opened.Before(from) || opened.After(until) {
					t.Fatalf("%s: complaint at %s, want %s to %s", o.ID, opened, from, until)
				}
			}
		}
	}
	share(t, "late parcels", late, all, m.LateParcel)
	near(t, "days to the delay", delay/late, 4.5, 5*3/math.Sqrt(12*late))
	near(t, "days of delay", delayDays/late, 3, 5*math.Sqrt(2/late))
	near(t, "days of a complaint", lasts/closed, 5.5, 5*9/math.Sqrt(12*closed))
	for why, n := range orders {
		quiet := 1 - m.ComplainAnyway
		if why.late {
			quiet *= 1 - m.ComplainLate
		}
		if why.back {
			quiet *= 1 - m.ComplainReturns
		}
		share(t, "complaints", complaints[why], n, 1-quiet)
	}
}

func TestEventsLieWithinTheHistory(t *testing.T) {
	t.Parallel()
	c := few(3000)
	c.End = c.Start.AddDate(0, 0, 40)
	c.Model.LateParcel, c.Model.ComplainLate = 1, 1
	events, open := 0, 0
	for h := range newShop(t, c).Histories() {
		var told []event.Event
		for _, o := range h.Orders {
			for _, e := range o.Events {
				events++
				if e.At.Before(c.Start) || !e.At.Before(c.End) {
					t.Fatalf("%+v is not from %s to %s", e, c.Start, c.End)
				}
				props := map[string]event.Value{}
				for _, p := range e.Props {
					props[p.Name] = text(t, p.Value)
				}
				told = append(told, event.Event{ID: e.ID, Name: e.Name, At: e.At, Props: props})
			}
		}
		// As the engine reads them: each complaint is a hold, and some are open.
		for _, hold := range event.Holds(told) {
			if hold.ClosedAt.IsZero() {
				open++
			}
		}
	}
	if events < 1000 || open < 100 {
		t.Errorf("%d events, %d complaints open at the end: too few to prove anything", events, open)
	}
}

func text(t *testing.T, s string) event.Value {
	t.Helper()
	v, err := event.Parse(event.Text, s)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestEventsFile(t *testing.T) {
	t.Parallel()
	s := newShop(t, few(2000))
	var file bytes.Buffer
	if err := s.WriteEvents(&file); err != nil {
		t.Fatal(err)
	}
	rows := readAll(t, &file)
	header := []string{"id", "name", "customer", "at", "ref", "order", "carrier", "days", "expected_on", "promised_on", "category", "reason",
		"grade", "score", "sku", "survey", "question", "answer"}
	if diff := cmp.Diff(header, rows[0]); diff != "" {
		t.Fatalf("header (-want +got):\n%s", diff)
	}
	kinds, ids := map[string][]string{}, map[string]bool{}
	customer, last := "", ""
	for _, row := range rows[1:] {
		if ids[row[0]] || row[2] == customer && row[3] < last {
			t.Fatalf("%v: seen before: %t; after %s of %s", row, ids[row[0]], last, customer)
		}
		ids[row[0]], customer, last = true, row[2], row[3]
		if _, ok := kinds[row[1]]; !ok {
			kinds[row[1]] = row
		}
	}
	want := map[string]string{ // which properties an event has
		event.OrderDelayed:    "order carrier days expected_on promised_on",
		event.ReturnRequested: "order category reason",
		event.ComplaintOpened: "ref order grade",
		event.ComplaintClosed: "ref",
		event.ProductViewed:   "category sku",
		event.ReviewPosted:    "order score sku",
		event.SurveyAnswered:  "order survey question answer",
	}
	got := map[string]string{}
	for name, row := range kinds {
		var props []string
		for k, value := range row[4:] {
			if value != "" {
				props = append(props, header[4+k])
			}
		}
		got[name] = strings.Join(props, " ")
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("properties by name (-want +got):\n%s", diff)
	}
}
