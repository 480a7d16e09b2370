package model_test

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/rewave/rewave/internal/model"
)

// cdnow is the tenth of the CDNOW cohort on which the models were published.
type cdnow struct {
	ids       []string
	customers []model.Customer // up to the last day of the calibration
	outcomes  []model.Outcome  // of the 39 weeks after it
	ref       struct {
		Tolerance string
		Sample    struct {
			Customers       int
			CustomersRepeat int     `json:"customers_with_repeat"`
			Repeats         int     `json:"repeat_in_calibration"`
			HoldoutWeeks    float64 `json:"holdout_weeks"`
			Actual          int     `json:"holdout_actual_transactions"`
			BG              struct {
				R, Alpha, A, B float64
				LL             float64   `json:"log_likelihood"`
				Forecast       float64   `json:"holdout_forecast"`
				MAE, RMSE      float64   `json:",omitempty"`
				Corr           float64   `json:"corr"`
				New            []float64 `json:"expected_purchases_new_customer_39_and_52_weeks"`
				NoRepeat       float64   `json:"expected_customers_with_no_repeat"`
			} `json:"bg_nbd"`
			GG struct {
				P, Q, V float64
				LL      float64 `json:"log_likelihood"`
				Mean    float64 `json:"population_mean"`
			} `json:"gamma_gamma"`
			ByX map[string]struct {
				Customers int
				Actual    float64
				BG        float64 `json:"bg_nbd"`
			} `json:"holdout_by_calibration_frequency"`
			Tracking []struct {
				Week int
				BG   float64 `json:"bg_nbd"`
			} `json:"cumulative_repeat_tracking"`
			Named map[string]struct {
				X         int
				Tx        float64 `json:"t_x"`
				T         float64
				Zbar      float64
				Alive     float64 `json:"bg_palive"`
				Cond      float64 `json:"bg_cond"`
				Cond52    float64 `json:"bg_cond_52_weeks"`
				SpendMean float64 `json:"gg_mean"`
			} `json:"named_customers"`
			Sums map[string]float64 `json:"per_customer_sums"`
		}
	}
}

// at is a day as a number.
func at(t testing.TB, text string) int {
	t.Helper()
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		t.Fatal(err)
	}
	return int(day.Unix() / 86_400)
}

func readCDNOW(t testing.TB) cdnow {
	t.Helper()
	folder := os.Getenv("REWAVE_DATA")
	if folder == "" {
		t.Skip("NOT RUN: set REWAVE_DATA to the folder of real data sets to hold the models against cdnow/reference.json")
	}
	var c cdnow
	text, err := os.ReadFile(filepath.Join(folder, "cdnow", "reference.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &c.ref); err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(filepath.Join(folder, "cdnow", "cdnow_sample.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	until := at(t, "1997-09-30")
	last, index := "", map[string]int{}
	days := map[string]bool{}
	for _, row := range rows[1:] { // sample_id, date and amount of rows in their order
		id, day := row[1], at(t, row[2])
		amount, err := strconv.ParseFloat(row[4], 64)
		if err != nil {
			t.Fatal(err)
		}
		if id != last {
			last, index[id] = id, len(c.customers)
			c.ids = append(c.ids, id)
			c.customers = append(c.customers, model.Customer{First: day, Last: day})
			c.outcomes = append(c.outcomes, model.Outcome{})
		}
		i := index[id]
		k, another := &c.customers[i], !days[id+row[2]]
		days[id+row[2]] = true
		if day > until {
			if another {
				c.outcomes[i].Actual++
			}
			continue
		}
		k.Last = day
		if another {
			k.Purchases++
		}
		if day > k.First {
			k.RepeatMinor += int64(math.Round(amount * 100))
		}
	}
	for i, k := range c.customers {
		c.outcomes[i].History = k.At(until)
	}
	return c
}

// fitted holds an independent fit to within what the data's README allows.
const fitted = 1e-3

func TestCDNOW(t *testing.T) {
	t.Parallel()
	c := readCDNOW(t)
	ref := c.ref.Sample
	d := model.Group(c.customers, at(t, "1997-09-30"), model.Daily)
	if d.Customers != ref.Customers || d.Repeats != ref.Repeats || d.Repeaters != ref.CustomersRepeat || d.Rejected != (model.Rejected{}) {
		t.Fatalf("read %d customers, %d repeats of %d, rejected %v", d.Customers, d.Repeats, d.Repeaters, d.Rejected)
	}
	fit := model.Estimate(d, model.Options{Kind: model.BG})
	p := fit.Params
	near(t, "r", p.R, ref.BG.R, fitted)
	near(t, "alpha", p.Alpha, ref.BG.Alpha, fitted)
	near(t, "a", p.A, ref.BG.A, fitted)
	near(t, "b", p.B, ref.BG.B, fitted)
	if math.Abs(p.LogLikelihood-ref.BG.LL) > .01 || p.LogLikelihood < ref.BG.LL-1e-6 {
		t.Errorf("log-likelihood %f, want at least %f", p.LogLikelihood, ref.BG.LL)
	}
	if !fit.Converged || fit.Iterations > 40 || fit.Gradient > 1e-6 {
		t.Errorf("converged %v after %d iterations at a gradient of %g", fit.Converged, fit.Iterations, fit.Gradient)
	}
	t.Logf("BG/NBD %d iterations, gradient %.1e, r %.7f alpha %.7f a %.7f b %.7f, %.6f", fit.Iterations, fit.Gradient, p.R, p.Alpha, p.A, p.B, p.LogLikelihood)

	// The rest is of the parameters of the reference, so that it is exact.
	p = model.Params{Version: 1, Kind: model.BG, Unit: model.Week, R: ref.BG.R, Alpha: ref.BG.Alpha, A: ref.BG.A, B: ref.BG.B}
	cal := p.Calibrate(c.outcomes, ref.HoldoutWeeks)
	const exact = 1e-6
	near(t, "forecast", cal.Predicted, ref.BG.Forecast, exact)
	near(t, "mae", cal.MAE, ref.BG.MAE, exact)
	near(t, "rmse", cal.RMSE, ref.BG.RMSE, exact)
	near(t, "correlation", cal.Correlation, ref.BG.Corr, exact)
	if cal.Actual != ref.Actual || !cal.Usable {
		t.Errorf("actual %d, want %d; usable %v", cal.Actual, ref.Actual, cal.Usable)
	}
	for _, row := range cal.ByX {
		want := ref.ByX[row.Group]
		n := float64(want.Customers)
		near(t, "by frequency "+row.Group, row.Predicted, want.BG*n, exact)
		if row.Customers != want.Customers || math.Abs(float64(row.Actual)-want.Actual*n) > 1e-6 {
			t.Errorf("by frequency %s: %d customers, %d purchases, want %d and %f", row.Group, row.Customers, row.Actual, want.Customers, want.Actual*n)
		}
	}
	for i, weeks := range []float64{39, 52} {
		near(t, "of a new customer", p.Expected(model.History{}, weeks), ref.BG.New[i], exact)
	}
	var silent, alive float64
	for _, o := range c.outcomes {
		silent += math.Pow(p.Alpha/(p.Alpha+o.T), p.R)
		alive += p.Alive(o.History)
	}
	near(t, "without a repeat", silent, ref.BG.NoRepeat, exact)
	near(t, "alive", alive, ref.Sums["bg_palive"], exact)
	for _, mark := range ref.Tracking {
		var sum float64
		for _, k := range c.customers {
			sum += p.Expected(model.History{}, float64(at(t, "1997-01-01")-1+7*mark.Week-k.First)/7)
		}
		near(t, fmt.Sprintf("up to week %d", mark.Week), sum, mark.BG, exact)
	}
	for id, want := range ref.Named {
		h := history(want.X, want.Tx, want.T)
		near(t, id+" alive", p.Alive(h), want.Alive, exact)
		near(t, id+" in 39 weeks", p.Expected(h, 39), want.Cond, exact)
		near(t, id+" in 52 weeks", p.Expected(h, 52), want.Cond52, exact)
	}
}

// The same with weeks of two decimals, as the data are published, against fits that
// were computed with scipy 1.10; the optimum does not depend on the unit of time.
func TestCDNOWAsPublished(t *testing.T) {
	t.Parallel()
	c := readCDNOW(t)
	histories := make([]model.History, len(c.outcomes))
	for i, o := range c.outcomes {
		histories[i] = history(o.X, math.Round(o.Tx*100)/100, math.Round(o.T*100)/100)
	}
	d := model.GroupHistories(histories)
	if len(d.Triples) != 1016 {
		t.Errorf("%d triples, want 1016", len(d.Triples))
	}
	near(t, "the published ones", published.LogLikelihoodOf(d), -9582.426831, 1e-9)
	for _, test := range []struct {
		kind              model.Kind
		r, alpha, a, b, l float64
	}{
		{model.BG, .2425929, 4.4135315, .7928861, 2.4257535, -9582.425561},
		{model.MBG, .5248380, 6.1829920, .8913562, 1.6139993, -9582.132685},
	} {
		fit := model.Estimate(d, model.Options{Kind: test.kind})
		p := fit.Params
		near(t, "r", p.R, test.r, 1e-5)
		near(t, "alpha", p.Alpha, test.alpha, 1e-5)
		near(t, "a", p.A, test.a, 1e-5)
		near(t, "b", p.B, test.b, 1e-5)
		near(t, "log-likelihood", p.LogLikelihood, test.l, 1e-9)
		se, ok := p.Errors()
		t.Logf("%s: %d iterations, gradient %.1e, se %v %v", test.kind, fit.Iterations, fit.Gradient, se, ok)
	}
}

func TestCDNOWMoney(t *testing.T) {
	t.Parallel()
	c := readCDNOW(t)
	ref := c.ref.Sample
	fit := model.EstimateSpend(model.Spenders(c.customers), model.SpendOptions{Cap: 1})
	s := fit.Params
	near(t, "p", s.P, ref.GG.P, fitted)
	near(t, "q", s.Q, ref.GG.Q, fitted)
	near(t, "v", s.V/100, ref.GG.V, fitted)
	near(t, "mean", s.Mean(0, 0)/100, ref.GG.Mean, fitted)
	dollars := s.LogLikelihood + float64(s.Customers)*math.Log(100)
	if math.Abs(dollars-ref.GG.LL) > .01 || s.Customers != 946 || !fit.Converged {
		t.Errorf("log-likelihood %f of %d customers, want %f", dollars, s.Customers, ref.GG.LL)
	}
	near(t, "correlation", s.Correlation, .1138839105, 1e-4) // computed with means of two decimals
	given := model.SpendParams{Version: 1, P: ref.GG.P, Q: ref.GG.Q, V: ref.GG.V}
	var sum float64
	for _, k := range c.customers {
		sum += given.Mean(k.Purchases-1, k.Mean()/100)
	}
	near(t, "the sum of all", sum, ref.Sums["gg_mean"], 1e-6)
	for id, want := range ref.Named {
		near(t, id, given.Mean(want.X, want.Zbar), want.SpendMean, 1e-6)
	}
	t.Logf("p %.6f q %.6f v %.6f, %.6f, mean %.5f", s.P, s.Q, s.V/100, dollars, s.Mean(0, 0)/100)
}

// Whole weeks cost little of the parameters.
func TestCDNOWByWeek(t *testing.T) {
	t.Parallel()
	c := readCDNOW(t)
	until := at(t, "1997-09-30")
	for _, kind := range []model.Kind{model.BG, model.MBG} {
		daily := model.Estimate(model.Group(c.customers, until, model.Daily), model.Options{Kind: kind}).Params
		weekly := model.Estimate(model.Group(c.customers, until, model.Weekly), model.Options{Kind: kind}).Params
		t.Logf("%s: %.4f %.4f %.4f %.4f by day, %.4f %.4f %.4f %.4f by week", kind, daily.R, daily.Alpha, daily.A, daily.B, weekly.R, weekly.Alpha, weekly.A, weekly.B)
		near(t, "r", weekly.R, daily.R, .03)
		near(t, "alpha", weekly.Alpha, daily.Alpha, .03)
		near(t, "a", weekly.A, daily.A, .03)
		near(t, "b", weekly.B, daily.B, .03)
	}
}

// A band is around the value, and the same each time.
func TestCDNOWBand(t *testing.T) {
	t.Parallel()
	c := readCDNOW(t)
	fit := model.Estimate(model.Group(c.customers, at(t, "1997-09-30"), model.Daily), model.Options{})
	spend := model.EstimateSpend(model.Spenders(c.customers), model.SpendOptions{})
	draws, ok := model.NewDraws(fit.Params, spend.Params)
	if !ok {
		t.Fatal("no draws")
	}
	terms, h := model.Terms{Weeks: 52, Discount: .15, Margin: .3}, history(2, 30.43, 38.86)
	value := terms.Value(fit.Params, spend.Params, h, 2235)
	low, high := draws.Band(terms, h, 2235)
	if !(low < value && value < high) || high-low > value {
		t.Errorf("%f in (%f, %f)", value, low, high)
	}
	again, _ := model.NewDraws(fit.Params, spend.Params)
	if l, h := again.Band(terms, h, 2235); l != low || h != high {
		t.Errorf("the band moved to (%f, %f)", l, h)
	}
	t.Logf("%.2f, 80 %% band %.2f to %.2f", value/100, low/100, high/100)
}
