package email

import (
	"bytes"
	"crypto/rand"
	"net/mail"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/rewave/rewave/internal/channel"
)

// skeletons are messages as go-mail composes them, cut where each message has
// something of its own: most of a header is the same for everybody who gets a
// content, and to compose it anew for each costs more than to send it. A message
// that is put together so is equal to go-mail's to the byte, but for the boundary.
type skeletons struct {
	mu    sync.Mutex
	known map[string]*skeleton // nil: seen once; one that never comes again is not worth a skeleton
}

// maxSkeletons bounds what is kept: past it all is forgotten, and made again.
const maxSkeletons = 512

// skeleton is what stands before each hole, and after the last.
type skeleton struct {
	fixed [][]byte
	holes []hole
}

// hole is what each message has of its own: date, id, to, subject, text, html, or
// the name of a header.
type hole string

// Longer values are folded by go-mail, which a hole cannot.
const (
	maxID, maxTo, maxSubject = 60, 68, 60
)

// plainSubject says that a subject is written as it stands.
func plainSubject(s string) bool {
	if len(s) > maxSubject || strings.Contains(s, "=?") {
		return false
	}
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// of finds the skeleton of a message, or makes it where one like it was seen
// before; nil: it is composed by itself.
func (k *skeletons) of(c *Channel, m channel.Message, from *mail.Address, id, to string) *skeleton {
	if len(id)+2 > maxID || len(to)+2 > maxTo {
		return nil
	}
	var key strings.Builder
	write := func(s string) { key.WriteString(s); key.WriteByte(0) }
	write(from.Name)
	write(from.Address)
	if m.HTML != "" {
		write("html")
	}
	plain := plainSubject(m.Subject)
	if !plain {
		write(m.Subject)
	}
	names := headerNames(m)
	for _, name := range names {
		write(name)
	}
	k.mu.Lock()
	s, seen := k.known[key.String()]
	if !seen {
		if k.known == nil || len(k.known) >= maxSkeletons {
			k.known = map[string]*skeleton{}
		}
		k.known[key.String()] = nil
	}
	k.mu.Unlock()
	if s != nil || !seen {
		return s
	}
	if s = c.makeSkeleton(m, from, plain, names); s != nil {
		k.mu.Lock()
		k.known[key.String()] = s
		k.mu.Unlock()
	}
	return s
}

func headerNames(m channel.Message) []string {
	names := make([]string, 0, len(m.Headers))
	for name := range m.Headers {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// makeSkeleton composes a message of marks and cuts it at them; nil where a mark
// is not found once, as it stands.
func (c *Channel) makeSkeleton(m channel.Message, from *mail.Address, plain bool, names []string) *skeleton {
	mark := func(n int) string { return "mark" + rand.Text()[:16] + string(rune('a'+n)) }
	date := time.Date(1901, 2, 3, 4, 5, 6, 0, time.UTC)
	marks := map[hole]string{"date": date.Format(time.RFC1123Z), "id": mark(0), "to": mark(1) + "@mark.invalid", "text": mark(2)}
	of := channel.Message{Subject: m.Subject, Text: marks["text"], Headers: map[string]string{}}
	if plain {
		of.Subject = mark(3)
		marks["subject"] = of.Subject
	}
	if m.HTML != "" {
		of.HTML = mark(4)
		marks["html"] = of.HTML
	}
	for i, name := range names {
		of.Headers[name] = mark(5 + i)
		marks[hole(name)] = of.Headers[name]
	}
	var whole bytes.Buffer
	if err := c.write(&whole, of, from, marks["id"], marks["to"], date); err != nil {
		return nil
	}
	type cut struct {
		at, size int
		hole     hole
	}
	var cuts []cut
	for h, text := range marks {
		at := bytes.Index(whole.Bytes(), []byte(text))
		if at < 0 || at != bytes.LastIndex(whole.Bytes(), []byte(text)) {
			return nil
		}
		cuts = append(cuts, cut{at, len(text), h})
	}
	slices.SortFunc(cuts, func(a, b cut) int { return a.at - b.at })
	s, done := &skeleton{}, 0
	for _, x := range cuts {
		s.fixed, s.holes = append(s.fixed, whole.Bytes()[done:x.at]), append(s.holes, x.hole)
		done = x.at + x.size
	}
	s.fixed = append(s.fixed, whole.Bytes()[done:])
	return s
}

// fill puts a message into its skeleton.
func (s *skeleton) fill(w *bytes.Buffer, m channel.Message, id, to string, date time.Time) {
	for i, h := range s.holes {
		w.Write(s.fixed[i])
		switch h {
		case "date":
			w.Write(date.AppendFormat(w.AvailableBuffer(), time.RFC1123Z))
		case "id":
			w.WriteString(id)
		case "to":
			w.WriteString(to)
		case "subject":
			w.WriteString(m.Subject)
		case "text":
			quote(w, m.Text)
		case "html":
			quote(w, m.HTML)
		default:
			w.WriteString(m.Headers[string(h)])
		}
	}
	w.Write(s.fixed[len(s.holes)])
}
