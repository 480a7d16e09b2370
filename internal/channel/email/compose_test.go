package email

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"mime/quotedprintable"
	"net/mail"
	"strings"
	"testing"
	"time"

	gomail "github.com/wneessen/go-mail"

	"github.com/rewave/rewave/internal/channel"
	"github.com/rewave/rewave/internal/customer"
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

// A message that is put together from a skeleton is what go-mail makes of it, but
// for the boundary, which is drawn.
func FuzzSkeleton(f *testing.F) {
	f.Add("Hi", "Hello\nAnn, =20 and more \n", "<p>x</p>", "<https://x.example>", "ann@demo.invalid")
	f.Add("a  b ", ".\n.\r\n.", "\r", "x", "bob@demo.invalid")
	f.Add(strings.Repeat("长", 300), "\x00\r\u00e9\n\n", "", strings.Repeat("x", 900), strings.Repeat("a", 60)+"@demo.invalid")
	f.Add(strings.Repeat("s", 60), strings.Repeat("x", 76)+"\n"+strings.Repeat("y", 75)+"\n"+strings.Repeat("z", 74)+" \n", "", "=?", "c@demo.invalid")
	c, err := New(Options{Host: "127.0.0.1", ReplyTo: "Desk <desk@shop.example>", Date: func() time.Time { return time.Unix(1e9, 0) }})
	if err != nil {
		f.Fatal(err)
	}
	from, err := parseSender("Shop <shop@shop.example>")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, subject, text, html, header, to string) {
		to, err := customer.CheckAddress(to) // as Send does
		if err != nil {
			return
		}
		m := channel.Message{Ref: "d-1", Subject: subject, Text: text, HTML: html, Headers: map[string]string{"List-Unsubscribe": header}}
		var want, got bytes.Buffer
		if c.compose(&want, m, from, to) != nil {
			return
		}
		want.Reset()
		if err := c.write(&want, m, from, "d-1@shop.example", to, c.date()); err != nil {
			t.Fatal(err)
		}
		for range 2 { // the second time from the skeleton that the first one made
			got.Reset()
			if err := c.compose(&got, m, from, to); err != nil {
				t.Fatal(err)
			}
		}
		if a, b := unbound(want.String()), unbound(got.String()); a != b {
			t.Errorf("go-mail:\n%q\nskeleton:\n%q", a, b)
		}
	})
}

// unbound gives every message the same boundary.
func unbound(s string) string {
	if _, after, found := strings.Cut(s, "\r\n boundary="); found {
		boundary, _, _ := strings.Cut(after, "\r\n")
		return strings.ReplaceAll(s, boundary, "boundary")
	}
	return s
}

// Quoted-printable is the standard library's.
func FuzzQuote(f *testing.F) {
	for _, s := range []string{"", "a\n", "a \n", "a\t", "\r\r\n\n", "\r\u00e9\nabc\n", strings.Repeat("x", 75) + "\n" + strings.Repeat("=", 80) + "\nend"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var want, got bytes.Buffer
		w := quotedprintable.NewWriter(&want)
		if _, err := w.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if quote(&got, text); got.String() != want.String() {
			t.Errorf("%q:\n%q, not\n%q", text, got.String(), want.String())
		}
	})
}

func BenchmarkCompose(b *testing.B) {
	c, err := New(Options{Host: "127.0.0.1"})
	if err != nil {
		b.Fatal(err)
	}
	from, err := parseSender("Shop <shop@shop.example>")
	if err != nil {
		b.Fatal(err)
	}
	m := channel.Message{Ref: "d-1", Subject: "Your order", Text: strings.Repeat("Some words of an ordinary message, as one writes them.\n", 36),
		HTML:    "<p>" + strings.Repeat("Some words of an <a href=\"https://shop.example/x?y=1\">ordinary</a> message, as one writes them.<br>\n", 20) + "</p>",
		Headers: map[string]string{"List-Unsubscribe": "<https://shop.example/u/x>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}}
	var w bytes.Buffer
	b.Run("go-mail", func(b *testing.B) {
		for b.Loop() {
			w.Reset()
			if err := c.write(&w, m, from, "d-1@shop.example", "ann@demo.invalid", time.Time{}); err != nil {
				b.Fatal(err)
			}
		}
	})
	// What a signature would cost on top; nothing signs yet.
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		b.Fatal(err)
	}
	_, edKey, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	for name, key := range map[string]crypto.Signer{"go-mail and DKIM by RSA": rsaKey, "go-mail and DKIM by Ed25519": edKey} {
		b.Run(name, func(b *testing.B) {
			signer := gomail.NewDKIMSigner("shop.example", "s1", key)
			for b.Loop() {
				msg := gomail.NewMsg()
				msg.FromMailAddress(from)
				msg.ToMailAddress(&mail.Address{Address: "ann@demo.invalid"})
				msg.Subject(m.Subject)
				msg.SetBodyString(gomail.TypeTextPlain, m.Text)
				msg.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
				msg.SetDKIM(signer)
				w.Reset()
				if _, err := msg.WriteTo(&w); err != nil || !bytes.Contains(w.Bytes(), []byte("DKIM-Signature:")) {
					b.Fatal("no signature", err)
				}
			}
		})
	}
	b.Run("skeleton", func(b *testing.B) {
		for b.Loop() {
			w.Reset()
			if err := c.compose(&w, m, from, "ann@demo.invalid"); err != nil {
				b.Fatal(err)
			}
		}
	})
}
