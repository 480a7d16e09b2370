package stats

import (
	"math"
	"math/big"
)

// Moments are the power sums of one metric over the units of one arm, zeros
// included: all that means, variances and skewness need. Those of disjoint sets
// of units add up. Whole minor units, summed exactly and rounded once to float64,
// lose nothing that matters below.
type Moments struct {
	N    int64   `json:"n"`
	Sum  float64 `json:"sum"`
	Sum2 float64 `json:"sum2"` // of squares
	Sum3 float64 `json:"sum3"` // of cubes
}

// Add counts one more unit with the value y.
func (m *Moments) Add(y float64) {
	m.N++
	m.Sum += y
	m.Sum2 += y * y
	m.Sum3 += y * y * y
}

// Merge is both sets of units together; they have none in common.
func (m Moments) Merge(o Moments) Moments {
	return Moments{m.N + o.N, m.Sum + o.Sum, m.Sum2 + o.Sum2, m.Sum3 + o.Sum3}
}

// Mean is the sum per unit, and not defined without units.
func (m Moments) Mean() (float64, bool) {
	if !m.usable(1) {
		return 0, false
	}
	return m.Sum / float64(m.N), true
}

// Variance is that of a sample, divided by N-1; not defined below two units. A
// spread smaller than what sums of 53 bits can tell (some 2e-8 of the mean) is 0.
func (m Moments) Variance() (float64, bool) {
	if !m.usable(2) {
		return 0, false
	}

	// N*Sum2 - Sum^2 cancels all but the last digits of values that lie close
	// together, so it is taken before anything is rounded.
	n := float64(m.N)
	whole := product(n, m.Sum2)
	spread := new(big.Float).Sub(whole, product(m.Sum, m.Sum))
	if !told(spread, whole) || spread.Sign() < 0 {
		return 0, true
	}
	return quotient(spread, product(n, n-1))
}

// Third is the third central moment of the units as they are, divided by N and
// not corrected for the sample: positive when a few are far above the mean. Not
// defined without units; 0 where the sums cannot tell it from 0.
func (m Moments) Third() (float64, bool) {
	if !m.usable(1) {
		return 0, false
	}
	n := float64(m.N)
	cubes, mixed, mean := product(n, n, m.Sum3), product(3, n, m.Sum, m.Sum2), product(2, m.Sum, m.Sum, m.Sum)
	lean := new(big.Float).Sub(cubes, mixed)
	lean.Add(lean, mean)
	if !told(lean, cubes, mixed, mean) {
		return 0, true
	}
	return quotient(lean, product(n, n, n))
}

// usable says whether there are enough units and sums that are numbers.
func (m Moments) usable(atLeast int64) bool {
	return m.N >= atLeast && finite(m.Sum, m.Sum2, m.Sum3)
}

// finite says whether all are numbers, none too large to be one.
func finite(xs ...float64) bool {
	for _, x := range xs {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return false
		}
	}
	return true
}

// product multiplies without rounding: four factors of 53 bits need 212, and the
// rest is room for adding products of other sizes.
func product(factors ...float64) *big.Float {
	p := new(big.Float).SetPrec(512).SetInt64(1)
	for _, f := range factors {
		p.Mul(p, new(big.Float).SetFloat64(f))
	}
	return p
}

// told says whether a difference of parts is more than the rounding of the sums
// they were made of: up to four half units in the last place of each part.
func told(difference *big.Float, parts ...*big.Float) bool {
	noise := new(big.Float).SetPrec(512)
	for _, part := range parts {
		noise.Add(noise, new(big.Float).Abs(part))
	}
	noise.SetMantExp(noise, -51)
	return new(big.Float).Abs(difference).Cmp(noise) > 0
}

func quotient(a, b *big.Float) (float64, bool) {
	q, _ := new(big.Float).Quo(a, b).Float64()
	if !finite(q) {
		return 0, false
	}
	return q, true
}
