package model

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/rewave/rewave/internal/fault"
	"github.com/rewave/rewave/internal/stats"
)

// SpendParams are the fitted numbers of the Gamma-Gamma model of what a purchase
// is worth. They may be kept as JSON and frozen.
type SpendParams struct {
	Version int     `json:"version"`
	P       float64 `json:"p"` // how alike the purchases of one customer are
	Q       float64 `json:"q"` // how alike customers are, > 1
	V       float64 `json:"v"` // scale, in the unit of the money that was fitted: minor units

	Customers     int     `json:"customers"` // with a repeat purchase
	Correlation   float64 `json:"correlation"`
	LogLikelihood float64 `json:"log_likelihood"` // a density by that unit

	// Covariance is that of ln P, ln(Q-1) and ln V; nil where the data do not
	// determine all.
	Covariance [][]float64 `json:"covariance,omitempty"`
}

// Check is nil for parameters that this version can predict with.
func (s SpendParams) Check() error {
	if s.Version == Version && s.P > 0 && s.Q > 1 && s.V > 0 && finite(s.P) && finite(s.Q) && finite(s.V) {
		return nil
	}
	return fault.New(fault.Invalid, "parameters of a model of money: another version, or p or v not above 0, or q not above 1", "fit the model again")
}

// Mean is what a purchase of a customer with x repeat purchases of mean money is
// expected to be worth; x = 0 gives the mean of all customers. It is in the unit of
// the money that was fitted (Fader and Hardie 2013, note 025, eq. 5).
func (s SpendParams) Mean(x int, mean float64) float64 {
	if x == 0 {
		return s.P * s.V / (s.Q - 1)
	}
	return s.P * (s.V + float64(x)*mean) / (s.P*float64(x) + s.Q - 1)
}

// SpendOptions are for EstimateSpend; the zero value is right for a shop.
type SpendOptions struct {
	// Cap is the quantile to which larger means are cut, so that one wholesale order
	// does not decide for all: 0 stands for 0.995, 1 cuts none.
	Cap float64
}

// SpendFit is what came of fitting the model of money.
type SpendFit struct {
	Ready     bool        `json:"ready"` // false: too few spenders, Params are zero
	Params    SpendParams `json:"params,omitzero"`
	Converged bool        `json:"converged"`
	Cap       float64     `json:"cap"` // larger means were cut to it
	Warnings  []Warning   `json:"warnings"`
}

func (f *SpendFit) warn(code Code, format string, args ...any) {
	f.Warnings = append(f.Warnings, Warning{code, fmt.Sprintf(format, args...)})
}

// minSpenders is how many customers with a repeat purchase the model needs.
const minSpenders = 100

// Spender is a customer with repeat purchases: how many, and what one cost on
// average.
type Spender struct {
	X    int
	Mean float64
}

// Spenders are the customers with a repeat purchase that cost something.
func Spenders(customers []Customer) []Spender {
	var list []Spender
	for _, c := range customers {
		if c.Purchases > 1 && c.RepeatMinor > 0 {
			list = append(list, Spender{c.Purchases - 1, c.Mean()})
		}
	}
	return list
}

// EstimateSpend finds the parameters under which the money is likeliest. Spenders
// with X < 1 or a Mean that is not above 0 do not count. Profit is a margin times
// Mean: never fit on margins, which can be negative.
func EstimateSpend(spenders []Spender, o SpendOptions) SpendFit {
	list := slices.DeleteFunc(slices.Clone(spenders), func(s Spender) bool { return s.X < 1 || !(s.Mean > 0) || !finite(s.Mean) })
	fit := SpendFit{Warnings: []Warning{}}
	if len(list) < minSpenders {
		fit.warn(TooFewSpenders, "customers who paid for a repeat purchase: %d, and a model of money needs %d", len(list), minSpenders)
		return fit
	}
	slices.SortFunc(list, func(a, b Spender) int { return cmp.Or(cmp.Compare(a.X, b.X), cmp.Compare(a.Mean, b.Mean)) })
	means := make([]float64, len(list))
	for i, s := range list {
		means[i] = s.Mean
	}
	slices.Sort(means)
	if o.Cap == 0 {
		o.Cap = 0.995
	}
	fit.Cap, _ = stats.Quantile(means, o.Cap)
	median, _ := stats.Quantile(means, 0.5)
	r := correlation(list)
	for i := range list {
		list[i].Mean = min(list[i].Mean, fit.Cap) / median
	}
	g := newGammaGamma(list)
	least := func(theta, grad []float64) float64 {
		value := g.at(theta, grad)
		for i := range grad {
			grad[i] = -grad[i]
		}
		return -value
	}
	best, varied := found{theta: []float64{logAlike, logAlike, 0}, converged: true}, means[0] < fit.Cap
	if varied { // else the likelihood has no end
		var sure bool
		if best, sure = climb(least, len(list), make([]float64, 3)); !sure {
			fit.warn(NotConverged, "the fit of money did not settle from any start; a weak prior holds it, so take its figures as rough")
		}
		best = polish(least, best)
	} else {
		fit.warn(Homogeneous, "every repeat purchase costs the same")
	}
	// Means stay as p·v/(q-1) does.
	if over := best.theta[0] - logAlike; over > 0 {
		fit.warn(Homogeneous, "all purchases of a customer cost the same; only the mean of the model of money means something")
		best.theta[0], best.theta[2] = logAlike, best.theta[2]+over
	}
	if over := best.theta[1] - logAlike; over > 0 {
		fit.warn(Homogeneous, "all customers spend alike; only the mean of the model of money means something")
		best.theta[1], best.theta[2] = logAlike, best.theta[2]-over
	}
	best.value = least(best.theta, make([]float64, 3))
	n := float64(len(list))
	fit.Ready, fit.Converged = true, best.converged
	fit.Params = SpendParams{
		Version: Version, P: math.Exp(best.theta[0]), Q: 1 + math.Exp(best.theta[1]), V: math.Exp(best.theta[2]) * median,
		Customers: len(list), Correlation: r, LogLikelihood: -best.value*n - n*math.Log(median),
	}
	m := curvature(least, best.theta)
	for i := range m {
		for j := range m[i] {
			m[i][j] *= n
		}
	}
	if inv, ok := inverse(m); ok && varied && widest(inv) < 9 {
		fit.Params.Covariance = inv
	} else {
		fit.warn(Flat, "the data do not determine every parameter of money, so there are no bands")
	}
	if math.Abs(r) > 0.3 {
		fit.warn(Correlated, "who buys more often also pays otherwise (correlation %+.2f), which the model of money denies; fit one for each band of frequency", r)
	}
	return fit
}

// correlation is Pearson's, of frequency and mean; 0 where one of them is constant.
func correlation(list []Spender) float64 {
	var x, m, xx, mm, xm float64
	n := float64(len(list))
	for _, s := range list {
		x += float64(s.X) / n
		m += s.Mean / n
	}
	for _, s := range list {
		dx, dm := float64(s.X)-x, s.Mean-m
		xx, mm, xm = xx+dx*dx, mm+dm*dm, xm+dx*dm
	}
	if xx == 0 || mm == 0 {
		return 0
	}
	return xm / math.Sqrt(xx*mm)
}

// gammaGamma is the mean log-likelihood (Fader and Hardie 2013, note 025, eq. 1a).
type gammaGamma struct {
	list         []Spender // by X
	n            float64
	xlnm, lnm    float64 // sums of x ln m and ln m
	xlnx, repeat float64
}

func newGammaGamma(list []Spender) *gammaGamma {
	g := &gammaGamma{list: list, n: float64(len(list))}
	for _, s := range list {
		x, ln := float64(s.X), math.Log(s.Mean)
		g.xlnm, g.lnm, g.xlnx, g.repeat = g.xlnm+x*ln, g.lnm+ln, g.xlnx+x*math.Log(x), g.repeat+x
	}
	return g
}

// at takes ln p, ln(q-1), which keeps the mean of all finite, and ln v.
func (g *gammaGamma) at(theta, grad []float64) float64 {
	p, q, v := math.Exp(theta[0]), 1+math.Exp(theta[1]), math.Exp(theta[2])
	lnG := func(x float64) float64 { value, _ := math.Lgamma(x); return value }
	lnGQ, psiQ, lnV := lnG(q), stats.Digamma(q), theta[2]
	value := p*g.xlnm - g.lnm + p*g.xlnx + g.n*(q*lnV-lnGQ)
	dp, dq, dv := g.xlnm+g.xlnx, g.n*(lnV-psiQ), g.n*q/v
	for i := 0; i < len(g.list); { // all of one x share their gamma functions
		x := float64(g.list[i].X)
		px, from := p*x, i
		var ln, part float64
		for ; i < len(g.list) && g.list[i].X == g.list[from].X; i++ {
			sum := x*g.list[i].Mean + v
			ln += math.Log(sum)
			part += 1 / sum
		}
		count := float64(i - from)
		psi := stats.Digamma(px + q)
		value += count*(lnG(px+q)-lnG(px)) - (px+q)*ln
		dp += x * (count*(psi-stats.Digamma(px)) - ln)
		dq += count*psi - ln
		dv -= (px + q) * part
	}
	grad[0], grad[1], grad[2] = p*dp/g.n, (q-1)*dq/g.n, v*dv/g.n
	return value / g.n
}
