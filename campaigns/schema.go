package campaigns

import (
	_ "embed"
	"slices"
)

//go:generate go test -run TestSchemaIsCurrent -update

//go:embed campaign.schema.json
var schemaFile []byte

// Schema is the format as a JSON Schema, draft 7, for editors: what it refuses
// the loader refuses too. The loader also refuses what no schema can say: names
// that lead nowhere, rules, missing files, sums that do not add up.
func Schema() []byte { return slices.Clone(schemaFile) }
