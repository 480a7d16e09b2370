package rules

import (
	"errors"
	"testing"
	"testing/fstest"

	"github.com/rewave/rewave/internal/source"
)

// Whatever two files of segments hold, they are read, or each fault is said in our
// words; who has none is there.
func FuzzLoadSegments(f *testing.F) {
	f.Add("segment: a\nwhen: orders.count > 1\n", "segment: b\nsays: x\nwhen: in_segment(\"a\")\n")
	f.Add("segment: a\nwhen: in_segment(\"b\")\n", "segment: b\nwhen: in_segment(\"a\")\n")
	f.Add("segment: [\n", "segment: b\nwhen: >\n  orders.cuont\n  > 2\n")
	f.Add("segment: c\nwhen: true\n", "- a\n- b\n")
	f.Add("segment: a\nwhen: \"orders.count > 1\\u0000\"\n", "segment: b\nwhen: &x [*x]\n")
	f.Add("{segment: a, when: 'customer.id == \"\\x00\"'}", "\xff\xfe")
	also := Library{{Name: "a", When: "orders.count > 5"}, {Name: "ships", When: `in_segment("a")`}}
	f.Fuzz(func(t *testing.T, a, b string) {
		got, err := LoadSegments(fstest.MapFS{"s/a.yaml": {Data: []byte(a)}, "s/b.yaml": {Data: []byte(b)}}, "s", also, Options{})
		var list source.List
		if err != nil && !errors.As(err, &list) {
			t.Fatal(err)
		}
		for _, d := range list {
			ours(t, a+b, Faults{{Message: d.Message, Hint: d.Hint}})
		}
		for _, s := range got {
			if s.File == "" && s.Name == "a" {
				t.Errorf("the one that ships stands in for a file that is there: %v", err)
			}
			if _, faults := Compile(s.When, Options{Segments: got.Texts()}); faults != nil && s.File != "" {
				t.Errorf("%s is there with faults: %v", s.Name, faults)
			}
		}
	})
}
