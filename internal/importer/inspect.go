package importer

import (
	"io"
	"slices"
	"strings"
)

// Inspection is what a file looks like. Nothing is imported for it.
type Inspection struct {
	File     string
	Bytes    int64
	Zipped   bool
	Form     string // csv or jsonl
	Divider  string // of csv: "," ";" or a tab
	Encoding string // one of Encodings, by the first rows
	Columns  []string
	Rows     [][]string // the first few that can be read
	Kind     string     // one of Kinds; empty: none fits
	Preset   string     // empty: none fits as it is
	Missing  []string   // what the nearest kind of the generic preset lacks, where no preset fits

	// Named are the columns of the nearest kind that the file has under any name, by
	// ours, where no preset fits.
	Named map[string]string

	Decimal    string // DecimalComma where amounts have one; else empty
	TimeFormat string // as a map says it, where times are not ISO 8601; else empty
	TimeUnsure bool   // month and day of TimeFormat may be the other way round
	Undated    bool   // says who consents, and not since when
}

// Inspect reads the beginning of a file and guesses what it is. Errors are as of Run.
func Inspect(path string) (Inspection, error) {
	in, err := openInput(path)
	if err != nil {
		return Inspection{}, err
	}
	in.Close() //nolint:errcheck // only read
	seen, guess, err := inspect(path, UTF8)
	if guess != "" {
		seen, _, err = inspect(path, guess)
	}
	return seen, err
}

// inspect gives the encoding the file plausibly is in with the error that it is
// not in the one that was said.
func inspect(path, encoding string) (_ Inspection, guess string, _ error) {
	const most = 5
	in, err := openInput(path)
	if err != nil {
		return Inspection{}, "", err
	}
	defer in.Close() //nolint:errcheck // only read
	text, err := in.text(encoding)
	if err != nil {
		return Inspection{}, "", err
	}
	s := Inspection{File: path, Bytes: in.size, Zipped: in.zipped, Form: "csv", Encoding: encoding}
	all := columnSet{}
	for _, kind := range Kinds {
		for _, column := range genericColumns[kind].known {
			if !slices.Contains(all.known, column) {
				all.known = append(all.known, column)
			}
		}
	}
	lines := newLineReader(in.name, encoding, text)
	rows, err := openRecords(lines, all, Map{})
	if err != nil {
		return s, lines.guess, err
	}
	if c, ok := rows.(*csvReader); ok {
		s.Divider = string(c.comma)
	} else {
		s.Form = "jsonl"
	}
	s.Columns = rows.header()
	columns, seen := s.Columns, make([]looks, len(s.Columns))
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
			return s, lines.guess, err
		}
		for i, f := range rec.fields {
			seen[i].note(f)
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
	s.notice(columns, seen)
	return s, "", nil
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

// guess looks for a preset whose columns are all there, else for the generic kind
// that knows the most of them, under these names or others.
func (s *Inspection) guess() {
	if s.Kind, s.Preset = fits(s.Columns); s.Kind != "" {
		s.Undated = s.Kind == Customers && undated(s.has)
		return
	}
	most := 0
	for _, kind := range []string{Orders, Customers, Products, Events, Suppressions} {
		set := genericColumns[kind]
		named := meant(set, s.Columns)
		var missing []string
		for _, column := range set.needed {
			if named[column] == "" {
				missing = append(missing, column)
			}
		}
		if len(missing) < len(set.needed) && len(named) > most {
			s.Kind, s.Named, s.Missing, most = kind, named, missing, len(named)
		}
	}
	s.Undated = s.Kind == Customers && undated(s.has)
}

// has says whether a column of ours is in the file, under any name.
func (s *Inspection) has(ours string) bool {
	return s.Named[ours] != "" || slices.ContainsFunc(s.Columns, func(column string) bool { return strings.EqualFold(column, ours) })
}

// KnownColumns are the columns that a kind reads, needed ones first, and the
// prefix of the shop's own, empty where there are none.
func KnownColumns(kind string) (needed, others []string, own string) {
	set := genericColumns[kind]
	for _, column := range set.known {
		if !slices.Contains(set.needed, column) {
			others = append(others, column)
		}
	}
	if set.own != nil {
		own = set.own.prefix
	}
	return set.needed, others, own
}
