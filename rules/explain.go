package rules

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
)

// Clause is one condition of a rule with what it came to for one customer.
type Clause struct {
	Text   string
	True   bool
	Err    error              // what was unknown; True is then false
	Values []string           // what the clause read, in words: "orders.count is 3"; numbers are rounded
	Exact  map[string]float64 // the numbers among them as they are, by what was read
	Inner  []Clause           // where it asks about a named segment: that segment's
}

// String is `orders.count == 1: true`, followed by the values in brackets.
func (c Clause) String() string {
	s := c.Text + ": " + strconv.FormatBool(c.True)
	if c.Err != nil {
		s = c.Text + ": " + c.Err.Error()
	}
	if len(c.Values) > 0 {
		s += " (" + strings.Join(c.Values, ", ") + ")"
	}
	return s
}

// Explain judges every condition of the rule on its own: the parts between its
// outermost ands and ors, in the order of the text. Unlike Match it also judges
// those that could no longer change the answer.
func (p *Program) Explain(env Env) []Clause {
	c := &reader{language: theLanguage(), text: []rune(p.text), options: p.options, read: new(int)}
	return p.clauses(c, p.tree, env)
}

func (p *Program) clauses(c *reader, tree ast.Node, env Env) []Clause {
	var out []Clause
	for _, n := range conditions(tree) {
		out = append(out, p.clause(c, n, env))
	}
	return out
}

func conditions(n ast.Node) []ast.Node {
	if b, ok := n.(*ast.BinaryNode); ok {
		switch b.Operator {
		case "and", "&&", "or", "||":
			return slices.Concat(conditions(b.Left), conditions(b.Right))
		}
	}
	return []ast.Node{n}
}

// Joins says whether the conditions that Explain gives are joined by and, by or,
// or by both.
func (p *Program) Joins() (and, or bool) {
	var walk func(n ast.Node)
	walk = func(n ast.Node) {
		if len(conditions(n)) == 1 {
			return
		}
		b := n.(*ast.BinaryNode)
		isAnd := b.Operator == "and" || b.Operator == "&&"
		and, or = and || isAnd, or || !isAnd
		walk(b.Left)
		walk(b.Right)
	}
	walk(p.tree)
	return and, or
}

func (p *Program) clause(c *reader, n ast.Node, env Env) Clause {
	c.values = nil
	_, node := c.check(n)
	values := c.values
	out := Clause{Text: n.String()}
	result, err := p.evaluate(node, reflect.Bool, env)
	if err != nil {
		out.Err = err
	} else {
		out.True = result.(bool)
	}
	beside := constantsOf(node, nil)
	for _, v := range values {
		if v.text == out.Text {
			continue // the clause is the value
		}
		got, err := p.evaluate(v.node, reflect.Invalid, env)
		if err != nil {
			continue // the clause's own error says so
		}
		if n, ok := got.(float64); ok && v.kind == kindNumber {
			if out.Exact == nil {
				out.Exact = map[string]float64{}
			}
			out.Exact[v.text] = n
		}
		if s := v.text + " is " + v.show(got, env.root.At.basis, beside); !slices.Contains(out.Values, s) {
			out.Values = append(out.Values, s)
		}
	}
	if name, ok := segmentOf(n); ok {
		if tree, ok := c.openSegment(n, name); ok {
			out.Inner = p.clauses(c.within(name), tree, env)
		}
	}
	return out
}

// segmentOf is the name of the segment that a condition asks about.
func segmentOf(n ast.Node) (string, bool) {
	if u, ok := n.(*ast.UnaryNode); ok {
		n = u.Node
	}
	call, ok := n.(*ast.CallNode)
	if !ok || len(call.Arguments) != 1 || call.Callee.String() != "in_segment" {
		return "", false
	}
	name, ok := call.Arguments[0].(*ast.StringNode)
	return name.Value, ok
}

func (p *Program) evaluate(n ast.Node, expect reflect.Kind, env Env) (any, error) {
	run, err := assemble(n, file.NewSource(p.text), theLanguage().config(expect))
	if err != nil {
		return nil, fmt.Errorf("compile a clause: %w", err)
	}
	return p.execute(run, env)
}

// show is the value in words. A number has at most four decimals, an amount those
// of the currency.
func (v value) show(got any, basis Basis, beside []float64) string {
	switch got := got.(type) {
	case float64:
		switch {
		case v.kind == kindDate:
			return epoch.AddDays(int(got)).String()
		case v.money:
			return strings.TrimRight(rounded(got, basis.Digits, true, beside)+" "+basis.Money, " ")
		}
		return rounded(got, 4, false, beside)
	case string:
		return strconv.Quote(got)
	default:
		return fmt.Sprint(got)
	}
}

// rounded is a number with at most so many decimals, or with as many; but one that
// would then look like another than it is compared as, nothing or one of those
// beside it, is written out.
func rounded(x float64, decimals int, all bool, beside []float64) string {
	words := strconv.FormatFloat(x, 'f', decimals, 64)
	near, err := strconv.ParseFloat(words, 64)
	if err != nil || near != x && (near == 0 || slices.Contains(beside, near)) {
		return strconv.FormatFloat(x, 'g', -1, 64)
	}
	if !all {
		return strconv.FormatFloat(near, 'f', -1, 64)
	}
	return words
}

// constantsOf adds the numbers that stand in a checked tree.
func constantsOf(n ast.Node, have []float64) []float64 {
	switch v := n.(type) {
	case *ast.FloatNode:
		have = append(have, v.Value)
	case *ast.UnaryNode:
		have = constantsOf(v.Node, have)
	case *ast.BinaryNode:
		have = constantsOf(v.Right, constantsOf(v.Left, have))
	case *ast.ArrayNode:
		for _, item := range v.Nodes {
			have = constantsOf(item, have)
		}
	}
	return have
}
