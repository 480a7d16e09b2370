package campaigns

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
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
