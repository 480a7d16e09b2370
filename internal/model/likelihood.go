package model

import "math"

// likelihood is the mean log-likelihood of data and its gradient, on the
// logarithms of the parameters and with time divided by scale.
type likelihood struct {
	kind  Kind
	data  Data
	scale float64
	table table
}

// table holds by x what depends on x alone. x is whole, so lnG(c+x)-lnG(c) is the
// sum of ln(c+k) for k < x and its derivative the sum of 1/(c+k): exact, and four
// logarithms and an exponential are all that is left for a triple.
type table struct {
	value   []float64 // of the log-likelihood
	r, a, b []float64 // of its derivatives
	ln, inv []float64 // ln c and 1/c, c being b+x (MBG) or b+x-1 (BG, x > 0)
}

func newLikelihood(kind Kind, d Data, scale float64) *likelihood {
	l := &likelihood{kind: kind, data: d, scale: scale}
	for _, column := range []*[]float64{&l.table.value, &l.table.r, &l.table.a, &l.table.b, &l.table.ln, &l.table.inv} {
		*column = make([]float64, d.maxX+1)
	}
	return l
}

// fill tabulates. Up to x = 0 a death can come before (MBG) or not (BG), which is
// one more factor of a+b below.
func (l *likelihood) fill(r, a, b float64) {
	var lnR, psiR, lnB, psiB, lnAB, psiAB float64
	t := &l.table
	for x := range t.value {
		k := float64(x)
		c := b + k - 1
		if l.kind == MBG {
			c = b + k
			lnAB += math.Log(a + b + k)
			psiAB += 1 / (a + b + k)
		}
		t.value[x], t.r[x], t.a[x], t.b[x] = lnR+lnB-lnAB, psiR, -psiAB, psiB-psiAB
		if l.kind != NBD && c > 0 {
			t.ln[x], t.inv[x] = math.Log(c), 1/c
		}
		lnR += math.Log(r + k)
		psiR += 1 / (r + k)
		if l.kind == NBD {
			continue
		}
		lnB += math.Log(b + k)
		psiB += 1 / (b + k)
		if l.kind == BG {
			lnAB += math.Log(a + b + k)
			psiAB += 1 / (a + b + k)
		}
	}
}

// at is the mean log-likelihood at theta, and its gradient into grad. Formulas:
// BG/NBD of Fader, Hardie and Lee 2005, eq. 6; MBG/NBD of Batislam, Denizel and
// Filiztekin 2007; both written as a sum of two branches, alive (3) and gone (4),
// in logarithms.
func (l *likelihood) at(theta, grad []float64) float64 {
	r, alpha := math.Exp(theta[0]), math.Exp(theta[1])
	a, b, lnA := 0.0, 0.0, 0.0
	if l.kind != NBD {
		a, b, lnA = math.Exp(theta[2]), math.Exp(theta[3]), theta[2]
	}
	l.fill(r, a, b)
	var sum, dr, dalpha, da, db float64
	shrink := 1 / l.scale
	for i := range l.data.Triples {
		t := &l.data.Triples[i]
		x, k, n := int(t.X), float64(t.X), float64(t.N)
		// Differences of logarithms, not logarithms, stand beside r: it may be large.
		age := t.T * shrink
		late, aged := alpha+age, math.Log1p(age/alpha)
		value := l.table.value[x] - k*(theta[1]+aged) - r*aged
		w4, silent, last, early := 0.0, 0.0, 0.0, alpha
		if l.kind == MBG || l.kind == BG && x > 0 { // may be gone
			last = t.Tx * shrink
			early = alpha + last
			silent = math.Log1p((age - last) / early)
			logOdds := lnA - l.table.ln[x] + (r+k)*silent
			odds := math.Exp(logOdds)
			w4 = share(odds)
			value += log1p(odds, logOdds)
		}
		if l.kind == MBG {
			value += l.table.ln[x]
		}
		w3 := 1 - w4
		sum += n * value
		dr += n * (l.table.r[x] - aged + w4*silent)
		dalpha += n * (w3*(r*age-k*alpha)/late + w4*(r*last-k*alpha)/early)
		switch l.kind {
		case MBG:
			da += n * (l.table.a[x] + w4/a)
			db += n * (l.table.b[x] + w3*l.table.inv[x])
		case BG:
			da += n * (l.table.a[x] + w4/a)
			db += n * (l.table.b[x] - w4*l.table.inv[x])
		}
	}
	n := float64(l.data.Customers)
	grad[0], grad[1] = r*dr/n, dalpha/n
	if l.kind != NBD {
		grad[2], grad[3] = a*da/n, b*db/n
	}
	return sum / n
}

// share is odds/(1+odds), also for infinite ones.
func share(odds float64) float64 {
	if odds > 1e300 {
		return 1
	}
	return odds / (1 + odds)
}

// log1p is ln(1+odds), also where odds overflow.
func log1p(odds, ln float64) float64 {
	if odds > 1e300 {
		return ln
	}
	return math.Log1p(odds)
}

// total is the log-likelihood of all customers in the unit of time that they have:
// a purchase density is per scaled time, x of them a customer.
func (l *likelihood) total(mean float64) float64 {
	return mean*float64(l.data.Customers) - float64(l.data.Repeats)*math.Log(l.scale)
}

// LogLikelihoodOf is the log-likelihood of all customers of d under p.
func (p Params) LogLikelihoodOf(d Data) float64 {
	theta, grad := p.logs(1), make([]float64, 4)
	l := newLikelihood(p.Kind, d, 1)
	return l.total(l.at(theta, grad))
}
