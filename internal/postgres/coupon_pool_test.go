package postgres_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/rewave/rewave/internal/coupon"
	"github.com/rewave/rewave/internal/fault"
	"github.com/rewave/rewave/internal/postgres"
	"github.com/rewave/rewave/internal/testkit"
)

func TestAPoolKeepsItsTerms(t *testing.T) {
	t.Parallel()
	db := testkit.NewDB(t)
	whole := coupon.Pool{Name: "whole", Says: "a tenth off", Kind: coupon.Percent, Percent: coupon.Whole / 10, AtMost: minor(5000), MinSpend: minor(10000),
		Currency: "EUR", From: couponDay, Until: couponDay.Add(time.Hour), PerCustomer: 5}
	for _, pool := range []coupon.Pool{whole, {Name: "bare", Kind: coupon.Gift, PerCustomer: 1}} {
		if _, err := db.Store.AddCoupons(t.Context(), pool, nil); err != nil {
			t.Fatal(err)
		}
		stored := must(db.Store.CouponPool(t.Context(), pool.Name))
		wantSame(t, pool.Name, stored, pool)
	}
	wantSame(t, "all", len(must(db.Store.CouponPools(t.Context()))), 2)
	other := whole
	other.PerCustomer = 1
	_, err := db.Store.AddCoupons(t.Context(), other, []string{"ABCD"})
	if f, ok := fault.Of(err); !ok || f.Code != fault.Conflict || f.Message != "the coupon pool whole has other terms already" {
		t.Errorf("got %v", err)
	}
	wantSame(t, "codes", testkit.Get[int](t, db, "select count(*) from coupons"), 0)
}

func TestCodesOfAShopAreAddedOnce(t *testing.T) {
	t.Parallel()
	db := testkit.NewDB(t)
	codes := []string{"AAAA1", "BBBB2", "CCCC3"}
	add := func(pool string, codes ...string) postgres.CouponsAdded {
		return must(db.Store.AddCoupons(t.Context(), off(pool), codes))
	}
	none := map[string]string{}
	wantSame(t, "first", add("one", codes...), postgres.CouponsAdded{New: 3, Elsewhere: none})
	wantSame(t, "again", add("one", codes...), postgres.CouponsAdded{Known: 3, Elsewhere: none})
	wantSame(t, "another pool", add("two", "AAAA1", "DDDD4"), postgres.CouponsAdded{New: 1, Elsewhere: map[string]string{"AAAA1": "one"}})
	wantSame(t, "codes", testkit.List[string](t, db, "select pool || ' ' || code from coupons order by 1"), []string{"one AAAA1", "one BBBB2", "one CCCC3", "two DDDD4"})
}

func TestNoCodeIsInAPoolThatWasNotWrittenOut(t *testing.T) {
	t.Parallel()
	db := testkit.NewDB(t)
	full := errors.New("disk full")
	if _, err := db.Store.GenerateCoupons(t.Context(), off("pool"), 5, rand.Reader, func([]string, int) error { return full }); !errors.Is(err, full) {
		t.Errorf("got %v", err)
	}
	wantSame(t, "pools", testkit.Get[int](t, db, "select count(*) from coupon_pools"), 0)

	var first, second []string
	generate := func(into *[]string) int {
		return must(db.Store.GenerateCoupons(t.Context(), off("pool"), 1000, rand.Reader, func(codes []string, _ int) error { *into = codes; return nil }))
	}
	wantSame(t, "total", generate(&first), 1000)
	wantSame(t, "total then", generate(&second), 2000)
	wantSame(t, "written", len(first)+len(second), 2000)
	wantSame(t, "stored", testkit.Get[int](t, db, "select count(*) from coupons where code = any($1)", append(first, second...)), 2000)
}

// The random source begins like one that was used before.
func TestACodeThatIsThereAlreadyIsMadeUpFor(t *testing.T) {
	t.Parallel()
	db := testkit.NewDB(t)
	var codes [][]string
	for _, random := range []string{"aaaaaaaabbbbbbbb", "aaaaaaaabbbbbbbbccccccccdddddddd"} {
		_, err := db.Store.GenerateCoupons(t.Context(), off("pool"), 2, bytes.NewReader([]byte(random)), func(c []string, _ int) error { codes = append(codes, c); return nil })
		if err != nil {
			t.Fatal(err)
		}
	}
	wantSame(t, "codes", codes, [][]string{{"33333333A", "44444444J"}, {"55555555S", "666666667"}})
}

func TestHowAPoolStands(t *testing.T) {
	t.Parallel()
	db, wanted := ledger(t, 6, 1)
	added(t, db, off("pool"), 10)
	added(t, db, off("quiet"), 2)
	bind(t, db, "pool", wanted[:2], couponDay, 24*time.Hour)
	bind(t, db, "pool", wanted[2:5], couponDay.Add(8*24*time.Hour), 0)
	db.Exec(t, `with o as (insert into orders (source, shop_order_id, customer_id, placed_at, currency, gross_minor)
			select 'shop', 'o' || i, case when i > 1 then i end, $1::timestamptz + interval '8 days', 'EUR', 5000 from generate_series(1, 4) i returning order_id, shop_order_id),
		x as (update coupons set redeemed_order_id = o.order_id, redeemed_at = $1::timestamptz, redeemed_minor = 2000 from o where code = 'P0003' and shop_order_id = 'o3'),
		y as (update coupons set redeemed_order_id = o.order_id, redeemed_at = $1::timestamptz from o where code = 'P0004' and shop_order_id = 'o4'),
		z as (update coupons set burnt_at = $1::timestamptz where code = 'P0010')
		insert into coupon_leaks (code, order_id, why)
		select 'P0010', order_id, 'free' from o where shop_order_id = 'o1' union all select 'P0003', order_id, 'guest' from o where shop_order_id = 'o1'
		union all select 'P0003', order_id, 'other_customer' from o where shop_order_id = 'o2'`, couponDay)
	at := couponDay.Add(9 * 24 * time.Hour)
	pool := postgres.CouponStatus{Pool: "pool", Codes: 10, Free: 4, Burnt: 1, Bound: 1, Redeemed: 2, Expired: 2, Lately: 3, RedeemedMinor: 2000, RedeemedUnknown: 1,
		Leaked: 1, Leaks: map[coupon.Why]int{coupon.LeakFree: 1, coupon.LeakGuest: 1, coupon.LeakOther: 1}}
	quiet := postgres.CouponStatus{Pool: "quiet", Codes: 2, Free: 2, Leaks: map[coupon.Why]int{}}
	wantSame(t, "all", must(db.Store.CouponStatuses(t.Context(), "", at)), []postgres.CouponStatus{pool, quiet})
	wantSame(t, "one", must(db.Store.CouponStatuses(t.Context(), "quiet", at)), []postgres.CouponStatus{quiet})
	if _, err := db.Store.CouponStatuses(t.Context(), "other", at); err == nil {
		t.Error("an unknown pool has a status")
	}
	end, known := pool.Exhausted(at)
	wantSame(t, "exhausted", []any{end, known}, []any{at.Add(4 * 7 * 24 * time.Hour / 3), true})
	_, known = quiet.Exhausted(at)
	wantSame(t, "exhausted, where nothing goes", known, false)
}

// Orders name codes, free and bound, while gates give codes away: a code that
// an order names is matched or burnt, whoever came first.
func TestOrdersComeInWhileCodesAreGivenAway(t *testing.T) {
	t.Parallel()
	db, wanted := ledger(t, 300, 1)
	codes := added(t, db, off("pool"), 480)
	named := make([]postgres.ImportCoupon, 0, len(codes)/3)
	orders := make([]postgres.ImportOrder, 0, len(codes)/3)
	for i := 0; i < len(codes); i += 3 {
		n := int32(len(orders))
		orders = append(orders, postgres.ImportOrder{Number: n, Name: codes[i], Customer: -1, PlacedAt: couponDay.Add(time.Hour), Currency: "EUR", Gross: 5000})
		named = append(named, postgres.ImportCoupon{Order: n, Code: codes[i]})
	}
	imported := make(chan error, 1)
	go func() {
		for part := 0; part < len(orders); part += 20 {
			end := min(part+20, len(orders))
			if err := importOrders(db, byte(part), postgres.ImportedOrders{Source: "shop", Orders: orders[part:end], Coupons: named[part:end]}); err != nil {
				imported <- err
				return
			}
		}
		imported <- nil
	}()
	for part := 0; part < len(wanted); part += 10 {
		for _, b := range bind(t, db, "pool", wanted[part:part+10], couponDay, 0) {
			if b.Code == "" && b.Refused != coupon.Busy {
				t.Errorf("refused: %s", b.Refused)
			}
		}
	}
	if err := <-imported; err != nil {
		t.Fatal(err)
	}
	wantSame(t, "named", testkit.Get[int](t, db, "select count(*) from order_coupons"), len(named))
	wantSame(t, "free codes that an order names", testkit.Get[int](t, db,
		"select count(*) from order_coupons join coupons using (code) where bound_at is null and burnt_at is null"), 0)
	wantSame(t, "leaks that are not what the code is", testkit.Get[int](t, db,
		"select count(*) from coupon_leaks join coupons using (code) where why <> case when bound_at is null then 'free' else 'guest' end"), 0)
	wantSame(t, "leaks", testkit.Get[int](t, db, "select count(*) from coupon_leaks"), len(named))
}

// The import waits for a gate that is giving the code away, and then knows whose it is.
func TestAnOrderWaitsForTheGateThatGivesItsCode(t *testing.T) {
	t.Parallel()
	db, wanted := ledger(t, 1, 1)
	codes := added(t, db, off("pool"), 1)
	imported := make(chan error, 1)
	err := db.Store.InTx(t.Context(), func(tx pgx.Tx) error {
		if _, err := bindCoupons(t.Context(), tx, "pool", wanted, couponDay, 0); err != nil {
			return err
		}
		go func() {
			imported <- importOrders(db, 1, postgres.ImportedOrders{Source: "shop", Coupons: []postgres.ImportCoupon{{Order: 0, Code: codes[0]}},
				Orders: []postgres.ImportOrder{{Name: "o1", Customer: -1, PlacedAt: couponDay.Add(time.Hour), Currency: "EUR", Gross: 5000}}})
		}()
		for deadline := time.Now().Add(30 * time.Second); ; {
			if testkit.Get[bool](t, db, "select exists (select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock')") {
				return nil
			}
			if time.Now().After(deadline) {
				return errors.New("the import waits for nobody")
			}
		}
	})
	if err := errors.Join(err, <-imported); err != nil {
		t.Fatal(err)
	}
	wantSame(t, "leaks", testkit.List[string](t, db, "select code || ' ' || why from coupon_leaks"), []string{codes[0] + " guest"})
}

func importOrders(db *testkit.DB, key byte, file postgres.ImportedOrders) error {
	ctx := context.Background()
	im, err := db.Store.BeginImport(ctx, postgres.ImportKey{SHA256: [32]byte{key}, Kind: "orders", Preset: "generic"})
	if err != nil {
		return err
	}
	defer im.Close()
	_, err = im.MergeOrders(ctx, file)
	return err
}
