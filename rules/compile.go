package rules

import (
	"errors"
	"reflect"
	"runtime"
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
	Event bool // the entry is triggered by an event, so a rule may use `event`
	// Attributes are those of customers that the shop declared; nil: it declared
	// none, and a rule may name any.
	Attributes map[string]Kind
	// Segments are the rules that in_segment may name, by name.
	Segments map[string]string
}

// Needs is what has to be known of a customer to judge a rule.
type Needs struct {
	Orders     bool     // orders in any form
	History    bool     // the single orders; else Totals are enough
	Lines      bool     // the Parts of the single orders
	Told       bool     // what was Told of orders
	Back       bool     // of the orders those too of which nothing is kept, and what came back
	Order      bool     // the triggering order
	OrderLines bool     // the Parts of the triggering order
	Event      bool     // the triggering event, with its Props
	Tags       bool     // the tags of the customer
	Attributes []string // names of attributes of the customer, sorted
	Events     []string // names of the customer's events, sorted
	Props      bool     // the Props of those events
	Messages   bool     // among the events those named MessageSent
	Answers    bool     // among the events those named CodeUsed
	Holds      bool     // what is open of complaints and disputes
	Scores     bool     // the Scores of the Basis
	Models     bool     // of these the model of purchases, or of money
	Leaving    bool     // and that it tells who is still a customer
	Customer   []string // fields of the profile, sorted
	Segments   []string // named segments, also those that other segments name, sorted
}

// TotalsOnly says that the Totals of a customer are all that is needed.
func (n Needs) TotalsOnly() bool {
	return !n.History && !n.Lines && !n.Order && !n.Event && !n.Tags && !n.Messages && !n.Answers && !n.Holds &&
		len(n.Attributes)+len(n.Events)+len(n.Customer) == 0
}

// With is what either of two needs.
func (n Needs) With(m Needs) Needs {
	for _, of := range []struct{ a, b *bool }{
		{&n.Orders, &m.Orders}, {&n.History, &m.History}, {&n.Lines, &m.Lines}, {&n.Back, &m.Back}, {&n.Told, &m.Told}, {&n.Order, &m.Order}, {&n.OrderLines, &m.OrderLines},
		{&n.Event, &m.Event}, {&n.Tags, &m.Tags}, {&n.Props, &m.Props}, {&n.Messages, &m.Messages}, {&n.Answers, &m.Answers}, {&n.Holds, &m.Holds}, {&n.Scores, &m.Scores}, {&n.Models, &m.Models}, {&n.Leaving, &m.Leaving},
	} {
		*of.a = *of.a || *of.b
	}
	for _, of := range []struct{ a, b *[]string }{
		{&n.Attributes, &m.Attributes}, {&n.Events, &m.Events}, {&n.Customer, &m.Customer}, {&n.Segments, &m.Segments},
	} {
		all := slices.Concat(*of.a, *of.b)
		slices.Sort(all)
		*of.a = slices.Compact(all)
	}
	return n
}

// compiled is a checked text of the language. It is immutable and safe for
// concurrent use.
type compiled struct {
	text    string
	options Options
	needs   Needs
	tree    ast.Node // as parsed
	term    Term
	run     *vm.Program
}

// String is the text as written.
func (p *compiled) String() string { return p.text }

// Needs is what it reads.
func (p *compiled) Needs() Needs { return p.needs }

// Program is a compiled rule. It is immutable and safe for concurrent use.
type Program struct{ compiled }

// Compile checks a rule and makes it ready to be judged. Where the rule has
// faults the Program is nil.
func Compile(text string, options Options) (*Program, Faults) { return compileOf("", text, options) }

// compileOf is Compile of the rule of a segment, which must not name it again;
// empty: of none.
func compileOf(segment, text string, options Options) (*Program, Faults) {
	p, faults := prepare(segment, text, options, kindTruth)
	if faults != nil {
		return nil, faults
	}
	return &Program{p}, nil
}

// Match judges the rule for one customer. An error is that customer's: something
// the rule reads is unknown.
func (p *Program) Match(env Env) (bool, error) {
	out, err := p.execute(p.run, env)
	if err != nil {
		return false, err
	}
	return out.(bool), nil
}

// TextProgram is a compiled text such as order.category, which tells the
// customers of a campaign apart. It is immutable and safe for concurrent use.
type TextProgram struct{ compiled }

// CompileText is Compile for what gives text instead of true or false.
func CompileText(text string, options Options) (*TextProgram, Faults) {
	p, faults := prepare("", text, options, kindText)
	if faults != nil {
		return nil, faults
	}
	return &TextProgram{p}, nil
}

// Text is the text of one customer. An error says that it is unknown.
func (p *TextProgram) Text(env Env) (string, error) {
	out, err := p.execute(p.run, env)
	if err != nil {
		return "", err
	}
	return out.(string), nil
}

func prepare(segment, text string, options Options, want kind) (compiled, Faults) {
	runes := []rune(text)
	if f := admit(text, runes, want); f != nil {
		return compiled{}, f
	}
	language := theLanguage()
	config := language.config(map[kind]reflect.Kind{kindTruth: reflect.Bool, kindText: reflect.String}[want])
	tree, err := parser.ParseWithConfig(text, config)
	if err != nil {
		return compiled{}, Faults{syntax(runes, err)}
	}
	c := &reader{language: language, text: runes, options: options, read: new(int), of: segment}
	if segment != "" {
		c.inside = []string{segment}
	}
	got, node := c.check(tree.Node)
	if len(c.faults) == 0 && got != want {
		if want == kindText {
			c.fault(tree.Node, "as in customer.region", "this gives %s; it must give text", got.words())
		} else {
			c.fault(tree.Node, c.compareHint(got, tree.Node), "the rule gives %s; it must say true or false", got.words())
		}
	}
	if len(c.faults) > 0 {
		slices.SortStableFunc(c.faults, func(a, b Fault) int { return a.Offset - b.Offset })
		return compiled{}, c.faults
	}
	term := language.term(node) // before the optimizer changes the tree
	run, err := assemble(node, tree.Source, config)
	if err != nil {
		return compiled{}, Faults{faultAt(runes, 0, "the rule cannot be compiled", "")}
	}
	return compiled{text: text, options: options, needs: c.needs, tree: tree.Node, term: term, run: run}, nil
}

// machines keep their stacks from one customer to the next.
var machines = sync.Pool{New: func() any { return &vm.VM{MemoryBudget: memoryBudget} }}

// execute runs the whole of p or a part of it.
func (p *compiled) execute(run *vm.Program, env Env) (any, error) {
	switch {
	case p.needs.Order && env.root.Order == nil:
		return nil, errors.New("the order was not given")
	case p.needs.Event && env.root.Event == nil:
		return nil, errors.New("the event was not given")
	}
	machine := machines.Get().(*vm.VM)
	defer machines.Put(machine)
	out, err := machine.Run(run, &env.root)
	if err == nil {
		return out, nil
	}
	// Our own functions say all there is to say; expr adds the rule's text, and
	// wraps a fault of the running program the same way.
	var internal runtime.Error
	if ours := errors.Unwrap(err); ours != nil && !errors.As(ours, &internal) {
		return nil, ours
	}
	var located *file.Error
	if errors.As(err, &located) && located.Message == "memory budget exceeded" {
		return nil, errors.New("the rule needs too much memory")
	}
	return nil, errors.New("the rule has no value for this customer")
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
	rows  map[kind][]member
	all   []member          // in the order of the documentation
	named map[string]member // by ident
	table conf.FunctionsTable
}

var theLanguage = sync.OnceValue(func() *language {
	l := &language{rows: map[kind][]member{}, all: members(), named: map[string]member{}, table: conf.FunctionsTable{}}
	add := func(name string, call func(args ...any) (any, error), typeOf any) {
		l.table[name] = &builtin.Function{Name: name, Func: call, Types: []reflect.Type{reflect.TypeOf(typeOf).Elem()}}
	}
	for _, m := range l.all {
		l.rows[m.of] = append(l.rows[m.of], m)
		l.named[m.ident()] = m
		add(m.ident(), m.call, m.typeOf)
	}
	add("divide", divide, new(func(float64, float64) float64))
	add(monthsName, monthsOf, new(func(*moment, float64) float64))
	return l
})

// of is the members of a record; none for what is no record.
func (l *language) of(record kind) []member { return l.rows[record] }

func (l *language) find(record kind, name string) (member, bool) {
	for _, m := range l.rows[record] {
		if m.name == name {
			return m, true
		}
	}
	return member{}, false
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
