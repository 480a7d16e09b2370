package importer_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rewave/rewave/internal/coupon"
	"github.com/rewave/rewave/internal/importer"
	"github.com/rewave/rewave/internal/testkit"
)

// codes is a pool of five codes: ANNCODE2 was given to ann on 1 March for ten
// days, ANNCODE3 without an end, BOBCODE2 to bob; FREE2222 and FREE3333 are free.
func codes(t *testing.T) *testkit.DB {
	t.Helper()
	db := testkit.NewDB(t)
	importText(t, db, importer.Customers, "customer_id\nann\nbob\n")
	twenty := int64(2000)
	pool := coupon.Pool{Name: "off", Kind: coupon.Amount, Value: &twenty, Currency: "EUR", PerCustomer: 9}
	if _, err := db.Store.AddCoupons(t.Context(), pool, []string{"ANNCODE2", "ANNCODE3", "BOBCODE2", "FREE2222", "FREE3333"}); err != nil {
		t.Fatal(err)
	}
	db.Exec(t, `set session_replication_role = replica;
		update coupons c set customer_id = k.customer_id, entered_at = '2026-03-01', enrollment_id = 1, round = 1, wave = c.code, bound_at = '2026-03-01',
			expires_at = case when c.code <> 'ANNCODE3' then timestamptz '2026-03-11' end
		  from customers k where k.shop_id = case when c.code like 'ANN%' then 'ann' when c.code like 'BOB%' then 'bob' end;
		insert into deliveries (customer_id, entered_at, enrollment_id, round, wave, campaign_id, version_id, arm, channel, scheduled_at, due_at, expires_at, zone)
		select customer_id, entered_at, enrollment_id, round, wave, 1, 1, 'treat', 'email', bound_at, bound_at, '2026-03-11', 'UTC' from coupons where bound_at is not null`)
	return db
}

func importText(t *testing.T, db *testkit.DB, kind, text string) importer.Summary {
	t.Helper()
	return run(t, db, importer.Options{Kind: kind, File: write(t, "f.csv", []byte(text)), Currency: "EUR"})
}

// used is how codes stand: one line each that is redeemed or burnt, and each leak.
func used(t *testing.T, db *testkit.DB) []string {
	t.Helper()
	return testkit.List[string](t, db, `select c.code || ' redeemed by ' || o.shop_order_id || ' for ' || coalesce(c.redeemed_minor::text, '?') from coupons c
			join orders o on o.order_id = c.redeemed_order_id and o.placed_at = c.redeemed_at
		union all select code || ' burnt ' || to_char(burnt_at, 'DD Mon') from coupons where burnt_at is not null
		union all select l.code || ' ' || l.why || ' ' || o.shop_order_id from coupon_leaks l join orders o using (order_id) order by 1`)
}

const couponOrders = `order_id,customer_id,placed_at,sku,quantity,unit_price,currency,coupon
o1,ann,2026-02-27 10:00,x,1,50,EUR,anncode2
o2,ann,2026-03-05 10:00,x,1,50,EUR, ann-code2 ;NOTOURS1;;?
o2,ann,2026-03-05 10:00,y,1,10,EUR,ANNCODE2;notours1
o3,bob,2026-03-06 10:00,x,1,50,EUR,ANNCODE2;BOBCODE2
o4,ann,2026-03-07 10:00,x,1,15,EUR,ANNCODE2;ANNCODE3
o5,,2026-03-08 10:00,x,1,50,EUR,ANNCODE3
o6,bob,2026-03-12 10:00,x,1,50,EUR,FREE2222;BOBCODE2
o7,bob,2026-03-12 11:00,x,1,50,EUR,
`

func TestOrdersRedeemTheCodesThatTheyName(t *testing.T) {
	t.Parallel()
	db := codes(t)
	sum := importText(t, db, importer.Orders, couponOrders)
	if diff := cmp.Diff(sum.Coupons, struct{ Named, Redeemed, Leaked int64 }{10, 3, 6}); diff != "" {
		t.Errorf("counts (-got +want):\n%s", diff)
	}
	want := []string{
		"ANNCODE2 again o4", "ANNCODE2 early o1", "ANNCODE2 other_customer o3", "ANNCODE2 redeemed by o2 for 2000",
		"ANNCODE3 guest o5", "ANNCODE3 redeemed by o4 for 1500",
		"BOBCODE2 expired o6", "BOBCODE2 redeemed by o3 for 2000",
		"FREE2222 burnt 12 Mar", "FREE2222 free o6",
	}
	if diff := cmp.Diff(used(t, db), want); diff != "" {
		t.Errorf("uses (-got +want):\n%s", diff)
	}
	// The same orders again, as another file, change nothing.
	again := importText(t, db, importer.Orders, couponOrders+"\n")
	if again.Coupons.Named+again.Coupons.Redeemed+again.Coupons.Leaked != 0 {
		t.Errorf("again: got %+v", again.Coupons)
	}
	if diff := cmp.Diff(used(t, db), want); diff != "" {
		t.Errorf("uses again (-got +want):\n%s", diff)
	}
}

// In whatever pieces the orders come, they end in the same state.
func TestOrdersThatComeLateRedeemAsIfInTime(t *testing.T) {
	t.Parallel()
	lines := strings.SplitAfter(couponOrders, "\n")
	head, rows := lines[0], lines[1:8]
	whole := codes(t)
	importText(t, whole, importer.Orders, couponOrders)
	db := codes(t)
	for _, i := range []int{6, 4, 5, 0, 3} {
		importText(t, db, importer.Orders, head+rows[i])
	}
	importText(t, db, importer.Orders, head+rows[1]+rows[2])
	if diff := cmp.Diff(used(t, db), used(t, whole)); diff != "" {
		t.Errorf("uses (-got +want):\n%s", diff)
	}
}

func TestAnOrderThatWasUndoneGivesItsCodeBack(t *testing.T) {
	t.Parallel()
	db := codes(t)
	const head = "order_id,customer_id,placed_at,sku,quantity,unit_price,refund_of,coupon\n"
	importText(t, db, importer.Orders, head+"o1,ann,2026-03-05 10:00,x,1,50,,ANNCODE2\no2,ann,2026-03-07 10:00,x,1,50,,ANNCODE2\n")
	if diff := cmp.Diff(used(t, db), []string{"ANNCODE2 again o2", "ANNCODE2 redeemed by o1 for 2000"}); diff != "" {
		t.Errorf("before (-got +want):\n%s", diff)
	}
	importText(t, db, importer.Orders, head+"r1,ann,2026-03-06 10:00,x,1,50,o1,\n")
	if diff := cmp.Diff(used(t, db), []string{"ANNCODE2 redeemed by o2 for 2000"}); diff != "" {
		t.Errorf("after (-got +want):\n%s", diff)
	}
}

// An order's codes may be said in a later file, and its customer too.
func TestWhatAnOrderSaysLaterCounts(t *testing.T) {
	t.Parallel()
	db := codes(t)
	importText(t, db, importer.Orders, "order_id,placed_at,sku,quantity,unit_price\no1,2026-03-05 10:00,x,1,50\n")
	importText(t, db, importer.Orders, "order_id,placed_at,sku,quantity,unit_price,coupon\no1,2026-03-05 10:00,x,1,50,ANNCODE2\n")
	if diff := cmp.Diff(used(t, db), []string{"ANNCODE2 guest o1"}); diff != "" {
		t.Errorf("a guest (-got +want):\n%s", diff)
	}
	importText(t, db, importer.Orders, "order_id,customer_id,placed_at,sku,quantity,unit_price\no1,ann,2026-03-05 10:00,x,1,50\n")
	if diff := cmp.Diff(used(t, db), []string{"ANNCODE2 redeemed by o1 for 2000"}); diff != "" {
		t.Errorf("its customer (-got +want):\n%s", diff)
	}
}

// A code that got out before its pool came is burnt when it comes.
func TestAPoolThatComesAfterTheOrders(t *testing.T) {
	t.Parallel()
	db := codes(t)
	importText(t, db, importer.Orders, "order_id,customer_id,placed_at,sku,quantity,unit_price,coupon\no1,ann,2026-03-05 10:00,x,1,50,LATE2222\n")
	added, err := db.Store.AddCoupons(t.Context(), coupon.Pool{Name: "late", Kind: coupon.Gift, PerCustomer: 1}, []string{"LATE2222", "LATE3333"})
	if err != nil {
		t.Fatal(err)
	}
	if added.New != 2 || added.Burnt != 1 {
		t.Errorf("got %+v", added)
	}
	if diff := cmp.Diff(used(t, db), []string{"LATE2222 burnt 05 Mar", "LATE2222 free o1"}); diff != "" {
		t.Errorf("uses (-got +want):\n%s", diff)
	}
}

func TestACouponColumnMayBeMapped(t *testing.T) {
	t.Parallel()
	db := codes(t)
	path := write(t, "f.csv", []byte("order_id,customer_id,placed_at,sku,quantity,unit_price,Voucher\no1,ann,2026-03-05 10:00,x,1,50,ANNCODE2\n"))
	sum := run(t, db, importer.Options{Kind: importer.Orders, File: path, Currency: "GBP", Zone: time.UTC, Map: importer.Map{Columns: map[string]string{"coupon": "Voucher"}}})
	if len(sum.IgnoredColumns) > 0 {
		t.Errorf("not read: %v", sum.IgnoredColumns)
	}
	if diff := cmp.Diff(used(t, db), []string{"ANNCODE2 redeemed by o1 for ?"}); diff != "" {
		t.Errorf("uses (-got +want):\n%s", diff)
	}
}
