package show

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/rewave/rewave/internal/channel/sink"
	"github.com/rewave/rewave/internal/fault"
)

const (
	pageSize   = 50
	maxQuery   = 200     // characters
	maxMessage = 4 << 20 // bytes of a message that is shown
)

// mailList is one page of the mailbox.
type mailList struct {
	Query   string
	Heading string
	Rows    []mailRow
	Empty   string
	Turns   []turn
}

type mailRow struct {
	Number      int
	At          string
	To, Subject string
	Broken      bool
}

// turn leads to another page; without an address there is none in that direction.
type turn struct{ Label, URL string }

func (s *site) mailbox(w http.ResponseWriter, r *http.Request) error {
	in := r.URL.Query()
	query := strings.ToValidUTF8(strings.TrimSpace(in.Get("q")), "")
	if utf8.RuneCountInString(query) > maxQuery {
		return fault.New(fault.Invalid, say("error.query"), say("error.query.hint"))
	}
	log, err := s.letters.now()
	if err != nil {
		return err
	}
	// A page is what comes before or after a message, so that it stays the same
	// page while new ones arrive; after=0 is the oldest page.
	from, down := log.count(), true
	before, after := in.Has("before"), in.Has("after")
	switch {
	case before:
		n, err := number(in.Get("before"))
		if err != nil {
			return err
		}
		from = min(n-1, log.count())
	case after:
		n, err := number(in.Get("after"))
		if err != nil {
			return err
		}
		from, down = n+1, false
	}
	found, more, err := log.find(r.Context(), query, from, down, pageSize)
	if err != nil {
		return err
	}
	at := func(key string, n int) string {
		v := url.Values{}
		if query != "" {
			v.Set("q", query)
		}
		if key != "" {
			v.Set(key, strconv.Itoa(n))
		}
		if len(v) == 0 {
			return "/mailbox"
		}
		return "/mailbox?" + v.Encode()
	}
	list := mailList{Query: query, Heading: sayCount("mailbox.count", log.count())}
	for _, m := range found {
		list.Rows = append(list.Rows, mailRow{m.Number, s.at(m.At), visible(m.To), short(visible(m.Subject)), m.Broken})
	}
	switch {
	case len(found) == 0 && query != "" && !before && !after:
		list.Empty = say("mailbox.nothing", "query", query)
	case len(found) == 0 && log.count() > 0:
		list.Empty = say("mailbox.beyond")
	case len(found) == 0:
		list.Empty = say("mailbox.none")
	case query != "":
		list.Heading = say("mailbox.found", "query", query, "count", words.Count(int64(log.count())))
	default:
		count := func(n int) string { return words.Count(int64(n)) }
		list.Heading = say("mailbox.range", "last", count(found[len(found)-1].Number), "first", count(found[0].Number), "count", count(log.count()))
	}
	if len(found) > 0 {
		list.Heading += ". " + say("times", "zone", s.Zone.String())
	}
	turns := make([]turn, 4)
	for i, key := range []string{"turn.newest", "turn.newer", "turn.older", "turn.oldest"} {
		turns[i].Label = say(key)
	}
	if before || after && (more || len(found) == 0) {
		turns[0].URL = at("", 0)
		if len(found) > 0 {
			turns[1].URL = at("after", found[0].Number)
		}
	}
	if len(found) > 0 && (down && more || after && found[len(found)-1].Number > 1 && from > 1) {
		turns[2].URL = at("before", found[len(found)-1].Number)
		turns[3].URL = at("after", 0)
	}
	list.Turns = turning(turns)
	return s.show(w, r, "mailbox", "mailbox", say("mailbox.title"), list)
}

// turning is the turns, or none where there is only this page.
func turning(turns []turn) []turn {
	for _, t := range turns {
		if t.URL != "" {
			return turns
		}
	}
	return nil
}

// number is one of an address, 0 and up.
func number(text string) (int, error) {
	n, err := strconv.ParseUint(text, 10, 31)
	if err != nil {
		return 0, noPage()
	}
	return int(n), nil
}

// mailPage is one message.
type mailPage struct {
	Number      int
	Subject, To string
	At, Zone    string
	parsed
	Frame string // the HTML as the frame takes it
	Turns []turn
}

func (s *site) message(w http.ResponseWriter, r *http.Request) error {
	log, m, raw, err := s.open(r)
	if err != nil {
		return err
	}
	page := mailPage{Number: m.Number, Subject: short(visible(m.Subject)), To: visible(m.To), At: s.at(m.At), Zone: s.Zone.String(), parsed: parse(raw)}
	newer, older := turn{Label: say("turn.newer")}, turn{Label: say("turn.older")}
	if m.Number < log.count() {
		newer.URL = "/mailbox/" + strconv.Itoa(m.Number+1)
	}
	if m.Number > 1 {
		older.URL = "/mailbox/" + strconv.Itoa(m.Number-1)
	}
	page.Turns = turning([]turn{newer, older})
	if page.HTML != "" {
		page.Frame = inFrame(page.HTML)
	}
	title := page.Subject
	if title == "" {
		title = say("message.title", "number", words.Count(int64(m.Number)))
	}
	return s.show(w, r, "message", "mailbox", title, page)
}

// source is the message as it arrived, as text that nothing makes anything of.
func (s *site) source(w http.ResponseWriter, r *http.Request) error {
	_, _, raw, err := s.open(r)
	if err != nil {
		return err
	}
	send(w, r, http.StatusOK, "text/plain; charset=utf-8", sourcePolicy, raw)
	return nil
}

// open reads the message of an address.
func (s *site) open(r *http.Request) (log, letter, []byte, error) {
	n, err := number(r.PathValue("number"))
	if err != nil {
		return log{}, letter{}, nil, err
	}
	l, err := s.letters.now()
	if err != nil {
		return log{}, letter{}, nil, err
	}
	m, ok, err := l.get(r.Context(), n)
	switch {
	case err != nil:
		return log{}, letter{}, nil, err
	case !ok:
		return log{}, letter{}, nil, fault.New(fault.NotFound, say("error.message"), say("error.message.hint"))
	case m.Broken || m.Offset < 0 || m.Length <= 0:
		return log{}, letter{}, nil, fault.New(fault.Broken, say("error.line", "number", strconv.Itoa(n)), "")
	case m.Length > maxMessage:
		return log{}, letter{}, nil, fault.New(fault.Unavailable, say("error.large"), say("error.large.hint"))
	}
	raw, err := sink.ReadMessage(s.mbox, m.Entry)
	return l, m, raw, err
}

// at is an instant on the shop's clock.
func (s *site) at(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(s.Zone).Format(time.DateTime)
}

// short cuts what would fill a page by itself.
func short(text string) string {
	const most = 200
	if n := utf8.RuneCountInString(text); n > most {
		return string([]rune(text)[:most]) + "…"
	}
	return text
}

// visible shows the characters that would otherwise act as they are written in
// a program: control characters, and those that turn the direction of writing.
func visible(text string) string {
	acts := func(r rune) bool {
		return r < ' ' || r >= 0x7f && r < 0xa0 || r >= 0x2028 && r <= 0x202e || r >= 0x2066 && r <= 0x2069
	}
	if !strings.ContainsFunc(text, acts) {
		return text
	}
	var out strings.Builder
	for _, r := range text {
		if acts(r) {
			out.WriteString(strings.Trim(strconv.QuoteRuneToASCII(r), "'"))
		} else {
			out.WriteRune(r)
		}
	}
	return out.String()
}
