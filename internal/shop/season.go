package shop

import (
	"sort"
	"time"
)

// Season multiplies the rate of buying by month, January first, and on
// 11 November (Double 11) by Peak as well. Days are UTC.
type Season struct {
	Months [12]float64
	Peak   float64
}

// DefaultSeason has a mean of 1 over a year, its peak day included.
func DefaultSeason() Season {
	return Season{
		Months: [12]float64{0.85, 0.85, 0.95, 0.95, 1, 1.05, 0.9, 0.9, 1, 1.05, 1.22, 1.2},
		Peak:   3,
	}
}

func (s Season) factor(day time.Time) float64 {
	f := s.Months[day.Month()-1]
	if day.Month() == time.November && day.Day() == 11 {
		f *= s.Peak
	}
	return f
}

// seasonClock turns operational days (those of a flat season) into calendar
// days since the start; within a day the rate is constant.
type seasonClock struct {
	before []float64 // operational time before day d; one more than there are days
}

func newSeasonClock(s Season, start, end time.Time) seasonClock {
	before := []float64{0}
	for day := start; day.Before(end); day = day.AddDate(0, 0, 1) {
		before = append(before, before[len(before)-1]+s.factor(day))
	}
	return seasonClock{before: before}
}

// total is the operational length of the whole history.
func (c seasonClock) total() float64 { return c.before[len(c.before)-1] }

// days is how many calendar days there are.
func (c seasonClock) days() int { return len(c.before) - 1 }

// at is the operational instant so far, in [0,1], into a calendar day.
func (c seasonClock) at(day int, fraction float64) float64 {
	return c.before[day] + fraction*(c.before[day+1]-c.before[day])
}

// day says on which calendar day, and how far into it (in [0,1)), an
// operational instant in [0, total) falls.
func (c seasonClock) day(operational float64) (day int, fraction float64) {
	day = sort.SearchFloat64s(c.before, operational)
	if c.before[day] > operational {
		day--
	}
	return day, (operational - c.before[day]) / (c.before[day+1] - c.before[day])
}
