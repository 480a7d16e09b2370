package source

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

type kind int

const (
	kindNothing kind = iota
	kindText
	kindNumber
	kindBool
	kindList
	kindMapping
)

func (k kind) String() string {
	return [...]string{"nothing", "text", "a number", "true or false", "a list", "keys with values"}[k]
}

type style int

const (
	stylePlain style = iota
	styleDouble
	styleSingle
	styleBlock // | or >
)

// Node is a value of a Document and its place. The zero Node is of no document
// and must not be read.
type Node struct {
	doc          *Document
	path         string
	line, column int
	kind         kind
	style        style
	text         string // scalars: as written, unquoted
	items        []Node
	entries      []Entry
}

// Entry is one key of a mapping with its value.
type Entry struct{ Key, Value Node }

// Path is where the node stands: waves[0].channels; empty for the whole file.
func (n Node) Path() string { return n.path }

// Name is the text of a key.
func (n Node) Name() string { return n.text }

// Report records a fault at the node; hint may be empty.
func (n Node) Report(message, hint string) {
	n.doc.report(n.line, n.column, n.path, message, hint)
}

// ReportInside records a fault at the rune with this offset within a text node.
func (n Node) ReportInside(offset int, message, hint string) {
	line, column := n.At(offset)
	n.doc.report(line, column, n.path, message, hint)
}

// wrong records that the node is of another kind than wanted.
func (n Node) wrong(want, hint string) {
	if n.kind == kindNothing {
		if n.line == 0 && len(n.doc.faults) > 0 {
			return // of a file that cannot be read, which says why
		}
		n.Report("has no value", hint)
		return
	}
	n.Report("must be "+want+", not "+n.kind.String(), cmp.Or(wideHint(n.text), hint))
}

// IsText reports whether the value is a single word or text, as for a key that
// allows several forms.
func (n Node) IsText() bool { return n.kind == kindText }

// IsNumber reports whether the value is a number.
func (n Node) IsNumber() bool { return n.kind == kindNumber }

// IsBool reports whether the value is true or false.
func (n Node) IsBool() bool { return n.kind == kindBool }

// IsList reports whether the value is a list.
func (n Node) IsList() bool { return n.kind == kindList }

// IsMapping reports whether the value has keys of its own.
func (n Node) IsMapping() bool { return n.kind == kindMapping }

// Has reports whether a key was written, whatever else the mapping has.
func (n Node) Has(key string) bool {
	return slices.ContainsFunc(n.entries, func(e Entry) bool { return e.Key.text == key })
}

// Keys are the keys a mapping may have. Later are keys the format knows and
// this version does not honour: they are refused by name. Elsewhere are keys that
// people write here by mistake, each with what to do instead.
type Keys struct {
	Known     []string
	Later     []string
	Elsewhere map[string]string
}

// Mapping is a mapping whose keys were checked.
type Mapping struct {
	Node
	byName map[string]Node
}

// Mapping reads keys with values. Unknown keys and keys not honoured yet are
// recorded as faults; the known ones can be read all the same.
func (n Node) Mapping(keys Keys) (Mapping, bool) {
	if n.kind != kindMapping {
		n.wrong(kindMapping.String(), oneOf("known keys: ", keys.Known))
		return Mapping{Node: n}, false
	}
	m := Mapping{Node: n, byName: make(map[string]Node, len(n.entries))}
	for _, e := range n.entries {
		name := e.Key.text
		switch {
		case slices.Contains(keys.Known, name):
			m.byName[name] = e.Value
		case slices.Contains(keys.Later, name):
			e.Key.Later(name)
		case keys.Elsewhere[name] != "":
			e.Key.Report(fmt.Sprintf("unknown key %q", name), keys.Elsewhere[name])
		default:
			e.Key.Report(fmt.Sprintf("unknown key %q", name),
				hintFor(name, slices.Concat(keys.Known, keys.Later), "known keys: ", keys.Known))
		}
	}
	return m, true
}

// Later records that what is a word of the format, and not honoured yet.
func (n Node) Later(what string) {
	n.Report(what+" is not honoured yet", "take it out: what is not honoured is refused, never ignored")
}

// Get returns the value of a key, and whether the key was written.
func (m Mapping) Get(key string) (Node, bool) {
	n, ok := m.byName[key]
	return n, ok
}

// Need is Get, and records a fault where the key was not written.
func (m Mapping) Need(key, hint string) (Node, bool) {
	n, ok := m.byName[key]
	if !ok {
		m.Node.Report(fmt.Sprintf("%q is missing", key), hint)
	}
	return n, ok
}

// Entries reads a mapping whose keys are names the person chose, in the order of
// the file.
func (n Node) Entries() ([]Entry, bool) {
	if n.kind != kindMapping {
		n.wrong(kindMapping.String(), "")
		return nil, false
	}
	return n.entries, true
}

// Items reads a list.
func (n Node) Items() ([]Node, bool) {
	if n.kind != kindList {
		hint := ""
		if n.kind == kindText && !strings.Contains(n.text, "\n") {
			hint = "write [" + n.text + "]"
		}
		n.wrong(kindList.String(), hint)
		return nil, false
	}
	return n.items, true
}

// Unknown records a word that is not one of the known ones, with the nearest as
// a suggestion.
func (n Node) Unknown(what, word string, known []string) {
	n.Report(fmt.Sprintf("unknown %s %q", what, word), hintFor(word, known, "known: ", known))
}

func hintFor(word string, near []string, intro string, known []string) string {
	if hint := wideHint(word); hint != "" {
		return hint
	}
	if s := Suggest(word, near); s != "" {
		return fmt.Sprintf("did you mean %q?", s)
	}
	return oneOf(intro, known)
}

func oneOf(intro string, known []string) string {
	if len(known) == 0 {
		return ""
	}
	return intro + strings.Join(known, ", ")
}
