package importer

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/rewave/rewave/internal/fault"
)

// Kinds of file.
const (
	Orders    = "orders"
	Customers = "customers"
	Products  = "products"
)

// Presets say what the columns of a file are called and mean.
const (
	Generic         = "generic"
	UCIOnlineRetail = "uci-online-retail"
	CDNOW           = "cdnow"
)

// columnSet is the columns a preset reads, by kind.
type columnSet struct {
	needed, known []string
}

// genericColumns are the names of the generic preset, which --map maps to.
var genericColumns = map[string]columnSet{
	Orders: {
		needed: []string{"order_id", "placed_at", "sku", "quantity", "unit_price"},
		known: []string{"order_id", "customer_id", "placed_at", "sku", "quantity", "unit_price", "currency", "product_name", "category",
			"email", "phone", "first_name", "last_name", "region", "kind", "refund_of"},
	},
	Customers: {
		needed: []string{"customer_id"},
		known: []string{"customer_id", "email", "phone", "first_name", "last_name", "locale", "region", "zone",
			"consent_email", "consent_sms", "consent_at"},
	},
	Products: {
		needed: []string{"sku"},
		known:  []string{"sku", "name", "category", "price", "cost"},
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
	defaults map[string]string
	ignored  []string
}

// lay finds the columns in a header; letter case does not matter. It reports
// every missing column at once.
func lay(name string, header []string, set columnSet, m Map) (layout, error) {
	l := layout{at: map[string]int{}, defaults: m.Defaults}
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
		noun := "column "
		if len(missing) > 1 {
			noun = "columns "
		}
		return l, fault.New(fault.Invalid, fmt.Sprintf("%s has no %s%s", name, noun, strings.Join(missing, ", ")),
			"it has: "+strings.Join(header, ", ")+"; name the preset it is in, or map its columns with --map")
	}
	return l, nil
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
