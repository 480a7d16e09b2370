package importer_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/jackc/pgx/v5"

	"github.com/rewave/rewave/internal/event"
	"github.com/rewave/rewave/internal/importer"
	"github.com/rewave/rewave/internal/testkit"
)

const storedAttributes = `select concat_ws(' ', shop_id, name, kind, coalesce(text_value, number_value::text, date_value::text, truth_value::text),
	case when at > '2027-01-01' or at > now() - interval '1 hour' then 'now' else at::date::text end)
	from customer_attributes join customers using (customer_id) order by shop_id, name, at`

const storedTags = `select concat_ws(' ', shop_id, tags::text, case when at > now() - interval '1 hour' then 'now' else at::date::text end)
	from customer_tags join customers using (customer_id) order by shop_id, at`

func TestAttributesAndTags(t *testing.T) {
	t.Parallel()
	mapping, err := importer.ReadMap(write(t, "map.yaml", []byte("columns: {attribute.size: Size}\ntypes: {attribute.size: text, attribute.member: truth}\n")), importer.Customers, importer.Attributes{})
	if err != nil {
		t.Fatal(err)
	}
	declared := importer.Attributes{File: "rewave.yaml", Kinds: map[string]event.Kind{"size": event.Text, "member": event.Truth, "points": event.Number}}
	agreeing, err := importer.ReadMap(write(t, "map.yaml", []byte("columns: {attribute.size: Size}\ntypes: {attribute.size: text, attribute.zip: number}\ndefaults: {attribute.member: nein}\n")), importer.Customers, declared)
	if err != nil {
		t.Fatal(err)
	}
	type file struct {
		text string
		opts importer.Options
	}
	for name, test := range map[string]struct {
		files            []file
		attributes, tags []string
	}{
		"guessed by their look": {
			[]file{{text: "customer_id,attribute.birthday,attribute.children,attribute.member,attribute.zip,tags\nann,1990-02-03,2,true,01234,vip; new ;vip\n"}},
			[]string{"ann birthday date 1990-02-03 now", "ann children number 2 now", "ann member truth true now", "ann zip text 01234 now"},
			[]string{"ann {new,vip} now"},
		},
		"as the map says": {
			[]file{{text: "customer_id,Size,attribute.member\nann,38,yes\n", opts: importer.Options{Map: mapping}}},
			[]string{"ann member truth true now", "ann size text 38 now"}, nil,
		},
		"as declared, else by their look": {
			[]file{{text: "customer_id,attribute.size,attribute.member,attribute.points,attribute.children\nann,42,ja,1e3,2\n", opts: importer.Options{Attributes: declared}}},
			[]string{"ann children number 2 now", "ann member truth true now", "ann points number 1000 now", "ann size text 42 now"}, nil,
		},
		"as declared in json lines, too": {
			[]file{{text: `{"customer_id": "ann", "attributes": {"size": 42, "member": "ja"}, "attribute.points": "7"}`, opts: importer.Options{Attributes: declared}}},
			[]string{"ann member truth true now", "ann points number 7 now", "ann size text 42 now"}, nil,
		},
		"as declared, and the map says the rest": {
			[]file{{text: "customer_id,Size,attribute.zip\nann,42,01234\n", opts: importer.Options{Map: agreeing, Attributes: declared}}},
			[]string{"ann member truth false now", "ann size text 42 now", "ann zip number 1234 now"}, nil,
		},
		"read otherwise before it was declared": {
			[]file{{text: "customer_id,attribute.size,changed_at\nann,42,2026-01-02\nbob,42,\n"}, {text: "customer_id,attribute.size,changed_at\nann,42,2026-01-02\nbob,42,\n", opts: importer.Options{Attributes: declared}}},
			[]string{"ann size text 42 2026-01-02", "bob size number 42 now", "bob size text 42 now"}, nil,
		},
		"json lines have types": {
			[]file{{text: `{"customer_id": "ann", "attributes": {"children": 2, "zip": "1234", "birthday": "1990-02-03"}, "attribute.member": false, "tags": ["vip", "new"], "shoe": 38}`}},
			[]string{"ann birthday date 1990-02-03 now", "ann children number 2 now", "ann member truth false now", "ann zip text 1234 now"},
			[]string{"ann {new,vip} now"},
		},
		"what is empty says nothing, and a newer file wins": {
			[]file{{text: "customer_id,attribute.a,attribute.b,tags,changed_at\nann,1,x,vip,2026-01-02\n"}, {text: "customer_id,attribute.a,attribute.b,tags,changed_at\nann,2,,,2026-02-03\n"},
				{text: "customer_id,attribute.a,attribute.b,tags,changed_at\nann,,y,new,2026-01-15\n"}},
			[]string{"ann a number 1 2026-01-02", "ann a number 2 2026-02-03", "ann b text x 2026-01-02", "ann b text y 2026-01-15"},
			[]string{"ann {vip} 2026-01-02", "ann {new} 2026-01-15"},
		},
		"without an instant only what differs is written": {
			[]file{{text: "customer_id,attribute.a,tags,changed_at\nann,1,vip,2026-01-02\nbob,1,vip,2026-01-02\n"}, {text: "customer_id,attribute.a,tags\nann,1,vip\nbob,2,\n"}},
			[]string{"ann a number 1 2026-01-02", "bob a number 1 2026-01-02", "bob a number 2 now"},
			[]string{"ann {vip} 2026-01-02", "bob {vip} 2026-01-02"},
		},
		"the last row of a file counts, and what only an earlier one says": {
			[]file{{text: "customer_id,attribute.a,attribute.b,tags\nann,1,x,vip\nann,2,,new\n"}},
			[]string{"ann a number 2 now", "ann b text x now"}, []string{"ann {new} now"},
		},
		"a single semicolon takes all tags away": {
			[]file{{text: "customer_id,tags,changed_at\nann,vip,2026-01-02\nbob,,\n"}, {text: "customer_id,tags\nann,;\nbob,;\n"}},
			nil, []string{"ann {vip} 2026-01-02", "ann {} now"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := testkit.NewDB(t)
			for round := range 2 { // twice changes nothing
				for _, f := range test.files {
					opts := f.opts
					opts.Kind, opts.File = importer.Customers, write(t, "c", []byte(f.text))
					got := run(t, db, opts)
					if got.Rejected > 0 {
						t.Errorf("rejected: %v", got.RejectedBy)
					}
					if round == 1 && len(test.files) == 1 && got.Attributes+got.Tags > 0 {
						t.Errorf("the same file again changes %d attributes and %d tags", got.Attributes, got.Tags)
					}
				}
				if diff := cmp.Diff(testkit.List[string](t, db, storedAttributes), test.attributes, cmpopts.EquateEmpty()); diff != "" {
					t.Errorf("attributes (-got +want):\n%s", diff)
				}
				if diff := cmp.Diff(testkit.List[string](t, db, storedTags), test.tags, cmpopts.EquateEmpty()); diff != "" {
					t.Errorf("tags (-got +want):\n%s", diff)
				}
				if len(test.files) > 1 {
					break
				}
			}
		})
	}
}

func TestNobodyGivesAnErasedCustomerAttributes(t *testing.T) {
	t.Parallel()
	db := testkit.NewDB(t)
	people(t, db, "ann")
	db.Exec(t, "update contacts set erased_at = now()")
	got := run(t, db, importer.Options{Kind: importer.Customers, File: write(t, "c.csv", []byte("customer_id,attribute.a,tags\nann,1,vip\n"))})
	if got.Attributes != 0 || got.Tags != 0 {
		t.Errorf("%d attributes and %d tags; want none", got.Attributes, got.Tags)
	}
}

func TestRejectedAttributes(t *testing.T) {
	t.Parallel()
	db := testkit.NewDB(t)
	mapping, err := importer.ReadMap(write(t, "map.yaml", []byte("types: {attribute.birthday: date}\n")), importer.Customers, importer.Attributes{})
	if err != nil {
		t.Fatal(err)
	}
	text := "customer_id,attribute.birthday,tags,changed_at\nann,3.2.1990,,\nbob,1990-02-03,,soon\ncid,," + strings.Repeat("x", 201) + ",\ndan,1990-02-03,vip,2026-01-02\n"
	got := run(t, db, importer.Options{Kind: importer.Customers, File: write(t, "c.csv", []byte(text)), Map: mapping})
	want := map[string]int{"attribute.birthday is not a date, which is written 2026-12-24": 1, "changed_at cannot be read": 1,
		"a tag longer than 200 bytes, or more than 200 of them": 1}
	if diff := cmp.Diff(got.RejectedBy, want); diff != "" || got.Merged != 1 {
		t.Errorf("%d merged (-got +want):\n%s", got.Merged, diff)
	}
}

func TestRejectedAsDeclared(t *testing.T) {
	t.Parallel()
	db := testkit.NewDB(t)
	declared := importer.Attributes{File: "rewave.yaml", Kinds: map[string]event.Kind{"birthday": event.Date, "member": event.Truth, "points": event.Number}}
	text := "customer_id,attribute.birthday,attribute.member,attribute.points\nann,3.2.1990,,\nbob,,perhaps,\ncid,,,many\ndan,1990-02-03,no,3\n"
	got := run(t, db, importer.Options{Kind: importer.Customers, File: write(t, "c.csv", []byte(text)), Attributes: declared})
	want := map[string]int{"attribute.birthday is not a date, which is written 2026-12-24": 1, "attribute.points is not a number": 1,
		"attribute.member is " + event.ErrTruth.Error(): 1}
	if diff := cmp.Diff(got.RejectedBy, want); diff != "" || got.Merged != 1 || got.MixedKinds != nil {
		t.Errorf("%d merged, %v (-got +want):\n%s", got.Merged, got.MixedKinds, diff)
	}
}

func TestMapAgainstDeclared(t *testing.T) {
	t.Parallel()
	declared := importer.Attributes{File: "shop/rewave.yaml", Kinds: map[string]event.Kind{"size": event.Text, "days": event.Text}}
	path := write(t, "map.yaml", []byte("types: {attribute.size: number, attribute.days: text, attribute.zip: txt}\n"))
	_, err := importer.ReadMap(path, importer.Customers, declared)
	want := path + `:1:25: types.attribute.size: shop/rewave.yaml declares attributes: {size: text}, not number (say the same in both, or leave it out here)
` + path + `:1:70: types.attribute.zip: unknown type "txt" (did you mean "text"?)`
	if diff := cmp.Diff(fmt.Sprint(err), want); diff != "" {
		t.Errorf("(-got +want):\n%s", diff)
	}
	// A property of an event is no attribute.
	if _, err := importer.ReadMap(write(t, "map.yaml", []byte("types: {props.days: number}\n")), importer.Events, declared); err != nil {
		t.Error(err)
	}
}

func TestSuppressions(t *testing.T) {
	t.Parallel()
	db := testkit.NewDB(t)
	run(t, db, importer.Options{Kind: importer.Customers, File: write(t, "c.csv", []byte("customer_id,email,phone\nann,Ann@Shop.example,+49 30 123456\nbob,bob@shop.example,\n"))})
	text := "channel,address,reason,at\n" +
		"email,ann@shop.example,bounced,2026-01-02\n" +
		"Email,ANN@shop.example,Complained,2026-01-03\n" + // the same mailbox
		"sms,+49 (0)30/123456,manual,\n" +
		"sms,bob@shop.example,manual,2026-01-02\n" +
		"fax,1,manual,2026-01-02\n" +
		"email,nobody,bounced,2026-01-02\n" +
		"email,,bounced,2026-01-02\n" +
		"email,cid@shop.example,erased,2026-01-02\n" +
		"email,cid@shop.example,bounced,once\n" +
		"email,dan@shop.example,bounced,2199-01-02\n"
	opts := importer.Options{Kind: importer.Suppressions, File: write(t, "s.csv", []byte(text))}
	got := run(t, db, opts)
	wantBy := map[string]int{"not a phone number": 1, "the channel is neither email nor sms": 1, "not an e-mail address": 1, "no address": 1,
		"the reason is not bounced, complained or manual": 1, "at cannot be read": 1}
	if diff := cmp.Diff(got.RejectedBy, wantBy); diff != "" || got.Suppressions.New != 3 || got.Suppressions.Unchanged != 1 {
		t.Errorf("%+v (-got +want):\n%s", got.Suppressions, diff)
	}
	stored := func() []string {
		return testkit.List[string](t, db, `select concat_ws(' ', channel, coalesce(shop_id, '?'), reason, case when s.at > now() then 'later' when s.at > now() - interval '1 hour' then 'now' else s.at::date::text end)
			from suppressions s left join contacts k on s.address_hash = case channel when 'sms' then phone_hash else email_hash end left join customers using (customer_id) order by 1`)
	}
	// A ban of tomorrow counts from now on.
	want := []string{"email ? bounced now", "email ann bounced 2026-01-02", "sms ann manual now"}
	if diff := cmp.Diff(stored(), want); diff != "" {
		t.Errorf("suppressions (-got +want):\n%s", diff)
	}
	hashes := "select md5(string_agg(s::text, '' order by s::text)) from suppressions s"
	before := testkit.Get[string](t, db, hashes)
	if again := run(t, db, opts); again.Suppressions.New != 0 || testkit.Get[string](t, db, hashes) != before {
		t.Errorf("the same file again changes something: %+v", again.Suppressions)
	}
	if n := testkit.Get[int](t, db, "select count(*) from import_suppressions"); n != 0 {
		t.Errorf("%d rows stay in the staging", n)
	}
}

// The gate holds a customer's row while it decides: a ban or a complaint is
// written when it is done, and not beside it.
func TestAGateIsNotOvertaken(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string]importer.Options{
		"by a ban":       {Kind: importer.Suppressions, File: write(t, "s.csv", []byte("channel,address,reason\nemail,ann@shop.example,bounced\n"))},
		"by a complaint": {Kind: importer.Events, File: write(t, "e.csv", []byte("id,name,customer,at\n1,Complaint Opened,ann,2026-01-02\n"))},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := testkit.NewDB(t)
			run(t, db, importer.Options{Kind: importer.Customers, File: write(t, "c.csv", []byte("customer_id,email\nann,ann@shop.example\n"))})
			conn, err := pgx.Connect(context.Background(), db.DSN)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close(context.Background()) //nolint:errcheck // the test is over
			if _, err := conn.Exec(context.Background(), "begin; select from contacts for no key update"); err != nil {
				t.Fatal(err)
			}
			ended := make(chan error, 1)
			go func() {
				_, err := importer.Run(context.Background(), db.Store, opts)
				ended <- err
			}()
			waits := "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
			for deadline := time.Now().Add(time.Minute); testkit.Get[int](t, db, waits) == 0; {
				select {
				case err := <-ended:
					t.Fatalf("the merge did not wait: %v", err)
				default:
				}
				if time.Now().After(deadline) {
					t.Fatal("the merge neither waits nor ends")
				}
			}
			if _, err := conn.Exec(context.Background(), "commit"); err != nil {
				t.Fatal(err)
			}
			if err := <-ended; err != nil {
				t.Error(err)
			}
		})
	}
}
