package stats

import "math/big"

// Pairs are the power sums of two metrics over the same units of one arm: what a
// slope, a covariance and the skewness of residuals need. Those of disjoint sets
// of units add up. As Moments, they lose nothing that matters when they are whole
// numbers, summed exactly and rounded once.
type Pairs struct {
	X   Moments `json:"x"`
	Y   Moments `json:"y"` // as many units as X
	XY  float64 `json:"xy"`
	XXY float64 `json:"xxy"`
	XYY float64 `json:"xyy"`
}

// Add counts one more unit.
func (p *Pairs) Add(x, y float64) {
	p.X.Add(x)
	p.Y.Add(y)
	p.XY += x * y
	p.XXY += x * x * y
	p.XYY += x * y * y
}

// MergePairs is all the sets of units together; they have none in common. Each sum
// is rounded once, so the order of the parts does not change a bit of it.
func MergePairs(parts ...Pairs) (all Pairs) {
	column := make([]float64, len(parts))
	sum := func(of func(Pairs) float64) float64 {
		for i, p := range parts {
			column[i] = of(p)
		}
		return total(column)
	}
	for _, p := range parts {
		all.X.N, all.Y.N = all.X.N+p.X.N, all.Y.N+p.Y.N
	}
	all.X.Sum = sum(func(p Pairs) float64 { return p.X.Sum })
	all.X.Sum2 = sum(func(p Pairs) float64 { return p.X.Sum2 })
	all.X.Sum3 = sum(func(p Pairs) float64 { return p.X.Sum3 })
	all.Y.Sum = sum(func(p Pairs) float64 { return p.Y.Sum })
	all.Y.Sum2 = sum(func(p Pairs) float64 { return p.Y.Sum2 })
	all.Y.Sum3 = sum(func(p Pairs) float64 { return p.Y.Sum3 })
	all.XY = sum(func(p Pairs) float64 { return p.XY })
	all.XXY = sum(func(p Pairs) float64 { return p.XXY })
	all.XYY = sum(func(p Pairs) float64 { return p.XYY })
	return all
}

// Covariance is that of a sample, divided by N-1; not defined below two units, 0
// where the sums cannot tell it from 0.
func (p Pairs) Covariance() (float64, bool) {
	if !p.usable(2) {
		return 0, false
	}
	n := float64(p.X.N)
	both, apart := product(n, p.XY), product(p.X.Sum, p.Y.Sum)
	spread := new(big.Float).Sub(both, apart)
	if !told(spread, both, apart) {
		return 0, true
	}
	return quotient(spread, product(n, n-1))
}

// RSquared is the share of y's variance that a line in x explains, in [0,1]; 0
// where either does not vary, not defined below two units.
func (p Pairs) RSquared() (float64, bool) {
	vx, ok1 := p.X.Variance()
	vy, ok2 := p.Y.Variance()
	both, ok3 := p.Covariance()
	if !ok1 || !ok2 || !ok3 {
		return 0, false
	}
	if vx == 0 || vy == 0 {
		return 0, true
	}
	return min(1, both/vx*both/vy), true
}

// mixedThirds are the central moments E[x^2 y] and E[x y^2], divided by N.
func (p Pairs) mixedThirds() (xxy, xyy float64, ok bool) {
	mixed := func(a, b Moments, aab float64) (float64, bool) {
		n := float64(a.N)
		parts := []*big.Float{product(n, n, aab), product(-2, n, a.Sum, p.XY), product(-1, n, b.Sum, a.Sum2), product(2, a.Sum, a.Sum, b.Sum)}
		lean := new(big.Float).SetPrec(512)
		for _, part := range parts {
			lean.Add(lean, part)
		}
		if !told(lean, parts...) {
			return 0, true
		}
		return quotient(lean, product(n, n, n))
	}
	if !p.usable(1) {
		return 0, 0, false
	}
	xxy, ok1 := mixed(p.X, p.Y, p.XXY)
	xyy, ok2 := mixed(p.Y, p.X, p.XYY)
	return xxy, xyy, ok1 && ok2
}

func (p Pairs) usable(atLeast int64) bool {
	return p.X.usable(atLeast) && p.Y.usable(atLeast) && p.X.N == p.Y.N && finite(p.XY, p.XXY, p.XYY)
}

// total is the sum rounded once: exact up to there, and so the same in any order.
func total(xs []float64) float64 {
	// Twice the range of exponents holds every sum of float64.
	exact := new(big.Float).SetPrec(2200)
	plain := 0.0
	for _, x := range xs {
		plain += x
		if finite(x) {
			exact.Add(exact, new(big.Float).SetFloat64(x))
		}
	}
	if !finite(xs...) {
		return plain
	}
	rounded, _ := exact.Float64()
	return rounded
}
