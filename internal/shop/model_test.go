package shop

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// near fails unless got is within tolerance of want.
func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if math.IsNaN(got) || math.Abs(got-want) > tolerance {
		t.Errorf("%s: got %.4f, want %.4f +- %.4f", what, got, want, tolerance)
	}
}

func TestGammaAndBetaHaveTheirMoments(t *testing.T) {
	t.Parallel()
	const n = 200_000
	r := rand.New(rand.NewPCG(1, 2))
	for _, shape := range []float64{0.3, 1, 1.1, 5} {
		var sum, squares float64
		for range n {
			x := gamma(r, shape)
			sum += x
			squares += x * x
		}
		mean := sum / n
		// Five standard errors; the variance's comes from the kurtosis 3 + 6/shape.
		near(t, "gamma mean", mean, shape, 5*math.Sqrt(shape/n))
		near(t, "gamma variance", squares/n-mean*mean, shape, 5*shape*math.Sqrt((2+6/shape)/n))
	}
	const a, b = 0.75, 2.75
	var sum, squares float64
	for range n {
		x := beta(r, a, b)
		sum += x
		squares += x * x
	}
	mean, variance := a/(a+b), a*b/((a+b)*(a+b)*(a+b+1))
	near(t, "beta mean", sum/n, mean, 5*math.Sqrt(variance/n))
	near(t, "beta variance", squares/n-sum/n*sum/n, variance, 0.001)
}

// share is near for so many hits of n, each with probability want: within five
// standard errors.
func share(t *testing.T, what string, hits, n, want float64) {
	t.Helper()
	near(t, what, hits/n, want, 5*math.Sqrt(want*(1-want)/n))
}

// flatSeason has no season: operational days are days.
func flatSeason() Season {
	return Season{Months: [12]float64{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, Peak: 1}
}

// large is a shop whose figures are stable, without season where told.
func large(season Season) Config {
	c := Default()
	c.Customers = 30_000
	c.Model.Season = season
	return c
}

func TestPurchasesFollowTheModel(t *testing.T) {
	t.Parallel()
	c := large(flatSeason())
	m := c.Model
	again := func(days float64) float64 { // the formula of the package comment
		return m.LeaveB / (m.LeaveA + m.LeaveB) * (1 - math.Pow(m.Scale/(m.Scale+days), m.Shape))
	}
	// Expected repeat orders in t days after the first. Given lambda and p a
	// customer survives the first order with 1-p, and thins out at rate lambda p:
	// (1-p)/p (1 - exp(-lambda p t)); over lambda by its transform, over p numerically.
	repeats := func(days float64) float64 {
		logB := lgamma(m.LeaveA) + lgamma(m.LeaveB) - lgamma(m.LeaveA+m.LeaveB)
		const steps = 20_000
		var sum float64
		for k := range steps {
			// p = v^4 takes the singularity at p = 0 out of the density.
			v := (float64(k) + 0.5) / steps
			p := v * v * v * v
			density := math.Exp((m.LeaveA-1)*math.Log(p)+(m.LeaveB-1)*math.Log1p(-p)-logB) * 4 * v * v * v / steps
			sum += density * (1 - p) / p * (1 - math.Pow(m.Scale/(m.Scale+p*days), m.Shape))
		}
		return sum
	}
	type window struct{ days, seen, bought, orders, squares float64 }
	windows := []window{{days: 30}, {days: 90}, {days: 365}}
	for h := range newShop(t, c).Histories() {
		first := h.Orders[0].PlacedAt
		for k := range windows {
			w := &windows[k]
			end := first.Add(time.Duration(w.days * 24 * float64(time.Hour)))
			if end.After(c.End) {
				continue
			}
			n := 0.0
			for _, o := range h.Orders[1:] {
				if o.PlacedAt.Before(end) {
					n++
				}
			}
			w.seen++
			w.orders += n
			w.squares += n * n
			if n > 0 {
				w.bought++
			}
		}
	}
	for _, w := range windows {
		// Hours within the day move single orders over the edge, both ways alike:
		// a small allowance on top of four standard errors.
		want := again(w.days)
		near(t, "share with a second order", w.bought/w.seen, want, 0.002+4*math.Sqrt(want*(1-want)/w.seen))
		mean := w.orders / w.seen
		near(t, "repeat orders", mean, repeats(w.days), 0.004+4*math.Sqrt((w.squares/w.seen-mean*mean)/w.seen))
	}
	near(t, "share with a second order in 30 days, as the package comment says", again(30), 0.232, 0.0005)
}

func lgamma(x float64) float64 {
	v, _ := math.Lgamma(x)
	return v
}

func TestArrivalsFollowTheSeason(t *testing.T) {
	t.Parallel()
	c := large(DefaultSeason())
	got := map[time.Time]float64{}
	peak := 0.0
	for h := range newShop(t, c).Histories() {
		at := h.Orders[0].PlacedAt
		got[time.Date(at.Year(), at.Month(), 1, 0, 0, 0, 0, time.UTC)]++
		if at.Month() == time.November && at.Day() == 11 {
			peak++
		}
	}
	total, november := 0.0, 0.0
	want := map[time.Time]float64{}
	for day := c.Start; day.Before(c.End); day = day.AddDate(0, 0, 1) {
		f := c.Model.Season.factor(day)
		total += f
		want[time.Date(day.Year(), day.Month(), 1, 0, 0, 0, 0, time.UTC)] += f
		if day.Month() == time.November && day.Day() == 11 {
			november += f
		}
	}
	for month, f := range want {
		near(t, "first orders of "+month.Format("2006-01"), got[month]/float64(c.Customers), f/total, 0.0002)
	}
	near(t, "first orders on Double 11", peak/float64(c.Customers), november/total, 0.0002)
	near(t, "mean season of a year", total/731, 1, 0.005) // 731 days hold a leap day
}

func TestOrdersFallInTheShoppingHoursOfTheCustomer(t *testing.T) {
	t.Parallel()
	c := large(flatSeason())
	c.Customers = 20_000
	east := map[string]int{"Europe/London": 0, "Asia/Shanghai": 8, "America/New_York": -5}
	night, orders := map[string]float64{}, map[string]float64{}
	for h := range newShop(t, c).Histories() {
		for _, o := range h.Orders {
			hour := (o.PlacedAt.Hour() + east[h.Customer.Zone] + 24) % 24
			orders[h.Customer.Zone]++
			if hour < 6 {
				night[h.Customer.Zone]++
			}
		}
	}
	var want, all float64
	for hour, w := range localHours {
		all += float64(w)
		if hour < 6 {
			want += float64(w)
		}
	}
	for zone := range east {
		near(t, "orders by night in "+zone, night[zone]/orders[zone], want/all, 0.005)
	}
}

func TestBasketsAreLognormal(t *testing.T) {
	t.Parallel()
	c := large(flatSeason())
	c.Customers = 20_000
	var n, sum, squares float64
	lines := [5]float64{}
	for h := range newShop(t, c).Histories() {
		// First orders only: they are independent, and not weighted by who buys often.
		x := math.Log(float64(value(h.Orders[0])))
		n++
		sum += x
		squares += x * x
		lines[len(h.Orders[0].Lines)]++
	}
	mean := sum / n
	// Whole units at list prices cannot meet every value: the allowance is theirs.
	near(t, "log median", mean, math.Log(c.Model.BasketMedian), 0.06)
	near(t, "log spread", math.Sqrt(squares/n-mean*mean), c.Model.BasketSpread, 0.07)
	near(t, "baskets of one line", lines[1]/n, 0.45, 0.1)
}

func TestCustomersAreMixedAsTheModelSays(t *testing.T) {
	t.Parallel()
	c := large(flatSeason())
	c.Customers = 20_000
	got := map[string]float64{}
	consent := 0.0
	for h := range newShop(t, c).Histories() {
		got[h.Customer.Zone+" "+h.Customer.Locale]++
		if h.Customer.EmailConsent {
			consent++
		}
	}
	n := float64(c.Customers)
	near(t, "London", got["Europe/London en-GB"]/n, 0.45, 0.01)
	near(t, "Shanghai", got["Asia/Shanghai zh-CN"]/n, 0.35, 0.01)
	near(t, "New York", got["America/New_York en-US"]/n, 0.20, 0.01)
	near(t, "consent", consent/n, c.Model.Consent, 0.01)
}

// value is what an order cost, in minor units, before any refund.
func value(o Order) int64 {
	var sum int64
	for _, l := range o.Lines {
		sum += int64(l.Quantity) * l.Product.Price
	}
	return sum
}
