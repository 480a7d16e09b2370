package rules

import (
	"math"
	"slices"
)

// Field is a row of the table of what a rule can say.
type Field struct {
	Write   string `json:"write"` // as a rule writes it, with an example of what stands in its brackets
	Is      string `json:"is"`    // what it gives, in words: a number, text, orders
	Money   bool   `json:"money"` // it is an amount, in the shop's currency
	Says    string `json:"says"`
	Unknown string `json:"unknown,omitempty"` // when it has no value; empty: never

	Values []string `json:"values,omitempty"` // the only texts that it may be; none: any
	From   *float64 `json:"from,omitempty"`   // the least number that it may be; nil: any
	To     *float64 `json:"to,omitempty"`     // and the greatest
}

// Gives is Is with the numbers that it may be: a number, 1 to 5.
func (f Field) Gives() string {
	if f.From == nil {
		return f.Is
	}
	b := bounds{low: *f.From, high: math.Inf(1)}
	if f.To != nil {
		b.high = *f.To
	}
	return f.Is + ", " + b.words()
}

// Fields is the whole table, in the order of the documentation.
func Fields() []Field {
	var out []Field
	for _, m := range theLanguage().all {
		out = append(out, m.field())
	}
	return out
}

func (m member) field() Field {
	f := Field{Write: m.example(), Is: string(m.gives), Money: m.money, Says: m.says, Unknown: m.unknown, Values: m.set}
	if b := m.bounds; b != nil {
		f.From = &b.low
		if !math.IsInf(b.high, 1) {
			f.To = &b.high
		}
	}
	return f
}

// Fields is what the rule reads, also in the segments that it names, each once
// and in the order of the text.
func (p *compiled) Fields() []Field {
	var out []Field
	for _, m := range p.term.members(theLanguage(), nil) {
		out = append(out, m.field())
	}
	return out
}

// members adds what a term reads to those that are there.
func (t Term) members(l *language, have []member) []member {
	for _, a := range t.Args {
		have = a.members(l, have)
	}
	if t.Op != OpRead || t.Read == monthsName {
		return have
	}
	m, ok := l.named[t.Read]
	if !ok {
		m = l.named[string(kindFunction)+"."+t.Read]
	}
	// messages and responses are choices of events that no rule names.
	if m.gives == kindEvents && m.of == kindFunction {
		if name := t.Args[len(t.Args)-1].Text; name == MessageSent || name == CodeUsed {
			return have
		}
	}
	if slices.ContainsFunc(have, func(h member) bool { return h.ident() == m.ident() }) {
		return have
	}
	return append(have, m)
}
