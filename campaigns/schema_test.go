package campaigns

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rewave/rewave/rules"
)

func TestSchemaIsCurrent(t *testing.T) {
	t.Parallel()
	want, err := buildSchema()
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile("campaign.schema.json", want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(string(Schema()), string(want)); diff != "" {
		t.Errorf("go generate ./campaigns (-got +want)\n%s", diff)
	}
}

// buildSchema makes the schema from the tables that the reader reads by.
func buildSchema() ([]byte, error) {
	whole := object(topTable)
	whole["$schema"] = "http://json-schema.org/draft-07/schema#"
	whole["title"] = "A campaign"
	whole["description"] = "A campaign.yaml, in a folder with its messages."
	when := whole["properties"].(shape)["enter"].(shape)["properties"].(shape)["when"].(shape)
	when["description"] = when["description"].(string) + " " + rules.Written()
	when["examples"] = rules.Examples()
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	err := e.Encode(whole)
	return out.Bytes(), err
}
