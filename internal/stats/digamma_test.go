package stats_test

import (
	"math"
	"testing"

	"github.com/rewave/rewave/internal/stats"
)

// Abramowitz and Stegun 1964, 6.3.2, 6.3.3 and 6.3.5.
func TestDigamma(t *testing.T) {
	t.Parallel()
	const euler = 0.57721566490153286
	near(t, "psi(1)", stats.Digamma(1), -euler, 1e-14)
	near(t, "psi(1/2)", stats.Digamma(.5), -euler-2*math.Ln2, 1e-14)
	for _, x := range []float64{1e-3, .3, 7, 300} {
		near(t, "psi(x+1)", stats.Digamma(x+1), stats.Digamma(x)+1/x, 1e-12)
	}
}
