package message

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/rewave/rewave/internal/source"
)

// SampleFor is a customer of whom everything is known, for previews, with a value
// for every name that campaign or shop made up and the message reads. Its values
// hold what a careless template trips over: quotes, markup, long names.
func SampleFor(t *Template) Bindings {
	kinds := map[string]kind{}
	for _, path := range t.named {
		if kinds[path] = t.kinds[path]; kinds[path] == text {
			kinds[path] = t.scope.open[path].kind
		}
	}
	return sample(t.scope.Options, kinds)
}

func sample(o Options, kinds map[string]kind) Bindings {
	amount := func(minor int64) *Amount { return &Amount{minor, o.Currency} }
	date := func(month time.Month, d int) time.Time { return time.Date(2026, month, d, 0, 0, 0, 0, time.UTC) }
	b := Bindings{
		Customer: Customer{ID: "C-1042", FirstName: `Zoë "Zo" <b>`, LastName: "O'Hara & Söhne", Locale: "en-GB", Attributes: map[string]any{}},
		Shop:     Shop{Name: "Demo & Shop"},
		Orders:   Orders{Count: 3, LastOn: date(3, 2), Total: amount(129_90)},
		Order:    &Order{ID: "O-2087", Total: amount(49_90), On: date(3, 2), FirstProduct: `Café crème 12"`},
		Event:    map[string]any{},
		Stratum:  Stratum{Name: "food", Notes: map[string]string{}},
		Coupon:   &Coupon{Value: amount(20_00), Percent: 20, MinSpend: amount(100_00), ExpiresOn: date(3, 16)},
		// As long as a real one, because a text message is counted.
		UnsubscribeURL: strings.TrimSuffix(cmp.Or(o.Link, "https://shop.example"), "/") + "/u/" + strings.Repeat("s", 38),
	}
	for path, k := range kinds {
		root, name, _ := strings.Cut(path, ".")
		v := map[kind]any{text: "sample", number: 3.0, day: date(3, 2)}[k]
		switch root {
		case "customer":
			b.Customer.Attributes[name] = v
		case "event":
			b.Event[name] = v
		case "stratum":
			b.Stratum.Notes[name] = "sample"
		}
	}
	return b
}

// sparse is a customer of whom only what is never missing is known.
func sparse(o Options) Bindings {
	all := sample(o, nil)
	b := Bindings{
		Customer:       Customer{ID: all.Customer.ID},
		Shop:           all.Shop,
		Order:          &Order{ID: all.Order.ID, On: all.Order.On},
		Coupon:         &Coupon{},
		UnsubscribeURL: all.UnsubscribeURL,
	}
	if o.Codeless {
		b.Coupon = nil
	}
	if o.Occasion != "" {
		b.Customer.Attributes = map[string]any{o.Occasion: all.Order.On}
	}
	return b
}

// Check compiles a message folder in all its languages, then renders each part
// with every optional field unknown and with all of them known; an advertisement
// must print the link to unsubscribe in every part. A fault of one file hides
// none of another. The lengths are those of the text messages, by locale. The error,
// if any, is a source.List.
//
// NewSet does not ask for that link and follows none, so that what was stored
// before still runs.
func Check(folder string, files map[string]Files, o Options) (map[string]Length, error) {
	var faults source.List
	lengths := map[string]Length{}
	scope := newScope(o)
	scope.checking = true
	if _, ok := files[""]; !ok {
		_, err := NewSet(folder, nil, o)
		return nil, err
	}
	for _, locale := range slices.Sorted(maps.Keys(files)) {
		within, f := localeFolder(folder, locale), files[locale]
		t, found := compile(within, locale, f, scope)
		faults = append(faults, found...)
		rendered, found := t.try()
		faults = append(faults, found...)
		if l := t.lengthOf(rendered); l.Segments > 0 {
			lengths[locale] = l
		}
		if o.Service {
			continue
		}
		for _, part := range []struct {
			name, text string
			of         func(Content) string
		}{
			{TextFile, f.Text, func(c Content) string { return c.Text }},
			{HTMLFile, f.HTML, func(c Content) string { return c.HTML }},
			{SMSFile, f.SMS, func(c Content) string { return c.SMS }},
		} {
			faults = append(faults, unlinked(within, part.name, part.text, rendered, part.of)...)
		}
	}
	faults.Sort()
	return lengths, faults.Err()
}

// Lengths measures the text messages of a folder as Check does, by locale, and
// asks for nothing that a message that was stored before may lack: an attribute
// that it reads need not be declared. The error is a source.List of what could
// not be compiled or rendered; then there are no lengths.
func Lengths(folder string, files map[string]Files, o Options) (map[string]Length, error) {
	var faults source.List
	lengths := map[string]Length{}
	o.Channels = []string{SMS} // by e-mail nothing is measured
	scope := newScope(o)
	for _, locale := range slices.Sorted(maps.Keys(files)) {
		if strings.TrimSpace(files[locale].SMS) == "" {
			continue
		}
		t, found := compile(localeFolder(folder, locale), locale, Files{SMS: files[locale].SMS}, scope)
		faults = append(faults, found...)
		rendered, found := t.try()
		faults = append(faults, found...)
		lengths[locale] = t.lengthOf(rendered)
	}
	if faults != nil {
		faults.Sort()
		return nil, faults
	}
	return lengths, nil
}

// try renders each part by itself for both extremes; a part that cannot be
// rendered is empty in that content.
func (t *Template) try() ([]Content, source.List) {
	var faults source.List
	var rendered []Content
	for _, try := range []struct {
		who      string
		bindings Bindings
	}{{"for a customer of whom nothing optional is known", sparse(t.scope.Options)}, {"for a customer of whom everything is known", SampleFor(t)}} {
		var c Content
		vars, err := t.vars(try.bindings)
		for i := range t.parts {
			if err == nil {
				err = t.parts[i].into(&c, &bound{vars: vars})
			}
			if r := (*renderError)(nil); errors.As(err, &r) {
				d := source.Diagnostic{File: r.file, Line: r.line, Message: t.parts[i].shown(r), Hint: try.who}
				if r.line > 0 {
					d.Column = 1
				}
				faults = append(faults, d)
			} else if err != nil {
				faults = append(faults, source.Diagnostic{File: t.parts[i].file, Message: err.Error(), Hint: try.who})
			}
			err = nil
		}
		rendered = append(rendered, c)
	}
	return rendered, faults
}

// unlinked finds a part without the link to unsubscribe, whether or not the part
// could be rendered: a writer hears of all faults at once. A part that is not
// there needs none.
func unlinked(folder, name, text string, rendered []Content, part func(Content) string) source.List {
	every := "every e-mail needs one"
	if name == SMSFile {
		every = "every text message that advertises needs one"
	}
	d := source.Diagnostic{File: fileOf(folder, name), Message: "has no link to unsubscribe; " + every, Hint: "put {{ unsubscribe_url }} into it"}
	switch {
	case strings.TrimSpace(text) == "":
		return nil
	case !strings.Contains(text, "unsubscribe_url"):
		return source.List{d}
	}
	for _, c := range rendered {
		if got := part(c); got != "" && !strings.Contains(got, "/u/"+strings.Repeat("s", 38)) {
			d.Message = "not every customer gets the link to unsubscribe; " + every
			d.Hint = "print {{ unsubscribe_url }} as it is, outside of {% if %}"
			return source.List{d}
		}
	}
	return nil
}
