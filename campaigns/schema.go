package campaigns

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"slices"
)

//go:generate go test -run TestSchemaIsCurrent -update

//go:embed campaign.schema.json
var schemaFile []byte

// Schema is the format as a JSON Schema, draft 7, for editors: what it refuses
// the loader refuses too. The loader also refuses what no schema can say: names
// that lead nowhere, rules, missing files, sums that do not add up.
func Schema() []byte { return slices.Clone(schemaFile) }

// buildSchema makes the schema from the tables that the reader reads by.
func buildSchema() ([]byte, error) {
	whole := object(topTable)
	whole["$schema"] = "http://json-schema.org/draft-07/schema#"
	whole["title"] = "A campaign"
	whole["description"] = "A campaign.yaml, in a folder with its messages."
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	err := e.Encode(whole)
	return out.Bytes(), err
}
