package stats

import "math"

// Adjusted is a difference of means after what a covariate explains is taken out.
type Adjusted struct {
	Skewed

	// SEGiven is the standard error if the customers were given and only the arms
	// drawn: SE has in addition that other customers would have other covariates.
	SEGiven float64

	Treat, Control AdjustedArm
	Covariance     float64 // of the two arms' means, which have the covariate's mean in common
}

// AdjustedArm is an arm's mean at the covariate of both arms together, with its
// standard error, and how much the metric rises with the covariate.
type AdjustedArm struct{ Mean, SE, Slope float64 }

// Ratio is treat's adjusted mean divided by control's, as Fieller has it.
func (a Adjusted) Ratio(alpha float64) (Ratio, bool) {
	return Fieller(Effect{a.Treat.Mean, a.Treat.SE}, Effect{a.Control.Mean, a.Control.SE}, a.Covariance, alpha)
}

// AdjustmentPays says whether to adjust at all: control units there are, and share
// of the metric's variance that the covariate explained before the campaign. With
// less the adjustment costs coverage and shortens the interval by nothing.
func AdjustmentPays(control int64, rSquared float64) bool {
	return control >= 1000 && rSquared >= 0.05
}

// LinDifference is treat's mean minus control's, adjusted for a covariate known
// before assignment (y the metric, x the covariate): one line per arm, both read
// at the mean of all units (Lin 2013, Ann Appl Stat 7:295, the regression with
// interactions), and Hall's interval on the residuals. Right for arms of unequal
// size, where one common line is not. A covariate that does not vary in an arm
// adjusts nothing there.
//
// The variance is that of residuals, n-2 to each arm, and the spread that the
// covariate's mean and unequal slopes bring. It holds for arms of some hundred
// units; below 200 take LinUnits, and see AdjustmentPays.
//
// Not defined with fewer than three units in an arm, or when float64 cannot hold a
// figure.
func LinDifference(treat, control Pairs, alpha float64) (Adjusted, bool) {
	z := twoSided(alpha)
	t, ok1 := treat.line()
	c, ok0 := control.line()
	if !ok1 || !ok0 {
		return Adjusted{}, false
	}
	return adjust(t, c, t.residual/t.n, c.residual/c.n, treat.X.Merge(control.X), z)
}

// XY is one unit: covariate and metric.
type XY struct{ X, Y float64 }

// LinUnits is LinDifference with the variance HC2 (MacKinnon and White 1985, J
// Econometrics 29:305), which stays right in small arms and where the spread of
// the metric depends on the covariate. It cannot be had from power sums. Not
// defined either when a single unit decides a slope.
func LinUnits(treat, control []XY, alpha float64) (Adjusted, bool) {
	z := twoSided(alpha)
	t, ok1 := pairsOf(treat).line()
	c, ok0 := pairsOf(control).line()
	x := pairsOf(treat).X.Merge(pairsOf(control).X)
	middle, ok := x.Mean()
	if !ok || !ok1 || !ok0 {
		return Adjusted{}, false
	}
	vt, ok1 := t.hc2(treat, middle)
	vc, ok0 := c.hc2(control, middle)
	if !ok1 || !ok0 {
		return Adjusted{}, false
	}
	return adjust(t, c, vt, vc, x, z)
}

func pairsOf(units []XY) (p Pairs) {
	for _, u := range units {
		p.Add(u.X, u.Y)
	}
	return p
}

// line is the least-squares line of one arm.
type line struct {
	n, x, y, slope float64
	spread         float64 // variance of x
	residual       float64 // variance of what is left, divided by n-2
	lean           float64 // its third moment
}

func (p Pairs) line() (l line, ok bool) {
	if !p.usable(3) {
		return line{}, false
	}
	l.n = float64(p.X.N)
	var vy, ly, vx, lx float64
	var okX, okY bool
	l.x, vx, lx, okX = p.X.shape()
	l.y, vy, ly, okY = p.Y.shape()
	l.residual, l.lean, l.spread = vy, ly, vx
	if !okX || !okY || vx == 0 {
		return l, okX && okY
	}
	both, ok1 := p.Covariance()
	xxy, xyy, ok2 := p.mixedThirds()
	l.slope = both / vx
	l.residual = (vy - l.slope*both) * (l.n - 1) / (l.n - 2)
	if !(l.residual > 1e-13*vy) {
		l.residual = 0 // rounding is all that is left
	}
	l.lean = ly - 3*l.slope*xyy + 3*l.slope*l.slope*xxy - l.slope*l.slope*l.slope*lx
	return l, ok1 && ok2 && finite(l.slope, l.residual, l.lean)
}

// hc2 is the variance of the line's height at x = middle.
func (l line) hc2(units []XY, middle float64) (v float64, ok bool) {
	var square float64 // 1 / sum of (x - mean)^2
	if l.spread > 0 {
		square = 1 / (l.spread * (l.n - 1))
	}
	for _, u := range units {
		dx := u.X - l.x
		left := 1 - 1/l.n - dx*dx*square
		if !(left > 1e-9) {
			return 0, false
		}
		weight := 1/l.n + (middle-l.x)*dx*square
		e := u.Y - l.y - l.slope*dx
		v += weight * weight * e * e / left
	}
	return v, finite(v)
}

// adjust compares two lines whose heights have the variances vt and vc.
func adjust(t, c line, vt, vc float64, x Moments, z float64) (Adjusted, bool) {
	middle, _ := x.Mean()
	spread, ok := x.Variance()
	if !ok {
		return Adjusted{}, false
	}
	common := spread / (t.n + c.n) // the variance of the covariate's mean
	a := Adjusted{
		SEGiven:    math.Sqrt(vt + vc),
		Treat:      AdjustedArm{t.y - t.slope*(t.x-middle), math.Sqrt(vt + t.slope*t.slope*common), t.slope},
		Control:    AdjustedArm{c.y - c.slope*(c.x-middle), math.Sqrt(vc + c.slope*c.slope*common), c.slope},
		Covariance: t.slope * c.slope * common,
	}
	apart := t.slope - c.slope
	se := 0.0
	if vt+vc > 0 {
		// Points that lie on their lines show no spread, which is no certainty.
		se = math.Sqrt(vt + vc + apart*apart*spread/(t.n+c.n))
	}
	a.Skewed, ok = hall(a.Treat.Mean-a.Control.Mean, se, t.lean/t.n/t.n-c.lean/c.n/c.n, z)
	if !ok || !finite(a.SEGiven, a.Treat.Mean, a.Control.Mean, a.Treat.SE, a.Control.SE, a.Covariance) {
		return Adjusted{}, false
	}
	return a, true
}
