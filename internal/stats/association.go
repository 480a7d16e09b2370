package stats

import "math"

// Baskets are counts of baskets: with a thing, with another, with both, and all.
// Both <= A, B <= All, and A + B - Both <= All; all functions panic on anything else.
type Baskets struct{ A, B, Both, All int64 }

// Association is what baskets say of the rule "who takes A takes B". It describes:
// that offering B to buyers of A sells more of it is for an experiment to say.
type Association struct {
	Support    float64  // share of baskets with both
	Confidence float64  // share of baskets with A that have B
	Lift       Estimate // confidence by the share of all baskets with B: 1 is chance
	Leverage   float64  // support less what chance would give
	Conviction float64  // how much more often the rule would fail by chance: 1 is chance, infinite where it never fails
	Zhang      float64  // in [-1,1]: 0 is chance, 1 never apart, -1 never together
	Chi2       float64  // Pearson's, 1 degree of freedom
	P          float64  // Fisher's exact, two-sided
}

// Associate computes the measures (Agrawal, Imielinski and Swami 1993, SIGMOD 207;
// Brin et al. 1997, SIGMOD 255, for lift and conviction; Piatetsky-Shapiro 1991 for
// leverage; Zhang 2000, Expert Syst Appl 18:141). Lift's interval is on the log
// scale, that of a ratio of rates (Katz et al. 1978, Biometrics 34:469); with nobody
// who took both, from 0 to infinity. Of many rules take Holm or BenjaminiHochberg of
// P. Not defined without a basket with A and one with B.
func Associate(b Baskets, alpha float64) (Association, bool) {
	z := twoSided(alpha)
	if b.Both < 0 || b.Both > min(b.A, b.B) || b.A > b.All-b.B+b.Both {
		panic("stats: baskets with both are among those with either, and all are at least those with either")
	}
	if b.A == 0 || b.B == 0 {
		return Association{}, false
	}
	n, a, c, both := float64(b.All), float64(b.A), float64(b.B), float64(b.Both)
	s := Association{Support: both / n, Confidence: both / a, Leverage: both/n - a/n*(c/n), Conviction: math.Inf(1)}

	lift := both * n / (a * c)
	s.Lift = Estimate{lift, 0, math.Inf(1)}
	if b.Both > 0 {
		half := z * math.Sqrt(max(0, 1/both-1/a+1/c-1/n))
		s.Lift = Estimate{lift, lift * math.Exp(-half), lift * math.Exp(half)}
	}
	if b.Both < b.A {
		s.Conviction = (n - c) / n / ((a - both) / a)
	} else if b.B == b.All {
		s.Conviction = 1 // always there, with A or without
	}
	if top := max(both*(n-a), a*(c-both)); top > 0 {
		s.Zhang = (both*n - a*c) / top
	}
	with, without := Count{b.Both, b.A}, Count{b.B - b.Both, b.All - b.A}
	s.P = 1
	if exact, ok := FisherExact(with, without); ok {
		s.P = exact.P
	}
	table, _ := TableTest([][]int64{{with.X, with.N - with.X}, {without.X, without.N - without.X}})
	s.Chi2 = table.Chi2
	return s, true
}
