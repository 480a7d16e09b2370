package source

import (
	"fmt"
	"sort"
	"strconv"
	"strings"
	"unicode"
)

// Diagnostic is one fault of a written file. Line and Column count from 1;
// 0 means that the fault has no place of its own.
type Diagnostic struct {
	File    string
	Line    int
	Column  int
	Path    string // waves[0].channels; empty for the whole file
	Message string // what is wrong, in the user's words
	Hint    string // what to do; may be empty
}

// String is `file:line:column: path: message (hint)` on one line, leaving out
// what is empty: a key of the file may hold line breaks of its own.
func (d Diagnostic) String() string {
	var b strings.Builder
	b.WriteString(d.File)
	if d.Line > 0 {
		fmt.Fprintf(&b, ":%d:%d", d.Line, d.Column)
	}
	b.WriteString(": ")
	if d.Path != "" {
		b.WriteString(d.Path + ": ")
	}
	b.WriteString(d.Message)
	if d.Hint != "" {
		b.WriteString(" (" + d.Hint + ")")
	}
	return oneLine(b.String())
}

// oneLine writes what would break a line, or move the cursor, as its escape.
func oneLine(s string) string {
	breaks := func(r rune) bool { return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' }
	if !strings.ContainsFunc(s, breaks) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if breaks(r) {
			b.WriteString(strings.Trim(strconv.QuoteRuneToASCII(r), "'"))
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// List is every fault of one or more files. A non-empty List is an error.
type List []Diagnostic

// Error prints one diagnostic a line, in the order of Sort.
func (l List) Error() string {
	lines := make([]string, len(l))
	for i, d := range l {
		lines[i] = d.String()
	}
	return strings.Join(lines, "\n")
}

// Sort orders by file, line, column; equal places keep their order.
func (l List) Sort() {
	sort.SliceStable(l, func(i, j int) bool {
		a, b := l[i], l[j]
		if a.File != b.File {
			return a.File < b.File
		}
		if a.Line != b.Line {
			return a.Line < b.Line
		}
		return a.Column < b.Column
	})
}

// Err returns nil for an empty list, so that a caller can return it as an error.
func (l List) Err() error {
	if len(l) == 0 {
		return nil
	}
	return l
}
