package importer

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rewave/rewave/internal/calendar"
)

// layouts are the times that are read without being told a form: with an offset,
// or the wall time of the shop.
var layouts = []string{
	"2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02T15:04:05", "2006-01-02T15:04",
	time.RFC3339, "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04Z07:00", "2006-01-02",
}

// clockReader turns written times into instants. It remembers the last, because
// the lines of an order share theirs.
type clockReader struct {
	zone    *time.Location
	layouts []string
	text    []byte
	at      time.Time
	ok      bool
}

func newClockReader(zone *time.Location, layouts []string) *clockReader {
	return &clockReader{zone: zone, layouts: slices.Clone(layouts)}
}

// read is the instant, cut to microseconds; false when the text is no time
// between the years 1900 and 2200.
func (c *clockReader) read(text []byte) (time.Time, bool) {
	if bytes.Equal(text, c.text) && c.text != nil {
		return c.at, c.ok
	}
	c.text = append(c.text[:0], text...)
	c.at, c.ok = time.Time{}, false
	for i, layout := range c.layouts {
		t, err := time.Parse(layout, string(text))
		if err != nil {
			continue
		}
		c.layouts[0], c.layouts[i] = c.layouts[i], c.layouts[0] // a file keeps to one form
		if !strings.Contains(layout, "Z07:00") {
			t = c.instant(t)
		}
		c.at, c.ok = t.UTC().Truncate(time.Microsecond), t.Year() >= 1900 && t.Year() < 2200
		break
	}
	return c.at, c.ok
}

// instant is when the wall shows what t shows.
func (c *clockReader) instant(t time.Time) time.Time {
	date := calendar.Date{Year: t.Year(), Month: t.Month(), Day: t.Day()}
	clock := calendar.Clock(t.Hour()*60 + t.Minute())
	at := calendar.Instant(date, clock, c.zone)
	if calendar.ClockOf(at, c.zone) == clock { // not skipped: seconds count
		at = at.Add(time.Duration(t.Second())*time.Second + time.Duration(t.Nanosecond()))
	}
	return at
}

// badValue quotes what stands there, shortened.
func badValue(reason string, text []byte) *badLine {
	const most = 60
	if len(text) == 0 {
		return &badLine{reason, "it is empty"}
	}
	shown := strings.ToValidUTF8(string(text[:min(len(text), most)]), "")
	if len(text) > most {
		shown += "..."
	}
	return &badLine{reason, strconv.Quote(shown)}
}
