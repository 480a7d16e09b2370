package rules

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A rule's own words are found wherever they stand, also in the segments that it
// names.
func TestNames(t *testing.T) {
	t.Parallel()
	rule := `orders.of("food").in("30d").count > 0 and not (events("Product Viewed").count > 1 or customer.has_tag("vip"))
		and customer.knows("concern") and customer.text("concern") == "skin" and bought("tea") and in_segment("inner")
		and orders.favourite in ["ware", "food"] and first_order.category == "drink" and last_order.has_sku("A-1")
		and bought_around("mothers-day", 2) and customer.has_interest("cats") and customer.region == "BY" and order.has("pets")`
	p, faults := Compile(rule, Options{Order: true, Segments: map[string]string{"inner": `orders.of_sku("B-2").count == 0`}})
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	want := []Name{
		{NameCategory, "food"}, {NameEvent, "Product Viewed"}, {NameTag, "vip"}, {NameAttribute, "concern"}, {NameProduct, "tea"}, {NameSKU, "B-2"},
		{NameCategory, "ware"}, {NameCategory, "drink"}, {NameSKU, "A-1"}, {NameInterest, "cats"}, {NameCategory, "pets"},
	}
	if d := cmp.Diff(p.Names(), want); d != "" {
		t.Errorf("names (-got +want):\n%s", d)
	}
}

// Every member that takes a name is one that there is.
func TestNamesAreRead(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	for _, r := range Readings() {
		known[r] = true
	}
	for name := range namesOf {
		if !known[name] {
			t.Errorf("a rule cannot say %s", name)
		}
	}
	for _, name := range categories {
		if !known[name] {
			t.Errorf("a rule cannot say %s", name)
		}
	}
}
