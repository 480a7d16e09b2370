package campaigns

import (
	"testing"
	"time"

	"github.com/rewave/rewave/internal/calendar"
)

// A message names the last day of its code: the code is good for all of it.
func TestACodeLastsToTheEndOfItsLastDayInTheShop(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, zone, at string
		expires        time.Duration
		want           string
	}{
		{"days", "Europe/Berlin", "2026-11-12T10:00:00+01:00", 240 * time.Hour, "2026-11-23T00:00:00+01:00"},
		{"hours", "Europe/Berlin", "2026-11-12T10:00:00+01:00", time.Hour, "2026-11-13T00:00:00+01:00"},
		{"over midnight by the shop's clock", "Asia/Shanghai", "2026-11-12T15:30:00Z", time.Hour, "2026-11-14T00:00:00+08:00"},
		{"to the minute", "Europe/Berlin", "2026-11-12T00:00:00+01:00", 24 * time.Hour, "2026-11-13T00:00:00+01:00"},
		{"over the change of clocks", "Europe/Berlin", "2026-10-24T10:00:00+02:00", 24 * time.Hour, "2026-10-26T00:00:00+01:00"},
		{"a midnight that is skipped", "Asia/Beirut", "2026-03-27T10:00:00+02:00", 24 * time.Hour, "2026-03-29T01:00:00+03:00"},
	} {
		zone, err := calendar.Zone(test.zone)
		if err != nil {
			t.Fatal(err)
		}
		at, err := time.Parse(time.RFC3339, test.at)
		if err != nil {
			t.Fatal(err)
		}
		if got := at.Add(Coupon{Expires: test.expires}.Lasts(at, zone)).In(zone).Format(time.RFC3339); got != test.want {
			t.Errorf("%s: got %s, want %s", test.name, got, test.want)
		}
	}
	if got := (Coupon{}).Lasts(time.Now(), time.UTC); got != 0 {
		t.Errorf("as long as the pool: got %s", got)
	}
}
