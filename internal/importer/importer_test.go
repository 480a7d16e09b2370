package importer_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/rewave/rewave/internal/fault"
	"github.com/rewave/rewave/internal/importer"
	"github.com/rewave/rewave/internal/postgres"
	"github.com/rewave/rewave/internal/testkit"
)

// write puts text into a file of the test's own folder.
func write(t *testing.T, name string, text []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func zip(t *testing.T, text []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// run imports and checks what holds for every import.
func run(t *testing.T, db *testkit.DB, opts importer.Options) importer.Summary {
	t.Helper()
	sum, err := importer.Run(context.Background(), db.Store, opts)
	if err != nil {
		t.Fatal(words(err))
	}
	if sum.Read != sum.Merged+sum.Rejected {
		t.Errorf("read %d rows, merged %d and rejected %d: some are lost", sum.Read, sum.Merged, sum.Rejected)
	}
	return sum
}

// words is everything a person sees of an error, and nothing of several.
func words(err error) string {
	if err == nil {
		return ""
	}
	var f *fault.Fault
	if errors.As(err, &f) {
		return string(f.Code) + ": " + f.Message + " | " + f.Hint
	}
	return err.Error()
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// contents are all facts an import writes, without the database's own numbers
// and instants.
func contents(t *testing.T, db *testkit.DB) []string {
	t.Helper()
	return testkit.List[string](t, db, `
		select 'customer ' || row(shop_id, first_name, last_name, locale, region, zone, first_seen_at, email, phone,
		       (select array_agg(row(channel, granted, at, source) order by at, channel) from consents n where n.customer_id = k.customer_id))::text
		  from customers k join contacts using (customer_id) join identities i on i.customer_id = k.customer_id and i.value = k.shop_id
		union all
		select 'product ' || row(sku, name, category, price_minor, cost_minor)::text from products
		union all
		select 'order ' || row(source, shop_order_id, shop_id, placed_at, currency, gross_minor, refunded_minor, unkept_at)::text
		  from orders left join customers using (customer_id)
		union all
		select 'line ' || row(shop_order_id, line_no, sku, quantity, unit_price, amount_minor, refunded_quantity)::text
		  from order_lines join orders using (order_id) join products using (product_id)
		union all
		select 'refund ' || row(r.source, shop_refund_id, r.line_no, part, o.shop_order_id, order_line_no, shop_id, sku, refunded_at, quantity, amount_minor, refund_of)::text
		  from refunds r left join orders o using (order_id) left join customers c on c.customer_id = r.customer_id join products using (product_id)
		union all
		select 'told ' || row(shop_order_id, status, entry_path, promised_at, delivered_at, discount_minor, coupon_code)::text
		  from orders where num_nonnulls(status, entry_path, promised_at, delivered_at, discount_minor, coupon_code) > 0
		union all
		select 'reason ' || row(shop_refund_id, line_no, part, reason)::text from refunds where reason is not null
		 order by 1`)
}

// rowHashes are the tables as they lie there, own numbers and instants included.
func rowHashes(t *testing.T, db *testkit.DB) map[string]string {
	t.Helper()
	hashes := map[string]string{}
	for _, table := range []string{"customers", "identities", "contacts", "consents", "products", "orders", "order_lines", "refunds", "inbox"} {
		hashes[table] = testkit.Get[string](t, db, "select md5(coalesce(string_agg(md5(x::text), '' order by md5(x::text)), '')) from "+table+" x")
	}
	return hashes
}

const uciHeader = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"

// A shop with everything in it that the rules speak of.
const uciRows = `536365,85123a,WHITE "HANGING" HEART,6,2011-06-01 08:26:00,2.55,17850,United Kingdom
536365,85123A,WHITE HANGING HEART,6,2011-06-01 08:27:00,2.55,17850,United Kingdom
536366,85123A,"HEART, WHITE",4,2011-06-02 09:00:00,2.10,17850,France
536366,22633,free card,1,2011-06-02 09:00:00,0,17850,France
536367,85123A,found,3,2011-01-03 10:00:00,0.125,,United Kingdom
C536400,85123A,HEART,-7,2011-06-05 12:00:00,2.55,17850,France
C536401,22633,card,-1,2011-06-06 12:00:00,0.00,17850,France
C536402,85123A,HEART,-1,2011-06-07 12:00:00,2.55,,France
C536403,99999,never sold,-2,2011-06-07 12:00:00,1.00,17851,Germany
C536404,85123A,HEART,-20,2011-06-08 12:00:00,2.55,17850,France
A563185,B,Adjust bad debt,1,2011-06-09 12:00:00,11062.06,,United Kingdom
536500,84029,check,-10,2011-06-09 12:00:00,0,,United Kingdom
`

func TestUCIRules(t *testing.T) {
	t.Parallel()
	db := testkit.NewDB(t)
	// The first row has a bare quote: it goes to the rejects, and the ordinal of
	// the line behind it does not depend on that.
	path := write(t, "retail.csv", []byte(uciHeader+uciRows))
	got := run(t, db, importer.Options{Kind: importer.Orders, File: path, Preset: importer.UCIOnlineRetail})
	want := importer.Summary{
		File: path, Kind: "orders", Preset: "uci-online-retail", Read: 12, Merged: 9, Rejected: 3,
		RejectedBy: map[string]int{
			"a bad-debt adjustment, not an order":           1,
			"a quote inside a field that is not quoted":     1,
			"the quantity of an order line is not positive": 1,
		},
		AddressesLeftOut: map[string]int{},
		RejectsFile:      path + ".rejects.csv",
		ImportCounts: postgres.ImportCounts{
			Customers: postgres.ImportChanges{New: 2}, Products: postgres.ImportChanges{New: 3},
			Orders: postgres.ImportChanges{New: 3}, Lines: postgres.ImportChanges{New: 4}, Refunds: postgres.ImportChanges{New: 5},
			GuestOrders: 1, UnkeptOrders: 2,
			FirstOrder: time.Date(2011, 1, 3, 10, 0, 0, 0, time.UTC), LastOrder: time.Date(2011, 6, 2, 8, 0, 0, 0, time.UTC),
		},
	}
	want.ImportCounts.Matched.Whole, want.ImportCounts.Matched.Partly, want.ImportCounts.Matched.None, want.ImportCounts.Matched.Units = 2, 1, 2, 11
	want.ImportCounts.Matched.NoneMinor, want.RefundsIn = 455, "GBP"
	if diff := cmp.Diff(got, want, cmpopts.IgnoreFields(importer.Summary{}, "SHA256", "Staged", "Took")); diff != "" {
		t.Errorf("summary (-got +want):\n%s", diff)
	}
	wantRejects := `line,reason,row
2,a quote inside a field that is not quoted,"536365,85123a,WHITE ""HANGING"" HEART,6,2011-06-01 08:26:00,2.55,17850,United Kingdom"
12,"a bad-debt adjustment, not an order","A563185,B,Adjust bad debt,1,2011-06-09 12:00:00,11062.06,,United Kingdom"
13,"the quantity of an order line is not positive: ""-10""","536500,84029,check,-10,2011-06-09 12:00:00,0,,United Kingdom"
`
	if diff := cmp.Diff(read(t, path+".rejects.csv"), wantRejects); diff != "" {
		t.Errorf("rejects (-got +want):\n%s", diff)
	}
	// Summer time in London is an hour ahead of UTC. The 7 units of C536400 come
	// from the latest line (4), then from the one before (3); C536404 finds 3 of 20.
	wantContents := []string{
		`customer (17850,,,,France,,"2011-06-01 07:27:00+00",,,)`,
		`customer (17851,,,,Germany,,"2011-06-07 11:00:00+00",,,)`,
		`line (536365,1,85123A,6,2.5500,1530,6)`,
		`line (536366,1,85123A,4,2.1000,840,4)`,
		`line (536366,2,22633,1,0.0000,0,1)`,
		`line (536367,1,85123A,3,0.1250,38,0)`,
		`order (uci-online-retail,536365,17850,"2011-06-01 07:27:00+00",GBP,1530,1530,"2011-06-08 11:00:00+00")`,
		`order (uci-online-retail,536366,17850,"2011-06-02 08:00:00+00",GBP,840,1020,"2011-06-06 11:00:00+00")`,
		`order (uci-online-retail,536367,,"2011-01-03 10:00:00+00",GBP,38,0,)`,
		`product (22633,card,,,)`,
		`product (85123A,HEART,,,)`,
		`product (99999,"never sold",,,)`,
		`refund (uci-online-retail,C536400,1,1,536366,1,17850,85123A,"2011-06-05 11:00:00+00",4,1020,)`,
		`refund (uci-online-retail,C536400,1,2,536365,1,17850,85123A,"2011-06-05 11:00:00+00",3,765,)`,
		`refund (uci-online-retail,C536401,1,1,536366,2,17850,22633,"2011-06-06 11:00:00+00",1,0,)`,
		`refund (uci-online-retail,C536402,1,1,,,,85123A,"2011-06-07 11:00:00+00",1,255,)`,
		`refund (uci-online-retail,C536403,1,1,,,17851,99999,"2011-06-07 11:00:00+00",2,200,)`,
		`refund (uci-online-retail,C536404,1,1,536365,1,17850,85123A,"2011-06-08 11:00:00+00",3,765,)`,
		`refund (uci-online-retail,C536404,1,2,,,17850,85123A,"2011-06-08 11:00:00+00",17,4335,)`,
	}
	if diff := cmp.Diff(contents(t, db), wantContents); diff != "" {
		t.Errorf("contents (-got +want):\n%s", diff)
	}
}

// A file in pieces, in whatever order they come, ends where the whole does: a
// refund may come before its order.
func TestPiecesEndWhereTheWholeDoes(t *testing.T) {
	t.Parallel()
	rows := strings.SplitAfter(uciRows, "\n")
	whole := testkit.NewDB(t)
	run(t, whole, importer.Options{Kind: importer.Orders, File: write(t, "all.csv", []byte(uciHeader+uciRows)), Preset: importer.UCIOnlineRetail})
	want := contents(t, whole)
	// Rows 0-1 and 2-3 are one order each.
	for name, pieces := range map[string][][]string{
		"in time":         {rows[0:2], rows[2:4], rows[4:]},
		"refunds first":   {rows[5:], rows[0:5]},
		"latest first":    {rows[9:], rows[7:9], rows[5:7], rows[4:5], rows[2:4], rows[0:2]},
		"order, C, order": {rows[2:5], rows[5:], rows[0:2]},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := testkit.NewDB(t)
			for _, piece := range pieces {
				run(t, db, importer.Options{Kind: importer.Orders, File: write(t, "piece.csv", []byte(uciHeader+strings.Join(piece, ""))), Preset: importer.UCIOnlineRetail})
			}
			// A product's name is what the last file said: no promise is made of it.
			notNames := cmpopts.IgnoreSliceElements(func(row string) bool { return strings.HasPrefix(row, "product ") })
			if diff := cmp.Diff(contents(t, db), want, notNames); diff != "" {
				t.Errorf("contents (-got +want):\n%s", diff)
			}
		})
	}
}

func TestTheSameFileAgainChangesNothing(t *testing.T) {
	t.Parallel()
	db := testkit.NewDB(t)
	opts := importer.Options{
		Kind: importer.Orders, File: write(t, "retail.csv", []byte(uciHeader+uciRows)), Preset: importer.UCIOnlineRetail, AddressTemplate: "%s@demo.invalid",
		Consent: &postgres.AssumedConsent{Channel: "email", At: time.Date(2011, 1, 1, 0, 0, 0, 0, time.UTC), Source: "replay"},
	}
	first := run(t, db, opts)
	want := rowHashes(t, db)
	again := run(t, db, opts)
	if diff := cmp.Diff(rowHashes(t, db), want); diff != "" {
		t.Errorf("tables (-got +want):\n%s", diff)
	}
	type counts struct{ Customers, Products, Orders, Lines, Refunds postgres.ImportChanges }
	got := counts{again.Customers, again.Products, again.Orders, again.Lines, again.Refunds}
	if diff := cmp.Diff(got, counts{postgres.ImportChanges{Unchanged: 2}, postgres.ImportChanges{Unchanged: 3}, postgres.ImportChanges{Unchanged: 3},
		postgres.ImportChanges{Unchanged: 4}, postgres.ImportChanges{Unchanged: 5}}); diff != "" {
		t.Errorf("counts (-got +want):\n%s", diff)
	}
	if first.AssumedConsents != 2 || again.AssumedConsents != 0 || again.Matched != first.Matched {
		t.Errorf("consents assumed %d, then %d; matched %+v, then %+v", first.AssumedConsents, again.AssumedConsents, first.Matched, again.Matched)
	}
	if got := testkit.List[string](t, db, "select email from contacts order by 1"); !cmp.Equal(got, []string{"17850@demo.invalid", "17851@demo.invalid"}) {
		t.Errorf("addresses: %v", got)
	}
}

// What a shop corrects in its ledger comes in with the next file.
func TestACorrectedOrder(t *testing.T) {
	t.Parallel()
	db := testkit.NewDB(t)
	imports := func(rows string) importer.Summary {
		return run(t, db, importer.Options{Kind: importer.Orders, File: write(t, "f.csv", []byte("order_id,customer_id,placed_at,sku,quantity,unit_price,kind,refund_of\n"+rows)), Currency: "eur"})
	}
	imports("1,ann,2025-01-02 10:00,tea,2,4.00,order,\n1,ann,2025-01-02 10:00,pot,1,9.90,order,\nr1,ann,2025-01-05 10:00,tea,2,4.00,refund,1\n")
	got := imports("1,ann,2025-01-02 10:00,tea,1,4.50,order,\n1,ann,2025-01-02 10:00,pot,1,9.90,order,\n1,ann,2025-01-02 10:00,cup,3,1,order,\n")
	if got.Orders != (postgres.ImportChanges{Changed: 1}) || got.Lines != (postgres.ImportChanges{New: 1, Changed: 1, Unchanged: 1}) {
		t.Errorf("orders %+v, lines %+v", got.Orders, got.Lines)
	}
	want := []string{
		`customer (ann,,,,,,"2025-01-02 10:00:00+00",,,)`,
		`line (1,1,tea,1,4.5000,450,1)`,
		`line (1,2,pot,1,9.9000,990,0)`,
		`line (1,3,cup,3,1.0000,300,0)`,
		`order (generic,1,ann,"2025-01-02 10:00:00+00",EUR,1740,400,)`,
		`product (cup,,,,)`, `product (pot,,,,)`, `product (tea,,,,)`,
		`refund (generic,r1,1,1,1,1,ann,tea,"2025-01-05 10:00:00+00",1,400,1)`,
		`refund (generic,r1,1,2,,,ann,tea,"2025-01-05 10:00:00+00",1,400,1)`,
	}
	if diff := cmp.Diff(contents(t, db), want); diff != "" {
		t.Errorf("contents (-got +want):\n%s", diff)
	}
}

func TestNewOrdersComeBeforeTriggeredCampaigns(t *testing.T) {
	t.Parallel()
	db := testkit.NewDB(t)
	db.Exec(t, `insert into campaigns (name, status, activated_at, slot_done)
		select name, status, '2011-06-02 08:00Z', '2011-06-02 08:00Z' from (values ('second-order', 'running'), ('paused', 'paused'), ('gone', 'cancelled'), ('win-back', 'running')) x(name, status)`)
	db.Exec(t, `insert into campaign_versions (campaign_id, hash, design, definition, files)
		select campaign_id, 'h', 1, case name when 'win-back' then '{"enter": {"schedule": {"every": "monday"}}}'::jsonb else '{"enter": {"on": "order_paid"}}' end, '{}' from campaigns`)
	db.Exec(t, `update campaigns k set version_id = v.version_id from campaign_versions v where v.campaign_id = k.campaign_id`)
	opts := importer.Options{Kind: importer.Orders, File: write(t, "retail.csv", []byte(uciHeader+uciRows)), Preset: importer.UCIOnlineRetail}
	got := run(t, db, opts)
	// 536365 was placed before, 536367 is a guest's.
	want := []string{"paused 536366", "second-order 536366"}
	rows := func() []string {
		return testkit.List[string](t, db, "select name || ' ' || shop_order_id from inbox join campaigns using (campaign_id) join orders using (order_id) order by 1")
	}
	if diff := cmp.Diff(rows(), want); diff != "" || got.Inbox != 2 {
		t.Errorf("%d in the inbox (-got +want):\n%s", got.Inbox, diff)
	}
	db.Exec(t, "delete from inbox") // decided
	run(t, db, opts)
	if diff := cmp.Diff(rows(), []string(nil), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("the second import brings back what was decided (-got +want):\n%s", diff)
	}
}
