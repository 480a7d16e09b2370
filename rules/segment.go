package rules

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/parser"

	"github.com/rewave/rewave/internal/source"
)

// maxSegments bounds what the segments of one rule add up to, in bytes: each
// naming is written out.
const maxSegments = 4 * MaxText

// segment writes out the rule of a named segment where it is named. A segment
// knows no trigger.
func (c *reader) segment(at, whole ast.Node, name string) (kind, ast.Node) {
	tree, ok := c.openSegment(at, name)
	if !ok {
		return kindBad, nil
	}
	inner := c.within(name)
	got, node := inner.check(tree)
	if len(inner.faults) == 0 && got != kindTruth {
		inner.fault(tree, inner.compareHint(got, tree), "the rule gives %s; it must say true or false", got.words())
	}
	if i := slices.IndexFunc(inner.faults, func(f Fault) bool { return f.circle != nil }); i >= 0 {
		c.circle(at, inner.faults[i].circle)
		return kindBad, nil
	}
	if len(inner.faults) > 0 {
		f := inner.faults[0]
		c.fault(at, f.Hint, "the segment %q has a fault at %d:%d: %s", name, f.Line, f.Column, f.Message)
		return kindBad, nil
	}
	c.needs, c.named = inner.needs, inner.named
	c.needs.Segments = insert(c.needs.Segments, name)
	c.values = append(c.values, value{text: whole.String(), kind: kindTruth, node: node})
	return kindTruth, node
}

// circle says, where the outermost rule enters it, that segments name each other in
// a circle: the names of it, the first again at the end.
func (c *reader) circle(at ast.Node, names []string) {
	last := names[len(names)-2]
	hint := fmt.Sprintf("take in_segment(%q) out of segments/%s.yaml, or this one out of here", names[0], last)
	says := fmt.Sprintf("the segment %q names itself", names[0])
	switch {
	case names[0] != c.of:
		hint = "mend that segment first"
	case len(names) == 2:
		hint = "say what it means without it"
	}
	if len(names) > 2 {
		says += ": " + names[0] + " names " + strings.Join(names[1:], ", which names ")
	}
	c.fault(at, hint, "%s", says)
	c.faults[len(c.faults)-1].circle = names
}

// within is a reader of the segment's text that adds to what c needs.
func (c *reader) within(name string) *reader {
	options := c.options
	options.Order, options.Event = false, false
	return &reader{language: c.language, text: []rune(c.options.Segments[name]), options: options, needs: c.needs, named: c.named,
		of: c.of, inside: append(slices.Clip(c.inside), name), read: c.read}
}

// openSegment parses the rule of a segment.
func (c *reader) openSegment(at ast.Node, name string) (ast.Node, bool) {
	text, ok := c.options.Segments[name]
	switch {
	case !ok:
		hint := "segments stand in files of their own: segments/" + name + ".yaml"
		if near := source.Suggest(name, slices.Sorted(maps.Keys(c.options.Segments))); near != "" {
			hint = fmt.Sprintf("did you mean %q?", near)
		}
		c.fault(at, hint, "there is no segment %q", name)
		return nil, false
	case slices.Contains(c.inside, name):
		c.circle(at, append(slices.Clone(c.inside[slices.Index(c.inside, name):]), name))
		return nil, false
	}
	if *c.read += len(text); *c.read > maxSegments {
		c.fault(at, "say it more simply", "the segments that the rule names are too long, each written out (%d bytes at most)", maxSegments)
		return nil, false
	}
	runes := []rune(text)
	faults := admit(text, runes, kindTruth)
	if faults == nil {
		tree, err := parser.ParseWithConfig(text, c.language.config(0))
		if err == nil {
			return tree.Node, true
		}
		faults = Faults{syntax(runes, err)}
	}
	f := faults[0]
	c.fault(at, f.Hint, "the segment %q has a fault at %d:%d: %s", name, f.Line, f.Column, f.Message)
	return nil, false
}
