package engine_test

import (
	"context"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/rewave/rewave/internal/assortment"
	"github.com/rewave/rewave/internal/engine"
	"github.com/rewave/rewave/internal/postgres"
	"github.com/rewave/rewave/internal/testkit"
	"github.com/rewave/rewave/rules"
)

// selling is four products, two of which sell much and two of which earn, one that
// is new, one that nobody bought and one whose role the shop gave. Every order is
// one of ten units and of a customer of its own.
func (w *world) selling() {
	w.t.Helper()
	w.customers(140)
	for _, sql := range []string{
		`insert into products (sku, category, cost_minor, role, role_given) values ('much dear', 'tea', 500, null, false), ('much cheap', 'tea', 950, null, false), ('little dear', null, 500, null, false),
			('little cheap', null, 950, null, false), ('just in', null, 500, null, false), ('nobody', null, null, null, false), ('ours', null, null, 'traffic', true)`,
		`insert into orders (source, shop_order_id, customer_id, placed_at, currency, gross_minor)
			select 't', customer_id, customer_id, timestamptz '$at' - customer_id * interval '5 days', 'EUR', 10000 from customers`,
		`insert into order_lines (order_id, line_no, product_id, quantity, unit_price, amount_minor)
			select o.order_id, 1, p.product_id, 10, 10, 10000 from orders o
			  join products p on p.sku = case when customer_id <= 120 then case customer_id % 2 when 1 then 'much dear' else 'much cheap' end
				when customer_id > 138 then 'just in' else case customer_id % 3 when 1 then 'little dear' else 'little cheap' end end`,

		// What must not count: given back by then, placed later, in other money, too long ago.
		`update order_lines set quantity = 14 where order_id = (select order_id from orders where shop_order_id = '1')`,
		`insert into refunds (source, shop_refund_id, line_no, order_id, order_line_no, customer_id, product_id, refunded_at, quantity, amount_minor)
			select 't', n, 1, l.order_id, 1, o.customer_id, product_id, timestamptz '$at' + (n - 1) * interval '1 day', 4, 0 from order_lines l join orders o using (order_id), generate_series(0, 2, 2) n where shop_order_id = '1'`,
		`update order_lines set refunded_quantity = 8 where quantity = 14`,
		`insert into orders (source, shop_order_id, customer_id, placed_at, currency, gross_minor) values
			('t', 'later', 1, timestamptz '$at' + interval '1 hour', 'EUR', 1), ('t', 'dollar', 1, timestamptz '$at' - interval '1 hour', 'USD', 1), ('t', 'old', null, timestamptz '$at' - interval '731 days', 'EUR', 1)`,
		`insert into order_lines (order_id, line_no, product_id, quantity, unit_price, amount_minor) select order_id, 1, 1, 999, 1, 1 from orders where shop_order_id in ('later', 'dollar', 'old')`,
	} {
		w.db.Exec(w.t, strings.ReplaceAll(sql, "$at", start.Format(time.RFC3339)))
	}
}

func TestRolesAreProposed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := context.Background()
	if _, err := w.ProposeRoles(ctx, start); err == nil || !strings.Contains(err.Error(), "there is no product") {
		t.Errorf("a shop without products: got %v", err)
	}
	w.selling()
	for _, want := range []engine.Roles{{Proposed: 6, Changed: 6}, {Proposed: 6}} {
		if got, err := w.ProposeRoles(ctx, start); got != want || err != nil {
			t.Errorf("got %+v, %v; want %+v", got, err, want)
		}
	}
	all, err := w.Store.Products(ctx)
	if err != nil {
		t.Fatal(err)
	}
	roles := map[string]assortment.Role{}
	var one postgres.Product
	for _, p := range all {
		roles[p.SKU] = p.Role
		if given := p.SKU == "ours"; p.Given != given || (p.Why == nil) != given {
			t.Errorf("%+v", p)
		}
		if p.SKU == "little dear" {
			one = p
		}
	}
	want := map[string]assortment.Role{"much dear": assortment.Profit, "much cheap": assortment.Traffic, "little dear": assortment.New, "little cheap": assortment.Marginal,
		"just in": assortment.New, "nobody": assortment.New, "ours": assortment.Traffic}
	if diff := cmp.Diff(roles, want); diff != "" {
		t.Errorf("-got +want\n%s", diff)
	}
	// 6 orders of ten units each: enough units, too few orders.
	reasons := []assortment.Reason{{Sign: assortment.SignSales, Value: 60, Against: 30, Mark: 1}, {Sign: assortment.SignOrders, Value: 6, Against: 10, Mark: math.Log2(.6)}}
	if diff := cmp.Diff(one.Why, &postgres.RoleWhy{Reasons: reasons}, cmpopts.EquateApprox(0, 1e-9)); diff != "" || !one.ProposedAt.Equal(start) {
		t.Errorf("at %s: -got +want\n%s", one.ProposedAt, diff)
	}
	// Of 1,320 units of three products 600; 500 each against (600 * 500 + 600 * 50 + 120 * 50) / 1,320.
	for _, p := range all {
		if p.SKU != "much dear" {
			continue
		}
		got := p.Why.Reasons[:2]
		reasons := []assortment.Reason{{Sign: assortment.SignSales, Value: 600 * 3 / 1320., Against: .7, Mark: math.Log2(600 * 3 / 1320. / .7)},
			{Sign: assortment.SignContribution, Value: 500, Against: 336000 / 1320., Mark: math.Log2(500 / (336000 / 1320.))}}
		if diff := cmp.Diff(got, reasons, cmpopts.EquateApprox(0, 1e-9)); diff != "" {
			t.Errorf("-got +want\n%s", diff)
		}
	}
}

// The weekly fit proposes roles too, and learns what is bought by category, which
// rules read; of a product without a cost the shop's margin says what it earns.
func TestTheWeeklyFitProposesRoles(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.selling()
	margin := 0.5
	w.Shop.Margin = &margin
	w.db.Exec(t, "update products set cost_minor = null where sku = 'much dear'")
	w.clock.Set(start)
	if n, err := w.RefitScores(context.Background()); n != 1 || err != nil {
		t.Fatalf("got %d, %v", n, err)
	}
	got := testkit.List[string](t, w.db, "select sku || ' ' || role || ' ' || role_given from products order by 1")
	want := []string{"just in new false", "little cheap marginal false", "little dear new false", "much cheap traffic false", "much dear profit false", "nobody new false", "ours traffic true"}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("-got +want\n%s", diff)
	}

	newest, err := w.Store.NewestScores(context.Background(), "EUR", "UTC", start, true)
	if err != nil || newest == nil || newest.Scores.Tastes == nil {
		t.Fatalf("got %+v, %v", newest, err)
	}
	// Of the 120 orders with a category all are of tea, and no customer came back.
	if s := newest.Scores.Tastes; s.Spent["tea"] != 1_200_000 || len(s.Spent) != 1 || s.Orders != 120 || s.Next.All != 0 {
		t.Errorf("got %+v", s)
	}
	if err := w.Store.EnsureFeatures(context.Background(), "EUR", "UTC"); err != nil {
		t.Fatal(err)
	}
	for rule, want := range map[string]int64{`affinity("tea") == 1`: 140, `affinity("tea") < 1 or affinity("cup") > 0`: 0, `bought("profit")`: 60, `bought("tea")`: 120, `orders.of_role("traffic").count == 1`: 60} {
		p, faults := rules.Compile(rule, rules.Options{})
		if faults != nil {
			t.Fatal(faults)
		}
		if a, err := w.CountSegment(context.Background(), p, start); a.Matches != want || err != nil {
			t.Errorf("%s: got %+v, %v; want %d", rule, a, err, want)
		}
	}
}
