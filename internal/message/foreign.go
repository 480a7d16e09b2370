package message

import (
	"fmt"
	"regexp"
	"strings"
)

// foreignPlaces are how other programs write a place: here it would be printed
// as it stands. The first group is what is shown, the second the name in it.
var foreignPlaces = []*regexp.Regexp{
	regexp.MustCompile(`(\$\{ *([A-Za-z_][\w.]*) *\})`),
	regexp.MustCompile(`(?:^|[\s,.:;!>("'，。：；！“])(%([A-Za-z][A-Za-z_.]+)%)`),
	regexp.MustCompile(`(\*\| *(\w+) *\|\*)`),
	regexp.MustCompile(`(?:^|[^{$])(\{(?: +\{)? *([A-Za-z_][A-Za-z_.]+) *(?:\} +)?\})(?:[^}]|$)`),
}

var wideBraces = regexp.MustCompile(`｛[｛％]|｝｝|％｝`)

// foreign refuses places of other languages in the text outside of our own.
func (c *checker) foreign() {
	lines := strings.Split(liquidToken.ReplaceAllStringFunc(c.text, blank), "\n")
	for i, line := range lines {
		if at := wideBraces.FindString(line); at != "" {
			c.fault(i+1, at, "full-width braces are printed as they stand", "write {{ and }}, {% and %}")
		}
		for _, of := range foreignPlaces {
			for _, m := range of.FindAllStringSubmatch(line, -1) {
				hint := "a place is written {{ customer.first_name }}"
				if near := c.scope.meant(m[2]); near != "" {
					hint = fmt.Sprintf("write {{ %s }}", near)
				}
				c.fault(i+1, m[1], m[1]+" is printed as it stands", hint)
			}
		}
	}
}

// blank keeps the new lines of s alone.
func blank(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' {
			return r
		}
		return ' '
	}, s)
}
