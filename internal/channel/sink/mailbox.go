package sink

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/mail"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"sync"
	"time"
)

const (
	logName     = "log.jsonl"
	mailboxName = "mailbox.mbox"
)

// Entry is one message to one recipient, as the sink took it. A message to two
// recipients is two entries with the same Offset.
type Entry struct {
	ID              string    `json:"id"` // Message-ID without < >; empty if it had none
	To              string    `json:"to"` // envelope recipient
	Subject         string    `json:"subject"`
	ListUnsubscribe string    `json:"list_unsubscribe,omitempty"`
	Size            int       `json:"size"` // of the message as received
	At              time.Time `json:"at"`   // by the sink's clock, UTC
	Offset          int64     `json:"offset"`
	Length          int64     `json:"length"` // of the entry in the mailbox, from Offset
}

// mailbox appends to the two files. One lock keeps their order the same.
type mailbox struct {
	mu        sync.Mutex
	log, mbox *os.File
	end       int64 // of the mbox
	line, raw bytes.Buffer
}

func openMailbox(dir string) (*mailbox, error) {
	if dir == "" {
		return nil, errors.New("no directory")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	const flags = os.O_CREATE | os.O_WRONLY | os.O_APPEND
	l, err := os.OpenFile(filepath.Join(dir, logName), flags, 0o600)
	if err != nil {
		return nil, err
	}
	m, err := os.OpenFile(filepath.Join(dir, mailboxName), flags, 0o600)
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	end, err := m.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, errors.Join(err, l.Close(), m.Close())
	}
	return &mailbox{log: l, mbox: m, end: end}, nil
}

// keep writes a message; when it returns nil the system has it all.
func (b *mailbox) keep(from string, to []string, raw []byte, at time.Time) error {
	e := Entry{Size: len(raw), At: at}
	// A message that cannot be parsed is kept all the same, without its headers.
	if m, err := mail.ReadMessage(bytes.NewReader(raw)); err == nil {
		e.ID = strings.Trim(m.Header.Get("Message-Id"), "<>")
		e.Subject = m.Header.Get("Subject")
		if s, err := new(mime.WordDecoder).DecodeHeader(e.Subject); err == nil {
			e.Subject = s
		}
		e.ListUnsubscribe = m.Header.Get("List-Unsubscribe")
	}

	b.mu.Lock()
	defer b.mu.Unlock()
	b.raw.Reset()
	fmt.Fprintf(&b.raw, "From %s %s\n", sender(from), at.Format(time.ANSIC))
	quoteMbox(&b.raw, raw)
	b.raw.WriteByte('\n')
	n, err := b.mbox.Write(b.raw.Bytes())
	e.Offset, e.Length = b.end, int64(n)
	b.end += int64(n)
	if err != nil {
		return err
	}
	b.line.Reset()
	enc := json.NewEncoder(&b.line)
	enc.SetEscapeHTML(false)
	for _, e.To = range to {
		if err := enc.Encode(e); err != nil {
			return err
		}
	}
	_, err = b.log.Write(b.line.Bytes())
	return err
}

func (b *mailbox) close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return errors.Join(b.log.Sync(), b.mbox.Sync(), b.log.Close(), b.mbox.Close())
}

func sender(from string) string {
	if from == "" || strings.ContainsAny(from, " \t") {
		return "MAILER-DAEMON"
	}
	return from
}

// quoteMbox writes a message as an mbox holds it (mboxrd): LF line ends, and
// one more ">" before every line that reads as ">*From ".
func quoteMbox(w *bytes.Buffer, raw []byte) {
	for len(raw) > 0 {
		line, rest, _ := bytes.Cut(raw, []byte("\n"))
		line = bytes.TrimSuffix(line, []byte("\r"))
		if bytes.HasPrefix(bytes.TrimLeft(line, ">"), []byte("From ")) {
			w.WriteByte('>')
		}
		w.Write(line)
		w.WriteByte('\n')
		raw = rest
	}
}

// ReadMessage returns a message from the mailbox, with LF line ends.
func ReadMessage(mailbox string, e Entry) ([]byte, error) {
	f, err := os.Open(mailbox)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	raw := make([]byte, e.Length)
	if _, err := f.ReadAt(raw, e.Offset); err != nil {
		return nil, fmt.Errorf("%s: at %d: %w", mailbox, e.Offset, err)
	}
	_, raw, _ = bytes.Cut(raw, []byte("\n")) // the "From " line
	var out bytes.Buffer
	for line := range bytes.Lines(bytes.TrimSuffix(raw, []byte("\n"))) {
		if line[0] == '>' && bytes.HasPrefix(bytes.TrimLeft(line, ">"), []byte("From ")) {
			line = line[1:]
		}
		out.Write(line)
	}
	return out.Bytes(), nil
}

// ReadLog calls f for each entry of a log, in the order of arrival, and stops
// at the first error, its own or f's. It may run while the sink does.
func ReadLog(path string, f func(Entry) error) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(make([]byte, 64<<10), 4<<20)
	for n := 1; lines.Scan(); n++ {
		var e Entry
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			return fmt.Errorf("%s:%d: %w", path, n, err)
		}
		if err := f(e); err != nil {
			return err
		}
	}
	return lines.Err()
}

// Summary is what a log holds.
type Summary struct {
	Count      int      // entries
	Recipients int      // distinct recipients
	IDs        []string // message ids, sorted; one that came twice is there twice
}

// Summarize reads a log.
func Summarize(path string) (Summary, error) {
	var s Summary
	to := map[string]struct{}{}
	err := ReadLog(path, func(e Entry) error {
		s.Count++
		to[e.To] = struct{}{}
		s.IDs = append(s.IDs, e.ID)
		return nil
	})
	s.Recipients = len(to)
	sort.Strings(s.IDs)
	return s, err
}

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// giveBack keeps no huge buffer for small messages to come.
func giveBack(b *bytes.Buffer) {
	if b.Cap() <= 256<<10 {
		buffers.Put(b)
	}
}
