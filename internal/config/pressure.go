package config

import (
	"regexp"

	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/fault"
	"github.com/rewave/rewave/internal/source"
)

var (
	groupKeys    = source.Keys{Known: []string{"per_customer"}, Later: []string{"per_channel", "budget"}}
	blackoutKeys = source.Keys{Known: []string{"from", "to", "in", "kind"}, Elsewhere: map[string]string{"until": "write to:, the last of the days"}}
	groupName    = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,59}$`) // as campaigns write it
)

// readGroups reads the caps that campaigns share, by the group's name.
func readGroups(n source.Node) map[string]Cap {
	out := map[string]Cap{}
	entries, _ := n.Entries()
	for _, e := range entries {
		name := e.Key.Name()
		if !groupName.MatchString(name) {
			e.Key.Report("\""+name+"\" is not a name that a campaign can give as its group", "letters, digits, and . _ - between them, at most 60: groups: {promo: {per_customer: 1 in 7d}}")
			continue
		}
		m, ok := e.Value.Mapping(groupKeys)
		if !ok {
			continue
		}
		if n, ok := m.Need("per_customer", "for example per_customer: 1 in 7d"); ok {
			if count, window, ok := n.Cap(); ok {
				out[name] = Cap{Count: count, Window: window}
			}
		}
	}
	return out
}

// readBlackout reads days without messages: a date, or from one to another.
func readBlackout(n source.Node) []calendar.Blackout {
	items, _ := n.Items()
	var out []calendar.Blackout
	for _, item := range items {
		if !item.IsMapping() {
			if date, ok := source.Parsed(item, calendar.ParseDate); ok {
				out = append(out, calendar.Blackout{From: date, To: date})
			}
			continue
		}
		m, ok := item.Mapping(blackoutKeys)
		if !ok {
			continue
		}
		var b calendar.Blackout
		known := false
		if n, ok := m.Need("from", `the first of the days: from: "2027-01-28"`); ok {
			b.From, known = source.Parsed(n, calendar.ParseDate)
		}
		b.To = b.From
		if n, ok := m.Get("to"); ok {
			var ends bool
			if b.To, ends = source.Parsed(n, calendar.ParseDate); ends && known && b.To.Before(b.From) {
				n.Report("the last day lies before the first, "+b.From.String(), "")
			}
		}
		if n, ok := m.Get("in"); ok {
			places, _ := n.Items()
			for _, place := range places {
				if name, ok := source.Parsed(place, blackoutCountry); ok {
					b.In = append(b.In, name)
				}
			}
			if len(places) == 0 && n.IsList() {
				n.Report("no country", "for example in: [CN], or take it out for all")
			}
		}
		if n, ok := m.Get("kind"); ok {
			kind, _ := n.OneOf("kind", []string{"promotion", "all"}, nil)
			b.All = kind == "all"
		}
		out = append(out, b)
	}
	return out
}

func blackoutCountry(s string) (string, error) {
	name, err := country(s)
	if err != nil {
		return "", fault.New(fault.Invalid, `"`+s+`" is not a country`, "two capitals, as DE, GB or CN")
	}
	return name, nil
}
