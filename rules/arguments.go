package rules

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"

	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/source"
)

// storable says whether a database can hold the text at all.
func (c *reader) storable(s *ast.StringNode) bool {
	if strings.ContainsRune(s.Value, 0) {
		c.fault(s, "", "a text cannot hold the character 0")
		return false
	}
	return true
}

// occasion checks the arguments of bought_around.
func (c *reader) occasion(n *ast.CallNode) bool {
	name := n.Arguments[0].(*ast.StringNode) // a name in quotes
	if _, ok := calendar.OccasionIn(name.Value, 2000); !ok {
		hint := "there are " + strings.Join(calendar.Occasions(), ", ") + `, and days such as "12-24"`
		if near := source.Suggest(name.Value, calendar.Occasions()); near != "" {
			hint = fmt.Sprintf("did you mean %q?", near)
		}
		c.fault(name, hint, "%q is not an occasion", name.Value)
		return false
	}
	if years, ok := n.Arguments[1].(*ast.IntegerNode); !ok || years.Value < 1 || years.Value > 10 {
		c.fault(n.Arguments[1], `as in bought_around("mothers-day", 2)`, "the years are a written number, 1 to 10")
		return false
	}
	return true
}

// declared checks an attribute against those that the shop declared, if it did.
func (c *reader) declared(at ast.Node, m member, name string) bool {
	if c.options.Attributes == nil {
		return true
	}
	kind, ok := c.options.Attributes[name]
	if !ok {
		names := slices.Sorted(maps.Keys(c.options.Attributes))
		hint := "declare it in rewave.yaml: attributes: {" + name + ": text}"
		if near := source.Suggest(name, names); near != "" {
			hint = fmt.Sprintf("did you mean %q?", near)
		}
		c.fault(at, hint, "unknown attribute %q", name)
		return false
	}
	if m.name != "knows" && m.name != string(kind) {
		c.fault(at, fmt.Sprintf("write customer.%s(%q)", kind, name), "the attribute %q is declared as a %s", name, kind)
		return false
	}
	return true
}

// argument is what a method takes; a text in quotes may be a date, a duration or
// a name.
func (c *reader) argument(n ast.Node, m member, takes kind) (ast.Node, bool) {
	if s, ok := n.(*ast.StringNode); ok {
		switch takes {
		case kindDate:
			return c.date(s)
		case kindDuration:
			return c.span(s, m)
		case kindName, kindText:
			if strings.TrimSpace(s.Value) == "" {
				c.fault(n, "as in "+m.example(), "%s takes %s, and this is empty", m.path(), takes)
				return nil, false
			}
			if len(m.words) > 0 && !slices.Contains(m.words, s.Value) {
				hint := "one of " + strings.Join(m.words, ", ")
				if near := source.Suggest(s.Value, m.words); near != "" {
					hint = fmt.Sprintf("did you mean %q?", near)
				}
				c.fault(s, hint, "%s knows no %q", m.path(), s.Value)
				return nil, false
			}
			return s, c.storable(s)
		}
	}
	if word, ok := n.(*ast.IdentifierNode); ok && (takes == kindName || takes == kindText) && !slices.Contains(c.records(), kind(word.Value)) {
		c.fault(n, fmt.Sprintf("write it in quotes: %q", word.Value), "%s takes %s", m.path(), takes)
		return nil, false
	}
	got, out := c.check(n)
	if got == takes {
		return out, true
	}
	if got != kindBad {
		c.fault(n, "as in "+m.example(), "%s takes %s, not %s", m.path(), takes, got.words())
	}
	return nil, false
}

func (c *reader) date(s *ast.StringNode) (ast.Node, bool) {
	d, err := calendar.ParseBirthDate(s.Value)
	if err != nil {
		c.faultOf(s, err)
		return nil, false
	}
	return number(dayNumber(d)), true
}
