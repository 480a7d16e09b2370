package postgres

import (
	"strings"
	"testing"

	"github.com/rewave/rewave/rules"
)

// Each member of the language is read by SQL, or it is said why not.
func TestEveryMemberIsTranslatedOrSaysWhyNot(t *testing.T) {
	t.Parallel()
	members := map[string]bool{}
	for _, name := range rules.Readings() {
		members[name] = true
		record, _, _ := strings.Cut(name, ".")
		_, own := untranslated[name]
		_, translated := readings[name]
		switch {
		case own && translated:
			t.Errorf("%s is translated, and has a reason why it is not", name)
		case !own && !translated && untranslatedRecords[record] == "":
			t.Errorf("%s is not translated, and there is no reason", name)
		}
	}
	for name := range readings {
		if !members[name] {
			t.Errorf("%s is translated, and no rule can read it", name)
		}
	}
	for name := range untranslated {
		if !members[name] {
			t.Errorf("%s has a reason, and no rule can read it", name)
		}
	}
}
