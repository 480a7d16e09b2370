package rules

import "slices"

// Name is a word of the shop's own that a rule looks for. A word that the shop has
// never seen is no fault, and nobody meets it.
type Name struct {
	Of   string // one of the constants below
	Text string
}

// What a Name may be of.
const (
	NameCategory  = "category"
	NameSKU       = "sku"
	NameProduct   = "product" // a product, a category or a role, as bought takes it
	NameEvent     = "event"
	NameTag       = "tag"
	NameInterest  = "interest"
	NameAttribute = "attribute"
)

// namesOf is what the text that a member takes is a name of.
var namesOf = map[string]string{
	"orders.of": NameCategory, "order.has": NameCategory, "first_order.has": NameCategory, "last_order.has": NameCategory,
	"affinity": NameCategory, "next_category": NameCategory,
	"orders.of_sku": NameSKU, "order.has_sku": NameSKU, "first_order.has_sku": NameSKU, "last_order.has_sku": NameSKU,
	"bought": NameProduct, "events": NameEvent, "customer.has_tag": NameTag, "customer.has_interest": NameInterest,
	"customer.text": NameAttribute, "customer.number": NameAttribute, "customer.date": NameAttribute, "customer.truth": NameAttribute, "customer.knows": NameAttribute,
}

// categories are the readings that give the name of a category.
var categories = []string{"orders.favourite", "order.category", "first_order.category", "last_order.category"}

// Names are the words of the shop's own that the rule looks for, those of named
// segments among them, each once and in the order of the text.
func (p *Program) Names() []Name { return p.term.names(nil) }

func (t Term) names(found []Name) []Name {
	add := func(of string, text Term) {
		if n := (Name{of, text.Text}); text.Op == OpText && !slices.Contains(found, n) {
			found = append(found, n)
		}
	}
	if of, ok := namesOf[t.Read]; ok && t.Op == OpRead && len(t.Args) > 0 {
		add(of, t.Args[len(t.Args)-1])
	}
	if len(t.Args) == 2 && (t.Op == "==" || t.Op == "in") {
		for i, side := range t.Args {
			if other := t.Args[1-i]; slices.Contains(categories, side.Read) {
				add(NameCategory, other)
				for _, text := range other.Args {
					if other.Op == OpList {
						add(NameCategory, text)
					}
				}
			}
		}
	}
	for _, a := range t.Args {
		found = a.names(found)
	}
	return found
}
