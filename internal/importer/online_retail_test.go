package importer_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rewave/rewave/internal/importer"
	"github.com/rewave/rewave/internal/testkit"
)

// dataSet is a file of the folder of real data sets that REWAVE_DATA names.
func dataSet(t testing.TB, path ...string) string {
	t.Helper()
	root := os.Getenv("REWAVE_DATA")
	if root == "" {
		t.Skip("NOT TESTED: set REWAVE_DATA to the folder of real data sets")
	}
	return filepath.Join(append([]string{root}, path...)...)
}

type month struct {
	Orders    int    `json:"orders"`
	Customers int    `json:"customers"`
	Gross     string `json:"gross"`
}

type repurchase struct {
	Mature      int `json:"mature"`
	Repurchased int `json:"repurchased"`
}

type cohort struct {
	Size int        `json:"cohort_size"`
	D30  repurchase `json:"d30"`
	D60  repurchase `json:"d60"`
	D90  repurchase `json:"d90"`
}

// reference is what was worked out from the file with Python and R.
type reference struct {
	Totals struct {
		Rows, Customers   int
		CancellationRows  int    `json:"cancellation_rows"`
		AdjustRows        int    `json:"adjust_rows"`
		ValueCancelled    string `json:"value_sum_cancellations"`
		ValueWithCustomer string `json:"value_sum_with_customer"`
	} `json:"totals"`
	ByMonth map[string]month `json:"by_month"`
	RFM     struct {
		Customers         int         `json:"customers"`
		Frequency         int         `json:"frequency_sum"`
		Monetary          json.Number `json:"monetary_sum"`
		Gross             json.Number `json:"gross_sum"`
		OneTimeBuyers     int         `json:"one_time_buyers"`
		OnlyCancellations int         `json:"customers_with_only_cancellations"`
	} `json:"rfm"`
	Repurchase struct {
		Cohorts map[string]cohort `json:"cohorts"`
	} `json:"repurchase"`
}

// get decodes the one JSON value of a statement.
func get[T any](t *testing.T, db *testkit.DB, sql string) T {
	t.Helper()
	var value T
	if err := json.Unmarshal([]byte(testkit.Get[string](t, db, sql)), &value); err != nil {
		t.Fatal(err)
	}
	return value
}

func TestOnlineRetail(t *testing.T) {
	t.Parallel()
	var want reference
	text, err := os.ReadFile(dataSet(t, "online_retail", "reference.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	db := testkit.NewDB(t)
	schema := "select string_agg(conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid), e'\n' order by conrelid::regclass::text, conname) from pg_constraint"
	keys := testkit.Get[string](t, db, schema)
	opts := importer.Options{Kind: importer.Orders, Preset: importer.UCIOnlineRetail,
		File: dataSet(t, "online_retail", "online_retail.csv.gz"), Rejects: filepath.Join(t.TempDir(), "rejects.csv")}
	sum := run(t, db, opts)
	if diff := cmp.Diff(testkit.Get[string](t, db, schema), keys); diff != "" {
		t.Errorf("constraints after the import (-got +want):\n%s", diff)
	}

	got := want // what is not recomputed below is equal by construction
	got.Totals.Rows = sum.Read
	got.Totals.AdjustRows = sum.RejectedBy["a bad-debt adjustment, not an order"]
	got.Totals.CancellationRows = int(sum.Refunds.New)
	got.Totals.Customers = testkit.Get[int](t, db, "select count(*) from customers")
	got.Totals.ValueCancelled = testkit.Get[string](t, db, "select to_char(-sum(amount_minor) / 100.0, 'FM999999999.00') from refunds")
	got.Totals.ValueWithCustomer = testkit.Get[string](t, db, `select (
		(select sum(quantity * unit_price) from order_lines join orders using (order_id) where customer_id is not null)
		- (select sum(amount_minor) / 100.0 from refunds where customer_id is not null))::numeric(16, 3)::text`)
	got.ByMonth = get[map[string]month](t, db, `
		select json_object_agg(month, json_build_object('orders', orders, 'customers', customers, 'gross', trim_scale(gross)::text))::text
		  from (select to_char(placed_at at time zone 'Europe/London', 'YYYY-MM') as month, count(distinct order_id) as orders,
		               count(distinct customer_id) as customers, sum(quantity * unit_price) as gross
		          from orders join order_lines using (order_id) where customer_id is not null group by 1) x`)
	got.RFM.Customers = testkit.Get[int](t, db, "select count(distinct customer_id) from orders")
	got.RFM.Frequency = testkit.Get[int](t, db, "select count(*) from orders where customer_id is not null")
	got.RFM.OneTimeBuyers = testkit.Get[int](t, db, "select count(*) from (select from orders where customer_id is not null group by customer_id having count(*) = 1) x")
	got.RFM.OnlyCancellations = testkit.Get[int](t, db, "select count(*) from customers k where not exists (select from orders o where o.customer_id = k.customer_id)")
	got.RFM.Gross = json.Number(testkit.Get[string](t, db, "select trim_scale(sum(quantity * unit_price))::text from orders join order_lines using (order_id) where customer_id is not null"))
	got.RFM.Monetary = json.Number(testkit.Get[string](t, db, `select trim_scale((select sum(quantity * unit_price) from orders join order_lines using (order_id) where customer_id is not null)
		- (select sum(amount_minor) / 100.0 from refunds where customer_id in (select customer_id from orders)))::text`))
	got.Repurchase.Cohorts = get[map[string]cohort](t, db, `
		with days as (select distinct customer_id, (placed_at at time zone 'Europe/London')::date as day from orders where customer_id is not null),
		firsts as (select customer_id, min(day) as first from days group by 1),
		seconds as (select f.customer_id, f.first, min(d.day) - f.first as gap from firsts f left join days d on d.customer_id = f.customer_id and d.day > f.first group by 1, 2),
		windows as (select to_char(first, 'YYYY-MM') as cohort, n, count(*) as size, count(*) filter (where first + n <= '2011-12-09') as mature,
		                   count(*) filter (where first + n <= '2011-12-09' and gap <= n) as repurchased
		              from seconds cross join (values (30), (60), (90)) w(n) group by 1, 2)
		select json_object_agg(cohort, body)::text from (
		  select cohort, jsonb_object_agg('d' || n, jsonb_build_object('mature', mature, 'repurchased', repurchased)) || jsonb_build_object('cohort_size', max(size)) as body
		    from windows group by 1) x`)
	// Months are written with two or three decimals there.
	for name, m := range want.ByMonth {
		m.Gross = trimmed(m.Gross)
		want.ByMonth[name] = m
	}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("recomputed from the database (-got +want):\n%s", diff)
	}

	before := rowHashes(t, db)
	run(t, db, opts)
	if diff := cmp.Diff(rowHashes(t, db), before); diff != "" {
		t.Errorf("the second import changed tables (-got +want):\n%s", diff)
	}
}

// trimmed takes zeros off the end of a decimal.
func trimmed(number string) string {
	for len(number) > 0 && number[len(number)-1] == '0' {
		number = number[:len(number)-1]
	}
	if number != "" && number[len(number)-1] == '.' {
		number = number[:len(number)-1]
	}
	return number
}

func TestWholeCDNOW(t *testing.T) {
	t.Parallel()
	db := testkit.NewDB(t)
	sum := run(t, db, importer.Options{Kind: importer.Orders, Preset: importer.CDNOW, File: dataSet(t, "cdnow", "cdnow_master.csv.gz")})
	if sum.Read != 69_659 || sum.Rejected != 0 || sum.Orders.New != 69_659 || sum.Customers.New != 23_570 {
		t.Errorf("read %d, rejected %d, orders %+v, customers %+v", sum.Read, sum.Rejected, sum.Orders, sum.Customers)
	}
}
