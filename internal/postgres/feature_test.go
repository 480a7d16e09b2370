package postgres_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rewave/rewave/internal/coupon"
	"github.com/rewave/rewave/internal/customer"
	"github.com/rewave/rewave/internal/importer"
	"github.com/rewave/rewave/internal/postgres"
	"github.com/rewave/rewave/internal/scores"
	"github.com/rewave/rewave/internal/testkit"
	"github.com/rewave/rewave/rules"
)

// features are the rows of customer_features, or what from says they should be.
func features(t *testing.T, db *testkit.DB, from string) []string {
	t.Helper()
	return testkit.List[string](t, db, `select u.shop_id || ' ' || (to_jsonb(f) - 'version') from `+from+` f join customers u using (customer_id) order by u.shop_id`)
}

const featuresNow = "features_of(null, 'EUR', 'Europe/Berlin')"

func ensureFeatures(t *testing.T, db *testkit.DB, currency, zone string) {
	t.Helper()
	if err := db.Store.EnsureFeatures(t.Context(), currency, zone); err != nil {
		t.Fatal(err)
	}
}

// Whatever imports bring, and in whichever order, the rows they keep are those
// that a look at all orders would give.
func TestImportsKeepFeaturesAsARebuildWouldMakeThem(t *testing.T) {
	t.Parallel()
	for seed := range uint64(6) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			db := testkit.NewDB(t)
			h := histories{r: rand.New(rand.NewPCG(seed, 17)), now: day(2025, 3, 28), category: map[string]string{}}
			if seed%2 == 0 {
				ensureFeatures(t, db, "EUR", "Europe/Berlin")
			}
			importFile(t, db.Store, importer.Customers, "customer_id\nc0\nc1\nnobody\n")
			h.codes(t, db)
			for batch := range 25 {
				if batch == 2 { // into a shop that has orders, or once more on the same basis
					ensureFeatures(t, db, "EUR", "Europe/Berlin")
				}
				switch h.r.IntN(6) {
				case 0:
					importFile(t, db.Store, importer.Products, h.products())
				case 1:
					importFile(t, db.Store, importer.Customers, fmt.Sprintf("customer_id\nc%d\nnew%d\n", h.r.IntN(9), batch))
				default:
					importFile(t, db.Store, importer.Orders, h.batch())
				}
				if batch < 2 && seed%2 > 0 {
					continue
				}
				if diff := cmp.Diff(features(t, db, "customer_features"), features(t, db, featuresNow)); diff != "" {
					t.Fatalf("batch %d (-kept +from the orders):\n%s", batch, diff)
				}
				h.stages(t, db, batch)
				if late := testkit.Get[int](t, db, `select count(*) from customer_features k, feature_state s
					where k.changed_at > s.newest_at or k.orders > s.most_orders or k.units > s.most_units`); late > 0 {
					t.Fatalf("batch %d: feature_state does not hold %d rows", batch, late)
				}
			}
			before := features(t, db, "customer_features")
			if _, err := db.Store.RebuildFeatures(t.Context()); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(before, features(t, db, "customer_features")); diff != "" {
				t.Errorf("a rebuild changed rows (-before +after):\n%s", diff)
			}
			h.check(t, db)
			probes, err := db.Store.Audit(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range probes {
				if strings.HasSuffix(p.Name, "_add_up") && p.Broken > 0 {
					t.Errorf("%s is broken %d times", p.Name, p.Broken)
				}
			}
		})
	}
}

// stages works out a piece of stages now and then, and holds that no row is taken for
// right that says something else than the orders do.
func (h *histories) stages(t *testing.T, db *testkit.DB, batch int) {
	t.Helper()
	if batch == 3 {
		_, err := db.Store.Fitting(t.Context(), "EUR", "Europe/Berlin", h.now, false, func(f *postgres.Fitting) error {
			_, err := f.Keep(t.Context(), scores.Fitted{Accepted: true})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for range h.r.IntN(3) {
		stagePiece(t, db, h.now, 3)
	}
	for batch%8 == 7 && stagePiece(t, db, h.now, 3) {
	}
	missing := 0
	for _, line := range testkit.List[string](t, db, `select case when s.days is null then 'missing' else f.customer_id || ': kept ' || s.days::text || ', by the orders ' || o.days::text end
		from customer_features f
		left join customer_stages s on s.customer_id = f.customer_id and s.version = f.version
		cross join lateral (select array_agg(distinct (o.placed_at at time zone 'Europe/Berlin')::date - date '1970-01-01') as days from orders o
			where o.customer_id = f.customer_id and o.currency = 'EUR' and o.unkept_at is null) o
		where case when f.orders > 0 then s.days is null else false end or s.days is distinct from o.days and s.days is not null`) {
		if line == "missing" {
			missing++
		} else {
			t.Fatalf("batch %d: %s", batch, line)
		}
	}
	if batch%8 == 7 && missing > 0 {
		t.Fatalf("batch %d: %d customers are missing, and nobody is due", batch, missing)
	}
}

// stagePiece works out the next piece with a stage for each day of an order.
func stagePiece(t *testing.T, db *testkit.DB, at time.Time, most int) bool {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	q := postgres.StagingQuery{Currency: "EUR", Zone: "Europe/Berlin", At: at, Most: most}
	ran, err := db.Store.Staging(t.Context(), q, func(g *postgres.Staging) error {
		var logs []postgres.StageLog
		err := g.Orders(t.Context(), func(id int64, version int, placedAt time.Time) {
			if n := len(logs); n == 0 || logs[n-1].Customer != id {
				logs = append(logs, postgres.StageLog{Customer: id, Version: version})
			}
			log := &logs[len(logs)-1].Log
			if day := int(rules.Basis{Zone: zone}.Day(placedAt)); len(*log) == 0 || (*log)[len(*log)-1].Since != day {
				*log = append(*log, customer.Transition{Since: day, Stage: customer.Growing})
			}
		})
		if err != nil {
			return err
		}
		return g.Keep(t.Context(), logs)
	})
	if err != nil {
		t.Fatal(err)
	}
	return ran
}

// histories makes up files of orders, each of which adds to and corrects those before.
type histories struct {
	r        *rand.Rand
	now      time.Time
	orders   []madeOrder
	refunds  int
	category map[string]string // by SKU, as last told
}

type madeOrder struct {
	id, customer, currency, coupon string
	at                             time.Time
	lines                          [][3]int // sku, quantity, price
}

func (h *histories) customer() string {
	if h.r.IntN(8) == 0 {
		return "" // a guest
	}
	return fmt.Sprint("c", h.r.IntN(9))
}

func (h *histories) instant() time.Time {
	if h.r.IntN(4) == 0 { // backdated, maybe to the same instant as another
		return h.now.Add(-time.Duration(h.r.IntN(60)) * 11 * time.Hour)
	}
	h.now = h.now.Add(time.Duration(h.r.IntN(9)) * time.Hour)
	return h.now
}

func (h *histories) batch() string {
	var text strings.Builder
	text.WriteString("order_id,customer_id,placed_at,sku,quantity,unit_price,currency,category,kind,refund_of,coupon\n")
	for range 1 + h.r.IntN(8) {
		o := madeOrder{id: fmt.Sprint("o", len(h.orders)), customer: h.customer(), at: h.instant(), currency: "EUR"}
		if h.r.IntN(8) == 0 {
			o.currency = "USD"
		}
		for range 1 + h.r.IntN(3) {
			o.lines = append(o.lines, [3]int{h.r.IntN(8), 1 + h.r.IntN(3), h.r.IntN(40)})
		}
		if h.r.IntN(5) == 0 {
			o.coupon = fmt.Sprint("CODE", o.customer, h.r.IntN(3))
		}
		h.orders = append(h.orders, o)
		h.write(&text, o)
	}
	for range h.r.IntN(4) {
		i := h.r.IntN(len(h.orders))
		o := &h.orders[i]
		if len(h.orders)-i < 9 && strings.Contains(text.String(), o.id+",") {
			continue // a file does not contradict itself
		}
		switch h.r.IntN(6) {
		case 0:
			o.customer = h.customer()
		case 1:
			o.at = h.instant()
		case 2:
			o.currency = []string{"EUR", "USD"}[h.r.IntN(2)]
		case 3:
			o.lines[0] = [3]int{h.r.IntN(8), 1 + h.r.IntN(3), h.r.IntN(40)}
		case 4:
			o.lines = append(o.lines, [3]int{h.r.IntN(8), 1, 5})
		}
		h.write(&text, *o)
	}
	for range h.r.IntN(4) {
		o := h.orders[h.r.IntN(len(h.orders))]
		h.refunds++
		lines := o.lines
		if h.r.IntN(2) == 0 {
			lines = lines[:1]
		}
		of, at := o.id, o.at.Add(time.Duration(h.r.IntN(400))*time.Hour)
		if h.r.IntN(3) == 0 {
			of = "" // of whichever order has such a line
		}
		for _, l := range lines {
			fmt.Fprintf(&text, "r%d,%s,%s,s%d,%d,%d,%s,,refund,%s,\n", h.refunds, o.customer, at.Format(time.RFC3339), l[0], 1+h.r.IntN(l[1]), l[2], o.currency, of)
		}
	}
	return text.String()
}

func (h *histories) write(text *strings.Builder, o madeOrder) {
	for _, l := range o.lines {
		sku := fmt.Sprint("s", l[0])
		if h.category[sku] == "" && h.r.IntN(3) == 0 {
			h.category[sku] = fmt.Sprint("cat", h.r.IntN(4))
		}
		fmt.Fprintf(text, "%s,%s,%s,%s,%d,%d,%s,%s,order,,%s\n", o.id, o.customer, o.at.Format(time.RFC3339), sku, l[1], l[2], o.currency, h.category[sku], o.coupon)
	}
}

func (h *histories) products() string {
	sku := fmt.Sprint("s", h.r.IntN(8))
	h.category[sku] = fmt.Sprint("cat", h.r.IntN(6))
	return fmt.Sprintf("sku,name,category\n%s,thing %d,%s\n", sku, h.r.IntN(2), h.category[sku])
}

// codes gives two customers codes of their own.
func (h *histories) codes(t *testing.T, db *testkit.DB) {
	t.Helper()
	pool := coupon.Pool{Name: "off", Kind: coupon.Gift, PerCustomer: 9}
	if _, err := db.Store.AddCoupons(t.Context(), pool, []string{"CODEC00", "CODEC01", "CODEC10", "CODEC11"}); err != nil {
		t.Fatal(err)
	}
	db.Exec(t, `set session_replication_role = replica;
		update coupons c set customer_id = k.customer_id, entered_at = '2025-01-01', enrollment_id = 1, round = 1, wave = c.code, bound_at = '2025-01-01'
		  from customers k where upper(k.shop_id) = substr(c.code, 5, 2);
		insert into deliveries (customer_id, entered_at, enrollment_id, round, wave, campaign_id, version_id, arm, channel, scheduled_at, due_at, expires_at, zone)
		select customer_id, entered_at, enrollment_id, round, wave, 1, 1, 'treat', 'email', bound_at, bound_at, '2026-01-01', 'UTC' from coupons where bound_at is not null`)
}

// check works the rows out once more, in Go and from single orders.
func (h *histories) check(t *testing.T, db *testkit.DB) {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	type sums struct {
		Orders, Placed, Refunded, Days, Units, Coupons int
		Revenue, FirstDay, Gross, Back                 int64
	}
	want := map[string]sums{}
	for _, who := range testkit.List[string](t, db, "select shop_id from customers") {
		var s sums
		var days []string
		of := "from orders o join customers u using (customer_id) where currency = 'EUR' and shop_id = '" + who + "' order by placed_at, order_id"
		ids := testkit.List[int64](t, db, "select order_id "+of)
		placed := testkit.List[time.Time](t, db, "select placed_at "+of)
		gross := testkit.List[int64](t, db, "select (select sum(amount_minor) from order_lines l where l.order_id = o.order_id)::bigint "+of)
		back := testkit.List[int64](t, db, "select coalesce((select sum(amount_minor) from refunds r where r.order_id = o.order_id), 0)::bigint "+of)
		times := testkit.List[int](t, db, "select (select count(*) from refunds r where r.order_id = o.order_id) "+of)
		left := testkit.List[int](t, db, "select (select sum(quantity) from order_lines l where l.order_id = o.order_id)::int - coalesce((select sum(quantity) from refunds r where r.order_id = o.order_id), 0)::int "+of)
		used := testkit.List[int](t, db, "select (select count(*) from coupons c where c.redeemed_order_id = o.order_id) "+of)
		for i := range ids {
			s.Placed, s.Gross, s.Back = s.Placed+1, s.Gross+gross[i], s.Back+back[i]
			if times[i] > 0 && (back[i] != 0 || left[i] == 0) {
				s.Refunded++
			}
			if left[i] == 0 {
				continue
			}
			date := placed[i].In(zone).Format(time.DateOnly)
			if !slices.Contains(days, date) {
				days = append(days, date)
			}
			if date == days[0] {
				s.FirstDay += gross[i] - back[i]
			}
			if used[i] > 0 {
				s.Coupons++
			}
			s.Orders, s.Revenue, s.Units = s.Orders+1, s.Revenue+gross[i]-back[i], s.Units+left[i]
		}
		s.Days = len(days)
		want[who] = s
	}
	got := map[string]sums{}
	for who := range want {
		get := func(column string) int64 {
			return testkit.Get[int64](t, db, "select coalesce("+column+", 0)::bigint from customer_features join customers using (customer_id) where shop_id = $1", who)
		}
		got[who] = sums{int(get("orders")), int(get("placed")), int(get("refunded_orders")), int(get("days")), int(get("units")), int(get("coupon_orders")),
			get("revenue_minor"), get("first_day_minor"), get("gross_minor"), get("refunded_minor")}
	}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("(-kept +in Go):\n%s", diff)
	}
}

func TestWhatAFeatureRowSays(t *testing.T) {
	t.Parallel()
	const columns = `concat_ws(' ', 'changed', changed_at, 'first', coalesce(first_at::text, '-'), 'last', coalesce(last_at::text, '-'), 'first day', coalesce(first_day_minor::text, '-'),
		'revenue', revenue_minor, 'gross', gross_minor, 'refunded', refunded_minor, 'orders', orders, 'placed', placed, 'refunded', refunded_orders, 'days', days,
		'units', units, 'categories', (select string_agg(name, ',' order by name) from categories where category_id = any (f.categories)))`
	for _, test := range []struct{ name, rows, want string }{
		{"no order", "o1,bob,2026-03-01 10:00,tea,1,5,EUR,food,order,\n",
			"changed -infinity first - last - first day - revenue 0 gross 0 refunded 0 orders 0 placed 0 refunded 0 days 0 units 0 categories "},
		{"one order", "o1,ann,2026-03-01 10:00,tea,2,5,EUR,food,order,\no1,ann,2026-03-01 10:00,pot,1,20,EUR,,order,\n",
			"changed 2026-03-01 10:00:00+00 first 2026-03-01 10:00:00+00 last 2026-03-01 10:00:00+00 first day 3000 revenue 3000 gross 3000 refunded 0 orders 1 placed 1 refunded 0 days 1 units 3 categories food"},
		{"two days of the shop's, one of UTC's", "o1,ann,2026-03-01 22:00,tea,1,5,EUR,food,order,\no2,ann,2026-03-01 23:30,pot,1,20,EUR,home,order,\n",
			"changed 2026-03-01 23:30:00+00 first 2026-03-01 22:00:00+00 last 2026-03-01 23:30:00+00 first day 500 revenue 2500 gross 2500 refunded 0 orders 2 placed 2 refunded 0 days 2 units 2 categories food,home"},
		{"another currency", "o1,ann,2026-03-01 10:00,tea,1,5,USD,food,order,\n",
			"changed -infinity first - last - first day - revenue 0 gross 0 refunded 0 orders 0 placed 0 refunded 0 days 0 units 0 categories "},
		{"a part came back", "o1,ann,2026-03-01 10:00,tea,2,5,EUR,food,order,\nr1,ann,2026-03-04 10:00,tea,1,5,EUR,,refund,o1\n",
			"changed 2026-03-04 10:00:00+00 first 2026-03-01 10:00:00+00 last 2026-03-01 10:00:00+00 first day 500 revenue 500 gross 1000 refunded 500 orders 1 placed 1 refunded 1 days 1 units 1 categories food"},
		{"the first order came back whole", "o1,ann,2026-03-01 10:00,tea,2,5,EUR,food,order,\nr1,ann,2026-03-04 10:00,tea,2,5,EUR,,refund,o1\no2,ann,2026-03-02 10:00,pot,1,20,EUR,home,order,\n",
			"changed 2026-03-04 10:00:00+00 first 2026-03-02 10:00:00+00 last 2026-03-02 10:00:00+00 first day 2000 revenue 2000 gross 3000 refunded 1000 orders 1 placed 2 refunded 1 days 1 units 1 categories home"},
		{"all came back", "o1,ann,2026-03-01 10:00,tea,2,5,EUR,food,order,\nr1,ann,2026-03-04 10:00,tea,2,5,EUR,,refund,o1\n",
			"changed 2026-03-04 10:00:00+00 first - last - first day - revenue 0 gross 1000 refunded 1000 orders 0 placed 1 refunded 1 days 0 units 0 categories "},
		{"units came back for nothing", "o1,ann,2026-03-01 10:00,tea,2,5,EUR,food,order,\nr1,ann,2026-03-04 10:00,tea,1,0,EUR,,refund,o1\n",
			"changed 2026-03-04 10:00:00+00 first 2026-03-01 10:00:00+00 last 2026-03-01 10:00:00+00 first day 1000 revenue 1000 gross 1000 refunded 0 orders 1 placed 1 refunded 0 days 1 units 1 categories food"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			db := testkit.NewDB(t)
			ensureFeatures(t, db, "EUR", "Europe/Berlin")
			importFile(t, db.Store, importer.Customers, "customer_id\nann\n")
			head := "order_id,customer_id,placed_at,sku,quantity,unit_price,currency,category,kind,refund_of\n"
			importFile(t, db.Store, importer.Orders, head+test.rows)
			got := testkit.Get[string](t, db, "select "+columns+" from customer_features f join customers using (customer_id) where shop_id = 'ann'")
			if got != strings.TrimSpace(test.want) && got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestTheBasisOfFeatures(t *testing.T) {
	t.Parallel()
	db := testkit.NewDB(t)
	const orders = "order_id,customer_id,placed_at,sku,quantity,unit_price,currency\n" +
		"o1,ann,2026-03-01 22:00,tea,1,5,EUR\no2,ann,2026-03-01 23:30,tea,1,5,EUR\no3,bob,2026-03-02 10:00,tea,1,5,USD\n"
	importFile(t, db.Store, importer.Orders, orders)
	days := func() string {
		return testkit.Get[string](t, db, "select coalesce(string_agg(shop_id || ' ' || days, ', ' order by shop_id), 'nothing') from customer_features join customers using (customer_id)")
	}
	got := []string{"before: " + days()}
	rebuilt := func() time.Time { return testkit.Get[time.Time](t, db, "select rebuilt_at from feature_state") }
	for _, basis := range [][2]string{{"EUR", "UTC"}, {"EUR", "Europe/Berlin"}, {"USD", "UTC"}} {
		ensureFeatures(t, db, basis[0], basis[1])
		at := rebuilt()
		if ensureFeatures(t, db, basis[0], basis[1]); !rebuilt().Equal(at) {
			t.Errorf("%v was rebuilt though it was kept on that basis", basis)
		}
		got = append(got, strings.Join(basis[:], " ")+": "+days())
	}
	db.Exec(t, "update customers set merged_into = (select customer_id from customers where shop_id = 'ann') where shop_id = 'bob'")
	if _, err := db.Store.RebuildFeatures(t.Context()); err != nil {
		t.Fatal(err)
	}
	got = append(got, "merged: "+days())
	if err := db.Store.EnsureFeatures(t.Context(), "EUR", "Nowhere/Atall"); err == nil {
		t.Error("a zone that is none was taken")
	}
	got = append(got, "after a zone that is none: "+days())
	want := []string{"before: nothing", "EUR UTC: ann 1, bob 0", "EUR Europe/Berlin: ann 2, bob 0", "USD UTC: ann 0, bob 1", "merged: ann 0", "after a zone that is none: ann 0"}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("(-got +want):\n%s", diff)
	}
}

func TestProductsAreNumberedByTheirCategory(t *testing.T) {
	t.Parallel()
	db := testkit.NewDB(t)
	db.Exec(t, `insert into products (sku, category) values ('a', 'tea'), ('b', null), ('c', ''), ('d', 'tea'), ('e', 'pots');
		update products set category = 'pots' where sku = 'd'; update products set category_id = 1 where sku = 'b'; update products set name = 'a pot' where sku = 'e'`)
	got := testkit.List[string](t, db, "select p.sku || ' ' || coalesce(c.name, '-') from products p left join categories c using (category_id) order by sku")
	if diff := cmp.Diff(got, []string{"a tea", "b -", "c -", "d pots", "e pots"}); diff != "" {
		t.Errorf("(-got +want):\n%s", diff)
	}
}
