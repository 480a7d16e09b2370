package report

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"io"
)

//go:embed report.schema.json
var schema []byte

// Schema is the JSON Schema (2020-12) of what JSON writes. The caller may change it.
func Schema() []byte { return bytes.Clone(schema) }

//go:embed analysis.schema.json
var analysisSchema []byte

// AnalysisSchema is the JSON Schema of an analysis. The caller may change it.
func AnalysisSchema() []byte { return bytes.Clone(analysisSchema) }

// JSON writes the report for programs: indented, fields in a fixed order, null
// and a code where a figure does not exist.
func (r Report) JSON(w io.Writer) error {
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	out.SetEscapeHTML(false)
	return out.Encode(r.prepared())
}
