package importer_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/event"
	"github.com/rewave/rewave/internal/importer"
	"github.com/rewave/rewave/internal/testkit"
)

// people makes customers by the shop's own ids.
func people(t *testing.T, db *testkit.DB, ids ...string) {
	t.Helper()
	run(t, db, importer.Options{Kind: importer.Customers, File: write(t, "people.csv", []byte("customer_id\n"+strings.Join(ids, "\n")+"\n"))})
}

const storedEvents = `select concat_ws(' ', source, source_event_id, name, shop_id, to_char(at, 'YYYY-MM-DD HH24:MI'), props)
	from events join customers using (customer_id) order by source, source_event_id`

func TestEventsInEveryForm(t *testing.T) {
	t.Parallel()
	shanghai, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	mapped, err := importer.ReadMap(write(t, "map.yaml", []byte(`
source: desk
columns: {id: Nr, name: What, customer: Who, at: When, props.carrier: By}
time_format: "DD.MM.YYYY hh:mm"
zone: Asia/Shanghai
defaults: {props.shop: cn}
types: {props.days: number, props.due: date, props.paid: truth, props.size: text}
`)), importer.Events, importer.Attributes{})
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		text string
		opts importer.Options
		want []string
	}{
		"csv: all other columns are texts": {
			"id,name,customer,at,carrier,props.days\n1,Order Delayed,ann,2026-01-02 10:00,DHL,3\n2,Order Delayed,ann,2026-01-03 10:00,,\n", importer.Options{Zone: shanghai},
			[]string{`generic 1 Order Delayed ann 2026-01-02 02:00 {"days": "3", "carrier": "DHL"}`, `generic 2 Order Delayed ann 2026-01-03 02:00 {}`},
		},
		"json lines have types": {
			`{"id": 1, "name": "Order Delayed", "customer": "ann", "at": "2026-01-02T10:00:00Z", "carrier": "DHL", "days": 3.5, "due": "2026-01-09", "paid": false, "none": null}
{"id": 2, "name": "Order Delayed", "customer": "ann", "at": "2026-01-03T10:00:00Z", "props": {"carrier": "007", "paid": true}, "context": {"ip": "x"}, "props.days": 4}`, importer.Options{},
			[]string{`generic 1 Order Delayed ann 2026-01-02 10:00 {"due": {"date": "2026-01-09"}, "days": 3.5, "paid": false, "carrier": "DHL"}`,
				`generic 2 Order Delayed ann 2026-01-03 10:00 {"days": 4, "paid": true, "carrier": "007"}`},
		},
		"csv, mapped": {
			"Nr;What;Who;When;By;days;due;paid;size\n1;Order Delayed;ann;02.01.2026 10:00;DHL;3;2026-01-09;yes;38\n", importer.Options{Map: mapped},
			[]string{`desk 1 Order Delayed ann 2026-01-02 02:00 {"due": {"date": "2026-01-09"}, "days": 3, "paid": true, "shop": "cn", "size": "38", "carrier": "DHL"}`},
		},
		"json lines, mapped": {
			`{"Nr": 1, "What": "Order Delayed", "Who": "ann", "When": "02.01.2026 10:00", "By": "DHL", "days": "3", "size": 38, "shop": "de"}`, importer.Options{Map: mapped},
			[]string{`desk 1 Order Delayed ann 2026-01-02 02:00 {"days": 3, "shop": "de", "size": "38", "carrier": "DHL"}`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := testkit.NewDB(t)
			people(t, db, "ann")
			opts := test.opts
			opts.Kind, opts.File = importer.Events, write(t, "events", []byte(test.text))
			got := run(t, db, opts)
			if n := int64(len(test.want)); got.Rejected != 0 || got.Events.New != n {
				t.Errorf("%d rejected, %d new; want 0 and %d", got.Rejected, got.Events.New, n)
			}
			if diff := cmp.Diff(testkit.List[string](t, db, storedEvents), test.want); diff != "" {
				t.Errorf("events (-got +want):\n%s", diff)
			}
			opts.File = write(t, "zipped", zip(t, []byte(test.text)))
			again := run(t, db, opts)
			if diff := cmp.Diff(testkit.List[string](t, db, storedEvents), test.want); diff != "" || again.Events.Unchanged != int64(len(test.want)) {
				t.Errorf("twice: %d as they were (-got +want):\n%s", again.Events.Unchanged, diff)
			}
		})
	}
}

// An event is a fact: another content under a known id changes nothing, and is
// told. Of two rows of a file the first counts.
func TestAnEventNeverChanges(t *testing.T) {
	t.Parallel()
	db := testkit.NewDB(t)
	people(t, db, "ann", "bob")
	first := "id,name,customer,at,x\n1,Seen,ann,2026-01-02,a\n1,Seen,ann,2026-01-02,b\n1,Seen,ann,2026-01-02,a\n"
	got := run(t, db, importer.Options{Kind: importer.Events, File: write(t, "e.csv", []byte(first))})
	if got.Events.New != 1 || got.Events.Unchanged != 1 || got.EventsLeft != 1 {
		t.Errorf("%+v, %d left; want one of each", got.Events, got.EventsLeft)
	}
	got = run(t, db, importer.Options{Kind: importer.Events, File: write(t, "f.csv", []byte("id,name,customer,at,x\n1,Seen,bob,2026-01-02,a\n2,Seen,bob,2026-01-02,a\n"))})
	if got.Events.New != 1 || got.Events.Unchanged != 0 || got.EventsLeft != 1 {
		t.Errorf("%+v, %d left; want one new and one left", got.Events, got.EventsLeft)
	}
	want := []string{`generic 1 Seen ann 2026-01-02 00:00 {"x": "a"}`, `generic 2 Seen bob 2026-01-02 00:00 {"x": "a"}`}
	if diff := cmp.Diff(testkit.List[string](t, db, storedEvents), want); diff != "" {
		t.Errorf("events (-got +want):\n%s", diff)
	}
}

func TestRejectedEvents(t *testing.T) {
	t.Parallel()
	db := testkit.NewDB(t)
	people(t, db, "ann")
	mapping, err := importer.ReadMap(write(t, "map.yaml", []byte("types: {props.days: number}\n")), importer.Events, importer.Attributes{})
	if err != nil {
		t.Fatal(err)
	}
	text := "id,name,customer,at,days\n" +
		"1,Seen,ann,2026-01-02,1\n" +
		"2,Seen,nobody,2026-01-02,1\n" +
		",Seen,ann,2026-01-02,1\n" +
		"3,,ann,2026-01-02,1\n" +
		"4,Seen,,2026-01-02,1\n" +
		"5,Seen,ann,yesterday,1\n" +
		"6,Seen,ann,2026-01-02,few\n" +
		"7,Seen,ann,2026-01-02\n" +
		"8,\"Seen,ann,2026-01-02,1\n" +
		"9,Seen,ann,2026-01-02,2"
	got := run(t, db, importer.Options{Kind: importer.Events, File: write(t, "e.csv", []byte(text)), Map: mapping})
	want := `line,reason,row
3,"nobody knows the customer: ""nobody""","2,Seen,nobody,2026-01-02,1"
4,no id,",Seen,ann,2026-01-02,1"
5,no name,"3,,ann,2026-01-02,1"
6,no customer,"4,Seen,,2026-01-02,1"
7,"at cannot be read: ""yesterday""","5,Seen,ann,yesterday,1"
8,"props.days is not a number: ""few""","6,Seen,ann,2026-01-02,few"
9,wrong number of columns: 4 where the header has 5,"7,Seen,ann,2026-01-02"
10,a quote is never closed,"8,""Seen,ann,2026-01-02,1"
`
	if diff := cmp.Diff(read(t, got.RejectsFile), want); diff != "" {
		t.Errorf("rejects (-got +want):\n%s", diff)
	}
	if n := testkit.Get[int](t, db, "select count(*) from events"); n != 2 || got.Merged != 2 || got.Rejected != 8 {
		t.Errorf("%d events, %d merged, %d rejected; want 2, 2 and 8", n, got.Merged, got.Rejected)
	}
	odd := `{"id": 1, "name": "Odd", "customer": "ann", "at": "2026-01-02", "x": 1, "props": {"x": 2}}
{"id": 2, "name": "Odd", "customer": "ann", "at": "2026-01-02", "x": 1e999}
{"id": 3, "name": "Odd", "customer": "ann", "at": "2026-01-02", "x": "\u0000"}
{"id": 4, "name": ["Odd"], "customer": "ann", "at": "2026-01-02"}`
	got = run(t, db, importer.Options{Kind: importer.Events, File: write(t, "odd.jsonl", []byte(odd))})
	wantBy := map[string]int{"props.x is given twice": 1, "props.x is not a number": 1, "a NUL byte": 1, "neither text nor a number": 1}
	if diff := cmp.Diff(got.RejectedBy, wantBy); diff != "" {
		t.Errorf("reasons (-got +want):\n%s", diff)
	}
}

// The fold is of all events by the time they tell, whatever order they come in.
func TestHoldsEndTheSameInAnyOrderOfArrival(t *testing.T) {
	t.Parallel()
	rows := []string{
		"1,Complaint Opened,ann,2026-01-02 10:00,a",
		"2,Complaint Closed,ann,2026-01-05 10:00,a",
		"3,Complaint Opened,ann,2026-01-03 10:00,b",
		"4,Complaint Closed,ann,2026-01-01 10:00,b", // before it was opened
		"5,Dispute Opened,ann,2026-01-02 10:00,",
		"6,Dispute Closed,ann,2026-01-04 10:00,",
		"7,Dispute Opened,bob,2026-01-02 10:00,",
		"8,dispute closed,bob,2026-01-04 10:00,", // another name
	}
	want := []string{
		"ann complaint_open a 2026-01-02 10:00 2026-01-05 10:00",
		"ann complaint_open b 2026-01-03 10:00 -",
		"ann dispute  2026-01-02 10:00 2026-01-04 10:00",
		"bob dispute  2026-01-02 10:00 -",
	}
	random := rand.New(rand.NewPCG(7, 7))
	for round := range 6 {
		db := testkit.NewDB(t)
		people(t, db, "ann", "bob")
		random.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
		for i := 0; i < len(rows); i += 2 { // several files
			text := "id,name,customer,at,ref\n" + strings.Join(rows[i:i+2], "\n")
			run(t, db, importer.Options{Kind: importer.Events, File: write(t, "e.csv", []byte(text))})
		}
		got := testkit.List[string](t, db, `select concat_ws(' ', shop_id, kind, ref, to_char(opened_at, 'YYYY-MM-DD HH24:MI'), coalesce(to_char(closed_at, 'YYYY-MM-DD HH24:MI'), '-'))
			from holds join customers using (customer_id) order by 1`)
		if diff := cmp.Diff(got, want); diff != "" {
			t.Fatalf("round %d, %q (-got +want):\n%s", round, rows, diff)
		}
	}
}

func TestHoldsAreCounted(t *testing.T) {
	t.Parallel()
	db := testkit.NewDB(t)
	people(t, db, "ann")
	one := func(row string) int64 {
		return run(t, db, importer.Options{Kind: importer.Events, File: write(t, "e.csv", []byte("id,name,customer,at\n"+row))}).Holds
	}
	known := func() string {
		return testkit.Get[string](t, db, "select string_agg(recorded_at::text, ' ') from holds")
	}
	got := []int64{one("1,Complaint Opened,ann,2026-01-02"), one("1,Complaint Opened,ann,2026-01-02"), one("2,Seen,ann,2026-01-02")}
	opened := known()
	got = append(got, one("3,Complaint Closed,ann,2026-01-04"))
	if closed := known(); closed != opened {
		t.Errorf("the opening was known at %s, and by its closing at %s", opened, closed)
	}
	// Learned late, it takes the closing away from the first.
	got = append(got, one("4,Complaint Opened,ann,2026-01-03"))
	if all := known(); strings.Contains(all, opened) {
		t.Errorf("that the first is open again was known at %s already: %s", opened, all)
	}
	if diff := cmp.Diff(got, []int64{1, 0, 0, 1, 2}); diff != "" {
		t.Errorf("holds changed (-got +want):\n%s", diff)
	}
}

func TestNewEventsComeBeforeTheCampaignsTheyTrigger(t *testing.T) {
	t.Parallel()
	db := testkit.NewDB(t)
	people(t, db, "ann")
	apply := func(name, status string, enter campaigns.Enter) {
		definition, err := json.Marshal(campaigns.Campaign{Name: name, Enter: enter})
		if err != nil {
			t.Fatal(err)
		}
		db.Exec(t, `with k as (insert into campaigns (name, status, activated_at, slot_done) values ($1, $2, '2026-01-02', '2026-01-02') returning campaign_id),
			v as (insert into campaign_versions (campaign_id, hash, design, definition, files) select campaign_id, 'h', 1, $3, '{}' from k returning version_id)
			select`, name, status, definition)
		db.Exec(t, `update campaigns k set version_id = v.version_id from campaign_versions v where v.campaign_id = k.campaign_id`)
	}
	delayed := campaigns.Enter{On: "event", Event: "Order Delayed"}
	apply("delay-notice", "running", delayed)
	apply("paused", "paused", delayed)
	apply("gone", "cancelled", delayed)
	apply("other", "running", campaigns.Enter{On: "event", Event: "order delayed"})
	apply("orders", "running", campaigns.Enter{On: "order_paid"})
	opts := importer.Options{Kind: importer.Events, File: write(t, "e.csv", []byte("id,name,customer,at\n1,Order Delayed,ann,2026-01-01 23:59\n2,Order Delayed,ann,2026-01-02 00:00\n3,Seen,ann,2026-01-03\n"))}
	got := run(t, db, opts)
	want := []string{"delay-notice 2 2026-01-02", "paused 2 2026-01-02"}
	rows := func() []string {
		return testkit.List[string](t, db, `select name || ' ' || source_event_id || ' ' || i.at::date
			from event_inbox i join campaigns using (campaign_id) join (select event_id, source_event_id from events) e using (event_id) order by 1`)
	}
	if diff := cmp.Diff(rows(), want); diff != "" || got.Inbox != 2 {
		t.Errorf("%d in the inbox (-got +want):\n%s", got.Inbox, diff)
	}
	db.Exec(t, "delete from event_inbox") // decided
	run(t, db, opts)
	if diff := cmp.Diff(rows(), []string(nil), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("the second import brings back what was decided (-got +want):\n%s", diff)
	}
}

func TestAnInterruptedImportOfEventsGoesOn(t *testing.T) {
	t.Parallel()
	db := testkit.NewDB(t)
	people(t, db, "ann")
	const n = 100_000
	var text strings.Builder
	text.WriteString("id,name,customer,at\n")
	for i := range n {
		who := "ann"
		if i%1000 == 0 {
			who = "nobody"
		}
		fmt.Fprintf(&text, "%d,Seen,%s,2026-01-02\n", i, who)
	}
	opts := importer.Options{Kind: importer.Events, File: write(t, "many.csv", []byte(text.String()))}
	interrupted(t, db, opts)
	staged := testkit.Get[int](t, db, "select staged_to from import_jobs where kind = 'events'")
	got := run(t, db, opts)
	if got.ResumedAt != staged || staged == 0 {
		t.Errorf("went on behind line %d; %d was staged", got.ResumedAt, staged)
	}
	if got.Events.New != n-n/1000 || got.Rejected != n/1000 {
		t.Errorf("%d new, %d rejected; want %d and %d", got.Events.New, got.Rejected, n-n/1000, n/1000)
	}
}

func TestAFeedsWatermarkNeverGoesBack(t *testing.T) {
	t.Parallel()
	db := testkit.NewDB(t)
	people(t, db, "ann")
	at := func(hour int) time.Time { return time.Date(2026, 1, 2, hour, 0, 0, 0, time.UTC) }
	events := importer.Options{Kind: importer.Events, File: write(t, "e.csv", []byte("id,name,customer,at\n1,Seen,ann,2026-01-02\n"))}
	orders := importer.Options{Kind: importer.Orders, File: write(t, "o.csv", []byte(header+"1,ann,2025-01-02 10:00,tea,1,2.00,GBP\n"))}
	refused := func(opts importer.Options, until time.Time, want string) {
		t.Helper()
		opts.CompleteUntil = until
		_, err := importer.Run(context.Background(), db.Store, opts)
		if got := words(err); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
	for _, opts := range []importer.Options{events, orders} {
		opts.CompleteUntil = at(10)
		for range 2 {
			if got := run(t, db, opts); !got.CompleteUntil.Equal(at(10)) {
				t.Errorf("%s are complete until %s; want %s", opts.Kind, got.CompleteUntil, at(10))
			}
		}
		opts.CompleteUntil = time.Time{}
		if got := run(t, db, opts); !got.CompleteUntil.IsZero() {
			t.Errorf("%s said nothing, and moved to %s", opts.Kind, got.CompleteUntil)
		}
		refused(opts, at(9), "invalid: "+opts.Kind+" are complete until 2026-01-02 10:00:00 UTC already, and cannot go back to 2026-01-02 09:00:00 UTC | "+
			"nothing was imported; an older file comes in without --complete-until")
	}
	events.CompleteUntil = at(12)
	events.File = write(t, "none.csv", []byte("id,name,customer,at\n")) // nothing happened, and that is told
	run(t, db, events)
	events.CompleteUntil = at(13)
	events.File = write(t, "bad.csv", []byte("id,name,customer,at\n2,Seen,nobody,2026-01-02\n"))
	run(t, db, events)
	feeds, err := db.Store.Feeds(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	got := []string{}
	for _, f := range feeds {
		got = append(got, f.Name+" "+f.CompleteUntil.UTC().Format("15:04"))
	}
	if diff := cmp.Diff(got, []string{"events 12:00", "orders 10:00"}); diff != "" {
		t.Errorf("feeds (-got +want):\n%s", diff)
	}
	refused(importer.Options{Kind: importer.Customers, File: events.File}, at(10), "usage: a file of customers cannot say up to when it is complete | orders and events can")
	refused(orders, time.Date(2199, 1, 1, 0, 0, 0, 0, time.UTC),
		"usage: a file cannot be complete up to 2199-01-01 00:00 UTC, which is still to come | nothing was imported; say the instant at which it was written")
}

func TestHeadersOfEventsThatCannotBeRead(t *testing.T) {
	t.Parallel()
	mapping, err := importer.ReadMap(write(t, "map.yaml", []byte("columns: {props.carrier: By}\n")), importer.Events, importer.Attributes{})
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		header, want string
		opts         importer.Options
	}{
		"the same property twice": {"id,name,customer,at,x,props.x", "invalid: two columns of e.csv give props.x | rename one", importer.Options{}},
		"a mapped column is not there": {"id,name,customer,at", "invalid: e.csv has no column By | it has: id, name, customer, at; map its columns with --map",
			importer.Options{Map: mapping}},
		"a name too long": {"id,name,customer,at," + strings.Repeat("x", event.MaxName+1), "invalid: e.csv has a column whose name is longer than 200 bytes | rename it", importer.Options{}},
	} {
		opts := test.opts
		opts.Kind, opts.File = importer.Events, write(t, "e.csv", []byte(test.header+"\n"))
		if got := words(importer.Check(opts)); got != test.want {
			t.Errorf("%s:\ngot  %s\nwant %s", name, got, test.want)
		}
	}
	_, err = importer.ReadMap(write(t, "m.yaml", []byte("columns: {props.: x, attribute.x: y}\ntypes: {days: number, props.x: numbr}\n")), importer.Events, importer.Attributes{})
	for _, want := range []string{`columns.props.: unknown column "props."`, `columns.attribute.x: unknown column "attribute.x"`,
		`types.days: "days" is no column of the shop's own (write props.NAME)`, `types.props.x: unknown type "numbr" (did you mean "number"?)`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}
