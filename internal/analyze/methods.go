package analyze

import (
	"math"
	"slices"

	"github.com/rewave/rewave/internal/stats"
)

// holm adjusts p-values so that the chance of any false alarm among them stays
// below the level they are compared with (Holm 1979, Scand J Stat 6:65).
func holm(ps []float64) []float64 {
	order := make([]int, len(ps))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case ps[a] < ps[b]:
			return -1
		case ps[a] > ps[b]:
			return 1
		}
		return 0
	})
	out, least := make([]float64, len(ps)), 0.0
	for rank, i := range order {
		least = max(least, min(1, float64(len(ps)-rank)*ps[i]))
		out[i] = least
	}
	return out
}

// mean is a normal estimate.
type mean struct{ value, variance float64 }

// fieller is the interval of a/b for independent estimates (Fieller 1954, J R Stat
// Soc B 16:175); false where it is unbounded, as b may be 0.
func fieller(a, b mean, z float64) (stats.Estimate, bool) {
	A := b.value*b.value - z*z*b.variance
	if !(A > 0) {
		return stats.Estimate{}, false
	}
	B, C := a.value*b.value, a.value*a.value-z*z*a.variance
	root := math.Sqrt(max(0, B*B-A*C))
	return stats.Estimate{Value: a.value / b.value, Lo: (B - root) / A, Hi: (B + root) / A}, true
}

// cochran is the statistic that effects are all the same, with its degrees of
// freedom (Cochran 1954, Biometrics 10:101); false with fewer than two that vary.
func cochran(effects []mean) (q float64, df int, ok bool) {
	var weights, weighted float64
	n := 0
	for _, e := range effects {
		if e.variance > 0 {
			n++
			weights += 1 / e.variance
			weighted += e.value / e.variance
		}
	}
	if n < 2 {
		return 0, 0, false
	}
	for _, e := range effects {
		if e.variance > 0 {
			d := e.value - weighted/weights
			q += d * d / e.variance
		}
	}
	return q, n - 1, true
}

// lean is one difference with the third cumulant of its distribution.
type lean struct {
	mean
	third float64
}

// weigh is the weighted sum of independent differences.
func weigh(parts []lean, weights []float64) lean {
	var sum lean
	for i, p := range parts {
		w := weights[i]
		sum.value += w * p.value
		sum.variance += w * w * p.variance
		sum.third += w * w * w * p.third
	}
	return sum
}

// interval is Hall's of such a difference. stats takes the moments of samples: here
// those of one with just this variance and skewness of its mean, around 0.
func (l lean) interval(n int64, alpha float64) (stats.Skewed, bool) {
	size := float64(n)
	sample := stats.Moments{N: n, Sum2: l.variance * size * (size - 1), Sum3: l.third * size * size * size}
	s, ok := stats.HallDifference(sample, stats.Moments{N: 2}, alpha)
	s.Value, s.Lo, s.Hi = s.Value+l.value, s.Lo+l.value, s.Hi+l.value
	return s, ok
}
