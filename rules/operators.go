package rules

import (
	"fmt"

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
	right, rightOK := c.want(n.Right, want, fmt.Sprintf("what stands after %q", n.Operator))
	if !leftOK || !rightOK {
		return kindBad, nil
	}
	return gives, &ast.BinaryNode{Operator: n.Operator, Left: left, Right: right}
}

// operands checks both sides of a comparison; text beside a date is a date.
func (c *reader) operands(a, b ast.Node) (ka, kb kind, left, right ast.Node) {
	ka, left = c.check(a)
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
		hint := ""
		if _, ok := n.Right.(*ast.StringNode); ok && ka == kindNumber {
			hint = "write the number without quotes"
		}
		c.fault(n.Right, hint, "%s is compared with %s", ka, kb)
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
	return kindTruth, &ast.BinaryNode{Operator: n.Operator, Left: left, Right: right}
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
		got, out := c.check(item)
		if got != k && got != kindBad {
			c.fault(item, "", "%s is compared with %s", k, got.words())
			continue
		}
		items = append(items, out)
	}
	if len(c.faults) > before {
		return kindBad, nil
	}
	return kindTruth, &ast.BinaryNode{Operator: "in", Left: left, Right: &ast.ArrayNode{Nodes: items}}
}
