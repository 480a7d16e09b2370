package email

import (
	"bytes"
	"net/mail"
	"net/textproto"
	"strings"
	"sync"
	"time"

	gomail "github.com/wneessen/go-mail"

	"github.com/rewave/rewave/internal/channel"
	"github.com/rewave/rewave/internal/customer"
)

// own are the headers that compose writes itself; a message may not bring them.
var own = map[string]bool{
	"From": true, "To": true, "Cc": true, "Bcc": true, "Sender": true, "Reply-To": true, "Return-Path": true,
	"Subject": true, "Date": true, "Message-Id": true, "Mime-Version": true,
}

// compose writes the message as it goes over the wire, with CRLF line ends. An
// error is a refusal: the message can never be sent as it is.
func (c *Channel) compose(w *bytes.Buffer, m channel.Message, from *mail.Address, to string) error {
	domain := from.Address[strings.LastIndexByte(from.Address, '@')+1:]
	switch {
	case !customer.IsDotAtom(m.Ref) || len(m.Ref) > 200:
		return &refusal{reason: "bad_ref"}
	case strings.TrimSpace(m.Text) == "":
		return &refusal{reason: "no_text"}
	case strings.TrimSpace(m.Subject) == "" || strings.ContainsAny(m.Subject, "\r\n\x00"):
		return &refusal{reason: "bad_subject"}
	}
	for key, value := range m.Headers {
		if !goodHeader(key, value) {
			return &refusal{reason: "bad_header"}
		}
	}
	id := m.Ref + "@" + domain
	if s := c.skeletons.of(c, m, from, id, to); s != nil {
		s.fill(w, m, id, to, c.date())
		return nil
	}
	return c.write(w, m, from, id, to, c.date())
}

// write has go-mail compose a message that compose has looked at.
func (c *Channel) write(w *bytes.Buffer, m channel.Message, from *mail.Address, id, to string, date time.Time) error {
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	msg.FromMailAddress(from)
	msg.ToMailAddress(&mail.Address{Address: to})
	if c.replyTo != nil {
		msg.ReplyToMailAddress(c.replyTo)
	}
	msg.Subject(m.Subject)
	msg.SetDateWithValue(date)
	msg.SetMessageIDWithValue(id)
	for key, value := range m.Headers {
		// As it is: a long link must not be folded or encoded.
		msg.SetGenHeaderPreformatted(gomail.Header(key), value)
	}
	msg.SetBodyString(gomail.TypeTextPlain, m.Text)
	if m.HTML != "" {
		msg.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	}
	if _, err := msg.WriteTo(w); err != nil {
		return &refusal{reason: "bad_message"}
	}
	return nil
}

// goodHeader holds what channel.Message promises, and that no line grows past
// the 998 characters of RFC 5322, 2.1.1.
func goodHeader(key, value string) bool {
	if own[key] || key != textproto.CanonicalMIMEHeaderKey(key) || strings.HasPrefix(key, "Content-") ||
		len(key)+2+len(value) > 998 {
		return false
	}
	for i := range len(key) {
		if c := key[i]; c <= ' ' || c >= 0x7f || c == ':' {
			return false
		}
	}
	for i := range len(value) {
		if c := value[i]; c < ' ' || c >= 0x7f {
			return false
		}
	}
	return key != ""
}

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// giveBack keeps no huge buffer for small messages to come.
func giveBack(b *bytes.Buffer) {
	if b.Cap() <= 256<<10 {
		buffers.Put(b)
	}
}
