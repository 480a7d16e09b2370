package engine

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/customer"
	"github.com/rewave/rewave/internal/postgres"
	"github.com/rewave/rewave/internal/scores"
	"github.com/rewave/rewave/internal/testkit"
	"github.com/rewave/rewave/rules"
)

// The same rule gives the same customers whether SQL decides or the rule itself,
// now and as of an instant in the past: customers and rules are drawn at random,
// with instants and amounts on the very edges that rules ask about.
// REWAVE_CUSTOMERS and REWAVE_RULES ask for more of them.
func TestSQLAndRuleAgree(t *testing.T) {
	t.Parallel()
	customers, count := fromEnv(t, "REWAVE_CUSTOMERS", 300), fromEnv(t, "REWAVE_RULES", 100)
	db := testkit.NewDB(t)
	zone, err := calendar.Zone("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	e := &Engine{Store: db.Store, Log: slog.New(slog.DiscardHandler), Shop: Shop{Zone: zone, Currency: "EUR", Digits: 2}}
	randomShop(t, db, customers)
	ctx := context.Background()
	if err := db.Store.EnsureFeatures(ctx, "EUR", zone.String()); err != nil {
		t.Fatal(err)
	}
	exact := 0
	for n, at := range []time.Time{ // after everything, and on the edge of a day in the midst
		time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC),
		time.Date(2026, 6, 30, 22, 0, 0, 0, time.UTC),
	} {
		r := rand.New(rand.NewPCG(uint64(n), 5))
		envs := everybody(t, e, at)
		texts := joinedSpans()
		for range count {
			texts = append(texts, (&ruleWriter{r}).rule(3))
		}
		for _, text := range texts {
			rule, faults := rules.Compile(text, rules.Options{})
			if faults != nil {
				t.Fatalf("%s: %v", text, faults)
			}
			exact += agree(t, e, rule, at, envs)
		}
	}
	if exact < count/2 {
		t.Errorf("only %d of %d rules translate", exact, 2*count)
	}
}

// Whoever is found as of an instant in the past comes with what they had ordered
// by then, and the first ones are the first of all; those for whom a rule errs can
// be asked why.
func TestMembersAsTheyWere(t *testing.T) {
	t.Parallel()
	db := testkit.NewDB(t)
	zone, err := calendar.Zone("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	e := &Engine{Store: db.Store, Log: slog.New(slog.DiscardHandler), Shop: Shop{Zone: zone, Currency: "EUR", Digits: 2}}
	randomShop(t, db, 300)
	ctx := context.Background()
	if err := db.Store.EnsureFeatures(ctx, "EUR", zone.String()); err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 6, 30, 22, 0, 0, 0, time.UTC)
	for _, text := range []string{"orders.count >= 2", `orders.count >= 2 and lower("X") == "x"`, "customer.id != \"\""} {
		rule, faults := rules.Compile(text, rules.Options{})
		if faults != nil {
			t.Fatal(faults)
		}
		var all []postgres.SegmentMember
		if _, err := e.EachMember(ctx, rule, at, func(m *postgres.SegmentMember) error {
			all = append(all, *m)
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		changed := 0
		for _, m := range all {
			if m.Changed {
				changed++
			}
			text := fmt.Sprintf("orders.count == %d and orders.days == %d and orders.revenue == %d.%02d", m.Totals.Count, m.Totals.Days, m.Totals.Minor/100, m.Totals.Minor%100)
			if m.Totals.Count > 0 {
				text += fmt.Sprintf(" and orders.first_on == %q and orders.last_on == %q", m.Totals.First.In(zone).Format(time.DateOnly), m.Totals.Last.In(zone).Format(time.DateOnly))
			}
			if m.Totals.Placed > 0 {
				text += fmt.Sprintf(" and orders.refunded_share == %d / %d", m.Totals.Refunded, m.Totals.Placed)
			}
			was, faults := rules.Compile(text, rules.Options{})
			if faults != nil {
				t.Fatal(faults)
			}
			clauses, match, fault, found, err := e.ExplainSegment(ctx, was, at, m.Profile.ShopID)
			if !match || fault != nil || !found || err != nil {
				t.Errorf("%s: %s: %t, %v, %t, %v: %v", m.Profile.ShopID, was, match, fault, found, err, clauses)
			}
		}
		if changed < 10 {
			t.Errorf("%s: only %d changed after the instant", text, changed)
		}
		first, a, err := e.FirstMembers(ctx, rule, at, 7)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(first, all[:7], cmp.Exporter(func(reflect.Type) bool { return true })); diff != "" || a.Matches != int64(len(all)) {
			t.Errorf("%s: %d of %d\n%s", text, a.Matches, len(all), diff)
		}
	}
	rule, faults := rules.Compile(`orders.days_since_last > 30 and customer.region == "BY"`, rules.Options{})
	if faults != nil {
		t.Fatal(faults)
	}
	end := time.Date(2027, 11, 30, 12, 0, 0, 0, time.UTC)
	a, err := e.CountSegment(ctx, rule, end)
	if err != nil {
		t.Fatal(err)
	}
	why, err := e.WhyUnknown(ctx, rule, end, 1000)
	if err != nil {
		t.Fatal(err)
	}
	var asked int64
	for _, n := range why.Reasons {
		asked += n
	}
	if a.Unknown != asked || len(why.Reasons) != 2 || why.Matches != 0 || a.Judged != 0 {
		t.Errorf("counted %+v, asked why %+v", a, why)
	}
}

func fromEnv(t testing.TB, name string, otherwise int) int {
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// joinedSpans are rules that are drawn too rarely: that there are no orders in a
// span, joined with something else.
func joinedSpans() (texts []string) {
	for _, span := range []string{`.in("90d")`, `.before("2026-07-01")`, `.on("2026-03-29")`, `.of("food")`, `.of("food").since("2026-06-30")`} {
		none := "orders" + span + ".count == 0"
		texts = append(texts, none+" and orders.count > 2", "orders.count > 2 and "+none+` and orders.since("2026-03-01").count > 0`, "not ("+none+" or customer.email_known) or orders.count == 1")
	}
	return texts
}

// agree compares whom the rule finds one by one with whom the segment finds, and
// returns 1 where SQL was exact.
func agree(t *testing.T, e *Engine, rule *rules.Program, at time.Time, envs map[string]rules.Env) int {
	t.Helper()
	ctx := context.Background()
	want := map[string]bool{}
	var unknown int64
	for id, env := range envs {
		switch match, err := rule.Match(env); {
		case err != nil:
			unknown++
		case match:
			want[id] = true
		}
	}
	found := map[string]bool{}
	walked, err := e.EachMember(ctx, rule, at, func(m *postgres.SegmentMember) error {
		found[m.Profile.ShopID] = true
		return nil
	})
	if err != nil {
		t.Fatalf("%s: %v", rule, err)
	}
	if walked.Matches != int64(len(want)) || walked.Unknown != unknown {
		t.Errorf("%s\nas of %s: went through %d and %d unknown, by the rule %d and %d", rule, at.Format(time.RFC3339), walked.Matches, walked.Unknown, len(want), unknown)
	}
	for id := range envs {
		if found[id] != want[id] {
			t.Errorf("%s\nas of %s: %s: in the segment: %t, by the rule: %t\n%v", rule, at.Format(time.RFC3339), id, found[id], want[id], rule.Explain(envs[id]))
			return 0
		}
	}
	a, err := e.CountSegment(ctx, rule, at)
	if err != nil {
		t.Fatalf("%s: %v", rule, err)
	}
	if a.Matches != int64(len(want)) || a.Unknown != unknown {
		t.Errorf("%s\nas of %s: counted %d and %d unknown, by the rule %d and %d", rule, at.Format(time.RFC3339), a.Matches, a.Unknown, len(want), unknown)
	}
	if a.Judged == 0 || len(a.Why) == 0 {
		return 1
	}
	return 0
}

// everybody is all customers with all that any rule may read.
func everybody(t *testing.T, e *Engine, at time.Time) map[string]rules.Env {
	t.Helper()
	const all = `orders.units > 0 and orders.refund_share > 0 and customer.has_tag("vip") and customer.complaint_open and messages.count > 0 and responses.count > 0
		and events("Product Viewed").knows("sku") and events("Review Posted").count > 0
		and customer.knows("concern") and customer.knows("children") and customer.knows("birthday") and customer.knows("member") and customer.knows("email_known") and customer.id != ""
		and orders.coupon_share > 0 and orders.back_for("size") > 0 and customer.sex_known and customer.source_known and customer.age_known and customer.has_interest("tea")`
	rule, faults := rules.Compile(all, rules.Options{})
	if faults != nil {
		t.Fatal(faults)
	}
	everyone, faults := rules.Compile("true", rules.Options{})
	if faults != nil {
		t.Fatal(faults)
	}
	envs := map[string]rules.Env{}
	q, err := e.segmentQuery(context.Background(), everyone, at)
	if err != nil {
		t.Fatal(err)
	}
	if q.Basis, err = e.predicting(context.Background(), rules.Needs{Scores: true}, at); err != nil {
		t.Fatal(err)
	}
	err = e.Store.Segment(context.Background(), q, func(g *postgres.Segment) error {
		members, err := g.Members(context.Background(), 0, false, 1<<20)
		if err != nil {
			return err
		}
		known, err := e.envs(context.Background(), g, rule, q.Basis, members)
		for i := range known {
			envs[members[i].Profile.ShopID] = known[i]
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return envs
}

// randomShop fills a database, with the year 2026 as its history.
func randomShop(t testing.TB, db *testkit.DB, customers int) {
	t.Helper()
	// All in one session, so that the seed holds.
	db.Exec(t, strings.Join([]string{
		`select setseed(0.26)`,
		`insert into products (sku, name, category, cost_minor, role) select case i when 19 then 'food' else 'S-' || i end, 'p' || i, case when i % 7 = 0 then null else (array['food','toys','wear'])[1 + i % 3] end, case when i % 6 > 0 then 100 + i end,
			(array['profit','traffic','new',null])[1 + i % 4] from generate_series(1, 20) i`,
		`insert into customers (shop_id, first_name, last_name, locale, region, zone, first_seen_at)
			select 'c' || i, case when random() < .8 then 'Ann' || i % 5 end, case when random() < .5 then 'Berg' end, (array[null, '', 'de-DE', 'zh-CN'])[1 + (random() * 3.99)::int % 4],
				(array[null, 'BY', 'BE', '浙江'])[1 + (random() * 3.99)::int % 4], case when random() < .5 then 'Asia/Tokyo' end,
				case when random() < .9 then timestamptz '2025-12-31 22:00Z' + (random() * 400)::int * interval '1 day' end from generate_series(1, ` + strconv.Itoa(customers) + `) i`,
		`insert into contacts (customer_id, email, phone) select customer_id, case when random() < .8 then shop_id || '@x.example' end, case when random() < .3 then '+4917' || customer_id end from customers where random() < .9`,
		// Midnights in Berlin, and the very instants before and after them, among any other.
		`insert into orders (source, shop_order_id, customer_id, placed_at, currency, gross_minor)
			select 't', c.customer_id || '-' || n, c.customer_id,
				timestamptz '2025-12-31 23:00Z' + (random() * 330)::int * interval '1 day' + (array[-1, 0, 1, 0, 43200, 72000])[1 + (random() * 5.99)::int % 6] * interval '1 second'
					- case when random() < .5 then interval '1 hour' else interval '0' end,
				case when random() < .95 then 'EUR' else 'USD' end, (array[29900, 29950, 10000, 333, 0, 5000])[1 + (random() * 5.99)::int % 6]
			from customers c, generate_series(1, 8) n where random() < (c.customer_id % 10) / 10.0`,
		`insert into orders (source, shop_order_id, customer_id, placed_at, currency, gross_minor)
			select 'w', 'w' || n, c.customer_id, timestamptz '2025-12-31 23:00Z' + n * interval '6 hours', 'EUR', 1000 + n from customers c, generate_series(1, 1100) n where c.shop_id = 'c7'`,
		`insert into order_lines (order_id, line_no, product_id, quantity, unit_price, amount_minor)
			select o.order_id, l, 1 + ((o.order_id * 7 + l * 3) % 20), 1 + (random() * 2)::int, 1, o.gross_minor / 2 from orders o, generate_series(1, 2) l where l = 1 or random() < .6`,
		`insert into refunds (source, shop_refund_id, line_no, order_id, order_line_no, customer_id, product_id, refunded_at, quantity, amount_minor)
			select 't', l.order_id || 'r', l.line_no, l.order_id, l.line_no, o.customer_id, l.product_id, o.placed_at + (random() * 40)::int * interval '1 day',
				case when random() < .6 then l.quantity else 1 end, l.amount_minor / (1 + (random() * 2)::int)
			from order_lines l join orders o using (order_id) where random() < .12`,
		`update order_lines l set refunded_quantity = r.q from (select order_id, order_line_no, sum(quantity) q from refunds group by 1, 2) r where r.order_id = l.order_id and r.order_line_no = l.line_no`,
		`update orders o set refunded_minor = r.m, unkept_at = case when not exists (select from order_lines l where l.order_id = o.order_id and l.refunded_quantity < l.quantity) then r.at end
			from (select order_id, sum(amount_minor) m, max(refunded_at) at from refunds group by 1) r where r.order_id = o.order_id`,
		`update orders set status = (array['paid','shipped',null])[1 + order_id % 3], entry_path = case when order_id % 4 = 0 then 'search' end, coupon_code = case when order_id % 5 = 0 then 'X' end,
			discount_minor = (array[0, 500, null])[1 + order_id % 3], promised_at = case when order_id % 7 > 0 then placed_at + interval '5 days' end, delivered_at = case when order_id % 11 > 1 then placed_at + order_id % 9 * interval '1 day' end`,
		`update refunds set reason = (array['size','damaged',null])[1 + refund_id % 3]`,
		`insert into customer_attributes (customer_id, name, at, kind, text_value, date_value, source)
			select c.customer_id, a.name, timestamptz '2026-01-01' + n * interval '120 days', a.kind, (array['female','male','tea;books'])[1 + (c.customer_id + n) % 3], null, 't'
			from customers c, (values ('sex', 'text'), ('interests', 'text'), ('source', 'text')) a(name, kind), generate_series(0, 1) n where random() < .5`,
		`insert into events (source, source_event_id, name, customer_id, at, props)
			select 't', c.customer_id || '-' || n, (array['Product Viewed', 'Review Posted'])[1 + n % 2], c.customer_id, timestamptz '2025-12-31 23:00Z' + (random() * 330)::int * interval '1 day',
				(array['{}', '{"sku": "S-1", "score": 5}', '{"sku": "S-2", "score": 2}', '{"sku": 3, "on": {"date": "2026-05-01"}}', '{"sku": "", "score": null}'])[1 + (random() * 4.99)::int % 5]::jsonb
			from customers c, generate_series(1, 6) n where random() < .5`,
		`insert into customer_tags (customer_id, at, tags, source) select customer_id, timestamptz '2026-01-01' + n * interval '100 days', case when random() < .5 then array['vip'] else array['staff','vip2'] end, 't'
			from customers, generate_series(0, 2) n where random() < .5`,
		`insert into customer_attributes (customer_id, name, at, kind, text_value, number_value, date_value, truth_value, source)
			select c.customer_id, a.name, timestamptz '2026-01-01' + n * interval '90 days', a.kind, case a.kind when 'text' then (array['safety','wear',''])[1 + (c.customer_id + n) % 3] end,
				case a.kind when 'number' then (c.customer_id % 4) + case when n = 1 then .5 else 0 end end, case a.kind when 'date' then date '1990-02-27' + (c.customer_id % 5)::int end,
				case a.kind when 'truth' then c.customer_id % 2 = 0 end, 't'
			from customers c, (values ('concern', 'text'), ('children', 'number'), ('birthday', 'date'), ('member', 'truth'), ('children', 'text')) a(name, kind), generate_series(0, 2) n
			where random() < .4 on conflict do nothing`,
		`insert into holds (customer_id, kind, opened_at, closed_at) select customer_id, 'complaint_open', timestamptz '2026-05-01' + customer_id % 90 * interval '1 day',
				case when random() < .5 then timestamptz '2026-08-30' end from customers where random() < .2`,
		`insert into events (source, source_event_id, name, customer_id, at, props) select 'h', 'o' || customer_id, 'Complaint Opened', customer_id, opened_at, '{}'::jsonb from holds
			union all select 'h', 'x' || customer_id, 'Complaint Closed', customer_id, closed_at, '{}'::jsonb from holds where closed_at is not null`,
		`analyze`,
	}, ";\n"))
}

// What a rule says of an instant in the past is what it would have said then: the
// same history, cut off at the instant, gives the same customers.
func TestThePastIsAsItWas(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 6, 30, 22, 0, 0, 0, time.UTC)
	ctx := context.Background()
	zone, err := calendar.Zone("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	var shops [2]*Engine
	for i := range shops {
		db := testkit.NewDB(t)
		randomShop(t, db, 300)
		if i == 1 {
			cutOff(t, db, at)
		}
		shops[i] = &Engine{Store: db.Store, Log: slog.New(slog.DiscardHandler), Shop: Shop{Zone: zone, Currency: "EUR", Digits: 2}}
		if err := db.Store.EnsureFeatures(ctx, "EUR", zone.String()); err != nil {
			t.Fatal(err)
		}
		if _, err := db.Store.Fitting(ctx, "EUR", zone.String(), at.AddDate(0, -1, 0), false, func(f *postgres.Fitting) error {
			_, err := f.Keep(ctx, scores.Fitted{Scores: rules.Scores{Version: rules.ScoresVersion, Lifecycle: customer.Lifecycle{}.WithDefaults()}, Accepted: true})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		spoilStages(t, db, shops[i], at, 0)
	}
	w := &ruleWriter{rand.New(rand.NewPCG(7, 7))}
	for i := range fromEnv(t, "REWAVE_RULES", 100) {
		text := w.rule(2)
		if i%3 == 0 {
			text += w.of(" and ", " or ") + w.stage()
		}
		rule, faults := rules.Compile(text, rules.Options{})
		if faults != nil {
			t.Fatalf("%s: %v", text, faults)
		}
		var found [2][]string
		for i, e := range shops {
			if _, err := e.EachMember(ctx, rule, at, func(m *postgres.SegmentMember) error {
				found[i] = append(found[i], m.Profile.ShopID)
				return nil
			}); err != nil {
				t.Fatal(err)
			}
		}
		if !slices.Equal(found[0], found[1]) {
			t.Errorf("%s: later %d customers, then %d\n%v\n%v", text, len(found[0]), len(found[1]), found[0], found[1])
		}
	}
}

// cutOff takes away all that happened after an instant. What has no history, such
// as the status of an order, stays.
func cutOff(t testing.TB, db *testkit.DB, at time.Time) {
	t.Helper()
	then := "'" + at.Format(time.RFC3339) + "'"
	db.Exec(t, strings.ReplaceAll(`
		delete from refunds where refunded_at > $;
		delete from order_lines where order_id in (select order_id from orders where placed_at > $);
		delete from orders where placed_at > $;
		update order_lines l set refunded_quantity = coalesce((select sum(quantity) from refunds r where r.order_id = l.order_id and r.order_line_no = l.line_no), 0);
		update orders o set refunded_minor = coalesce((select sum(amount_minor) from refunds r where r.order_id = o.order_id), 0), unkept_at = case when unkept_at <= $ then unkept_at end;
		delete from events where at > $;
		delete from customer_tags where at > $;
		delete from customer_attributes where at > $;
		delete from holds where opened_at > $;
		update holds set closed_at = null where closed_at > $;
		create temp table yet as select customer_id from customers c where first_seen_at > $ and not exists (select from orders o where o.customer_id = c.customer_id);
		delete from contacts where customer_id in (select customer_id from yet);
		delete from events where customer_id in (select customer_id from yet);
		delete from customer_tags where customer_id in (select customer_id from yet);
		delete from customer_attributes where customer_id in (select customer_id from yet);
		delete from holds where customer_id in (select customer_id from yet);
		delete from customers where customer_id in (select customer_id from yet);
		analyze`, "$", then))
}

// ruleWriter draws rules.
type ruleWriter struct{ *rand.Rand }

func (w *ruleWriter) of(parts ...string) string { return parts[w.IntN(len(parts))] }

func (w *ruleWriter) rule(depth int) string {
	if depth == 0 || w.IntN(5) == 0 {
		return w.condition()
	}
	switch w.IntN(6) {
	case 0:
		return "not (" + w.rule(depth-1) + ")"
	case 1, 2:
		return "(" + w.rule(depth-1) + " or " + w.rule(depth-1) + ")"
	}
	return "(" + w.rule(depth-1) + " and " + w.rule(depth-1) + ")"
}

func (w *ruleWriter) condition() string { return sensible(w.draw) }

// sensible draws until a condition is not the same for everybody, which is a fault.
func sensible(draw func() string) string {
	for {
		text := draw()
		_, faults := rules.Compile(text, rules.Options{})
		if !slices.ContainsFunc(faults, func(f rules.Fault) bool {
			return strings.HasSuffix(f.Message, " true") || strings.Contains(f.Message, " is never ")
		}) {
			return text
		}
	}
}

func (w *ruleWriter) draw() string {
	op := w.of("==", "!=", "<", "<=", ">", ">=")
	switch w.IntN(12) {
	case 0:
		return w.of("customer.email_known", "customer.phone_known", "customer.region_known", "customer.locale_known", "customer.first_name_known", `customer.has_tag("vip")`, `customer.knows("concern")`,
			`customer.truth("member")`, "customer.complaint_open", "customer.dispute_open", `events("Review Posted").knows("score")`, `first_order.has("food")`, "last_order.category_known", `bought("food")`, `bought("S-2")`, `bought("profit")`, `bought("none")`, `first_order.has_role("profit")`, `last_order.has_role("traffic")`, "last_order.status_known", "first_order.on_time", "last_order.on_time_known", "last_order.coupon", `customer.has_interest("tea")`, "customer.age_known", `bought_around("mothers-day", 1)`, `bought_around("01-31", 1)`, "customer.sex_known")
	case 1:
		return w.of("customer.region", "customer.locale", `customer.text("concern")`, "customer.first_name", `events("Product Viewed").text("sku")`, "lower(customer.region)", "at.weekday", "customer.sex", "last_order.status", "first_order.entry_path", w.orders()+".favourite") +
			w.of(" == ", " != ") + w.of(`"BY"`, `"safety"`, `"浙江"`, `"Ann1"`, `"S-1"`, `""`, `"female"`, `"monday"`, `"paid"`, `"search"`, `"food"`)
	case 2:
		return w.of("customer.region", `customer.text("concern")`, "customer.zone") + w.of(" in ", " not in ") + `["BY", "wear", "Asia/Tokyo"]`
	case 3:
		return w.of("customer.region", "customer.first_name", "customer.id") + w.of(" contains ", " startsWith ", " endsWith ") + w.of(`"1"`, `"Ann"`, `"江"`, `""`)
	case 4:
		return w.day() + " " + op + " " + w.date()
	case 5:
		return w.day() + " " + op + " " + w.day()
	case 6:
		return w.number() + " " + op + " " + w.number()
	case 7:
		return w.number() + " in [0, 1, 2.5, " + w.number() + "]"
	}
	return w.number() + " " + op + " " + w.constant()
}

// stage is a condition on the stage in life.
func (w *ruleWriter) stage() string {
	op := w.of("==", "!=", "<", "<=", ">", ">=")
	switch w.IntN(8) {
	case 0, 1, 2:
		return "lifecycle.stage" + w.of(" == ", " != ") + w.of(`"lapsed"`, `"growing"`, `"prospect"`, `"developing"`, `"declining"`, `"mature"`)
	case 3:
		return "lifecycle.stage" + w.of(" in ", " not in ") + w.of(`["lapsed", "prospect"]`, `["growing"]`, `["mature", customer.region]`)
	case 4:
		return "lifecycle.stage" + w.of(" startsWith ", " contains ") + w.of(`"d"`, `"ing"`, "customer.region")
	case 5:
		return "lifecycle.since " + op + " " + w.of(w.date(), w.day())
	case 6:
		return w.of("orders.count > 0 and lifecycle.days_in_stage", "orders.count == 0 or lifecycle.days_in_stage", "lifecycle.days_in_stage - orders.days_since_last", "-lifecycle.days_in_stage", "abs(lifecycle.days_in_stage - 30)", "lifecycle.days_in_stage / orders.days", "days_since(lifecycle.since)") +
			" " + op + " " + w.constant()
	}
	return "lifecycle.days_in_stage " + op + " " + w.of(w.number(), w.constant())
}

func (w *ruleWriter) constant() string {
	return w.of("0", "1", "2", "3", "-1", "0.5", "2.5", "10", "30", "90", "181", "299", "299.5", "299.50000001", "149.75", "3.33", "1e9", "1e300", "20 * 2 - 10", "at.month", "0.4")
}

func (w *ruleWriter) date() string {
	return w.of(`"2026-06-30"`, `"2026-07-01"`, `"2026-03-29"`, `"2026-01-01"`, `"1990-03-01"`, `"1950-06-30"`, "at.on", `"2026-10-25"`)
}

func (w *ruleWriter) day() string {
	return w.of(w.orders()+".last_on", w.orders()+".first_on", "customer.first_seen_on", `customer.date("birthday")`, "customer.birthday", w.events()+".last_on", `first_order.on`, `events("Product Viewed").date("on")`)
}

func (w *ruleWriter) orders() string {
	s := "orders"
	for range w.IntN(3) {
		s += w.of(`.in("90d")`, `.in("2160h")`, `.in("1mo")`, `.in("5mo")`, `.in("1y")`, `.since("2026-06-30")`, `.before("2026-07-01")`, `.on("2026-03-29")`, `.of("food")`, `.of("none")`, `.of_sku("S-2")`, `.of_role("profit")`, `.of_role("marginal")`, `.since("2026-10-25")`, `.before("2026-01-01")`)
	}
	return s
}

func (w *ruleWriter) events() string {
	s := `events("` + w.of("Product Viewed", "Review Posted", "Never") + `")`
	if w.IntN(5) == 0 {
		s = w.of("messages", "responses")
	}
	for range w.IntN(3) {
		s += w.of(`.in("90d")`, `.in("4mo")`, `.since("2026-06-30")`, `.before("2026-07-01")`, `.with("sku", "S-1")`, `.with("sku", "S-2")`)
	}
	return s
}

func (w *ruleWriter) number() string {
	field := func() string {
		switch w.IntN(9) {
		case 0:
			return w.events() + w.of(".count", ".days_since_last")
		case 1:
			return w.of("customer.age", "customer.birthday_month", "customer.days_to_birthday", "last_order.discount", `customer.number("children")`, `days_since(customer.date("birthday"))`, "days_since(customer.first_seen_on)", `events("Review Posted").number("score")`, `events("Product Viewed").distinct("sku")`)
		case 2:
			s := w.orders()
			if !strings.Contains(s, ".of") {
				return s + w.of(".refund_share", ".refunded_share", ".coupon_share", ".full_price_share", ".on_time_share", `.back_for("size")`)
			}
			return s + ".count"
		}
		return w.orders() + w.of(".count", ".count", ".revenue", ".revenue", ".average", ".units", ".days_since_last", ".days_since_first", ".days", ".average_gap", ".overdue", ".contribution")
	}
	if w.IntN(4) > 0 {
		return field()
	}
	switch w.IntN(3) {
	case 0:
		return "abs(" + field() + " - " + w.constant() + ")"
	case 1:
		return fmt.Sprintf("(%s %s %s)", field(), w.of("+", "-", "*", "/"), field())
	}
	return "-" + field()
}
