package importer

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/event"
	"github.com/rewave/rewave/internal/fault"
	"github.com/rewave/rewave/internal/source"
)

// Map fits a shop's own file to the generic preset:
//
//	source: webshop                  # part of every order's identity; default: generic
//	columns:                         # generic name: name in the file
//	  order_id: "Order Number"
//	time_format: "DD/MM/YYYY hh:mm"  # default: ISO 8601
//	zone: Europe/Berlin              # of times without offset
//	currency: EUR                    # of rows that name none
//	decimal: comma                   # of orders' and products' numbers; default: point
//	defaults: {category: food}       # generic name: what holds where nothing else is known
//	types: {attribute.size: text}    # of the shop's own columns: text, number, date or truth
//
// Columns of the shop's own are named with their prefix, attribute.NAME of a
// customer and props.NAME of an event.
//
// The zero Map changes nothing.
type Map struct {
	Source   string
	Columns  map[string]string
	Defaults map[string]string
	Time     string // a layout of package time; empty: ISO 8601
	Zone     *time.Location
	Currency string
	Decimal  string // DecimalComma, DecimalPoint or empty
	Types    map[string]event.Kind
}

// Attributes are what the shop declares of its customers' attributes. The zero
// Attributes declares none.
type Attributes struct {
	File  string                // that declares them
	Kinds map[string]event.Kind // by name, without a prefix
}

// ReadMap reads a map for files of a kind; types that are not as declared are
// faults. Its faults come all at once, as a source.List.
func ReadMap(path, kind string, declared Attributes) (Map, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return Map{}, cannotOpen(path, err)
	}
	return parseMap(path, data, kind, declared)
}

func parseMap(path string, data []byte, kind string, declared Attributes) (Map, error) {
	doc := source.Parse(path, data)
	if faults := doc.Faults(); len(faults) > 0 {
		return Map{}, faults
	}
	m := Map{}
	known := []string{"source", "columns", "time_format", "zone", "currency", "defaults"}
	if genericColumns[kind].own != nil {
		known = append(known, "types")
	}
	if kind == Orders || kind == Purchases || kind == Products {
		known = append(known, "decimal")
	}
	top, ok := doc.Root().Mapping(source.Keys{Known: known})
	if !ok {
		return m, doc.Faults()
	}
	if n, ok := top.Get("source"); ok {
		m.Source, _ = n.Full()
	}
	m.Columns = names(top, "columns", kind)
	m.Defaults = names(top, "defaults", kind)
	if n, ok := top.Get("time_format"); ok {
		m.Time, _ = source.Parsed(n, timeLayout)
	}
	if n, ok := top.Get("zone"); ok {
		m.Zone, _ = source.Parsed(n, calendar.Zone)
	}
	if n, ok := top.Get("currency"); ok {
		m.Currency, _ = source.Parsed(n, currencyCode)
	}
	if n, ok := top.Get("decimal"); ok {
		m.Decimal, _ = n.OneOf("decimal", []string{DecimalPoint, DecimalComma}, nil)
	}
	m.Types = types(top, kind, declared)
	return m, doc.Faults().Err()
}

// names reads a mapping from generic names to text.
func names(top source.Mapping, key, kind string) map[string]string {
	n, ok := top.Get(key)
	if !ok {
		return nil
	}
	entries, ok := n.Entries()
	if !ok {
		return nil
	}
	out := map[string]string{}
	for _, e := range entries {
		set := genericColumns[kind]
		if !slices.Contains(set.known, e.Key.Name()) && !set.own.prefixed(e.Key.Name()) {
			unknownColumn(e.Key, kind, set)
			continue
		}
		if text, ok := e.Value.Full(); ok {
			out[e.Key.Name()] = text
		}
	}
	return out
}

// unknownColumn tells what else reads a column of that name, or how one of the
// shop's own is named where the name is nobody's misspelling.
func unknownColumn(key source.Node, kind string, set columnSet) {
	name := key.Name()
	for _, reads := range []struct{ kind, call string }{{Orders, "rewave import orders"}, {Purchases, "rewave model fit --orders"}} {
		if (kind == Orders || kind == Purchases) && slices.Contains(genericColumns[reads.kind].known, name) {
			key.Report(fmt.Sprintf("unknown column %q", name), reads.call+" reads it; here there are "+strings.Join(set.known, ", "))
			return
		}
	}
	if set.own != nil && source.Suggest(name, set.known) == "" {
		key.Report(fmt.Sprintf("unknown column %q", name), "a column of the shop's own is "+set.own.prefix+name+"; the others are "+strings.Join(set.known, ", "))
		return
	}
	key.Unknown("column", key.Name(), set.known)
}

// types reads the kinds of the shop's own columns.
func types(top source.Mapping, kind string, declared Attributes) map[string]event.Kind {
	n, ok := top.Get("types")
	if !ok {
		return nil
	}
	entries, ok := n.Entries()
	if !ok {
		return nil
	}
	set, out := genericColumns[kind].own, map[string]event.Kind{}
	for _, e := range entries {
		if !set.prefixed(e.Key.Name()) {
			e.Key.Report(fmt.Sprintf("%q is no column of the shop's own", e.Key.Name()), "write "+set.prefix+"NAME")
			continue
		}
		if text, ok := e.Value.OneOf("type", []string{"text", "number", "date", "truth"}, nil); ok {
			out[e.Key.Name()] = event.Kind(text)
			name := e.Key.Name()[len(set.prefix):]
			if said, ok := declared.Kinds[name]; ok && kind == Customers && said != event.Kind(text) {
				e.Value.Report(fmt.Sprintf("%s declares attributes: {%s: %s}, not %s", declared.File, name, said, text), "say the same in both, or leave it out here")
			}
		}
	}
	return out
}

// timeLayout turns YYYY-MM-DD hh:mm:ss and the like into a layout of package time.
func timeLayout(form string) (string, error) {
	layout, month, date := form, "01", "02"
	if strings.ContainsAny(form, ".-/") { // divided, so that 3.2.2026 can be read as well
		month, date = "1", "2"
	}
	for _, part := range []struct{ form, layout string }{
		{"YYYY", "2006"}, {"MM", month}, {"DD", date}, {"hh", "15"}, {"mm", "04"}, {"ss", "05"}, {"+00:00", "Z07:00"},
	} {
		layout = strings.Replace(layout, part.form, part.layout, 1)
	}
	complete := strings.Contains(form, "YYYY") && strings.Contains(form, "MM") && strings.Contains(form, "DD")
	left := strings.NewReplacer("T", "", "Z07:00", "").Replace(layout)
	if !complete || strings.ContainsFunc(left, func(r rune) bool { return r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' }) {
		return "", fault.New(fault.Invalid, fmt.Sprintf("%q is not a form of time", form), "made of YYYY, MM, DD, hh, mm, ss and +00:00: \"DD/MM/YYYY hh:mm\"")
	}
	return layout, nil
}

func currencyCode(text string) (string, error) {
	code := strings.ToUpper(text)
	if len(code) != 3 || strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return "", fault.New(fault.Invalid, "\""+text+"\" is not a currency", "a code of three letters, such as GBP")
	}
	return code, nil
}
