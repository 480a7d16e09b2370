package importer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/rewave/rewave/internal/event"
	"github.com/rewave/rewave/internal/fault"
)

// ownColumns are columns with names of the shop's own: properties of an event,
// attributes of a customer.
type ownColumns struct {
	prefix string   // the column prefix.NAME is NAME
	object string   // so is the member NAME of this object, in JSON lines
	all    bool     // columns without the prefix count too
	guess  bool     // the kind of a CSV field is guessed; otherwise it is text
	fills  bool     // their defaults are for what nobody knows
	lists  []string // columns that may be a list of texts, in JSON lines

	known map[string]event.Kind // names that mean the same in every shop
}

// prefixed says whether name speaks of one of these. o may be nil.
func (o *ownColumns) prefixed(name string) bool {
	return o != nil && len(name) > len(o.prefix) && strings.HasPrefix(name, o.prefix)
}

// ownNames say what the shop's own columns are called.
type ownNames struct {
	set     *ownColumns // nil: there are none
	columns map[string]string
}

// of is the name of a column of the file; false when it is not one of these.
func (o ownNames) of(column string) (string, bool) {
	if o.set == nil {
		return "", false
	}
	for ours, theirs := range o.columns {
		if name, ok := strings.CutPrefix(ours, o.set.prefix); ok && strings.EqualFold(theirs, column) {
			return name, true
		}
	}
	name, ok := strings.CutPrefix(column, o.set.prefix)
	return name, (ok || o.set.all) && name != ""
}

// list says whether a column may be a list, as the file calls it.
func (o ownNames) list(column string) bool {
	return o.set != nil && slices.ContainsFunc(o.set.lists, func(ours string) bool { return column == first(o.columns[ours], ours) })
}

// ownKey is one of the shop's own values in a JSON object.
type ownKey struct {
	name string
	kind event.Kind
	text string
}

// newOwnKey is false for what is neither a text, a number nor a truth.
func newOwnKey(name string, value any) (ownKey, bool) {
	switch v := value.(type) {
	case string:
		kind := event.Text
		if event.IsDate(v) {
			kind = event.Date
		}
		return ownKey{name, kind, v}, true
	case json.Number:
		return ownKey{name, event.Number, v.String()}, true
	case bool:
		return ownKey{name, event.Truth, fmt.Sprint(v)}, true
	}
	return ownKey{}, false
}

// ownLayout says in which fields of a CSV record the shop's own values stand,
// and of which kind all of them are.
type ownLayout struct {
	set      *ownColumns
	columns  []ownColumn
	types    map[string]event.Kind // by name
	defaults map[string]string     // of empty fields, by name
	seen     kinds                 // what the values look like of which nobody said the kind; nil: nobody asks
}

type ownColumn struct {
	name string
	i    int
}

// newOwnLayout finds the shop's own columns in a header and takes them from the
// ignored. csv is false where no header names them.
func newOwnLayout(file string, header []string, csv bool, names ownNames, m Map, ignored *[]string) (ownLayout, error) {
	if names.set == nil {
		return ownLayout{}, nil
	}
	l := ownLayout{set: names.set, types: own(m.Types, names.set), seen: kinds{}}
	defaults := own(m.Defaults, names.set)
	if !names.set.fills {
		l.defaults = defaults
	}
	if !csv {
		return l, nil
	}
	by := map[string]bool{}
	var left, missing []string
	for _, column := range *ignored {
		name, ok := names.of(column)
		switch {
		case !ok:
			left = append(left, column)
		case by[name]:
			return l, fault.New(fault.Invalid, fmt.Sprintf("two columns of %s give %s", file, names.set.prefix+name), "rename one")
		case len(name) > event.MaxName:
			return l, fault.New(fault.Invalid, fmt.Sprintf("%s has a column whose name is longer than %d bytes", file, event.MaxName), "rename it")
		default:
			by[name] = true
			l.columns = append(l.columns, ownColumn{name, slices.Index(header, column)})
		}
	}
	for name, column := range own(m.Columns, names.set) {
		if _, ok := defaults[name]; !ok && !by[name] {
			missing = append(missing, column)
		}
	}
	if len(missing) > 0 {
		slices.Sort(missing)
		return l, noColumns(file, header, missing)
	}
	*ignored = left
	return l, nil
}

// own are the entries of a map that speak of the shop's own columns, by name.
func own[T any](all map[string]T, set *ownColumns) map[string]T {
	out := map[string]T{}
	for key, value := range all {
		if name, ok := strings.CutPrefix(key, set.prefix); ok {
			out[name] = value
		}
	}
	return out
}

// known is a value under a name that every shop may use, in the form in which its
// own column has it; false for what that column would not take.
func (l ownLayout) known(name, text string) (event.Value, bool) {
	kind, ok := l.set.known[name]
	if said, isSaid := l.types[name]; !ok || isSaid && said != kind {
		return event.Value{}, false
	}
	v, bad := profileValue(name, text, nil)
	return v, bad == nil && v.Kind != ""
}

// values are the shop's own values in a record; an empty field says nothing.
func (l ownLayout) values(rec *record) (map[string]event.Value, *badLine) {
	var out map[string]event.Value
	put := func(name string, kind event.Kind, text string, looks bool) *badLine {
		if said, ok := l.types[name]; ok {
			kind, looks = said, false
		}
		if text = strings.TrimSpace(text); text == "" {
			return nil
		}
		if _, twice := out[name]; twice {
			return &badLine{l.set.prefix + name + " is given twice", ""}
		}
		v, err := event.Parse(kind, text)
		if known, ok := l.known(name, text); ok {
			v, kind, err = known, known.Kind, nil
		}
		switch {
		case err != nil:
			return badValue(l.set.prefix+name+" is "+err.Error(), []byte(text))
		case name == "" || len(name) > event.MaxName || strings.ContainsRune(name, 0):
			return badValue(fmt.Sprintf("a name of a value that is empty, longer than %d bytes or not text", event.MaxName), []byte(name))
		case strings.ContainsRune(text, 0):
			return &badLine{"a NUL byte", l.set.prefix + name}
		}
		if looks && l.seen != nil {
			l.seen.note(name, kind, rec.line, text)
		}
		if out == nil {
			out = map[string]event.Value{}
		}
		out[name] = v
		return nil
	}
	for _, column := range l.columns {
		text, kind := string(bytes.TrimSpace(rec.fields[column.i])), event.Text
		if l.set.guess {
			kind = event.Guess(text)
		}
		if bad := put(column.name, kind, text, l.set.guess); bad != nil {
			return nil, bad
		}
	}
	slices.SortFunc(rec.own, func(a, b ownKey) int { return strings.Compare(a.name, b.name) }) // the same fault each time
	for _, key := range rec.own {
		if bad := put(key.name, key.kind, key.text, true); bad != nil {
			return nil, bad
		}
	}
	for _, name := range slices.Sorted(maps.Keys(l.defaults)) {
		if _, ok := out[name]; !ok {
			if bad := put(name, event.Guess(l.defaults[name]), l.defaults[name], false); bad != nil {
				return nil, bad
			}
		}
	}
	return out, nil
}
