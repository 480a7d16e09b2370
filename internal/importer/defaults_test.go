package importer_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rewave/rewave/internal/importer"
	"github.com/rewave/rewave/internal/testkit"
)

// mapped is a map as a person writes it.
func mapped(t *testing.T, kind, yaml string) importer.Map {
	t.Helper()
	m, err := importer.ReadMap(write(t, "map.yaml", []byte(yaml)), kind, importer.Attributes{})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// The nightly round of products and orders: a default of the orders' map says what
// no file of products says, and no more.
func TestADefaultFillsWhatNobodyKnowsOfAProduct(t *testing.T) {
	t.Parallel()
	db := testkit.NewDB(t)
	products := importer.Options{Kind: importer.Products, Currency: "GBP", File: write(t, "p.csv", []byte("sku,name,category\ntea,Green tea,drink\npot,,\n"))}
	orders := importer.Options{Kind: importer.Orders, File: write(t, "o.csv", []byte(
		"order_id,customer_id,placed_at,sku,quantity,unit_price,currency,category,region\n"+
			"1,ann,2025-01-02,tea,1,2.00,GBP,,\n2,ann,2025-01-02,cup,1,2.00,GBP,ware,Berlin\n3,ann,2025-01-02,cup,1,2.00,GBP,,\n4,bob,2025-01-02,pot,1,2.00,GBP,,\n"+
			"5,bob,2025-01-02,jar,1,2.00,GBP,,\n")),
		Map: mapped(t, importer.Orders, "defaults: {category: other, product_name: Something, region: Abroad}\n")}
	want := []string{"(cup,Something,ware)", "(jar,Something,other)", "(pot,Something,other)", "(tea,\"Green tea\",drink)"}
	regions := []string{"(ann,Berlin)", "(bob,Abroad)"}
	for night, changed := range []int64{1, 0} { // pot gains its first category
		run(t, db, products)
		got := run(t, db, orders)
		if got.Products.Changed != changed {
			t.Errorf("night %d: %d products changed; want %d", night, got.Products.Changed, changed)
		}
		if diff := cmp.Diff(testkit.List[string](t, db, "select row(sku, name, category)::text from products order by sku"), want); diff != "" {
			t.Errorf("night %d: products (-got +want):\n%s", night, diff)
		}
		if diff := cmp.Diff(testkit.List[string](t, db, "select row(shop_id, region)::text from customers order by shop_id"), regions); diff != "" {
			t.Errorf("night %d: customers (-got +want):\n%s", night, diff)
		}
	}
	priced := importer.Options{Kind: importer.Products, Currency: "GBP", File: write(t, "q.csv", []byte("sku,price,cost\ntea,3,\npot,,\npot,4,\n")),
		Map: mapped(t, importer.Products, "defaults: {cost: \"1.20\", price: \"9\", category: other}\n")}
	run(t, db, priced)
	if diff := cmp.Diff(testkit.List[string](t, db, "select row(sku, category, price_minor, cost_minor)::text from products where sku in ('pot', 'tea') order by sku"),
		[]string{"(pot,other,400,120)", "(tea,drink,300,120)"}); diff != "" {
		t.Errorf("prices (-got +want):\n%s", diff)
	}
}

// What a customer said, above all a no, is never overwritten by a default.
func TestADefaultFillsWhatNobodyKnowsOfACustomer(t *testing.T) {
	t.Parallel()
	db := testkit.NewDB(t)
	run(t, db, importer.Options{Kind: importer.Customers, File: write(t, "known.csv", []byte(
		"customer_id,first_name,locale,consent_email,consent_at,attribute.size,tags,changed_at\nann,Ann,de-DE,no,2025-01-01,38,vip,2025-01-01\n"))})
	opts := importer.Options{Kind: importer.Customers, File: write(t, "c.csv", []byte(
		"customer_id,first_name,zone,consent_email,consent_at,attribute.size,changed_at\nann,,,,2025-02-01,,2025-02-01\nbob,Bob,Europe/Paris,,2025-02-01,40,2025-02-01\nbob,,,,2025-02-01,,2025-02-02\ncid,,,no,2025-02-01,,2025-02-01\n")),
		Map: mapped(t, importer.Customers, `
defaults: {first_name: friend, locale: en-GB, region: Berlin, zone: Europe/Berlin, email: all@shop.example, phone: "+49 30 901820",
  consent_email: "yes", consent_sms: "no", attribute.size: "36", attribute.club: "true", tags: new; old}
`)}
	want := []string{
		`customer (ann,Ann,,de-DE,Berlin,Europe/Berlin,,all@shop.example,+4930901820,"{""(email,f,\\""2025-01-01 00:00:00+00\\"",import)"",""(sms,f,\\""2025-02-01 00:00:00+00\\"",import)""}")`,
		`customer (bob,Bob,,en-GB,Berlin,Europe/Paris,,all@shop.example,+4930901820,"{""(email,t,\\""2025-02-01 00:00:00+00\\"",import)"",""(sms,f,\\""2025-02-01 00:00:00+00\\"",import)""}")`,
		`customer (cid,friend,,en-GB,Berlin,Europe/Berlin,,all@shop.example,+4930901820,"{""(email,f,\\""2025-02-01 00:00:00+00\\"",import)"",""(sms,f,\\""2025-02-01 00:00:00+00\\"",import)""}")`,
	}
	values := []string{"ann club true 2025-02-01", "ann size 38 2025-01-01", "bob club true 2025-02-02", "bob size 40 2025-02-01", "cid club true 2025-02-01", "cid size 36 2025-02-01"}
	tags := []string{"ann {vip}", "bob {new,old}", "cid {new,old}"}
	for _, changed := range []int64{1, 0} { // ann gains a region and a zone
		if got := run(t, db, opts); got.Customers.Changed != changed {
			t.Errorf("%d customers changed; want %d", got.Customers.Changed, changed)
		}
		if diff := cmp.Diff(contents(t, db), want); diff != "" {
			t.Errorf("contents (-got +want):\n%s", diff)
		}
		got := testkit.List[string](t, db, "select concat_ws(' ', shop_id, name, coalesce(text_value, number_value::text, truth_value::text), at::date) from customer_attributes join customers using (customer_id) order by 1")
		if diff := cmp.Diff(got, values); diff != "" {
			t.Errorf("attributes (-got +want):\n%s", diff)
		}
		got = testkit.List[string](t, db, "select shop_id || ' ' || tags::text from customer_tags join customers using (customer_id) order by 1")
		if diff := cmp.Diff(got, tags); diff != "" {
			t.Errorf("tags (-got +want):\n%s", diff)
		}
	}
}

func TestADefaultThatCannotBeRead(t *testing.T) {
	t.Parallel()
	db := testkit.NewDB(t)
	for column, test := range map[string]struct{ value, want string }{
		"zone":           {"Mars/Olympus", `unknown time zone: "Mars/Olympus"`},
		"email":          {"all@", `not an e-mail address: "all@"`},
		"phone":          {"call me", `not a phone number: "call me"`},
		"consent_email":  {"maybe", `consent is neither yes nor no (yes, y, true, 1, ja, j, 是 or no, n, false, 0, nein, 否): "maybe"`},
		"attribute.club": {"perhaps", `attribute.club is neither true nor false (yes, y, true, 1, ja, j, 是 or no, n, false, 0, nein, 否): "perhaps"`},
	} {
		_, err := importer.Run(context.Background(), db.Store, importer.Options{Kind: importer.Customers, File: write(t, "c.csv", []byte("customer_id\nann\n")),
			Map: mapped(t, importer.Customers, "types: {attribute.club: truth}\ndefaults: {"+column+": \""+test.value+"\"}\n")})
		want := "invalid: the default of " + column + " cannot be read: " + test.want + " | nothing was imported; mend the map"
		if got := words(err); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}
