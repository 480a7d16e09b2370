package rules

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/expr-lang/expr/ast"

	"github.com/rewave/rewave/internal/fault"
)

// longestSpan is ten years.
const longestSpan, longestMonths = 10 * 366 * 24 * time.Hour, 120

var (
	spanForm  = regexp.MustCompile(`^(0|[1-9][0-9]{0,6})(min|h|d|w|mo|y)$`)
	spanLoose = regexp.MustCompile(`^\s*([1-9][0-9]{0,6})\s*([A-Za-z]+)\s*$`)
	spanUnits = map[string]time.Duration{"min": time.Minute, "h": time.Hour, "d": 24 * time.Hour, "w": 7 * 24 * time.Hour}
	// spanWords are units as people write them.
	spanWords = map[string]string{
		"minute": "min", "minutes": "min", "mins": "min", "min": "min", "hour": "h", "hours": "h", "hr": "h", "hrs": "h", "h": "h", "day": "d", "days": "d", "d": "d",
		"week": "w", "weeks": "w", "w": "w", "wk": "w", "month": "mo", "months": "mo", "mon": "mo", "mo": "mo", "year": "y", "years": "y", "yr": "y", "y": "y",
	}
)

const spanExamples = `"90min", "36h", "14d", "2w", "3mo" or "1y"`

// parseSpan reads a span of time: whole minutes, hours, days of 24 hours or weeks,
// or else months of the calendar, twelve to the year; at most ten years. A lone
// "m" is refused: it means minutes to some and months to others. The error is a
// *fault.Fault.
func parseSpan(s string) (d time.Duration, months int, err error) {
	m := spanForm.FindStringSubmatch(s)
	if m == nil {
		loose := spanLoose.FindStringSubmatch(s)
		switch {
		case loose != nil && strings.EqualFold(loose[2], "m"):
			return 0, 0, fault.New(fault.Invalid, fmt.Sprintf("%q may be minutes or months", s), fmt.Sprintf("write %q for minutes, %q for months", loose[1]+"min", loose[1]+"mo"))
		case loose != nil && spanWords[strings.ToLower(loose[2])] != "":
			return 0, 0, fault.New(fault.Invalid, fmt.Sprintf("%q is not a span of time", s), fmt.Sprintf("write %q", loose[1]+spanWords[strings.ToLower(loose[2])]))
		}
		hint := "for example " + spanExamples
		if _, err := strconv.Atoi(s); err == nil {
			hint = fmt.Sprintf("say the unit: %q for days; there are min, h, d, w, mo for months and y", s+"d")
		}
		return 0, 0, fault.New(fault.Invalid, fmt.Sprintf("%q is not a span of time", s), hint)
	}
	n, err := strconv.Atoi(m[1])
	if err != nil {
		return 0, 0, err
	}
	unit := spanUnits[m[2]]
	switch m[2] {
	case "mo":
		months = n
	case "y":
		months = 12 * min(n, longestMonths)
	default:
		if time.Duration(n) <= longestSpan/unit {
			return time.Duration(n) * unit, 0, nil
		}
		months = longestMonths + 1
	}
	switch {
	case months > longestMonths:
		return 0, 0, fault.New(fault.Invalid, fmt.Sprintf("%s is longer than ten years", s), "")
	case months == 0:
		return 0, 0, fault.New(fault.Invalid, fmt.Sprintf("%s is no time at all", s), "for example "+spanExamples)
	}
	return 0, months, nil
}

// span is a written span as the node that will run: its minutes, where they hang
// on the instant those that a call of months comes to.
func (c *reader) span(s *ast.StringNode, m member) (ast.Node, bool) {
	d, months, err := parseSpan(s.Value)
	if err != nil {
		c.faultOf(s, err)
		return nil, false
	}
	if m.most > 0 && (d > m.most || months > int(m.most/(365*24*time.Hour))*12) {
		c.fault(s, fmt.Sprintf("write at most %q", fmt.Sprintf("%dd", m.most/(24*time.Hour))), "%s does not look so far ahead", m.path())
		return nil, false
	}
	if months == 0 {
		return number(float64(d / time.Minute)), true
	}
	if m.of != kindPredicted { // all others look back
		months = -months
	}
	return call(monthsName, &ast.IdentifierNode{Value: string(kindAt)}, number(float64(months))), true
}

// monthsName is the function that no rule can write by name.
const monthsName = "months"

// monthsOf is how many minutes lie between the decision and the same day so many
// months before it (n < 0) or after it: of the days between, 24 hours each, as
// those of any other span.
func monthsOf(args ...any) (any, error) {
	m, ok := args[0].(*moment)
	if !ok {
		return nil, errors.New("the instant was not given")
	}
	today := m.day(m.at)
	days := today.AddMonths(int(args[1].(float64))).DaysSince(today)
	return float64(max(days, -days)) * 24 * 60, nil
}
