package message

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// campaigns/README.md says what a message may say: every field, tag, filter and
// limit there is, and no other.
func TestReadmeIsTrue(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("../../campaigns/README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok1 := strings.Cut(string(data), "<!-- message: held by go test ./internal/message -->\n")
	section, _, ok2 := strings.Cut(rest, "<!-- end of message -->")
	if !ok1 || !ok2 {
		t.Fatal("campaigns/README.md has no part about messages")
	}
	paragraphs := map[string]string{} // by their first word
	var table []string
	for _, p := range strings.Split(section, "\n\n") {
		word, text, _ := strings.Cut(p, ":")
		paragraphs[word] = strings.Join(strings.Fields(text), " ")
		for row := range strings.Lines(p) {
			if cells := strings.SplitN(row, "|", 3); len(cells) == 3 {
				table = append(table, quoted(cells[1])...)
			}
		}
	}
	for _, part := range []struct {
		of   string
		got  []string
		want map[string]bool
	}{
		{"fields", table, fields},
		{"tags", quoted(paragraphs["Tags"]), tagNames},
		{"filters", quoted(paragraphs["Filters"]), filterNames},
	} {
		var want []string
		for name := range part.want {
			want = append(want, name)
		}
		slices.Sort(part.got)
		slices.Sort(want)
		if diff := cmp.Diff(part.got, want); diff != "" {
			t.Errorf("%s: -got +want\n%s", part.of, diff)
		}
	}
	limits := fmt.Sprintf("%d KiB a file, %d KiB a part once written, %d KiB or %d items a value, loops %d deep over `(1..%d)` at most, %d,%03d steps.",
		maxSource>>10, maxOutput>>10, maxString>>10, maxItems, maxDepth, maxRange, maxSteps/1000, maxSteps%1000)
	if diff := cmp.Diff(strings.TrimSpace(paragraphs["Limits"]), limits); diff != "" {
		t.Errorf("limits: -got +want\n%s", diff)
	}
}

var inCode = regexp.MustCompile("`([^`]+)`")

func quoted(s string) (names []string) {
	for _, m := range inCode.FindAllStringSubmatch(s, -1) {
		names = append(names, m[1])
	}
	return names
}
