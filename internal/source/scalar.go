package source

import (
	"cmp"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/rewave/rewave/internal/fault"
)

// Text reads text; a number or a truth value in its place is a fault.
func (n Node) Text() (string, bool) {
	if n.kind != kindText {
		hint := ""
		if n.kind == kindNumber || n.kind == kindBool {
			hint = fmt.Sprintf("put it in quotes: %q", n.text)
		}
		n.wrong("text", hint)
		return "", false
	}
	return n.text, true
}

// Full is Text that is more than white space.
func (n Node) Full() (string, bool) {
	s, ok := n.Text()
	if ok && strings.TrimSpace(s) == "" {
		n.Report("is empty", "")
		return "", false
	}
	return s, ok
}

// OneOf reads one of the known words. Later are words of the format that are not
// honoured yet.
func (n Node) OneOf(what string, known, later []string) (string, bool) {
	s, ok := n.Text()
	if !ok {
		return "", false
	}
	for _, k := range known {
		if s == k {
			return s, true
		}
	}
	for _, l := range later {
		if s == l {
			n.Later(s)
			return "", false
		}
	}
	n.Unknown(what, s, known)
	return "", false
}

// Bool reads true or false, and nothing that only looks like it.
func (n Node) Bool() (value, ok bool) {
	if n.kind != kindBool {
		n.wrong("true or false", "")
		return false, false
	}
	return strings.EqualFold(n.text, "true"), true
}

var wholeNumber = regexp.MustCompile(`^(0|[1-9][0-9]{0,9})$`)

// Int reads a whole number from low to high.
func (n Node) Int(low, high int) (int, bool) {
	if n.kind != kindNumber {
		n.wrong("a whole number", "")
		return 0, false
	}
	i, err := strconv.Atoi(n.text)
	if err == nil && low == high && i != low {
		n.Report(fmt.Sprintf("must be %d, not %s", low, n.text), "")
		return 0, false
	}
	if !wholeNumber.MatchString(n.text) || err != nil || i < low || i > high {
		n.Report(fmt.Sprintf("must be a whole number from %d to %d, not %s", low, high, n.text), "")
		return 0, false
	}
	return i, true
}

// Float reads a number in decimal digits, such as -1.5.
func (n Node) Float() (float64, bool) {
	if n.kind != kindNumber {
		n.wrong("a number", "")
		return 0, false
	}
	f, err := strconv.ParseFloat(n.text, 64)
	if err != nil || strings.Trim(n.text, "+-.0123456789") != "" {
		n.Report(fmt.Sprintf("%q is not a number in decimal digits", n.text), "")
		return 0, false
	}
	return f, true
}

// scalar is the text of a text or number node, for values such as 10% that are
// text to YAML and 10 where the sign was forgotten.
func (n Node) scalar(want, hint string) (string, bool) {
	if n.kind != kindText && n.kind != kindNumber {
		n.wrong(want, hint)
		return "", false
	}
	return n.text, true
}

// Duration reads a duration such as 14d that is at least low.
func (n Node) Duration(low time.Duration) (time.Duration, bool) {
	s, ok := n.scalar("a duration", "for example 90m, 36h, 14d or 2w")
	if !ok {
		return 0, false
	}
	d, err := ParseDuration(s)
	if err != nil {
		n.fail(err)
		return 0, false
	}
	if d < low {
		n.Report(fmt.Sprintf("must be at least %s, not %s", FormatDuration(low), s), "")
		return 0, false
	}
	return d, true
}

var duration = regexp.MustCompile(`^(0|[1-9][0-9]{0,6})([mhdw])$`)

var seconds = regexp.MustCompile(`^[0-9]+ ?(s|sec|seconds?)$`)

var units = map[string]time.Duration{"m": time.Minute, "h": time.Hour, "d": 24 * time.Hour, "w": 7 * 24 * time.Hour}

const longest = 10 * 366 * 24 * time.Hour

// ParseDuration reads a whole number of minutes, hours, days of 24 hours or
// weeks: 90m 36h 14d 2w, at most ten years. The error is a *fault.Fault.
func ParseDuration(s string) (time.Duration, error) {
	m := duration.FindStringSubmatch(s)
	if m == nil {
		hint := "for example 90m, 36h, 14d or 2w"
		if wholeNumber.MatchString(s) {
			hint = fmt.Sprintf("say the unit: %sm, %sh, %sd or %sw", s, s, s, s)
		}
		if seconds.MatchString(s) {
			return 0, fault.New(fault.Invalid, fmt.Sprintf("%q counts seconds, and the smallest unit is a minute", s), "for example 1m")
		}
		return 0, fault.New(fault.Invalid, fmt.Sprintf("%q is not a duration", s), hint)
	}
	count, err := strconv.Atoi(m[1])
	if err != nil || time.Duration(count) > longest/units[m[2]] {
		return 0, fault.New(fault.Invalid, fmt.Sprintf("%s is longer than ten years", s), "")
	}
	return time.Duration(count) * units[m[2]], nil
}

// FormatDuration writes d in the largest unit that holds it exactly, as
// ParseDuration reads it; weeks are written in days.
func FormatDuration(d time.Duration) string {
	switch {
	case d%(24*time.Hour) == 0 && d != 0:
		return strconv.Itoa(int(d/(24*time.Hour))) + "d"
	case d%time.Hour == 0 && d != 0:
		return strconv.Itoa(int(d/time.Hour)) + "h"
	default:
		return strconv.Itoa(int(d/time.Minute)) + "m"
	}
}

// Billion is the whole in the parts that Share counts in.
const Billion = 1_000_000_000

var percent = regexp.MustCompile(`^([0-9]{1,3})(?:\.([0-9]{1,7}))?%$`)

// Share reads a share such as 33.3% as parts per billion, exactly.
func (n Node) Share() (int64, bool) {
	s, ok := n.scalar("a share", "for example 10%")
	if !ok {
		return 0, false
	}
	parts, err := ParseShare(s)
	if err != nil {
		n.fail(err)
		return 0, false
	}
	return parts, true
}

// ParseShare reads 0% to 100% with at most seven decimals as parts per billion.
// The error is a *fault.Fault.
func ParseShare(s string) (int64, error) {
	m := percent.FindStringSubmatch(s)
	if m == nil {
		hint := "for example 10% or 33.3%"
		if f, err := strconv.ParseFloat(s, 64); err == nil && f >= 0 && f <= 100 {
			hint = fmt.Sprintf("say per cent: %s%%", s)
			if f < 1 {
				hint = fmt.Sprintf("say per cent: %s%%", strconv.FormatFloat(f*100, 'f', -1, 64))
			}
		}
		return 0, fault.New(fault.Invalid, fmt.Sprintf("%q is not a share", s), hint)
	}
	parts, err := strconv.ParseInt(m[1]+m[2]+strings.Repeat("0", 7-len(m[2])), 10, 64)
	if err != nil || parts > Billion {
		return 0, fault.New(fault.Invalid, fmt.Sprintf("%s is more than 100%%", s), "")
	}
	return parts, nil
}

// Decimal reads a number of at most scale decimals, not negative, as a whole
// number of units of 10^-scale: 0.25 at scale 2 is 25.
func (n Node) Decimal(scale int) (int64, bool) {
	s, ok := n.scalar("a number", "")
	if !ok {
		return 0, false
	}
	units, err := ParseDecimal(s, scale)
	if err != nil {
		n.fail(err)
		return 0, false
	}
	return units, true
}

// ParseDecimal reads what Decimal reads. The error is a *fault.Fault.
func ParseDecimal(s string, scale int) (int64, error) {
	whole, fraction, point := strings.Cut(s, ".")
	bad := func(hint string) error {
		return fault.New(fault.Invalid, fmt.Sprintf("%q is not an amount", s), hint)
	}
	if whole == "" || len(whole) > 12 || !digits(whole) || point && (fraction == "" || !digits(fraction)) {
		return 0, bad("write digits and at most one point: 0.25")
	}
	if len(fraction) > scale {
		return 0, bad(fmt.Sprintf("it has at most %d decimals", scale))
	}
	units, err := strconv.ParseInt(whole+fraction+strings.Repeat("0", scale-len(fraction)), 10, 64)
	if err != nil {
		return 0, bad("it is too large")
	}
	return units, nil
}

func digits(s string) bool {
	return strings.Trim(s, "0123456789") == ""
}

var perSpan = regexp.MustCompile(`^([1-9][0-9]{0,5}) +in +([0-9]+[mhdw])$`)

// Cap reads a cap such as `4 in 14d`: at most count in any span of window.
func (n Node) Cap() (count int, window time.Duration, ok bool) {
	s, ok := n.scalar("a cap", "for example 4 in 14d")
	if !ok {
		return 0, 0, false
	}
	m := perSpan.FindStringSubmatch(s)
	if m == nil {
		n.Report(fmt.Sprintf("%q is not a cap", s), cmp.Or(wideHint(s), "for example 4 in 14d"))
		return 0, 0, false
	}
	window, err := ParseDuration(m[2])
	if err != nil || window == 0 {
		n.Report(fmt.Sprintf("%q is not a cap", s), "the span is a duration above 0: 4 in 14d")
		return 0, 0, false
	}
	count, err = strconv.Atoi(m[1])
	return count, window, err == nil
}

// Parsed reads text through parse. A *fault.Fault of parse gives message and
// hint.
func Parsed[T any](n Node, parse func(string) (T, error)) (T, bool) {
	var none T
	s, ok := n.Text()
	if !ok {
		return none, false
	}
	value, err := parse(s)
	if err != nil {
		n.fail(err)
		return none, false
	}
	return value, true
}

// Quoted is Parsed for dates and times of day, which must stand in quotes: other
// readers of YAML take 22:00 for 1320 and a date for an instant.
func Quoted[T any](n Node, parse func(string) (T, error)) (T, bool) {
	bare := n.text
	if len(n.entries) == 1 {
		// Inside brackets 21:00 without quotes is the key 21 with the value 00.
		bare = n.entries[0].Key.text + ":" + n.entries[0].Value.text
	}
	if bare != "" && n.style != styleDouble && n.style != styleSingle {
		var none T
		_, bare = Narrow(strings.TrimSpace(bare))
		bare = strings.Trim(bare, `"'`)
		if oneDigitHour.MatchString(bare) {
			bare = "0" + bare
		}
		n.Report("must be in quotes", fmt.Sprintf("write %q", bare))
		return none, false
	}
	return Parsed(n, parse)
}

// oneDigitHour is a time of day that lacks its 0 in front.
var oneDigitHour = regexp.MustCompile(`^[0-9]:[0-5][0-9]$`)

func (n Node) fail(err error) {
	wide := wideHint(n.text)
	if f, ok := fault.Of(err); ok {
		n.Report(f.Message, cmp.Or(wide, f.Hint))
		return
	}
	n.Report(err.Error(), wide)
}
