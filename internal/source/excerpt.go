package source

import (
	"slices"
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
// A line of more than 100 columns is cut around the caret, with … where something
// is left out. data is the file the diagnostic is about. It is empty where the diagnostic
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
	line, column := around(line, d.Column)
	number := strconv.Itoa(d.Line)
	var under strings.Builder
	for i := 0; i < column-1; i++ {
		switch {
		case i >= len(line):
			under.WriteByte(' ')
		case line[i] == '\t':
			under.WriteByte('\t')
		default:
			under.WriteString(strings.Repeat(" ", columns(line[i])))
		}
	}
	return number + " | " + string(line) + "\n" +
		strings.Repeat(" ", len(number)) + " | " + under.String() + "^"
}

// excerptWidth is how many columns of a line are shown.
const excerptWidth = 100

// around cuts a long line so that two thirds of what is left stand before the
// column, and says where that is now.
func around(line []rune, column int) ([]rune, int) {
	wide := 0
	for _, r := range line {
		wide += columns(r)
	}
	if wide <= excerptWidth {
		return line, column
	}
	from := min(column-1, len(line))
	for before := 0; from > 0 && before+columns(line[from-1]) <= excerptWidth*2/3; from-- {
		before += columns(line[from-1])
	}
	to, shown := from, 0
	for ; to < len(line) && shown+columns(line[to]) <= excerptWidth; to++ {
		shown += columns(line[to])
	}
	for ; from > 0 && shown+columns(line[from-1]) <= excerptWidth; from-- { // near the end there is more room before
		shown += columns(line[from-1])
	}
	out := slices.Clone(line[from:to])
	if from > 0 {
		out[0] = '…'
	}
	if to < len(line) {
		out[len(out)-1] = '…'
	}
	return out, column - from
}

// columns is how wide a terminal shows a character.
func columns(r rune) int {
	if k := width.LookupRune(r).Kind(); k == width.EastAsianWide || k == width.EastAsianFullwidth {
		return 2
	}
	return 1
}
