package stats

import (
	"cmp"
	"slices"
)

// Scored is a customer of an experiment with a score that says how much the campaign
// is thought to move them.
type Scored struct {
	Score float64
	Treat bool
	Y     float64 // what came of it
}

// QiniPoint is what the campaign brought in among the customers of the highest
// scores, so many of them.
type QiniPoint struct {
	Customers int64
	Gain      float64
}

// QiniCurve says whether a score finds those whom the campaign moves.
type QiniCurve struct {
	Points []QiniPoint // from none to all; customers of one score are one step
	Area   float64     // under the curve, per customer
	Random float64     // the same for a score that knows nothing
	Qini   float64     // Area - Random: above 0 the score knows something
}

// Qini is the curve of treat's sum of y less control's, the latter as if it had as
// many customers as treat, in order of falling score (Radcliffe 2007, Direct Mark
// Anal J 1:14). There are several definitions; this one divides the area by the
// customers and by nothing else, so it is in the unit of y and depends on the size
// of the experiment: compare scores on the same customers. Before the first control
// customer nothing is subtracted. Not defined without both arms, or when a figure is
// no number.
func Qini(customers []Scored) (QiniCurve, bool) {
	sorted := slices.Clone(customers)
	slices.SortFunc(sorted, func(a, b Scored) int { return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.Y, b.Y)) })
	q := QiniCurve{Points: []QiniPoint{{}}}
	var treat, control, treatY, controlY float64
	for i, c := range sorted {
		if !finite(c.Score, c.Y) {
			return QiniCurve{}, false
		}
		if c.Treat {
			treat, treatY = treat+1, treatY+c.Y
		} else {
			control, controlY = control+1, controlY+c.Y
		}
		if i+1 < len(sorted) && sorted[i+1].Score == c.Score {
			continue
		}
		gain := treatY
		if control > 0 {
			gain -= controlY * treat / control
		}
		last := q.Points[len(q.Points)-1]
		q.Points = append(q.Points, QiniPoint{int64(i + 1), gain})
		q.Area += (last.Gain + gain) / 2 * float64(int64(i+1)-last.Customers)
	}
	if treat == 0 || control == 0 {
		return QiniCurve{}, false
	}
	q.Area /= float64(len(sorted))
	q.Random = q.Points[len(q.Points)-1].Gain / 2
	q.Qini = q.Area - q.Random
	if !finite(q.Area, q.Random, q.Qini) {
		return QiniCurve{}, false
	}
	return q, true
}
