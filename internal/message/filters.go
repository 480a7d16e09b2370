package message

import (
	"errors"
	"fmt"
	"net/url"
	"reflect"
	"strings"
	"time"

	"github.com/osteele/liquid"
	"github.com/osteele/tuesday"
)

// Ceilings of a single value, so that no chain of filters can grow one without
// end (24 times `append` of a string to itself would be 16 million times it).
const (
	maxString = 8 << 10
	maxItems  = 100
)

// filterNames is every filter a template may use. What is left out grows
// without a bound (concat), reads the clock, undoes the escaping (safe), shows
// Go's insides (inspect, json, type) or has no list to work on yet (map, where,
// sum).
var filterNames = set(
	"default", "date",
	"abs", "ceil", "floor", "round", "plus", "minus", "times", "divided_by", "modulo", "at_least", "at_most",
	"append", "prepend", "replace", "replace_first", "remove", "remove_first", "slice", "truncate", "size",
	"upcase", "downcase", "capitalize", "strip", "lstrip", "rstrip", "strip_newlines", "url_encode", "pluralize",
	"split", "join", "first", "last", "reverse", "sort", "uniq",
)

// tagNames is every tag a template may use.
var tagNames = set("if", "elsif", "else", "unless", "case", "when", "for", "break", "continue", "assign", "comment")

func set(names ...string) map[string]bool {
	m := make(map[string]bool, len(names))
	for _, n := range names {
		m[n] = true
	}
	return m
}

var errTooLong = fmt.Errorf("the result would be longer than %d KiB", maxString>>10)

// registerFilters replaces the library's filters that can grow a value; its
// division, whose error prints the value; and its date filter, which knows "now"
// and prints year 1 for nil.
func registerFilters(e *liquid.Engine) {
	e.RegisterFilter("append", func(s, suffix string) (string, error) { return capped(len(s)+len(suffix), s, suffix) })
	e.RegisterFilter("prepend", func(s, prefix string) (string, error) { return capped(len(s)+len(prefix), prefix, s) })
	e.RegisterFilter("replace", func(s, old, with string) (string, error) { return replace(s, old, with, -1) })
	e.RegisterFilter("replace_first", func(s, old, with string) (string, error) { return replace(s, old, with, 1) })
	e.RegisterFilter("url_encode", func(s string) (string, error) {
		if len(s) > maxString/3 {
			return "", errTooLong
		}
		return url.QueryEscape(s), nil
	})
	e.RegisterFilter("divided_by", divide)
	e.RegisterFilter("split", split)
	e.RegisterFilter("join", join)
	e.RegisterFilter("date", date)
}

func capped(size int, parts ...string) (string, error) {
	if size > maxString {
		return "", errTooLong
	}
	return strings.Join(parts, ""), nil
}

func replace(s, old, with string, n int) (string, error) {
	count := strings.Count(s, old)
	if n >= 0 {
		count = min(count, n)
	}
	if grow := len(with) - len(old); len(s)+max(grow, 0)*count > maxString {
		return "", errTooLong
	}
	return strings.Replace(s, old, with, n), nil
}

func split(s, sep string) (any, error) {
	if strings.Count(s, sep) >= maxItems {
		return nil, fmt.Errorf("more than %d items", maxItems)
	}
	return strings.Split(s, sep), nil
}

func join(list any, sep func(string) string) (string, error) {
	v := reflect.ValueOf(list)
	if !v.IsValid() {
		return "", nil
	}
	if v.Kind() != reflect.Slice {
		return "", errors.New("not a list")
	}
	parts, size, by := make([]string, v.Len()), 0, sep(" ")
	for i := range parts {
		parts[i] = fmt.Sprint(v.Index(i).Interface())
		if size += len(parts[i]) + len(by); size > maxString {
			return "", errTooLong
		}
	}
	return strings.Join(parts, by), nil
}

// divide is integer division when both are integers, as in Liquid.
func divide(a, b any) (any, error) {
	x, xInt := a.(int)
	y, yInt := b.(int)
	if xInt && yInt {
		if y == 0 {
			return nil, errors.New("division by zero")
		}
		return x / y, nil
	}
	fx, err := number(a)
	if err != nil {
		return nil, err
	}
	fy, err := number(b)
	if err != nil {
		return nil, err
	}
	if fy == 0 {
		return nil, errors.New("division by zero")
	}
	return fx / fy, nil
}

func number(v any) (float64, error) {
	switch v := v.(type) {
	case int:
		return float64(v), nil
	case int64:
		return float64(v), nil
	case float64:
		return v, nil
	}
	return 0, errors.New("not a number")
}

// date formats a date field, or a date written as 2026-03-02, by strftime.
func date(value any, format func(string) string) (string, error) {
	s, ok := value.(string)
	if !ok {
		if value == nil {
			return "", errors.New("the date is not known for every customer: put it inside {% if %}")
		}
		return "", errors.New("not a date")
	}
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return "", errors.New("not a date: write it as 2026-03-02; a template cannot ask for today")
	}
	f := format("%d %b %Y")
	if len(f) > 256 {
		return "", errTooLong
	}
	return tuesday.Strftime(f, t)
}
