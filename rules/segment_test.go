package rules

import (
	"errors"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/rewave/rewave/internal/source"
)

func TestSegmentsStandForTheirRules(t *testing.T) {
	t.Parallel()
	options := Options{Order: true, Segments: map[string]string{
		"buyers":   "orders.count > 0",
		"spenders": `in_segment("buyers") and orders.revenue >= 299`,
		"vips":     `in_segment("spenders") and customer.has_tag("vip")`,
	}}
	p := compile(t, `not in_segment("vips") and in_segment("spenders") and order.revenue > 0`, options)
	want := Needs{Orders: true, Order: true, Tags: true, Segments: []string{"buyers", "spenders", "vips"}}
	if diff := cmp.Diff(p.Needs(), want); diff != "" {
		t.Errorf("needs: -got +want\n%s", diff)
	}
	p = compile(t, `in_segment("spenders") or not in_segment("buyers")`, options)
	if got := outcome(p, ann(t)) + " " + outcome(p, nobody(t)); got != "true true" {
		t.Errorf("got %s", got)
	}
	got := p.Explain(ann(t))
	for i := range got {
		got[i].Text = strings.ReplaceAll(got[i].Text, `"`, "'")
	}
	buyers := []Clause{{Text: "orders.count > 0", True: true, Values: []string{"orders.count is 3"}, Exact: map[string]float64{"orders.count": 3}}}
	if diff := cmp.Diff(got, []Clause{
		{Text: "in_segment('spenders')", True: true, Inner: []Clause{
			{Text: `in_segment("buyers")`, True: true, Inner: buyers},
			{Text: "orders.revenue >= 299", True: true, Values: []string{"orders.revenue is 449.51"}, Exact: map[string]float64{"orders.revenue": 449.51}},
		}},
		{Text: "not in_segment('buyers')", Values: []string{`in_segment("buyers") is true`}, Inner: buyers},
	}); diff != "" {
		t.Errorf("explained: -got +want\n%s", diff)
	}
}

func TestHowConditionsAreJoined(t *testing.T) {
	t.Parallel()
	options := Options{Segments: map[string]string{"a": "orders.count > 1 or customer.email_known"}}
	for rule, want := range map[string][2]bool{
		"true": {}, `in_segment("a")`: {}, "not (at.day == 1 or at.day == 2)": {},
		`in_segment("a") and at.day == 1 && at.month == 2`: {true, false}, `in_segment("a") or at.day == 1`: {false, true},
		"at.day == 1 and (at.month == 2 or at.month == 3)": {true, true},
	} {
		and, or := compile(t, rule, options).Joins()
		if got := [2]bool{and, or}; got != want {
			t.Errorf("%s: got %v, want %v", rule, got, want)
		}
	}
}

func TestSegmentsThatCannotBe(t *testing.T) {
	t.Parallel()
	many := map[string]string{"s0": "true"}
	for i := range 20 {
		name := "s" + string(rune('a'+i))
		before := "s" + string(rune('a'+i-1))
		if i == 0 {
			before = "s0"
		}
		many[name] = `in_segment("` + before + `") or in_segment("` + before + `")`
	}
	for _, test := range []struct {
		rule     string
		segments map[string]string
		want     string
	}{
		{`in_segment("loial")`, map[string]string{"loyal": "true"}, `1:12: there is no segment "loial" (did you mean "loyal"?)`},
		{`in_segment("vip")`, nil, `1:12: there is no segment "vip" (segments stand in files of their own: segments/vip.yaml)`},
		{`in_segment("a")`, map[string]string{"a": `in_segment("b")`, "b": `true or in_segment("a")`},
			`1:12: the segment "a" names itself: a names b, which names a (mend that segment first)`},
		{`in_segment("a")`, map[string]string{"a": "order.revenue > 0"},
			`1:12: the segment "a" has a fault at 1:1: "order" is known only where a campaign enters on: order_paid (orders holds all orders of the customer)`},
		{`in_segment("a")`, map[string]string{"a": "orders.cuont > 0"}, `1:12: the segment "a" has a fault at 1:8: orders has no field "cuont" (did you mean "count"?)`},
		{`in_segment("a")`, map[string]string{"a": "orders.count >"}, `1:12: the segment "a" has a fault at 1:14: the rule ends too early (a value is missing, or a ")")`},
		{`in_segment("a")`, map[string]string{"a": "orders.count"}, `1:12: the segment "a" has a fault at 1:1: the rule gives a number; it must say true or false (compare it, as in orders.count >= 1)`},
		{`in_segment(customer.region)`, nil, `1:12: in_segment takes a name in quotes, not text (as in in_segment("loyal"))`},
	} {
		_, faults := Compile(test.rule, Options{Order: true, Segments: test.segments})
		if got := faults.Error(); got != test.want {
			t.Errorf("%s:\n got %s\nwant %s", test.rule, got, test.want)
		}
	}
	if _, faults := Compile(`in_segment("st")`, Options{Segments: many}); !strings.Contains(faults.Error(), "are too long, each written out") {
		t.Errorf("doubling: got %v", faults)
	}
}

func TestTheShelfLoads(t *testing.T) {
	t.Parallel()
	shelf, err := LoadSegments(Shelf, "segments", nil, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(shelf) < 5 || shelf[0].Name != "at-risk" || shelf[0].Says == "" {
		t.Errorf("got %+v", shelf)
	}
	mine, err := LoadSegments(fstest.MapFS{"segments/loyal.yaml": {Data: []byte("segment: loyal\nwhen: in_segment(\"at-risk\")\n")}}, "segments", shelf, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if s, _ := mine.Find("loyal"); len(mine) != len(shelf) || s.When != `in_segment("at-risk")` || s.File != "segments/loyal.yaml" {
		t.Errorf("got %d of %d: %+v", len(mine), len(shelf), s)
	}
	if none, err := LoadSegments(fstest.MapFS{}, "segments", nil, Options{}); err != nil || len(none) != 0 {
		t.Errorf("no folder: %v, %v", none, err)
	}
}

func TestFaultsOfSegmentFiles(t *testing.T) {
	t.Parallel()
	_, err := LoadSegments(fstest.MapFS{
		"segments/a.yaml":  {Data: []byte("segment: a\nwhen: >\n  orders.count > 0\n  and in_segment(\"b\")\n")},
		"segments/b.yaml":  {Data: []byte("segment: b\nwhen: in_segment(\"a\")\n")},
		"segments/c.yaml":  {Data: []byte("segment: d\nsays: x\nwhne: true\n")},
		"segments/Up.yaml": {Data: []byte("segment: Up\nwhen: \"true\"\n")},
		"segments/e.txt":   {Data: []byte("?")},
	}, "segments", nil, Options{})
	var list source.List
	if !errors.As(err, &list) {
		t.Fatalf("got %v", err)
	}
	want := `segments/Up.yaml:1:10: segment: a name has small letters, digits and hyphens, at most 60 (for example segment: lapsed-vip)
segments/a.yaml:4:18: when: the segment "a" names itself: a names b, which names a (take in_segment("a") out of segments/b.yaml, or this one out of here)
segments/b.yaml:2:18: when: the segment "b" names itself: b names a, which names b (take in_segment("b") out of segments/a.yaml, or this one out of here)
segments/c.yaml:1:1: "when" is missing (for example when: orders.count >= 3)
segments/c.yaml:1:10: segment: the file is called c.yaml (give both one name)
segments/c.yaml:3:1: whne: unknown key "whne" (did you mean "when"?)`
	if diff := cmp.Diff(strings.Split(list.Error(), "\n"), strings.Split(want, "\n")); diff != "" {
		t.Errorf("-got +want\n%s", diff)
	}
}
