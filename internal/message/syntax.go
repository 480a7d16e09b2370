package message

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"

	"github.com/osteele/liquid"

	"github.com/rewave/rewave/internal/source"
)

var (
	undefinedTag = regexp.MustCompile(`undefined tag "(.*)"`)
	unterminated = regexp.MustCompile(`unterminated "(\w+)" block`)
	misplaced    = regexp.MustCompile(`^(\w+) not inside (\w*)(?:; immediate parent is (\w+))?`)
	syntaxError  = regexp.MustCompile(`(?s)^syntax error in "(.*)"$`)
)

// parseFault puts the library's words into the user's.
func (c *checker) parseFault(err liquid.SourceError) {
	message, hint := plain(err), ""
	if m := undefinedTag.FindStringSubmatch(message); m != nil {
		name := m[1]
		message = fmt.Sprintf("unknown tag %q", name)
		if name == "include" || name == "render" || name == "layout" {
			message = fmt.Sprintf("%q is not possible: a message cannot read other files", name)
		} else if near := nearest(name, tagNames); near != "" {
			hint = fmt.Sprintf("did you mean %q?", near)
		}
	} else if m := unterminated.FindStringSubmatch(message); m != nil {
		message, hint = fmt.Sprintf("{%% %s %%} is never closed", m[1]), fmt.Sprintf("write {%% end%s %%} behind what it is for", m[1])
	} else if m := misplaced.FindStringSubmatch(message); m != nil {
		message, hint = fmt.Sprintf("{%% %s %%} closes nothing", m[1]), fmt.Sprintf("no {%% %s ... %%} is open here", strings.TrimPrefix(m[1], "end"))
		if m[3] != "" {
			hint = fmt.Sprintf("{%% %s %%} is open: write {%% end%s %%} first", m[3], m[3])
		}
	} else if m := syntaxError.FindStringSubmatch(message); m != nil {
		expression := strings.TrimPrefix(strings.TrimSpace(strings.ReplaceAll(m[1], `\"`, `"`)), "%")
		message, hint = "cannot be read: "+cmp.Or(expression, "nothing"), syntaxHint(expression)
	}
	c.fault(err.LineNumber(), "", message, hint)
}

var (
	oneEqual   = regexp.MustCompile(`[^=!<>]=[^=]`)
	emptyColon = regexp.MustCompile(`:\s*(\||$)`)
	noColon    = regexp.MustCompile(`\|\s*(\w+)\s+["'0-9]`)
)

// syntaxHint says what commonly makes an expression unreadable.
func syntaxHint(e string) string {
	switch m := noColon.FindStringSubmatch(e); {
	case e == "":
		return "name a field, as {{ customer.first_name }}"
	case strings.Contains(e, "&&"), strings.Contains(e, "||"):
		return "write and, or"
	case m != nil:
		return fmt.Sprintf("a colon belongs behind the filter: | %s: ...", m[1])
	case emptyColon.MatchString(e):
		return `leave the colon out, or write what belongs behind it, as | default: "customer"`
	case strings.HasSuffix(e, "|"):
		return "name a filter behind the |, or leave it out"
	case strings.HasPrefix(e, "assign") && strings.HasSuffix(e, "="):
		return "write a value behind the ="
	case oneEqual.MatchString(e) && !strings.HasPrefix(e, "assign"):
		return "two values are compared by =="
	}
	return `a place is {{ field | filter: "argument" }}`
}

// wideSign is the first full-width sign, outside quotes, of a place or a tag; 0
// means none. Letters may be those of a name.
func wideSign(inside string) rune {
	for _, r := range quotedText.ReplaceAllString(inside, "") {
		if first, plain := source.Narrow(string(r)); first != 0 && !word.MatchString(plain) {
			return first
		}
	}
	return 0
}

var (
	quotedText = regexp.MustCompile(`"[^"]*"|'[^']*'`)
	word       = regexp.MustCompile(`^\w`)
)
