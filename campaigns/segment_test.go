package campaigns

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A campaign keeps the segments that its rule names as they stood: to change one
// is to change the rule, and that begins another experiment.
func TestACampaignKeepsTheSegmentsItNames(t *testing.T) {
	t.Parallel()
	files := folder(strings.Replace(slurp(t, "testdata/double11.good.yaml"), "when: orders", `when: in_segment("vips") and orders`, 1))
	load := func(segments map[string]string) Campaign {
		t.Helper()
		c, err := Load(files, "c", Options{Segments: segments})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	was := load(map[string]string{"vips": `in_segment("buyers") and orders.revenue > 500`, "buyers": "orders.count > 0", "others": "true"})
	if diff := cmp.Diff(was.Enter.Segments, map[string]string{"vips": `in_segment("buyers") and orders.revenue > 500`, "buyers": "orders.count > 0"}); diff != "" {
		t.Errorf("-got +want\n%s", diff)
	}
	now := load(map[string]string{"vips": `in_segment("buyers") and orders.revenue > 500`, "buyers": "orders.count > 1"})
	if was.Version == now.Version || was.Design == now.Design {
		t.Error("another segment is the same experiment")
	}
	changes := Diff(was, now)
	if len(changes) != 1 || changes[0].Path != "enter.segments.buyers" || !changes[0].Restarts || changes[0].Now != "orders.count > 1" {
		t.Errorf("got %+v", changes)
	}
	if other := load(map[string]string{"vips": `in_segment("buyers") and orders.revenue > 500`, "buyers": "orders.count > 0", "others": "false"}); other.Version != was.Version {
		t.Error("a segment that the rule does not name changes the campaign")
	}
	if _, err := Load(files, "c", Options{}); err == nil || !strings.Contains(err.Error(), `there is no segment "vips"`) {
		t.Errorf("got %v", err)
	}
}
