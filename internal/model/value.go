package model

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/rewave/rewave/internal/stats"
)

// Terms say over which time and at which worth a customer is valued.
type Terms struct {
	Weeks    int     // horizon, > 0
	Discount float64 // a year's, such as 0.15; 0: none
	Margin   float64 // share of money that is profit, such as 0.3
}

// Orders are the purchases expected within the horizon, plain and discounted at
// the middle of each week, 52 to the year.
func (t Terms) Orders(p Params, h History) (plain, discounted float64) {
	alive, week := p.Alive(h), math.Pow(1+t.Discount, 1.0/52)
	before := 0.0
	for k := 1; k <= t.Weeks; k++ {
		upTo := p.expected(h, alive, float64(k))
		discounted += (upTo - before) / math.Pow(week, float64(k)-0.5)
		before = upTo
	}
	return before, discounted
}

// Value is the customer's expected profit within the horizon (CLV), in the unit of
// the money that was fitted; mean is what a repeat purchase cost on average, 0
// where there was none. It is for choosing and for bounding what a message may
// cost, never for judging a campaign.
func (t Terms) Value(p Params, s SpendParams, h History, mean float64) float64 {
	_, orders := t.Orders(p, h)
	return t.Margin * s.Mean(h.X, mean) * orders
}

// Draws are parameters as uncertain as the data leave them: from the asymptotic
// normal distribution of their logarithms. The same parameters give the same draws.
type Draws struct {
	params []Params
	spends []SpendParams
}

// drawn is how many draws a band rests on: its ends are within a few percent of
// its width.
const drawn = 400

// NewDraws prepares bands. ok is false where the data did not determine the
// parameters: there is no band then, and a value should not be shown alone.
func NewDraws(p Params, s SpendParams) (d Draws, ok bool) {
	first, ok1 := cholesky(p.Covariance)
	second, ok2 := cholesky(s.Covariance)
	if !ok1 || !ok2 || len(first) == 0 || len(second) == 0 {
		return Draws{}, false
	}
	random := rand.New(rand.NewPCG(20251, 2)) // any seed, the same each time
	draw := func(l [][]float64, theta []float64) []float64 {
		out, z := slices.Clone(theta), make([]float64, len(theta))
		for i := range z {
			z[i] = random.NormFloat64()
			out[i] += dot(l[i], z)
		}
		return out
	}
	for range drawn {
		d.params = append(d.params, p.with(draw(first, p.logs(1)), 1))
		theta := draw(second, []float64{math.Log(s.P), math.Log(s.Q - 1), math.Log(s.V)})
		one := s
		one.P, one.Q, one.V = math.Exp(theta[0]), 1+math.Exp(theta[1]), math.Exp(theta[2])
		d.spends = append(d.spends, one)
	}
	return d, true
}

// Band is the 80 % band of Terms.Value. It is of the expectation: a single customer
// will be further off. It costs 400 valuations.
func (d Draws) Band(t Terms, h History, mean float64) (low, high float64) {
	values := make([]float64, len(d.params))
	for i, p := range d.params {
		values[i] = t.Value(p, d.spends[i], h, mean)
	}
	slices.Sort(values)
	low, _ = stats.Quantile(values, 0.1)
	high, _ = stats.Quantile(values, 0.9)
	return low, high
}
