package importer_test

import (
	ziparchive "archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/rewave/rewave/internal/importer"
	"github.com/rewave/rewave/internal/source"
	"github.com/rewave/rewave/internal/testkit"
)

const header = "order_id,customer_id,placed_at,sku,quantity,unit_price,currency\n"

// manyRows are good rows of the generic preset, 50 lines an order.
func manyRows(n int) []byte {
	var b bytes.Buffer
	b.WriteString(header)
	for i := range n {
		fmt.Fprintf(&b, "o%d,c%d,2025-01-02 %02d:%02d,sku%d,%d,%d.%02d,GBP\n", i/50, i/50%97, i/50/60%24, i/50%60, i*7919%301, i%5+1, i%90, i%100)
	}
	return b.Bytes()
}

// archive is a zip archive with empty members.
func archive(t *testing.T, members ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := ziparchive.NewWriter(&b)
	for _, name := range members {
		if _, err := w.Create(name); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Files that are refused as a whole: every word a person sees, and nothing left
// behind.
func TestRefusedFiles(t *testing.T) {
	t.Parallel()
	gb, err := simplifiedchinese.GB18030.NewEncoder().Bytes([]byte(header + "1,a,2025-01-02,tea,1,2,GBP\n2,b,2025-01-02,龙井茶,1,2,GBP\n"))
	if err != nil {
		t.Fatal(err)
	}
	latin, err := charmap.Windows1252.NewEncoder().Bytes([]byte(header + "1,a,2025-01-02,tea,1,2,GBP\n2,b,2025-01-02,Gewürz,1,2,GBP\n"))
	if err != nil {
		t.Fatal(err)
	}
	const save = "nothing was imported; save it as CSV (UTF-8) and import that"
	good := manyRows(20_000) // more than one staged chunk
	zipped := zip(t, good)
	damaged := bytes.Clone(zipped)
	damaged[len(damaged)-6] ^= 0xff // its checksum
	orders := importer.Options{Kind: importer.Orders}
	tests := map[string]struct {
		text []byte
		opts importer.Options
		want string
	}{
		"a gzip cut short":        {zipped[:len(zipped)*9/10], orders, "invalid: FILE ends in the middle of its gzip stream: it was cut short | nothing was imported; fetch or write the file again"},
		"a gzip's first bytes":    {zipped[:7], orders, "invalid: FILE ends in the middle of its gzip stream: it was cut short | nothing was imported; fetch or write the file again"},
		"a damaged gzip":          {damaged, orders, "invalid: FILE is damaged: its gzip stream cannot be read | nothing was imported; fetch or write the file again"},
		"a gzip bomb":             {zip(t, append([]byte(header), bytes.Repeat([]byte("1,a,2025-01-02,tea,1,2,GBP\n"), 400_000)...)), orders, "invalid: FILE inflates to more than 100 times its size | nothing was imported; a table of text does not"},
		"GB18030 read as UTF-8":   {gb, orders, "invalid: line 3 of FILE is not UTF-8, but reads as GB18030 | nothing was imported; say --encoding gb18030, or save the file as UTF-8"},
		"Latin-1 read as UTF-8":   {latin, orders, "invalid: line 3 of FILE is not UTF-8; it may be Windows-1252 or Latin-1 | nothing was imported; say --encoding windows-1252, or save the file as UTF-8"},
		"an Excel file":           {archive(t, "docProps/app.xml", "xl/workbook.xml", "[Content_Types].xml"), orders, "invalid: FILE is an Excel file | " + save},
		"an old Excel file":       {[]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\x00\x00"), orders, "invalid: FILE is an Excel file | " + save},
		"an OpenDocument file":    {archive(t, "mimetype", "content.xml"), orders, "invalid: FILE is an OpenDocument file | " + save},
		"a zip archive":           {archive(t, "orders.csv"), orders, "invalid: FILE is a zip archive | nothing was imported; unpack it and import what is in it; gzip is read as it is"},
		"a zip cut short":         {archive(t, "orders.csv")[:20], orders, "invalid: FILE is a zip archive | nothing was imported; unpack it and import what is in it; gzip is read as it is"},
		"UTF-16":                  {[]byte("\xff\xfes\x00k\x00u\x00\n\x00"), orders, "invalid: FILE is UTF-16 | " + save},
		"orders as customers":     {good, importer.Options{Kind: importer.Customers}, "invalid: FILE is a file of orders, not of customers | nothing was imported; import it as orders"},
		"events as customers":     {[]byte("id,name,customer,at,customer_id\n"), importer.Options{Kind: importer.Customers}, "invalid: FILE is a file of events, not of customers | nothing was imported; import it as events"},
		"a preset's as products":  {[]byte("sku," + uciHeader), importer.Options{Kind: importer.Products, Currency: "GBP"}, "invalid: FILE is a file of orders in the form uci-online-retail, not of products | nothing was imported; import it as orders"},
		"a preset not said":       {[]byte(uciHeader), orders, "invalid: FILE is in the form uci-online-retail, not in the generic form | say --preset uci-online-retail"},
		"a stray customer_id":     {[]byte("Nr,Zeit,customer_id\n"), orders, "invalid: FILE has no columns order_id, placed_at, sku, quantity, unit_price | it has: Nr, Zeit, customer_id; map its columns with --map"},
		"an unknown decimal":      {good, importer.Options{Kind: importer.Orders, Decimal: "dot"}, `usage: there is no decimal "dot"; there are point and comma | `},
		"a preset and a comma":    {good, importer.Options{Kind: importer.Orders, Preset: importer.CDNOW, Decimal: importer.DecimalComma}, "usage: a decimal comma goes with the generic preset, not with cdnow | leave one of the two out"},
		"empty":                   {nil, orders, "invalid: FILE is empty | "},
		"columns missing":         {[]byte("order_id,sku,amount\n"), orders, "invalid: FILE has no columns placed_at, quantity, unit_price | it has: order_id, sku, amount; map its columns with --map"},
		"another preset":          {good, importer.Options{Kind: importer.Orders, Preset: importer.CDNOW}, "invalid: FILE is in the generic form, not in the form cdnow | leave --preset out"},
		"a column twice":          {[]byte("sku,name,sku\n"), importer.Options{Kind: importer.Products, Currency: "GBP"}, `invalid: two columns of FILE are named "sku" | rename one`},
		"a broken header":         {[]byte("sku,\"name\n"), importer.Options{Kind: importer.Products, Currency: "GBP"}, "invalid: the header line of FILE cannot be read: a quote is never closed | "},
		"no currency":             {[]byte("order_id,placed_at,sku,quantity,unit_price\n"), orders, "usage: FILE does not say its currency | say --currency GBP, or map a column to currency"},
		"a currency of no code":   {good, importer.Options{Kind: importer.Orders, Currency: "pounds"}, `usage: "pounds" is not a currency | a code of three letters, such as GBP`},
		"an unknown kind":         {good, importer.Options{Kind: "people"}, `usage: "people" cannot be imported | products, customers, orders, events, suppressions`},
		"an unknown preset":       {good, importer.Options{Kind: importer.Orders, Preset: "shopify"}, `usage: there is no preset "shopify" | presets: cdnow, generic, uci-online-retail`},
		"a preset of orders":      {good, importer.Options{Kind: importer.Products, Preset: importer.CDNOW}, "usage: the preset cdnow is for orders, not for products | "},
		"a preset and a map":      {good, importer.Options{Kind: importer.Orders, Preset: importer.CDNOW, Map: importer.Map{Currency: "USD"}}, "usage: a map goes with the generic preset, not with cdnow | leave one of the two out"},
		"an unknown encoding":     {good, importer.Options{Kind: importer.Orders, Encoding: "big5"}, `usage: there is no encoding "big5"; there are utf-8, gb18030 and windows-1252 | Latin-1 is read as windows-1252`},
		"a template without %s":   {good, importer.Options{Kind: importer.Orders, AddressTemplate: "all@demo.invalid"}, `usage: the address template "all@demo.invalid" has no %s | for example "%s@demo.invalid"`},
		"rejects with no folder":  {append(bytes.Clone(good), "broken\n"...), importer.Options{Kind: importer.Orders, Rejects: "/nowhere/r.csv"}, "denied: cannot write the rejects to /nowhere/r.csv: no such file or directory | say where with --rejects FILE; nothing was imported"},
		"a folder instead of one": {nil, importer.Options{Kind: importer.Orders, File: "."}, "invalid: . is a folder | name a file"},
		"no such file":            {nil, importer.Options{Kind: importer.Orders, File: "no.csv"}, "not_found: there is no file no.csv | "},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := testkit.NewDB(t)
			if test.opts.File == "" {
				test.opts.File = write(t, "FILE", test.text)
			}
			_, err := importer.Run(context.Background(), db.Store, test.opts)
			if got := words(err); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
			left := testkit.Get[int](t, db, `select (select count(*) from customers) + (select count(*) from orders) + (select count(*) from products)
				+ (select count(*) from import_chunks) + (select count(*) from import_jobs where status = 'staging')`)
			if left != 0 {
				t.Errorf("%d rows are left behind", left)
			}
			if _, err := os.Stat(filepath.Join(filepath.Dir(test.opts.File), "FILE.rejects.csv")); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("a reject file is left behind (%v)", err)
			}
		})
	}
}

// Rows that cannot be read or merged go to the rejects one by one; the rows
// around them are merged.
func TestRejectedRows(t *testing.T) {
	t.Parallel()
	db := testkit.NewDB(t)
	long := strings.Repeat("x", 70<<10)
	text := header +
		"1,ann,2025-01-02 10:00,tea,1,2.00,GBP\n" +
		"2,ann,2025-01-02 10:00,\"tea,1,2.00,GBP\n" + // never closed
		"3,ann,2025-01-02 10:00,\"a\nb\",1,2.00,GBP\n" + // two lines, and good
		"4,ann,2025-01-02 10:00,\"te\"a,1,2.00,GBP\n" +
		"\n" + // no row
		"5,ann,2025-01-02 10:00,tea,1,2.00\n" +
		"6,ann,2025-13-02 10:00,tea,1,2.00,GBP\n" +
		"7,ann,2025-01-02 10:00,tea,one,2.00,GBP\n" +
		"8,ann,2025-01-02 10:00,tea,1,\"1,000.00\",GBP\n" +
		"9,ann,2025-01-02 10:00,tea,1,-2,GBP\n" +
		"10,ann,2025-01-02 10:00,tea,1,2.00,pounds\n" +
		"11,ann,2025-01-02 10:00,,1,2.00,GBP\n" +
		",ann,2025-01-02 10:00,tea,1,2.00,GBP\n" +
		"12,ann,2025-01-02 10:00,t\x00a,1,2.00,GBP\n" +
		"13,ann,2025-01-02 10:00,t\xff\xffa,1,2.00,GBP\n" +
		long + "\n" +
		strings.Repeat("y", 300) + ",ann,2025-01-02 10:00,tea,1,2.00,GBP\n" +
		"1,bob,2025-01-02 10:00,tea,1,2.00,GBP\n" +
		"1,ann,2025-01-02 10:00,tea,1,2.00,EUR\n" +
		"14,ann,2025-01-02 10:00,tea,2000000000,999999999999,GBP\n" +
		"=1+2,ann,2025-01-02 10:00,tea,0,2.00,GBP\n" +
		"1,ann,2025-01-02 10:00,tea,3,0.00001,GBP\n" +
		"1,ann,2025-01-02 10:00,pot,1,9.90,GBP" // no newline at the end
	got := run(t, db, importer.Options{Kind: importer.Orders, File: write(t, "f.csv", []byte(text))})
	want := `line,reason,row
3,a quote is never closed,"2,ann,2025-01-02 10:00,""tea,1,2.00,GBP"
6,text behind a closing quote,"4,ann,2025-01-02 10:00,""te""a,1,2.00,GBP"
8,wrong number of columns: 6 where the header has 7,"5,ann,2025-01-02 10:00,tea,1,2.00"
9,"placed_at cannot be read: ""2025-13-02 10:00""","6,ann,2025-13-02 10:00,tea,1,2.00,GBP"
10,"the quantity is not a whole number above 0: ""one""","7,ann,2025-01-02 10:00,tea,one,2.00,GBP"
11,"the price is not a number: ""1,000.00""","8,ann,2025-01-02 10:00,tea,1,""1,000.00"",GBP"
12,"the price is negative: ""-2""","9,ann,2025-01-02 10:00,tea,1,-2,GBP"
13,"the currency is not a code of three letters: ""pounds""","10,ann,2025-01-02 10:00,tea,1,2.00,pounds"
14,no sku,"11,ann,2025-01-02 10:00,,1,2.00,GBP"
15,no order_id,",ann,2025-01-02 10:00,tea,1,2.00,GBP"
16,a NUL byte,"12,ann,2025-01-02 10:00,t` + "\x00" + `a,1,2.00,GBP"
17,not UTF-8,"13,ann,2025-01-02 10:00,t` + "\xff\xff" + `a,1,2.00,GBP"
18,longer than 64 KiB,` + long[:200] + `
19,"an id longer than 200 bytes: ""` + strings.Repeat("y", 60) + `...""","` + strings.Repeat("y", 300) + `,ann,2025-01-02 10:00,tea,1,2.00,GBP"
20,another customer than the order's first line,"1,bob,2025-01-02 10:00,tea,1,2.00,GBP"
21,another currency than the order's first line,"1,ann,2025-01-02 10:00,tea,1,2.00,EUR"
22,quantity times price is too large,"14,ann,2025-01-02 10:00,tea,2000000000,999999999999,GBP"
23,"the quantity is not a whole number above 0: ""0""","'=1+2,ann,2025-01-02 10:00,tea,0,2.00,GBP"
24,"the price has more than 4 decimals: ""0.00001""","1,ann,2025-01-02 10:00,tea,3,0.00001,GBP"
`
	if diff := cmp.Diff(read(t, got.RejectsFile), want); diff != "" {
		t.Errorf("rejects (-got +want):\n%s", diff)
	}
	wantLines := []string{"1 1 tea", "1 5 pot", "3 1 a\nb"}
	if diff := cmp.Diff(testkit.List[string](t, db, "select shop_order_id || ' ' || line_no || ' ' || sku from order_lines join orders using (order_id) join products using (product_id) order by 1"), wantLines); diff != "" {
		t.Errorf("lines (-got +want):\n%s", diff)
	}
	if got.Read != 22 || got.Merged != 3 {
		t.Errorf("read %d, merged %d; want 22 and 3", got.Read, got.Merged)
	}
}

func TestFaultsOfAMap(t *testing.T) {
	t.Parallel()
	path := write(t, "m.yaml", []byte(`source: ""
columns: {order_no: Nr, sku: 7}
time_format: "DD.MM.YY"
zone: Europe/Munich
currency: Euro
default: {}
`))
	_, err := importer.ReadMap(path, importer.Orders, importer.Attributes{})
	var faults source.List
	if !errors.As(err, &faults) {
		t.Fatalf("got %v; want a list of faults", err)
	}
	want := `m.yaml:1:9: source: is empty
m.yaml:2:11: columns.order_no: unknown column "order_no" (did you mean "order_id"?)
m.yaml:2:30: columns.sku: must be text, not a number (put it in quotes: "7")
m.yaml:3:14: time_format: "DD.MM.YY" is not a form of time (made of YYYY, MM, DD, hh, mm, ss and +00:00: "DD/MM/YYYY hh:mm")
m.yaml:4:7: zone: unknown time zone "Europe/Munich" (did you mean "Europe/Berlin"?)
m.yaml:5:11: currency: "Euro" is not a currency (a code of three letters, such as GBP)
m.yaml:6:1: default: unknown key "default" (did you mean "defaults"?)`
	if diff := cmp.Diff(strings.ReplaceAll(err.Error(), path, "m.yaml"), want); diff != "" {
		t.Errorf("faults (-got +want):\n%s", diff)
	}
}
