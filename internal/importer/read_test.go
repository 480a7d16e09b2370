package importer

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/rewave/rewave/internal/calendar"
)

// FuzzCSV: whatever the bytes, reading ends, lines go up, a row is read or
// rejected; and what the standard library reads is read the same.
func FuzzCSV(f *testing.F) {
	for _, seed := range []string{
		"a,b\n1,2\n", "a,b\n\"1\",\"x\"\"y\"\n", "a,b\n1,\"2\n3\"\n4,5", "a,b\n1,\"2\n3,4\n5,\"6\"\n", "a,b\r\n1,2\r\n", "\ufeffa\n\"\n", "a\n\"\"\n\"", "a;b\n1;2",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := newCSVReader(newLineReader("f.csv", UTF8, bytes.NewReader(text)))
		if err != nil {
			return
		}
		got := [][]string{r.header()}
		rejected, last := 0, 1
		var rec record
		for {
			err := r.next(&rec)
			if err == io.EOF {
				break
			}
			if _, bad := err.(*badLine); err != nil && !bad {
				return // the file is refused
			}
			if rec.line <= last {
				t.Fatalf("line %d comes behind line %d", rec.line, last)
			}
			last = rec.line
			if err != nil {
				rejected++
				continue
			}
			if len(rec.fields) != len(r.header()) {
				t.Fatalf("%d fields in line %d", len(rec.fields), rec.line)
			}
			row := make([]string, len(rec.fields))
			for i, field := range rec.fields {
				row[i] = string(field)
			}
			got = append(got, row)
		}
		std := csv.NewReader(bytes.NewReader(text))
		std.Comma = rune(r.comma)
		want, err := std.ReadAll()
		if err != nil || !utf8.Valid(text) || bytes.ContainsAny(text, "\x00\r\ufeff") {
			return
		}
		for i, name := range want[0] {
			want[0][i] = strings.TrimSpace(name)
		}
		if diff := cmp.Diff(got, want); diff != "" || rejected > 0 {
			t.Fatalf("%d rejected (-got +want):\n%s", rejected, diff)
		}
	})
}

func TestClock(t *testing.T) {
	t.Parallel()
	london, err := calendar.Zone("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]string{
		"2011-01-02 10:00:30":       "2011-01-02T10:00:30Z",
		"2011-07-02 10:00:30.5":     "2011-07-02T09:00:30.5Z",
		"2011-07-02T10:00:30+02:00": "2011-07-02T08:00:30Z",
		"2011-07-02 10:00Z":         "2011-07-02T10:00:00Z",
		"2011-07-02":                "2011-07-01T23:00:00Z",
		"2011-03-27 01:30:10":       "2011-03-27T01:00:00Z", // skipped: the first instant after
		"2011-10-30 01:30:10":       "2011-10-30T00:30:10Z", // twice: the first
	}
	clock := newClockReader(london, layouts)
	for text, want := range tests {
		got, ok := clock.read([]byte(text))
		if !ok || got.Format(time.RFC3339Nano) != want {
			t.Errorf("%s is %s, %v; want %s", text, got.Format(time.RFC3339Nano), ok, want)
		}
	}
	for _, text := range []string{"", "yesterday", "2011-02-30", "1492-10-12", "01/02/2011"} {
		if got, ok := clock.read([]byte(text)); ok {
			t.Errorf("%q is read as %s", text, got)
		}
	}
}

// A disk that fails in the middle is no end of the file.
func TestAFailingFileIsNotItsEnd(t *testing.T) {
	t.Parallel()
	broken := errors.New("input/output error")
	text := io.MultiReader(strings.NewReader("a,b\n1,2\n3,\"4\n5"), &failing{broken})
	r, err := newCSVReader(newLineReader("f.csv", UTF8, text))
	if err != nil {
		t.Fatal(err)
	}
	var rec record
	for err == nil {
		err = r.next(&rec)
	}
	if !errors.Is(err, broken) {
		t.Errorf("got %v; want %v", err, broken)
	}
}

type failing struct{ err error }

func (f *failing) Read([]byte) (int, error) { return 0, f.err }
