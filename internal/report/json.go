package report

import (
	"encoding/json"
	"io"
)

// JSON writes the report for programs: indented, fields in a fixed order, null
// and a code where a figure does not exist.
func (r Report) JSON(w io.Writer) error {
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	out.SetEscapeHTML(false)
	return out.Encode(r.prepared())
}
