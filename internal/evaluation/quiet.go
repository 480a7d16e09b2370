package evaluation

import (
	"math"

	"github.com/rewave/rewave/internal/holdout"
	"github.com/rewave/rewave/internal/stats"
)

// Segment is the final enrollments of one stratum of a campaign: power sums of
// capped profit in minor units.
type Segment struct {
	Stratum     string
	Treat, Hold stats.Moments
}

// Quiet is what a campaign earns in one stratum. Disturbs says that even the upper
// end, drawn towards the campaign's other strata, lies below 0: they are better
// left alone.
type Quiet struct {
	Campaign string `json:"campaign"`
	Design   int    `json:"design"`
	Stratum  string `json:"stratum"`
	Treat    int64  `json:"treat"`
	Hold     int64  `json:"hold"`
	Profit   Figure `json:"profit"` // per enrollment, in units of the currency
	Shrunk   Figure `json:"shrunk"`
	Disturbs bool   `json:"disturbs"`
	Rule     string `json:"rule,omitempty"` // who they are; set where it disturbs
	When     string `json:"when,omitempty"` // the campaign's own rule
}

// Quiets are the strata of a campaign that may be compared, drawn towards each
// other: a stratum is not called bad for bad luck. Nothing is said of fewer than
// two strata, of those with fewer than 100 in an arm, or of a campaign that is
// not pooled.
func Quiets(m Member, segments []Segment, currency Currency) []Quiet {
	scale := math.Pow10(currency.Digits)
	var out []Quiet
	var effects []stats.Effect
	for _, s := range segments {
		treat, okT := s.Treat.Mean()
		hold, okH := s.Hold.Mean()
		vt, okVT := s.Treat.Variance()
		vh, okVH := s.Hold.Variance()
		if excluded(m) != "" || s.Stratum == "" || s.Treat.N < LeastHeld || s.Hold.N < LeastHeld || !okT || !okH || !okVT || !okVH || vt+vh == 0 {
			continue
		}
		e := stats.Effect{Value: (treat - hold) / scale, SE: math.Sqrt(vt/float64(s.Treat.N)+vh/float64(s.Hold.N)) / scale}
		d, ok := e.Difference(alpha)
		if !ok {
			continue
		}
		effects = append(effects, e)
		out = append(out, Quiet{Campaign: m.Campaign, Design: m.Design, Stratum: s.Stratum, Treat: s.Treat.N, Hold: s.Hold.N, Profit: figure(d.Estimate, "normal")})
	}
	all, ok := stats.Pool(effects)
	if len(effects) < leastPooled || !ok {
		return nil
	}
	for i := range out {
		out[i].Shrunk = drawn(effects[i], all.Random, all.Tau2)
		out[i].Disturbs = out[i].Shrunk.Known() && *out[i].Shrunk.Hi < 0
	}
	return out
}

// AddSegment puts the sums of one arm to their stratum.
func AddSegment(list []Segment, stratum string, arm holdout.Arm, m stats.Moments) []Segment {
	for i := range list {
		if list[i].Stratum == stratum {
			list[i].add(arm, m)
			return list
		}
	}
	s := Segment{Stratum: stratum}
	s.add(arm, m)
	return append(list, s)
}

func (s *Segment) add(arm holdout.Arm, m stats.Moments) {
	if arm == holdout.Hold {
		s.Hold = s.Hold.Merge(m)
		return
	}
	s.Treat = s.Treat.Merge(m)
}
