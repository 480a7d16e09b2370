package importer

import (
	"bufio"
	"encoding/csv"
	"errors"
	"io/fs"
	"os"
	"strconv"
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/transform"

	"github.com/rewave/rewave/internal/fault"
)

// rejects writes what is not merged: line, reason and the row as it was read, in
// the encoding of the file it comes from: the same program opens both, and a row
// that is mended goes back in with the same call. The file comes into being with
// the first of them.
type rejects struct {
	path     string
	encoding string // one of Encodings
	file     *os.File
	buf      *bufio.Writer
	text     *transform.Writer // nil: UTF-8
	out      *csv.Writer
	failed   error // the first of any write; nothing is written behind it
}

func (r *rejects) add(rec *record, bad *badLine) error {
	if r.failed == nil {
		r.failed = r.write(rec, bad)
	}
	return r.failed
}

func (r *rejects) write(rec *record, bad *badLine) error {
	if r.file == nil {
		file, err := os.Create(r.path)
		if err != nil {
			why := err.Error()
			var path *fs.PathError
			if errors.As(err, &path) {
				why = path.Err.Error()
			}
			return fault.Wrap(fault.Denied, err, "cannot write the rejects to "+r.path+": "+why, "say where with --rejects FILE; nothing was imported")
		}
		r.file, r.buf = file, bufio.NewWriter(file)
		r.out = csv.NewWriter(r.buf)
		if other, ok := decoders[r.encoding]; ok {
			// A word of ours that the encoding has not is better spelt than lost.
			r.text = transform.NewWriter(r.buf, encoding.HTMLEscapeUnsupported(other.NewEncoder()))
			r.out = csv.NewWriter(r.text)
		}
		if err := r.out.Write([]string{"line", "reason", "row"}); err != nil {
			return err
		}
	}
	return r.out.Write([]string{strconv.Itoa(rec.line), bad.full(), inert(string(rec.raw))})
}

// inert keeps a spreadsheet from taking a row for a formula.
func inert(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r\x00", rune(text[0])) {
		return "'" + text
	}
	return text
}

// close ends the file; the error is the first that any write met.
func (r *rejects) close() error {
	if r.file == nil {
		return nil
	}
	r.out.Flush()
	errs := []error{r.out.Error()}
	if r.text != nil {
		errs = append(errs, r.text.Close())
	}
	return errors.Join(append(errs, r.buf.Flush(), r.file.Close())...)
}

// discard removes the file of an import that was refused as a whole.
func (r *rejects) discard() error {
	if r.file == nil {
		return nil
	}
	return errors.Join(r.file.Close(), os.Remove(r.path))
}
