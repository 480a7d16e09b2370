package calendar_test

import (
	"testing"

	"github.com/rewave/rewave/internal/calendar"
)

// Days as printed calendars have them.
func TestOccasionsAreOnTheirDays(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		occasion string
		year     int
		want     string
	}{
		{"mothers-day", 2010, "2010-05-09"}, {"mothers-day", 2011, "2011-05-08"}, {"mothers-day", 2012, "2012-05-13"}, {"mothers-day", 2026, "2026-05-10"},
		{"fathers-day", 2025, "2025-06-15"}, {"fathers-day", 2026, "2026-06-21"},
		{"black-friday", 2024, "2024-11-29"}, {"black-friday", 2026, "2026-11-27"},
		{"easter", 2000, "2000-04-23"}, {"easter", 2024, "2024-03-31"}, {"easter", 2025, "2025-04-20"}, {"easter", 2038, "2038-04-25"}, {"easter", 2285, "2285-03-22"},
		{"double-11", 2026, "2026-11-11"}, {"christmas", 2026, "2026-12-25"}, {"12-24", 2026, "2026-12-24"}, {"02-29", 2026, "2026-02-28"}, {"02-29", 2028, "2028-02-29"},
	} {
		got, ok := calendar.OccasionIn(row.occasion, row.year)
		if !ok || got.String() != row.want {
			t.Errorf("%s %d: got %s, %t, want %s", row.occasion, row.year, got, ok, row.want)
		}
	}
	for _, not := range []string{"", "mother's day", "12-32", "2026-12-24", "13-01", "12", "-", "1-1"} {
		if got, ok := calendar.OccasionIn(not, 2026); ok {
			t.Errorf("%q is %s", not, got)
		}
	}
}
