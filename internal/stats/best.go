package stats

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/integrate/quad"
)

// Belief is what is thought of one arm's true mean after its data: a Beta of a
// rate or a Normal of anything else.
type Belief interface {
	Mean() float64
	below(x float64) float64   // share below x, small ones to their last digits
	above(x float64) float64   // share above x, likewise
	density(x float64) float64 // up to a constant factor
	support() (lo, sd, hi float64)
}

// Choice is what is thought of choosing one of several arms.
type Choice struct {
	Best float64 // chance that its true mean is the highest
	Loss float64 // expected shortfall of its true mean from the highest, 0 or more
}

// Choose is the choice of each arm, beliefs independent of each other, by
// quadrature over the range of them all: right to some 1e-9 of the figure, down
// to figures of 1e-12. Chances add up to one; arms that are alike share it, one by
// itself is certain. Panics for a belief without a finite, positive spread.
func Choose(arms []Belief) []Choice {
	choices := make([]Choice, len(arms))
	place, weight := nodes(arms)
	under, over := make([]float64, len(arms)), make([]float64, len(arms))
	mass := make([]float64, len(arms))
	for k, x := range place {
		for i, arm := range arms {
			under[i], over[i] = arm.below(x), arm.above(x)
		}
		for i, arm := range arms {
			// Of the others: the chance that all are below, and that one is not.
			all, none := 1.0, 0.0
			for j := range arms {
				if j != i {
					all *= under[j]
					none += math.Log1p(-min(over[j], 1))
				}
			}
			d := weight[k] * arm.density(x)
			mass[i] += d
			choices[i].Best += d * all
			choices[i].Loss += weight[k] * under[i] * -math.Expm1(none)
		}
	}
	var total float64
	for i := range choices {
		choices[i].Best /= mass[i]
		total += choices[i].Best
	}
	for i := range choices {
		choices[i].Best /= total
	}
	return choices
}

// nodes are places and weights of a quadrature over where any of the beliefs is,
// finer where one is narrow: panels end at each mean and at multiples of each
// standard deviation from it.
func nodes(arms []Belief) (place, weight []float64) {
	var ends []float64
	for _, arm := range arms {
		lo, sd, hi := arm.support()
		if !(sd > 0) || !finite(lo, sd, hi) {
			panic("stats: a belief has a finite, positive spread")
		}
		for _, k := range []float64{-40, -20, -12, -8, -6, -4, -3, -2, -1, 0, 1, 2, 3, 4, 6, 8, 12, 20, 40} {
			ends = append(ends, min(hi, max(lo, arm.Mean()+k*sd)))
		}
		ends = append(ends, lo, hi)
	}
	slices.Sort(ends)
	ends = slices.Compact(ends)
	const each = 16
	for i := range len(ends) - 1 {
		x, w := make([]float64, each), make([]float64, each)
		quad.Legendre{}.FixedLocations(x, w, ends[i], ends[i+1])
		place, weight = append(place, x...), append(weight, w...)
	}
	return place, weight
}
