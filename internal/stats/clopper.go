package stats

import "gonum.org/v1/gonum/mathext"

// ClopperPearson is the exact interval of one rate (Clopper and Pearson 1934,
// Biometrika 26:404): it covers at least at the level asked for, whatever the rate,
// and is wider than Wilson's for that. For limits that must hold. Not defined for an
// empty arm.
func ClopperPearson(c Count, alpha float64) (Estimate, bool) {
	rate, ok := c.Rate()
	tail := NormalCDF(-twoSided(alpha))
	if !ok {
		return Estimate{}, false
	}
	x, n := float64(c.X), float64(c.N)
	e := Estimate{Value: rate, Hi: 1}
	if c.X > 0 {
		e.Lo = -bisect(-rate, 0, func(p float64) bool { return mathext.RegIncBeta(x, n-x+1, -p) >= tail })
	}
	if c.X < c.N {
		e.Hi = bisect(rate, 1, func(p float64) bool { return mathext.RegIncBeta(n-x, x+1, 1-p) >= tail })
	}
	return e, true
}
