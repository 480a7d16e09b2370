package message

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/osteele/liquid/render"
)

// linkAttributes are those whose value a program follows or runs.
var linkAttributes = set("href", "src", "srcset", "action", "formaction", "background", "poster", "style")

// place refuses a value where escaping alone does not make it harmless: a name
// of `javascript:…` in a link, an attribute without quotes.
func (c *checker) place(n *render.ObjectNode, toks []token) {
	if c.inside == "" {
		return
	}
	attribute, quoted := openAttribute(c.inside)
	line := n.SourceLoc.LineNo
	c.grow(line, "x") // something stands here
	switch {
	case !quoted:
		c.fault(line, n.Source, "a value without quotes around it, inside an HTML tag", `write title="{{ … }}"`)
	case strings.TrimSpace(n.Args) == "unsubscribe_url":
	case (linkAttributes[attribute] || strings.HasPrefix(attribute, "on")) && !encoded(toks):
		c.fault(line, n.Source, "a value inside a link, a style or a script", "end it with `| url_encode`")
	}
}

// grow adds to the open HTML tag.
func (c *checker) grow(line int, s string) {
	if c.inside += s; len(c.inside) > maxOpen {
		c.fault(line, "", fmt.Sprintf("an HTML tag that is not closed within %d KiB", maxOpen>>10), "")
		c.inside = ""
	}
}

// openAttribute reads an HTML tag that is cut off at its end and returns the
// attribute in whose value it was cut; quoted is false when it was cut anywhere
// but inside quotes.
func openAttribute(tag string) (name string, quoted bool) {
	rest := strings.TrimLeft(tag, "</")
	rest = strings.TrimLeftFunc(rest, func(r rune) bool { return !unicode.IsSpace(r) }) // the element
	for {
		rest = strings.TrimLeft(rest, " \t\r\n/")
		i := strings.IndexAny(rest, "= \t\r\n")
		if i < 0 {
			return "", false
		}
		name, rest = strings.ToLower(rest[:i]), strings.TrimLeft(rest[i:], " \t\r\n")
		if !strings.HasPrefix(rest, "=") {
			continue
		}
		rest = strings.TrimLeft(rest[1:], " \t\r\n")
		if rest == "" {
			return name, false
		}
		end := " \t\r\n"
		if quoted = rest[0] == '"' || rest[0] == '\''; quoted {
			end, rest = rest[:1], rest[1:]
		}
		if i = strings.IndexAny(rest, end); i < 0 {
			return name, quoted
		}
		rest = rest[i+1:]
	}
}

// encoded says whether url_encode is the last filter.
func encoded(toks []token) bool {
	n := len(toks)
	return n >= 2 && toks[n-2].text == "|" && toks[n-1].text == "url_encode"
}
