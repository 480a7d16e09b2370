package calendar

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/teambition/rrule-go"

	"github.com/rewave/rewave/internal/fault"
	"github.com/rewave/rewave/internal/source"
)

// Bounds of what a recurrence may say, so that reading it and counting it out
// ends soon.
const (
	maxRuleText = 500
	maxInterval = 1000
	maxCount    = 10_000
)

var (
	frequencies = map[string]rrule.Frequency{"DAILY": rrule.DAILY, "WEEKLY": rrule.WEEKLY, "MONTHLY": rrule.MONTHLY, "YEARLY": rrule.YEARLY}
	weekdayOf   = map[string]rrule.Weekday{"MO": rrule.MO, "TU": rrule.TU, "WE": rrule.WE, "TH": rrule.TH, "FR": rrule.FR, "SA": rrule.SA, "SU": rrule.SU}
	ordinalDay  = regexp.MustCompile(`^([+-]?[0-9]{1,2})?(MO|TU|WE|TH|FR|SA|SU)$`)

	ruleParts = []string{"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYMONTH", "BYWEEKNO", "BYYEARDAY", "BYMONTHDAY", "BYDAY", "BYSETPOS"}
	// What RFC 5545, 3.3.10, allows with which frequency.
	onlyWith = map[string][]string{"BYWEEKNO": {"YEARLY"}, "BYYEARDAY": {"YEARLY"}, "BYMONTHDAY": {"DAILY", "MONTHLY", "YEARLY"}}
)

// recurring reads one rule; parts are what was written, by name.
type recurring struct {
	parts map[string]string
	freq  string
	rule  rrule.ROption
}

// ParseRecurrence reads an RRULE of RFC 5545 that gives whole days, such as
// FREQ=MONTHLY;BYDAY=1MO. The time of day and the first day stand beside it, so
// BYHOUR and the like, and DTSTART, are refused; so is a rule that never gives a
// day. The error is a *fault.Fault.
func ParseRecurrence(text string) (Recurrence, error) {
	r := &recurring{parts: map[string]string{}}
	if err := r.split(text); err != nil {
		return Recurrence{}, err
	}
	for _, read := range []func() error{r.frequency, r.bounds, r.days, r.coherent} {
		if err := read(); err != nil {
			return Recurrence{}, err
		}
	}
	// Which of the days come depends on where it begins; that some could, does not.
	plain := Recurrence{r.rule}
	plain.rule.Interval, plain.rule.Count, plain.rule.Until = 1, 0, time.Time{}
	if _, ok := plain.First(Date{Year: 2000, Month: 1, Day: 1}, Date{}); !ok {
		return Recurrence{}, refuse("the recurrence never gives a day", "its parts exclude one another")
	}
	return Recurrence{r.rule}, nil
}

func refuse(message, hint string) error { return fault.New(fault.Invalid, message, hint) }

func (r *recurring) split(text string) error {
	if len(text) > maxRuleText {
		return refuse(fmt.Sprintf("the recurrence is longer than %d characters", maxRuleText), "")
	}
	text = strings.TrimPrefix(strings.ToUpper(strings.TrimSpace(text)), "RRULE:")
	for part := range strings.SplitSeq(text, ";") {
		name, value, ok := strings.Cut(part, "=")
		if !ok || value == "" {
			return refuse(fmt.Sprintf("%q is not a part of a recurrence", part), "write name=value, with ; between: FREQ=MONTHLY;BYDAY=1MO")
		}
		switch {
		case name == "BYHOUR" || name == "BYMINUTE" || name == "BYSECOND":
			return refuse(name+" is a time of day; a recurrence gives days", `write the time beside it: at: "10:00"`)
		case name == "DTSTART":
			return refuse("DTSTART does not belong in a recurrence", `write the day it counts from beside it: since: "2026-01-01"`)
		case !slices.Contains(ruleParts, name):
			hint := "known are " + strings.Join(ruleParts, ", ")
			if near := source.Suggest(name, ruleParts); near != "" {
				hint = fmt.Sprintf("did you mean %s?", near)
			}
			return refuse(fmt.Sprintf("%q is not a part of a recurrence", name), hint)
		case r.parts[name] != "":
			return refuse(name+" is written twice", "")
		}
		r.parts[name] = value
	}
	return nil
}

func (r *recurring) frequency() error {
	freq, ok := frequencies[r.parts["FREQ"]]
	switch {
	case r.parts["FREQ"] == "":
		return refuse("FREQ is missing", "FREQ=DAILY, WEEKLY, MONTHLY or YEARLY")
	case !ok:
		return refuse(fmt.Sprintf("FREQ=%s gives no whole days", r.parts["FREQ"]), "FREQ=DAILY, WEEKLY, MONTHLY or YEARLY")
	}
	r.freq, r.rule.Freq = r.parts["FREQ"], freq
	return nil
}

func (r *recurring) bounds() error {
	r.rule.Interval = 1
	if value, ok := r.parts["INTERVAL"]; ok {
		n, err := whole("INTERVAL", value, 1, maxInterval)
		if err != nil {
			return err
		}
		r.rule.Interval = n
	}
	until, hasUntil := r.parts["UNTIL"]
	if value, ok := r.parts["COUNT"]; ok {
		if hasUntil {
			return refuse("COUNT and UNTIL exclude each other", "keep one of them")
		}
		n, err := whole("COUNT", value, 1, maxCount)
		if err != nil {
			return err
		}
		r.rule.Count = n
	}
	if hasUntil {
		if len(until) != len("20060102") {
			return refuse("UNTIL must be a day, the last one", "UNTIL=20261231")
		}
		day, err := ParseDate(until[:4] + "-" + until[4:6] + "-" + until[6:])
		if err != nil {
			return refuse(fmt.Sprintf("UNTIL=%s is not a day", until), "UNTIL=20261231")
		}
		r.rule.Until = day.utc()
	}
	if value, ok := r.parts["WKST"]; ok {
		day, ok := weekdayOf[value]
		if !ok {
			return refuse(fmt.Sprintf("WKST=%s is not a day of the week", value), "MO, TU, WE, TH, FR, SA or SU")
		}
		r.rule.Wkst = day
	}
	return nil
}

func (r *recurring) days() error {
	for _, part := range []struct {
		name   string
		high   int
		signed bool
		into   *[]int
	}{
		{"BYMONTH", 12, false, &r.rule.Bymonth},
		{"BYWEEKNO", 53, true, &r.rule.Byweekno},
		{"BYYEARDAY", 366, true, &r.rule.Byyearday},
		{"BYMONTHDAY", 31, true, &r.rule.Bymonthday},
		{"BYSETPOS", 366, true, &r.rule.Bysetpos},
	} {
		value, ok := r.parts[part.name]
		if !ok {
			continue
		}
		low := 1
		if part.signed {
			low = -part.high
		}
		for item := range strings.SplitSeq(value, ",") {
			n, err := whole(part.name, item, low, part.high)
			if err != nil {
				return err
			}
			if !slices.Contains(*part.into, n) { // once is as good as often, and less work
				*part.into = append(*part.into, n)
			}
		}
	}
	value, ok := r.parts["BYDAY"]
	if !ok {
		return nil
	}
	// More than there can be makes the library look outside its year.
	most := 5
	if r.freq == "YEARLY" && r.parts["BYMONTH"] == "" {
		most = 53
	}
	for item := range strings.SplitSeq(value, ",") {
		m := ordinalDay.FindStringSubmatch(item)
		if m == nil {
			return refuse(fmt.Sprintf("BYDAY=%s: %q is not a day of the week", value, item), "MO, TU, WE, TH, FR, SA or SU; with a number before it the first, the last: 1MO, -1FR")
		}
		day := weekdayOf[m[2]]
		if m[1] != "" {
			if r.freq != "MONTHLY" && r.freq != "YEARLY" {
				return refuse(fmt.Sprintf("BYDAY=%s counts days, which FREQ=%s has none of", item, r.freq), "use FREQ=MONTHLY or YEARLY, or take the number out")
			}
			n, err := whole("BYDAY", m[1], -most, most)
			if err != nil {
				return err
			}
			day = day.Nth(n)
		}
		r.rule.Byweekday = append(r.rule.Byweekday, day)
	}
	return nil
}

// coherent refuses what RFC 5545 gives no meaning to.
func (r *recurring) coherent() error {
	by := 0
	for _, name := range ruleParts {
		if _, ok := r.parts[name]; !ok {
			continue
		}
		if strings.HasPrefix(name, "BY") {
			by++
		}
		if with := onlyWith[name]; with != nil && !slices.Contains(with, r.freq) {
			return refuse(fmt.Sprintf("%s does not go with FREQ=%s", name, r.freq), "it goes with FREQ="+strings.Join(with, ", "))
		}
	}
	_, setpos := r.parts["BYSETPOS"]
	if setpos && by == 1 {
		return refuse("BYSETPOS picks from days, and the recurrence names none", "for the last workday of the month: FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1")
	}
	if _, weekno := r.parts["BYWEEKNO"]; weekno {
		for _, d := range r.rule.Byweekday {
			if d.N() != 0 {
				return refuse("BYDAY with a number does not go with BYWEEKNO", "take the number out")
			}
		}
	}
	return nil
}

// whole reads a number in [low, high], never 0.
func whole(name, text string, low, high int) (int, error) {
	n, err := strconv.Atoi(text)
	if err == nil && n != 0 && n >= low && n <= high {
		return n, nil
	}
	if low < 0 {
		return 0, refuse(fmt.Sprintf("%s=%s is not a number from 1 to %d, or from -1 to %d", name, text, high, low), "")
	}
	return 0, refuse(fmt.Sprintf("%s=%s is not a number from %d to %d", name, text, low, high), "")
}
