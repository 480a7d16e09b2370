package show

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	textEnding = ".sms.txt" // as package file names text messages
	maxTexts   = 10_000     // the newest, which are listed; the others are counted
	maxText    = 64 << 10   // bytes of one that is shown
)

// texts is the list of a folder of text messages. It is read again when the
// folder has changed.
type texts struct {
	dir string

	mu      sync.Mutex
	changed time.Time // of the folder, when it was read
	read    time.Time
	list    []textFile // newest first
	total   int
}

type textFile struct {
	name string
	at   time.Time
}

// now returns up to maxTexts files, newest first, and how many there are. A
// folder that is not there is an empty one.
func (t *texts) now() ([]textFile, int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	dir, err := os.Open(t.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, err
	}
	defer dir.Close() // only read from
	info, err := dir.Stat()
	if err != nil {
		return nil, 0, err
	}
	// A change in the same tick of the file system's clock as the reading would not
	// be seen, so a folder that had just changed is read again.
	if info.ModTime().Equal(t.changed) && t.read.Sub(t.changed) > time.Second {
		return t.list, t.total, nil
	}
	changed, began := info.ModTime(), time.Now()
	var list []textFile
	total := 0
	for {
		entries, err := dir.ReadDir(1024)
		for _, e := range entries {
			if strings.HasPrefix(e.Name(), ".") || !strings.HasSuffix(e.Name(), textEnding) || !e.Type().IsRegular() {
				continue
			}
			info, err := e.Info()
			if errors.Is(err, fs.ErrNotExist) {
				continue // taken away in the meantime
			}
			if err != nil {
				return nil, 0, err
			}
			total++
			list = append(list, textFile{e.Name(), info.ModTime()})
		}
		if len(list) > 2*maxTexts {
			list = newest(list)
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, 0, err
		}
	}
	t.changed, t.read, t.list, t.total = changed, began, newest(list), total
	return t.list, t.total, nil
}

// newest sorts files and drops those past the limit. Names begin with a number
// that grows, so a longer name is a later one.
func newest(list []textFile) []textFile {
	slices.SortFunc(list, func(a, b textFile) int {
		return cmp.Or(b.at.Compare(a.at), cmp.Compare(len(b.name), len(a.name)), cmp.Compare(b.name, a.name))
	})
	return list[:min(len(list), maxTexts)]
}

// textList is one page of text messages.
type textList struct {
	Heading string
	Rows    []textRow
	Empty   string
	Note    string
	Turns   []turn
}

type textRow struct {
	At, To, From, Segments, Text string
	Broken                       bool
}

func (s *site) textMessages(w http.ResponseWriter, r *http.Request) error {
	page := 1
	if in := r.URL.Query(); in.Has("page") {
		var err error
		if page, err = number(in.Get("page")); err != nil || page == 0 {
			return noPage()
		}
	}
	all, total, err := s.texts.now()
	if err != nil {
		return err
	}
	last := max(1, (len(all)+pageSize-1)/pageSize)
	if page > last {
		return noPage()
	}
	start := (page - 1) * pageSize
	list := textList{Heading: sayCount("texts.count", total)}
	if len(all) == 0 {
		list.Empty = say("texts.none")
	}
	if total > len(all) {
		list.Note = say("texts.most", "most", words.Count(int64(len(all))))
	}
	for _, f := range all[start:min(start+pageSize, len(all))] {
		row, err := readText(filepath.Join(s.texts.dir, f.name))
		if errors.Is(err, fs.ErrNotExist) {
			continue // taken away in the meantime
		}
		if err != nil {
			return fmt.Errorf("text message: %w", err)
		}
		row.At = s.at(f.at)
		list.Rows = append(list.Rows, row)
	}
	if last > 1 {
		list.Heading = say("texts.page", "count", words.Count(int64(total)), "page", strconv.Itoa(page), "last", strconv.Itoa(last))
	}
	to := func(key string, n int) turn {
		t := turn{Label: say(key)}
		if n != page && n >= 1 && n <= last {
			t.URL = "/texts"
			if n > 1 {
				t.URL += "?page=" + strconv.Itoa(n)
			}
		}
		return t
	}
	list.Turns = turning([]turn{to("turn.newest", 1), to("turn.newer", page-1), to("turn.older", page+1), to("turn.oldest", last)})
	return s.show(w, r, "texts", "texts", say("texts.title"), list)
}

// readText reads a text message as package file writes it: heads, an empty line,
// the text.
func readText(path string) (textRow, error) {
	f, err := os.Open(path)
	if err != nil {
		return textRow{}, err
	}
	defer f.Close() // only read from
	raw, err := io.ReadAll(io.LimitReader(f, maxText))
	if err != nil {
		return textRow{}, err
	}
	heads, text, whole := strings.Cut(strings.ToValidUTF8(string(raw), "\uFFFD"), "\n\n")
	row := textRow{Text: strings.TrimSuffix(text, "\n"), Broken: !whole}
	for line := range strings.Lines(heads) {
		switch key, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": "); key {
		case "To":
			row.To = visible(value)
		case "From":
			row.From = visible(value)
		case "Segments":
			row.Segments = visible(value)
		}
	}
	return row, nil
}
