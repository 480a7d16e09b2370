package model_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/rewave/rewave/internal/model"
)

// The published estimates for CDNOW: Fader, Hardie and Lee 2005; and those of the
// MBG/NBD rounded alike. Figures of single customers were computed independently
// with scipy 1.10.
var (
	published    = model.Params{Version: 1, Kind: model.BG, Unit: model.Week, R: .243, Alpha: 4.414, A: .793, B: 2.426}
	publishedMBG = model.Params{Version: 1, Kind: model.MBG, Unit: model.Week, R: .525, Alpha: 6.183, A: .891, B: 1.614}
)

func history(x int, tx, age float64) model.History { return model.History{X: x, Tx: tx, T: age} }

func TestSingleCustomers(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		params             model.Params
		of                 model.History
		weeks              float64
		ll, alive, expects float64
	}{
		{published, history(2, 30.43, 38.86), 39, -9.458606307, .7265785701, 1.226028175},
		{published, history(0, 0, 38.86), 39, -.5547132764, 1, .195098052},
		{published, history(26, 30.86, 31), 39, -37.72657947, .9689156497, 20.74972614},
		{published, history(120, 100, 104), 520, 0, .6250141419, 160.4148882},
		{publishedMBG, history(2, 30.43, 38.86), 39, -9.485551315, .7062022651, 1.262960623},
		{publishedMBG, history(0, 0, 38.86), 39, -.5398374635, .3897350809, .1540127467},
		{publishedMBG, history(26, 30.86, 31), 39, -38.32212695, .9655661441, 19.45072265},
	} {
		name := fmt.Sprintf("%s%v", test.params.Kind, test.of)
		alive, expected := test.params.Score(test.of, test.weeks)
		near(t, name+" alive", alive, test.alive, 1e-9)
		near(t, name+" expected", expected, test.expects, 1e-9)
		if test.ll != 0 {
			near(t, name+" log-likelihood", test.params.LogLikelihoodOf(model.GroupHistories([]model.History{test.of})), test.ll, 1e-9)
		}
	}
}

func TestSilenceAndTheNextGap(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		of          model.History
		silent, gap float64 // gap 0: not defined
	}{
		{history(2, 30.43, 38.86), .6150860295, 28.03218021},
		{history(1, 1.71, 38.86), .08799429571, 25.20164609},
		{history(26, 30.86, 31), .9012699517, 35.274 / 25.243},
		{history(6, 20, 38), .03180458757, 24.414 / 5.243},
		{history(0, 0, 38.86), .5742368849, 0}, // e to its log-likelihood
	} {
		name := fmt.Sprint(test.of)
		near(t, name+" silent", published.Silent(test.of), test.silent, 1e-9)
		gap, ok := published.NextGap(test.of)
		if ok != (test.gap != 0) {
			t.Errorf("%s: the next gap is defined: %v", name, ok)
		}
		near(t, name+" next gap", gap, test.gap, 1e-9)
	}
}

// The series, the line near a = 1 and the integral agree with the plain mean over
// the chance to be gone, also where the printed form overflows (x = 300).
func TestExpectedIsTheMeanOverTheChanceToBeGone(t *testing.T) {
	t.Parallel()
	for _, kind := range []model.Kind{model.BG, model.MBG} {
		for _, a := range []float64{.05, .5, .999995, 1, 1.3, 4} {
			for _, x := range []int{0, 7, 300} {
				for _, weeks := range []float64{.5, 52, 3650} {
					p := model.Params{Version: 1, Kind: kind, Unit: model.Week, R: .4, Alpha: 6, A: a, B: 1.7}
					h := history(x, 0, 20)
					if x > 0 {
						h.Tx = 18
					}
					near(t, fmt.Sprintf("%s a=%v x=%d weeks=%v", kind, a, x, weeks), p.Expected(h, weeks), expectedBySum(p, h, weeks), 1e-7)
				}
			}
		}
	}
}

// expectedBySum is the mean over the chance to be gone by the midpoint rule, after
// p = s^k, which takes the pole of the density at 0 away.
func expectedBySum(p model.Params, h model.History, weeks float64) float64 {
	b := p.B + float64(h.X)
	if p.Kind == model.MBG {
		b++
	}
	k := max(1, 3/p.A)
	if b < 1 {
		panic("no pole at 1 is foreseen")
	}
	const n = 50_000
	var sum, weight float64
	for i := range n {
		s := (float64(i) + .5) / n
		q := math.Pow(s, k)
		w := math.Pow(q, p.A-1) * math.Pow(1-q, b-1) * k * math.Pow(s, k-1)
		weight += w
		sum += w * -math.Expm1(-(p.R+float64(h.X))*math.Log1p(q*weeks/(p.Alpha+h.T))) / q
	}
	return sum / weight * p.Alive(h)
}

func TestNobodyIsGoneInAnNBD(t *testing.T) {
	t.Parallel()
	p := model.Params{Version: 1, Kind: model.NBD, Unit: model.Week, R: 2, Alpha: 10}
	alive, expected := p.Score(history(3, 8, 15), 5)
	near(t, "alive", alive, 1, 0)
	near(t, "expected", expected, 1, 1e-12) // (2+3)/(10+15) a week
}

func TestMoney(t *testing.T) {
	t.Parallel()
	s := model.SpendParams{Version: 1, P: 6.25, Q: 3.74, V: 15.44}
	for _, test := range []struct {
		x          int
		mean, want float64
	}{{2, 22.35, 24.66371391}, {1, 11.77, 18.91685206}, {0, 0, 35.2189781}, {7, 73.74, 71.4696709}} {
		near(t, fmt.Sprint(test.x), s.Mean(test.x, test.mean), test.want, 1e-9)
	}
	terms := model.Terms{Weeks: 52, Discount: .15, Margin: .3}
	plain, discounted := terms.Orders(published, history(2, 30.43, 38.86))
	near(t, "orders", plain, 1.558720806, 1e-9)
	near(t, "discounted", discounted, 1.461915983, 1e-9)
	near(t, "value", terms.Value(published, s, history(2, 30.43, 38.86), 22.35), 10.81688327, 1e-9)
}

func TestParametersThatCannotPredictAreRefused(t *testing.T) {
	t.Parallel()
	if err := published.Check(); err != nil {
		t.Errorf("the published ones: %v", err)
	}
	for want, change := range map[string]func(*model.Params){
		"parameters of a model: version 9, not 1":                                         func(p *model.Params) { p.Version = 9 },
		`parameters of a model: time in "day", not in weeks`:                              func(p *model.Params) { p.Unit = "day" },
		`parameters of a model: there is no kind "pareto"; there are mbg, bg and nbd`:     func(p *model.Params) { p.Kind = "pareto" },
		"parameters of a model: a parameter is not above 0":                               func(p *model.Params) { p.A = math.NaN() },
		"parameters of a model: a parameter is not above 0 (at once, also when infinite)": nil,
	} {
		p := published
		if change == nil {
			p.R, want = math.Inf(1), "parameters of a model: a parameter is not above 0"
		} else {
			change(&p)
		}
		if err := p.Check(); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}
