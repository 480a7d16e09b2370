package show

import (
	"bytes"
	"encoding/base64"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"regexp"
	"slices"
	"sort"
	"strings"
)

// parsed is an e-mail as far as it can be read. A fault in it hides nothing that
// came before the fault.
type parsed struct {
	Headers []header
	Text    string
	HTML    string
	Others  []other  // parts that are neither
	Faults  []string // sentences
}

type header struct{ Name, Value string }

type other struct{ Name, Kind string }

const (
	maxDepth = 10
	maxParts = 100
	maxPart  = 1 << 20 // bytes of one, decoded
)

// order is the headers one looks for first; the rest follows by name.
var order = []string{"From", "To", "Reply-To", "Subject", "Date", "Message-Id", "List-Unsubscribe", "List-Unsubscribe-Post"}

// parse reads a message with LF or CRLF line ends.
func parse(raw []byte) parsed {
	var p parsed
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		p.Text, p.Faults = string(bytes.ToValidUTF8(raw, []byte("\uFFFD"))), []string{say("message.headers")}
		return p
	}
	for name, values := range m.Header {
		for _, v := range values {
			p.Headers = append(p.Headers, header{name, visible(decoded(v))})
		}
	}
	place := func(name string) int {
		if i := slices.Index(order, name); i >= 0 {
			return i
		}
		return len(order)
	}
	sort.SliceStable(p.Headers, func(i, j int) bool {
		a, b := p.Headers[i].Name, p.Headers[j].Name
		if x, y := place(a), place(b); x != y {
			return x < y
		}
		return a < b
	})
	for i, h := range p.Headers {
		if h.Name == "Message-Id" {
			p.Headers[i].Name = "Message-ID" // as everybody writes it
		}
	}
	parts := 0
	p.part(m.Header.Get, m.Body, 0, &parts)
	return p
}

// decoded is a header without encoded words, or as it is where they cannot be read.
func decoded(value string) string {
	if text, err := new(mime.WordDecoder).DecodeHeader(value); err == nil {
		value = text
	}
	return strings.ToValidUTF8(value, "\uFFFD")
}

// part reads one part and those in it. The first text and the first HTML that
// are no attachments are the message.
func (p *parsed) part(get func(string) string, body io.Reader, depth int, parts *int) {
	if *parts++; *parts > maxParts || depth > maxDepth {
		p.fault("message.parts")
		return
	}
	kind, params, err := mime.ParseMediaType(get("Content-Type"))
	if err != nil || kind == "" {
		// Nothing said, or nothing readable, is plain text (RFC 2045, 5.2).
		kind, params = "text/plain", nil
	}
	if strings.HasPrefix(kind, "multipart/") {
		for r := multipart.NewReader(body, params["boundary"]); *parts <= maxParts; {
			// Raw: how a part is encoded is then told by its header, whichever it is.
			inner, err := r.NextRawPart()
			if err == io.EOF {
				return
			}
			if err != nil {
				p.fault("message.form")
				return
			}
			p.part(inner.Header.Get, inner, depth+1, parts)
		}
		return
	}
	disposition, named, err := mime.ParseMediaType(get("Content-Disposition"))
	if err != nil {
		disposition, named = "", nil
	}
	var into *string
	switch {
	case disposition == "attachment":
	case kind == "text/plain" && p.Text == "":
		into = &p.Text
	case kind == "text/html" && p.HTML == "":
		into = &p.HTML
	}
	if into == nil {
		name := named["filename"]
		if name == "" {
			name = params["name"]
		}
		p.Others = append(p.Others, other{visible(short(decoded(name))), visible(short(kind))})
		return
	}
	text, err := io.ReadAll(io.LimitReader(unwrapped(get("Content-Transfer-Encoding"), body), maxPart+1))
	if err != nil {
		p.fault("message.form")
	}
	if len(text) > maxPart {
		p.fault("message.cut")
		text = text[:maxPart]
	}
	*into = p.characters(text, strings.ToLower(params["charset"]))
}

func unwrapped(encoding string, r io.Reader) io.Reader {
	switch strings.ToLower(strings.TrimSpace(encoding)) {
	case "quoted-printable":
		return quotedprintable.NewReader(r)
	case "base64":
		return base64.NewDecoder(base64.StdEncoding, r)
	}
	return r
}

func (p *parsed) characters(text []byte, charset string) string {
	switch charset {
	case "iso-8859-1", "latin1":
		runes := make([]rune, len(text))
		for i, b := range text {
			runes[i] = rune(b)
		}
		text = []byte(string(runes))
	case "", "utf-8", "utf8", "us-ascii":
	default:
		p.fault("message.charset", "charset", visible(short(charset)))
	}
	return strings.ReplaceAll(string(bytes.ToValidUTF8(text, []byte("\uFFFD"))), "\r\n", "\n")
}

// fault notes one, once.
func (p *parsed) fault(key string, args ...string) {
	if text := say(key, args...); !slices.Contains(p.Faults, text) {
		p.Faults = append(p.Faults, text)
	}
}

// reaching are the elements that get past a content security policy, or change
// what the frame's own say. A link may connect without loading (preconnect), and
// Chromium connects to the place of an inner frame before it refuses to load it.
var reaching = regexp.MustCompile(`(?i)<(/?)(base|embed|fencedframe|frame|frameset|iframe|link|meta|object|portal)([\s/>])`)

// inFrame is an e-mail's HTML with what the frame adds before it. Links open in
// a tab of their own, which does not know where it came from.
func inFrame(html string) string {
	return `<!doctype html><meta name="referrer" content="no-referrer"><base target="_blank">` + reaching.ReplaceAllString(html, "<${1}not-$2$3")
}
