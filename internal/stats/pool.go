package stats

import "math"

// Pooled is one effect found in several periods, campaigns or segments.
type Pooled struct {
	Fixed  Effect // as if all were the same effect
	Random Effect // the mean of effects that differ; its SE covers that

	Q  float64 // Cochran's, of how far they differ
	P  float64 // of a Q as large when all are the same
	I2 float64 // share of their spread that is not chance, in [0,1)

	Tau2   float64   // variance of the effects themselves
	Shrunk []float64 // each drawn towards Random as far as it is unsure, in the order given
}

// Pool is the meta-analysis of independent effects: fixed effect and Q (Cochran
// 1954, Biometrics 10:101), I2 (Higgins and Thompson 2002, Stat Med 21:1539), the
// moment estimate of Tau2 (DerSimonian and Laird 1986, Control Clin Trials 7:177)
// and empirical-Bayes means. Q is a weak test for few effects, and Tau2 a rough
// figure. Where the effects share customers see PoolDependent.
//
// Not defined without effects, with an SE of 0 or when float64 cannot hold a
// figure. Of one effect, Q is 0 and P is 1.
func Pool(effects []Effect) (Pooled, bool) {
	if len(effects) == 0 {
		return Pooled{}, false
	}
	var sum, squares, mean float64
	for _, e := range effects {
		w := 1 / (e.SE * e.SE)
		if !e.usable() || !finite(w) {
			return Pooled{}, false
		}
		sum, squares, mean = sum+w, squares+w*w, mean+w*e.Value
	}
	p := Pooled{Fixed: Effect{mean / sum, 1 / math.Sqrt(sum)}, P: 1, Shrunk: make([]float64, len(effects))}
	for _, e := range effects {
		z := (e.Value - p.Fixed.Value) / e.SE
		p.Q += z * z
	}
	if df := float64(len(effects) - 1); df > 0 {
		p.P = ChiSquareTail(p.Q, len(effects)-1)
		if p.Q > df {
			p.I2 = (p.Q - df) / p.Q
			p.Tau2 = (p.Q - df) / (sum - squares/sum)
		}
	}
	var sumR, meanR float64
	for _, e := range effects {
		w := 1 / (e.SE*e.SE + p.Tau2)
		sumR, meanR = sumR+w, meanR+w*e.Value
	}
	p.Random = Effect{meanR / sumR, 1 / math.Sqrt(sumR)}
	for i, e := range effects {
		p.Shrunk[i] = p.Random.Value + p.Tau2/(p.Tau2+e.SE*e.SE)*(e.Value-p.Random.Value)
	}
	if !finite(p.Fixed.Value, p.Fixed.SE, p.Q, p.Tau2, p.Random.Value, p.Random.SE) || !finite(p.Shrunk...) {
		return Pooled{}, false
	}
	return p, true
}

// Slope is by how much an effect changes per unit of at (a round, a month): the
// line of least squares with weights 1/SE^2, and its error from those SE alone.
// Below 0 is wear-out. Not defined with fewer than two different times, an SE of 0
// or when float64 cannot hold a figure.
func Slope(effects []Effect, at []float64) (Effect, bool) {
	if len(effects) != len(at) {
		panic("stats: as many times as effects")
	}
	var sum, middle float64
	for i, e := range effects {
		w := 1 / (e.SE * e.SE)
		if !e.usable() || !finite(w, at[i]) {
			return Effect{}, false
		}
		sum, middle = sum+w, middle+w*at[i]
	}
	middle /= sum
	var spread, rise float64
	for i, e := range effects {
		w, x := 1/(e.SE*e.SE), at[i]-middle
		spread, rise = spread+w*x*x, rise+w*x*e.Value
	}
	slope := Effect{rise / spread, 1 / math.Sqrt(spread)}
	if !slope.usable() {
		return Effect{}, false
	}
	return slope, true
}
