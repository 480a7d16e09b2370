package rules

import (
	"errors"
	"reflect"
	"slices"
	"sync"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/builtin"
	"github.com/expr-lang/expr/checker"
	"github.com/expr-lang/expr/compiler"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/optimizer"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/vm"
)

// Limits of a rule, checked before and while it is parsed.
const (
	MaxText  = 4 << 10 // bytes
	MaxDepth = 50      // of brackets and of signs before a value
	MaxNodes = 500

	memoryBudget = 100_000
)

// Options say where a rule stands.
type Options struct {
	Order bool // the entry is triggered by an order, so a rule may use `order`
}

// Needs is what has to be known of a customer to judge a rule.
type Needs struct {
	Orders   bool     // orders in any form
	History  bool     // the single orders; else Totals are enough
	Order    bool     // the triggering order
	Customer []string // fields of the profile, sorted
}

// Program is a compiled rule. It is immutable and safe for concurrent use.
type Program struct {
	text    string
	options Options
	needs   Needs
	tree    ast.Node // as parsed
	run     *vm.Program
}

// Compile checks a rule and makes it ready to be judged. Where the rule has
// faults the Program is nil.
func Compile(text string, options Options) (*Program, Faults) {
	runes := []rune(text)
	if f := admit(text, runes); f != nil {
		return nil, f
	}
	language := theLanguage()
	config := language.config(reflect.Bool)
	tree, err := parser.ParseWithConfig(text, config)
	if err != nil {
		return nil, Faults{syntax(runes, err)}
	}
	c := &reader{language: language, text: runes, order: options.Order}
	k, node := c.check(tree.Node)
	if len(c.faults) == 0 && k != kindTruth {
		c.fault(tree.Node, c.compareHint(k, tree.Node), "the rule gives %s; it must say true or false", k.words())
	}
	if len(c.faults) > 0 {
		slices.SortStableFunc(c.faults, func(a, b Fault) int { return a.Offset - b.Offset })
		return nil, c.faults
	}
	run, err := assemble(node, tree.Source, config)
	if err != nil {
		return nil, Faults{faultAt(runes, 0, "the rule cannot be compiled", "")}
	}
	return &Program{text: text, options: options, needs: c.needs, tree: tree.Node, run: run}, nil
}

// String is the rule as written.
func (p *Program) String() string { return p.text }

// Needs is what the rule reads.
func (p *Program) Needs() Needs { return p.needs }

// Match judges the rule for one customer. An error is that customer's: something
// the rule reads is unknown.
func (p *Program) Match(env Env) (bool, error) {
	out, err := execute(p.run, env)
	if err != nil {
		return false, err
	}
	return out.(bool), nil
}

func execute(run *vm.Program, env Env) (any, error) {
	machine := vm.VM{MemoryBudget: memoryBudget}
	out, err := machine.Run(run, &env.root)
	if err != nil {
		// Our own functions say all there is to say; expr adds the rule's text.
		if ours := errors.Unwrap(err); ours != nil {
			return nil, ours
		}
		var located *file.Error
		if errors.As(err, &located) && located.Message == "memory budget exceeded" {
			return nil, errors.New("the rule needs too much memory")
		}
		return nil, errors.New("the rule has no value for this customer")
	}
	return out, nil
}

// assemble turns a checked tree into a program.
func assemble(node ast.Node, text file.Source, config *conf.Config) (*vm.Program, error) {
	tree := &parser.Tree{Node: node, Source: text}
	if _, err := checker.Check(tree, config); err != nil {
		return nil, err
	}
	if err := optimizer.Optimize(&tree.Node, config); err != nil {
		return nil, err
	}
	return compiler.Compile(tree, config)
}

// language is the environment in the form expr wants.
type language struct {
	members   []member
	functions []function
	table     conf.FunctionsTable
}

var theLanguage = sync.OnceValue(func() *language {
	l := &language{members: members(), functions: functions(), table: conf.FunctionsTable{}}
	add := func(name string, call func(args ...any) (any, error), typeOf any) {
		l.table[name] = &builtin.Function{Name: name, Func: call, Types: []reflect.Type{reflect.TypeOf(typeOf).Elem()}}
	}
	for _, m := range l.members {
		add(m.ident(), m.call, m.typeOf)
	}
	for _, f := range l.functions {
		add(f.name, f.call, f.typeOf)
	}
	add("divide", divide, new(func(float64, float64) float64))
	return l
})

func (l *language) of(record kind) []member {
	var out []member
	for _, m := range l.members {
		if m.of == record {
			out = append(out, m)
		}
	}
	return out
}

// config has none of expr's own functions, so no clock and no loop.
func (l *language) config(expect reflect.Kind) *conf.Config {
	c := conf.CreateNew()
	for name := range c.Builtins {
		c.Disabled[name] = true
	}
	clear(c.Builtins)
	for name, f := range l.table {
		c.Functions[name] = f
	}
	c.WithEnv(&root{})
	c.MaxNodes = MaxNodes
	c.Expect, c.ExpectAny = expect, true
	c.DisableIfOperator = true
	return c
}
