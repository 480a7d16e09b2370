package shop

import (
	"math/rand/v2"
	"time"
)

// nature is what moves a customer, which nobody outside can see. Times are
// operational.
type nature struct {
	rate        float64     // of buying
	level       float64     // log of the basket's usual value
	first, last float64     // they are alive in [first, last): last is their last order, or the end of history
	hours       *dayCurve   // when they buy
	instants    []time.Time // of their orders
}

// purchases draws when customer i buys: the MBG/NBD process of the package
// comment. Instants are never none, strictly ascending whole seconds within
// [Start, End).
func (s *Shop) purchases(i int, hours *dayCurve) nature {
	m, r := s.config.Model, s.stream(i, streamWhen)
	n := nature{rate: gamma(r, m.Shape) / m.Scale, last: s.clock.total(), hours: hours}
	leave := beta(r, m.LeaveA, m.LeaveB)
	at := (float64(i) + r.Float64()) / float64(s.config.Customers) * n.last
	n.first = at
	for at < s.clock.total() {
		t := s.instant(at, hours)
		if k := len(n.instants); k > 0 && !t.After(n.instants[k-1]) {
			t = n.instants[k-1].Add(time.Second)
		}
		if !t.Before(s.config.End) {
			break
		}
		n.instants = append(n.instants, t)
		if r.Float64() < leave {
			n.last = at
			break
		}
		at += m.gap(r, n.rate)
	}
	return n
}

// gap is the time to the next order of someone who stays.
func (m Model) gap(r *rand.Rand, rate float64) float64 {
	if m.Burst > 0 && r.Float64() < m.Burst {
		return r.ExpFloat64() * m.BurstDays
	}
	return r.ExpFloat64() / rate
}

// instant is the second at which an operational instant falls, by the hours at
// which a customer buys.
func (s *Shop) instant(operational float64, hours *dayCurve) time.Time {
	d, fraction := s.clock.day(operational)
	second := int(hours.quantile(fraction) * 3600)
	return s.config.Start.AddDate(0, 0, d).Add(time.Duration(second) * time.Second)
}

// operational is the operational instant of t, which lies in [Start, End].
func (s *Shop) operational(t time.Time, hours *dayCurve) float64 {
	d := int(t.Sub(s.config.Start) / day)
	if d >= s.clock.days() {
		return s.clock.total()
	}
	return s.clock.at(d, hours.share(t.Sub(t.Truncate(day)).Hours()))
}

// localHours weighs the hours of the customer's own day, from midnight.
var localHours = [24]int{
	8, 4, 2, 2, 2, 4, 10, 22, 38, 52, 62, 62,
	68, 60, 52, 50, 50, 52, 58, 68, 80, 78, 52, 24,
}

// dayCurve is the share of a UTC day's orders before each of its hours.
type dayCurve [25]float64

// newDayCurve is for a zone that many hours east of Greenwich.
func newDayCurve(east int) dayCurve {
	var c dayCurve
	total := 0
	for _, w := range localHours {
		total += w
	}
	sum := 0
	for hour := range 24 {
		c[hour] = float64(sum) / float64(total)
		sum += localHours[(hour+east+24)%24]
	}
	c[24] = 1
	return c
}

// quantile is the hour of the UTC day, in [0,24), by which share u in [0,1) of
// its orders are in; ascending in u.
func (c *dayCurve) quantile(u float64) float64 {
	hour := 0
	for c[hour+1] <= u {
		hour++
	}
	return float64(hour) + (u-c[hour])/(c[hour+1]-c[hour])
}

// share is the share of a day's orders before the hour, in [0,24): the inverse
// of quantile.
func (c *dayCurve) share(hour float64) float64 {
	whole := int(hour)
	return c[whole] + (hour-float64(whole))*(c[whole+1]-c[whole])
}
