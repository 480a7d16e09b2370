package importer

import (
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/rewave/rewave/internal/fault"
)

// Inspection is what a file looks like. Nothing is imported for it.
type Inspection struct {
	File     string
	Bytes    int64
	Zipped   bool
	Form     string // csv or jsonl
	Divider  string // of csv: "," ";" or a tab
	Encoding string // UTF8 or GB18030, by the first rows
	Columns  []string
	Rows     [][]string // the first few that can be read
	Kind     string     // Orders, Customers or Products; empty: none fits
	Preset   string     // empty: none fits as it is
	Missing  []string   // what the nearest kind of the generic preset lacks, where no preset fits
}

// Inspect reads the beginning of a file and guesses what it is. Errors are as of Run.
func Inspect(path string) (Inspection, error) {
	in, err := openInput(path)
	if err != nil {
		return Inspection{}, err
	}
	in.Close() //nolint:errcheck // only read
	seen, err := inspect(path, UTF8)
	var f *fault.Fault
	if errors.As(err, &f) && f.Code == fault.Invalid {
		if other, again := inspect(path, GB18030); again == nil {
			return other, nil
		}
	}
	return seen, err
}

func inspect(path, encoding string) (Inspection, error) {
	const most = 5
	in, err := openInput(path)
	if err != nil {
		return Inspection{}, err
	}
	defer in.Close() //nolint:errcheck // only read
	text, err := in.text(encoding)
	if err != nil {
		return Inspection{}, err
	}
	s := Inspection{File: path, Bytes: in.size, Zipped: in.zipped, Form: "csv", Encoding: encoding}
	all := columnSet{}
	for _, kind := range []string{Orders, Customers, Products} {
		for _, column := range genericColumns[kind].known {
			if !slices.Contains(all.known, column) {
				all.known = append(all.known, column)
			}
		}
	}
	rows, err := openRecords(newLineReader(in.name, encoding, text), all, Map{})
	if err != nil {
		return s, err
	}
	if c, ok := rows.(*csvReader); ok {
		s.Divider = string(c.comma)
	} else {
		s.Form = "jsonl"
	}
	s.Columns = rows.header()
	var rec record
	for range 1000 { // far enough to meet a name that is not ASCII
		err := rows.next(&rec)
		if err == io.EOF {
			break
		}
		if _, bad := err.(*badLine); bad {
			continue
		}
		if err != nil {
			return s, err
		}
		if len(s.Rows) < most {
			row := make([]string, len(rec.fields))
			for i, f := range rec.fields {
				row[i] = string(f)
			}
			s.Rows = append(s.Rows, row)
		}
	}
	if j, ok := rows.(*jsonReader); ok {
		s.keys(j)
	}
	s.guess()
	return s, nil
}

// keys makes the columns those that the objects have.
func (s *Inspection) keys(j *jsonReader) {
	var columns []string
	var used []int
	for i, key := range j.keys {
		if slices.ContainsFunc(s.Rows, func(row []string) bool { return row[i] != "" }) {
			columns, used = append(columns, key), append(used, i)
		}
	}
	for r, row := range s.Rows {
		short := make([]string, 0, len(used))
		for _, i := range used {
			short = append(short, row[i])
		}
		s.Rows[r] = short
	}
	var others []string
	for key := range j.ignored {
		others = append(others, key)
	}
	slices.Sort(others)
	s.Columns = append(columns, others...)
}

// guess looks for a preset whose columns are all there, else for the generic
// kind that lacks least.
func (s *Inspection) guess() {
	lacks := func(set columnSet) (missing []string) {
		for _, column := range set.needed {
			if !slices.ContainsFunc(s.Columns, func(have string) bool { return strings.EqualFold(have, column) }) {
				missing = append(missing, column)
			}
		}
		return missing
	}
	for _, c := range []struct{ kind, preset string }{
		{Orders, UCIOnlineRetail}, {Orders, CDNOW}, {Orders, Generic}, {Customers, Generic}, {Products, Generic},
	} {
		if len(lacks(columnsOf(c.kind, c.preset))) == 0 {
			s.Kind, s.Preset = c.kind, c.preset
			return
		}
	}
	for _, kind := range []string{Orders, Customers, Products} {
		set := genericColumns[kind]
		if missing := lacks(set); len(missing) < len(set.needed) && (s.Kind == "" || len(missing) < len(s.Missing)) {
			s.Kind, s.Missing = kind, missing
		}
	}
}
