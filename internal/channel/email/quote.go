package email

import (
	"bytes"
	"mime/quotedprintable"
	"strings"
)

// quote writes text as quoted-printable, as the standard library does to the
// byte. Lines that stay as they are, which is most of them, are copied whole.
func quote(w *bytes.Buffer, text string) {
	var slow *quotedprintable.Writer
	var scratch []byte
	for len(text) > 0 {
		line, ended := text, false
		if at := strings.IndexByte(text, '\n'); at >= 0 {
			line, ended = text[:at], true
		}
		if ended && stays(line) {
			w.WriteString(line)
			w.WriteString("\r\n")
			text = text[len(line)+1:]
			continue
		}
		if at := strings.IndexByte(line, '\r'); at >= 0 && at < len(line)-1 {
			line, ended = text, false // what follows depends on more than its own line
		}
		if slow == nil {
			slow = quotedprintable.NewWriter(w)
		}
		scratch = append(scratch[:0], line...)
		if text = text[len(line):]; ended {
			scratch, text = append(scratch, '\n'), text[1:]
		}
		_, _ = slow.Write(scratch) // a buffer takes everything
	}
	if slow != nil {
		_ = slow.Close()
	}
}

// stays says that a line is its own quoted-printable: RFC 2045, 6.7.
func stays(line string) bool {
	if len(line) > 75 {
		return false
	}
	for i := range len(line) {
		if c := line[i]; (c < ' ' || c > '~' || c == '=') && c != '\t' {
			return false
		}
	}
	return line == "" || line[len(line)-1] > ' '
}
