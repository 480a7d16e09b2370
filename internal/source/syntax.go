package source

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/goccy/go-yaml/token"
)

// unreadable reports why the library could not parse the file. It notices many
// faults lines after they were made; where the cause can be seen, that is told.
func (d *Document) unreadable(line, column int, message string, tokens token.Tokens) {
	if t := openQuote(tokens, line); t != nil {
		mark := t.Origin[strings.IndexAny(t.Origin, `"'`):][:1]
		d.report(t.Position.Line, max(t.Position.Column, 1), "",
			fmt.Sprintf("a text in %s...%s is not closed on its line", mark, mark), "add the missing quote")
		return
	}
	if at, r := wideMark(d.line(line)); r != 0 {
		d.report(line, at, "", WideName(r)+" stands where YAML has its own", fmt.Sprintf("write %c", asciiOf(r)))
		return
	}
	if strings.Contains(message, "mapping value is not allowed") && d.deeper(line) {
		line++
		d.report(line, 1+indent(d.line(line)), "", "is indented deeper than the line before, which has a value already",
			"begin it where that line begins")
		return
	}
	words, hint := plain(message)
	if gluedColon.MatchString(d.line(line)) && strings.Contains(words, "key: value") {
		hint = "a space belongs behind the colon"
	}
	d.report(line, column, "", words, hint)
}

// keyOnNextLine is what a text in quotes hardly holds: a line of the file.
var keyOnNextLine = regexp.MustCompile(`\n *(?:- +)*[A-Za-z_][\w.-]*:(?: |\n|$)`)

// openQuote is the first quoted text up to a line that swallowed a line of the
// file; nil where none did.
func openQuote(tokens token.Tokens, line int) *token.Token {
	for _, t := range tokens {
		if t.Type != token.DoubleQuoteType && t.Type != token.SingleQuoteType || t.Position.Line > line {
			continue
		}
		if strings.ContainsAny(t.Origin, `"'`) && keyOnNextLine.MatchString(t.Origin) {
			return t
		}
	}
	return nil
}

var (
	wideIndent = regexp.MustCompile(`^ *([\x{3000}\x{a0}])`)
	wideColon  = regexp.MustCompile(`^ *(?:- +)*[A-Za-z_][\w.-]*\s*(：)`)
	wideOpens  = regexp.MustCompile(`^ *(?:- +)*(?:[A-Za-z_][\w.-]*: +)?([｛［])`)
	gluedColon = regexp.MustCompile(`^ *(?:- +)*[A-Za-z_][\w.-]*:[^ ]`)
)

// wideMark finds a full-width character that was meant as a sign of YAML.
func wideMark(line string) (column int, r rune) {
	for _, mark := range []*regexp.Regexp{wideIndent, wideColon, wideOpens} {
		if at := mark.FindStringSubmatchIndex(line); at != nil {
			return 1 + len([]rune(line[:at[2]])), []rune(line[at[2]:at[3]])[0]
		}
	}
	return 0, 0
}

// deeper reports whether a line that is no list item, with one value, is
// followed by one that begins further in.
func (d *Document) deeper(line int) bool {
	this, next := d.line(line), strings.TrimSpace(d.line(line+1))
	first := indent(this)
	for rest := this[first:]; strings.HasPrefix(rest, "- "); rest = this[first:] {
		first += 2
	}
	return strings.Count(this, ": ") == 1 && next != "" && !strings.HasPrefix(next, "#") &&
		indent(d.line(line+1)) > first
}

func indent(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }

// line is the text of one line, counted from 1; "" where there is none.
func (d *Document) line(n int) string {
	if n < 1 || n > len(d.lines) {
		return ""
	}
	from, to := d.lines[n-1], len(d.text)
	if n < len(d.lines) {
		to = d.lines[n] - 1
	}
	return string(d.text[from:to])
}

// plain says the library's commonest complaints in the words of a person who
// writes YAML twice a year.
func plain(message string) (words, hint string) {
	for _, m := range []struct{ has, words, hint string }{
		{"cannot start any token", "a line begins with a tab", "indent with spaces"},
		{"found a tab character", "a tab stands where spaces must", "indent with spaces"},
		{"mapping value is not allowed", "a second \": \" on this line, or a wrong indentation", "put text that contains \": \" in quotes"},
		{"sequence end token ']' not found", "\"[\" is never closed", "add the missing \"]\""},
		{"end token '}' not found", "\"{\" is never closed", "add the missing \"}\""},
		{"',' or ']' must be specified", "a \"[\" before this is not closed, or two items have no comma between them", "add the missing \"]\" or comma"},
		{"',' or '}' must be specified", "a \"{\" before this is not closed, or two keys have no comma between them", "add the missing \"}\" or comma"},
		{"could not find end character of double-quoted", "a text in \"...\" is never closed", "add the missing quote"},
		{"could not find end character of single-quoted", "a text in '...' is never closed", "add the missing quote"},
		{"map key-value is pre-defined", "something stands behind a value that is complete", "put the whole value in one pair of quotes"},
		{"value is not allowed in this context", "does not fit the lines around it", "it begins further in or further out than its neighbours; an item of a list begins with \"- \""},
		{"unexpected key name", "this line is not \"key: value\"", "check the colon and the indentation"},
		{"non-map value is specified", "this line is not \"key: value\"", "check the colon and the indentation"},
		{"is a reserved character", "text must not begin with this character", "put the text in quotes"},
	} {
		if strings.Contains(message, m.has) {
			return m.words, m.hint
		}
	}
	return "not readable as YAML: " + message, ""
}
