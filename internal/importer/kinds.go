package importer

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/rewave/rewave/internal/event"
)

// MixedKinds is a column of the shop's own whose values come in several kinds, or
// are texts that look like dates. A rule asks for one kind, and is blind to the
// customers who have another.
type MixedKinds struct {
	Column  string      // attribute.birthday
	Counts  []KindCount // the most frequent first
	Line    int         // of a value to look at
	Example string      // that value, shortened
}

// KindCount is how many values are of a kind.
type KindCount struct {
	Kind  event.Kind
	Count int
}

// kinds counts what the shop's own columns are read as, by name. Its zero value
// cannot be noted in.
type kinds map[string]*kindsSeen

type kindsSeen struct {
	by    map[event.Kind]*kindSeen
	dates kindSeen // texts that look like dates
}

// kindSeen is how often something came, and where first.
type kindSeen struct {
	count, line int
	example     string
}

func (s *kindSeen) note(line int, text string) {
	if s.count++; s.count == 1 {
		s.line, s.example = line, text
	}
}

// dateLike is how dates are written elsewhere than in a file for us.
var dateLike = regexp.MustCompile(`^(\d{4}[./-]\d{1,2}[./-]\d{1,2}|\d{1,2}[./-]\d{1,2}[./-](19|20)\d{2}|\d{4}年\d{1,2}月\d{1,2}日)([ T].*)?$`)

// note counts a value.
func (k kinds) note(name string, kind event.Kind, line int, text string) {
	const most = 1000 // names; a file of more has other troubles
	seen := k[name]
	if seen == nil {
		if len(k) == most {
			return
		}
		seen = &kindsSeen{by: map[event.Kind]*kindSeen{}}
		k[name] = seen
	}
	if seen.by[kind] == nil {
		seen.by[kind] = &kindSeen{}
	}
	seen.by[kind].note(line, text)
	if kind == event.Text && text[0] >= '0' && text[0] <= '9' && dateLike.MatchString(text) {
		seen.dates.note(line, text)
	}
}

// mixed are the columns that are not what a rule could ask for, by name.
func (k kinds) mixed(prefix string) (out []MixedKinds) {
	for _, name := range slices.Sorted(maps.Keys(k)) {
		seen := k[name]
		if len(seen.by) == 1 && seen.dates.count == 0 {
			continue
		}
		m := MixedKinds{Column: prefix + name}
		for _, kind := range event.Kinds {
			if s := seen.by[kind]; s != nil {
				m.Counts = append(m.Counts, KindCount{kind, s.count})
			}
		}
		slices.SortStableFunc(m.Counts, func(a, b KindCount) int { return b.Count - a.Count })
		look := seen.by[m.Counts[len(m.Counts)-1].Kind] // the rarest: most likely a slip
		if seen.dates.count > 0 {
			look = &seen.dates
		}
		m.Line, m.Example = look.line, strings.ToValidUTF8(look.example[:min(len(look.example), 60)], "")
		out = append(out, m)
	}
	return out
}
