package source

import (
	"strconv"
	"strings"

	"golang.org/x/text/width"
)

// Excerpt shows the line of the diagnostic with a caret under its column, as
// two lines of plain text:
//
//	7 |     channels: [mail]
//	  |                ^
//
// data is the file the diagnostic is about. It is empty where the diagnostic
// has no place in data.
func (d Diagnostic) Excerpt(data []byte) string {
	text := strings.ReplaceAll(strings.TrimPrefix(string(data), "\ufeff"), "\r\n", "\n")
	lines := strings.Split(text, "\n")
	if d.Line < 1 || d.Line > len(lines) || d.Column < 1 {
		return ""
	}
	line := []rune(strings.ToValidUTF8(lines[d.Line-1], "?"))
	for i, r := range line {
		if r < ' ' && r != '\t' || r == 0x7f {
			line[i] = '?' // a terminal must not be steered from a file
		}
	}
	number := strconv.Itoa(d.Line)
	var under strings.Builder
	for i := 0; i < d.Column-1; i++ {
		switch {
		case i >= len(line):
			under.WriteByte(' ')
		case line[i] == '\t':
			under.WriteByte('\t')
		default:
			under.WriteByte(' ')
			if k := width.LookupRune(line[i]).Kind(); k == width.EastAsianWide || k == width.EastAsianFullwidth {
				under.WriteByte(' ')
			}
		}
	}
	return number + " | " + string(line) + "\n" +
		strings.Repeat(" ", len(number)) + " | " + under.String() + "^"
}
