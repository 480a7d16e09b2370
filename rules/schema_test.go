package rules

import (
	"bytes"
	"encoding/json"
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSchemaIsCurrent(t *testing.T) {
	t.Parallel()
	type shape = map[string]any
	properties := shape{
		"segment": shape{"type": "string", "pattern": segmentName.String(), "description": "Its name, which is the file's without .yaml.", "examples": []string{"loyal"}},
		"says":    shape{"type": "string", "description": "Whom it means, in a sentence.", "examples": []string{"Bought three times or more, the last time within half a year."}},
		"when":    shape{"type": "string", "pattern": `\S`, "description": "The rule. " + Written(), "examples": Examples()},
	}
	var keys []string
	for name := range properties {
		keys = append(keys, name)
	}
	slices.Sort(keys)
	known := slices.Sorted(slices.Values(segmentKeys.Known))
	if diff := cmp.Diff(keys, known); diff != "" {
		t.Errorf("the schema and the reader know other keys: -schema +reader\n%s", diff)
	}
	var want bytes.Buffer
	e := json.NewEncoder(&want)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	if err := e.Encode(shape{"$schema": "http://json-schema.org/draft-07/schema#", "title": "A segment", "description": "A file of segments/, which campaigns name with in_segment.",
		"type": "object", "additionalProperties": false, "required": []string{"segment", "when"}, "properties": properties}); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(SchemaFile, want.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(string(Schema()), want.String()); diff != "" {
		t.Errorf("go generate ./rules (-got +want)\n%s", diff)
	}
}

// What an editor proposes compiles.
func TestExamplesOfTheSchema(t *testing.T) {
	t.Parallel()
	shelf, err := LoadSegments(Shelf, "segments", nil, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, rule := range Examples() {
		compile(t, rule, Options{Segments: shelf.Texts()})
	}
}
