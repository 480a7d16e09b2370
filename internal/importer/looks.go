package importer

import (
	"bytes"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// looks is what the values of a column look like, of those that the rows have.
type looks struct {
	filled, commas, wholes int
	points                 int // of the wholes, those with a decimal point
	times                  int
	form                   timeForm
}

// timeForm is a form of time, but for which of the first two numbers is the day.
type timeForm struct {
	mark          string
	yearFirst     bool
	clock         string // as a map says it, with what divides it from the date
	first, second int    // the largest that were seen
}

// written is a time as shops write it, apart from ISO 8601.
var written = regexp.MustCompile(`^(\d{1,4})([./-])(\d{1,2})([./-])(\d{1,4})(?:([ T])\d{1,2}:\d{2}(:\d{2})?)?$`)

// note looks at one value.
func (l *looks) note(text []byte) {
	text = bytes.TrimSpace(text)
	if len(text) == 0 {
		return
	}
	l.filled++
	switch {
	case decimalComma(text):
		l.commas++
	case len(bytes.Trim(text, "0123456789.,+-")) == 0:
		l.wholes++
		if bytes.IndexByte(text, '.') >= 0 {
			l.points++
		}
	}
	m := written.FindSubmatch(text)
	if m == nil || !bytes.Equal(m[2], m[4]) || (len(m[1]) == 4) == (len(m[5]) == 4) {
		return
	}
	form := timeForm{mark: string(m[2]), yearFirst: len(m[1]) == 4, first: l.form.first, second: l.form.second}
	if len(m[6]) > 0 {
		form.clock = string(m[6]) + "hh:mm"
		if len(m[7]) > 0 {
			form.clock += ":ss"
		}
	}
	if l.times > 0 && form != l.form {
		return
	}
	one, _ := strconv.Atoi(string(m[1])) // digits, says the pattern
	two, _ := strconv.Atoi(string(m[3]))
	form.first, form.second = max(form.first, one), max(form.second, two)
	l.form = form
	l.times++
}

// decimal says whether all are numbers, and more of them with a decimal comma
// than with a point: a slip in one row says nothing of the file.
func (l *looks) decimal() bool { return l.commas > l.points && l.commas+l.wholes == l.filled }

// timeFormat is the form of all as a map says it, empty where none has to be
// said; unsure says that month and day may be the other way round.
func (l *looks) timeFormat() (format string, unsure bool) {
	f := l.form
	switch {
	case l.filled == 0 || l.times < l.filled || f.yearFirst && f.mark == "-":
		return "", false
	case f.yearFirst:
		return "YYYY" + f.mark + "MM" + f.mark + "DD" + f.clock, false
	case f.second > 12 && f.first <= 12:
		return "MM" + f.mark + "DD" + f.mark + "YYYY" + f.clock, false
	}
	return "DD" + f.mark + "MM" + f.mark + "YYYY" + f.clock, f.mark != "." && f.first <= 12
}

// notice finds what a map has to say of numbers and times. seen is by column.
func (s *Inspection) notice(columns []string, seen []looks) {
	money := []string{"unit_price", "price", "cost", "discount"}
	times := []string{"placed_at", "at", "consent_at", "changed_at", "promised_at", "delivered_at"}
	generic := s.Preset == Generic
	among := func(column string, names []string) bool {
		if len(s.Missing) == 0 && len(s.Named) > 0 { // the columns are known
			return slices.ContainsFunc(names, func(name string) bool { return s.Named[name] == column })
		}
		return !generic || slices.ContainsFunc(names, func(name string) bool { return strings.EqualFold(name, column) })
	}
	if s.Preset != "" && !generic {
		return // it says how its times are written
	}
	for i, column := range columns {
		l := &seen[i]
		if (s.Kind == "" || s.Kind == Orders || s.Kind == Products) && among(column, money) && l.decimal() {
			s.Decimal = DecimalComma
		}
		if s.TimeFormat == "" && among(column, times) {
			s.TimeFormat, s.TimeUnsure = l.timeFormat()
		}
	}
}
