package importer

import (
	"bytes"
	"strings"
	"time"

	"github.com/rewave/rewave/internal/customer"
	"github.com/rewave/rewave/internal/event"
)

// profileColumns are the attributes that have a column of their own.
var profileColumns = []string{customer.Sex, customer.Birthday, customer.Occupation, customer.Interests, customer.Source}

// profileReader reads them from a row into its attributes.
type profileReader struct {
	fields []field
	days   []string // forms of a birthday besides ISO 8601
}

func (r *run) profile() profileReader {
	p := profileReader{days: r.days()}
	for _, column := range profileColumns {
		p.fields = append(p.fields, r.layout.field(column))
	}
	return p
}

// days are the forms of days that the map says.
func (r *run) days() []string {
	if r.opts.Map.Time == "" {
		return nil
	}
	return withDays([]string{r.opts.Map.Time})
}

// read adds what a row says to the attributes, which may be nil.
func (p profileReader) read(rec *record, attributes map[string]event.Value) (map[string]event.Value, *badLine) {
	for i, f := range p.fields {
		text, name := f.of(rec), profileColumns[i]
		if len(text) == 0 {
			continue
		}
		v, bad := profileValue(name, string(text), p.days)
		switch {
		case bad != nil:
			return nil, bad
		case v.Kind == "":
			continue
		}
		if _, twice := attributes[name]; twice {
			return nil, &badLine{"two columns give " + name, ""}
		}
		if attributes == nil {
			attributes = map[string]event.Value{}
		}
		attributes[name] = v
	}
	return attributes, nil
}

// profileValue reads one of them from text that is not empty; the zero Value is a
// word for what was not told.
func profileValue(name, text string, days []string) (event.Value, *badLine) {
	switch name {
	case customer.Sex:
		sex, ok := customer.ReadSex(text)
		if !ok {
			return event.Value{}, badValue("the sex is not known by that word ("+customer.SexWords+")", []byte(text))
		}
		if sex == "" {
			return event.Value{}, nil
		}
		text = sex
	case customer.Birthday:
		for _, form := range days {
			if day, err := time.Parse(form, text); err == nil {
				text = day.Format(time.DateOnly)
				break
			}
		}
	case customer.Interests:
		list, bad := readTags([]byte(text))
		if bad != nil || len(list) == 0 {
			return event.Value{}, bad
		}
		text = strings.Join(list, ";")
	}
	v, err := event.Parse(customer.Attributes[name], text)
	if err != nil {
		return v, badValue("the "+name+" is "+err.Error(), bytes.TrimSpace([]byte(text)))
	}
	return v, nil
}
