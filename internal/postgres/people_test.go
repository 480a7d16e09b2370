package postgres_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/postgres"
	"github.com/rewave/rewave/internal/testkit"
	"github.com/rewave/rewave/rules"
)

// A person is the same candidate whether a slot or a plan reads them, at any
// instant: what a plan counts is who enters.
func TestAPersonIsTheCandidateOfASlot(t *testing.T) {
	t.Parallel()
	db := testkit.NewDB(t)
	db.Exec(t, `insert into customers (shop_id, first_name, locale, region, zone)
		select 'c' || i, case when i % 2 = 0 then 'Ann' end, 'de', 'BE', 'Europe/Berlin' from generate_series(1, 60) i`)
	db.Exec(t, `insert into contacts (customer_id, email, phone, erased_at) select customer_id, case when customer_id % 5 > 0 then shop_id || '@mail.example' end,
		case when customer_id % 3 = 0 then '+49' || customer_id end, case when customer_id % 11 = 0 then timestamptz '2026-02-01' end from customers`)
	db.Exec(t, `insert into consents (customer_id, channel, purpose, granted, at, source)
		select customer_id, channel, purpose, (customer_id + k) % 3 > 0, timestamptz '2026-01-01' + (customer_id * k % 4) * interval '10 days', 'test'
		  from customers, generate_series(1, 3) k, unnest(array['email', 'sms']) channel, unnest(array['marketing', 'service']) purpose
		on conflict do nothing`)
	db.Exec(t, `insert into suppressions (channel, address_hash, reason, at)
		select 'email', email_hash, 'bounced', timestamptz '2026-01-15' from contacts where customer_id % 7 = 0 and email is not null
		union all select 'sms', phone_hash, 'manual', '2026-01-25' from contacts where customer_id % 9 = 0`)
	db.Exec(t, "update customers set merged_into = 1 where customer_id = 60")
	def := campaigns.Campaign{Limits: campaigns.Limits{Group: "g"}, Waves: []campaigns.Wave{{Channels: []string{"sms"}, Service: true}, {Channels: []string{"email"}}}}
	slot := postgres.Campaign{ID: 0, Name: "slot", Definition: def}
	for _, at := range []time.Time{day(2026, 1, 5), day(2026, 1, 20), day(2026, 3, 1)} {
		var want, got []postgres.Candidate
		_, err := db.Store.Plan(context.Background(), slot, func(p *postgres.Planning) (err error) {
			want, _, err = p.SlotCandidates(context.Background(), postgres.SegmentQuery{At: at, Basis: rules.Basis{Zone: time.UTC}}, "", nil, 0, campaigns.Again{EachTime: true}, 100)
			if err != nil {
				return err
			}
			all := make([]*postgres.Candidate, len(want))
			for i := range want {
				all[i] = &want[i]
			}
			return p.Reach(context.Background(), all)
		})
		if err != nil {
			t.Fatal(err)
		}
		err = db.Store.People(context.Background(), postgres.PeopleQuery{Campaigns: []int{}, Currency: "EUR", Until: at, Lines: at, Since: at, Groups: true, Page: 7, Readers: 1},
			func(_ int, _ *postgres.Planning, people []postgres.Person) error {
				for i := range people {
					got = append(got, people[i].Candidate(postgres.AskingOf(slot), at))
				}
				return nil
			})
		if err != nil {
			t.Fatal(err)
		}
		for i := range want {
			want[i].At = want[i].At.UTC()
		}
		if diff := cmp.Diff(got, want, cmpopts.IgnoreUnexported(postgres.Candidate{})); diff != "" || len(got) != 59 {
			t.Errorf("%v: %d customers, -got +want\n%s", at, len(got), diff)
		}
	}
}

// Readers share the customers and the snapshot; an error of one ends all.
func TestPeopleAreReadOnceBySeveral(t *testing.T) {
	t.Parallel()
	db := testkit.NewDB(t)
	db.Exec(t, "insert into customers (shop_id) select 'c' || i from generate_series(1, 1000) i")
	db.Exec(t, "insert into contacts (customer_id) select customer_id from customers")
	db.Exec(t, `insert into orders (source, shop_order_id, customer_id, placed_at, currency, gross_minor, refunded_minor)
		select 'test', customer_id::text, customer_id, '2026-01-01', 'EUR', 500, 200 from customers`)
	db.Exec(t, "insert into refunds (order_id, refunded_at, amount_minor, source, shop_refund_id, line_no, quantity) select order_id, '2026-01-05', 200, 'test', order_id::text, 1, 1 from orders")
	q := postgres.PeopleQuery{Campaigns: []int{}, Currency: "EUR", Until: day(2026, 2, 1), Page: 10, Readers: 3}
	var mu sync.Mutex
	seen := map[int64]int{}
	var net int64
	err := db.Store.People(context.Background(), q, func(_ int, _ *postgres.Planning, people []postgres.Person) error {
		mu.Lock()
		defer mu.Unlock()
		for _, p := range people {
			seen[int64(p.Profile.ID)]++
			for _, o := range p.Orders {
				fact, _ := o.Kept(day(2026, 2, 1))
				net += fact.Minor
			}
		}
		return nil
	})
	if err != nil || len(seen) != 1000 || net != 300_000 {
		t.Errorf("%v, %d customers, net %d; want each of 1000 once, and 300,000", err, len(seen), net)
	}
	for id, n := range seen {
		if n != 1 {
			t.Errorf("customer %d was read %d times", id, n)
		}
	}
	err = db.Store.People(context.Background(), q, func(int, *postgres.Planning, []postgres.Person) error { return context.DeadlineExceeded })
	if err == nil {
		t.Error("an error of a reader is not told")
	}
}

func day(y, m, d int) time.Time { return time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC) }
