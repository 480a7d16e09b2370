package engine_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/event"
	"github.com/rewave/rewave/internal/importer"
	"github.com/rewave/rewave/internal/testkit"
)

// delayed is entered by an event of the shop's own.
func delayed(change ...func(*campaigns.Campaign)) campaigns.Campaign {
	return thanks(append([]func(*campaigns.Campaign){once, treatAll, func(c *campaigns.Campaign) {
		c.Enter = campaigns.Enter{On: "event", Event: "Order Delayed", When: `event.number("days") >= 3 and orders.count >= 0`, Again: campaigns.Again{EachTime: true}}
		c.Messages = map[string]campaigns.Message{"messages/hello": says("{{ event.carrier }} is {{ event.days }} days late")}
	}}, change...)...)
}

func (w *world) enterEvents() int {
	w.t.Helper()
	n, err := w.EnterEvents(context.Background())
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}

func TestAnEventBringsItsCustomerIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	got := w.mailbox()
	w.customers(3)
	w.known()
	w.apply(delayed())
	at := func(d time.Duration) string { return start.Add(d).Format(time.RFC3339) }
	events := "id,name,customer,at,days,carrier\n" +
		"1,Order Delayed,c1," + at(time.Hour) + ",4,Hermes\n" +
		"2,Order Delayed,c2," + at(time.Hour) + ",2,Hermes\n" + // too few days
		"3,Order Delayed,c3," + at(-time.Hour) + ",9,Hermes\n" + // before the campaign began
		"4,Product Viewed,c3," + at(time.Hour) + ",9,Hermes\n" +
		"5,Order Delayed,c1," + at(2*time.Hour) + ",5,DHL\n"
	w.delays(events)
	w.clock.Set(start.Add(3 * time.Hour))
	same(t, "decided", w.enterEvents(), 3)
	w.delays(events)
	same(t, "again", w.enterEvents(), 0)
	same(t, "entries", testkit.List[string](t, w.db, `select assigned_id || ' ' || entry || ' ' || to_char(entered_at, 'HH24:MI') || ' ' || (e.event_id is not null)
		from enrollments left join events e on e.event_id = trigger_event_id order by entered_at`), []string{"c1 1 11:00 true", "c1 2 12:00 true"})
	same(t, "why not", testkit.List[string](t, w.db, "select reason || ' ' || customers from entry_counts order by 1"), []string{"enrolled 2", "not_in_segment 1"})
	w.send(start.Add(1*days + time.Hour))
	w.send(start.Add(1*days + 2*time.Hour))
	same(t, "texts", got, map[string][]string{"c1@mail.example": {"Hermes is 4 days late", "DHL is 5 days late"}})
	w.sound()
}

func TestEventsBeforeTheFirstApplyAreConsidered(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.customers(1)
	w.known()
	w.delays("id,name,customer,at,days\n1,Order Delayed,c1," + start.Add(time.Hour).Format(time.RFC3339) + ",4\n")
	w.apply(delayed(func(c *campaigns.Campaign) {
		c.Messages = map[string]campaigns.Message{"messages/hello": says("Sorry")}
	}))
	due, err := w.Store.NextDue(context.Background())
	if err != nil || due.Event == nil || !due.Event.Equal(start.Add(time.Hour)) {
		t.Fatalf("next trigger %v, %v; want the event's instant", due.Event, err)
	}
	w.clock.Set(start.Add(2 * time.Hour))
	same(t, "decided", w.enterEvents(), 1)
	same(t, "as if planned", w.plan(start.Add(2*time.Hour), delayed()).Campaigns[0].Audience.Treat, 1)
}

// delays imports events whose property days is a number.
func (w *world) delays(text string) {
	w.t.Helper()
	path := filepath.Join(w.t.TempDir(), "events.csv")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
	s, err := importer.Run(context.Background(), w.Store, importer.Options{Kind: importer.Events, File: path, Zone: time.UTC,
		Map: importer.Map{Types: map[string]event.Kind{"props.days": event.Number}}})
	if err != nil || s.Rejected > 0 {
		w.t.Fatalf("import: %+v, %v", s, err)
	}
}

func occasion(o campaigns.Occasion) func(*campaigns.Campaign) {
	return func(c *campaigns.Campaign) {
		o.Time = 10 * 60
		c.Enter = campaigns.Enter{Occasion: &o, When: "true", Again: campaigns.Again{After: 300 * days}}
		c.Holdout = campaigns.Holdout{Because: "test"}
		c.Waves = c.Waves[:1]
		c.Waves[0].After.Wait = 0
	}
}

func (w *world) slots(at time.Time) {
	w.t.Helper()
	w.clock.Set(at)
	if _, err := w.OpenSlots(context.Background()); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) entries() []string {
	w.t.Helper()
	return testkit.List[string](w.t, w.db, "select assigned_id || ' ' || to_char(entered_at, 'YYYY-MM-DD') from enrollments order by entered_at, assigned_id")
}

func TestABirthdayBringsItsCustomerInOnceAYear(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.customers(5)
	for customer, date := range map[string]string{"c1": "1980-03-12", "c2": "1990-03-13", "c3": "1996-02-29", "c4": "2031-03-12"} {
		w.db.Exec(t, `insert into customer_attributes (customer_id, name, at, kind, date_value, source)
			select customer_id, 'birthday', '2020-01-01', 'date', $2::date, 'test' from customers where shop_id = $1`, customer, date)
	}
	// A later word moves c2's day; the row that an index would find says otherwise.
	w.db.Exec(t, `insert into customer_attributes (customer_id, name, at, kind, date_value, source)
		select customer_id, 'birthday', '2021-01-01', 'date', '1990-03-15', 'test' from customers where shop_id = 'c2'`)
	w.apply(thanks(occasion(campaigns.Occasion{Attribute: "birthday", Before: 7})))
	next, err := w.NextSlot(context.Background())
	if err != nil || next == nil || !next.Equal(start.Add(1*days)) { // it was applied at 10:00 sharp
		t.Fatalf("next slot %v, %v", next, err)
	}
	w.slots(start.Add(12 * days)) // nothing ran for twelve days: each of them was for somebody
	same(t, "in March", w.entries(), []string{"c1 2026-03-05", "c2 2026-03-08"})
	w.slots(time.Date(2027, 3, 9, 0, 0, 0, 0, time.UTC))
	same(t, "a year on", w.entries(), []string{"c1 2026-03-05", "c2 2026-03-08", "c3 2027-02-21", "c1 2027-03-05", "c2 2027-03-08"})
	same(t, "reasons", testkit.List[string](t, w.db, "select distinct reason from entry_counts order by 1"), []string{"enrolled", "no_occasion"})
	w.sound()
}

func TestAFixedDateBringsEverybodyIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.customers(2)
	w.apply(thanks(occasion(campaigns.Occasion{Month: 3, Day: 20, Before: 14})))
	w.slots(start.Add(30 * days))
	same(t, "entries", w.entries(), []string{"c1 2026-03-06", "c2 2026-03-06"})
	same(t, "asked on that day alone", testkit.Get[int](t, w.db, "select count(*)::int from entry_counts"), 1)
}

func TestARecurrenceOpensItsSlots(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.customers(1)
	w.apply(thanks(once, treatAll, func(c *campaigns.Campaign) {
		c.Enter = campaigns.Enter{When: "true", Again: campaigns.Again{EachTime: true}, Schedule: &campaigns.Schedule{
			RRule: "FREQ=MONTHLY;BYDAY=1MO", Since: calendar.Date{Year: 2026, Month: 1, Day: 1}, Time: 11 * 60}}
	}))
	for month := range 3 {
		w.slots(start.AddDate(0, month, 8))
	}
	same(t, "entries", w.entries(), []string{"c1 2026-03-02", "c1 2026-04-06", "c1 2026-05-04"})
}

// Tags, attributes, lines and events of a customer are read as of the entry.
func TestARuleReadsWhatWasKnownThen(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	later := start.Add(time.Hour).Format(time.RFC3339)
	w.importText(importer.Customers, "customer_id,email,consent_email,consent_at,attribute.children,tags,changed_at\n"+
		"c1,c1@mail.example,yes,2020-01-01,2,vip;new,2020-01-01\nc2,c2@mail.example,yes,2020-01-01,0,new,2020-01-01\n")
	w.importText(importer.Customers, "customer_id,attribute.children,tags,changed_at\nc2,5,vip,"+later+"\n")
	w.importText(importer.Products, "sku,name,category\nA,Apple,food\nB,Ball,toys\n")
	w.importText(importer.Events, "id,name,customer,at\n1,Product Viewed,c1,"+start.Add(-days).Format(time.RFC3339)+"\n2,Product Viewed,c2,"+start.Add(-days).Format(time.RFC3339)+"\n")
	w.apply(thanks(once, treatAll, func(c *campaigns.Campaign) {
		c.Enter.When = `customer.has_tag("vip") and customer.number("children") >= 2 and order.has("food") and orders.of("food").count == 1 and events("Product Viewed").count == 1`
		c.Strata = &campaigns.Strata{By: "order.category", Values: []campaigns.Stratum{{Name: "food"}, {Name: "rest"}}, Default: "rest"}
		c.Messages = map[string]campaigns.Message{"messages/hello": says("{{ order.first_product }} {{ order.total | money }} {{ orders.total | money }}")}
	}))
	got := w.mailbox()
	at := start.Add(time.Minute).Format(time.RFC3339)
	w.importText(importer.Orders, "order_id,placed_at,customer_id,sku,quantity,unit_price,currency\n"+
		fmt.Sprintf("1,%[1]s,c1,A,3,2.50,EUR\n1,%[1]s,c1,B,1,1.00,EUR\n2,%[1]s,c2,A,3,2.50,EUR\n", at))
	w.clock.Set(start.Add(2 * time.Hour))
	w.enter()
	same(t, "entered", testkit.List[string](t, w.db, "select assigned_id || ' ' || stratum from enrollments"), []string{"c1 food"})
	w.send(start.Add(1*days + time.Minute))
	same(t, "text", got, map[string][]string{"c1@mail.example": {"Apple €8.50 €8.50"}})
	w.sound()
}

func TestAMessageReadsAttributesAsTheyAreWhenItIsSent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	got := w.mailbox()
	w.customers(2)
	for at, likes := range map[string]string{"2020-01-01": "coffee", "2021-01-01": "tea", "2099-01-01": "wine"} {
		w.db.Exec(t, `insert into customer_attributes (customer_id, name, at, kind, text_value, source)
			select customer_id, 'likes', $1::timestamptz, 'text', $2, 'test' from customers where shop_id = 'c1'`, at, likes)
	}
	w.apply(thanks(once, treatAll, func(c *campaigns.Campaign) {
		c.Messages = map[string]campaigns.Message{"messages/hello": says(`{{ customer.likes | default: "all" }}`)}
	}))
	w.order("c1", start, 1000)
	w.order("c2", start, 1000)
	w.enter()
	w.send(start.Add(1 * days))
	same(t, "texts", got, map[string][]string{"c1@mail.example": {"tea"}, "c2@mail.example": {"all"}})
	w.sound()
}

// What an edit puts behind us has no slots: nobody knew of them while they came.
func TestAnEditOpensNoSlotsOfThePast(t *testing.T) {
	t.Parallel()
	daily := func(at calendar.Clock) func(*campaigns.Campaign) {
		return func(c *campaigns.Campaign) {
			c.Enter = campaigns.Enter{When: "true", Schedule: &campaigns.Schedule{Every: "day", Time: at}}
		}
	}
	for name, tt := range map[string]struct{ before, after func(*campaigns.Campaign) }{
		"a slot that ran, moved":     {slotOn(3, "false"), slotOn(4, "true")},
		"a recurrence, moved":        {daily(20 * 60), daily(10 * 60)},
		"orders, then a recurrence":  {func(*campaigns.Campaign) {}, daily(10 * 60)},
		"orders, then a fixed date":  {func(*campaigns.Campaign) {}, occasion(campaigns.Occasion{Month: 3, Day: 4, Time: 10 * 60})},
		"a recurrence, then one day": {daily(20 * 60), slotOn(4, "true")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.customers(5)
			w.apply(thanks(treatAll, tt.before))
			noon := start.AddDate(0, 0, 2).Truncate(24 * time.Hour).Add(12 * time.Hour)
			w.openSlots(noon)
			entered := len(w.entries())
			w.apply(thanks(treatAll, tt.after, func(c *campaigns.Campaign) { c.Version = strings.Repeat("e", 64) }))
			w.openSlots(noon.Add(time.Minute))
			if got := len(w.entries()); got != entered {
				t.Errorf("%d entered at a slot that was past when it was written", got-entered)
			}
		})
	}
}
