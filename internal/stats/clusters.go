package stats

import "math"

// Decision is one row of chance: at this point a customer was sent to, or was not,
// by a draw of which the probability was written down.
type Decision struct {
	Sent bool
	P    float64 // of being sent to, strictly between 0 and 1
	Y    float64 // what came of it
}

// Cluster is all the rows of one customer: the sums of what came of those in each
// arm, and how many rows they stand for. A customer may be in both arms.
type Cluster struct{ TreatY, Treat, ControlY, Control float64 }

// See adds a decision, weighted by the inverse of how likely it was to go as it
// did. A P that leaves nothing to chance panics: such a row cannot compare.
func (c *Cluster) See(d Decision) {
	if !(d.P > 0 && d.P < 1) {
		panic("stats: a decision left to chance has a probability strictly between 0 and 1")
	}
	if d.Sent {
		c.TreatY += d.Y / d.P
		c.Treat += 1 / d.P
	} else {
		c.ControlY += d.Y / (1 - d.P)
		c.Control += 1 / (1 - d.P)
	}
}

// Clusters are sums over customers and sums of products of pairs, from which the
// comparison and its error follow at the end: one pass over the customers, each
// with all its rows at once. Those of disjoint sets of customers add up.
type Clusters struct {
	N       int64         `json:"n"`
	Sum     [4]float64    `json:"sum"`     // of a Cluster's fields, in their order
	Product [4][4]float64 `json:"product"` // [i][j], i <= j; the rest is 0
}

// Add counts one more customer.
func (s *Clusters) Add(c Cluster) {
	s.N++
	values := [4]float64{c.TreatY, c.Treat, c.ControlY, c.Control}
	for i, x := range values {
		s.Sum[i] += x
		for j := i; j < 4; j++ {
			s.Product[i][j] += x * values[j]
		}
	}
}

// MergeClusters is all the sets of customers together. Each sum is rounded once, so
// the order of the parts does not change a bit of it.
func MergeClusters(parts ...Clusters) (all Clusters) {
	column := make([]float64, len(parts))
	for _, p := range parts {
		all.N += p.N
	}
	for i := range 4 {
		for k, p := range parts {
			column[k] = p.Sum[i]
		}
		all.Sum[i] = total(column)
		for j := i; j < 4; j++ {
			for k, p := range parts {
				column[k] = p.Product[i][j]
			}
			all.Product[i][j] = total(column)
		}
	}
	return all
}

// Means are the two arms' means over rows, by weight.
func (s Clusters) Means() (treat, control float64, ok bool) {
	if s.N < 2 || !finite(s.Sum[:]...) || !(s.Sum[1] > 0 && s.Sum[3] > 0) {
		return 0, 0, false
	}
	treat, control = s.Sum[0]/s.Sum[1], s.Sum[2]/s.Sum[3]
	return treat, control, finite(treat, control)
}

// Difference is treat's mean over rows minus control's, the estimate of Hajek with
// weights that are inverse probabilities (Hajek 1971; the excursion effect of Boruvka
// et al. 2018, J Am Stat Assoc 113:1112, without moderators), and the error of a
// sample of customers: each counts by the sum of its rows' influence. With one
// probability for all it is the plain difference of means. For many customers;
// without the factor n/(n-1). Not defined below two customers, without rows in an
// arm, or when float64 cannot hold a figure.
func (s Clusters) Difference(alpha float64) (Difference, bool) {
	treat, control, ok := s.Means()
	if !ok {
		return Difference{}, false
	}
	influence := [4]float64{1 / s.Sum[1], -treat / s.Sum[1], -1 / s.Sum[3], control / s.Sum[3]}
	return Effect{treat - control, math.Sqrt(s.covariance(influence, influence))}.Difference(alpha)
}

// Ratio is treat's mean over rows divided by control's, as Fieller has it, with the
// covariance that customers in both arms bring. Defined where Difference is and the
// control's mean is not 0.
func (s Clusters) Ratio(alpha float64) (Ratio, bool) {
	treat, control, ok := s.Means()
	if !ok {
		return Ratio{}, false
	}
	t := [4]float64{1 / s.Sum[1], -treat / s.Sum[1]}
	c := [4]float64{2: 1 / s.Sum[3], 3: -control / s.Sum[3]}
	top, bottom := Effect{treat, math.Sqrt(s.covariance(t, t))}, Effect{control, math.Sqrt(s.covariance(c, c))}
	return Fieller(top, bottom, s.covariance(t, c), alpha)
}

// covariance is that of two estimates, given how a customer's fields count in each;
// 0 where the sums cannot tell it from 0.
func (s Clusters) covariance(a, b [4]float64) float64 {
	var sum, size float64
	for i := range 4 {
		for j := i; j < 4; j++ {
			weight := a[i] * b[j]
			if i != j {
				weight += a[j] * b[i]
			}
			sum += weight * s.Product[i][j]
			size += math.Abs(weight * s.Product[i][j])
		}
	}
	if math.Abs(sum) <= 1e-14*size {
		return 0 // rounding is all that is left
	}
	return sum
}
