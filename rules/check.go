package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"

	"github.com/rewave/rewave/internal/source"
)

// reader goes through the parsed rule once: it finds every fault in it, notes what the
// rule needs, and writes the tree that will run. The parsed tree is not changed.
type reader struct {
	language *language
	text     []rune
	options  Options
	faults   Faults
	needs    Needs
	values   []value
	named    map[string]member // how each attribute was read first
	of       string            // the segment whose rule this is; empty: none, or nobody knows
	inside   []string          // the segments that are being read, outermost first
	read     *int              // bytes of segments read for this rule
}

// value is a part of a rule that has a value worth showing.
type value struct {
	text  string
	kind  kind
	money bool
	node  ast.Node
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
		if !c.storable(v) {
			return kindBad, nil
		}
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

func (c *reader) records() []kind {
	out := []kind{kindOrders, kindFirst, kindLast, kindRFM, kindLifecycle, kindPredicted, kindMessages, kindAnswers}
	if c.options.Order {
		out = append(out, kindOrder)
	}
	if c.options.Event {
		out = append(out, kindEvent)
	}
	return append(out, kindCustomer, kindAt)
}

func (c *reader) record(n *ast.IdentifierNode) (kind, ast.Node) {
	if k := kind(n.Value); slices.Contains(c.records(), k) {
		switch k {
		case kindFirst, kindLast, kindRFM, kindLifecycle, kindPredicted:
			return k, &ast.IdentifierNode{Value: string(kindOrders)}
		case kindMessages:
			c.needs.Messages = true
			return k, eventsNamed(MessageSent)
		case kindAnswers:
			c.needs.Answers = true
			return k, eventsNamed(CodeUsed)
		}
		return k, n
	}
	switch kind(n.Value) {
	case kindOrder:
		c.fault(n, "orders holds all orders of the customer", `"order" is known only where a campaign enters on: order_paid`)
		return kindBad, nil
	case kindEvent:
		c.fault(n, `events("...") holds all events of the customer`, `"event" is known only where a campaign enters on: {event: ...}`)
		return kindBad, nil
	}
	if f, ok := c.language.find(kindFunction, n.Value); ok {
		c.fault(n, "as in "+f.example(), "%s takes %s", f.path(), f.takes)
		return kindBad, nil
	}
	if amount, ok := strings.CutPrefix(n.Value, "$"); ok && strings.Trim(amount, "0123456789") == "" && amount != "" {
		c.fault(n, "write the number alone: "+amount, "the character $ cannot stand here")
		return kindBad, nil
	}
	if word := keyword(n.Value); word != "" {
		c.fault(n, fmt.Sprintf("write %q", word), "%q cannot stand here", n.Value)
		return kindBad, nil
	}
	if near := c.elsewhere(n.Value); near != "" {
		c.fault(n, fmt.Sprintf("did you mean %q?", near), "there is no %q", n.Value)
		return kindBad, nil
	}
	var names []string
	for _, r := range c.records() {
		names = append(names, string(r))
	}
	hint := "a rule may use " + strings.Join(names, ", ")
	if near := source.Suggest(n.Value, append(names, "and", "or", "not", "in", "true", "false")); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	c.fault(n, hint, "there is no %q", n.Value)
	return kindBad, nil
}

func eventsNamed(name string) ast.Node {
	return call(string(kindFunction)+".events", &ast.IdentifierNode{Value: "log"}, &ast.StringNode{Value: name})
}

// elsewhere is a member of that name of some record, as a rule writes it.
func (c *reader) elsewhere(name string) string {
	for _, r := range c.records() {
		if m, ok := c.language.find(r, name); ok {
			return m.path()
		}
	}
	return ""
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
		c.fault(property, c.ofValue(of, n, property.Value, called), "%s has no field %q", of.words(), property.Value)
		return kindBad, nil
	}
	m, ok := c.language.find(of, property.Value)
	if !ok {
		c.fault(property, unknownMember(of, rows, property.Value), "%s has no field %q", of, property.Value)
		return kindBad, nil
	}
	if m.takes == "" && called != nil {
		c.fault(property, "write it without (...)", "%s is a field and is not called", m.path())
		return kindBad, nil
	}
	return c.use(m, property, n, called, base)
}

const monthHint = "of the birthday there is customer.birthday_month, of the day of the decision at.month"

// ofValue says how what seems to be asked of a value is written.
func (c *reader) ofValue(of kind, n *ast.MemberNode, name string, called *ast.CallNode) string {
	switch {
	case of == kindDate && (name == "month" || name == "Month"):
		return monthHint
	case of == kindDate:
		return `compare it with a date, as in orders.last_on >= "2026-11-11", or write days_since(...)`
	case of == kindText && name == "lower":
		return "write lower(" + n.Node.String() + ")"
	}
	word := keyword(name)
	if of != kindText || word != "contains" && word != "startsWith" && word != "endsWith" {
		return ""
	}
	argument := `"..."`
	if called != nil && len(called.Arguments) == 1 {
		argument = called.Arguments[0].String()
	}
	return "write " + n.Node.String() + " " + word + " " + argument
}

func unknownMember(of kind, rows []member, name string) string {
	var names []string
	for _, m := range rows {
		names = append(names, m.name)
	}
	if near := source.Suggest(name, names); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	names = slices.DeleteFunc(names, func(name string) bool { return strings.HasSuffix(name, "_known") })
	hint := "it has " + strings.Join(names, ", ")
	switch of {
	case kindCustomer:
		hint += fmt.Sprintf("; what the shop declared is read as in customer.text(%q)", name)
	case kindEvent:
		hint += fmt.Sprintf("; what came with it is read as in event.text(%q)", name)
	}
	return hint
}

// use writes the reading of a member, at the place of `at`; whole is the text of
// it and called holds the argument, nil for none.
func (c *reader) use(m member, at, whole ast.Node, called *ast.CallNode, given ...ast.Node) (kind, ast.Node) {
	name := ""
	if m.takes != "" {
		takes := []kind{m.takes}
		if m.more != "" {
			takes = append(takes, m.more)
		}
		if called == nil || len(called.Arguments) != len(takes) {
			words := string(m.takes)
			if m.more != "" {
				words += " and " + string(m.more)
			}
			c.fault(at, "as in "+m.example(), "%s takes %s", m.path(), words)
			return kindBad, nil
		}
		for i, takes := range takes {
			argument, ok := c.argument(called.Arguments[i], m, takes)
			if !ok {
				return kindBad, nil
			}
			if s, ok := argument.(*ast.StringNode); ok && i == 0 {
				name = s.Value
			}
			given = append(given, argument)
		}
		whole = called
	}
	if m.inlined {
		return c.segment(called.Arguments[0], whole, name)
	}
	if !c.note(at, m, name) {
		return kindBad, nil
	}
	if m.entire && chosen(given[0]) {
		c.fault(at, "leave of(...), of_sku(...) and of_role(...) away", "%s is of whole orders, not of some of their lines", m.path())
		return kindBad, nil
	}
	if m.around && !c.occasion(called) {
		return kindBad, nil
	}
	out := call(m.ident(), given...)
	if len(c.language.of(m.gives)) == 0 && (m.of != kindFunction || m.with != "") {
		c.values = append(c.values, value{text: whole.String(), kind: m.gives, money: m.money, node: out})
	}
	return m.gives, out
}

// chosen says that orders are narrowed to some of their lines.
func chosen(n ast.Node) bool {
	for {
		read, ok := n.(*ast.CallNode)
		if !ok {
			return false
		}
		if name := read.Callee.String(); name == "orders.of" || name == "orders.of_sku" || name == "orders.of_role" {
			return true
		}
		n = read.Arguments[0]
	}
}

// note adds to what the rule needs. An attribute that is read as two kinds can
// never be known as both.
func (c *reader) note(at ast.Node, m member, name string) bool {
	switch {
	case m.gives == kindEvents && m.of == kindFunction:
		c.needs.Events = insert(c.needs.Events, name)
	case m.attr != "":
		c.needs.Attributes = insert(c.needs.Attributes, m.attr)
	case m.with == string(kindOrders), m.of == kindOrders, m.of == kindFirst, m.of == kindLast, m.of == kindRFM, m.of == kindLifecycle, m.of == kindPredicted:
		c.needs.Orders = true
		c.needs.Told = c.needs.Told || m.told
		c.needs.Scores = c.needs.Scores || m.scores
		c.needs.Models = c.needs.Models || m.models
		c.needs.Leaving = c.needs.Leaving || m.leaving
		c.needs.Back = c.needs.Back || m.back
		c.needs.History = c.needs.History || m.history
		c.needs.Lines = c.needs.Lines || m.lines
	case m.of == kindOrder:
		c.needs.Order = true
		c.needs.Told = c.needs.Told || m.told
		c.needs.OrderLines = c.needs.OrderLines || m.lines
	case m.of == kindEvent:
		c.needs.Event = true
	case m.of == kindEvents, m.of == kindMessages, m.of == kindAnswers:
		c.needs.Props = c.needs.Props || m.props
	case m.of == kindCustomer && m.takes == kindName:
		c.needs.Attributes = insert(c.needs.Attributes, name)
		if !c.declared(at, m, name) {
			return false
		}
	case m.of == kindCustomer && m.takes != "":
		c.needs.Tags = true
	case m.of == kindCustomer && strings.HasSuffix(m.name, "_open"):
		c.needs.Holds = true
	case m.of == kindCustomer:
		c.needs.Customer = insert(c.needs.Customer, m.name)
	}
	if m.takes != kindName || m.of != kindCustomer && m.of != kindEvent || m.name == "knows" {
		return true
	}
	key := string(m.of) + "." + name
	if first, ok := c.named[key]; ok && first.name != m.name {
		c.fault(at, "it is one of them", "%q is read as %s and as %s", name, first.gives, m.gives)
		return false
	}
	if c.named == nil {
		c.named = map[string]member{}
	}
	c.named[key] = m
	return true
}

// insert keeps a list of names sorted and without doubles.
func insert(names []string, name string) []string {
	if i, found := slices.BinarySearch(names, name); !found {
		return slices.Insert(names, i, name)
	}
	return names
}

func (c *reader) function(n *ast.CallNode) (kind, ast.Node) {
	callee, ok := n.Callee.(*ast.IdentifierNode)
	if !ok {
		c.fault(n, "", "this cannot be called")
		return kindBad, nil
	}
	f, ok := c.language.find(kindFunction, callee.Value)
	if !ok {
		c.unknownFunction(callee, callee.Value)
		return kindBad, nil
	}
	if f.with != "" {
		return c.use(f, callee, n, n, &ast.IdentifierNode{Value: f.with})
	}
	return c.use(f, callee, n, n)
}

func (c *reader) unknownFunction(n ast.Node, name string) {
	var names []string
	for _, f := range c.language.of(kindFunction) {
		names = append(names, f.name)
	}
	hint := "a rule may call " + strings.Join(names, ", ")
	if word := keyword(name); word != "" {
		c.fault(n, fmt.Sprintf("write %q", word), "%q cannot stand here", name)
		return
	}
	if name == "month" {
		hint = monthHint
	} else if near := source.Suggest(name, names); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	} else if near := c.elsewhere(name); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	c.fault(n, hint, "there is no function %q", name)
}
