package engine

import (
	"context"
	"fmt"

	"github.com/rewave/rewave/internal/source"
	"github.com/rewave/rewave/rules"
)

// unseenSays is what is not there, by the kind of its name.
var unseenSays = map[string]string{
	rules.NameCategory:  "no product has the category %q",
	rules.NameSKU:       "there is no product %q",
	rules.NameProduct:   "no product is called %q, or has that category or role",
	rules.NameEvent:     "no event is called %q",
	rules.NameTag:       "no customer has the tag %q",
	rules.NameInterest:  "no customer has the interest %q",
	rules.NameAttribute: "no customer has the attribute %q",
}

// UnseenNames says, a sentence each, which of the shop's own words that a rule
// looks for stand nowhere in the shop: such a part of the rule is met by nobody,
// which often is a slip of the pen.
func (e *Engine) UnseenNames(ctx context.Context, names []rules.Name) (says []string, err error) {
	byKind := map[string][]string{}
	for _, n := range names {
		byKind[n.Of] = append(byKind[n.Of], n.Text)
	}
	near := map[rules.Name]string{}
	missing := map[rules.Name]bool{}
	for of, texts := range byKind {
		unseen, all, err := e.Store.Unseen(ctx, of, texts)
		if err != nil {
			return nil, err
		}
		for _, text := range unseen {
			n := rules.Name{Of: of, Text: text}
			missing[n], near[n] = true, source.Suggest(text, all)
		}
	}
	for _, n := range names {
		if !missing[n] {
			continue
		}
		text := fmt.Sprintf(unseenSays[n.Of], n.Text)
		if meant := near[n]; meant != "" {
			text += fmt.Sprintf(" (did you mean %q?)", meant)
		}
		says = append(says, text)
	}
	return says, nil
}
