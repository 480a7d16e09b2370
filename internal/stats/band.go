package stats

import (
	"math"
	"math/rand/v2"
	"slices"
)

// A band of a curve holds along a whole stretch at once: with chance 1 - alpha
// the truth leaves it nowhere there. It is the band of single times with a larger
// multiple of the standard error, drawn by multiplier bootstrap (Lin, Wei and Ying
// 1993, Biometrika 80:557; Lin, Fleming and Wei 1994, Biometrika 81:73): a
// thousand times the purchases of each step are given a normal weight of
// Greenwood's variance, and the multiple is what the largest excursion exceeds in
// alpha of them. The seed is fixed, so the same
// counts have the same band.

const (
	bandDraws  = 1000
	bandSeed   = 19930557
	bandBought = 10 // where a band begins, and a curve may be called about normal
	bandLeft   = 10 // where it ends: still followed at the step
)

// SimultaneousBand is the curve's steps from the one at which ten have bought to
// the last at which ten are still followed, with the log(-log) band that holds at
// all of them at once, each until the next. Nothing where the curve has no such stretch or alpha is below 0.002, which a
// thousand draws cannot tell.
func SimultaneousBand(curve Curve, alpha float64) []Step {
	z := twoSided(alpha)
	from, to := curve.stretch()
	if from >= to {
		return nil
	}
	moves := curve.moves(to)
	multiple, ok := excursion(alpha, func(random *rand.Rand) (largest float64) {
		var at float64
		for i, move := range moves {
			at += move * random.NormFloat64()
			if i >= from {
				s := curve.Steps[i]
				largest = max(largest, math.Abs(at)*(1-s.Value)/s.SE)
			}
		}
		return largest
	})
	if !ok {
		return nil
	}
	band := slices.Clone(curve.Steps[from:to])
	for i := range band {
		s := &band[i]
		wide := logLog(math.Log1p(-s.Value), s.SE/(1-s.Value), max(z, multiple))
		s.Lo, s.Hi = wide.Lo, wide.Hi
	}
	return band
}

// SimultaneousDifference is the gaps of CurveDifference that lie where both curves
// have a band, with the band that holds at all of them at once. Nothing where
// SimultaneousBand has nothing for either arm.
func SimultaneousDifference(treat, control Curve, alpha float64) []Gap {
	z := twoSided(alpha)
	var gaps []Gap
	var at [][2]int // how many steps of treat and of control have been taken at a gap
	from1, to1 := treat.stretch()
	from0, to0 := control.stretch()
	for _, g := range CurveDifference(treat, control, alpha) {
		i, j := treat.taken(g.At), control.taken(g.At)
		if i > from1 && i <= to1 && j > from0 && j <= to0 {
			gaps, at = append(gaps, g), append(at, [2]int{i, j})
		}
	}
	if len(gaps) == 0 {
		return nil
	}
	moves1, moves0 := treat.moves(to1), control.moves(to0)
	multiple, ok := excursion(alpha, func(random *rand.Rand) (largest float64) {
		var walk1, walk0 float64
		i, j := 0, 0
		for k, g := range gaps {
			for ; i < at[k][0]; i++ {
				walk1 += moves1[i] * random.NormFloat64()
			}
			for ; j < at[k][1]; j++ {
				walk0 += moves0[j] * random.NormFloat64()
			}
			moved := (1-treat.Steps[i-1].Value)*walk1 - (1-control.Steps[j-1].Value)*walk0
			largest = max(largest, math.Abs(moved)/g.SE)
		}
		return largest
	})
	if !ok {
		return nil
	}
	half := max(z, multiple)
	for i, g := range gaps {
		gaps[i].Lo, gaps[i].Hi = max(-1, g.Value-half*g.SE), min(1, g.Value+half*g.SE)
	}
	return gaps
}

// excursion is what alpha of the draws exceed.
func excursion(alpha float64, draw func(*rand.Rand) float64) (float64, bool) {
	if alpha < 2.0/bandDraws {
		return 0, false
	}
	random := rand.New(rand.NewPCG(bandSeed, 1))
	largest := make([]float64, bandDraws)
	for i := range largest {
		largest[i] = draw(random)
	}
	slices.Sort(largest)
	return Quantile(largest, 1-alpha)
}

// stretch is the steps [from, to) between too few purchases and too few followed.
func (c Curve) stretch() (from, to int) {
	var bought int64
	for i, s := range c.Steps {
		if bought += s.Bought; bought < bandBought {
			from = i + 1
		}
		if s.AtRisk >= bandLeft && s.Value < 1 {
			to = i + 1
		}
	}
	return from, to
}

// taken is how many steps the curve has taken by a time.
func (c Curve) taken(time float64) int {
	n := 0
	for n < len(c.Steps) && c.Steps[n].At <= time {
		n++
	}
	return n
}

// moves is what each of the first n steps adds to the standard deviation of the
// logarithm of 1 - curve, by itself; not all have bought by then.
func (c Curve) moves(n int) []float64 {
	moves := make([]float64, n)
	for i, s := range c.Steps[:n] {
		risk, bought := float64(s.AtRisk), float64(s.Bought)
		moves[i] = math.Sqrt(bought / (risk * (risk - bought)))
	}
	return moves
}
