package message

import (
	"errors"
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
// one with all of them known. The error, if any, is a source.List.
func Check(folder string, files Files) error {
	t, err := Compile(folder, files)
	if err != nil {
		return err
	}
	var faults source.List
	for _, try := range []struct {
		who      string
		bindings Bindings
	}{{"for a customer of whom nothing optional is known", Sparse()}, {"for a customer of whom everything is known", Sample()}} {
		_, err := Render(t, try.bindings)
		if err == nil {
			continue
		}
		d := source.Diagnostic{File: folder, Message: err.Error(), Hint: try.who}
		if r := (*renderError)(nil); errors.As(err, &r) {
			d.File, d.Line, d.Column, d.Message = r.file, r.line, 1, r.cause
		}
		faults = append(faults, d)
	}
	faults.Sort()
	return faults.Err()
}
