package postgres_test

import (
	"testing"

	"github.com/rewave/rewave/internal/importer"
	"github.com/rewave/rewave/internal/testkit"
)

// A refund that names no order stays with its customer and its product, whatever
// becomes of the line that it was matched to.
func TestALineThatBecomesAnotherHasNothingBack(t *testing.T) {
	t.Parallel()
	const head = "order_id,customer_id,placed_at,sku,quantity,unit_price,kind\n"
	for _, test := range []struct{ name, correction string }{
		{"another product", "o1,ann,2026-03-01 10:00,pot,2,5,order\n"},
		{"another customer", "o1,bob,2026-03-01 10:00,tea,2,5,order\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			db := testkit.NewDB(t)
			importFile(t, db.Store, importer.Orders, head+"o1,ann,2026-03-01 10:00,tea,2,5,order\nr1,ann,2026-03-04 10:00,tea,1,5,refund\n")
			returned := func() int { return testkit.Get[int](t, db, "select refunded_quantity from order_lines") }
			if got := returned(); got != 1 {
				t.Fatalf("%d units came back; want 1", got)
			}
			importFile(t, db.Store, importer.Orders, head+test.correction)
			if got := returned(); got != 0 {
				t.Errorf("%d units came back of what is another's now; want none", got)
			}
		})
	}
}
