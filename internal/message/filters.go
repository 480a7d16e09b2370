package message

import (
	"errors"
	"fmt"
	"net/url"
	"reflect"
	"strings"

	"github.com/osteele/liquid"
)

// Ceilings of a single value, so that no chain of filters can grow one without
// end (24 times `append` of a string to itself would be 16 million times it).
const (
	maxString = 4 << 10
	maxItems  = 100
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

// register replaces the library's filters that can grow a value; its division,
// whose error prints the value; its date filter, which knows "now" and prints
// year 1 for nil; and adds those that speak the language of the text.
func (l tongue) register(e *liquid.Engine) {
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
	e.RegisterFilter("slice", slice)
	e.RegisterFilter("date", l.date)
	e.RegisterFilter("money", l.money)
	e.RegisterFilter("phone", phone)
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

// slice is a part of a text or a list. The library's panics where a length is
// below 0 or reaches past every number.
func slice(v any, start int, length func(int) int) (any, error) {
	if v == nil {
		return nil, nil
	}
	list := reflect.ValueOf(v)
	s, isText := v.(string)
	if isText {
		list = reflect.ValueOf([]rune(s))
	}
	if list.Kind() != reflect.Slice {
		return nil, errors.New("neither a text nor a list")
	}
	if start < 0 {
		start += list.Len()
	}
	start = min(max(start, 0), list.Len())
	end := start + min(max(length(1), 0), list.Len()-start)
	part := list.Slice(start, end)
	if isText {
		return string(part.Interface().([]rune)), nil
	}
	return part.Interface(), nil
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
	fx, err := toNumber(a)
	if err != nil {
		return nil, err
	}
	fy, err := toNumber(b)
	if err != nil {
		return nil, err
	}
	if fy == 0 {
		return nil, errors.New("division by zero")
	}
	return fx / fy, nil
}

func toNumber(v any) (float64, error) {
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
