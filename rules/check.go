package rules

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/expr-lang/expr/ast"

	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/source"
)

// reader goes through the parsed rule once: it finds every fault in it, notes what the
// rule needs, and writes the tree that will run. The parsed tree is not changed.
type reader struct {
	language *language
	text     []rune
	order    bool
	faults   Faults
	needs    Needs
	values   []value
}

// value is a part of a rule that has a value worth showing.
type value struct {
	text string
	kind kind
	node ast.Node
}

func (c *reader) fault(n ast.Node, hint, format string, args ...any) {
	c.faults = append(c.faults, faultAt(c.text, start(n), fmt.Sprintf(format, args...), hint))
}

// start is the offset of the leftmost part of n.
func start(n ast.Node) int {
	at := n.Location().From
	for {
		switch v := n.(type) {
		case *ast.BinaryNode:
			n = v.Left
		case *ast.MemberNode:
			n = v.Node
		case *ast.CallNode:
			n = v.Callee
		case *ast.ConditionalNode:
			n = v.Cond
		case *ast.SliceNode:
			n = v.Node
		case *ast.ChainNode:
			n = v.Node
		default:
			return min(at, n.Location().From)
		}
		at = min(at, n.Location().From)
	}
}

func number(f float64) ast.Node { return &ast.FloatNode{Value: f} }

func call(name string, args ...ast.Node) ast.Node {
	return &ast.CallNode{Callee: &ast.IdentifierNode{Value: name}, Arguments: args}
}

// check returns the kind of n and the node that will run.
func (c *reader) check(n ast.Node) (kind, ast.Node) {
	switch v := n.(type) {
	case *ast.BoolNode:
		return kindTruth, v
	case *ast.IntegerNode:
		return kindNumber, number(float64(v.Value))
	case *ast.FloatNode:
		return kindNumber, v
	case *ast.StringNode:
		return kindText, v
	case *ast.IdentifierNode:
		return c.record(v)
	case *ast.MemberNode:
		return c.member(v, nil)
	case *ast.CallNode:
		if callee, ok := v.Callee.(*ast.MemberNode); ok {
			return c.member(callee, v)
		}
		return c.function(v)
	case *ast.UnaryNode:
		return c.unary(v)
	case *ast.BinaryNode:
		return c.binary(v)
	case *ast.BuiltinNode:
		c.unknownFunction(v, v.Name)
	case *ast.NilNode:
		c.fault(v, "what is unknown is an error of that customer; ask first, as in orders.count > 0", "nil cannot be used in a rule")
	case *ast.ArrayNode:
		c.fault(v, `as in customer.region in ["BY", "BE"]`, `a list stands only after "in"`)
	case *ast.ConditionalNode:
		c.fault(v, `write it with "and", "or" and "not"`, "a choice between two values cannot be used in a rule")
	case *ast.ChainNode:
		c.fault(v, `write "." alone`, `"?." cannot be used in a rule`)
	case *ast.VariableDeclaratorNode:
		c.fault(v, "", `"let" cannot be used in a rule`)
	case *ast.SequenceNode:
		c.fault(v, `join conditions with "and" or "or"`, `";" cannot be used in a rule`)
	default:
		c.fault(n, "", "this cannot be used in a rule")
	}
	return kindBad, nil
}

// want checks n and records a fault where its kind is another one.
func (c *reader) want(n ast.Node, want kind, where string) (ast.Node, bool) {
	got, out := c.check(n)
	if got == kindBad {
		return out, false
	}
	if got != want {
		c.fault(n, "", "%s must be %s, not %s", where, want, got.words())
		return out, false
	}
	return out, true
}

func (k kind) words() string {
	switch k {
	case kindCustomer, kindOrders, kindOrder, kindAt:
		return fmt.Sprintf("%q as a whole", string(k))
	default:
		return string(k)
	}
}

func (c *reader) records() []kind {
	if c.order {
		return []kind{kindOrders, kindOrder, kindCustomer, kindAt}
	}
	return []kind{kindOrders, kindCustomer, kindAt}
}

func (c *reader) record(n *ast.IdentifierNode) (kind, ast.Node) {
	if slices.Contains(c.records(), kind(n.Value)) {
		return kind(n.Value), n
	}
	if kind(n.Value) == kindOrder {
		c.fault(n, "orders holds all orders of the customer", `"order" is known only where a campaign enters on: order_paid`)
		return kindBad, nil
	}
	var names []string
	for _, r := range c.records() {
		names = append(names, string(r))
		for _, m := range c.language.of(r) {
			if m.name == n.Value {
				c.fault(n, fmt.Sprintf("did you mean %q?", m.ident()), "there is no %q", n.Value)
				return kindBad, nil
			}
		}
	}
	hint := "a rule may use " + strings.Join(names, ", ")
	if near := source.Suggest(n.Value, append(names, "and", "or", "not", "in", "true", "false")); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	c.fault(n, hint, "there is no %q", n.Value)
	return kindBad, nil
}

// member reads a field, or with a call a method.
func (c *reader) member(n *ast.MemberNode, called *ast.CallNode) (kind, ast.Node) {
	of, base := c.check(n.Node)
	if of == kindBad {
		return kindBad, nil
	}
	property, ok := n.Property.(*ast.StringNode)
	if !ok || n.Optional {
		c.fault(n, "", "[...] cannot be used on %s", of.words())
		return kindBad, nil
	}
	rows := c.language.of(of)
	if len(rows) == 0 {
		c.fault(n, "", "%s has no field %q", of.words(), property.Value)
		return kindBad, nil
	}
	i := slices.IndexFunc(rows, func(m member) bool { return m.name == property.Value })
	if i < 0 {
		var names []string
		for _, m := range rows {
			names = append(names, m.name)
		}
		hint := "it has " + strings.Join(names, ", ")
		if near := source.Suggest(property.Value, names); near != "" {
			hint = fmt.Sprintf("did you mean %q?", near)
		}
		c.fault(property, hint, "%s has no field %q", of, property.Value)
		return kindBad, nil
	}
	m := rows[i]
	c.note(m)
	switch {
	case m.takes == "" && called == nil:
		out := call(m.ident(), base)
		c.values = append(c.values, value{text: n.String(), kind: m.gives, node: out})
		return m.gives, out
	case m.takes == "":
		c.fault(property, "write it without (...)", "%s is a field and is not called", m.ident())
		return kindBad, nil
	case called == nil || len(called.Arguments) != 1:
		c.fault(property, "as in "+m.ident()+"("+example(m.takes)+")", "%s takes %s", m.ident(), m.takes)
		return kindBad, nil
	}
	argument, ok := c.argument(called.Arguments[0], m)
	if !ok {
		return kindBad, nil
	}
	return m.gives, call(m.ident(), base, argument)
}

func example(k kind) string {
	return map[kind]string{kindDate: `"2026-11-11"`, kindDuration: `"90d"`, kindNumber: "5", kindText: `"text"`}[k]
}

func (c *reader) note(m member) {
	switch m.of {
	case kindOrders:
		c.needs.Orders = true
		c.needs.History = c.needs.History || m.history
	case kindOrder:
		c.needs.Order = true
	case kindCustomer:
		if !slices.Contains(c.needs.Customer, m.name) {
			c.needs.Customer = append(c.needs.Customer, m.name)
			slices.Sort(c.needs.Customer)
		}
	}
}

// argument is the date or the duration a method takes.
func (c *reader) argument(n ast.Node, m member) (ast.Node, bool) {
	if s, ok := n.(*ast.StringNode); ok {
		if m.takes == kindDate {
			return c.date(s)
		}
		d, err := source.ParseDuration(s.Value)
		if err != nil {
			c.faultOf(s, err)
			return nil, false
		}
		return number(float64(d / time.Minute)), true
	}
	got, out := c.check(n)
	if got == m.takes {
		return out, true
	}
	if got != kindBad {
		c.fault(n, "as in "+m.ident()+"("+example(m.takes)+")", "%s takes %s, not %s", m.ident(), m.takes, got.words())
	}
	return nil, false
}

func (c *reader) date(s *ast.StringNode) (ast.Node, bool) {
	d, err := calendar.ParseDate(s.Value)
	if err != nil {
		c.faultOf(s, err)
		return nil, false
	}
	return number(float64(dayNumber(d))), true
}

func (c *reader) function(n *ast.CallNode) (kind, ast.Node) {
	callee, ok := n.Callee.(*ast.IdentifierNode)
	if !ok {
		c.fault(n, "", "this cannot be called")
		return kindBad, nil
	}
	i := slices.IndexFunc(c.language.functions, func(f function) bool { return f.name == callee.Value })
	if i < 0 {
		c.unknownFunction(callee, callee.Value)
		return kindBad, nil
	}
	f := c.language.functions[i]
	if len(n.Arguments) != 1 {
		c.fault(callee, "as in "+f.name+"("+example(f.takes)+")", "%s takes one value", f.name)
		return kindBad, nil
	}
	argument, ok := c.want(n.Arguments[0], f.takes, "what "+f.name+" takes")
	if !ok {
		return kindBad, nil
	}
	return f.gives, call(f.name, argument)
}

func (c *reader) unknownFunction(n ast.Node, name string) {
	var names []string
	for _, f := range c.language.functions {
		names = append(names, f.name)
	}
	c.fault(n, "a rule may call "+strings.Join(names, ", "), "there is no function %q", name)
}
