package importer_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rewave/rewave/internal/importer"
	"github.com/rewave/rewave/internal/testkit"
)

// A clock may be a day ahead, by its zone; a year is a slip of the pen.
func TestOrdersOfTheFutureAreRejected(t *testing.T) {
	t.Parallel()
	db := testkit.NewDB(t)
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	got := run(t, db, importer.Options{Kind: importer.Orders, Zone: berlin, Now: time.Date(2025, 1, 2, 12, 0, 0, 0, time.UTC),
		File: write(t, "o.csv", []byte("order_id,customer_id,placed_at,sku,quantity,unit_price,currency,kind\n"+
			"1,ann,2025-01-03 13:00,tea,1,2.00,GBP,\n"+
			"1,ann,2025-01-03 13:01,tea,1,2.00,GBP,\n"+
			"1,ann,2025-01-02 13:01,pot,1,2.00,GBP,\n"+
			"r1,ann,2030-01-02 10:00,tea,1,2.00,GBP,refund\n"))})
	want := `line,reason,row
3,"placed in the future: ""2025-01-03 13:01 CET""","1,ann,2025-01-03 13:01,tea,1,2.00,GBP,"
5,"placed in the future: ""2030-01-02 10:00 CET""","r1,ann,2030-01-02 10:00,tea,1,2.00,GBP,refund"
`
	if diff := cmp.Diff(read(t, got.RejectsFile), want); diff != "" {
		t.Errorf("rejects (-got +want):\n%s", diff)
	}
	if diff := cmp.Diff(testkit.List[string](t, db, "select line_no || ' ' || sku from order_lines join products using (product_id) order by 1"), []string{"1 tea", "3 pot"}); diff != "" {
		t.Errorf("lines (-got +want):\n%s", diff)
	}
}

// A row that was rejected before the interruption is rejected behind it, too: it
// was not staged.
func TestAnImportThatGoesOnKeepsItsInstant(t *testing.T) {
	t.Parallel()
	db := testkit.NewDB(t)
	text := append([]byte(header+"late,ann,2025-01-04 13:00,tea,1,2.00,GBP\n"), manyRows(100_000)[len(header):]...)
	opts := importer.Options{Kind: importer.Orders, File: write(t, "many.csv", text), Now: time.Date(2025, 1, 3, 12, 0, 0, 0, time.UTC)}
	interrupted(t, db, opts)
	opts.Now = opts.Now.AddDate(0, 0, 1)
	got := run(t, db, opts)
	if diff := cmp.Diff(got.RejectedBy, map[string]int{"placed in the future": 1}); diff != "" || got.ResumedAt == 0 || got.Lines.New != 100_000 {
		t.Errorf("resumed at %d, %d lines, rejected (-got +want):\n%s", got.ResumedAt, got.Lines.New, diff)
	}
	if got := run(t, db, opts); got.Rejected != 0 || got.Lines.New != 1 {
		t.Errorf("a day later %d are rejected and %d lines new; want 0 and 1", got.Rejected, got.Lines.New)
	}
}

func TestACompleteUntilIsNotToCome(t *testing.T) {
	t.Parallel()
	now := time.Date(2025, 1, 2, 12, 0, 0, 0, time.UTC)
	opts := importer.Options{Kind: importer.Orders, File: write(t, "o.csv", []byte(header)), Now: now, CompleteUntil: now.Add(time.Minute)}
	_, err := importer.Run(context.Background(), nil, opts)
	want := "usage: a file cannot be complete up to 2025-01-02 12:01 UTC, which is still to come | nothing was imported; say the instant at which it was written"
	if got := words(err); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
