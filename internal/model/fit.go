package model

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// MinRepeats is how many repeat purchases a fit needs.
const MinRepeats = 200

const (
	logNobody = -8 // ln a below which nobody is gone
	logAlike  = 12 // logarithm, time scaled, above which everybody is alike
)

// Options say what to fit and from where. The zero Options fit an MBG/NBD.
type Options struct {
	Kind    Kind    // empty: MBG
	Start   *Params // a last optimum to begin from; one of another kind is ignored
	Treated int     // how many of the customers were written to; above 0 it is warned of
}

// Fit is what came of fitting.
type Fit struct {
	// Ready is false when there are too few data: Params are then zero and simple
	// features are all there is.
	Ready bool `json:"ready"`

	Params     Params    `json:"params,omitzero"`
	Converged  bool      `json:"converged"`
	Iterations int       `json:"iterations"` // of the start that was kept
	Gradient   float64   `json:"gradient"`   // largest part, of the mean log-likelihood by a logarithm
	Warnings   []Warning `json:"warnings"`
	Rejected   Rejected  `json:"rejected"`
}

func (f *Fit) warn(code Code, format string, args ...any) {
	f.Warnings = append(f.Warnings, Warning{code, fmt.Sprintf(format, args...)})
}

// Estimate finds the parameters under which the data are likeliest. It has no
// error: what is wrong is a Warning, and Ready says whether there are parameters.
func Estimate(d Data, o Options) Fit {
	if o.Kind == "" {
		o.Kind = MBG
	}
	fit := Fit{Rejected: d.Rejected, Warnings: []Warning{}}
	if n := d.Rejected.Impossible; n > 0 {
		fit.warn(ImpossibleRows, "%d customers were left out: a purchase after the last day, or repeat purchases without a day between them; merge what is of one day", n)
	}
	if o.Treated > 0 {
		fit.warn(Treated, "%d customers among the data were written to, so that the forecast holds some of what messages did; fit on the holdout and on what was before the campaigns", o.Treated)
	}
	if d.Repeats < MinRepeats {
		fit.warn(TooFew, "repeat purchases: %d, and a model needs %d; until then only recency, frequency and money can be used", d.Repeats, MinRepeats)
		return fit
	}
	said := len(fit.Warnings)
	fit.fit(d, o)
	if o.Kind != NBD && nobodyGone(fit.Params) {
		fit.Warnings = fit.Warnings[:said] // they were of a and b
		fit.fit(d, Options{Kind: NBD})
		fit.warn(NoChurn, "nobody is ever gone in these data, so churn cannot be told, and everybody counts as a customer; they may be visits rather than purchases, else group them by week")
	}
	if fit.Params.Kind == BG && d.Repeaters < d.Customers {
		fit.warn(OneTimeAlive, "a BG/NBD holds all %d customers who bought once for alive; the MBG/NBD does not", d.Customers-d.Repeaters)
	}
	return fit
}

// nobodyGone says whether a fit went to a = 0. On the way there the slope dies out,
// so that it may stop early: then the chance is below 1 in 1000 and undetermined.
func nobodyGone(p Params) bool {
	return math.Log(p.A) < logNobody || p.Covariance == nil && p.A/(p.A+p.B) < 0.001
}

// fit estimates one kind and keeps the warnings of before.
func (f *Fit) fit(d Data, o Options) {
	l := newLikelihood(o.Kind, d, d.maxT)
	start := make([]float64, len(Params{Kind: o.Kind}.natural()))
	if o.Start != nil && o.Start.Kind == o.Kind && o.Start.Check() == nil {
		start = o.Start.logs(l.scale)
	}
	least := func(theta, grad []float64) float64 {
		value := l.at(theta, grad)
		for i := range grad {
			grad[i] = -grad[i]
		}
		return -value
	}
	starts := [][]float64{start}
	if o.Kind != NBD {
		starts = append(starts, alike(d))
	}
	best, sure := climb(least, d.Customers, starts...)
	if !sure {
		f.warn(NotConverged, "the fit did not settle from any start; a weak prior holds it, so take its figures as rough")
	}
	best = polish(least, best)
	if capped(best.theta) {
		best.value = least(best.theta, best.grad)
		f.warn(Homogeneous, "all customers have the same rate of purchases or the same chance to be gone; the parameters are capped and only their ratios mean something")
	}
	p := Params{Version: Version, Kind: o.Kind, Unit: Week, Customers: d.Customers, LogLikelihood: l.total(-best.value)}
	p = p.with(best.theta, l.scale)
	m := curvature(least, best.theta)
	for i := range m {
		for j := range m[i] {
			m[i][j] *= float64(d.Customers)
		}
	}
	// A standard error of 3 of a logarithm is a factor of 400 either way.
	if inv, ok := inverse(m); ok && widest(inv) < 9 {
		p.Covariance = inv
	} else {
		f.warn(Flat, "the data do not determine every parameter, so there are no standard errors and no bands")
	}
	f.Ready, f.Params, f.Converged, f.Iterations, f.Gradient = true, p, best.converged, best.iterations, steepest(best.grad)
}

// alike is a start at which everybody is nearly alike, with the rate of the time
// between first and last purchases and one death for the purchases of a customer.
func alike(d Data) []float64 {
	var time float64 // of the data, scaled
	for _, t := range d.Triples {
		time += float64(t.N) * t.Tx / d.maxT
	}
	each := float64(d.Repeats) / float64(d.Customers)
	return []float64{5, 5 - math.Log(float64(d.Repeats)/time), 3, 3 + math.Log(each+1)}
}

// climb minimises from the first start. Where that does not converge, or ends far
// out, where a slope may pass for an end, it tries the others and three places near
// the first and keeps the best; where none converges, a weak prior, and sure is false. The prior is
// on logarithms: one on the parameters themselves would depend on the unit of time.
func climb(f objective, customers int, starts ...[]float64) (best found, sure bool) {
	random := rand.New(rand.NewPCG(20250, 1)) // any seed, the same each time
	first := starts[0]
	for range 3 {
		at := slices.Clone(first)
		for i := range at {
			at[i] += random.NormFloat64()
		}
		starts = append(starts, at)
	}
	for _, at := range starts {
		got := minimise(f, at)
		if got.converged && (!best.converged || got.value < best.value) {
			best = got
		}
		if got.converged && steepest(got.theta) < -logNobody {
			break
		}
	}
	if best.converged {
		return best, true
	}
	const spread = 3
	weight := 1 / (spread * spread * float64(customers))
	return minimise(func(theta, grad []float64) float64 {
		value := f(theta, grad)
		for i, v := range theta {
			value += weight * v * v / 2
			grad[i] += weight * v
		}
		return value
	}, make([]float64, len(first))), false
}

// capped brings r and alpha, and a and b, down to the limit together: their ratio,
// which is the mean, stays. It says whether it had to.
func capped(theta []float64) (did bool) {
	for i := 0; i < len(theta); i += 2 {
		if over := max(theta[i], theta[i+1]) - logAlike; over > 0 {
			theta[i] -= over
			theta[i+1] -= over
			did = true
		}
	}
	return did
}

func widest(m [][]float64) float64 {
	most := 0.0
	for i := range m {
		most = max(most, m[i][i])
	}
	return most
}

// MaxMove is how far, relative to its last value, a parameter may move in a refit
// before a person looks.
const MaxMove = 0.25

// Refit is a fit that may replace an earlier one.
type Refit struct {
	Fit
	Accepted bool    `json:"accepted"`
	Why      string  `json:"why,omitempty"` // not accepted: the reason, for people
	Moved    float64 `json:"moved"`         // the largest relative move of a parameter
}

// Again fits anew from the parameters of last. The new ones are accepted when they
// make the data at least as likely and none moved by 25 % or more; else keep last
// and tell somebody.
func Again(d Data, last Params, o Options) Refit {
	if o.Kind == "" {
		o.Kind = last.Kind
	}
	o.Start = &last
	re := Refit{Fit: Estimate(d, o)}
	if !re.Ready {
		re.Why = "there are too few data to fit"
		return re
	}
	if re.Params.Kind != last.Kind {
		re.Why = fmt.Sprintf("it is of the model %s, and the last is of %s", re.Params.Kind.Name(), last.Kind.Name())
		return re
	}
	before := last.natural()
	for i, v := range re.Params.natural() {
		re.Moved = max(re.Moved, math.Abs(v/before[i]-1))
	}
	was := last.LogLikelihoodOf(d)
	switch {
	case !re.Converged:
		re.Why = "the fit did not converge"
	case re.Params.LogLikelihood < was-1e-9*math.Abs(was):
		re.Why = fmt.Sprintf("the data are less likely under it, %.6f a customer against %.6f", re.Params.LogLikelihood/float64(d.Customers), was/float64(d.Customers))
	case re.Moved >= MaxMove:
		re.Why = fmt.Sprintf("a parameter moved by %.0f %%", 100*re.Moved)
	default:
		re.Accepted = true
	}
	return re
}
