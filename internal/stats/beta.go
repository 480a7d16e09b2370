package stats

import (
	"math"

	"gonum.org/v1/gonum/mathext"
)

// Beta is the belief in a rate that A-1 customers of A+B-2 showed, from a flat
// prior (Bayes 1763). Both are at least 1.
type Beta struct{ A, B float64 }

// RateBelief is the Beta of a count; that of nobody is flat.
func RateBelief(c Count) Beta {
	c.check()
	return Beta{float64(c.X) + 1, float64(c.N-c.X) + 1}
}

// Mean is the expected rate.
func (b Beta) Mean() float64 { return b.A / (b.A + b.B) }

func (b Beta) below(x float64) float64 {
	return mathext.RegIncBeta(b.A, b.B, min(1, max(0, x)))
}

func (b Beta) above(x float64) float64 { return Beta{b.B, b.A}.below(1 - x) }

func (b Beta) density(x float64) float64 {
	if x < 0 || x > 1 {
		return 0
	}
	log := 0.0
	if b.A > 1 {
		log += (b.A - 1) * math.Log(x*(b.A+b.B-2)/(b.A-1))
	}
	if b.B > 1 {
		log += (b.B - 1) * math.Log((1-x)*(b.A+b.B-2)/(b.B-1))
	}
	return math.Exp(log)
}

func (b Beta) support() (lo, sd, hi float64) {
	if !(b.A >= 1 && b.B >= 1) {
		panic("stats: a Beta counts from a flat prior")
	}
	n := b.A + b.B
	return 0, math.Sqrt(b.A * b.B / (n * n * (n + 1))), 1
}

// Beats is the chance that b's rate is above a's, from flat priors: the finite
// sum of Miller (2015, Formulas for Bayesian A/B testing), exact but for
// rounding, over the customers of b who did it.
func Beats(b, a Count) float64 {
	x, y := RateBelief(b), RateBelief(a)

	// The first term is a product of shares, and each next term follows from the
	// last. Powers of two are kept apart, as both go out of range, and logarithms of
	// millions would lose half the digits.
	const far = 1 << 500
	power, first := 0, 1.0
	for i := range a.X + 1 {
		k := float64(i)
		if first *= (y.B + k) / (x.B + y.B + k); first < 1.0/far {
			first, power = first*far, power-500
		}
	}
	term, sum := 1.0, 0.0
	for i := range b.X + 1 {
		k := float64(i)
		if sum += term; sum > far {
			term, sum, power = term/far, sum/far, power+500
		}
		term *= (y.A + k) / (y.A + y.B + x.B + k) * (x.B + k) / (1 + k)
	}
	return min(1, math.Ldexp(first*sum, power))
}
