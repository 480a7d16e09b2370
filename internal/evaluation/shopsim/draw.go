package shopsim

import (
	"math"
	"math/rand/v2"
	"sort"
)

// Gamma draws from a gamma distribution of scale one (Marsaglia and Tsang 2000,
// ACM Trans Math Softw 26:363).
func Gamma(r *rand.Rand, shape float64) float64 {
	if shape < 1 {
		return Gamma(r, shape+1) * math.Pow(r.Float64(), 1/shape)
	}
	d := shape - 1.0/3
	c := 1 / math.Sqrt(9*d)
	for {
		x := r.NormFloat64()
		v := 1 + c*x
		v = v * v * v
		if v > 0 && math.Log(r.Float64()) < x*x/2+d*(1-v+math.Log(v)) {
			return d * v
		}
	}
}

// Beta draws a probability.
func Beta(r *rand.Rand, a, b float64) float64 {
	switch {
	case a == 1 && b == 2: // the shops' own, by its inverse
		return 1 - math.Sqrt(r.Float64())
	case a == 1:
		return 1 - math.Pow(r.Float64(), 1/b)
	}
	x := Gamma(r, a)
	return x / (x + Gamma(r, b))
}

// Poisson draws a small number of things.
func Poisson(r *rand.Rand, mean float64) int {
	n := 0
	for at := r.ExpFloat64(); at < mean; at += r.ExpFloat64() {
		n++
	}
	return n
}

// Binomial draws how many of N do something, by looking up the cumulative
// distribution.
type Binomial struct {
	first int64
	at    []float64
}

// NewBinomial is that of n customers with chance p.
func NewBinomial(n int64, p float64) Binomial {
	if p <= 0 || p >= 1 {
		panic("shopsim: a chance lies strictly between 0 and 1")
	}
	mean, sd := float64(n)*p, math.Sqrt(float64(n)*p*(1-p))
	b := Binomial{first: max(0, int64(mean-9*sd-9))}
	logP, logQ := math.Log(p), math.Log1p(-p)
	whole, _ := math.Lgamma(float64(n + 1))
	total := 0.0
	for k := b.first; k <= n && float64(k) <= mean+9*sd+9; k++ {
		did, _ := math.Lgamma(float64(k + 1))
		not, _ := math.Lgamma(float64(n - k + 1))
		total += math.Exp(whole - did - not + float64(k)*logP + float64(n-k)*logQ)
		b.at = append(b.at, total)
	}
	return b
}

// Draw is one number.
func (b Binomial) Draw(r *rand.Rand) int64 {
	return b.first + int64(min(sort.SearchFloat64s(b.at, r.Float64()), len(b.at)-1))
}

func logistic(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
