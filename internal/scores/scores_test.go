package scores

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rewave/rewave/internal/customer"
	"github.com/rewave/rewave/internal/model"
	"github.com/rewave/rewave/rules"
)

// shop is customers who buy as the model says, in two years from day 0 on, with
// parameters that are told.
func shop(seed uint64, customers, until int, rate float64) (orders []Order) {
	random := rand.New(rand.NewPCG(seed, 1))
	for id := range int64(customers) {
		day := float64(random.IntN(until))
		every := 7 / (rate * (0.5 + random.Float64())) // days
		gone := 0.05 + 0.3*random.Float64()
		spends := 20 + 60*random.Float64()
		for day <= float64(until) {
			orders = append(orders, Order{Customer: id + 1, Day: int(day), Minor: int64(100 * spends * (0.7 + 0.6*random.Float64()))})
			if random.Float64() < gone {
				break
			}
			day += every * random.ExpFloat64()
		}
	}
	return orders
}

func fit(orders []Order, until int, o Options) Fitted {
	r := NewReader(until)
	for _, x := range orders {
		r.Add(x)
	}
	o.At = time.Unix(int64(until)*24*3600, 0)
	return r.Fit(o)
}

const until = 730

func TestAFitThatStandsItsTest(t *testing.T) {
	t.Parallel()
	margin := 0.4
	orders := shop(1, 4000, until, 0.25)
	got := fit(orders, until, Options{Margin: &margin})
	s, e := got.Scores, got.Evidence
	if !got.Accepted || got.Why != "" || s.Doubt != "" || s.SpendDoubt != "" || !e.Check.Usable || e.Check.From != until-90 || e.Check.To != until || *s.Margin != margin || s.Discount != 0.15 {
		t.Fatalf("got %+v, check %+v", s, e.Check)
	}
	if e.Check.DecileError > 0.3 || e.Orders != len(orders) || e.Customers != 4000 || len(e.Errors) != 4 {
		t.Errorf("evidence: %+v", e)
	}

	// By hand: what each measure is of.
	byCustomer := map[int64][]Order{}
	for _, o := range orders {
		byCustomer[o.Customer] = append(byCustomer[o.Customer], o)
	}
	var rfm []customer.RFM
	gaps := map[customer.FirstGap]int64{}
	var buyers []model.Customer
	for _, list := range byCustomer {
		var days []int
		m := customer.RFM{Frequency: len(list)}
		for _, o := range list {
			days = append(days, o.Day)
			m.Monetary += o.Minor
		}
		m.Recency = until - days[len(days)-1]
		rfm = append(rfm, m)
		gap, _ := customer.FirstGapOf(days, until)
		gaps[gap]++
		c := model.Customer{First: days[0], Last: days[len(days)-1], Purchases: len(slices.Compact(slices.Clone(days)))}
		for _, o := range list {
			if o.Day > c.First {
				c.RepeatMinor += o.Minor
			}
		}
		buyers = append(buyers, c)
	}
	want := model.Estimate(model.Group(buyers, until, model.Weekly), model.Options{}).Params
	spend := model.EstimateSpend(model.Spenders(buyers), model.SpendOptions{}).Params
	median, _ := customer.FirstGapsOf(gaps).Median()
	late, _ := customer.FirstGapsOf(gaps).AmongBack(0.9)
	expect := rules.Scores{Version: rules.ScoresVersion, FittedAt: s.FittedAt, Purchases: &want, Spend: &spend, Margin: &margin, Discount: 0.15,
		RFM: customer.BoundariesOf(rfm), FirstGap: rules.FirstGap{Late: &late},
		Lifecycle: customer.Lifecycle{Model: customer.GapModel{R: want.R, Alpha: 7 * want.Alpha}, LapsedFirst: late}.WithDefaults()}
	if median > 0 {
		expect.FirstGap.Median = &median
	}
	if diff := cmp.Diff(s, expect); diff != "" {
		t.Errorf("-got +want\n%s", diff)
	}
}

// What came back whole is no purchase; until then it was one.
func TestLostOrders(t *testing.T) {
	t.Parallel()
	r := NewReader(100) // checked by what was known on day 10
	for _, o := range []Order{
		{Customer: 1, Day: 1, Minor: 100}, {Customer: 1, Day: 5, Lost: 30}, {Customer: 1, Day: 8, Minor: 50}, {Customer: 1, Day: 8, Minor: 70},
		{Customer: 1, Day: 50, Minor: 10}, {Customer: 1, Day: 50, Minor: 10}, {Customer: 1, Day: 60, Lost: 70},
		{Customer: 2, Day: 3, Lost: 20},
		{Customer: 3, Day: 40, Minor: 90},
	} {
		r.Add(o)
	}
	r.flush()
	if diff := cmp.Diff(r.customers, []model.Customer{{First: 1, Last: 50, Purchases: 3, RepeatMinor: 140}, {First: 40, Last: 40, Purchases: 1}}); diff != "" {
		t.Errorf("now: -got +want\n%s", diff)
	}
	if diff := cmp.Diff(r.before, []model.Customer{{First: 1, Last: 8, Purchases: 3, RepeatMinor: 120}, {First: 3, Last: 3, Purchases: 1}}); diff != "" {
		t.Errorf("on day 10: -got +want\n%s", diff)
	}
	if diff := cmp.Diff(r.came, []int{1, 0}); diff != "" {
		t.Errorf("since: -got +want\n%s", diff)
	}
	if diff := cmp.Diff(r.rfm, []customer.RFM{{Recency: 50, Frequency: 5, Monetary: 240}, {Recency: 60, Frequency: 1, Monetary: 90}}); diff != "" {
		t.Errorf("rfm: -got +want\n%s", diff)
	}
	if diff := cmp.Diff(r.gaps, map[customer.FirstGap]int64{{Days: 7, Back: true}: 1, {Days: 60}: 1}); diff != "" {
		t.Errorf("gaps: -got +want\n%s", diff)
	}
}

func TestRefits(t *testing.T) {
	t.Parallel()
	orders := shop(2, 4000, until+7, 0.25)
	upTo := func(day int) (list []Order) {
		for _, o := range orders {
			if o.Day <= day {
				list = append(list, o)
			}
		}
		return list
	}
	first := fit(upTo(until), until, Options{})
	next := fit(upTo(until+7), until+7, Options{Last: &first.Scores, Month: true})
	if !next.Accepted || next.Why != "" || !next.Evidence.Kept || next.Scores.RFM != first.Scores.RFM || next.Evidence.Moved >= model.MaxMove {
		t.Errorf("a week later: got accepted %t, %q, moved %v, boundaries kept %t", next.Accepted, next.Why, next.Evidence.Moved, next.Evidence.Kept)
	}
	month := fit(upTo(until+7), until+7, Options{Last: &first.Scores})
	if month.Evidence.Kept || month.Scores.RFM == first.Scores.RFM {
		t.Error("boundaries are of the first fit of a month")
	}

	// Another shop altogether.
	other := shop(3, 4000, until, 0.9)
	far := fit(other, until, Options{Last: &first.Scores})
	if far.Accepted || far.Why == "" || far.Evidence.Moved < model.MaxMove {
		t.Errorf("moved by %v: got accepted %t, %q", far.Evidence.Moved, far.Accepted, far.Why)
	}
	if said := fit(other, until, Options{Last: &first.Scores, Accept: true}); !said.Accepted || said.Why != far.Why {
		t.Errorf("a person says so: got accepted %t, %q", said.Accepted, said.Why)
	}
}

// A model whose forecast did not come true, or could not be tried, is doubted, and
// stages are then told by plainer signs.
func TestDoubt(t *testing.T) {
	t.Parallel()
	steady := shop(4, 4000, until, 0.25)
	var stopped, young []Order
	for _, o := range steady {
		if o.Day <= until-90 || o.Day%3 == 0 { // a third of what was forecast
			stopped = append(stopped, o)
		}
		if o.Day > until-85 {
			young = append(young, o)
		}
	}
	for _, test := range []struct {
		name   string
		orders []Order
		want   string
	}{
		{"forecasts that did not come true", stopped, "in its check the forecasts were off by 205 %, and 30 % is the most"},
		{"nothing to check by", young, "what was known 90 days before is too little to check a forecast by"},
		{"few orders", steady[:100], "there are 71 repeat purchases, and a model needs 200"},
	} {
		got := fit(test.orders, until, Options{})
		if !got.Accepted || got.Scores.Doubt != test.want {
			t.Errorf("%s: got accepted %t, %q", test.name, got.Accepted, got.Scores.Doubt)
		}
		if _, err := got.Scores.Buying(); err == nil || got.Scores.Lifecycle.Model.Known() || got.Scores.RFM.Customers == 0 {
			t.Errorf("%s: got %v, stages by %+v", test.name, err, got.Scores.Lifecycle)
		}
	}
}

// BenchmarkFit is of a shop of the size of the demo's.
func BenchmarkFit(b *testing.B) {
	orders := shop(5, 36_000, until, 0.12)
	b.ReportMetric(float64(len(orders)), "orders")
	var last Fitted
	for b.Loop() {
		last = fit(orders, until, Options{})
	}
	if math.IsNaN(last.Evidence.Alive) {
		b.Fatal(last)
	}
}
