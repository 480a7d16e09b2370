package shop

import (
	"math/rand/v2"
	"time"
)

// instants draws when customer i buys: the MBG/NBD process of the package
// comment. Never empty, strictly ascending whole seconds within [Start, End).
func (s *Shop) instants(i int, home *place, r *rand.Rand) []time.Time {
	m := s.config.Model
	rate := gamma(r, m.Shape) / m.Scale
	leave := beta(r, m.LeaveA, m.LeaveB)
	total := s.clock.total()
	at := (float64(i) + r.Float64()) / float64(s.config.Customers) * total
	var out []time.Time
	for at < total {
		day, fraction := s.clock.day(at)
		second := int(home.hours.quantile(fraction) * 3600)
		t := s.config.Start.AddDate(0, 0, day).Add(time.Duration(second) * time.Second)
		if n := len(out); n > 0 && !t.After(out[n-1]) {
			t = out[n-1].Add(time.Second)
		}
		if !t.Before(s.config.End) {
			break
		}
		out = append(out, t)
		if r.Float64() < leave {
			break
		}
		at += r.ExpFloat64() / rate
	}
	return out
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
