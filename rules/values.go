package rules

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/expr-lang/expr/ast"

	"github.com/rewave/rewave/internal/source"
)

// bounds are what a number lies between, both ends included. An open upper end is
// infinite.
type bounds struct {
	low, high float64
	whole     bool // there is nothing between one whole number and the next
}

// form is what a text looks like that is none of a list.
type form struct {
	is    *regexp.Regexp
	words string
}

// oneOf is a text that can be no other than these.
func oneOf(m member, texts ...string) member {
	m.set = texts
	m.says += ": `" + strings.Join(texts[:len(texts)-1], "`, `") + "` or `" + texts[len(texts)-1] + "`"
	return m
}

func between(m member, low, high float64) member {
	m.bounds = &bounds{low: low, high: high}
	return m
}

func wholeBetween(m member, low, high float64) member {
	m.bounds = &bounds{low: low, high: high, whole: true}
	return m
}

// aShare is a number from 0 to 1.
func aShare(m member) member { return between(m, 0, 1) }

func (b bounds) words() string {
	if math.IsInf(b.high, 1) {
		return plainNumber(b.low) + " or more"
	}
	return plainNumber(b.low) + " to " + plainNumber(b.high)
}

// always and never say that every number within the bounds compares so with c, or
// none.
func (b bounds) always(op string, c float64) bool {
	switch op {
	case "<":
		return b.high < c
	case "<=":
		return b.high <= c
	case ">":
		return b.low > c
	case ">=":
		return b.low >= c
	}
	return op == "!=" && b.misses(c)
}

func (b bounds) never(op string, c float64) bool {
	switch op {
	case "<":
		return b.low >= c
	case "<=":
		return b.low > c
	case ">":
		return b.high <= c
	case ">=":
		return b.high < c
	}
	return op == "==" && b.misses(c)
}

func (b bounds) misses(c float64) bool {
	return c < b.low || c > b.high || b.whole && c != math.Trunc(c)
}

func plainNumber(x float64) string { return strconv.FormatFloat(x, 'g', 10, 64) }

// member is what a checked node reads, if it is nothing but a reading.
func (c *reader) memberOf(n ast.Node) (member, bool) {
	read, ok := n.(*ast.CallNode)
	if !ok {
		return member{}, false
	}
	name, ok := read.Callee.(*ast.IdentifierNode)
	if !ok {
		return member{}, false
	}
	m, ok := c.language.named[name.Value]
	return m, ok
}

// written is a checked node that is a number, or reckoned from numbers alone.
func written(n ast.Node) (float64, bool) {
	switch v := n.(type) {
	case *ast.FloatNode:
		return v.Value, true
	case *ast.UnaryNode:
		x, ok := written(v.Node)
		switch v.Operator {
		case "-":
			return -x, ok
		case "+":
			return x, ok
		}
	case *ast.BinaryNode:
		a, ok := written(v.Left)
		b, ok2 := written(v.Right)
		switch v.Operator {
		case "+":
			return a + b, ok && ok2
		case "-":
			return a - b, ok && ok2
		case "*":
			return a * b, ok && ok2
		}
	case *ast.CallNode:
		if name, is := v.Callee.(*ast.IdentifierNode); is && name.Value == "divide" {
			a, ok := written(v.Arguments[0])
			b, ok2 := written(v.Arguments[1])
			return a / b, ok && ok2 && b != 0
		}
	}
	return 0, false
}

// meetable records a fault where a comparison is the same for everybody: its field
// can have no such value, or no other. Left and right are as checked, at is what
// was written on the right, or before a flipped operator on the left.
func (c *reader) meetable(op string, at, other, left, right ast.Node) bool {
	m, ok := c.memberOf(left)
	if !ok {
		if m, ok = c.memberOf(right); !ok {
			return true
		}
		op, at, right = turned[op], other, left
	}
	if s, ok := right.(*ast.StringNode); ok {
		return c.oneOfSet(m, at, s.Value)
	}
	x, ok := written(right)
	if !ok || m.bounds == nil {
		return true
	}
	b := *m.bounds
	never := b.never(op, x)
	if !never && !b.always(op, x) {
		return true
	}
	is, how := "from "+b.words(), "always"
	if math.IsInf(b.high, 1) {
		is = b.words()
	}
	if b.whole {
		is = "a whole number " + is
	}
	hint := "leave the condition away"
	if never {
		how, hint = "never", "write a number "+is
		if b.whole || math.IsInf(b.high, 1) {
			hint = "write " + is
		}
	}
	if b == (bounds{low: 0, high: 1}) && x > 1 && x <= 100 {
		hint = fmt.Sprintf("write %s for %s %%", plainNumber(x/100), plainNumber(x))
	}
	c.fault(at, hint, `%s is %s: "%s %s" is %s true`, m.path(), is, op, plainNumber(x), how)
	return false
}

var turned = map[string]string{"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}

// oneOfSet records a fault where a field can never be that text.
func (c *reader) oneOfSet(m member, at ast.Node, text string) bool {
	if m.form != nil && !m.form.is.MatchString(text) {
		c.fault(at, "it is "+m.form.words, "%s is never %q", m.path(), text)
		return false
	}
	if len(m.set) == 0 || slices.Contains(m.set, text) {
		return true
	}
	last := len(m.set) - 1
	hint := "it is " + strings.Join(m.set[:last], ", ") + " or " + m.set[last]
	if near := source.Suggest(strings.ToLower(text), m.set); near != "" {
		hint = fmt.Sprintf("did you mean %q? ", near) + hint
	}
	c.fault(at, hint, "%s is never %q", m.path(), text)
	return false
}
