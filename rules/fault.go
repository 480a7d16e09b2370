package rules

import (
	"fmt"
	"strings"
)

// Fault is one thing wrong with a rule. Offset counts runes from the start of
// the rule; Line and Column are the same place, counted from 1.
type Fault struct {
	Offset       int
	Line, Column int
	Message      string
	Hint         string // may be empty

	circle []string // the segments that name each other; nil: another fault
}

// String is `line:column: message (hint)`.
func (f Fault) String() string {
	s := fmt.Sprintf("%d:%d: %s", f.Line, f.Column, f.Message)
	if f.Hint != "" {
		s += " (" + f.Hint + ")"
	}
	return s
}

// Faults is every fault of a rule, in the order of the text. A non-empty Faults
// is an error.
type Faults []Fault

// Error prints a fault a line.
func (f Faults) Error() string {
	lines := make([]string, len(f))
	for i, one := range f {
		lines[i] = one.String()
	}
	return strings.Join(lines, "\n")
}

func faultAt(text []rune, offset int, message, hint string) Fault {
	offset = max(0, min(offset, len(text)))
	line, column := 1, 1
	for _, r := range text[:offset] {
		column++
		if r == '\n' {
			line, column = line+1, 1
		}
	}
	return Fault{Offset: offset, Line: line, Column: column, Message: message, Hint: hint}
}
