package importer

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"unicode/utf8"
)

// Table is a file of rows that needs neither a map nor a database: CSV, plain or
// gzip, or Parquet. It is read as it comes, at any size, and nothing is kept.
type Table struct {
	Name    string   // of the file, as a person knows it
	Columns []string // in its order

	in   *input
	rows tableRows
}

// TableRow is one row while it is read.
type TableRow struct {
	Cells [][]byte // of the columns asked for, without blanks around them, empty of a null. They live until the next row.
	Bad   string   // why the row cannot be read, in a person's words; there are no cells then

	rows tableRows
}

// Place is where a cell of the row begins, from 1: line and column of a text, the
// row's own where it is Bad. Of a Parquet file it is the row, and column is 0.
func (r *TableRow) Place(cell int) (line, column int) { return r.rows.place(cell) }

// tableRows is one form of table. next fills the cells of the columns that were
// chosen; errors are those of records.
type tableRows interface {
	choose(columns []int) error
	next(cells [][]byte) error
	place(cell int) (line, column int)
}

// OpenTable opens a file and reads its column names. The encoding is one of
// Encodings, and of no meaning to Parquet.
func OpenTable(path, encoding string) (*Table, error) {
	if err := checkEncoding(encoding); err != nil {
		return nil, err
	}
	in, err := openAs(path, true)
	if err != nil {
		return nil, err
	}
	t := &Table{Name: in.name, in: in}
	if err := t.open(encoding); err != nil {
		return nil, errors.Join(err, in.Close())
	}
	return t, nil
}

func (t *Table) open(encoding string) error {
	var magic [4]byte
	if _, err := t.in.file.ReadAt(magic[:], 0); err == nil && string(magic[:]) == "PAR1" {
		return t.openParquet()
	}
	text, err := t.in.text(encoding)
	if err != nil {
		return err
	}
	lines := newLineReader(t.in.name, encoding, text)
	lines.undone = t.in.undone()
	reader, err := newCSVReader(lines)
	if err != nil {
		return err
	}
	t.rows, t.Columns = &csvTable{csv: reader}, reader.header()
	return nil
}

// Close gives the file back.
func (t *Table) Close() error { return t.in.Close() }

// Read hands every row to each, once, in the order of the file; each of its cells
// is of the column of that name. A column that is not there is a bug of the caller.
// It ends with the error of each, or with the fault of a file that cannot be read
// to its end.
func (t *Table) Read(columns []string, each func(*TableRow) error) error {
	chosen := make([]int, len(columns))
	for i, name := range columns {
		if chosen[i] = slices.Index(t.Columns, name); chosen[i] < 0 {
			return fmt.Errorf("%s has no column %q", t.Name, name)
		}
	}
	if err := t.rows.choose(chosen); err != nil {
		return err
	}
	cells := make([][]byte, len(columns))
	row := TableRow{rows: t.rows}
	for {
		var bad *badLine
		switch err := t.rows.next(cells); {
		case err == io.EOF:
			return nil
		case errors.As(err, &bad):
			row.Cells, row.Bad = nil, bad.full()
		case err != nil:
			return err
		default:
			row.Cells, row.Bad = cells, ""
		}
		if err := each(&row); err != nil {
			return err
		}
	}
}

// csvTable is a table as CSV.
type csvTable struct {
	csv    *csvReader
	rec    record
	chosen []int
	bad    bool
}

func (t *csvTable) choose(columns []int) error { t.chosen = columns; return nil }

func (t *csvTable) next(cells [][]byte) error {
	err := t.csv.next(&t.rec)
	if t.bad = err != nil; t.bad {
		return err
	}
	for i, column := range t.chosen {
		cells[i] = bytes.TrimSpace(t.rec.fields[column])
	}
	return nil
}

// place looks for the cell in the row's own text: fields with quotes were copied
// out of it.
func (t *csvTable) place(cell int) (line, column int) {
	line, column = t.rec.line, 1
	if t.bad {
		return line, column
	}
	left, quoted := t.chosen[cell], false // columns before the cell
	for i := 0; i < len(t.rec.raw) && left > 0; {
		r, size := utf8.DecodeRune(t.rec.raw[i:])
		column++
		switch {
		case r == '"':
			quoted = !quoted
		case r == '\n':
			line, column = line+1, 1
		case r == rune(t.csv.comma) && !quoted:
			left--
		}
		i += size
	}
	return line, column
}
