package importer

import (
	"bytes"
	"encoding/json"
	"io"
	"slices"
	"strings"
)

// jsonReader reads one JSON object a line. Its header is the keys asked for; a
// key that an object does not have is an empty field.
type jsonReader struct {
	lines   *lineReader
	keys    []string
	index   map[string]int
	own     ownNames
	ignored map[string]bool
}

func newJSONReader(lines *lineReader, keys []string, own ownNames) *jsonReader {
	j := &jsonReader{lines: lines, keys: keys, index: map[string]int{}, own: own, ignored: map[string]bool{}}
	for i, key := range keys {
		j.index[key] = i
	}
	return j
}

func (j *jsonReader) header() []string { return j.keys }

func (j *jsonReader) next(rec *record) error {
	var line textLine
	for {
		var err error
		if line, err = j.lines.next(); err != nil {
			return err
		}
		if len(bytes.TrimSpace(line.text)) > 0 || line.bad != nil {
			break
		}
	}
	rec.line, rec.raw = line.number, line.text
	rec.fields = slices.Grow(rec.fields[:0], len(j.keys))[:len(j.keys)]
	clear(rec.fields)
	rec.own = rec.own[:0]
	if line.bad != nil {
		return line.bad
	}
	if bad := j.fill(rec); bad != nil {
		return bad
	}
	return nil
}

func (j *jsonReader) fill(rec *record) *badLine {
	decoder := json.NewDecoder(bytes.NewReader(rec.raw))
	decoder.UseNumber()
	var object map[string]any
	if err := decoder.Decode(&object); err != nil || object == nil {
		return &badLine{reason: "not a JSON object"}
	}
	if _, err := decoder.Token(); err != io.EOF {
		return &badLine{reason: "text behind the JSON object"}
	}
	for key, value := range object {
		i, ok := j.index[key]
		if !ok {
			j.keep(rec, key, value)
			continue
		}
		switch v := value.(type) {
		case nil:
		case string:
			rec.fields[i] = []byte(v)
		case json.Number:
			rec.fields[i] = []byte(v)
		case bool:
			rec.fields[i] = []byte("no")
			if v {
				rec.fields[i] = []byte("yes")
			}
		case []any:
			if rec.fields[i], ok = listed(v); !ok || !j.own.list(key) {
				return &badLine{"neither text nor a number", key}
			}
		default:
			return &badLine{"neither text nor a number", key}
		}
		if bytes.IndexByte(rec.fields[i], 0) >= 0 {
			return &badLine{"a NUL byte", key}
		}
	}
	return nil
}

// keep notes a key of the shop's own; what is none, or no value, is ignored.
func (j *jsonReader) keep(rec *record, key string, value any) {
	note := func(name, path string, value any) {
		if own, ok := newOwnKey(name, value); ok {
			rec.own = append(rec.own, own)
		} else if value != nil {
			j.ignore(path)
		}
	}
	if members, ok := value.(map[string]any); ok && j.own.set != nil && key == j.own.set.object {
		for name, value := range members {
			note(name, key+"."+name, value)
		}
		return
	}
	if name, ok := j.own.of(key); ok {
		note(name, key, value)
		return
	}
	j.ignore(key)
}

func (j *jsonReader) ignore(key string) {
	if len(j.ignored) < 100 { // a list for a person
		j.ignored[key] = true
	}
}

// listed writes a list of texts as tags are written.
func listed(list []any) ([]byte, bool) {
	out := []byte{';'} // says that there are none
	for _, item := range list {
		text, ok := item.(string)
		if !ok || strings.Contains(text, ";") {
			return nil, false
		}
		out = append(append(out, text...), ';')
	}
	return out, true
}
