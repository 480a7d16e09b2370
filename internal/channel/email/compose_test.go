package email

import (
	"bytes"
	"net/mail"
	"strings"
	"testing"

	"github.com/rewave/rewave/internal/channel"
)

// Whatever is put into a message, it has one of each header we write and no
// header that nobody asked for.
func FuzzCompose(f *testing.F) {
	f.Add("Hi", "Hello", "<p>x</p>", "<https://x.example>", "Shop <a@shop.example>")
	f.Add("a\r\nBcc: x@y.example", ".\n.\r\n.", "\r", "a\nBcc: b", "\"a\\\"\r\n\" <a@shop.example>")
	f.Add(strings.Repeat("长", 300), "\x00", "", strings.Repeat("x", 2000), "a@shop.example")
	c, err := New(Options{Host: "127.0.0.1", ReplyTo: "Desk <desk@shop.example>"})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, subject, text, html, header, sender string) {
		from, err := parseSender(sender)
		if err != nil {
			return
		}
		var b bytes.Buffer
		m := channel.Message{Ref: "d-1", Subject: subject, Text: text, HTML: html, Headers: map[string]string{"List-Unsubscribe": header}}
		if err := c.compose(&b, m, from, "ann@demo.invalid"); err != nil {
			return
		}
		if bytes.Contains(bytes.ReplaceAll(b.Bytes(), []byte("\r\n"), nil), []byte("\n")) {
			t.Fatalf("a bare line end:\n%q", b.String())
		}
		got, err := mail.ReadMessage(&b)
		if err != nil {
			t.Fatal(err)
		}
		for _, key := range []string{"From", "To", "Subject", "Reply-To", "Message-Id", "Date", "List-Unsubscribe", "Content-Type", "Mime-Version"} {
			if n := len(got.Header[key]); n != 1 {
				t.Errorf("%d %s headers", n, key)
			}
			delete(got.Header, key)
		}
		delete(got.Header, "Content-Transfer-Encoding")
		if len(got.Header) != 0 {
			t.Errorf("further headers: %v", got.Header)
		}
	})
}
