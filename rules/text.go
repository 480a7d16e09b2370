package rules

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
)

// admit checks the text before the parser sees it: expr's recursion is bounded
// by nothing else, and a stack that overflows cannot be recovered from.
func admit(text string, runes []rune, want kind) Faults {
	switch {
	case len(text) > MaxText:
		return Faults{faultAt(nil, 0, fmt.Sprintf("the rule has %d bytes; at most %d are read", len(text), MaxText), "")}
	case !utf8.ValidString(text):
		return Faults{faultAt(nil, 0, "the rule is not UTF-8", "")}
	case strings.TrimSpace(text) == "" && want == kindText:
		return Faults{faultAt(nil, 0, "the text is empty", "as in customer.region")}
	case strings.TrimSpace(text) == "":
		return Faults{faultAt(nil, 0, "the rule is empty", `for everyone write "true"`)}
	}
	depth, signs := 0, 0
	var quote rune
	for i := 0; i < len(runes); i++ {
		r := runes[i]
		if quote != 0 {
			if r == '\\' && quote != '`' {
				i++
			} else if r == quote {
				quote = 0
			}
			continue
		}
		switch r {
		case '"', '\'', '`':
			quote, signs = r, 0
		case '(', '[', '{':
			depth++
		case ')', ']', '}':
			depth--
		case '!', '-', '+', '?':
			signs++
		case ' ', '\t', '\n':
		case 'n':
			if i+3 <= len(runes) && string(runes[i:i+3]) == "not" {
				signs, i = signs+1, i+2
			} else {
				signs = 0
			}
		default:
			signs = 0
		}
		if depth+signs > MaxDepth {
			return Faults{faultAt(runes, i, fmt.Sprintf("the rule is nested more than %d deep", MaxDepth), "")}
		}
	}
	return nil
}

var (
	unexpected   = regexp.MustCompile(`^unexpected token (\w+)(?:\("(.*)"\))?`)
	unrecognized = regexp.MustCompile(`^unrecognized character: U\+[0-9A-F]+ '(.+)'`)
)

// syntax says what expr's parser met in the user's words.
func syntax(text []rune, err error) Fault {
	var at *file.Error
	if !errors.As(err, &at) {
		return faultAt(text, 0, "the rule cannot be read", "")
	}
	if f, ok := misread(text, at); ok {
		return f
	}
	message, hint := say(at.Message)
	if before := strings.TrimSpace(string(text[:min(at.From+1, len(text))])); strings.HasSuffix(before, "%") {
		message, hint = `"%" cannot be used in a rule`, "a share is written as a number: 0.1"
	}
	return faultAt(text, at.From, message, hint)
}

func say(message string) (words, hint string) {
	if m := unexpected.FindStringSubmatch(message); m != nil {
		if m[1] == "EOF" {
			return "the rule ends too early", `a value is missing, or a ")"`
		}
		return fmt.Sprintf("%q cannot stand here", m[2]), map[string]string{
			"=": `to compare write "=="`, "&": `write "and"`, "is": `to compare write "=="`,
		}[m[2]]
	}
	if m := unrecognized.FindStringSubmatch(message); m != nil {
		hint := map[string]string{
			"“": `write straight quotes: "`, "”": `write straight quotes: "`, "‘": "write straight quotes: '", "’": "write straight quotes: '",
			"（": "write (", "）": "write )", "＝": "write ==", "＞": "write >", "＜": "write <", "≥": "write >=", "≤": "write <=", "≠": "write !=",
			"=": `to compare write "=="`, "&": `write "and"`, "|": `write "or"`,
		}[m[1]]
		return fmt.Sprintf("the character %s cannot stand here", m[1]), hint
	}
	for _, m := range []struct{ has, words, hint string }{
		{"unexpected end of expression", "the rule ends too early", `a value is missing, or a ")"`},
		{"literal not terminated", "a text in quotes is never closed", "add the missing quote"},
		{"exceeds maximum allowed nodes", "the rule has too many parts", "split the campaign, or say it more simply"},
		{"too large", "the number is too large", ""},
		{"number syntax", "this is not a number", ""},
		{"literal:", "this is not a number", ""},
		{"unclosed comment", "the comment is never closed", "add */"},
		{"escape", `a text has a "\" that means nothing`, `write "\\"`},
	} {
		if strings.Contains(message, m.has) {
			return m.words, m.hint
		}
	}
	return "the rule cannot be read from here on", ""
}

// compareHint shows how the value a rule ends in becomes true or false.
func (c *reader) compareHint(k kind, n ast.Node) string {
	switch k {
	case kindNumber:
		return "compare it, as in " + short(n) + " >= 1"
	case kindDate:
		return "compare it, as in " + short(n) + ` >= "2026-11-11"`
	case kindText:
		return "compare it with ==, or with in [...]"
	default:
		return c.partOf(k)
	}
}

func short(n ast.Node) string {
	if s := n.String(); len(s) <= 40 {
		return s
	}
	return "orders.count"
}
