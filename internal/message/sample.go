package message

import (
	"errors"
	"strings"
	"time"

	"github.com/rewave/rewave/internal/source"
)

// Sample is a customer of whom everything is known, for previews. Its values
// hold what a careless template trips over: quotes, markup, long names.
func Sample() Bindings {
	return Bindings{
		Customer:       Customer{ID: "C-1042", FirstName: `Zoë "Zo" <b>`, LastName: "O'Hara & Söhne", Locale: "en-GB"},
		Shop:           Shop{Name: "Demo & Shop"},
		Orders:         Orders{Count: 3, LastOn: time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)},
		UnsubscribeURL: "https://shop.example/u/sample",
	}
}

// Sparse is a customer of whom only what is never missing is known.
func Sparse() Bindings {
	b := Sample()
	return Bindings{
		Customer:       Customer{ID: b.Customer.ID},
		Shop:           b.Shop,
		UnsubscribeURL: b.UnsubscribeURL,
	}
}

// Check is Compile, then one rendering with every optional field unknown and
// one with all of them known, each of which must print the link to unsubscribe
// in every part. Compile alone does not ask for the link, so that what was
// stored without one still runs. The error, if any, is a source.List.
func Check(folder string, files Files) error {
	var faults source.List
	t, err := Compile(folder, files)
	if err != nil && !errors.As(err, &faults) {
		return err
	}
	var rendered []Content
	for _, try := range []struct {
		who      string
		bindings Bindings
	}{{"for a customer of whom nothing optional is known", Sparse()}, {"for a customer of whom everything is known", Sample()}} {
		if t == nil {
			break
		}
		content, err := Render(t, try.bindings)
		if err == nil {
			rendered = append(rendered, content)
			continue
		}
		d := source.Diagnostic{File: folder, Message: err.Error(), Hint: try.who}
		if r := (*renderError)(nil); errors.As(err, &r) {
			d.File, d.Line, d.Column, d.Message = r.file, r.line, 1, r.cause
		}
		faults = append(faults, d)
	}
	faults = append(faults, unlinked(folder, TextFile, files.Text, rendered, func(c Content) string { return c.Text })...)
	faults = append(faults, unlinked(folder, HTMLFile, files.HTML, rendered, func(c Content) string { return c.HTML })...)
	faults.Sort()
	return faults.Err()
}

// unlinked finds a part without the link to unsubscribe, whether or not the part
// could be rendered: a writer hears of all faults at once. A part that is not
// there needs none.
func unlinked(folder, name, text string, rendered []Content, part func(Content) string) source.List {
	d := source.Diagnostic{File: fileOf(folder, name), Message: "has no link to unsubscribe; every e-mail needs one", Hint: "put {{ unsubscribe_url }} into it"}
	switch {
	case strings.TrimSpace(text) == "":
		return nil
	case !strings.Contains(text, "unsubscribe_url"):
		return source.List{d}
	}
	for _, c := range rendered {
		if !strings.Contains(part(c), Sample().UnsubscribeURL) {
			d.Message = "not every customer gets the link to unsubscribe; every e-mail needs one"
			d.Hint = "print {{ unsubscribe_url }} as it is, outside of {% if %}"
			return source.List{d}
		}
	}
	return nil
}
