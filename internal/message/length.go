package message

import (
	"slices"
	"strings"

	"github.com/rewave/rewave/internal/gsm"
)

// Length is what a text message takes, in the dearer of two cases: nothing
// optional is known of the customer, or everything, with a name that phones have
// letters for. Not every name is such a one, and no estimate should be doubled by
// the few that are not.
type Length struct {
	gsm.Length
	Named   gsm.Length // with a name like Zoë; zero: that takes no more segments
	Foreign string     // the letters of its own that make it dearer, at most three; empty: none does, or it is written in another script
}

// lengthOf measures what try rendered for those of whom least and most is known,
// the latter with a letter in their name that phones have none for.
func (t *Template) lengthOf(rendered []Content) Length {
	least, most := rendered[0].SMS, rendered[1].SMS
	plain := Content{SMS: most}
	sample := SampleFor(t)
	sample.Customer.FirstName = strings.ReplaceAll(sample.Customer.FirstName, "ë", "e")
	if vars, err := t.vars(sample); err == nil {
		for i := range t.parts {
			if t.parts[i].name == SMSFile && t.parts[i].into(&plain, &bound{vars: vars}) != nil {
				plain.SMS = most // try has told why it cannot be rendered
			}
		}
	}
	var l Length
	for _, text := range []string{least, plain.SMS} {
		if size := gsm.Measure(text); text != "" && size.Segments >= l.Segments {
			l.Length, l.Foreign = size, foreign(text, size)
		}
	}
	if named := gsm.Measure(most); named.Segments > l.Segments {
		l.Named = named
	}
	return l
}

// foreign are the few letters without which a text would take fewer segments.
func foreign(text string, size gsm.Length) string {
	var letters []string
	for r := gsm.Foreign(text); r != ""; r = gsm.Foreign(text) {
		if letters = append(letters, r); len(letters) > 3 {
			return "" // it is the script
		}
		text = strings.ReplaceAll(text, r, "x")
	}
	if gsm.Measure(text).Segments >= size.Segments {
		return ""
	}
	slices.Sort(letters)
	return strings.Join(letters, " ")
}
