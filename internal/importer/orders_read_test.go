package importer_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rewave/rewave/internal/importer"
	"github.com/rewave/rewave/internal/testkit"
)

// Orders are read without a database: refunds are matched, guests and rejected
// rows counted.
func TestReadOrders(t *testing.T) {
	t.Parallel()
	text := `order_id,customer_id,placed_at,sku,quantity,unit_price,kind,refund_of
1,ann,2026-01-01,cup,2,5,,
1,ann,2026-01-01,pot,1,20,,
2,ann,2026-02-01,cup,1,5,,
3,,2026-02-01,cup,1,5,,
4,bob,yesterday,cup,1,5,,
5,bob,2026-03-01,cup,1,5,,
R1,ann,2026-02-10,cup,2,5,refund,
R2,,2026-02-11,pot,1,20,refund,1
R3,bob,2026-03-02,cup,1,5,refund,9
`
	got, err := importer.ReadOrders(context.Background(), importer.Options{File: write(t, "orders.csv", []byte(text)), Currency: "EUR", Now: day("2026-06-01")})
	if err != nil {
		t.Fatal(err)
	}
	want := importer.Read{
		Orders: []importer.ReadOrder{
			{Customer: "ann", PlacedAt: day("2026-01-01"), Currency: "EUR", Gross: 3000, Units: 3,
				Back: []importer.Back{{At: day("2026-02-10"), Amount: 500, Units: 1}, {At: day("2026-02-11"), Amount: 2000, Units: 1}}},
			{Customer: "ann", PlacedAt: day("2026-02-01"), Currency: "EUR", Gross: 500, Units: 1,
				Back: []importer.Back{{At: day("2026-02-10"), Amount: 500, Units: 1}}},
			{Customer: "bob", PlacedAt: day("2026-03-01"), Currency: "EUR", Gross: 500, Units: 1},
		},
		Rows: 9, Rejected: 1, RejectedBy: map[string]int{"placed_at cannot be read": 1}, Guests: 1, LostRefunds: 1,
	}
	if got.Zone.String() != "UTC" {
		t.Errorf("zone %s", got.Zone)
	}
	got.Zone = nil
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("(-got +want):\n%s", diff)
	}
	type net struct {
		Minor int64
		Kept  bool
	}
	netOf := func(o importer.ReadOrder, before time.Time) net {
		minor, kept := o.Net(before)
		return net{minor, kept}
	}
	for _, test := range []struct {
		order  int
		before string
		want   net
	}{{0, "2026-02-10", net{3000, true}}, {0, "2026-02-12", net{500, true}}, {1, "2026-02-10", net{500, true}}, {1, "2026-02-11", net{0, false}}} {
		if got := netOf(want.Orders[test.order], day(test.before)); got != test.want {
			t.Errorf("order %d before %s is %v, want %v", test.order, test.before, got, test.want)
		}
	}
}

// A file that knows neither orders nor products says enough to be read.
func TestReadOrdersOfRows(t *testing.T) {
	t.Parallel()
	want := []importer.ReadOrder{
		{Customer: "0001", PlacedAt: day("1997-01-01"), Currency: "USD", Gross: 2933, Units: 2},
		{Customer: "0001", PlacedAt: day("1997-01-18"), Currency: "USD", Gross: 2973, Units: 2},
	}
	columns := importer.Map{Columns: map[string]string{"customer_id": "sample_id", "placed_at": "date"}, Currency: "USD"}
	for name, opts := range map[string]importer.Options{
		"csv": {File: write(t, "rows.csv", []byte("master_id,sample_id,date,quantity,amount\n00004,0001,1997-01-01,2,29.33\n00004,0001,1997-01-18,2,29.73\n00004,0001,1997-01-18,2,\n")), Map: columns},
		"json lines": {File: write(t, "rows.jsonl", []byte(`{"sample_id": "0001", "date": "1997-01-01", "quantity": 2, "amount": 29.33}
{"sample_id": "0001", "date": "1997-01-18", "quantity": 2, "amount": "29.73"}
{"sample_id": "0001", "date": "1997-01-18"}
`)), Map: columns},
	} {
		got, err := importer.ReadOrders(context.Background(), opts)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(got.Orders, want); diff != "" || got.RejectedBy["neither unit_price nor amount"] != 1 {
			t.Errorf("%s: %v (-got +want):\n%s", name, got.RejectedBy, diff)
		}
	}
	_, err := importer.ReadOrders(context.Background(), importer.Options{File: write(t, "none.csv", []byte("customer_id,placed_at\n1,1997-01-01\n")), Currency: "USD"})
	if err == nil || err.Error() != "none.csv has no columns unit_price, amount" {
		t.Errorf("got %v", err)
	}
}

// The totals of two public histories, refunds taken off, are those of their
// references.
func TestReadOrdersOfPresets(t *testing.T) {
	t.Parallel()
	read, err := importer.ReadOrders(context.Background(), importer.Options{File: dataSet(t, "cdnow", "cdnow_master.csv.gz"), Preset: importer.CDNOW})
	if err != nil {
		t.Fatal(err)
	}
	var cents int64
	for _, o := range read.Orders {
		cents += o.Gross
	}
	if len(read.Orders) != 69_659 || cents != 250_031_563 {
		t.Errorf("CDNOW: %d orders of %d cents", len(read.Orders), cents)
	}
	read, err = importer.ReadOrders(context.Background(), importer.Options{File: dataSet(t, "online_retail", "online_retail.csv.gz"), Preset: importer.UCIOnlineRetail})
	if err != nil {
		t.Fatal(err)
	}
	returned := map[string]int{}
	for _, o := range read.Orders {
		if _, kept := o.Net(day("2012-01-01")); !kept {
			returned[o.Customer]++
		}
	}
	t.Logf("%d orders, %d guests, %d of %d rows rejected %v, %d lost refunds; %d customers with an order wholly returned", len(read.Orders), read.Guests, read.Rejected, read.Rows, read.RejectedBy, read.LostRefunds, len(returned))
	if len(read.Orders) != 18_536 || read.Rows != 541_909 || returned["12346"] != 1 || returned["16446"] != 1 {
		t.Errorf("Online Retail: %d orders of %d rows, returned of the two known %d and %d", len(read.Orders), read.Rows, returned["12346"], returned["16446"])
	}
}

// What was given back of each customer's orders is what an import finds.
func TestReadOrdersMatchesRefundsAsAnImportDoes(t *testing.T) {
	t.Parallel()
	opts := importer.Options{Kind: importer.Orders, Currency: "EUR", File: write(t, "history.csv", []byte(historyWithRefunds())), Now: day("2026-06-01")}
	read, err := importer.ReadOrders(context.Background(), opts)
	if err != nil {
		t.Fatal(err)
	}
	db := testkit.NewDB(t)
	run(t, db, opts)
	var got []string
	for _, o := range read.Orders {
		minor, kept := o.Net(day("2100-01-01"))
		back := 0
		for _, b := range o.Back {
			back += b.Units
		}
		got = append(got, fmt.Sprint(o.Customer, " ", o.PlacedAt.Unix(), " ", o.Gross, " ", minor, " ", back, " ", kept))
	}
	want := testkit.List[string](t, db, `
		select concat_ws(' ', c.shop_id, extract(epoch from o.placed_at)::bigint, o.gross_minor,
		                 greatest(0, o.gross_minor - coalesce(r.minor, 0)), coalesce(r.units, 0), l.kept)
		  from orders o
		  join customers c using (customer_id)
		  join lateral (select case when sum(quantity - refunded_quantity) > 0 then 'true' else 'false' end as kept from order_lines where order_id = o.order_id) l on true
		  left join lateral (select sum(amount_minor) as minor, sum(quantity) as units from refunds where order_id = o.order_id) r on true`)
	slices.Sort(got)
	slices.Sort(want)
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("(-got +want):\n%s", diff)
	}
}
