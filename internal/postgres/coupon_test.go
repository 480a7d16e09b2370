package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/rewave/rewave/internal/coupon"
	"github.com/rewave/rewave/internal/fault"
	"github.com/rewave/rewave/internal/postgres"
	"github.com/rewave/rewave/internal/testkit"
)

// couponDay is when the deliveries of these tests enter, and their codes are bound.
var couponDay = time.Date(2026, 11, 12, 10, 0, 0, 0, time.UTC)

func minor(n int64) *int64 { return &n }

// off is a pool of 20 EUR off, one code a customer.
func off(name string) coupon.Pool {
	return coupon.Pool{Name: name, Kind: coupon.Amount, Value: minor(2000), Currency: "EUR", PerCustomer: 1}
}

// ledger is a database with n treated customers, each of whom has one delivery
// in each of some rounds, by customer and round.
func ledger(t *testing.T, n, rounds int) (*testkit.DB, []postgres.Wanted) {
	t.Helper()
	db := testkit.NewDB(t)
	db.Exec(t, `with a as (insert into campaigns (name, activated_at, slot_done) values ('c', '2026-01-01', '2026-01-01') returning campaign_id)
		insert into campaign_versions (campaign_id, hash, design, definition, files) select campaign_id, 'h', 1, '{}', '{}' from a`)
	db.Exec(t, `insert into campaign_designs (campaign_id, design, design_hash, holdout_ppb, version_id, started_at)
		select campaign_id, 1, 'h', 0, version_id, '2026-01-01' from campaign_versions`)
	db.Exec(t, `with k as (insert into customers (shop_id) select 'c' || i from generate_series(1, $1::int) i returning customer_id, shop_id),
		a as (insert into contacts (customer_id, email) select customer_id, shop_id || '@mail.example' from k)
		insert into enrollments (customer_id, entered_at, campaign_id, design, version_id, entry, arm, layer, u, holdout_ppb, assigned_id, zone)
		select customer_id, $2, v.campaign_id, 1, v.version_id, 1, 'treat', 'l', 0.5, 0, shop_id, 'UTC' from k, campaign_versions v`, n, couponDay)
	db.Exec(t, `insert into rounds (customer_id, entered_at, enrollment_id, round, started_at)
		select customer_id, entered_at, enrollment_id, r, entered_at from enrollments, generate_series(1, $1::int) r`, rounds)
	db.Exec(t, `insert into deliveries (customer_id, entered_at, enrollment_id, round, wave, campaign_id, version_id, arm, channel, scheduled_at, due_at, expires_at, zone)
		select customer_id, entered_at, enrollment_id, round, 'coupon', campaign_id, version_id, arm, 'email', entered_at, entered_at, entered_at + interval '7 days', zone
		  from rounds join enrollments using (customer_id, entered_at, enrollment_id)`)
	ids := testkit.List[int64](t, db, "select delivery_id from deliveries order by customer_id, round")
	customers := testkit.List[int64](t, db, "select customer_id from deliveries order by customer_id, round")
	enrollments := testkit.List[int64](t, db, "select enrollment_id from deliveries order by customer_id, round")
	wanted := make([]postgres.Wanted, len(ids))
	for i := range ids {
		wanted[i] = postgres.Wanted{Delivery: ids[i], Customer: customers[i], EnteredAt: couponDay, Enrollment: enrollments[i], Round: 1 + i%rounds, Epoch: 1}
	}
	return db, wanted
}

// added puts codes A001.. into a pool.
func added(t *testing.T, db *testkit.DB, pool coupon.Pool, n int) []string {
	t.Helper()
	codes := make([]string, n)
	for i := range codes {
		codes[i] = fmt.Sprintf("%s%04d", strings.ToUpper(pool.Name[:1]), i+1)
	}
	if _, err := db.Store.AddCoupons(t.Context(), pool, codes); err != nil {
		t.Fatal(err)
	}
	return codes
}

// bindCoupons asks what is left and binds at once, as the gate does one after
// the other.
func bindCoupons(ctx context.Context, tx pgx.Tx, pool string, wanted []postgres.Wanted, at time.Time, expires time.Duration) ([]postgres.BoundCoupon, error) {
	stock, err := postgres.CouponsLeft(ctx, tx, pool, "coupon", wanted, at, "")
	if err != nil {
		return nil, err
	}
	return stock.Bind(ctx, tx, wanted, expires)
}

// bind binds in a transaction of its own.
func bind(t *testing.T, db *testkit.DB, pool string, wanted []postgres.Wanted, at time.Time, expires time.Duration) []postgres.BoundCoupon {
	t.Helper()
	var out []postgres.BoundCoupon
	err := db.Store.InTx(t.Context(), func(tx pgx.Tx) (err error) {
		out, err = bindCoupons(t.Context(), tx, pool, wanted, at, expires)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func wantSame(t *testing.T, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("%s (-got +want):\n%s", what, diff)
	}
}

func TestADeliveryIsGivenOneCodeOnce(t *testing.T) {
	t.Parallel()
	db, wanted := ledger(t, 3, 2)
	pool := off("pool")
	pool.Until = couponDay.Add(5 * 24 * time.Hour)
	added(t, db, pool, 4)
	first := []postgres.Wanted{wanted[0], wanted[2]}
	end := couponDay.Add(72 * time.Hour)
	want := []postgres.BoundCoupon{{Code: "P0001", Expires: end}, {Code: "P0002", Expires: end}}
	wantSame(t, "codes", bind(t, db, "pool", first, couponDay, 72*time.Hour), want)
	wantSame(t, "the same deliveries, later", bind(t, db, "pool", first, couponDay.Add(time.Hour), 240*time.Hour), want)
	wantSame(t, "after the pool's end they keep them", bind(t, db, "pool", first, pool.Until, 0), want)

	limit, late := postgres.BoundCoupon{Refused: coupon.Limit}, postgres.BoundCoupon{Refused: coupon.NotValid}
	wantSame(t, "the second round", bind(t, db, "pool", []postgres.Wanted{wanted[1], wanted[4]}, couponDay, 0),
		[]postgres.BoundCoupon{limit, {Code: "P0003", Expires: pool.Until}})
	wantSame(t, "after the pool's end", bind(t, db, "pool", wanted[5:], pool.Until, time.Hour), []postgres.BoundCoupon{late})
	wantSame(t, "free codes", testkit.List[string](t, db, "select code from coupons where bound_at is null"), []string{"P0004"})

	err := db.Store.InTx(t.Context(), func(tx pgx.Tx) error {
		_, err := bindCoupons(t.Context(), tx, "other", first, couponDay, 0)
		return err
	})
	if f, ok := fault.Of(err); !ok || f.Code != fault.NotFound || f.Message != `there is no coupon pool "other"` {
		t.Errorf("an unknown pool: got %v", err)
	}
}

func TestOneCustomerIsGivenAsManyCodesAsThePoolAllows(t *testing.T) {
	t.Parallel()
	db, wanted := ledger(t, 1, 5)
	pool := off("pool")
	pool.PerCustomer = 3
	added(t, db, pool, 9)
	limit := postgres.BoundCoupon{Refused: coupon.Limit}
	wantSame(t, "at once", bind(t, db, "pool", wanted[:4], couponDay, 0), []postgres.BoundCoupon{{Code: "P0001"}, {Code: "P0002"}, {Code: "P0003"}, limit})
	wantSame(t, "later", bind(t, db, "pool", wanted[3:], couponDay, 0), []postgres.BoundCoupon{limit, limit})
}

func TestAPoolIsExhaustedOnlyWhenNobodyHoldsItsLastCodes(t *testing.T) {
	t.Parallel()
	db, wanted := ledger(t, 3, 1)
	added(t, db, off("pool"), 2)
	undone := errors.New("undone")
	err := db.Store.InTx(t.Context(), func(tx pgx.Tx) error {
		if _, err := bindCoupons(t.Context(), tx, "pool", wanted[:2], couponDay, 0); err != nil {
			return err
		}
		wantSame(t, "while they are held", bind(t, db, "pool", wanted[2:], couponDay, 0), []postgres.BoundCoupon{{Refused: coupon.Busy}})
		return undone
	})
	if !errors.Is(err, undone) {
		t.Fatal(err)
	}
	wantSame(t, "given back", bind(t, db, "pool", wanted[1:], couponDay, 0), []postgres.BoundCoupon{{Code: "P0001"}, {Code: "P0002"}})
	wantSame(t, "exhausted", bind(t, db, "pool", wanted[:1], couponDay, 0), []postgres.BoundCoupon{{Refused: coupon.Exhausted}})
}

func TestWhatAStockPromisesItKeeps(t *testing.T) {
	t.Parallel()
	db, wanted := ledger(t, 4, 1)
	added(t, db, off("pool"), 3)
	bind(t, db, "pool", wanted[:1], couponDay, 0)
	err := db.Store.InTx(t.Context(), func(tx pgx.Tx) error {
		stock, err := postgres.CouponsLeft(t.Context(), tx, "pool", "coupon", wanted, couponDay, "")
		if err != nil {
			return err
		}
		wantSame(t, "left", stock.Left, 2)
		wantSame(t, "has one", stock.Has(wanted[0]), true)
		wantSame(t, "refuses", []coupon.Refusal{stock.Refuses(wanted[0]), stock.Refuses(wanted[3])}, []coupon.Refusal{"", ""})
		out, err := stock.Bind(t.Context(), tx, []postgres.Wanted{wanted[3], wanted[0]}, 0)
		wantSame(t, "bound", out, []postgres.BoundCoupon{{Code: "P0002"}, {Code: "P0001"}})
		wantSame(t, "left then", stock.Left, 1)
		if _, err := stock.Bind(t.Context(), tx, wanted[1:2], 0); err != nil {
			return err
		}
		wantSame(t, "refuses then", stock.Refuses(wanted[2]), coupon.Exhausted)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// An own arm that is not treat is refused by the database itself.
func TestNobodyInAHoldoutIsGivenACode(t *testing.T) {
	t.Parallel()
	db, wanted := ledger(t, 1, 1)
	db.Exec(t, "set session_replication_role = replica; update deliveries set arm = 'hold'")
	added(t, db, off("pool"), 1)
	err := db.Store.InTx(t.Context(), func(tx pgx.Tx) error {
		_, err := bindCoupons(t.Context(), tx, "pool", wanted, couponDay, 0)
		return err
	})
	if err == nil || !strings.Contains(err.Error(), "code P0001 is of no delivery of somebody treated") {
		t.Errorf("got %v", err)
	}
}

// Eight workers with overlapping hints, some of whose transactions are undone:
// no code goes twice, and none is lost.
func TestNoCodeGoesTwiceAndNoneIsLostInARace(t *testing.T) {
	t.Parallel()
	const customers, codes, workers, chunk = 600, 500, 8, 40
	db, wanted := ledger(t, customers, 2)
	pool := off("pool")
	added(t, db, pool, codes)

	var mu sync.Mutex
	answers := map[int64]postgres.BoundCoupon{}
	settled := func() int { mu.Lock(); defer mu.Unlock(); return len(answers) }
	work := func(seed uint64) error {
		rng := rand.New(rand.NewPCG(seed, 7))
		for settled() < len(wanted) {
			var hints []postgres.Wanted
			for range chunk {
				hints = append(hints, wanted[rng.IntN(len(wanted))])
			}
			undo := errors.New("undo")
			var ours []postgres.Wanted
			var out []postgres.BoundCoupon
			err := db.Store.InTx(context.Background(), func(tx pgx.Tx) (err error) {
				if ours, err = lockAsTheGate(tx, hints); err != nil {
					return err
				}
				if out, err = bindCoupons(context.Background(), tx, "pool", ours, couponDay, 240*time.Hour); err == nil && rng.IntN(4) == 0 {
					return undo
				}
				return err
			})
			if errors.Is(err, undo) {
				continue
			}
			if err != nil {
				return err
			}
			mu.Lock()
			for i, w := range ours {
				if before, known := answers[w.Delivery]; known && before.Code != "" && before.Code != out[i].Code {
					err = fmt.Errorf("delivery %d was given %v, then %v", w.Delivery, before, out[i])
				}
				if out[i].Refused != coupon.Busy {
					answers[w.Delivery] = out[i]
				}
			}
			mu.Unlock()
			if err != nil {
				return err
			}
		}
		return nil
	}
	errs := make([]error, workers)
	var all sync.WaitGroup
	for i := range workers {
		all.Go(func() { errs[i] = work(uint64(i)) })
	}
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}

	given := map[string]int{}
	refused := map[coupon.Refusal]int{}
	for _, a := range answers {
		if a.Refused != "" {
			refused[a.Refused]++
		} else {
			given[a.Code]++
		}
	}
	wantSame(t, "codes given", len(given), codes)
	wantSame(t, "answered", len(answers), len(wanted))
	wantSame(t, "bound", testkit.Get[int](t, db, "select count(*) from coupons where bound_at is not null"), codes)
	wantSame(t, "customers with two", testkit.Get[int](t, db, "select count(*) from (select from coupons where bound_at is not null group by customer_id having count(*) > 1) x"), 0)
	wantSame(t, "refused", refused[coupon.Limit]+refused[coupon.Exhausted], len(wanted)-codes)
	for code, n := range given {
		if n > 1 {
			t.Errorf("%s went %d times", code, n)
		}
	}
}

// lockAsTheGate takes deliveries, one a customer, then customers; rows that
// others hold are passed over.
func lockAsTheGate(tx pgx.Tx, hints []postgres.Wanted) ([]postgres.Wanted, error) {
	ids := make([]int64, len(hints))
	for i, h := range hints {
		ids[i] = h.Delivery
	}
	ctx := context.Background()
	rows, err := tx.Query(ctx, `with mine as (select delivery_id, customer_id from deliveries where delivery_id = any($1) order by customer_id, delivery_id
		for no key update skip locked) select distinct on (customer_id) delivery_id, customer_id from mine order by customer_id, delivery_id`, ids)
	if err != nil {
		return nil, err
	}
	mine, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (postgres.Wanted, error) {
		var delivery, customer int64
		err := row.Scan(&delivery, &customer)
		return hints[slices.Index(ids, delivery)], err
	})
	if err != nil {
		return nil, err
	}
	customers := make([]int64, len(mine))
	for i, w := range mine {
		customers[i] = w.Customer
	}
	if rows, err = tx.Query(ctx, "select customer_id from contacts where customer_id = any($1) order by customer_id for no key update skip locked", customers); err != nil {
		return nil, err
	}
	free, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	return slices.DeleteFunc(mine, func(w postgres.Wanted) bool { return !slices.Contains(free, w.Customer) }), err
}
