package message

import (
	"fmt"
	"regexp"
	"strings"
)

// token is a word of an expression. kind is one of: string, number, name,
// property (".count"), keyword ("limit:"), sign.
type token struct{ kind, text string }

// scanner splits an expression as the library's own scanner does.
var scanner = regexp.MustCompile(`(?s)` + strings.Join([]string{
	`(?P<string>"(?:[^"\\]|\\.)*"|'[^']*')`,
	`(?P<number>-?[0-9]+(?:\.[0-9]+)?)`,
	`(?P<keyword>[\pL_][\pL\pN\pM_-]*\??:)`,
	`(?P<name>[\pL_][\pL\pN\pM_-]*\??)`,
	`(?P<property>\.[\pL_][\pL\pN\pM_-]*\??)`,
	`(?P<sign>\.\.|==|!=|<=|>=|\S)`,
}, "|"))

func tokens(expr string) []token {
	var out []token
	names := scanner.SubexpNames()
	for _, m := range scanner.FindAllStringSubmatchIndex(expr, -1) {
		for i := 1; i < len(names); i++ {
			if m[2*i] >= 0 {
				out = append(out, token{names[i], expr[m[2*i]:m[2*i+1]]})
				break
			}
		}
	}
	return out
}

var words = set("and", "or", "contains", "in", "true", "false", "nil", "reversed")

// expression checks every name of one expression: fields, filters, and no range
// outside the head of a loop.
func (c *checker) expression(line int, src, expr string) []token {
	toks := tokens(expr)
	filter := false
	for i := 0; i < len(toks); i++ {
		t := toks[i]
		after := filter
		filter = t.text == "|" && t.kind == "sign"
		switch {
		case t.text == ".." && t.kind == "sign":
			c.fault(line, src, "a range is only possible as `for x in (1..10)`, in figures", "")
		case after && (t.kind == "name" || t.kind == "keyword"):
			c.filter(line, src, strings.TrimSuffix(t.text, ":"))
		case t.kind == "name" && !words[t.text]:
			path := t.text
			for i+1 < len(toks) && toks[i+1].kind == "property" {
				i++
				path += toks[i].text
			}
			indexed := i+1 < len(toks) && toks[i+1].text == "["
			c.field(line, src, path, indexed)
		}
	}
	return toks
}

func (c *checker) filter(line int, src, name string) {
	if filterNames[name] {
		return
	}
	hint := ""
	switch {
	case name == "escape" || name == "escape_once":
		hint = "values in " + HTMLFile + " are escaped already"
	case name == "safe" || name == "raw":
		hint = "values in " + HTMLFile + " are always escaped"
	default:
		if near := nearest(name, filterNames); near != "" {
			hint = fmt.Sprintf("did you mean %q?", near)
		}
	}
	c.fault(line, src, fmt.Sprintf("unknown filter %q", name), hint)
}

func (c *checker) field(line int, src, path string, indexed bool) {
	root, _, _ := strings.Cut(path, ".")
	switch {
	case c.locals[root], fields[path] && !indexed:
		return
	case fields[path]:
		c.fault(line, src, fmt.Sprintf("%s has no parts", path), "")
		return
	}
	hint := ""
	if near := nearest(path, fields); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	} else if reserved(root) {
		hint = fmt.Sprintf("%s has: %s", root, strings.Join(fieldsOf(root), ", "))
	}
	c.fault(line, src, fmt.Sprintf("unknown field %q", path), hint)
}
