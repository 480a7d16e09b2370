package stats

import "math"

// Count is one arm of a comparison: X of N customers did it. 0 <= X <= N; all
// functions panic on anything else, as it can only be a bug of the caller.
type Count struct{ X, N int64 }

// Rate is X/N, and not defined (ok false) for an empty arm.
func (c Count) Rate() (rate float64, ok bool) {
	c.check()
	if c.N == 0 {
		return 0, false
	}
	return float64(c.X) / float64(c.N), true
}

func (c Count) check() {
	if c.X < 0 || c.X > c.N {
		panic("stats: a count is X of N with 0 <= X <= N")
	}
}

// Estimate is a value with its interval, Lo <= Value <= Hi. An end that does not
// exist is infinite.
type Estimate struct{ Value, Lo, Hi float64 }

// Wilson is the score interval of one rate (Wilson 1927; method 3 of Newcombe
// 1998, Stat Med 17:857), without continuity correction: always within [0,1],
// sensible at 0 and at N. Not defined for an empty arm.
func Wilson(c Count, alpha float64) (Estimate, bool) {
	p, ok := c.Rate()
	if !ok {
		return Estimate{}, false
	}
	z, n := twoSided(alpha), float64(c.N)
	middle := p + z*z/(2*n)
	half := z * math.Sqrt(p*(1-p)/n+z*z/(4*n*n))
	scale := 1 + z*z/n
	e := Estimate{p, max(0, (middle-half)/scale), min(1, (middle+half)/scale)}

	// At the ends the formula is 0 and 1 exactly; rounding is not.
	if c.X == 0 {
		e.Lo = 0
	}
	if c.X == c.N {
		e.Hi = 1
	}
	return e, true
}
