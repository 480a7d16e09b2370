package stats

import "math"

// Buyers are those of an arm who bought, and a characteristic of theirs.
type Buyers struct {
	Enrolled int64   `json:"enrolled"` // in the arm, buyers or not
	Of       Moments `json:"of"`       // the characteristic, over the buyers only
}

// Profile is the mean of a characteristic among customers who bought only because
// of the campaign.
type Profile struct {
	Ratio // within the support

	// Z is by how many standard errors more bought in treat. At 2 and below there are
	// hardly any such customers and the profile is not to be shown.
	Z float64

	Treated, Natural float64 // the same mean among treat's and control's buyers, as they are

	Clipped bool // the value was outside the support, which chance can do, and was moved to its end
}

// Moved is the profile of those the campaign moved, for a characteristic known
// before assignment whose values lie in [from, to]: the difference per enrolled in
// the characteristic's sum over buyers, divided by that in buyers (Abadie 2003, J
// Econometrics 113:231, for compliers). True where the campaign keeps nobody from
// buying. The interval is Fieller's; SE is by residuals.
//
// Not defined with fewer than two enrolled or no buyer in an arm, as many buyers
// per enrolled in both, or when float64 cannot hold a figure.
func Moved(treat, control Buyers, from, to, alpha float64) (Profile, bool) {
	if !(from <= to) {
		panic("stats: a support goes from its lowest to its highest value")
	}
	t, ok1 := treat.pairs()
	c, ok0 := control.pairs()
	ratio, ok := DifferenceRatio(t, c, alpha)
	if !ok || !ok1 || !ok0 {
		return Profile{}, false
	}
	p := Profile{Ratio: ratio}
	p.Treated, _ = treat.Of.Mean()
	p.Natural, _ = control.Of.Mean()
	more, _ := t.X.effect()
	less, _ := c.X.effect()
	p.Z = over(more.Value-less.Value, math.Pow(minus(more, less).SE, 2))
	within := func(x float64) float64 { return min(to, max(from, x)) }
	p.Clipped = p.Value != within(p.Value)
	p.Value = within(p.Value)
	if p.Unbounded == "" {
		p.Lo, p.Hi = within(p.Lo), within(p.Hi)
	}
	return p, true
}

// pairs are, over all enrolled, bought or not (x) and the characteristic of those
// who did (y).
func (b Buyers) pairs() (Pairs, bool) {
	if b.Of.N < 1 || b.Of.N > b.Enrolled || !b.Of.usable(1) {
		return Pairs{}, false
	}
	bought := float64(b.Of.N)
	y := b.Of
	y.N = b.Enrolled
	return Pairs{X: Moments{b.Enrolled, bought, bought, bought}, Y: y, XY: y.Sum}, true
}
