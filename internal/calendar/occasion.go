package calendar

import (
	"slices"
	"strings"
	"time"
)

// occasions are the yearly days that have a name, by what the name is.
var occasions = map[string]func(year int) Date{
	"valentines-day": fixed(time.February, 14),
	"womens-day":     fixed(time.March, 8),
	"mothers-day":    nth(2, time.Sunday, time.May),
	"childrens-day":  fixed(time.June, 1),
	"fathers-day":    nth(3, time.Sunday, time.June),
	"double-11":      fixed(time.November, 11),
	"black-friday":   func(year int) Date { return nth(4, time.Thursday, time.November)(year).AddDays(1) },
	"double-12":      fixed(time.December, 12),
	"christmas":      fixed(time.December, 25),
	"easter":         easter,
}

// Occasions are the names that OccasionIn knows, sorted.
func Occasions() []string {
	var names []string
	for name := range occasions {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// OccasionIn is the day of an occasion in a year: of a name, or of a day of the
// year, 12-24; 29 February is kept on 28 February in other years. ok is false for
// anything else.
func OccasionIn(occasion string, year int) (day Date, ok bool) {
	if of, ok := occasions[occasion]; ok {
		return of(year), true
	}
	t, err := time.Parse("2006-01-02", "2000-"+occasion) // a leap year
	if err != nil || strings.Count(occasion, "-") != 1 {
		return Date{}, false
	}
	day = Date{Year: year, Month: t.Month(), Day: t.Day()}
	if t.Month() == time.February && t.Day() == 29 {
		day = Date{Year: year, Month: time.March, Day: 1}.AddDays(-1)
	}
	return day, true
}

func fixed(month time.Month, day int) func(int) Date {
	return func(year int) Date { return Date{Year: year, Month: month, Day: day} }
}

func nth(n int, day time.Weekday, month time.Month) func(int) Date {
	return func(year int) Date {
		first := Date{Year: year, Month: month, Day: 1}
		return first.AddDays((int(day)-int(first.Weekday())+7)%7 + 7*(n-1))
	}
}

// easter is Easter Sunday of the Gregorian calendar, by the anonymous algorithm
// that Meeus gives (Astronomical Algorithms, 1991, chapter 8).
func easter(year int) Date {
	a, b, c := year%19, year/100, year%100
	h := (19*a + b - b/4 - (b-(b+8)/25+1)/3 + 15) % 30
	l := (32 + 2*(b%4) + 2*(c/4) - h - c%4) % 7
	m := (a + 11*h + 22*l) / 451
	n := h + l - 7*m + 114
	return Date{Year: year, Month: time.Month(n / 31), Day: n%31 + 1}
}
