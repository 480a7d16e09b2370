package holdout

// Share is a share of a whole in parts per billion, so that a written 33.3%
// stays exactly what was written. Valid shares are 0 (nobody) to Whole.
type Share int64

// Whole is 100 %.
const Whole Share = 1_000_000_000

// Float is the share as a number in [0,1].
func (s Share) Float() float64 { return float64(s) / float64(Whole) }
