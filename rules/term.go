package rules

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/expr-lang/expr/ast"
)

// Term is a checked rule, or a part of one, in a form that another language can
// be made of. It means what the rule means: dates are days since 1970, durations
// are minutes, and reading what is unknown is an error.
type Term struct {
	Op     string // one of the Op constants, else an operator as a rule writes it: and, or, not, ==, in, +, startsWith
	Args   []Term // of an operator its sides; of a reading what it reads of, then its argument
	Read   string // of OpRead the member, as in orders.count; of OpRecord its name
	Gives  Kind   // of OpRead; empty: a record
	Number float64
	Text   string
	Truth  bool

	call func(args ...any) (any, error)
}

// What a Term is that is no operator. OpNegate is the minus before a number.
const (
	OpNumber = "number"
	OpText   = "text"
	OpTruth  = "truth"
	OpList   = "list"
	OpRecord = "record"
	OpRead   = "read"
	OpNegate = "negate"
)

// Readings are all that a Term may read, sorted.
func Readings() []string {
	var names []string
	for _, m := range theLanguage().all {
		if !m.inlined {
			names = append(names, reading(m.ident()))
		}
	}
	slices.Sort(names)
	return names
}

// reading is the name of a member in a Term.
func reading(ident string) string { return strings.TrimPrefix(ident, string(kindFunction)+".") }

// Term is the whole rule.
func (p *Program) Term() Term { return p.term }

// term translates a checked tree.
func (l *language) term(n ast.Node) Term {
	all := func(op string, nodes ...ast.Node) Term {
		t := Term{Op: op, Args: make([]Term, len(nodes))}
		for i, n := range nodes {
			t.Args[i] = l.term(n)
		}
		return t
	}
	switch v := n.(type) {
	case *ast.BoolNode:
		return Term{Op: OpTruth, Truth: v.Value}
	case *ast.FloatNode:
		return Term{Op: OpNumber, Number: v.Value}
	case *ast.StringNode:
		return Term{Op: OpText, Text: v.Value}
	case *ast.IdentifierNode:
		return Term{Op: OpRecord, Read: v.Value}
	case *ast.ArrayNode:
		return all(OpList, v.Nodes...)
	case *ast.UnaryNode:
		switch v.Operator {
		case "-":
			return all(OpNegate, v.Node)
		case "+":
			return l.term(v.Node)
		}
		return all("not", v.Node)
	case *ast.BinaryNode:
		op := v.Operator
		switch op {
		case "&&":
			op = "and"
		case "||":
			op = "or"
		}
		return all(op, v.Left, v.Right)
	case *ast.CallNode:
		name := v.Callee.(*ast.IdentifierNode).Value
		if name == "divide" {
			return all("/", v.Arguments...)
		}
		t := all(OpRead, v.Arguments...)
		if name == monthsName { // At works it out
			t.Read, t.call, t.Gives = name, monthsOf, Number
			return t
		}
		m := l.named[name]
		t.Read, t.call = reading(name), m.call
		t.Gives = map[kind]Kind{kindText: Text, kindNumber: Number, kindDate: Date, kindTruth: Truth}[m.gives]
		return t
	}
	panic(fmt.Sprintf("rules: a checked tree holds %T", n))
}

// At is the rule asked at an instant: whatever does not hang on the customer is
// worked out, as are constant parts. What has no value at all, such as 1 / 0, is
// left as it is.
func (t Term) At(at time.Time, basis Basis) Term {
	m := &moment{at: at, basis: basis}
	return t.at(m)
}

func (t Term) at(m *moment) Term {
	if len(t.Args) == 0 {
		return t
	}
	out := t
	out.Args = make([]Term, len(t.Args))
	values := make([]any, len(t.Args))
	constant := t.Op != OpList
	for i, a := range t.Args {
		out.Args[i] = a.at(m)
		v, ok := out.Args[i].value(m)
		values[i], constant = v, constant && ok
	}
	if !constant {
		return out
	}
	if v, ok := fold(t, values); ok {
		return v
	}
	return out
}

// value is a constant as the running rule holds it.
func (t Term) value(m *moment) (any, bool) {
	switch t.Op {
	case OpNumber:
		return t.Number, true
	case OpText:
		return t.Text, true
	case OpTruth:
		return t.Truth, true
	case OpRecord:
		return m, t.Read == string(kindAt)
	}
	return nil, false
}

func fold(t Term, values []any) (Term, bool) {
	switch t.Op {
	case OpRead:
		v, err := t.call(values...)
		if err != nil {
			return t, false
		}
		return constant(v)
	case OpNegate:
		return constant(-values[0].(float64))
	case "not":
		return constant(!values[0].(bool))
	case "and":
		return constant(values[0].(bool) && values[1].(bool))
	case "or":
		return constant(values[0].(bool) || values[1].(bool))
	case "==":
		return constant(values[0] == values[1])
	case "!=":
		return constant(values[0] != values[1])
	}
	a, aNumber := values[0].(float64)
	if !aNumber || len(values) != 2 {
		return t, false
	}
	b := values[1].(float64)
	switch t.Op {
	case "+":
		return constant(a + b)
	case "-":
		return constant(a - b)
	case "*":
		return constant(a * b)
	case "/":
		if b == 0 {
			return t, false
		}
		return constant(a / b)
	case "<":
		return constant(a < b)
	case "<=":
		return constant(a <= b)
	case ">":
		return constant(a > b)
	case ">=":
		return constant(a >= b)
	}
	return t, false
}

func constant(v any) (Term, bool) {
	switch v := v.(type) {
	case float64:
		return Term{Op: OpNumber, Number: v}, true
	case string:
		return Term{Op: OpText, Text: v}, true
	case bool:
		return Term{Op: OpTruth, Truth: v}, true
	}
	return Term{}, false
}
