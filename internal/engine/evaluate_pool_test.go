package engine_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/rewave/rewave/internal/engine"
	"github.com/rewave/rewave/internal/evaluation"
	"github.com/rewave/rewave/internal/testkit"
)

// Two campaigns with the same customers, worked out once more customer by
// customer: the effects, their errors and what they share.
func TestCampaignsArePooledCustomerByCustomer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	margin := 0.5
	w.Shop.Margin, w.Shop.CostMicros = &margin, map[string]int64{"email": 100_000}
	const n = 1200
	w.programme(n)
	arms := map[string]map[string]string{}
	for _, line := range testkit.List[string](t, w.db, "select name || ' ' || shop_id || ' ' || arm from enrollments join campaigns using (campaign_id) join customers using (customer_id)") {
		var name, customer, arm string
		if _, err := fmt.Sscan(line, &name, &customer, &arm); err != nil {
			t.Fatal(err)
		}
		if arms[customer] == nil {
			arms[customer] = map[string]string{}
		}
		arms[customer][name] = arm
	}
	// Who is treated by thanks buys in 2 of 5, everybody else in 1 of 5; second does nothing.
	var p purchases
	bought := map[string]bool{}
	for i := range n {
		c := fmt.Sprintf("c%d", i+1)
		if i%5 == 0 || i%5 == 1 && arms[c]["thanks"] == "treat" {
			bought[c] = true
			p.add(c, start.Add(20*days), 4000, "EUR", time.Time{}, 0)
		}
	}
	w.store(p)

	pool := w.together(engine.Programme{AsOf: start.Add(100 * days)}).Pool
	if pool == nil || len(pool.Members) != 2 {
		t.Fatalf("pool %+v", pool)
	}
	influence := map[string]map[string]float64{} // by campaign and customer
	effect := map[string]float64{}
	for _, name := range []string{"second", "thanks"} {
		sum, size := map[string]float64{}, map[string]float64{}
		for c, arm := range arms {
			if size[arm[name]]++; bought[c] {
				sum[arm[name]]++
			}
		}
		effect[name] = sum["treat"]/size["treat"] - sum["hold"]/size["hold"]
		influence[name] = map[string]float64{}
		for c, arm := range arms {
			y := 0.0
			if bought[c] {
				y = 1
			}
			switch a := arm[name]; a {
			case "treat":
				influence[name][c] = (y - sum[a]/size[a]) / size[a]
			case "hold":
				influence[name][c] = -(y - sum[a]/size[a]) / size[a]
			}
		}
	}
	product := func(a, b string) (sum float64) {
		for c, x := range influence[a] {
			sum += x * influence[b][c]
		}
		return sum
	}
	near := func(what string, got *float64, want float64) {
		t.Helper()
		if got == nil || math.Abs(*got-want) > 1e-9 {
			t.Errorf("%s: got %v, want %g", what, got, want)
		}
	}
	const z = 1.959963984540054
	for _, m := range pool.Members {
		near(m.Campaign, m.Rate.Estimate, effect[m.Campaign])
		near(m.Campaign+", upper end", m.Rate.Hi, effect[m.Campaign]+z*math.Sqrt(product(m.Campaign, m.Campaign)))
	}
	a, b, c := product("second", "second"), product("thanks", "thanks"), product("second", "thanks")
	weight := (b - c) / (a + b - 2*c)
	near("as one effect", pool.Rate.Fixed.Estimate, weight*effect["second"]+(1-weight)*effect["thanks"])
	near("its upper end", pool.Rate.Fixed.Hi, *pool.Rate.Fixed.Estimate+z*math.Sqrt((a*b-c*c)/(a+b-2*c)))
	difference := effect["second"] - effect["thanks"]
	near("Q", pool.Rate.Q, difference*difference/(a+b-2*c))

	// The effect of thanks on profit is that of its own report.
	campaign := w.report(start.Add(100 * days)).Points[0]
	own, _ := campaign.Metric(evaluation.MetricProfit)
	for _, m := range pool.Members {
		if m.Campaign == "thanks" {
			near("profit of thanks", m.Profit.Estimate, *own.Difference.Estimate)
			near("buyers of thanks", m.Rate.Estimate, *campaign.Difference.Estimate)
		}
	}

	// Everybody was in both: half of those one treats are treated by the other.
	both := int64(0)
	for _, arm := range arms {
		if arm["thanks"] == "treat" && arm["second"] == "treat" {
			both++
		}
	}
	same(t, "pairs", len(pool.Overlaps), 2)
	for _, o := range pool.Overlaps {
		same(t, "treated by both", o.Both, both)
		same(t, "arms drawn apart", o.Dependent, false)
		if o.Share == nil || (*o.Share > 0.5) != (o.Code == evaluation.E12) {
			t.Errorf("%+v", o)
		}
	}

	// What the groups held out would have taken: a message for each ghost that would have gone, at 0.10.
	for _, m := range pool.Members {
		ghosts := int64(w.count(fmt.Sprintf(`select count(*)::int from deliveries d join enrollments e using (customer_id, entered_at, enrollment_id)
			join campaigns c on c.campaign_id = e.campaign_id where c.name = '%s' and e.arm = 'hold' and d.state = 'withheld'`, m.Campaign)))
		same(t, m.Campaign+": ghosts", m.Contact.Would, ghosts)
		near(m.Campaign+": would consume", &m.Contact.WouldCost, float64(ghosts)/10)
	}
	same(t, "a span before anybody entered", w.together(engine.Programme{AsOf: start.Add(100 * days), Until: start.Add(-days)}).Pool, nil)
}
