package event

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Kind is the type of a value.
type Kind string

const (
	Text   Kind = "text"
	Number Kind = "number"
	Date   Kind = "date"
	Truth  Kind = "truth"
)

// Kinds are all there are.
var Kinds = [...]Kind{Text, Number, Date, Truth}

// Value is a property of an event or an attribute of a customer. Only the field
// of its kind is set; the zero Value has no kind and stands for nothing.
type Value struct {
	Kind   Kind
	Text   string
	Number float64   // finite
	Date   time.Time // midnight UTC
	Truth  bool
}

// What Parse finds wrong.
var (
	ErrNumber  = errors.New("not a number")
	ErrDate    = errors.New("not a date, which is written 2026-12-24")
	ErrTruth   = errors.New("neither true nor false (" + TruthWords + ")")
	ErrTooLong = fmt.Errorf("a text longer than %d bytes", MaxText)
)

// Parse reads a value of a kind from text that is not empty. Truths are what
// ReadTruth knows; numbers are written with a point. The error is one of those above and does not repeat the text.
func Parse(kind Kind, text string) (Value, error) {
	switch kind {
	case Text:
		if len(text) > MaxText {
			return Value{}, ErrTooLong
		}
		return Value{Kind: Text, Text: text}, nil
	case Number:
		n, err := strconv.ParseFloat(text, 64)
		if err != nil || math.IsInf(n, 0) || math.IsNaN(n) || strings.ContainsAny(text, "xXpP_") {
			return Value{}, ErrNumber
		}
		return Value{Kind: Number, Number: n}, nil
	case Date:
		day, err := time.Parse(time.DateOnly, text)
		if err != nil || day.Year() < 1 {
			return Value{}, ErrDate
		}
		return Value{Kind: Date, Date: day}, nil
	case Truth:
		yes, ok := ReadTruth(text)
		if !ok {
			return Value{}, ErrTruth
		}
		return Value{Kind: Truth, Truth: yes}, nil
	}
	return Value{}, fmt.Errorf("unknown kind %q", string(kind))
}

// Guess says what kind a text most likely is. What only looks like a number, as
// an article or a postcode does (007, +49, 1e5, more digits than a number keeps),
// is text.
func Guess(text string) Kind {
	switch {
	case text == "true" || text == "false" || text == "TRUE" || text == "FALSE":
		return Truth
	case plainNumber(text):
		return Number
	case IsDate(text):
		return Date
	}
	return Text
}

// IsDate says whether text is a day of the calendar, written 2026-12-24.
func IsDate(text string) bool {
	_, err := Parse(Date, text)
	return err == nil
}

func plainNumber(text string) bool {
	const exact = 15 // digits that a float64 keeps
	whole, fraction, point := strings.Cut(strings.TrimPrefix(text, "-"), ".")
	return whole != "" && (whole == "0" || whole[0] != '0') && (fraction != "" || !point) &&
		strings.Trim(whole+fraction, "0123456789") == "" && len(whole)+len(fraction) <= exact
}

// String is the value as a person writes it; empty for the zero Value.
func (v Value) String() string {
	switch v.Kind {
	case Text:
		return v.Text
	case Number:
		return strconv.FormatFloat(v.Number, 'f', -1, 64)
	case Date:
		return v.Date.Format(time.DateOnly)
	case Truth:
		return strconv.FormatBool(v.Truth)
	}
	return ""
}

// MarshalJSON writes text, numbers and truths as JSON has them, and a date, which
// it has not, as {"date": "2026-12-24"}.
func (v Value) MarshalJSON() ([]byte, error) {
	switch v.Kind {
	case Text:
		return json.Marshal(v.Text)
	case Number:
		return json.Marshal(v.Number)
	case Date:
		return json.Marshal(map[string]string{"date": v.String()})
	case Truth:
		return json.Marshal(v.Truth)
	}
	return []byte("null"), nil
}

// UnmarshalJSON reads what MarshalJSON writes; null is the zero Value.
func (v *Value) UnmarshalJSON(data []byte) error {
	var read any
	if err := json.Unmarshal(data, &read); err != nil {
		return err
	}
	*v = Value{}
	switch x := read.(type) {
	case nil:
		return nil
	case string:
		*v = Value{Kind: Text, Text: x}
		return nil
	case float64:
		*v = Value{Kind: Number, Number: x}
		return nil
	case bool:
		*v = Value{Kind: Truth, Truth: x}
		return nil
	case map[string]any:
		if day, ok := x["date"].(string); ok && len(x) == 1 {
			parsed, err := Parse(Date, day)
			*v = parsed
			return err
		}
	}
	return fmt.Errorf("%.60s is no value of a property", data)
}
