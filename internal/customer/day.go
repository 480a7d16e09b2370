package customer

import (
	"fmt"
	"time"
)

// Days are whole numbers, counted from 1970-01-01 in the calendar of the shop. A
// customer's purchase days are in order; two orders of one day are one purchase
// occasion (the convention of buy-till-you-die models), so a day that repeats
// counts once. As of a day means with what was bought on it and nothing later: an
// evaluation at midnight sees a customer's last purchase at least one day back.

const secondsOfDay = 24 * 60 * 60

// Day is the calendar day of an instant in the instant's own location.
func Day(at time.Time) int {
	year, month, day := at.Date()
	return int(time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix() / secondsOfDay)
}

// Month is the calendar month of a day, as 2011-12.
func Month(day int) string {
	year, month, _ := time.Unix(int64(day)*secondsOfDay, 0).UTC().Date()
	return fmt.Sprintf("%04d-%02d", year, month)
}
