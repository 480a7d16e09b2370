package analyze

import (
	"math"

	"github.com/rewave/rewave/internal/evaluation"
	"github.com/rewave/rewave/internal/stats"
)

// mixed are the sums of xy, x^2 y and x y^2 of covariate and metric.
type mixed [3]wide

// add counts x and y once more; neither is above largest without its sign.
func (m *mixed) add(x, y int64) {
	xy := product(x, y)
	m[0].add(xy)
	m[1].add(xy.times(x))
	m[2].add(xy.times(y))
}

func (m *mixed) merge(o mixed) {
	for i := range m {
		m[i].add(o[i])
	}
}

func (m *mixed) less(o mixed) {
	for i := range m {
		m[i].sub(o[i])
	}
}

// pairs are of the covariate and the capped values.
func (c cell) pairs(metric int) stats.Pairs {
	s := c.metrics[metric]
	less := s.mixed
	less.less(s.overMixed)
	_, capped := c.moments(metric)
	return stats.Pairs{X: c.covariate.moments(c.n), Y: capped, XY: less[0].float(), XXY: less[1].float(), XYY: less[2].float()}
}

// Balance is how the covariate lies in an arm and in the control, before anything
// was done to either.
type Balance struct {
	Arm   string   `json:"arm"`
	Treat *float64 `json:"treat"` // its mean, in its own unit
	Hold  *float64 `json:"control"`
	SMD   *float64 `json:"smd"`   // standard deviations apart
	Alike bool     `json:"alike"` // less than a tenth of one (Austin 2009)
}

// balances are of all arms; nil where no covariate was named or nothing is compared.
func (e *evaluator) balances() []Balance {
	if e.q.Covariate == "" || e.blocked != "" {
		return nil
	}
	level := func(m stats.Moments) *float64 {
		mean, ok := m.Mean()
		if !ok {
			return nil
		}
		return evaluation.Number(mean / Number.scale())
	}
	var out []Balance
	for _, name := range e.others {
		treat, control := e.whole[name], e.whole[e.q.Control]
		x, y := treat.covariate.moments(treat.n), control.covariate.moments(control.n)
		b := Balance{Arm: name, Treat: level(x), Hold: level(y), Alike: true}
		if smd, ok := stats.MeanSMD(x, y); ok {
			b.SMD, b.Alike = evaluation.Number(smd), math.Abs(smd) < 0.1
		}
		out = append(out, b)
	}
	return out
}

// Adjustment is what the covariate does to a comparison of means.
type Adjustment struct {
	// RSquared is of the control alone: no treatment can have made it.
	RSquared *float64        `json:"r_squared"`
	Used     bool            `json:"used"`           // the difference, its ratio and p are adjusted
	Code     evaluation.Code `json:"code,omitempty"` // why not

	Unadjusted  *Figure  `json:"unadjusted_difference"` // nil: not used
	UnadjustedP *float64 `json:"unadjusted_p"`
	Narrower    *float64 `json:"se_ratio"` // error of the adjusted difference by that of the unadjusted
}

// Why a covariate is not used.
const (
	FewControl evaluation.Code = "few_control" // the control is too small to adjust
	Weak       evaluation.Code = "weak"        // it explains too little
)

// adjust takes what the covariate explains out of a difference that is valid, where
// that pays.
func (e *evaluator) adjust(r *Comparison, i int, treat, control cell) {
	if e.q.Covariate == "" {
		return
	}
	a := &Adjustment{}
	r.Adjustment = a
	x, y := treat.pairs(i), control.pairs(i)
	r2, known := y.RSquared()
	if known {
		a.RSquared = evaluation.Number(r2)
	}
	if !r.Difference.Valid {
		a.Code = r.Difference.Code
		return
	}
	lin, ok := stats.LinDifference(x, y, e.q.Alpha)
	switch {
	case !stats.AdjustmentPays(control.n, 1):
		a.Code = FewControl
	case !known || !stats.AdjustmentPays(control.n, r2):
		a.Code = Weak
	case !ok || !lin.Bounded:
		a.Code = evaluation.NoEstimate
	}
	if a.Code != "" {
		return
	}
	scale := e.q.Metrics[i].Kind.scale()
	plain, _ := stats.HallDifference(x.Y, y.Y, e.q.Alpha)
	before := r.Difference
	before.NT, before.NC = treat.n, control.n
	a.Used, a.Unadjusted, a.UnadjustedP, a.Narrower = true, &before, r.P, evaluation.Number(lin.SE/plain.SE)

	of := func(d stats.Adjusted, ok bool) Figure {
		f := leaning(d.Skewed, ok, scale)
		f.Method = methodLin
		return f
	}
	r.Difference, r.P, r.Skew = of(lin, true), evaluation.Number(lin.P), evaluation.Number(lin.A)
	if r.Family != nil {
		family := of(stats.LinDifference(x, y, e.familyAlpha()))
		r.Family = &family
	}
	ratio, ok := lin.Ratio(e.q.Alpha)
	r.Relative = relative(ratio.Estimate, ok && ratio.Unbounded == "" && lin.Control.Mean > 0, methodFieller)
}
