package report_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rewave/rewave/internal/report"
)

// checker is as much of JSON Schema as the report's own uses.
type checker struct {
	root  map[string]any
	used  map[string]bool // properties that some report has
	wrong []string
}

func (c *checker) check(schema map[string]any, path, place string, x any) {
	say := func(format string, args ...any) { c.wrong = append(c.wrong, path+": "+fmt.Sprintf(format, args...)) }
	for key := range schema {
		if !slices.Contains([]string{"$schema", "$defs", "$ref", "title", "description", "type", "format", "enum", "anyOf", "items", "properties", "required"}, key) {
			say("the schema says %q, which is not checked here", key)
		}
	}
	if ref, ok := schema["$ref"].(string); ok {
		name := strings.TrimPrefix(ref, "#/$defs/")
		c.check(c.root["$defs"].(map[string]any)[name].(map[string]any), path, name, x)
	}
	if choices, ok := schema["anyOf"].([]any); ok {
		if !slices.ContainsFunc(choices, func(choice any) bool {
			try := checker{root: c.root, used: c.used}
			try.check(choice.(map[string]any), path, place, x)
			return len(try.wrong) == 0
		}) {
			say("none of the choices")
		}
	}
	if of, ok := schema["enum"].([]any); ok && !slices.Contains(of, x) {
		say("%v is not one of %v", x, of)
	}
	if types, ok := schema["type"]; ok {
		if one, ok := types.(string); ok {
			types = []any{one}
		}
		if !slices.ContainsFunc(types.([]any), func(t any) bool { return is(t.(string), x) }) {
			say("%v is not of type %v", x, types)
		}
	}
	if text, ok := x.(string); ok && schema["format"] == "date-time" {
		if at, err := time.Parse(time.RFC3339, text); err != nil || at.Location() != time.UTC {
			say("%s is no instant in UTC", text)
		}
	}
	switch x := x.(type) {
	case []any:
		if items, ok := schema["items"].(map[string]any); ok {
			for i, item := range x {
				c.check(items, fmt.Sprintf("%s[%d]", path, i), place+"[]", item)
			}
		}
	case map[string]any:
		properties, ok := schema["properties"].(map[string]any)
		if !ok {
			return
		}
		for key, value := range x {
			inner, ok := properties[key].(map[string]any)
			if !ok {
				say("%s is not in the schema", key)
				continue
			}
			c.used[place+"."+key] = true
			c.check(inner, path+"."+key, place+"."+key, value)
		}
		for _, key := range schema["required"].([]any) {
			if _, ok := x[key.(string)]; !ok {
				say("%s is missing", key)
			}
		}
	}
}

func is(kind string, x any) bool {
	switch x := x.(type) {
	case nil:
		return kind == "null"
	case string:
		return kind == "string"
	case bool:
		return kind == "boolean"
	case float64:
		return kind == "number" || kind == "integer" && x == math.Trunc(x)
	case []any:
		return kind == "array"
	case map[string]any:
		return kind == "object"
	}
	return false
}

// Every report is as the schema says, has no field besides (which the schema
// leaves open for readers of later reports), and between them they
// have every field that it names.
func TestJSONIsAsTheSchemaSays(t *testing.T) {
	t.Parallel()
	reports := all(t)
	reports["empty"] = report.Report{Campaign: "new", Design: 1, AsOf: on("2026-01-01")}
	texts := map[string]string{}
	for name, r := range reports {
		texts[name] = render(t, r, "json")
	}
	asTheSchemaSays(t, report.Schema(), "report", texts)
}

func asTheSchemaSays(t *testing.T, of []byte, what string, texts map[string]string) {
	t.Helper()
	var schema map[string]any
	if err := json.Unmarshal(of, &schema); err != nil {
		t.Fatal(err)
	}
	c := checker{root: schema, used: map[string]bool{}}
	for name, text := range texts {
		var x any
		if err := json.Unmarshal([]byte(text), &x); err != nil {
			t.Fatal(err)
		}
		c.check(schema, name, what, x)
	}
	for _, w := range c.wrong {
		t.Error(w)
	}
	var walk func(place string, part map[string]any)
	walk = func(place string, part map[string]any) {
		for _, key := range slices.Sorted(maps.Keys(part)) {
			inner, ok := part[key].(map[string]any)
			if !ok {
				continue
			}
			if key != "properties" {
				if key == "items" {
					walk(place+"[]", inner)
				}
				continue
			}
			for name, property := range inner {
				if !c.used[place+"."+name] {
					t.Errorf("none here has %s.%s", place, name)
				}
				walk(place+"."+name, property.(map[string]any))
			}
		}
	}
	walk(what, schema)
	for name, part := range schema["$defs"].(map[string]any) {
		walk(name, part.(map[string]any))
	}
}
