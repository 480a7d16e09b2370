package stats

import "math"

// Skewed is a difference of means whose interval leans as far as its data do.
type Skewed struct {
	Estimate

	SE float64 // of the difference, arms unpooled

	// A is the skewness of the difference, positive when treat has the large
	// values. Where k equal values of one arm outweigh all others it is about
	// 1/sqrt(k), so the moments of real units stay within ±1 and come near it when
	// a single one decides.
	A float64

	P float64 // two-sided; below alpha exactly when the interval leaves out 0; 1 when not Bounded

	// Bounded is false where no interval can be given: the difference is too
	// skewed (A beyond ±1), or nothing varies in either arm, which is no
	// certainty. The ends are infinite then.
	Bounded bool
}

// HallDifference is treat's mean minus control's with the interval of Hall's
// monotone cubic transformation (Hall 1992, J R Stat Soc B 54:221; two samples:
// Zhou and Dinh 2005, Biostatistics 6:187), which undoes the skewness that
// makes Student's interval miss on rare, large values. For symmetric data it is
// the normal interval. It is valid for arms of some hundred units and more; its
// coverage falls short where a handful of values decide.
//
// Not defined (ok false) with fewer than two units in an arm, or when float64
// cannot hold a figure.
func HallDifference(treat, control Moments, alpha float64) (Skewed, bool) {
	z := twoSided(alpha)
	m1, v1, t1, ok1 := treat.shape()
	m0, v0, t0, ok0 := control.shape()
	n1, n0 := float64(treat.N), float64(control.N)
	if !ok1 || !ok0 {
		return Skewed{}, false
	}
	return hall(m1-m0, math.Sqrt(v1/n1+v0/n0), t1/n1/n1-t0/n0/n0, z)
}

// hall is the interval, at the normal quantile z, of a difference d with standard
// error se and third central moment lean.
func hall(d, se, lean, z float64) (Skewed, bool) {
	open := Skewed{Estimate: unbounded(d), SE: se, P: 1}
	if se == 0 && finite(d) {
		return open, true
	}
	a := lean / se / se / se
	if !finite(d, se, a) {
		return Skewed{}, false
	}
	if math.Abs(a) > 1 {
		open.A = a
		return open, true
	}

	// The point estimate lies inside for every alpha below 0.86; min and max are
	// for the others.
	e := Estimate{d, min(d, d-se*straight(z, a)), max(d, d-se*straight(-z, a))}

	// Past a million standard errors p is 0, and no power of t overflows.
	g := bent(max(-1e6, min(1e6, d/se)), a)
	return Skewed{Estimate: e, SE: se, A: a, P: min(1, 2*NormalCDF(-math.Abs(g))), Bounded: true}, true
}

// shape is the mean, variance and third central moment.
func (m Moments) shape() (mean, variance, third float64, ok bool) {
	mean, _ = m.Mean()
	variance, ok = m.Variance()
	third, told := m.Third()
	return mean, variance, third, ok && told
}

// bent is Hall's g: it takes a Studentised difference of skewness a to one that
// is normal but for terms of order 1/n, and rises all the way.
func bent(t, a float64) float64 {
	return t + a*t*t/3 + a*a*t*t*t/27 + a/6
}

// straight is the t that bent takes to q.
func straight(q, a float64) float64 {
	x := a * (q - a/6)
	if math.Abs(x) < 1e-8 {
		return q - a/6 - a*q*q/3
	}
	if x <= -0.5 {
		return 3 / a * (math.Cbrt(1+x) - 1)
	}

	// cbrt(1+x) - 1 without losing the digits of a small x.
	return 3 / a * math.Expm1(math.Log1p(x)/3)
}
