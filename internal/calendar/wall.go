package calendar

import (
	"fmt"
	"time"
)

// Date is a day on a wall calendar, in no zone. The zero Date means none.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// AddMonths is the same day n months later, or before where n is negative: in a
// month that is too short its last one.
func (d Date) AddMonths(n int) Date {
	first := dateUTC(time.Date(d.Year, d.Month+time.Month(n), 1, 0, 0, 0, 0, time.UTC))
	first.Day = min(d.Day, dateUTC(time.Date(first.Year, first.Month+1, 0, 0, 0, 0, 0, time.UTC)).Day)
	return first
}

// KeptIn is the day on which a year keeps the date: the same, but what falls on 29
// February is kept on the 28th in common years.
func (d Date) KeptIn(year int) Date {
	if leap := year%4 == 0 && (year%100 != 0 || year%400 == 0); d.Month == time.February && d.Day == 29 && !leap {
		d.Day = 28
	}
	return Date{Year: year, Month: d.Month, Day: d.Day}
}

// IsZero reports whether the date was left out.
func (d Date) IsZero() bool { return d == Date{} }

// String is YYYY-MM-DD.
func (d Date) String() string { return fmt.Sprintf("%04d-%02d-%02d", d.Year, int(d.Month), d.Day) }

// Clock is a time of day in minutes after midnight, 0 to 1440; 1440 is the end
// of the day and only stands at the end of a window.
type Clock int

// String is HH:MM.
func (c Clock) String() string { return fmt.Sprintf("%02d:%02d", int(c)/60, int(c)%60) }

// Window is a daily span [From, To) in the customer's zone; To below From
// crosses midnight.
type Window struct{ From, To Clock }
