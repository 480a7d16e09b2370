package postgres_test

import (
	"context"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/rewave/rewave/internal/coupon"
	"github.com/rewave/rewave/internal/postgres"
	"github.com/rewave/rewave/migrations"
)

// eachCode reads from the codes themselves what they bind whenever that may change:
// $1 campaign, $2 pools.
const eachCode = `with bound as (
		select c.*, coalesce(c.redeemed_minor, p.value_minor, p.at_most_minor, 0) as minor
		  from coupons c join coupon_pools p using (pool) join deliveries d using (customer_id, entered_at, enrollment_id, round, wave)
		 where d.campaign_id = $1 and c.pool = any($2)
	), instants as (
		select distinct x.at + i * interval '1 microsecond' as at
		  from coupons c, lateral (values (c.bound_at), (c.expires_at), (date_trunc('hour', c.expires_at))) x(at), generate_series(-1, 0) i where x.at is not null
	)
	select i.at, (select coalesce(sum(b.minor), 0) from bound b where b.redeemed_order_id is not null or b.expires_at is null or b.expires_at > i.at)::bigint
	  from instants i`

func TestWhatCodesBindIsTheSumOfThem(t *testing.T) {
	t.Parallel()
	const rounds, customers = 4, 20
	db, wanted := ledger(t, customers, rounds)
	db.Exec(t, "set session_replication_role = replica; update deliveries set campaign_id = 2 where round > 2")
	pools := []coupon.Pool{off("amount"), {Name: "percent", Kind: coupon.Percent, Percent: 100_000_000, AtMost: minor(333), Currency: "EUR"}, {Name: "gift", Kind: coupon.Gift}}
	for i := range pools {
		pools[i].PerCustomer = rounds
		added(t, db, pools[i], len(wanted))
	}
	db.Exec(t, `insert into orders (source, shop_order_id, placed_at, currency, gross_minor) select 'test', i, '2026-11-13', 'EUR', 100 from generate_series(1, 9) i`)

	rng := rand.New(rand.NewPCG(11, 12))
	rng.Shuffle(len(wanted), func(i, j int) { wanted[i], wanted[j] = wanted[j], wanted[i] })
	conn, err := pgx.Connect(t.Context(), db.DSN)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background()) //nolint:errcheck // the database goes away
	exec := func(sql string, args ...any) {
		t.Helper()
		if _, err := conn.Exec(t.Context(), sql, args...); err != nil {
			t.Fatal(err)
		}
	}
	compared := 0
	compare := func() {
		t.Helper()
		for _, campaign := range []int{1, 2} {
			for _, of := range [][]string{{"amount", "percent", "gift"}, {"percent", "nowhere"}} {
				var at time.Time
				var want int64
				_, err := pgx.ForEachRow(must(conn.Query(t.Context(), eachCode, campaign, of)), []any{&at, &want}, func() error {
					got := must(db.Store.Spending(t.Context(), campaign, at, of)).Bound
					if compared++; got != want {
						t.Fatalf("campaign %d, %v at %v: got %d, want %d", campaign, of, at, got, want)
					}
					return nil
				})
				if err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	for at := couponDay; len(wanted) > 0; at = at.Add(time.Duration(10*rng.IntN(5)) * time.Minute) {
		// Of a customer there is one in a gate.
		var gate []postgres.Wanted
		for _, w := range wanted[:min(len(wanted), 1+rng.IntN(4))] {
			if len(gate) == 0 || gate[0].Customer != w.Customer {
				gate = append(gate, w)
			}
		}
		wanted = wanted[len(gate):]
		expires := []time.Duration{0, time.Second, time.Hour, 90 * time.Minute, 3*time.Hour - time.Microsecond}[rng.IntN(5)]
		bind(t, db, pools[rng.IntN(len(pools))].Name, gate, at, expires)
		exec(`update coupons set redeemed_order_id = $1::bigint, redeemed_at = case when $1::bigint is not null then timestamptz '2026-11-13' end, redeemed_minor = null
			where code in (select code from coupons where bound_at is not null order by md5(code || $2::bigint) limit 3)`,
			[]*int64{nil, minor(1 + rng.Int64N(9))}[rng.IntN(2)], rng.Int64())
		exec("update coupons set redeemed_minor = $1 where redeemed_order_id is not null and md5(code || $2::bigint) < '8'",
			[]*int64{nil, minor(rng.Int64N(9000))}[rng.IntN(2)], rng.Int64())
		if rng.IntN(5) == 0 {
			compare()
		}
	}
	compare()

	// A ledger that had codes before they were added up.
	text, err := migrations.FS.ReadFile("0045_bound_codes.sql")
	if err != nil {
		t.Fatal(err)
	}
	exec("truncate bound_codes")
	exec(string(text[strings.LastIndex(string(text), "insert into bound_codes"):]))
	compare()
	if compared < 500 {
		t.Errorf("only %d sums were compared", compared)
	}
}

// An import writes down what was redeemed long before it commits.
func TestAnImportUnderWayKeepsNoGateWaiting(t *testing.T) {
	t.Parallel()
	db, wanted := ledger(t, 2, 1)
	added(t, db, off("pool"), 2)
	bind(t, db, "pool", wanted[:1], couponDay, time.Hour)
	db.Exec(t, "insert into orders (source, shop_order_id, placed_at, currency, gross_minor) values ('test', 'o', '2026-11-12', 'EUR', 100)")
	err := db.Store.InTx(t.Context(), func(tx pgx.Tx) error {
		if _, err := tx.Exec(t.Context(), "update coupons set redeemed_order_id = 1, redeemed_at = '2026-11-12', redeemed_minor = 7 where code = 'P0001'"); err != nil {
			return err
		}
		return db.Store.InTx(t.Context(), func(gate pgx.Tx) error {
			if _, err := gate.Exec(t.Context(), "set local lock_timeout = '1s'"); err != nil {
				return err
			}
			_, err := bindCoupons(t.Context(), gate, "pool", wanted[1:], couponDay, time.Hour)
			return err
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	wantSame(t, "bound", must(db.Store.Spending(t.Context(), 1, couponDay, []string{"pool"})).Bound, int64(2007))
	wantSame(t, "bound an hour later", must(db.Store.Spending(t.Context(), 1, couponDay.Add(time.Hour), []string{"pool"})).Bound, int64(7))
}
