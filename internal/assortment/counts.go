package assortment

import (
	"math"

	"github.com/rewave/rewave/internal/stats"
)

// Counts are of baskets: those with what stands on the left, those with what
// stands on the right, those with both, and all. 0 < Both <= Left, Right <= All.
type Counts struct{ Left, Right, Both, All int64 }

// Support is the share of baskets with both, in (0,1].
func (c Counts) Support() float64 { return float64(c.Both) / float64(c.All) }

// Confidence is the share of baskets with the left that have the right, in (0,1].
func (c Counts) Confidence() float64 { return float64(c.Both) / float64(c.Left) }

// Reverse reads the counts from the right to the left.
func (c Counts) Reverse() Counts { return Counts{c.Right, c.Left, c.Both, c.All} }

// Lift is how many times more often both are together than two that have nothing
// to do with each other: 1 is chance. The same in both directions.
func (c Counts) Lift() float64 {
	return float64(c.Both) * float64(c.All) / (float64(c.Left) * float64(c.Right))
}

// LiftEstimate is the lift with its interval on the log scale, of standard error
// sqrt(1/both - 1/left + 1/right - 1/all): that of a ratio of two rates (Katz,
// Baptista, Azen and Pike 1978, Biometrics 34:469). Baskets of one customer count
// as if of several, so it is too short where few customers buy much. alpha is the
// share of both tails together, in (0,1).
func (c Counts) LiftEstimate(alpha float64) stats.Estimate {
	lift := c.Lift()
	z := -stats.NormalQuantile(alpha / 2)
	half := z * math.Sqrt(1/float64(c.Both)-1/float64(c.Left)+1/float64(c.Right)-1/float64(c.All))
	return stats.Estimate{Value: lift, Lo: lift * math.Exp(-half), Hi: lift * math.Exp(half)}
}
