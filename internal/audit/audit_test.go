package audit_test

import (
	"context"
	"testing"
	"time"

	"github.com/rewave/rewave/internal/audit"
	"github.com/rewave/rewave/internal/testkit"
)

// After a crash PostgreSQL has forgotten how full its tables are, and a planner
// that takes them for tiny compares each customer with each: minutes for some
// thousands.
func TestALedgerThatNobodyHasCountedIsAuditedAsFast(t *testing.T) {
	t.Parallel()
	db := testkit.NewDB(t)
	for _, table := range []string{"customers", "orders", "customer_features", "order_lines", "refunds", "coupons"} {
		db.Exec(t, "alter table "+table+" set (autovacuum_enabled = off)")
	}
	db.Exec(t, "insert into customers (shop_id) select 'c' || n from generate_series(1, 6000) n")
	db.Exec(t, `insert into orders (source, shop_order_id, customer_id, placed_at, currency, gross_minor)
		select 'test', shop_id, customer_id, now() - interval '1 day', 'EUR', 990 from customers`)
	if err := db.Store.EnsureFeatures(t.Context(), "EUR", "UTC"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
	defer cancel()
	begun := time.Now()
	result, err := audit.Run(ctx, db.Store)
	if err != nil {
		t.Fatalf("after %v: %v", time.Since(begun), err)
	}
	if err := result.Err(); err != nil {
		t.Error(err)
	}
	t.Logf("%v", time.Since(begun).Round(time.Millisecond))
}
