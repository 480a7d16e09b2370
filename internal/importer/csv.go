package importer

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/rewave/rewave/internal/fault"
)

// csvReader reads RFC 4180 with a header line. The standard library's reader is
// not used because it cannot go on behind a quote that is never closed: it takes
// the rest of the file for one field. Here such a line is rejected alone.
type csvReader struct {
	lines   *lineReader
	columns []string
	comma   byte
	quoted  []byte // the fields of a row with quotes, unescaped
	joined  []byte // a row of several lines
}

func newCSVReader(lines *lineReader) (*csvReader, error) {
	first, err := lines.next()
	for err == nil && len(first.text) == 0 && first.bad == nil {
		first, err = lines.next()
	}
	if err == io.EOF {
		return nil, fault.New(fault.Invalid, lines.name+" is empty", "")
	}
	if err != nil {
		return nil, err
	}
	c := &csvReader{lines: lines, comma: delimiter(first.text)}
	if first.bad != nil {
		return nil, fault.New(fault.Invalid, fmt.Sprintf("the header line of %s cannot be read: %s", lines.name, first.bad.full()), "")
	}
	fields, open, bad := c.split(nil, first.text)
	if open {
		bad = &badLine{reason: "a quote is never closed"}
	}
	if bad != nil {
		return nil, fault.New(fault.Invalid, fmt.Sprintf("the header line of %s cannot be read: %s", lines.name, bad.full()), "")
	}
	seen := map[string]bool{}
	for _, f := range fields {
		name := strings.TrimSpace(string(f))
		if seen[name] && name != "" {
			return nil, fault.New(fault.Invalid, fmt.Sprintf("two columns of %s are named %q", lines.name, name), "rename one")
		}
		seen[name] = true
		c.columns = append(c.columns, name)
	}
	return c, nil
}

// delimiter is the mark that divides the header: comma, semicolon or tab.
func delimiter(header []byte) byte {
	best, most := byte(','), 0
	for _, mark := range []byte{',', ';', '\t'} {
		if n := bytes.Count(header, []byte{mark}); n > most {
			best, most = mark, n
		}
	}
	return best
}

func (c *csvReader) header() []string { return c.columns }

func (c *csvReader) next(rec *record) error {
	var line textLine
	for {
		var err error
		if line, err = c.lines.next(); err != nil {
			return err
		}
		if len(line.text) > 0 || line.bad != nil {
			break
		}
	}
	rec.line, rec.raw, rec.fields = line.number, line.text, rec.fields[:0]
	if line.bad != nil {
		return line.bad
	}
	fields, open, bad := c.split(rec.fields, line.text)
	rec.fields = fields
	if open {
		return c.nextOpen(rec, line)
	}
	if bad == nil && len(fields) != len(c.columns) {
		bad = c.width(len(fields))
	}
	if bad != nil {
		return bad
	}
	return nil
}

func (c *csvReader) width(n int) *badLine {
	return &badLine{"wrong number of columns", fmt.Sprintf("%d where the header has %d", n, len(c.columns))}
}

// nextOpen reads a row whose first line ends inside a quoted field. When no row
// comes of it, only that first line is bad: those behind it are read again.
func (c *csvReader) nextOpen(rec *record, first textLine) error {
	c.joined = append(c.joined[:0], first.text...)
	end := len(c.joined) // of the first line
	var ahead []textLine
	never := &badLine{reason: "a quote is never closed"}
	var bad *badLine
	for bad == nil {
		line, err := c.lines.next()
		if err == io.EOF {
			bad = never
			break
		}
		if err != nil {
			return err
		}
		line.text = bytes.Clone(line.text)
		ahead = append(ahead, line)
		c.joined = append(append(c.joined, '\n'), line.text...)
		if line.bad != nil || len(c.joined) > maxLine {
			bad = never
			break
		}
		if bytes.IndexByte(line.text, '"') < 0 {
			continue // still inside
		}
		var open bool
		rec.fields, open, bad = c.split(rec.fields[:0], c.joined)
		if open {
			bad = nil
			continue
		}
		if bad == nil && len(rec.fields) != len(c.columns) {
			bad = c.width(len(rec.fields))
		}
		if bad == nil {
			rec.raw = c.joined
			return nil
		}
	}
	c.lines.pushBack(ahead)
	rec.raw = c.joined[:end]
	return never
}

// split cuts a row into fields appended to fields. open says that it ends inside
// a quoted field.
func (c *csvReader) split(fields [][]byte, row []byte) (_ [][]byte, open bool, bad *badLine) {
	if bytes.IndexByte(row, '"') < 0 {
		for {
			i := bytes.IndexByte(row, c.comma)
			if i < 0 {
				return append(fields, row), false, nil
			}
			fields = append(fields, row[:i])
			row = row[i+1:]
		}
	}
	// Room for all of it first: growing would leave fields in the old array.
	if cap(c.quoted) < len(row) {
		c.quoted = make([]byte, 0, 2*len(row))
	}
	c.quoted = c.quoted[:0]
	for {
		var field []byte
		if len(row) > 0 && row[0] == '"' {
			start := len(c.quoted)
			rest, closed := c.unquote(row[1:])
			if !closed {
				return fields, true, nil
			}
			field, row = c.quoted[start:len(c.quoted):len(c.quoted)], rest
			if len(row) > 0 && row[0] != c.comma {
				return fields, false, &badLine{reason: "text behind a closing quote"}
			}
		} else {
			end := bytes.IndexByte(row, c.comma)
			if end < 0 {
				end = len(row)
			}
			field, row = row[:end], row[end:]
			if bytes.IndexByte(field, '"') >= 0 {
				return fields, false, &badLine{reason: "a quote inside a field that is not quoted"}
			}
		}
		fields = append(fields, field)
		if len(row) == 0 {
			return fields, false, nil
		}
		row = row[1:]
	}
}

// unquote copies a field to c.quoted up to its closing quote, "" read as one.
func (c *csvReader) unquote(row []byte) (rest []byte, closed bool) {
	for {
		i := bytes.IndexByte(row, '"')
		if i < 0 {
			return nil, false
		}
		c.quoted = append(c.quoted, row[:i]...)
		row = row[i+1:]
		if len(row) == 0 || row[0] != '"' {
			return row, true
		}
		c.quoted = append(c.quoted, '"')
		row = row[1:]
	}
}
