package importer_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/rewave/rewave/internal/importer"
	"github.com/rewave/rewave/internal/testkit"
)

// One order in every form that is read.
func TestForms(t *testing.T) {
	t.Parallel()
	const csv = "order_id,customer_id,placed_at,sku,quantity,unit_price,currency,product_name,category,email,first_name,region\n" +
		"10,王,2025-11-11 20:00,茶,2,99.5,CNY,龙井茶,food,wang@shop.example,小明,浙江\n"
	gb, err := simplifiedchinese.GB18030.NewEncoder().Bytes([]byte(csv))
	if err != nil {
		t.Fatal(err)
	}
	shanghai, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	const json = `{"order_id": 10, "customer_id": "王", "placed_at": "2025-11-11T12:00:00Z", "sku": "茶", "quantity": 2, "unit_price": 99.50, "currency": "CNY",
 "product_name": "龙井茶", "category": "food", "email": "wang@shop.example", "first_name": "小明", "region": "浙江", "shop": null}`
	mapped := "Nr;Kunde;Zeit;Artikel;Menge;Preis;Name;Mail;Vorname\r\n" +
		"10;王;11.11.2025 20:00;茶;2;99.5;\"龙井茶\";wang@shop.example;小明\r\n"
	mapFile := write(t, "map.yaml", []byte(`
source: generic
columns: {order_id: Nr, customer_id: kunde, placed_at: Zeit, sku: Artikel, quantity: Menge, unit_price: Preis, product_name: Name, email: Mail, first_name: Vorname}
time_format: "DD.MM.YYYY hh:mm"
zone: Asia/Shanghai
currency: CNY
defaults: {category: food, region: 浙江}
`))
	mapping, err := importer.ReadMap(mapFile, importer.Orders, importer.Attributes{})
	if err != nil {
		t.Fatal(err)
	}
	oneLine := []byte{}
	for _, c := range []byte(json) {
		if c != '\n' {
			oneLine = append(oneLine, c)
		}
	}
	tests := map[string]struct {
		file string
		text []byte
		opts importer.Options
	}{
		"csv":            {"o.csv", []byte(csv), importer.Options{Zone: shanghai}},
		"csv with a BOM": {"o.csv", []byte("\ufeff" + csv), importer.Options{Zone: shanghai}},
		"csv, gzip":      {"o.csv.gz", zip(t, []byte(csv)), importer.Options{Zone: shanghai}},
		"GB18030":        {"o.csv", gb, importer.Options{Zone: shanghai, Encoding: importer.GB18030}},
		"GB18030, gzip":  {"o.csv.gz", zip(t, gb), importer.Options{Zone: shanghai, Encoding: importer.GB18030}},
		"json lines":     {"o.jsonl", oneLine, importer.Options{}},
		"mapped":         {"o.txt", []byte(mapped), importer.Options{Map: mapping}},
	}
	want := []string{
		`customer (王,小明,,,浙江,,"2025-11-11 12:00:00+00",wang@shop.example,,)`,
		`line (10,1,茶,2,99.5000,19900,0)`,
		`order (generic,10,王,"2025-11-11 12:00:00+00",CNY,19900,0,)`,
		`product (茶,龙井茶,food,,)`,
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := testkit.NewDB(t)
			test.opts.Kind, test.opts.File = importer.Orders, write(t, test.file, test.text)
			run(t, db, test.opts)
			if diff := cmp.Diff(contents(t, db), want); diff != "" {
				t.Errorf("contents (-got +want):\n%s", diff)
			}
		})
	}
}

// Kinds of refunds in the generic preset: of a named order, also a guest's; of an
// order nobody knows; and of whatever the customer bought last.
func TestGenericRefunds(t *testing.T) {
	t.Parallel()
	db := testkit.NewDB(t)
	run(t, db, importer.Options{Kind: importer.Orders, Currency: "JPY", File: write(t, "o.csv", []byte(`order_id,customer_id,placed_at,sku,quantity,unit_price,kind,refund_of
1,ann,2025-01-01,tea,3,100,,
2,ann,2025-01-02,tea,3,100,,
3,,2025-01-03,tea,1,100,,
r1,,2025-01-04,tea,-1,100,,1
r2,,2025-01-05,tea,1,100,return,3
r3,ann,2025-01-06,tea,4,100,refund,
r4,ann,2025-01-07,tea,1,100,refund,77
`))})
	want := []string{"r1 1 1", "r2 3 1", "r3 1 1", "r3 2 3", "r4 - 1"}
	got := testkit.List[string](t, db, "select shop_refund_id || ' ' || coalesce(shop_order_id, '-') || ' ' || quantity from refunds left join orders using (order_id) order by 1")
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("refunds (-got +want):\n%s", diff)
	}
	kept := testkit.List[string](t, db, "select shop_order_id || ' ' || refunded_minor || ' ' || (unkept_at is null) from orders order by 1")
	if diff := cmp.Diff(kept, []string{"1 200 true", "2 300 false", "3 100 false"}); diff != "" {
		t.Errorf("orders (-got +want):\n%s", diff)
	}
	// The order that r4 names comes late, with a unit to give back.
	run(t, db, importer.Options{Kind: importer.Orders, Currency: "JPY", File: write(t, "late.csv", []byte("order_id,customer_id,placed_at,sku,quantity,unit_price\n77,ann,2025-01-01,tea,2,100\n"))})
	if got := testkit.Get[string](t, db, "select shop_order_id from refunds join orders using (order_id) where shop_refund_id = 'r4'"); got != "77" {
		t.Errorf("r4 gives back units of %s; want 77", got)
	}
}

func TestCDNOW(t *testing.T) {
	t.Parallel()
	db := testkit.NewDB(t)
	sum := run(t, db, importer.Options{Kind: importer.Orders, Preset: importer.CDNOW, File: write(t, "c.csv", []byte(
		"customer_id,date,quantity,amount\n00001,1997-01-01,1,11.77\n00002,1997-01-12,3,10.00\n00002,1997-01-12,5,77.00\n00003,1997-01-02,0,1\n"))})
	want := []string{
		`customer (00001,,,,,,"1997-01-01 00:00:00+00",,,)`,
		`customer (00002,,,,,,"1997-01-12 00:00:00+00",,,)`,
		`line (00001/1997-01-01/1,1,CD,1,11.7700,1177,0)`,
		`line (00002/1997-01-12/1,1,CD,3,3.3333,1000,0)`,
		`line (00002/1997-01-12/2,1,CD,5,15.4000,7700,0)`,
		`order (cdnow,00001/1997-01-01/1,00001,"1997-01-01 00:00:00+00",USD,1177,0,)`,
		`order (cdnow,00002/1997-01-12/1,00002,"1997-01-12 00:00:00+00",USD,1000,0,)`,
		`order (cdnow,00002/1997-01-12/2,00002,"1997-01-12 00:00:00+00",USD,7700,0,)`,
		`product (CD,,,,)`,
	}
	if diff := cmp.Diff(contents(t, db), want); diff != "" {
		t.Errorf("contents (-got +want):\n%s", diff)
	}
	if diff := cmp.Diff(sum.RejectedBy, map[string]int{"the quantity is not a whole number above 0": 1}); diff != "" {
		t.Errorf("rejected (-got +want):\n%s", diff)
	}
}

func TestCustomersAndProducts(t *testing.T) {
	t.Parallel()
	db := testkit.NewDB(t)
	path := write(t, "customers.csv", []byte(`customer_id,email,phone,first_name,last_name,locale,region,zone,consent_email,consent_sms,consent_at,age
ann,ann@shop.example,+49 30 901820,Ann,Ito,de-DE,Berlin,Europe/Berlin,yes,no,2025-03-01 10:00,44
bob,bob@,call me,Bob,,,,,,,,
cyd,,,,,,,Mars/Olympus,,,,
dan,,,,,,,,maybe,,2025-03-01,
eve,,,,,,,,yes,,,
ann,ann@home.example,,,,,,,no,,2025-04-01 10:00,44
`))
	got := run(t, db, importer.Options{Kind: importer.Customers, File: path})
	want := []string{
		`customer (ann,Ann,Ito,de-DE,Berlin,Europe/Berlin,,ann@home.example,+4930901820,"{""(email,t,\\""2025-03-01 10:00:00+00\\"",import)"",""(sms,f,\\""2025-03-01 10:00:00+00\\"",import)"",""(email,f,\\""2025-04-01 10:00:00+00\\"",import)""}")`,
		`customer (bob,Bob,,,,,,,,)`,
	}
	if diff := cmp.Diff(contents(t, db), want); diff != "" {
		t.Errorf("contents (-got +want):\n%s", diff)
	}
	if diff := cmp.Diff(read(t, got.RejectsFile), `line,reason,row
3,"not an e-mail address; the customer is kept without it: ""bob@""","bob,bob@,call me,Bob,,,,,,,,"
3,"not a phone number; the customer is kept without it: ""call me""","bob,bob@,call me,Bob,,,,,,,,"
4,"unknown time zone: ""Mars/Olympus""","cyd,,,,,,,Mars/Olympus,,,,"
5,"consent is neither yes nor no (yes, y, true, 1, ja, j, 是 or no, n, false, 0, nein, 否): ""maybe""","dan,,,,,,,,maybe,,2025-03-01,"
6,consent without an instant in consent_at: it is empty,"eve,,,,,,,,yes,,,"
`); diff != "" {
		t.Errorf("rejects (-got +want):\n%s", diff)
	}
	if diff := cmp.Diff(got.IgnoredColumns, []string{"age"}); diff != "" {
		t.Errorf("ignored columns (-got +want):\n%s", diff)
	}

	// Known customers: what a file does not say stays, an erased one gets no address back.
	db.Exec(t, "update contacts set email = null, erased_at = now() where customer_id = (select customer_id from customers where shop_id = 'bob')")
	again := run(t, db, importer.Options{Kind: importer.Customers, File: write(t, "more.csv", []byte("customer_id,email,last_name\nann,,Sato\nbob,bob@shop.example,\n"))})
	if diff := cmp.Diff(testkit.List[string](t, db, "select row(shop_id, last_name, email)::text from customers join contacts using (customer_id) order by 1"),
		[]string{"(ann,Sato,ann@home.example)", "(bob,,)"}); diff != "" || again.Customers.Changed != 1 || again.AddressesChanged != 0 {
		t.Errorf("%+v, addresses %d (-got +want):\n%s", again.Customers, again.AddressesChanged, diff)
	}

	products := importer.Options{Kind: importer.Products, Currency: "GBP", File: write(t, "products.jsonl", []byte(
		"{\"sku\": \"tea\", \"name\": \"Tea\", \"price\": 4.5, \"cost\": \"1.20\"}\n{\"sku\": \"pot\", \"price\": \"dear\"}\n{\"sku\": \"tea\", \"category\": \"food\"}\n[1]\n"))}
	sum := run(t, db, products)
	if diff := cmp.Diff(sum.RejectedBy, map[string]int{"the price is not a number": 1, "not a JSON object": 1}); diff != "" {
		t.Errorf("rejected (-got +want):\n%s", diff)
	}
	if got := testkit.List[string](t, db, "select row(sku, name, category, price_minor, cost_minor)::text from products"); !cmp.Equal(got, []string{"(tea,Tea,food,450,120)"}) {
		t.Errorf("products: %v", got)
	}
	if run(t, db, products).Products != (run(t, db, products).Products) {
		t.Error("the third import differs from the second")
	}
}

func TestInspect(t *testing.T) {
	t.Parallel()
	gb, err := simplifiedchinese.GB18030.NewEncoder().Bytes([]byte("sku,name\n1,茶\n"))
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		text []byte
		want importer.Inspection
	}{
		"the publisher's own": {zip(t, []byte(uciHeader+uciRows[:0]+"536365,1,A,6,12/1/2010 8:26,2.55,17850,UK\n")), importer.Inspection{
			Zipped: true, Form: "csv", Divider: ",", Encoding: "utf-8", Kind: "orders", Preset: "uci-online-retail",
			Columns: []string{"InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country"},
			Rows:    [][]string{{"536365", "1", "A", "6", "12/1/2010 8:26", "2.55", "17850", "UK"}}}},
		"products in GB18030": {gb, importer.Inspection{Form: "csv", Divider: ",", Encoding: "gb18030", Kind: "products", Preset: "generic",
			Columns: []string{"sku", "name"}, Rows: [][]string{{"1", "茶"}}}},
		"a strange one": {[]byte("order_id;sku;when\n1;2;3\n"), importer.Inspection{Form: "csv", Divider: ";", Encoding: "utf-8", Kind: "products", Preset: "generic",
			Columns: []string{"order_id", "sku", "when"}, Rows: [][]string{{"1", "2", "3"}}}},
		"json": {[]byte(`{"customer_id": 7, "email": "a@b.example", "nick": "x"}`), importer.Inspection{Form: "jsonl", Encoding: "utf-8", Kind: "customers", Preset: "generic",
			Columns: []string{"customer_id", "email", "nick"}, Rows: [][]string{{"7", "a@b.example"}}}},
		"nearly orders": {[]byte("order_id,placed_at,quantity,unit_price\n"), importer.Inspection{Form: "csv", Divider: ",", Encoding: "utf-8", Kind: "orders",
			Columns: []string{"order_id", "placed_at", "quantity", "unit_price"}, Missing: []string{"sku"},
			Named: map[string]string{"order_id": "order_id", "placed_at": "placed_at", "quantity": "quantity", "unit_price": "unit_price"}}},
		"orders by other names": {[]byte("订单编号,客户ID,下单时间,货号,数量,单价,手机号\n"), importer.Inspection{Form: "csv", Divider: ",", Encoding: "utf-8", Kind: "orders",
			Columns: []string{"订单编号", "客户ID", "下单时间", "货号", "数量", "单价", "手机号"},
			Named:   map[string]string{"order_id": "订单编号", "customer_id": "客户ID", "placed_at": "下单时间", "sku": "货号", "quantity": "数量", "unit_price": "单价", "phone": "手机号"}}},
		"customers by other names": {[]byte("Kundennummer;E-Mail;Telefon;Geburtstag;Newsletter\n"), importer.Inspection{Form: "csv", Divider: ";", Encoding: "utf-8", Kind: "customers",
			Columns: []string{"Kundennummer", "E-Mail", "Telefon", "Geburtstag", "Newsletter"}, Undated: true,
			Named: map[string]string{"customer_id": "Kundennummer", "email": "E-Mail", "phone": "Telefon", "birthday": "Geburtstag", "consent_email": "Newsletter"}}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := importer.Inspect(write(t, "f", test.text))
			if err != nil {
				t.Fatal(err)
			}
			got.File, got.Bytes = "", 0
			if diff := cmp.Diff(got, test.want); diff != "" {
				t.Errorf("inspection (-got +want):\n%s", diff)
			}
		})
	}
}
