package rules

import (
	_ "embed"
	"slices"
	"strings"
)

//go:generate go test -run TestSchemaIsCurrent -update

//go:embed segment.schema.json
var schemaFile []byte

// SchemaFile is the name that the first line of a segment's file gives its schema.
const SchemaFile = "segment.schema.json"

// Schema is the format of a segment's file as a JSON Schema, draft 7, for
// editors. It knows no grammar of rules; LoadSegments does.
func Schema() []byte { return slices.Clone(schemaFile) }

// Written says in a sentence what a rule can say, for whoever writes one in an
// editor.
func Written() string {
	var all []string
	for _, f := range Fields() {
		write := f.Write
		switch {
		case f.Values != nil:
			write += " (" + strings.Join(f.Values, ", ") + ")"
		case f.From != nil:
			_, within, _ := strings.Cut(f.Gives(), ", ")
			write += " (" + within + ")"
		}
		all = append(all, write)
	}
	return "A rule can say: " + strings.Join(all, ", ") + "."
}

// Examples are rules that an editor may propose.
func Examples() []string {
	return []string{
		"orders.count == 1",
		"orders.count >= 2 and orders.days_since_last >= 90",
		"orders.days >= 2 and orders.overdue > 2",
		`orders.count > 0 and orders.of("food").in("90d").count == 0`,
		`events("Product Viewed").in("7d").count >= 3 and orders.in("7d").count == 0`,
		`in_segment("loyal") and not customer.complaint_open and messages.in("14d").count == 0`,
	}
}
