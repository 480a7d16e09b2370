package stats

import "math"

// Dependent are effects pooled that are not independent.
type Dependent struct {
	Fixed Effect
	Q, P  float64 // as in Pooled
	Slope Effect  // as of Slope; SE is +Inf with fewer than two different times
}

// PoolDependent is Pool's fixed effect with Q, and Slope, for effects that are not
// independent, as those of rounds with the same customers: by generalised least
// squares on their covariance matrix, as many rows and columns as values. With
// nothing beside the diagonal it is Pool and Slope. Where all rounds have all the
// customers, an entry is the Covariance of the two rounds' Pairs divided by their
// number, summed over the arms.
//
// Not defined without values, when the matrix is not symmetric and positive
// definite, or when float64 cannot hold a figure.
func PoolDependent(values []float64, covariance [][]float64, at []float64) (Dependent, bool) {
	if len(covariance) != len(values) || len(at) != len(values) {
		panic("stats: as many rows and times as values")
	}
	root, ok := cholesky(covariance)
	if !ok || !finite(values...) || !finite(at...) {
		return Dependent{}, false
	}

	// Divided by the root of the covariance, everything is independent and of
	// variance 1.
	ones := make([]float64, len(values))
	for i := range ones {
		ones[i] = 1
	}
	one, y, x := root.solve(ones), root.solve(values), root.solve(at)
	sum := dot(one, one)
	d := Dependent{Fixed: Effect{dot(one, y) / sum, 1 / math.Sqrt(sum)}, P: 1, Slope: Effect{0, math.Inf(1)}}
	middle := dot(one, x) / sum
	for i := range y {
		rest := y[i] - d.Fixed.Value*one[i]
		x[i] -= middle * one[i]
		d.Q += rest * rest
	}
	if len(values) > 1 {
		d.P = ChiSquareTail(d.Q, len(values)-1)
	}
	if spread := dot(x, x); distinct(at) && spread > 0 {
		d.Slope = Effect{dot(x, y) / spread, 1 / math.Sqrt(spread)}
	}
	if !finite(d.Fixed.Value, d.Fixed.SE, d.Q, d.Slope.Value) {
		return Dependent{}, false
	}
	return d, true
}

func distinct(xs []float64) bool {
	for _, x := range xs {
		if x != xs[0] {
			return true
		}
	}
	return false
}

func dot(a, b []float64) (sum float64) {
	for i := range a {
		sum += a[i] * b[i]
	}
	return sum
}

// triangle is a lower triangular matrix.
type triangle [][]float64

// cholesky is the root of a symmetric, positive definite matrix, if it is one.
func cholesky(m [][]float64) (triangle, bool) {
	root := make(triangle, len(m))
	for i := range m {
		if len(m[i]) != len(m) || !finite(m[i]...) {
			return nil, false
		}
		root[i] = make([]float64, i+1)
		for j := range i + 1 {
			if m[i][j] != m[j][i] {
				return nil, false
			}
			left := m[i][j] - dot(root[i][:j], root[j][:j])
			if j < i {
				root[i][j] = left / root[j][j]
			} else if left > 1e-12*m[i][i] {
				root[i][i] = math.Sqrt(left)
			} else {
				return nil, false
			}
		}
	}
	return root, len(m) > 0
}

// solve is the x with root*x = b.
func (l triangle) solve(b []float64) []float64 {
	x := make([]float64, len(b))
	for i := range b {
		x[i] = (b[i] - dot(l[i][:i], x[:i])) / l[i][i]
	}
	return x
}
