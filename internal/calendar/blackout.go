package calendar

import (
	"slices"
	"strings"
	"time"
)

// Blackout are days, From to To with both, on which nothing is said.
type Blackout struct {
	From, To Date
	In       []string // countries (ISO 3166) whose customers it holds for; empty: all
	All      bool     // service messages too
}

// Blackouts are those that hold for a customer of a region, written as ISO 3166-2
// (DE-BE) or as the country alone, and for a message of that kind. A customer
// whose region is unknown is in no country.
func Blackouts(all []Blackout, region string, service bool) []Blackout {
	country, _, _ := strings.Cut(strings.ToUpper(region), "-")
	var out []Blackout
	for _, b := range all {
		if (b.All || !service) && (len(b.In) == 0 || slices.Contains(b.In, country)) {
			out = append(out, b)
		}
	}
	return out
}

// AfterBlackout is the first instant not before t at which the wall in zone shows
// a day on which something may be said: t itself where it is such a day.
func AfterBlackout(t time.Time, zone *time.Location, out []Blackout) time.Time {
	for len(out) > 0 {
		day := DateOf(t, zone)
		i := slices.IndexFunc(out, func(b Blackout) bool { return !day.Before(b.From) && !b.To.Before(day) })
		if i < 0 {
			return t
		}
		t = Instant(out[i].To.AddDays(1), 0, zone)
	}
	return t
}
