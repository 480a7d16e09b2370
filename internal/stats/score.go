package stats

import "math"

// The three functions below are one method: the score statistic of Miettinen and
// Nurminen (1985, Stat Med 4:213), with the variance at the constrained maximum
// likelihood and the factor N/(N-1). Difference, ratio and p-value come from the
// same statistic, so they cannot contradict each other: the difference excludes
// 0 exactly when the ratio excludes 1 and when p < alpha.

// ScoreTest is the statistic at "no difference" and its two-sided p-value. The
// sign is that of treat - control. Not defined when an arm is empty.
func ScoreTest(treat, control Count) (z, p float64, ok bool) {
	if empty(treat, control) {
		return 0, 1, false
	}
	z = differenceScore(treat, control, 0)
	return z, min(1, 2*NormalCDF(-math.Abs(z))), true
}

// ScoreDifference is treat's rate minus control's, in [-1,1], with the interval
// of all differences the score test does not reject at alpha. Not defined when
// an arm is empty.
func ScoreDifference(treat, control Count, alpha float64) (Estimate, bool) {
	if empty(treat, control) {
		return Estimate{}, false
	}
	z := twoSided(alpha)
	d := float64(treat.X)/float64(treat.N) - float64(control.X)/float64(control.N)
	score := func(delta float64) float64 { return differenceScore(treat, control, delta) }
	return Estimate{
		Value: d,
		Lo:    -bisect(-d, 1, func(delta float64) bool { return score(-delta) <= z }),
		Hi:    bisect(d, 1, func(delta float64) bool { return -score(delta) <= z }),
	}, true
}

// ScoreRatio is treat's rate divided by control's, with its interval: 1 says
// alike, subtract 1 for a relative lift. Not defined when an arm is empty or
// nobody in the control did it, as then no ratio is too large.
func ScoreRatio(treat, control Count, alpha float64) (Estimate, bool) {
	if empty(treat, control) || control.X == 0 {
		return Estimate{}, false
	}
	z := twoSided(alpha)
	r := float64(treat.X) / float64(treat.N) / (float64(control.X) / float64(control.N))
	score := func(log float64) float64 { return ratioScore(treat, control, math.Exp(log)) }
	e := Estimate{Value: r}

	// Halving works on the log scale; e^±60 is out of reach of any two counts.
	const far = 60
	if treat.X > 0 {
		e.Lo = math.Exp(-bisect(-math.Log(r), far, func(log float64) bool { return score(-log) <= z }))
		e.Hi = math.Exp(bisect(math.Log(r), far, func(log float64) bool { return -score(log) <= z }))
	} else {
		e.Hi = math.Exp(bisect(-far, far, func(log float64) bool { return -score(log) <= z }))
	}
	return Estimate{r, min(e.Lo, r), max(e.Hi, r)}, true
}

func empty(treat, control Count) bool {
	treat.check()
	control.check()
	return treat.N == 0 || control.N == 0
}

// bisect is the largest x in [from, to] that is still inside, given that from is
// and that inside is lost only once. Two hundred halvings reach the last bit of
// a float64 from anywhere; it stops when there is nothing left between.
func bisect(from, to float64, inside func(float64) bool) float64 {
	if inside(to) {
		return to
	}
	for range 200 {
		middle := from + (to-from)/2
		if middle == from || middle == to {
			break
		}
		if inside(middle) {
			from = middle
		} else {
			to = middle
		}
	}
	return from
}

// differenceScore is Z(delta) for p1 - p0 = delta.
func differenceScore(treat, control Count, delta float64) float64 {
	if delta < 0 {
		return -differenceScore(control, treat, -delta)
	}
	x1, n1 := float64(treat.X), float64(treat.N)
	x0, n0 := float64(control.X), float64(control.N)
	p0 := constrainedRate(x1, n1, x0, n0, delta)
	p1, q1 := p0+delta, max(0, 1-delta-p0)
	n := n1 + n0
	return over(x1/n1-x0/n0-delta, (p1*q1/n1+p0*(1-p0)/n0)*n/(n-1))
}

// constrainedRate is the control's most likely rate given p1 - p0 = delta >= 0,
// within [0, 1-delta].
func constrainedRate(x1, n1, x0, n0, delta float64) float64 {
	if delta == 0 {
		return (x1 + x0) / (n1 + n0)
	}
	lo, hi := 0.0, 1-delta

	// The slope of the log likelihood, which falls all the way, and its own slope.
	slope := func(a float64) (s, bend float64) {
		for _, term := range [4]struct{ count, at, sign float64 }{
			{x0, a, 1}, {n0 - x0, 1 - a, -1}, {x1, a + delta, 1}, {n1 - x1, 1 - delta - a, -1},
		} {
			if term.count > 0 {
				s += term.sign * term.count / term.at
				bend += term.count / (term.at * term.at)
			}
		}
		return s, bend
	}
	if s, _ := slope(lo); s <= 0 {
		return lo
	}
	if s, _ := slope(hi); s >= 0 {
		return hi
	}

	// The closed form loses half its digits to the arc cosine where rates are a
	// few per thousand. Newton's steps, kept within bounds, bring them back.
	a := likelihoodCubic(x1, n1, x0, n0, delta)
	for range 100 {
		if !(a > lo && a < hi) {
			a = lo + (hi-lo)/2
		}
		s, bend := slope(a)
		if s > 0 {
			lo = a
		} else {
			hi = a
		}
		next := a + s/bend
		if math.Abs(next-a) <= 1e-15*a || hi-lo <= 1e-15*hi {
			return a
		}
		a = next
	}
	return a
}

// likelihoodCubic is the root of the likelihood equation in closed form (their
// appendix 1), good to about eight digits.
func likelihoodCubic(x1, n1, x0, n0, delta float64) float64 {
	l3 := n1 + n0
	l2 := (n1+2*n0)*delta - l3 - (x1 + x0)
	l1 := (n0*delta-l3-2*x0)*delta + (x1 + x0)
	l0 := x0 * delta * (1 - delta)
	q := l2*l2*l2/(27*l3*l3*l3) - l1*l2/(6*l3*l3) + l0/(2*l3)
	p := math.Sqrt(max(0, l2*l2/(9*l3*l3)-l1/(3*l3)))
	if q < 0 {
		p = -p
	}
	cosine := 1.0
	if p != 0 {
		cosine = min(1, max(-1, q/(p*p*p)))
	}
	return 2*p*math.Cos((math.Pi+math.Acos(cosine))/3) - l2/(3*l3)
}

// ratioScore is Z(r) for p1 / p0 = r, r > 0.
func ratioScore(treat, control Count, r float64) float64 {
	x1, n1 := float64(treat.X), float64(treat.N)
	x0, n0 := float64(control.X), float64(control.N)
	n, c := n1+n0, x1+x0
	a := n * r
	b := -(n1*r + x1 + n0 + x0*r)

	// The smaller root of a*p^2 + b*p + c, in the form that subtracts nothing.
	p0 := 2 * c / (-b + math.Sqrt(max(0, b*b-4*a*c)))
	p0 = min(1, max(0, p0))
	p1 := min(1, r*p0)
	return over(x1/n1-r*x0/n0, (p1*(1-p1)/n1+r*r*p0*(1-p0)/n0)*n/(n-1))
}

// over is distance / sqrt(variance); no variance at all means certainty.
func over(distance, variance float64) float64 {
	switch {
	case distance == 0:
		return 0
	case !(variance > 0):
		return math.Inf(1) * math.Copysign(1, distance)
	}
	return distance / math.Sqrt(variance)
}
