package stats

import (
	"math"

	"gonum.org/v1/gonum/integrate/quad"
)

// OBFBounds is the |z| that each of several looks at one question must reach so
// that all together err with chance alpha, both tails together: few early, most
// at the end (Lan and DeMets 1983, Biometrika 70:659, with their spending of
// O'Brien and Fleming's type, a(s) = 4(1 - Phi(z(1-alpha/4)/sqrt(s)))).
//
// spend is how much of the plan each look stands for, rising within (0,1], as
// 1/5, 2/5, ...; alpha is used up at 1. information is how much has been seen,
// positive and in any unit: looks i < j correlate as sqrt(information i /
// information j), so where the correlation is sqrt(o_i/o_j) for the odds o of
// the pooled cumulative rates, give those odds. Both may be for the looks up to
// now: later ones do not change earlier bounds.
//
// A look with less than a thousandth more information than the last is taken to
// have that much, which makes its bound a trifle larger. No bound exceeds 37,
// where a chance of 1e-300 lies. Not defined (ok false) without looks or when
// information is 0, infinite or falls; spend that does not rise within (0,1] or
// is not as long as information panics.
func OBFBounds(spend, information []float64, alpha float64) ([]float64, bool) {
	z := twoSided(alpha / 2)
	if len(spend) != len(information) {
		panic("stats: as many spendings as looks")
	}
	var last float64
	for _, s := range spend {
		if !(s > last && s <= 1) {
			panic("stats: spending rises within (0,1]")
		}
		last = s
	}
	steps, ok := increments(information)
	if !ok {
		return nil, false
	}

	bounds := make([]float64, len(spend))
	w := start()
	var spent float64
	for i, s := range spend {
		total := 4 * NormalCDF(-z/math.Sqrt(s))
		w.move(steps[i])
		bounds[i] = bisect(0, 37, func(z float64) bool { return w.beyond(z) >= total-spent })
		spent = total
		if i+1 < len(spend) {
			w.keep(bounds[i], steps[i+1])
		}
	}
	return bounds, true
}

// increments are the steps of information, relative to its first.
func increments(information []float64) (steps []float64, ok bool) {
	const least = 1e-3
	var at float64
	for i, t := range information {
		if !(t > 0) || math.IsInf(t, 1) || i > 0 && t < information[i-1] {
			return nil, false
		}
		next := t / information[0]
		if i > 0 {
			next = max(next, at*(1+least))
		}
		steps = append(steps, next-at)
		at = next
	}
	return steps, len(steps) > 0
}

// walk is where the score process of an absent effect may be, of those paths
// that no look has stopped (Armitage, McPherson and Rowe 1969, J R Stat Soc A
// 132:235): masses at places as of the last look, and the normal step from there
// to the next.
type walk struct {
	place, mass []float64
	step        float64 // standard deviation
	time        float64 // information at the end of the step
}

func start() *walk { return &walk{place: []float64{0}, mass: []float64{1}} }

func (w *walk) move(information float64) {
	w.step = math.Sqrt(information)
	w.time += information
}

// beyond is the share of all paths that are still walking and reach |z| now.
func (w *walk) beyond(z float64) float64 { return 2 * w.below(-z, 0) }

// below is the share of all paths that are still walking and are at z or lower
// now, where an effect moves them by drift for each unit of information. Up to
// the last look it only changes how likely a path is: by exp(drift*place -
// drift^2*time/2), the ratio of two normal densities.
func (w *walk) below(z, drift float64) (share float64) {
	bound, before := z*math.Sqrt(w.time), w.time-w.step*w.step
	for i, at := range w.place {
		tilt := math.Exp(drift * (at - drift*before/2))
		share += w.mass[i] * tilt * NormalCDF((bound-at)/w.step-drift*w.step)
	}
	return share
}

// keep goes on with the paths within |z|, laid out for a step of the given
// information to come.
func (w *walk) keep(z, information float64) {
	// There is nothing to integrate past fifteen standard deviations. Four nodes
	// to the shorter step's deviation leave an error below the last digits.
	bound := min(z, 15) * math.Sqrt(w.time)
	nodes := max(100, int(math.Ceil(8*bound/min(w.step, math.Sqrt(information)))))
	place, mass := make([]float64, nodes), make([]float64, nodes)
	quad.Legendre{}.FixedLocations(place, mass, -bound, bound)
	for i, to := range place {
		var density float64
		for j, from := range w.place {
			t := (to - from) / w.step
			density += w.mass[j] * math.Exp(-t*t/2)
		}
		mass[i] *= density / (w.step * math.Sqrt(2*math.Pi))
	}
	w.place, w.mass = place, mass
}
