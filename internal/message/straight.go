package message

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/osteele/liquid"
	"github.com/osteele/liquid/render"
)

// straight is a part that only prints fields as they are, or as money, and asks
// whether they are there, as most do: it is written in a third of the time without the
// library, and byte for byte as the library would.
type straight []step

// step is a text, a field that is printed behind it, or a field on which hangs
// what comes next.
type step struct {
	text       string
	root, name string // empty: no field
	instead    string // of a printed field that is not there
	asks       bool
	money      *tongue // writes it as an amount; nil: it is printed as it is
	yes, no    straight
}

// onlyField is a field, and perhaps what stands in its place. What the library
// knows of any list or text by itself is not one, nor is what it reads otherwise
// than it is written: a backslash in double quotes.
var onlyField = regexp.MustCompile(`^\s*([a-z_]+)(?:\.([a-z0-9_]+))?\s*(?:\|\s*(?:default:\s*(?:"([^"\\]*)"|'([^']*)')|(money))\s*)?$`)

// straightOf is nil for what takes the library.
func straightOf(t *liquid.Template, l *tongue) straight {
	if s, ok := l.stepsOf([]render.Node{t.GetRoot()}); ok {
		return s
	}
	return nil
}

func (l *tongue) stepsOf(nodes []render.Node) (all straight, ok bool) {
	for _, n := range nodes {
		switch n := n.(type) {
		case *render.SeqNode:
			of, ok := l.stepsOf(n.Children)
			if !ok {
				return nil, false
			}
			all = append(all, of...)
		case *render.TextNode:
			all = append(all, step{text: n.Source})
		case *render.ObjectNode:
			s, ok := l.fieldOf(n.Args)
			if !ok {
				return nil, false
			}
			all = append(all, s)
		case *render.BlockNode:
			s, ok := l.branch(n, n.Clauses)
			if !ok {
				return nil, false
			}
			all = append(all, s)
		default:
			return nil, false
		}
	}
	return all, true
}

func (l *tongue) fieldOf(args string) (s step, ok bool) {
	m := onlyField.FindStringSubmatch(args)
	if m == nil || m[2] == "size" || m[2] == "first" || m[2] == "last" {
		return s, false
	}
	s = step{root: m[1], name: m[2], instead: m[3] + m[4]}
	if m[5] != "" {
		s.money = l
	}
	return s, true
}

// branch is an if, or what comes behind one.
func (l *tongue) branch(n *render.BlockNode, clauses []*render.BlockNode) (s step, ok bool) {
	if n.Name != "if" && n.Name != "elsif" {
		return s, false
	}
	if s, ok = l.fieldOf(n.Args); !ok || strings.Contains(n.Args, "|") {
		return s, false
	}
	s.asks = true
	if s.yes, ok = l.stepsOf(n.Body); !ok || len(clauses) == 0 {
		return s, ok
	}
	if next := clauses[0]; next.Name == "else" && len(clauses) == 1 {
		s.no, ok = l.stepsOf(next.Body)
	} else {
		var other step
		other, ok = l.branch(next, clauses[1:])
		s.no = straight{other}
	}
	return s, ok
}

// write is false where the library must say what to do: a field that is not
// there, a value of another kind than a text or a whole number, or too much of all.
func (s straight) write(to *limited, x *bound, put func(*limited, string) error) bool {
	for i := range s {
		of := &s[i]
		if of.root == "" {
			if _, err := to.WriteString(of.text); err != nil {
				return false
			}
			continue
		}
		v, found := x.find(of.root, of.name)
		if !found {
			return false
		}
		if of.money != nil {
			if p, ok := v.(*string); ok {
				v = *p
			}
			var err error
			if v, err = of.money.money(v, asItIs); err != nil {
				return false
			}
		}
		var text string
		switch v := v.(type) {
		case nil:
		case string:
			text = v
		case *string:
			text = *v
		case int:
			text = strconv.Itoa(v)
		default:
			return false
		}
		switch {
		case of.asks && v != nil:
			if !of.yes.write(to, x, put) {
				return false
			}
		case of.asks:
			if !of.no.write(to, x, put) {
				return false
			}
		default:
			if text == "" {
				text = of.instead
			}
			if put(to, text) != nil {
				return false
			}
		}
	}
	return true
}

// bound are the values of a message, which are made only when they are asked for.
type bound struct {
	template *Template
	bindings *Bindings
	vars     map[string]any // nil: not made yet
}

func (x *bound) bind() (err error) {
	if x.vars == nil {
		x.vars, err = x.template.vars(*x.bindings)
	}
	return err
}

// find is the value of a field. What most messages speak of is found before the
// values are made, unless something is wrong with it: a pointer to it, which takes no memory.
func (x *bound) find(root, name string) (v any, found bool) {
	if x.vars != nil {
		v, found = x.vars[root]
		if name != "" {
			fields, _ := v.(map[string]any)
			v, found = fields[name]
		}
		return v, found
	}
	var text *string
	switch b := x.bindings; {
	case root == "customer" && name == "first_name":
		text = &b.Customer.FirstName
	case root == "customer" && name == "last_name":
		text = &b.Customer.LastName
	case root == "unsubscribe_url" && name == "":
		return &b.UnsubscribeURL, sane(b.UnsubscribeURL)
	case root == "shop" && name == "name":
		return &b.Shop.Name, sane(b.Shop.Name)
	case root == "coupon" && name == "code" && b.Coupon != nil:
		return Sentinel, true
	case root == "coupon" && name == "value" && b.Coupon != nil:
		return x.template.scope.amount(b.Coupon.Value), true
	case root == "coupon" && name == "min_spend" && b.Coupon != nil:
		return x.template.scope.amount(b.Coupon.MinSpend), true
	default:
		return nil, false
	}
	if strings.TrimSpace(*text) == "" {
		return nil, sane(*text)
	}
	return text, sane(*text)
}

// asItIs is a filter's argument that was not given.
func asItIs(otherwise string) string { return otherwise }

// sane is what bounded asks of a text.
func sane(s string) bool { return len(s) <= maxString && !strings.Contains(s, Sentinel) }

// How a value stands in each file.

func putPlain(to *limited, s string) error { _, err := to.WriteString(s); return err }

func putLine(to *limited, s string) error { _, err := oneLine{}.WriteString(to, s); return err }

func putHTML(to *limited, s string) error {
	_, err := render.HtmlEscaper.WriteString(to, s)
	return err
}

var puts = map[string]func(*limited, string) error{SubjectFile: putLine, TextFile: putPlain, HTMLFile: putHTML, SMSFile: putLine}
