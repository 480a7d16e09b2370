package rules

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	customers "github.com/rewave/rewave/internal/customer"
	"github.com/rewave/rewave/internal/model"
)

// fitted is a shop with the published parameters of CDNOW, money in cents.
func fitted(t testing.TB) Basis {
	margin, median, late := 0.3, 90.0, 120.0
	b := euro(t)
	b.Scores = &Scores{
		Version: ScoresVersion, FittedAt: instant(t, "2026-03-01T00:00:00Z"),
		Purchases: &model.Params{Version: model.Version, Kind: model.MBG, Unit: model.Week, R: 0.525, Alpha: 6.183, A: 0.891, B: 1.614},
		Spend:     &model.SpendParams{Version: model.Version, P: 6.25, Q: 3.74, V: 1544},
		Margin:    &margin, Discount: 0.15,
		RFM:       customers.Boundaries{Recency: customers.Quintiles{30, 60, 120, 200}, Frequency: customers.Quintiles{1, 2, 3, 5}, Monetary: customers.Quintiles{1000, 4000, 8000, 20000}, Customers: 100},
		FirstGap:  FirstGap{Median: &median, Late: &late},
		Lifecycle: customers.Lifecycle{Model: customers.GapModel{R: 0.525, Alpha: 7 * 6.183}, LapsedFirst: late}.WithDefaults(),
	}
	return b
}

// kim ordered on three days, the last 213 days after the first and 59 before now;
// the later two are worth 22.35 on average.
func kim(t testing.TB) []OrderFact {
	return []OrderFact{
		{At: instant(t, "2025-06-03T10:00:00Z"), Minor: 1000},
		{At: instant(t, "2025-06-03T21:59:59Z"), Minor: 500},  // still the 3rd in Berlin
		{At: instant(t, "2025-10-01T22:30:00Z"), Minor: 2000}, // already the 2nd
		{At: instant(t, "2026-01-02T10:00:00Z"), Minor: 2470},
	}
}

var lea = []string{"2025-06-03T10:00:00Z"} // ordered once

func TestWhatIsPredicted(t *testing.T) {
	t.Parallel()
	at, basis := instant(t, "2026-03-02T11:00:00Z"), fitted(t)
	of := func(facts []OrderFact) Env { return NewEnv(Customer{}, facts, at, basis) }
	env := map[string]Env{"kim": of(kim(t)), "lea": of([]OrderFact{{At: instant(t, lea[0]), Minor: 1500}}), "nobody": of(nil)}

	// Worked out from what the model says of one customer, by integrating over all rates and chances.
	for _, test := range []struct {
		text   string
		values [2]float64
	}{
		{text: "predicted.alive", values: [2]float64{0.7062150554621933, 0.3897430016160746}},
		{text: `predicted.orders("90d")`, values: [2]float64{0.472092247210676, 0.05546602600713589}},
		{text: "predicted.order_value", values: [2]float64{24.663713910761153, 35.21897810218978}},
		{text: "predicted.clv", values: [2]float64{11.091263287649255, 1.9572074532209236}},
		{text: "orders.gap_probability", values: [2]float64{0.5926482300583599, 0.3525654336280774}},
		{text: "orders.expected_gap", values: [2]float64{168.05311475409835, math.NaN()}},
		{text: "orders.trend", values: [2]float64{1, math.NaN()}},
		{text: "rfm.recency", values: [2]float64{4, 1}},
		{text: "rfm.frequency", values: [2]float64{4, 1}},
		{text: "rfm.monetary", values: [2]float64{3, 2}},
		{text: "lifecycle.days_in_stage", values: [2]float64{151, 150}},
	} {
		for i, who := range []string{"kim", "lea"} {
			want := test.values[i]
			if math.IsNaN(want) {
				continue
			}
			p := compile(t, fmt.Sprintf("abs(%s - %.17g) <= %v", test.text, want, want*1e-8), Options{})
			if got := outcome(p, env[who]); got != "true" {
				t.Errorf("%s of %s is not %v: %s; %v", test.text, who, want, got, p.Explain(env[who]))
			}
		}
	}
	for _, test := range []struct{ rule, kim, lea, nobody string }{
		{`rfm.cell == "443"`, "true", "false", "rfm.cell is unknown: there are no such orders"},
		{`lifecycle.stage == "growing" and lifecycle.since == "2025-10-02"`, "true", "false", "false"},
		{`lifecycle.stage == "lapsed" and lifecycle.since == "2025-10-03"`, "false", "true", "false"},
		{`lifecycle.stage == "prospect"`, "false", "false", "true"},
		{`lifecycle.since < at.on`, "true", "true", "lifecycle.since is unknown: the customer has not bought yet"},
		{`lifecycle.days_in_stage > 0`, "true", "true", "lifecycle.days_in_stage is unknown: the customer has not bought yet"},
		{"orders.trend > 0", "true", "orders.trend is unknown: there are no two days with such orders", "orders.trend is unknown: there are no two days with such orders"},
		{"orders.expected_gap > 0", "true", "orders.expected_gap is unknown: there are too few such orders to expect a next one", "orders.expected_gap is unknown: there are no such orders"},
		{"predicted.alive > 0", "true", "true", "predicted.alive is unknown: there are no such orders"},
		{`predicted.orders("1d") > 0`, "true", "true", "predicted.orders is unknown: there are no such orders"},
		{"predicted.order_value > 0", "true", "true", "predicted.order_value is unknown: there are no such orders"},
		{`orders.since("2025-10-02").gap_probability < orders.gap_probability`, "true", "orders.gap_probability is unknown: there are no such orders", "orders.gap_probability is unknown: there are no such orders"},
	} {
		p := compile(t, test.rule, Options{})
		for who, want := range map[string]string{"kim": test.kim, "lea": test.lea, "nobody": test.nobody} {
			if got := outcome(p, env[who]); got != want {
				t.Errorf("%s: %s: got %s, want %s", test.rule, who, got, want)
			}
		}
	}
}

// What was not fitted, or must not be used, is unknown and says why.
func TestPredictionsWithoutAModel(t *testing.T) {
	t.Parallel()
	all := []string{"predicted.alive > 0", `predicted.orders("90d") > 0`, "predicted.order_value > 0", "predicted.clv > 0", "orders.gap_probability > 0", "orders.expected_gap > 0",
		"rfm.recency > 1", `rfm.cell == "555"`, `lifecycle.stage == "prospect"`, "lifecycle.days_in_stage > 0"}
	say := func(change func(*Scores)) (got []string) {
		basis := fitted(t)
		if change == nil {
			basis.Scores = nil
		} else {
			change(basis.Scores)
		}
		for _, rule := range all {
			got = append(got, outcome(compile(t, rule, Options{}), NewEnv(Customer{}, kim(t), instant(t, "2026-03-02T11:00:00Z"), basis)))
		}
		return got
	}
	unknown := func(why string, which string) (want []string) {
		for i, rule := range all {
			name, _, _ := cutAny(rule)
			switch which[i] {
			case '?':
				want = append(want, name+" is unknown: "+why)
			case '0':
				want = append(want, "false")
			default:
				want = append(want, "true")
			}
		}
		return want
	}
	for _, test := range []struct {
		name   string
		change func(*Scores)
		want   []string
	}{
		{"nothing was fitted", nil, unknown("no model was fitted", "??????????")},
		{"another version", func(s *Scores) { s.Version = 99 }, unknown("no model was fitted", "??????????")},
		{"purchases in doubt", func(s *Scores) { s.Doubt = "forecasts are off" }, unknown("forecasts are off", "??1???1001")},
		{"before the first fit", func(s *Scores) { *s = Scores{Missing: "no model was fitted by then"} }, unknown("no model was fitted by then", "??????????")},
		{"nobody leaves", func(s *Scores) { s.Purchases.Kind, s.Purchases.A, s.Purchases.B = model.NBD, 0, 0 },
			unknown("in these data nobody is ever seen to leave", "?111111001")},
		{"no purchases", func(s *Scores) { s.Purchases = nil }, unknown("no model was fitted", "??1???1001")},
		{"no money", func(s *Scores) { s.Spend, s.SpendDoubt = nil, "too few spenders" }, unknown("too few spenders", "11??111001")},
		{"no margin", func(s *Scores) { s.Margin = nil }, unknown("the shop's margin is not known", "111?111001")},
		{"no boundaries", func(s *Scores) { s.RFM = customers.Boundaries{} }, unknown("no customers were compared", "111111??01")},
	} {
		if diff := cmp.Diff(say(test.change), test.want); diff != "" {
			t.Errorf("%s: -got +want\n%s", test.name, diff)
		}
	}
}

// cutAny is the member that a rule begins with.
func cutAny(rule string) (member, rest string, found bool) {
	for i, r := range rule {
		if r == ' ' || r == '(' {
			return rule[:i], rule[i:], true
		}
	}
	return rule, "", false
}

func TestPredictionsFromTotals(t *testing.T) {
	t.Parallel()
	at, basis := instant(t, "2026-03-02T11:00:00Z"), fitted(t)
	full := NewEnv(Customer{}, kim(t), at, basis)
	totals := NewTotalsEnv(Customer{}, full.root.Orders.totals(kim(t)), at, basis)
	for _, text := range []string{"predicted.alive", `predicted.orders("90d")`, "predicted.order_value", "predicted.clv", "orders.gap_probability", "orders.expected_gap",
		"rfm.recency", "rfm.frequency", "rfm.monetary"} {
		p := compile(t, "abs("+text+") > 0", Options{})
		if !p.Needs().TotalsOnly() || !p.Needs().Scores {
			t.Errorf("%s needs %+v", text, p.Needs())
		}
		if got, want := p.Explain(totals)[0].String(), p.Explain(full)[0].String(); got != want || p.Explain(full)[0].Err != nil {
			t.Errorf("from totals %s, from orders %s", got, want)
		}
	}
	for rule, want := range map[string]string{
		"orders.trend > 0":             "orders.trend is unknown: the history of orders was not loaded",
		`lifecycle.stage == "growing"`: "lifecycle.stage is unknown: the history of orders was not loaded",
	} {
		p := compile(t, rule, Options{})
		if got := outcome(p, totals); got != want || !p.Needs().History {
			t.Errorf("%s: got %s, want %s", rule, got, want)
		}
	}
	if needs := compile(t, "orders.trend > 0", Options{}).Needs(); needs.Scores {
		t.Error("a trend is of the customer alone")
	}
}

// A customer whose older orders are known by their totals is predicted the same.
func TestPredictionsOfManyOrders(t *testing.T) {
	t.Parallel()
	at, basis := instant(t, "2026-03-02T11:00:00Z"), fitted(t)
	facts := make([]OrderFact, MaxOrders+700)
	for i := range facts {
		facts[i] = OrderFact{At: at.Add(time.Duration(i-len(facts)) * 7 * time.Hour), Minor: int64(100 + i)}
	}
	env := NewEnv(Customer{}, facts, at, basis)
	m := &moment{at: at, basis: basis}
	totals := NewTotalsEnv(Customer{}, m.totals(facts), at, basis)
	for _, text := range []string{"predicted.alive", "predicted.order_value", "orders.expected_gap"} {
		p := compile(t, text+" > 0", Options{})
		if got, want := p.Explain(env)[0].String(), p.Explain(totals)[0].String(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	for _, facts := range [][]OrderFact{facts[:1], facts[:3], facts[:5]} { // the first day alone, and a day more
		if got, want := compile(t, "predicted.order_value > 0", Options{}).Explain(NewEnv(Customer{}, facts, at, basis))[0].String(),
			compile(t, "predicted.order_value > 0", Options{}).Explain(NewTotalsEnv(Customer{}, m.totals(facts), at, basis))[0].String(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if got, want := outcome(compile(t, `lifecycle.stage == "mature"`, Options{}), env), "lifecycle.stage is unknown: it looks beyond the newest orders that are read one by one (1000)"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// The stage of a rule is what an evaluation on every day would have come to.
func TestStagesDayByDay(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(7, 7))
	basis := fitted(t)
	start := instant(t, "2024-01-01T12:00:00Z")
	stage := compileText(t, "lifecycle.stage")
	for range 60 {
		var facts []OrderFact
		var days []int
		day := 0
		for range 1 + random.IntN(8) {
			at := start.AddDate(0, 0, day)
			facts = append(facts, OrderFact{At: at, Minor: 100})
			days = append(days, int(basis.Day(at)))
			day += random.IntN(120)
		}
		now := facts[len(facts)-1].At.AddDate(0, 0, random.IntN(400))
		var state customers.State
		for d := days[0]; d <= int(basis.Day(now)); d++ {
			ordered := false
			for _, x := range days {
				ordered = ordered || x == d
			}
			state = customers.Next(state, basis.Scores.Lifecycle.Today(days, d), ordered, d)
		}
		env := NewEnv(Customer{}, facts, now, basis)
		got, err := stage.Text(env)
		if err != nil || got != string(state.Stage) {
			t.Errorf("days %v until %s: got %s, %v; want %s", days, now, got, err, state.Stage)
		}
		since := compile(t, fmt.Sprintf("days_since(lifecycle.since) == %d and lifecycle.days_in_stage == %[1]d", int(basis.Day(now))-state.Since), Options{})
		if got := outcome(since, env); got != "true" {
			t.Errorf("days %v until %s: since %d: %s", days, now, state.Since, got)
		}
	}
}

func compileText(t testing.TB, text string) *TextProgram {
	t.Helper()
	p, faults := CompileText(text, Options{})
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	return p
}

func TestPredictionsAreWrittenSo(t *testing.T) {
	t.Parallel()
	for rule, want := range map[string]string{
		`orders.of("food").gap_probability < 0.1`: "1:19: orders.gap_probability is of whole orders, not of some of their lines (leave of(...), of_sku(...) and of_role(...) away)",
		`orders.of("food").in("9d").trend < 0.1`:  "1:28: orders.trend is of whole orders, not of some of their lines (leave of(...), of_sku(...) and of_role(...) away)",
		`predicted.orders("800d") > 1`:            `1:18: predicted.orders does not look so far ahead (write at most "730d")`,
		`predicted.orders(90) > 1`:                `1:18: predicted.orders takes a duration, not a number (as in predicted.orders("90d"))`,
		`rfm == "555"`:                            `1:1: "rfm" as a whole cannot be compared with "==" (name a part of it, as in rfm.recency)`,
		`lifecycle.stge == "x"`:                   `1:11: lifecycle has no field "stge" (did you mean "stage"?)`,
		`clv > 1`:                                 `1:1: there is no "clv" (did you mean "predicted.clv"?)`,
	} {
		_, faults := Compile(rule, Options{})
		if got := faults.Error(); got != want {
			t.Errorf("%s: got %s, want %s", rule, got, want)
		}
	}
}

// Scores come back from JSON as they were, to the bit.
func TestScoresAreKept(t *testing.T) {
	t.Parallel()
	want := fitted(t).Scores
	want.Purchases.R = 1.0 / 3
	data, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got Scores
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(&got, want); diff != "" {
		t.Errorf("-got +want\n%s", diff)
	}
}

func BenchmarkPredictions(b *testing.B) {
	at, basis := instant(b, "2026-03-02T11:00:00Z"), fitted(b)
	m := &moment{at: at, basis: basis}
	t := m.totals(kim(b))
	for _, text := range []string{"predicted.alive", `predicted.orders("90d")`, "predicted.clv", "orders.gap_probability", "rfm.recency"} {
		b.Run(text, func(b *testing.B) {
			p := compile(b, text+" > 0", Options{})
			var room Room
			b.ReportAllocs()
			for b.Loop() {
				if _, err := p.Match(room.NewTotalsEnv(Customer{}, t, at, basis)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
