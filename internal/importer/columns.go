package importer

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/rewave/rewave/internal/customer"
	"github.com/rewave/rewave/internal/fault"
)

// Kinds of file.
const (
	Orders       = "orders"
	Customers    = "customers"
	Products     = "products"
	Events       = "events"
	Suppressions = "suppressions"
)

// Kinds are all kinds of file, in the order in which a shop brings them in.
var Kinds = [...]string{Products, Customers, Orders, Events, Suppressions}

// Presets say what the columns of a file are called and mean.
const (
	Generic         = "generic"
	UCIOnlineRetail = "uci-online-retail"
	CDNOW           = "cdnow"
)

// columnSet is the columns a preset reads, by kind.
type columnSet struct {
	needed, known []string
	fills         []string    // whose defaults are for what nobody knows, not for what a row leaves empty
	own           *ownColumns // nil: none but these
}

// genericColumns are the names of the generic preset, which --map maps to.
var genericColumns = map[string]columnSet{
	Orders: {
		needed: []string{"order_id", "placed_at", "sku", "quantity", "unit_price"},
		known: []string{"order_id", "customer_id", "placed_at", "sku", "quantity", "unit_price", "currency", "product_name", "category",
			"email", "phone", "first_name", "last_name", "region", "kind", "refund_of", "coupon",
			"status", "entry_path", "promised_at", "delivered_at", "discount", "reason"},
		fills: []string{"product_name", "category", "email", "phone", "first_name", "last_name", "region"},
	},
	Purchases: readColumns,
	Customers: {
		needed: []string{"customer_id"},
		known: []string{"customer_id", "email", "phone", "first_name", "last_name", "locale", "region", "zone",
			"consent_email", "consent_sms", "consent_at", "tags", "changed_at", "sex", "birthday", "occupation", "interests", "source"},
		fills: []string{"email", "phone", "first_name", "last_name", "locale", "region", "zone", "consent_email", "consent_sms", "tags",
			"sex", "birthday", "occupation", "interests", "source"},
		own: &ownColumns{prefix: "attribute.", object: "attributes", guess: true, fills: true, lists: []string{"tags", "interests"}, known: customer.Attributes},
	},
	Products: {
		needed: []string{"sku"},
		known:  []string{"sku", "name", "category", "price", "cost", "role"},
		fills:  []string{"name", "category", "price", "cost", "role"},
	},
	Events: {
		needed: []string{"id", "name", "customer", "at"},
		known:  []string{"id", "name", "customer", "at"},
		own:    &ownColumns{prefix: "props.", object: "props", all: true},
	},
	Suppressions: {
		needed: []string{"channel", "address", "reason"},
		known:  []string{"channel", "address", "reason", "at"},
	},
}

var (
	uciColumns   = []string{"InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country"}
	cdnowColumns = []string{"customer_id", "date", "quantity", "amount"}
)

func columnsOf(kind, preset string) columnSet {
	switch preset {
	case UCIOnlineRetail:
		return columnSet{needed: uciColumns, known: uciColumns}
	case CDNOW:
		return columnSet{needed: cdnowColumns, known: cdnowColumns}
	}
	return genericColumns[kind]
}

// layout says in which field of a record each column of the preset stands.
type layout struct {
	at       map[string]int
	defaults map[string]string // of empty fields; others wait for the merge
	ignored  []string
	own      ownLayout
}

// lay finds the columns in a header; letter case does not matter. It reports
// every missing column at once.
func lay(name string, header []string, set columnSet, m Map) (layout, error) {
	l := layout{at: map[string]int{}, defaults: maps.Clone(m.Defaults)}
	maps.DeleteFunc(l.defaults, func(column, _ string) bool { return slices.Contains(set.fills, column) })
	used := map[int]bool{}
	var missing []string
	for _, column := range set.known {
		want := column
		if mapped, ok := m.Columns[column]; ok {
			want = mapped
		}
		i := slices.IndexFunc(header, func(have string) bool { return strings.EqualFold(have, want) })
		if i >= 0 {
			l.at[column], used[i] = i, true
			continue
		}
		_, mapped := m.Columns[column]
		if _, ok := m.Defaults[column]; !ok && (mapped || slices.Contains(set.needed, column)) {
			missing = append(missing, want)
		}
	}
	for i, column := range header {
		if !used[i] && column != "" {
			l.ignored = append(l.ignored, column)
		}
	}
	if len(missing) > 0 {
		return l, noColumns(name, header, missing)
	}
	return l, nil
}

func noColumns(name string, header, missing []string) error {
	noun := "column "
	if len(missing) > 1 {
		noun = "columns "
	}
	return fault.New(fault.Invalid, fmt.Sprintf("%s has no %s%s", name, noun, strings.Join(missing, ", ")),
		"it has: "+strings.Join(header, ", ")+"; map its columns with --map")
}

// field reads one column; the result lives as long as the record's bytes.
type field struct {
	i        int // -1: not in the file
	fallback []byte
}

func (l layout) field(column string) field {
	f := field{i: -1}
	if i, ok := l.at[column]; ok {
		f.i = i
	}
	if d, ok := l.defaults[column]; ok {
		f.fallback = []byte(d)
	}
	return f
}

// exported is a text as it was before segment export kept a spreadsheet from
// taking it for a formula: without the ' before = + - or @.
func exported(text []byte) []byte {
	if len(text) > 1 && text[0] == '\'' && bytes.IndexByte([]byte("=+-@"), text[1]) >= 0 {
		return text[1:]
	}
	return text
}

// of is the field's text without white space around it; empty when the file
// does not say.
func (f field) of(rec *record) []byte {
	if f.i >= 0 {
		if text := bytes.TrimSpace(rec.fields[f.i]); len(text) > 0 {
			return text
		}
	}
	return f.fallback
}
