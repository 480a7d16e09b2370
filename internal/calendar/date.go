package calendar

import (
	"fmt"
	"time"

	"github.com/rewave/rewave/internal/fault"
)

// ParseDate reads YYYY-MM-DD, from year 1970 to 2199. The error is a *fault.Fault.
func ParseDate(s string) (Date, error) {
	t, err := time.Parse("2006-01-02", s)
	if err != nil || t.Year() < 1970 || t.Year() > 2199 {
		return Date{}, fault.New(fault.Invalid, fmt.Sprintf("%q is not a date", s), "write year-month-day: 2026-11-12")
	}
	return dateUTC(t), nil
}

// ParseBirthDate is ParseDate of a life: from year 1900.
func ParseBirthDate(s string) (Date, error) {
	if t, err := time.Parse("2006-01-02", s); err == nil && t.Year() >= 1900 && t.Year() < 1970 {
		return dateUTC(t), nil
	}
	return ParseDate(s)
}

// ParseClock reads a time of day, 00:00 to 23:59. The error is a *fault.Fault.
func ParseClock(s string) (Clock, error) {
	t, err := time.Parse("15:04", s)
	if err != nil || len(s) != len("15:04") {
		return 0, fault.New(fault.Invalid, fmt.Sprintf("%q is not a time of day", s), "write hour:minute: 09:30, to 23:59")
	}
	return Clock(t.Hour()*60 + t.Minute()), nil
}

// ParseEndClock is ParseClock for the end of a window, where 24:00 is the end of
// the day.
func ParseEndClock(s string) (Clock, error) {
	if s == "24:00" {
		return DayEnd, nil
	}
	return ParseClock(s)
}

// DateTime is a date with a time of day, in no zone.
type DateTime struct {
	Date  Date
	Clock Clock
}

// ParseDateTime reads YYYY-MM-DD HH:MM. The error is a *fault.Fault.
func ParseDateTime(s string) (DateTime, error) {
	if len(s) == len("2006-01-02 15:04") && s[10] == ' ' {
		date, err := ParseDate(s[:10])
		clock, clockErr := ParseClock(s[11:])
		if err == nil && clockErr == nil {
			return DateTime{Date: date, Clock: clock}, nil
		}
	}
	return DateTime{}, fault.New(fault.Invalid, fmt.Sprintf("%q is not a date with a time of day", s),
		"write 2026-11-12 10:00")
}

// AddDays is the date n days later; n may be negative.
func (d Date) AddDays(n int) Date { return dateUTC(d.utc().AddDate(0, 0, n)) }

// Before reports whether d is an earlier day than other.
func (d Date) Before(other Date) bool { return d.utc().Before(other.utc()) }

// DaysSince is the number of days from other to d, negative where other is later.
func (d Date) DaysSince(other Date) int {
	return int(d.utc().Sub(other.utc()) / (24 * time.Hour))
}

// Weekday is the day of the week.
func (d Date) Weekday() time.Weekday { return d.utc().Weekday() }

func (d Date) utc() time.Time { return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC) }

func dateUTC(t time.Time) Date { return Date{Year: t.Year(), Month: t.Month(), Day: t.Day()} }
