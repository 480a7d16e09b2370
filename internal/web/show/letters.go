package show

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"slices"
	"sort"
	"strings"
	"sync"

	"github.com/rewave/rewave/internal/channel/sink"
)

// letters is the index of a mail sink's log, which grows while it is read. Of
// the log only what is new is read, and only marks are kept: 16 bytes for every
// 64 messages. A line that is not whole yet does not count.
type letters struct {
	path string

	mu    sync.Mutex
	file  os.FileInfo // what the marks belong to
	marks []mark
	end   mark // after the last whole line
}

// mark is the place of a line.
type mark struct {
	line   int // from 0
	offset int64
}

// A block goes from one mark to the next: the lines of a page, or a part of
// them, and never much more than markBytes unless a line itself is that long.
const (
	markLines = 64
	markBytes = 64 << 10
	maxBlock  = 8 << 20 // the lines of a longer one are not read
)

// letter is a line of the log. Its number counts from 1 and never changes.
type letter struct {
	sink.Entry
	Number int
	Broken bool // the line cannot be read
}

// log is the letters as they were at one moment.
type log struct {
	path  string
	marks []mark
	end   mark
}

func (l log) count() int { return l.end.line }

// now reads what has been added. A log that is not there is an empty one, and one
// that was replaced or cut is read anew.
func (l *letters) now() (log, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f, err := os.Open(l.path)
	if errors.Is(err, fs.ErrNotExist) {
		return log{}, nil
	}
	if err != nil {
		return log{}, err
	}
	defer f.Close() // only read from
	info, err := f.Stat()
	if err != nil {
		return log{}, err
	}
	if l.file == nil || !os.SameFile(l.file, info) || info.Size() < l.end.offset {
		l.marks, l.end = []mark{{}}, mark{}
	}
	l.file = info
	if err := l.extend(io.NewSectionReader(f, l.end.offset, info.Size()-l.end.offset)); err != nil {
		return log{}, err
	}
	// Marks are only ever added behind what a reader has got.
	return log{l.path, l.marks[:len(l.marks):len(l.marks)], l.end}, nil
}

// extend counts the lines of r, which begins at l.end.
func (l *letters) extend(r io.Reader) error {
	buf := make([]byte, 64<<10)
	for at := l.end.offset; ; {
		n, err := r.Read(buf)
		for rest := buf[:n]; ; {
			i := bytes.IndexByte(rest, '\n')
			if i < 0 {
				at += int64(len(rest))
				break
			}
			at, rest = at+int64(i)+1, rest[i+1:]
			l.ended(at)
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// ended notes where a line ended. One that is very long gets a block of its own,
// so that what stands before it can be read.
func (l *letters) ended(at int64) {
	begin, last := l.end, l.marks[len(l.marks)-1]
	l.end = mark{begin.line + 1, at}
	if at-begin.offset > markBytes && begin != last {
		l.marks, last = append(l.marks, begin), begin
	}
	if l.end.line-last.line >= markLines || at-last.offset >= markBytes {
		l.marks = append(l.marks, l.end)
	}
}

// walk calls fn for the letters from a number on, upward or downward, until it
// returns false. With a needle, blocks in which it does not stand are left out;
// it is compared with the lines as written, in lower case.
func (l log) walk(ctx context.Context, from int, down bool, needle []byte, fn func(letter) bool) error {
	if l.count() == 0 || from < 1 || from > l.count() {
		return nil
	}
	f, err := os.Open(l.path)
	if err != nil {
		return err
	}
	defer f.Close() // only read from
	step := 1
	if down {
		step = -1
	}
	block := sort.Search(len(l.marks), func(i int) bool { return l.marks[i].line >= from }) - 1
	for ; block >= 0 && block < len(l.marks); block += step {
		if err := ctx.Err(); err != nil {
			return err
		}
		lines, err := l.block(f, block, needle)
		if err != nil {
			return err
		}
		number := l.marks[block].line + 1
		if down {
			slices.Reverse(lines)
			number += len(lines) - 1
		}
		for _, line := range lines {
			if (number-from)*step >= 0 && !fn(parseLetter(number, line)) {
				return nil
			}
			number += step
		}
	}
	return nil
}

// block is the lines from one mark to the next, or none where the needle is not.
func (l log) block(f io.ReaderAt, n int, needle []byte) ([][]byte, error) {
	from, to := l.marks[n], l.end
	if n+1 < len(l.marks) {
		to = l.marks[n+1]
	}
	if to.offset-from.offset > maxBlock {
		return make([][]byte, to.line-from.line), nil
	}
	raw := make([]byte, to.offset-from.offset)
	if _, err := f.ReadAt(raw, from.offset); err != nil {
		return nil, err
	}
	if needle != nil && !bytes.Contains(bytes.ToLower(raw), needle) {
		return nil, nil
	}
	return bytes.SplitN(bytes.TrimSuffix(raw, []byte("\n")), []byte("\n"), to.line-from.line), nil
}

func parseLetter(number int, line []byte) letter {
	m := letter{Number: number}
	if err := json.Unmarshal(line, &m.Entry); err != nil {
		m.Entry, m.Broken = sink.Entry{}, true
	}
	return m
}

// get is one letter, and whether there is one.
func (l log) get(ctx context.Context, number int) (m letter, ok bool, err error) {
	err = l.walk(ctx, number, false, nil, func(found letter) bool {
		m, ok = found, true
		return false
	})
	return m, ok, err
}

// find returns up to limit letters, newest first, from a number on, upward or
// downward, and whether there are more in that direction. A query matches a part
// of the recipient or of the subject, whatever its case.
func (l log) find(ctx context.Context, query string, from int, down bool, limit int) (found []letter, more bool, err error) {
	query = strings.ToLower(query)
	var needle []byte
	if query != "" {
		if needle, err = asLogged(query); err != nil {
			return nil, false, err
		}
	}
	err = l.walk(ctx, from, down, needle, func(m letter) bool {
		if query != "" && !strings.Contains(strings.ToLower(m.To), query) && !strings.Contains(strings.ToLower(m.Subject), query) {
			return true
		}
		if more = len(found) == limit; more {
			return false
		}
		found = append(found, m)
		return true
	})
	if !down {
		slices.Reverse(found)
	}
	return found, more, err
}

// asLogged is text as it stands in a line of the log, whose characters are
// written one by one.
func asLogged(text string) ([]byte, error) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(text); err != nil {
		return nil, err
	}
	return bytes.Trim(out.Bytes()[:out.Len()-1], `"`), nil
}
