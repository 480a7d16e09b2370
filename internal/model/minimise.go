package model

import (
	"math"
	"slices"
)

// objective is a function to minimise: its value at theta, its gradient into grad.
type objective func(theta, grad []float64) float64

// found is where a minimisation ended.
type found struct {
	theta, grad []float64
	value       float64
	iterations  int
	converged   bool
}

const (
	memory        = 8 // pairs that L-BFGS remembers
	maxIterations = 500
)

// minimise is L-BFGS (Nocedal and Wright 2006, Numerical Optimization, alg. 7.4
// and 7.5) with a line search by bisection for the weak Wolfe conditions (Lewis
// and Overton 2013, Nonsmooth optimization via quasi-Newton methods, alg. 4.6).
//
// It has converged when no part of the gradient exceeds 1e-6, or when none exceeds
// 1e-3 and the value has changed by less than 1e-12 of itself in 5 iterations: an
// absolute tolerance alone gives false alarms.
func minimise(f objective, start []float64) found {
	n := len(start)
	at := found{theta: slices.Clone(start), grad: make([]float64, n)}
	at.value = f(at.theta, at.grad)
	if !finite(at.value) {
		return at
	}
	var steps, turns [][]float64 // s and y of the last iterations
	values := []float64{at.value}
	next, grad := make([]float64, n), make([]float64, n)
	for at.iterations < maxIterations {
		if steepest(at.grad) < 1e-6 {
			at.converged = true
			return at
		}
		direction := descent(at.grad, steps, turns)
		if dot(direction, at.grad) >= 0 {
			steps, turns = nil, nil
			direction = descent(at.grad, nil, nil)
		}
		value, ok := search(f, at, direction, next, grad)
		if !ok {
			if len(steps) == 0 {
				break
			}
			steps, turns = nil, nil // the memory led astray: once more from the gradient
			continue
		}
		s, y := make([]float64, n), make([]float64, n)
		for i := range s {
			s[i], y[i] = next[i]-at.theta[i], grad[i]-at.grad[i]
		}
		if dot(s, y) > 1e-14*dot(y, y) {
			steps, turns = append(steps, s), append(turns, y)
			if len(steps) > memory {
				steps, turns = steps[1:], turns[1:]
			}
		}
		copy(at.theta, next)
		copy(at.grad, grad)
		at.value = value
		at.iterations++
		if values = append(values, value); len(values) > 5 {
			if before := values[len(values)-6]; math.Abs(before-value) < 1e-12*math.Abs(value) {
				break
			}
		}
	}
	at.converged = steepest(at.grad) < 1e-3
	return at
}

// descent is the two-loop recursion; without memory a step of length one at most.
func descent(grad []float64, steps, turns [][]float64) []float64 {
	d := make([]float64, len(grad))
	for i, g := range grad {
		d[i] = -g
	}
	if len(steps) == 0 {
		if length := math.Sqrt(dot(d, d)); length > 1 {
			for i := range d {
				d[i] /= length
			}
		}
		return d
	}
	share := make([]float64, len(steps))
	for i := len(steps) - 1; i >= 0; i-- {
		share[i] = dot(steps[i], d) / dot(steps[i], turns[i])
		add(d, -share[i], turns[i])
	}
	last := len(steps) - 1
	scale := dot(steps[last], turns[last]) / dot(turns[last], turns[last])
	for i := range d {
		d[i] *= scale
	}
	for i := range steps {
		back := dot(turns[i], d) / dot(steps[i], turns[i])
		add(d, share[i]-back, steps[i])
	}
	return d
}

// search goes along direction until the value has fallen and the slope flattened,
// into next and grad.
func search(f objective, at found, direction, next, grad []float64) (value float64, ok bool) {
	const fall, flat = 1e-4, 0.9
	slope := dot(direction, at.grad)
	low, high, step := 0.0, math.Inf(1), 1.0
	if longest := steepest(direction); longest > 5 { // logarithms: a factor of 150
		step = 5 / longest
	}
	for range 60 {
		for i := range next {
			next[i] = at.theta[i] + step*direction[i]
		}
		value = f(next, grad)
		switch {
		case !finite(value) || value > at.value+fall*step*slope:
			high = step
		case dot(direction, grad) < flat*slope:
			low = step
		default:
			return value, true
		}
		if math.IsInf(high, 1) {
			step = 2 * low
		} else {
			step = (low + high) / 2
		}
	}
	return value, finite(value) && value < at.value
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// steepest is the largest absolute value; infinite for what is no number.
func steepest(v []float64) float64 {
	most := 0.0
	for _, x := range v {
		if math.IsNaN(x) {
			return math.Inf(1)
		}
		most = max(most, math.Abs(x))
	}
	return most
}

func dot(a, b []float64) (sum float64) {
	for i := range a {
		sum += a[i] * b[i]
	}
	return sum
}

func add(to []float64, share float64, v []float64) {
	for i := range to {
		to[i] += share * v[i]
	}
}

// curvature is the matrix of second derivatives at theta, by central differences
// of the gradient.
func curvature(f objective, theta []float64) [][]float64 {
	const h = 1e-4
	n := len(theta)
	above, below, at := make([]float64, n), make([]float64, n), slices.Clone(theta)
	m := make([][]float64, n)
	for i := range m {
		at[i] = theta[i] + h
		f(at, above)
		at[i] = theta[i] - h
		f(at, below)
		at[i] = theta[i]
		m[i] = make([]float64, n)
		for j := range m[i] {
			m[i][j] = (above[j] - below[j]) / (2 * h)
		}
	}
	for i := range m {
		for j := range i {
			m[i][j] = (m[i][j] + m[j][i]) / 2
			m[j][i] = m[i][j]
		}
	}
	return m
}

// cholesky is the lower triangle whose square is m; false unless m is positive
// definite.
func cholesky(m [][]float64) ([][]float64, bool) {
	n := len(m)
	l := make([][]float64, n)
	for i := range l {
		l[i] = make([]float64, n)
		for j := 0; j <= i; j++ {
			rest := m[i][j] - dot(l[i][:j], l[j][:j])
			switch {
			case i != j:
				l[i][j] = rest / l[j][j]
			case !(rest > 0) || math.IsInf(rest, 1):
				return nil, false
			default:
				l[i][i] = math.Sqrt(rest)
			}
		}
	}
	return l, true
}

// inverse is that of a positive definite matrix; false for another.
func inverse(m [][]float64) ([][]float64, bool) {
	l, ok := cholesky(m)
	if !ok {
		return nil, false
	}
	n := len(m)
	inv := make([][]float64, n)
	for c := range inv {
		v := make([]float64, n)
		v[c] = 1
		inv[c] = solve(l, v)
	}
	return inv, true
}

// solve is the x of l lᵀ x = v.
func solve(l [][]float64, v []float64) []float64 {
	x := slices.Clone(v)
	for i := range x {
		x[i] = (x[i] - dot(l[i][:i], x[:i])) / l[i][i]
	}
	for i := len(x) - 1; i >= 0; i-- {
		for k := i + 1; k < len(x); k++ {
			x[i] -= l[k][i] * x[k]
		}
		x[i] /= l[i][i]
	}
	return x
}

// polish takes Newton steps while they help: what L-BFGS leaves of the gradient,
// a few steps of it take away.
func polish(f objective, at found) found {
	for range 3 {
		if steepest(at.grad) < 1e-11 {
			break
		}
		l, ok := cholesky(curvature(f, at.theta))
		if !ok {
			break
		}
		step := solve(l, at.grad)
		next := found{theta: slices.Clone(at.theta), grad: make([]float64, len(at.grad)), iterations: at.iterations, converged: at.converged}
		add(next.theta, -1, step)
		next.value = f(next.theta, next.grad)
		if steepest(step) > 1 || !(steepest(next.grad) < steepest(at.grad)) || next.value > at.value+1e-12*math.Abs(at.value) {
			break
		}
		at = next
	}
	return at
}
