package shop

import (
	"math"
	"slices"
	"strings"
	"testing"
)

func TestBurstsAndWhalesAreAsManyAsTheModelSays(t *testing.T) {
	t.Parallel()
	m := HostileModel()
	r := newShop(t, few(1)).stream(0, 99)
	const n, rate = 60_000, 0.01
	short := 0.0
	for range n {
		if m.gap(r, rate) < 3 {
			short++
		}
	}
	share(t, "gaps of less than three days", short, n, m.Burst*(1-math.Exp(-3/m.BurstDays))+(1-m.Burst)*(1-math.Exp(-3*rate)))

	c := few(20_000)
	c.Model.Whales, c.Model.WhaleTimes, c.Model.BasketSpread = m.Whales, m.WhaleTimes, 0 // everyone else's usual basket is the median
	s := newShop(t, c)
	whales := 0.0
	for i := range c.Customers {
		_, n := s.history(i)
		if times := math.Exp(n.level) / c.Model.BasketMedian; times > 1.5 {
			near(t, "times a whale buys", times, 20, 1e-9)
			whales++
		}
	}
	share(t, "whales", whales, float64(c.Customers), 0.005)
}

func TestTheHostileShopIsHostile(t *testing.T) {
	t.Parallel()
	c := Hostile()
	c.Customers = 20_000
	m, s := c.Model, newShop(t, c)
	type band struct{ n, consent, want, dirty float64 }
	var bands [3]band // by rate: slow, usual, fast
	var values []float64
	total := 0.0
	for i := range c.Customers {
		h, n := s.history(i)
		values = append(values, float64(h.Orders[0].Minor()))
		total += values[i]
		b := &bands[0]
		switch relative := n.rate * m.Scale / m.Shape; {
		case relative > 1.5:
			b = &bands[2]
		case relative > 0.5:
			b = &bands[1]
		}
		b.n++
		b.want += tilted(m.Consent, m.Tilt*math.Log(n.rate*m.Scale/m.Shape))
		if h.Customer.EmailConsent {
			b.consent++
		}
		if e := h.Customer.Email; e[0] != 'c' || !strings.HasSuffix(e, "@demo.invalid") {
			b.dirty++
		}
	}
	for k, b := range bands {
		near(t, "consent", b.consent/b.n, b.want/b.n, 5*math.Sqrt(0.25/b.n))
		if k > 0 && (b.consent/b.n < bands[k-1].consent/bands[k-1].n+0.05 || b.dirty/b.n > bands[k-1].dirty/bands[k-1].n-0.005) {
			t.Errorf("consent %.3f, dirty %.3f; of those who buy more slowly %.3f and %.3f", b.consent/b.n, b.dirty/b.n,
				bands[k-1].consent/bands[k-1].n, bands[k-1].dirty/bands[k-1].n)
		}
	}
	slices.Sort(values)
	median, dearest, top := values[len(values)/2], values[len(values)-1], 0.0
	for _, v := range values[len(values)*99/100:] {
		top += v
	}
	if top/total < 0.2 || dearest < 100*median {
		t.Errorf("the dearest hundredth of first orders is %.2f of their value, the dearest is %.0f medians: want a fifth and a hundred", top/total, dearest/median)
	}
	t.Logf("the dearest hundredth of first orders is %.2f of their value, the dearest is %.0f medians", top/total, dearest/median)
}

func TestTiltShiftsLogits(t *testing.T) {
	t.Parallel()
	logit := func(p float64) float64 { return math.Log(p / (1 - p)) }
	near(t, "logit of 0.85, tilted by 0.7", logit(tilted(0.85, 0.7)), logit(0.85)+0.7, 1e-12)
	near(t, "logit of 0.02, tilted by -2", logit(tilted(0.02, -2)), logit(0.02)-2, 1e-12)
	for _, p := range []float64{0, 1} {
		near(t, "what is certain stays so", tilted(p, 3), p, 0)
	}
}
