package message

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/osteele/liquid/render"
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

// expression checks every name of one expression that is evaluated so many
// times: fields, filters, and no range outside the head of a loop.
func (c *checker) expression(line int, src, expr string, times int) []token {
	toks := tokens(expr)
	if len(toks) > maxWords {
		c.fault(line, src, fmt.Sprintf("has more than %d words", maxWords), "")
		return nil
	}
	cost, filter, read := 1+len(toks)/4, false, ""
	for i := 0; i < len(toks); i++ {
		t := toks[i]
		after := filter
		filter = t.text == "|" && t.kind == "sign"
		switch {
		case t.text == ".." && t.kind == "sign":
			c.fault(line, src, "a range is only possible as `for x in (1..10)`, in figures", "")
		case t.text == "==" || t.text == "!=" || t.text == "contains", t.text == "," && !after:
			cost += compared
		case after && (t.kind == "name" || t.kind == "keyword"):
			name := strings.TrimSuffix(t.text, ":")
			c.filter(line, src, name)
			c.used(read, name)
			cost += byFilter[name].cost
		case t.kind == "name" && !words[t.text]:
			path := t.text
			for i+1 < len(toks) && toks[i+1].kind == "property" {
				i++
				path += toks[i].text
			}
			indexed := i+1 < len(toks) && toks[i+1].text == "["
			c.field(line, src, path, indexed)
			read = path
		}
	}
	c.step(line, src, times*cost)
	return toks
}

// compared is what it costs to compare two lists.
const compared = 10

// used remembers by the filter behind it what a field of no known kind is
// meant to hold.
func (c *checker) used(path, filter string) {
	if _, ok := c.kinds[path]; ok || path == "" {
		return
	}
	switch filter {
	case "date":
		c.kinds[path] = day
	case "money", "plus", "minus", "times", "divided_by", "modulo", "round", "floor", "ceil", "abs", "at_least", "at_most", "pluralize":
		c.kinds[path] = number
	}
}

func (c *checker) filter(line int, src, name string) {
	if filterNames[name] || c.told() {
		return
	}
	hint := ""
	switch {
	case name == "escape" || name == "escape_once":
		hint = "values in " + HTMLFile + " are escaped already"
	case name == "safe" || name == "raw":
		hint = "values in " + HTMLFile + " are always escaped"
	default:
		if near := suggestFilter(name); near != "" {
			hint = fmt.Sprintf("did you mean %q?", near)
		}
	}
	c.fault(line, src, fmt.Sprintf("unknown filter %q", name), hint)
}

// loopFields is what a loop says of its turn.
var loopFields = []string{"first", "index", "index0", "last", "length", "rindex", "rindex0"}

func (c *checker) field(line int, src, path string, indexed bool) {
	root, _, _ := strings.Cut(path, ".")
	if c.locals[root] {
		if name, _ := strings.CutPrefix(path, "forloop."); root == "forloop" && !slices.Contains(loopFields, name) {
			c.fault(line, src, fmt.Sprintf("unknown field %q", path), "forloop has: "+strings.Join(loopFields, ", "))
		}
		return
	}
	if why, hint := c.scope.absent(root); why != "" {
		c.fault(line, src, path+": "+why, hint)
		return
	}
	_, known := c.scope.find(path)
	switch {
	case !known && c.told():
		return
	case known && !indexed:
		c.template.name(path)
		return
	case known:
		c.fault(line, src, fmt.Sprintf("%s has no parts", path), "")
		return
	}
	hint := ""
	if near := c.scope.meant(path); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	} else if reserved(root) && root != "event" {
		hint = fmt.Sprintf("%s has: %s", root, c.scope.below(root))
		if name, ok := strings.CutPrefix(path, "customer."); ok && property.MatchString(name) {
			hint += fmt.Sprintf("; an attribute is declared in rewave.yaml: attributes: {%s: text}", name)
		}
	}
	c.fault(line, src, fmt.Sprintf("unknown field %q", path), hint)
}

// printed refuses what would print wrong: money as a bare number, and a code
// that a filter has changed, because the real one takes its place afterwards.
func (c *checker) printed(n *render.ObjectNode, toks []token) {
	line := n.SourceLoc.LineNo
	path := pathOf(toks)
	if f := byPath[path]; f.kind == money && !formatted(toks) {
		c.fault(line, n.Source, path+" is money", fmt.Sprintf("print it with {{ %s | money }}", path))
	}
	if path == "coupon.code" && (len(toks) == 2 || len(toks) == 4 && encoded(toks)) {
		return
	}
	c.alone(line, n.Source, toks, false)
}

// alone refuses coupon.code anywhere but printed as it is; asked says that the
// expression may ask whether there is one.
func (c *checker) alone(line int, src string, toks []token, asked bool) {
	reads, plain := false, true
	for i, t := range toks {
		if t.text == "coupon" && i+1 < len(toks) && toks[i+1].text == ".code" {
			reads = true
		}
		plain = plain && (t.kind == "name" || t.kind == "property")
	}
	if reads && !(asked && plain && !slices.ContainsFunc(toks, func(t token) bool { return t.text == "contains" })) {
		c.fault(line, src, "coupon.code is put in after everything else is written", "print it as it is: {{ coupon.code }}")
	}
}

// pathOf is the field that an expression begins with.
func pathOf(toks []token) string {
	if len(toks) == 0 || toks[0].kind != "name" {
		return ""
	}
	path := toks[0].text
	for _, t := range toks[1:] {
		if t.kind != "property" {
			break
		}
		path += t.text
	}
	return path
}

// formatted says whether money is among the filters.
func formatted(toks []token) bool {
	for i := 1; i < len(toks); i++ {
		if toks[i-1].text == "|" && strings.TrimSuffix(toks[i].text, ":") == "money" {
			return true
		}
	}
	return false
}
