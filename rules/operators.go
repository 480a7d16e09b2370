package rules

import (
	"fmt"
	"regexp"
	"slices"

	"github.com/expr-lang/expr/ast"

	"github.com/rewave/rewave/internal/fault"
)

func (c *reader) faultOf(n ast.Node, err error) {
	hint := ""
	if f, ok := fault.Of(err); ok {
		hint = f.Hint
	}
	c.fault(n, hint, "%s", err.Error())
}

func (c *reader) unary(n *ast.UnaryNode) (kind, ast.Node) {
	want := kindNumber
	if n.Operator == "not" || n.Operator == "!" {
		want = kindTruth
	}
	out, ok := c.want(n.Node, want, fmt.Sprintf("what follows %q", n.Operator))
	if !ok {
		return kindBad, nil
	}
	return want, &ast.UnaryNode{Operator: n.Operator, Node: out}
}

func (c *reader) binary(n *ast.BinaryNode) (kind, ast.Node) {
	switch n.Operator {
	case "and", "&&", "or", "||":
		return c.sides(n, kindTruth, kindTruth)
	case "+", "-", "*", "/":
		k, out := c.sides(n, kindNumber, kindNumber)
		if b, ok := out.(*ast.BinaryNode); ok && n.Operator == "/" {
			out = call("divide", b.Left, b.Right)
			if _, constant := written(out); !constant {
				c.values = append(c.values, value{text: n.String(), kind: kindNumber, node: out})
			}
		}
		return k, out
	case "contains", "startsWith", "endsWith":
		return c.sides(n, kindText, kindTruth)
	case "==", "!=", "<", "<=", ">", ">=":
		return c.comparison(n)
	case "in":
		return c.in(n)
	}
	c.faults = append(c.faults, faultAt(c.text, n.Location().From, fmt.Sprintf("%q cannot be used in a rule", n.Operator), ""))
	return kindBad, nil
}

// sides checks an operator that wants the same kind on both sides.
func (c *reader) sides(n *ast.BinaryNode, want, gives kind) (kind, ast.Node) {
	left, leftOK := c.want(n.Left, want, fmt.Sprintf("what stands before %q", n.Operator))
	if leftOK && c.bare(want, n.Right) {
		return kindBad, nil
	}
	right, rightOK := c.want(n.Right, want, fmt.Sprintf("what stands after %q", n.Operator))
	if !leftOK || !rightOK {
		return kindBad, nil
	}
	return gives, &ast.BinaryNode{Operator: n.Operator, Left: left, Right: right}
}

// operands checks both sides of a comparison; text beside a date is a date.
func (c *reader) operands(a, b ast.Node) (ka, kb kind, left, right ast.Node) {
	ka, left = c.check(a)
	if c.bare(ka, b) {
		return kindBad, kindBad, left, nil
	}
	kb, right = c.check(b)
	if s, ok := b.(*ast.StringNode); ok && ka == kindDate {
		if right, ok = c.date(s); !ok {
			return kindBad, kindBad, left, right
		}
		kb = kindDate
	}
	if s, ok := a.(*ast.StringNode); ok && kb == kindDate {
		if left, ok = c.date(s); !ok {
			return kindBad, kindBad, left, right
		}
		ka = kindDate
	}
	return ka, kb, left, right
}

func (c *reader) comparison(n *ast.BinaryNode) (kind, ast.Node) {
	ka, kb, left, right := c.operands(n.Left, n.Right)
	if ka == kindBad || kb == kindBad {
		return kindBad, nil
	}
	if ka != kb && c.partOf(ka) == "" && c.partOf(kb) == "" {
		c.fault(n.Right, quotes(ka, kb, n.Right), "%s is compared with %s", ka, kb)
		return kindBad, nil
	}
	equality := n.Operator == "==" || n.Operator == "!="
	for _, side := range []struct {
		node ast.Node
		kind kind
	}{{n.Left, ka}, {n.Right, kb}} {
		switch side.kind {
		case kindNumber, kindDate:
			continue
		case kindText, kindTruth:
			if equality {
				continue
			}
		}
		c.fault(side.node, c.partOf(side.kind), "%s cannot be compared with %q", side.kind.words(), n.Operator)
		return kindBad, nil
	}
	if !c.meetable(n.Operator, n.Right, n.Left, left, right) {
		return kindBad, nil
	}
	return kindTruth, &ast.BinaryNode{Operator: n.Operator, Left: left, Right: right}
}

// quotes says that a constant on the right has its quotes too many, or lacks them.
func quotes(left, right kind, at ast.Node) string {
	switch at := at.(type) {
	case *ast.StringNode:
		if left == kindNumber && right == kindText {
			return "write the number without quotes"
		}
	case *ast.IntegerNode:
		if left == kindText {
			return fmt.Sprintf(`it is text: write "%d"`, at.Value)
		}
	}
	return ""
}

var (
	bareWord = regexp.MustCompile(`^[\p{L}\p{N}_]+(?:[-.][\p{L}\p{N}_]+)*`)
	bareDate = regexp.MustCompile(`^\d{4}-\d{1,2}-\d{1,2}`)
)

// bare records a fault where text or a date is wanted and stands there without its
// quotes.
func (c *reader) bare(want kind, n ast.Node) bool {
	if want != kindText && want != kindDate {
		return false
	}
	text := string(c.text[start(n):])
	if day := bareDate.FindString(text); day != "" && want == kindDate {
		c.fault(n, fmt.Sprintf("write %q", day), "a date stands in quotes, and %s does not", day)
		return true
	}
	first := n
	for b, ok := first.(*ast.BinaryNode); ok && b.Operator == "-"; b, ok = first.(*ast.BinaryNode) {
		first = b.Left
	}
	word, ok := first.(*ast.IdentifierNode)
	if !ok || want != kindText || slices.Contains(c.records(), kind(word.Value)) || word.Value == string(kindOrder) || word.Value == string(kindEvent) {
		return false
	}
	if _, ok := c.language.find(kindFunction, word.Value); ok || c.elsewhere(word.Value) != "" {
		return false
	}
	whole := bareWord.FindString(text)
	c.fault(n, fmt.Sprintf("write %q", whole), "a text stands in quotes, and %s does not", whole)
	return true
}

// partOf says what may be meant by a record where a value is wanted.
func (c *reader) partOf(k kind) string {
	for _, m := range c.language.of(k) {
		if m.takes == "" {
			return "name a part of it, as in " + m.path()
		}
	}
	return ""
}

func (c *reader) in(n *ast.BinaryNode) (kind, ast.Node) {
	before := len(c.faults)
	list, ok := n.Right.(*ast.ArrayNode)
	if !ok || len(list.Nodes) == 0 {
		c.fault(n.Right, `as in customer.region in ["BY", "BE"]`, `after "in" stands a list of at least one value`)
		return kindBad, nil
	}
	k, left := c.check(n.Left)
	if k == kindBad {
		return kindBad, nil
	}
	if k != kindText && k != kindNumber && k != kindDate {
		c.fault(n.Left, c.partOf(k), `%s cannot stand before "in"`, k.words())
		return kindBad, nil
	}
	items := make([]ast.Node, 0, len(list.Nodes))
	for _, item := range list.Nodes {
		if s, ok := item.(*ast.StringNode); ok && k == kindDate {
			if day, ok := c.date(s); ok {
				items = append(items, day)
			}
			continue
		}
		if c.bare(k, item) {
			continue
		}
		got, out := c.check(item)
		if got != k && got != kindBad {
			c.fault(item, quotes(k, got, item), "%s is compared with %s", k, got.words())
			continue
		}
		if got != kindBad && c.meetable("==", item, n.Left, left, out) {
			items = append(items, out)
		}
	}
	if len(c.faults) > before {
		return kindBad, nil
	}
	return kindTruth, &ast.BinaryNode{Operator: "in", Left: left, Right: &ast.ArrayNode{Nodes: items}}
}
