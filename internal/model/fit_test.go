package model_test

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rewave/rewave/internal/model"
)

// shop makes up customers who buy and leave as the parameters say: weeks of
// history, first purchases evenly in the first half of it.
func shop(p model.Params, n, weeks int, seed uint64) (customers []model.Customer, until int) {
	random := rand.New(rand.NewPCG(seed, 0))
	until = weeks * 7
	for range n {
		first := random.IntN(until / 2)
		rate, chance := gamma(random, p.R)/p.Alpha, 0.0
		if p.Kind != model.NBD {
			a, b := gamma(random, p.A), gamma(random, p.B)
			chance = a / (a + b)
		}
		level := 4000 / gamma(random, 3.7) // of what the customer spends
		c := model.Customer{First: first, Last: first, Purchases: 1}
		at := float64(first)
		alive := p.Kind != model.MBG || random.Float64() >= chance
		for alive {
			at += random.ExpFloat64() / rate * 7
			if at >= float64(until) {
				break
			}
			if day := int(at); day > c.Last {
				c.Last = day
				c.Purchases++
				c.RepeatMinor += int64(level * gamma(random, 6))
			}
			alive = random.Float64() >= chance
		}
		customers = append(customers, c)
	}
	return customers, until
}

// gamma draws from a gamma distribution of scale one (Marsaglia and Tsang 2000).
func gamma(random *rand.Rand, shape float64) float64 {
	if shape < 1 {
		return gamma(random, shape+1) * math.Pow(random.Float64(), 1/shape)
	}
	d := shape - 1.0/3
	c := 1 / math.Sqrt(9*d)
	for {
		x := random.NormFloat64()
		v := math.Pow(1+c*x, 3)
		if v > 0 && math.Log(random.Float64()) < x*x/2+d*(1-v+math.Log(v)) {
			return d * v
		}
	}
}

var truth = model.Params{Version: 1, Kind: model.MBG, Unit: model.Week, R: .8, Alpha: 9, A: 1, B: 3}

func TestGradients(t *testing.T) {
	t.Parallel()
	customers, until := shop(truth, 300, 60, 1)
	d := model.Group(customers, until, model.Daily)
	var spenders []model.Spender
	for _, s := range model.Spenders(customers) {
		spenders = append(spenders, model.Spender{X: s.X, Mean: s.Mean / 3000})
	}
	random := rand.New(rand.NewPCG(4, 4))
	for _, f := range []struct {
		name string
		size int
		at   func(theta, grad []float64) float64
	}{
		{"mbg", 4, func(theta, grad []float64) float64 { return model.MeanLogLikelihood(model.MBG, d, theta, grad) }},
		{"bg", 4, func(theta, grad []float64) float64 { return model.MeanLogLikelihood(model.BG, d, theta, grad) }},
		{"nbd", 2, func(theta, grad []float64) float64 { return model.MeanLogLikelihood(model.NBD, d, theta, grad) }},
		{"money", 3, func(theta, grad []float64) float64 { return model.MeanSpendLogLikelihood(spenders, theta, grad) }},
	} {
		for range 20 {
			theta, grad, none := make([]float64, f.size), make([]float64, f.size), make([]float64, f.size)
			for i := range theta {
				theta[i] = random.NormFloat64()
			}
			f.at(theta, grad)
			for i := range theta {
				const h = 1e-5
				above, below := slices.Clone(theta), slices.Clone(theta)
				above[i] += h
				below[i] -= h
				difference := (f.at(above, none) - f.at(below, none)) / (2 * h)
				if math.Abs(difference-grad[i]) > 1e-7*max(1, math.Abs(grad[i])) {
					t.Errorf("%s at %v by %d: %.10g, by difference %.10g", f.name, theta, i, grad[i], difference)
				}
			}
		}
	}
}

// Customers who behave as the model says are found again, within what the standard
// errors allow.
func TestAKnownShopIsFoundAgain(t *testing.T) {
	t.Parallel()
	for _, kind := range []model.Kind{model.MBG, model.BG} {
		made := truth
		made.Kind = kind
		customers, until := shop(made, 20_000, 104, 7)
		fit := model.Estimate(model.Group(customers, until, model.Daily), model.Options{Kind: kind})
		se, ok := fit.Params.Errors()
		if !fit.Converged || !ok {
			t.Fatalf("%s: %+v", kind, fit)
		}
		for i, v := range []float64{fit.Params.R - made.R, fit.Params.Alpha - made.Alpha, fit.Params.A - made.A, fit.Params.B - made.B} {
			// Several orders of a day are one, which the model does not know.
			if math.Abs(v) > 4*se[i] {
				t.Errorf("%s parameter %d is %.3f off, standard error %.3f", kind, i, v, se[i])
			}
		}
	}
}

func TestTheOrderOfCustomersDoesNotMatter(t *testing.T) {
	t.Parallel()
	customers, until := shop(truth, 2_000, 60, 3)
	one := model.Estimate(model.Group(customers, until, model.Daily), model.Options{})
	slices.Reverse(customers)
	other := model.Estimate(model.Group(customers, until, model.Daily), model.Options{})
	if diff := cmp.Diff(one, other); diff != "" {
		t.Error(diff)
	}
}

func TestParametersSurviveJSON(t *testing.T) {
	t.Parallel()
	customers, until := shop(truth, 2_000, 60, 3)
	want := model.Estimate(model.Group(customers, until, model.Daily), model.Options{}).Params
	text, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got model.Params
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(got, want); diff != "" || got.Check() != nil {
		t.Errorf("%v %s", got.Check(), diff)
	}
}

func codes(warnings []model.Warning) (list []model.Code) {
	for _, w := range warnings {
		list = append(list, w.Code)
	}
	return list
}

// Each way in which a fit can fail says so, and does what it says.
func TestWarnings(t *testing.T) {
	t.Parallel()
	alike := func(n int) (list []model.History) { // everybody at the same pace, some gone at the same chance
		for i := range n {
			h := history(10, 50, 52)
			if i%5 == 0 {
				h = history(5, 25, 52)
			}
			list = append(list, h)
		}
		return list
	}
	nobody := truth
	nobody.Kind, nobody.R, nobody.Alpha = model.NBD, 1.2, 5
	loyal, loyalUntil := shop(nobody, 3_000, 60, 2)
	some, until := shop(truth, 2_000, 60, 3)
	for _, test := range []struct {
		name    string
		data    model.Data
		options model.Options
		kind    model.Kind // "" where nothing is fitted
		want    []model.Code
	}{
		{"nobody came back", model.GroupHistories(slices.Repeat([]model.History{history(0, 0, 30)}, 9_000)), model.Options{}, "", []model.Code{model.TooFew}},
		{"199 repeats", model.GroupHistories(slices.Repeat([]model.History{history(1, 10, 30)}, 199)), model.Options{}, "", []model.Code{model.TooFew}},
		{"nothing at all", model.Group(nil, 0, model.Daily), model.Options{}, "", []model.Code{model.TooFew}},
		{"nobody is ever gone", model.Group(loyal, loyalUntil, model.Daily), model.Options{}, model.NBD, []model.Code{model.NoChurn}},
		{"everybody alike", model.GroupHistories(alike(2_000)), model.Options{}, model.MBG, []model.Code{model.Homogeneous, model.Flat}},
		{"a BG/NBD", model.Group(some, until, model.Daily), model.Options{Kind: model.BG}, model.BG, []model.Code{model.OneTimeAlive}},
		{"treated customers", model.Group(some, until, model.Daily), model.Options{Treated: 12}, model.MBG, []model.Code{model.Treated}},
		{"bad rows", model.Group(append(slices.Clone(some),
			model.Customer{First: until, Last: until, Purchases: 1}, // today for the first time
			model.Customer{First: 3, Last: 3, Purchases: 2},         // twice on one day
			model.Customer{First: 3, Last: until + 1, Purchases: 2}, // tomorrow
			model.Customer{First: 3, Last: 8, Purchases: 1},         // no repeat, yet time
			model.Customer{First: 3, Last: 3}), until, model.Daily), model.Options{}, model.MBG, []model.Code{model.ImpossibleRows}},
		{"nothing wrong", model.Group(some, until, model.Daily), model.Options{}, model.MBG, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			fit := model.Estimate(test.data, test.options)
			if diff := cmp.Diff(codes(fit.Warnings), test.want); diff != "" {
				t.Errorf("warnings (-got +want):\n%s%v", diff, fit)
			}
			if fit.Ready != (test.kind != "") || fit.Params.Kind != test.kind {
				t.Errorf("ready %v, kind %q, want %q", fit.Ready, fit.Params.Kind, test.kind)
			}
			if fit.Ready && fit.Params.Check() != nil {
				t.Errorf("%v: %+v", fit.Params.Check(), fit.Params)
			}
		})
	}
	bad := model.Group([]model.Customer{{First: 9, Last: 9, Purchases: 1}, {First: 3, Last: 3, Purchases: 2}, {First: 3, Last: 8, Purchases: 2}}, 9, model.Daily)
	if want := (model.Rejected{New: 1, Impossible: 1}); bad.Rejected != want || bad.Customers != 1 {
		t.Errorf("rejected %+v of %d", bad.Rejected, bad.Customers)
	}
}

func TestWarningsOfMoney(t *testing.T) {
	t.Parallel()
	spenders := func(n int, mean func(i, x int) float64) (list []model.Spender) {
		for i := range n {
			list = append(list, model.Spender{X: 1 + i%7, Mean: mean(i, 1+i%7)})
		}
		return list
	}
	random := rand.New(rand.NewPCG(6, 6))
	usual := func(_, x int) float64 {
		return 4000 / gamma(random, 3.7) * gamma(random, 6*float64(x)) / float64(x)
	}
	for _, test := range []struct {
		name string
		list []model.Spender
		want []model.Code
	}{
		{"99 spenders", spenders(99, usual), []model.Code{model.TooFewSpenders}},
		{"money follows frequency", spenders(2_000, func(i, x int) float64 { return usual(i, x) * (.5 + float64(x)/4) }), []model.Code{model.Correlated}},
		{"all the same price", spenders(2_000, func(int, int) float64 { return 1995 }), []model.Code{model.Homogeneous, model.Flat}},
		{"nothing wrong", spenders(2_000, func(i, x int) float64 { return usual(i, x) }), nil},
	} {
		fit := model.EstimateSpend(test.list, model.SpendOptions{})
		if diff := cmp.Diff(codes(fit.Warnings), test.want); diff != "" {
			t.Errorf("%s (-got +want):\n%s%+v", test.name, diff, fit)
		}
		if fit.Ready {
			if err := fit.Params.Check(); err != nil {
				t.Errorf("%s: %v %+v", test.name, err, fit)
			}
		}
	}
	capped := model.EstimateSpend(append(spenders(999, usual), model.Spender{X: 1, Mean: 1e9}), model.SpendOptions{})
	if mean := capped.Params.Mean(0, 0); capped.Cap > 1e5 || mean < 8_000 || mean > 10_000 { // it is 4000·6/2.7
		t.Errorf("one wholesale order: cap %.0f, mean %.0f", capped.Cap, capped.Params.Mean(0, 0))
	}
}

func TestRefit(t *testing.T) {
	t.Parallel()
	customers, until := shop(truth, 20_000, 80, 9)
	d := model.Group(customers, until, model.Daily)
	cold := model.Estimate(d, model.Options{})
	warm := model.Again(d, cold.Params, model.Options{})
	if !warm.Accepted || warm.Iterations > 6 || warm.Moved > 1e-4 {
		t.Errorf("the same data: %+v", warm)
	}
	t.Logf("cold %d iterations, warm %d", cold.Iterations, warm.Iterations)
	others, _ := shop(truth, 20_000, 80, 10)
	if got := model.Again(model.Group(others, until, model.Daily), cold.Params, model.Options{}); !got.Accepted || got.Moved == 0 {
		t.Errorf("other customers of the kind: %+v", got)
	}
	far := cold.Params
	far.Alpha *= 2
	if got := model.Again(d, far, model.Options{}); got.Accepted || got.Why != fmt.Sprintf("a parameter moved by %.0f %%", 100*got.Moved) {
		t.Errorf("twice as far: %+v", got)
	}
	if got := model.Again(model.Group(customers[:50], until, model.Daily), cold.Params, model.Options{}); got.Accepted || got.Why != "there are too few data to fit" {
		t.Errorf("few data: %+v", got)
	}
	if got := model.Again(d, published, model.Options{Kind: model.MBG}); got.Accepted || got.Why != "it is of the model MBG/NBD, and the last is of BG/NBD" {
		t.Errorf("another kind: %+v", got)
	}
}

func TestCalibrationDecides(t *testing.T) {
	t.Parallel()
	p := truth
	var right, wrong, few []model.Outcome
	random := rand.New(rand.NewPCG(5, 5))
	for i := range 20_000 {
		h := history(0, 0, float64(10+i%40))
		if i%3 == 0 {
			h = history(1+i%5, h.T*.8, h.T)
		}
		came := 0
		for e := p.Expected(h, 26); e > 0; e-- { // its mean is what is expected
			if random.Float64() < e {
				came++
			}
		}
		right = append(right, model.Outcome{History: h, Actual: came})
		wrong = append(wrong, model.Outcome{History: h, Actual: 2 * came})
	}
	for i := range 50 {
		few = append(few, model.Outcome{History: right[i].History, Actual: 1})
	}
	for _, test := range []struct {
		name   string
		of     []model.Outcome
		usable bool
		want   []model.Code
	}{
		{"as forecast", right, true, nil},
		{"twice as much", wrong, false, []model.Code{model.CalibrationOff}},
		{"50 purchases", few, false, []model.Code{model.CalibrationThin}},
		{"nobody", nil, false, []model.Code{model.CalibrationThin}},
	} {
		c := p.Calibrate(test.of, 26)
		if c.Usable != test.usable || cmp.Diff(codes(c.Warnings), test.want) != "" || math.IsNaN(c.DecileError+c.MAE+c.RMSE+c.Correlation) {
			t.Errorf("%s: %+v", test.name, c)
		}
		if len(c.ByDecile) != 10 || len(c.ByX) != 8 {
			t.Errorf("%s: %d deciles, %d rows by frequency", test.name, len(c.ByDecile), len(c.ByX))
		}
	}
}
