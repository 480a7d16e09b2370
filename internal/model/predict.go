package model

import "math"

// Alive is the probability that the customer is still one, in [0,1] (Fader, Hardie
// and Lee 2008, Computing P(alive) Using the BG/NBD Model, note 021; for the
// MBG/NBD, Batislam, Denizel and Filiztekin 2007).
func (p Params) Alive(h History) float64 {
	x := float64(h.X)
	c := p.B + x
	switch {
	case p.Kind == NBD, p.Kind == BG && h.X == 0:
		return 1
	case p.Kind == BG:
		c--
	}
	logOdds := math.Log(p.A/c) + (p.R+x)*math.Log((p.Alpha+h.T)/(p.Alpha+h.Tx))
	return 1 / (1 + math.Exp(logOdds))
}

// Expected is how many purchases are expected in the weeks after T, weeks >= 0.
// That of a History that is zero is for a customer who bought today for the first
// time.
func (p Params) Expected(h History, weeks float64) float64 {
	_, expected := p.Score(h, weeks)
	return expected
}

// Score is Alive and Expected together.
//
// Formula: Fader, Hardie and Lee 2005, eq. 10, after Euler's transformation of the
// hypergeometric function, so that x stands in its third parameter alone: the
// printed form overflows for large x.
func (p Params) Score(h History, weeks float64) (alive, expected float64) {
	alive = p.Alive(h)
	return alive, p.expected(h, alive, weeks)
}

func (p Params) expected(h History, alive, weeks float64) float64 {
	switch {
	case weeks <= 0:
		return 0
	case p.Kind == NBD:
		return (p.R + float64(h.X)) / (p.Alpha + h.T) * weeks
	}
	return alive * p.ifAlive(h, weeks)
}

// nearOne is how near a may come to 1, where the formula is 0/0.
const nearOne = 1e-5

// ifAlive is what is expected of a customer who is one.
func (p Params) ifAlive(h History, weeks float64) float64 {
	z := weeks / (p.Alpha + h.T + weeks)
	c := p.A + p.B + float64(h.X)
	if p.Kind == BG {
		c--
	}
	// The series is slow towards z = 1; c is near or below 0 only for a BG/NBD and x = 0.
	if z > 0.98 || c < 0.05 {
		return p.integral(h, weeks)
	}
	if off := p.A - 1; math.Abs(off) < nearOne {
		const apart = 1e-4 // and a straight line between
		above, below := p, p
		above.A, below.A = 1+apart, 1-apart
		return (above.series(h, z)*(apart+off) + below.series(h, z)*(apart-off)) / (2 * apart)
	}
	return p.series(h, z)
}

func (p Params) series(h History, z float64) float64 {
	first, third := p.A+p.B-p.R, p.A+p.B+float64(h.X)
	if p.Kind == BG {
		first--
		third--
	}
	return third / (p.A - 1) * (1 - math.Pow(1-z, p.A-1)*hypergeometric(first, p.A-1, third, z))
}

// hypergeometric is 2F1(a, b; c; z) by its power series, for 0 <= z <= .98.
func hypergeometric(a, b, c, z float64) float64 {
	sum, term := 1.0, 1.0
	for n := 0.0; n < 10_000; n++ {
		term *= (a + n) * (b + n) * z / ((c + n) * (n + 1))
		sum += term
		if math.Abs(term) < 1e-15*math.Abs(sum) {
			break
		}
	}
	return sum
}

// integral is ifAlive as the mean over the chance p to be gone, which is
// Beta(a, b+x), or b+x+1 of an MBG/NBD, for a customer who is alive: by
// Gauss-Jacobi with 64 nodes, and up to 1024 where the integrand falls off near 0.
func (p Params) integral(h History, weeks float64) float64 {
	b := p.B + float64(h.X)
	if p.Kind == MBG {
		b++
	}
	power, nodes := p.R+float64(h.X), 64
	for nodes < 1024 && float64(nodes*nodes) < 9*power*weeks/(p.Alpha+h.T) {
		nodes *= 2
	}
	points, weights := jacobi(nodes, p.A, b)
	sum := 0.0
	for i, q := range points {
		// 1 - (1+qt/(alpha+T))^-(r+x), without cancellation for small q
		sum += weights[i] * -math.Expm1(-power*math.Log1p(q*weeks/(p.Alpha+h.T))) / q
	}
	return sum
}

// jacobi are nodes and weights for means over Beta(a, b) (Golub and Welsch 1969,
// Calculation of Gauss quadrature rules): the eigenvalues of the Jacobi matrix and
// the squared first parts of its eigenvectors.
func jacobi(n int, a, b float64) (points, weights []float64) {
	diagonal, beside, first := make([]float64, n), make([]float64, n), make([]float64, n)
	first[0] = 1
	// In x = 2p-1 the weight is (1-x)^u (1+x)^v.
	u, v := b-1, a-1
	for k := range n {
		s := 2*float64(k) + u + v
		if k == 0 {
			diagonal[0] = (v - u) / (u + v + 2)
			continue
		}
		f := float64(k)
		diagonal[k] = (v*v - u*u) / (s * (s + 2))
		square := 4 * f * (f + u) * (f + v) * (f + u + v) / (s * s * (s + 1) * (s - 1))
		if k == 1 { // f+u+v and s-1 are the same, perhaps 0
			square = 4 * (1 + u) * (1 + v) / (s * s * (s + 1))
		}
		beside[k-1] = math.Sqrt(square)
	}
	eigen(diagonal, beside, first)
	points, weights = diagonal, first
	for i := range points {
		points[i] = (1 + points[i]) / 2
		weights[i] *= weights[i]
	}
	return points, weights
}

// eigen turns the diagonal of a symmetric tridiagonal matrix into its eigenvalues
// and first, (1, 0, 0, …), into the first parts of its eigenvectors: implicit QL
// (Martin and Wilkinson 1968, The implicit QL algorithm).
func eigen(d, e, first []float64) {
	n := len(d)
	for l := range n {
		for range 60 {
			m := l
			for ; m < n-1; m++ {
				if math.Abs(e[m]) <= 1e-16*(math.Abs(d[m])+math.Abs(d[m+1])) {
					break
				}
			}
			if m == l {
				break
			}
			g := (d[l+1] - d[l]) / (2 * e[l])
			g = d[m] - d[l] + e[l]/(g+math.Copysign(math.Hypot(g, 1), g))
			s, c, p, split := 1.0, 1.0, 0.0, false
			for i := m - 1; i >= l; i-- {
				f, b := s*e[i], c*e[i]
				r := math.Hypot(f, g)
				e[i+1] = r
				if r == 0 {
					d[i+1] -= p
					e[m] = 0
					split = true
					break
				}
				s, c = f/r, g/r
				g = d[i+1] - p
				r = (d[i]-g)*s + 2*c*b
				p = s * r
				d[i+1] = g + p
				g = c*r - b
				first[i], first[i+1] = c*first[i]-s*first[i+1], s*first[i]+c*first[i+1]
			}
			if split {
				continue
			}
			d[l] -= p
			e[l], e[m] = g, 0
		}
	}
}

// Silent is p_gap, the probability that a customer who is still one stays silent
// for as long as this one has, in (0,1]: the overdue ratio that knows how little a
// single gap says.
func (p Params) Silent(h History) float64 {
	return math.Pow((p.Alpha+h.Tx)/(p.Alpha+h.T), p.R+float64(h.X))
}

// NextGap is how many weeks lie between the last purchase and the next one of a
// customer who is still one, on average. Not defined where r+x <= 1: the mean is
// infinite.
func (p Params) NextGap(h History) (weeks float64, ok bool) {
	shape := p.R + float64(h.X)
	if shape <= 1 {
		return 0, false
	}
	return (p.Alpha + h.Tx) / (shape - 1), true
}
