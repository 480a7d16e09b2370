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
