package importer

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/rewave/rewave/internal/calendar"
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
//	defaults: {category: food}       # generic name: value where the file has none
//
// The zero Map changes nothing.
type Map struct {
	Source   string
	Columns  map[string]string
	Defaults map[string]string
	Time     string // a layout of package time; empty: ISO 8601
	Zone     *time.Location
	Currency string
}

// ReadMap reads a map for files of a kind. Its faults come all at once, as a
// source.List.
func ReadMap(path, kind string) (Map, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return Map{}, cannotOpen(path, err)
	}
	return parseMap(path, data, kind)
}

func parseMap(path string, data []byte, kind string) (Map, error) {
	doc := source.Parse(path, data)
	if faults := doc.Faults(); len(faults) > 0 {
		return Map{}, faults
	}
	m := Map{}
	top, ok := doc.Root().Mapping(source.Keys{Known: []string{"source", "columns", "time_format", "zone", "currency", "defaults"}})
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
		known := genericColumns[kind].known
		if !slices.Contains(known, e.Key.Name()) {
			e.Key.Unknown("column", e.Key.Name(), known)
			continue
		}
		if text, ok := e.Value.Full(); ok {
			out[e.Key.Name()] = text
		}
	}
	return out
}

// timeLayout turns YYYY-MM-DD hh:mm:ss and the like into a layout of package time.
func timeLayout(form string) (string, error) {
	layout := form
	for _, part := range []struct{ form, layout string }{
		{"YYYY", "2006"}, {"MM", "01"}, {"DD", "02"}, {"hh", "15"}, {"mm", "04"}, {"ss", "05"}, {"+00:00", "Z07:00"},
	} {
		layout = strings.Replace(layout, part.form, part.layout, 1)
	}
	complete := strings.Contains(layout, "2006") && strings.Contains(layout, "01") && strings.Contains(layout, "02")
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
