package importer

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// record is one data row. Its bytes are the reader's and live until the next.
type record struct {
	line   int // of its first character, from 1
	raw    []byte
	fields [][]byte // in the order of the header; as many as it has
	own    []ownKey // of JSON lines: the shop's own
}

// badLine is a row that cannot be read: it goes to the rejects, the next goes on.
type badLine struct {
	reason, detail string
}

func (b *badLine) Error() string { return b.full() }

func (b *badLine) full() string {
	if b.detail == "" {
		return b.reason
	}
	return b.reason + ": " + b.detail
}

// records reads a file row by row. next returns io.EOF behind the last, a
// *badLine (with line and raw of the record set) for a row to reject, and any
// other error for a file to refuse. Empty lines are no rows.
type records interface {
	header() []string
	next(*record) error
}

// textLine is one line of text without its end.
type textLine struct {
	number int
	text   []byte
	bad    *badLine
}

// lineReader cuts text into lines and checks each.
type lineReader struct {
	name     string
	encoding string
	undone   string // what has not happened when the file is refused
	r        *bufio.Reader
	number   int
	pending  []textLine // read ahead, to be read again
	wide     bool       // a character beyond ASCII was read
	guess    string     // the encoding the file plausibly is in, when it is refused for that
}

func newLineReader(name, encoding string, r io.Reader) *lineReader {
	return &lineReader{name: name, encoding: encoding, undone: notImported, r: bufio.NewReaderSize(r, maxLine+2)}
}

// next returns the next line; its text lives until the next call, unless it was
// pushed back. io.EOF ends.
func (l *lineReader) next() (textLine, error) {
	if len(l.pending) > 0 {
		line := l.pending[0]
		l.pending = l.pending[1:]
		return line, nil
	}
	text, err := l.r.ReadSlice('\n')
	l.number++
	line := textLine{number: l.number}
	if errors.Is(err, bufio.ErrBufferFull) {
		line.text = append([]byte(nil), text[:200]...)
		line.bad = &badLine{reason: fmt.Sprintf("longer than %d KiB", maxLine>>10)}
		for errors.Is(err, bufio.ErrBufferFull) {
			_, err = l.r.ReadSlice('\n')
		}
		if err == io.EOF {
			err = nil
		}
		return line, err
	}
	if err != nil && (err != io.EOF || len(text) == 0) {
		return textLine{}, err
	}
	text = bytes.TrimSuffix(text, []byte("\n"))
	text = bytes.TrimSuffix(text, []byte("\r"))
	if l.number == 1 {
		text = bytes.TrimPrefix(text, []byte("\ufeff"))
	}
	line.text = text
	line.bad, err = l.check(text)
	return line, err
}

// check looks for bytes that cannot be text in the encoding that was said.
func (l *lineReader) check(text []byte) (*badLine, error) {
	if bytes.IndexByte(text, 0) >= 0 {
		return &badLine{reason: "a NUL byte"}, nil
	}
	if l.encoding != UTF8 {
		if bytes.Contains(text, []byte("\ufffd")) {
			return notIn(l.encoding), nil
		}
		return nil, nil
	}
	if utf8.Valid(text) {
		l.wide = l.wide || utf8.RuneCount(text) < len(text)
		return nil, nil
	}
	ahead, err := l.r.Peek(l.r.Buffered())
	if err == nil {
		l.guess, err = refuseEncoding(l.name, l.number, text, ahead, l.wide, l.undone)
	}
	return notIn(l.encoding), err
}

// pushBack makes the lines the next ones to be read. The caller gives up their
// bytes.
func (l *lineReader) pushBack(lines []textLine) {
	l.pending = append(lines, l.pending...)
}
