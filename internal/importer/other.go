package importer

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rewave/rewave/internal/fault"
)

// OtherForm is the cause of the fault of a file that plainly is another kind's, or
// another preset's, than was said.
type OtherForm struct{ Kind, Preset string }

// Error implements error.
func (o *OtherForm) Error() string { return "its columns are those of " + o.Kind + ", " + o.Preset }

// lacks are the columns that a set needs and columns have not; letter case does
// not matter.
func lacks(set columnSet, columns []string) (missing []string) {
	for _, column := range set.needed {
		if !slices.ContainsFunc(columns, func(have string) bool { return strings.EqualFold(have, column) }) {
			missing = append(missing, column)
		}
	}
	return missing
}

// fits is the kind and the preset whose needed columns are all there; empty: none.
// What needs the most comes first.
func fits(columns []string) (kind, preset string) {
	for _, c := range []struct{ kind, preset string }{
		{Orders, UCIOnlineRetail}, {Orders, CDNOW}, {Orders, Generic}, {Events, Generic}, {Suppressions, Generic}, {Customers, Generic}, {Products, Generic},
	} {
		if len(lacks(columnsOf(c.kind, c.preset), columns)) == 0 {
			return c.kind, c.preset
		}
	}
	return "", ""
}

// otherForm refuses a file that plainly is not what was said. Columns that are
// mapped say what they are.
func (r *run) otherForm() error {
	if len(r.opts.Map.Columns) > 0 {
		return nil
	}
	columns := r.records.header()
	if _, ok := r.records.(*jsonReader); ok { // its header is what was asked for
		seen, _, err := inspect(r.opts.File, r.opts.Encoding)
		if err != nil {
			return err
		}
		columns = seen.Columns
	}
	kind, preset := fits(columns)
	asked, found := columnsOf(r.opts.Kind, r.opts.Preset), columnsOf(kind, preset)
	switch missing := lacks(asked, columns); {
	case kind == "", kind == r.opts.Kind && (preset == r.opts.Preset || len(missing) == 0):
		return nil
	case len(missing) == 0 && len(asked.needed) > 1:
		return nil // it is both
	case len(found.needed) == 1 && !plainly(found, asked, columns):
		return nil // any file may have a sku or a customer_id
	}
	other := &OtherForm{kind, preset}
	if kind != r.opts.Kind {
		form := ""
		if preset != Generic {
			form = " in the form " + preset
		}
		return fault.Wrap(fault.Invalid, other, fmt.Sprintf("%s is a file of %s%s, not of %s", r.in.name, kind, form, r.opts.Kind), "nothing was imported; import it as "+kind)
	}
	form := func(preset string) string {
		if preset == Generic {
			return "the generic form"
		}
		return "the form " + preset
	}
	hint := "say --preset " + preset
	if preset == Generic {
		hint = "leave --preset out"
	}
	return fault.Wrap(fault.Invalid, other, fmt.Sprintf("%s is in %s, not in %s", r.in.name, form(preset), form(r.opts.Preset)), hint)
}

// plainly says whether most columns are those of a set, and not as many, or none
// of the needed ones, those of the set that was asked for.
func plainly(found, asked columnSet, columns []string) bool {
	known := knows(found, columns)
	return 2*known > len(columns) && (known > knows(asked, columns) || len(lacks(asked, columns)) == len(asked.needed))
}

// knows is how many of the columns a set reads.
func knows(set columnSet, columns []string) (n int) {
	for _, have := range columns {
		if set.own.prefixed(have) || slices.ContainsFunc(set.known, func(known string) bool { return strings.EqualFold(have, known) }) {
			n++
		}
	}
	return n
}
