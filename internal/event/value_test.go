package event_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rewave/rewave/internal/event"
)

func TestGuess(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]event.Kind{
		"3": event.Number, "-3": event.Number, "0": event.Number, "0.5": event.Number, "12.50": event.Number, "123456789012345": event.Number,
		"007": event.Text, "+49": event.Text, "1e5": event.Text, "1,5": event.Text, ".5": event.Text, "5.": event.Text, "-": event.Text, "": event.Text,
		"1234567890123456": event.Text, "0x1F": event.Text, "NaN": event.Text,
		"2026-12-24": event.Date, "2024-02-29": event.Date, "2026-02-29": event.Text, "24.12.2026": event.Text, "2026-12-24 10:00": event.Text,
		"true": event.Truth, "FALSE": event.Truth, "yes": event.Text, "1": event.Number,
	} {
		if got := event.Guess(text); got != want {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	type result struct {
		Value event.Value
		Err   string
	}
	for _, test := range []struct {
		kind event.Kind
		text string
		want result
	}{
		{event.Text, "007", result{Value: event.Value{Kind: event.Text, Text: "007"}}},
		{event.Number, "1e2", result{Value: event.Value{Kind: event.Number, Number: 100}}},
		{event.Number, "1,5", result{Err: "not a number"}},
		{event.Number, "inf", result{Err: "not a number"}},
		{event.Number, "1e999", result{Err: "not a number"}},
		{event.Number, "0x10", result{Err: "not a number"}},
		{event.Date, "2024-02-29", result{Value: event.Value{Kind: event.Date, Date: time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC)}}},
		{event.Date, "2026-02-29", result{Err: "not a date, which is written 2026-12-24"}},
		{event.Date, "0000-01-01", result{Err: "not a date, which is written 2026-12-24"}},
		{event.Truth, "Yes", result{Value: event.Value{Kind: event.Truth, Truth: true}}},
		{event.Truth, "是", result{Value: event.Value{Kind: event.Truth, Truth: true}}},
		{event.Truth, "NEIN", result{Value: event.Value{Kind: event.Truth}}},
		{event.Truth, "0", result{Value: event.Value{Kind: event.Truth}}},
		{event.Truth, "maybe", result{Err: "neither true nor false (yes, y, true, 1, ja, j, 是 or no, n, false, 0, nein, 否)"}},
		{event.Text, string(make([]byte, event.MaxText+1)), result{Err: "a text longer than 4000 bytes"}},
	} {
		var got result
		var err error
		if got.Value, err = event.Parse(test.kind, test.text); err != nil {
			got.Err = err.Error()
		}
		if diff := cmp.Diff(got, test.want); diff != "" {
			t.Errorf("%s %.20q (-got +want):\n%s", test.kind, test.text, diff)
		}
	}
}

// A text that looks like a date stays a text, in the database too.
func TestValuesComeBackFromJSON(t *testing.T) {
	t.Parallel()
	want := map[string]event.Value{
		"text": {Kind: event.Text, Text: "2026-01-02"}, "number": {Kind: event.Number, Number: 0.1}, "no": {Kind: event.Truth},
		"date": {Kind: event.Date, Date: time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)}, "nothing": {},
	}
	data, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	const written = `{"date":{"date":"2026-01-02"},"no":false,"nothing":null,"number":0.1,"text":"2026-01-02"}`
	if string(data) != written {
		t.Errorf("got  %s\nwant %s", data, written)
	}
	var got map[string]event.Value
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("read again (-got +want):\n%s", diff)
	}
	for _, bad := range []string{`[]`, `{}`, `{"date": "2026-02-30"}`, `{"date": "2026-01-02", "more": 1}`} {
		var v event.Value
		if err := json.Unmarshal([]byte(bad), &v); err == nil {
			t.Errorf("%s is read as %v", bad, v)
		}
	}
}

// What is guessed can be read, and comes back from what it is stored as.
func FuzzGuessedValuesAreRead(f *testing.F) {
	for _, seed := range []string{"", "3", "-0", "007", "2026-12-24", "true", "1e5", "\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > event.MaxText {
			return // too long to be read at all
		}
		v, err := event.Parse(event.Guess(text), text)
		if err != nil {
			t.Fatal(err)
		}
		again, err := event.Parse(v.Kind, v.String())
		if err != nil || again != v {
			t.Fatalf("%q is %v and then %v, %v", text, v, again, err)
		}
	})
}
