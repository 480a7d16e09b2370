package importer_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rewave/rewave/internal/importer"
	"github.com/rewave/rewave/internal/testkit"
)

// told is what is stored of orders besides what was bought, a line each.
func told(t *testing.T, db *testkit.DB) []string {
	t.Helper()
	return testkit.List[string](t, db, `select concat_ws(' ', shop_order_id, status, 'from ' || entry_path, 'promised ' || to_char(promised_at, 'DD.HH24:MI:SS'),
		'delivered ' || to_char(delivered_at, 'DD.HH24:MI'), discount_minor || ' off ' || gross_minor, 'codes ' || coupon_code) from orders order by 1`)
}

const toldHead = "order_id,customer_id,placed_at,sku,quantity,unit_price,currency,coupon,status,entry_path,promised_at,delivered_at,discount\n"

func TestWhatIsToldOfOrders(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	mapping, err := importer.ReadMap(write(t, "map.yaml", []byte("time_format: \"DD.MM.YYYY hh:mm\"\ndecimal: comma\ndefaults: {discount: \"0\", status: paid}\n")), importer.Orders, importer.Attributes{})
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		text string
		opts importer.Options
		want []string
	}{
		"nothing": {toldHead + "1,ann,2026-03-01 10:00,x,1,5,EUR,,,,,,\n", importer.Options{}, []string{"1"}},
		"all, on one line or on several": {toldHead +
			"1,ann,2026-03-01 10:00,x,1,5,EUR,save5,Shipped,search,2026-03-04 12:00,2026-03-03 09:00,1.50\n" +
			"2,ann,2026-03-01 11:00,x,1,5,EUR,save5; -;10%off,paid,social/WeChat,2026-03-04 12:00,2026-03-05 09:00,1.50\n" +
			"2,ann,2026-03-01 11:00,y,1,7,EUR,SAVE-5,delivered,,2026-03-04 11:00,2026-03-03 09:00,-0.50\n" +
			"2,ann,2026-03-01 11:00,z,1,7,EUR,,,,,,\n", importer.Options{},
			[]string{"1 shipped from search promised 04.12:00:00 delivered 03.09:00 150 off 500 codes SAVE5",
				"2 delivered from social/WeChat promised 04.12:00:00 delivered 05.09:00 200 off 1900 codes SAVE5;10%OFF"}},
		"a full price is known": {toldHead + "1,ann,2026-03-01 10:00,x,1,5,EUR,,,,,,0\n", importer.Options{}, []string{"1 0 off 500"}},
		// The clocks go forward on 29 March, so that this day ends at 22:00 UTC.
		"a day is promised to its end": {toldHead + "1,ann,2026-03-01 10:00,x,1,5,EUR,,,,2026-03-29,2026-03-29,\n", importer.Options{Zone: zone},
			[]string{"1 promised 29.21:59:59 delivered 28.23:00"}},
		"in the form of the map, and its defaults": {"order_id;placed_at;sku;quantity;unit_price;promised_at;delivered_at;discount;status\n" +
			"1;01.03.2026 10:00;x;1;5,00;04.03.2026;04.03.2026 18:30;1,25;\n2;01.03.2026 10:00;x;1;5,00;;;;Versandt\n", importer.Options{Map: mapping},
			[]string{"1 paid promised 04.23:59:59 delivered 04.18:30 125 off 500", "2 versandt 0 off 500"}},
		"in minor units of its currency": {toldHead + "1,ann,2026-03-01 10:00,x,1,500,JPY,,,,,,20\n", importer.Options{}, []string{"1 20 off 500"}},
		"json lines": {`{"order_id":"1","placed_at":"2026-03-01 10:00","sku":"x","quantity":1,"unit_price":5,"status":"PAID","discount":0.5,"coupon":"A1"}`,
			importer.Options{}, []string{"1 paid 50 off 500 codes A1"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db, opts := testkit.NewDB(t), test.opts
			opts.Kind, opts.Currency, opts.File = importer.Orders, "EUR", write(t, "f", []byte(test.text))
			if got := run(t, db, opts); got.Rejected > 0 {
				t.Errorf("rejected: %v", got.RejectedBy)
			}
			if diff := cmp.Diff(told(t, db), test.want); diff != "" {
				t.Errorf("orders (-got +want):\n%s", diff)
			}
		})
	}
}

func TestALaterFileTellsAnOrderAnew(t *testing.T) {
	t.Parallel()
	db := testkit.NewDB(t)
	importText(t, db, importer.Orders, toldHead+"1,ann,2026-03-01 10:00,x,1,5,EUR,CODE1,paid,search,2026-03-04 12:00,,1\n2,ann,2026-03-01 10:00,x,1,5,EUR,,,,,,\n3,ann,2026-03-01 10:00,x,1,5,EUR,,paid,,,,\n")
	later := toldHead + "1,ann,2026-03-01 10:00,x,1,5,EUR,,Delivered,,,2026-03-05 09:00,\n2,ann,2026-03-01 10:00,x,1,5,EUR,,,,,,\n3,ann,2026-03-01 10:00,x,1,5,EUR,,paid,,,,\n4,ann,2026-03-02 10:00,x,1,5,EUR,,paid,,,,\n"
	got := importText(t, db, importer.Orders, later)
	if o := got.Orders; o.New != 1 || o.Changed != 1 || o.Unchanged != 2 || got.Lines.Changed != 0 {
		t.Errorf("orders %+v, lines %+v; want one new and one changed, and no line", o, got.Lines)
	}
	want := []string{"1 delivered from search promised 04.12:00:00 delivered 05.09:00 100 off 500 codes CODE1", "2", "3 paid", "4 paid"}
	if diff := cmp.Diff(told(t, db), want); diff != "" {
		t.Errorf("orders (-got +want):\n%s", diff)
	}
	if again := importText(t, db, importer.Orders, later+"\n"); again.Orders.Unchanged != 4 {
		t.Errorf("again: %+v", again.Orders)
	}
	// A file that knows of none of this takes nothing away.
	importText(t, db, importer.Orders, "order_id,customer_id,placed_at,sku,quantity,unit_price\n1,ann,2026-03-01 10:00,x,2,5\n")
	want[0] = "1 delivered from search promised 04.12:00:00 delivered 05.09:00 100 off 1000 codes CODE1"
	if diff := cmp.Diff(told(t, db), want); diff != "" {
		t.Errorf("orders (-got +want):\n%s", diff)
	}
}

func TestWhatCannotBeToldOfOrders(t *testing.T) {
	t.Parallel()
	got := importText(t, testkit.NewDB(t), importer.Orders, toldHead+"1,ann,2026-03-01 10:00,x,1,5,EUR,,,,soon,,\n2,ann,2026-03-01 10:00,x,1,5,EUR,,,,,today,\n"+
		"3,ann,2026-03-01 10:00,x,1,5,EUR,,,,,,10%\n4,ann,2026-03-01 10:00,x,1,5,EUR,,paid,,,,\n")
	want := map[string]int{"promised_at cannot be read": 1, "delivered_at cannot be read": 1, "the discount is not an amount": 1}
	if diff := cmp.Diff(got.RejectedBy, want); diff != "" || got.Merged != 1 {
		t.Errorf("%d merged; rejected (-got +want):\n%s", got.Merged, diff)
	}
}

func TestRefundsKeepTheirReason(t *testing.T) {
	t.Parallel()
	const head = "order_id,customer_id,placed_at,sku,quantity,unit_price,kind,refund_of,reason\n"
	db := testkit.NewDB(t)
	reasons := func() []string {
		return testkit.List[string](t, db, "select concat_ws(' ', shop_refund_id, part, quantity, 'because ' || reason) from refunds order by 1")
	}
	importText(t, db, importer.Orders, head+"1,ann,2026-03-01 10:00,x,1,5,,,not one\n2,ann,2026-03-02 10:00,x,2,5,,,\nr1,ann,2026-03-03 10:00,x,2,5,refund,,does not fit\nr2,ann,2026-03-03 11:00,x,1,5,,1,\n")
	if diff := cmp.Diff(reasons(), []string{"r1 1 2 because does not fit", "r2 1 1"}); diff != "" {
		t.Errorf("as told (-got +want):\n%s", diff)
	}
	// r1 takes another unit, which is another part of it, and does not say why again.
	got := importText(t, db, importer.Orders, head+"3,ann,2026-03-02 11:00,x,1,5,,,\nr1,ann,2026-03-03 10:00,x,3,5,refund,,\nr2,ann,2026-03-03 11:00,x,1,5,,1,arrived late\n")
	if got.Refunds.Changed != 2 {
		t.Errorf("refunds: %+v, want two changed", got.Refunds)
	}
	want := []string{"r1 1 1 because does not fit", "r1 2 2 because does not fit", "r2 1 1 because arrived late"}
	if diff := cmp.Diff(reasons(), want); diff != "" {
		t.Errorf("told anew (-got +want):\n%s", diff)
	}
	if again := importText(t, db, importer.Orders, head+"r1,ann,2026-03-03 10:00,x,3,5,refund,,\nr2,ann,2026-03-03 11:00,x,1,5,,1,arrived late\n"); again.Refunds.Unchanged != 2 {
		t.Errorf("again: %+v", again.Refunds)
	}
}
