package email_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"math/big"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rewave/rewave/internal/channel"
	"github.com/rewave/rewave/internal/channel/email"
	"github.com/rewave/rewave/internal/channel/sink"
)

func startSink(t testing.TB, opts sink.Options) (*sink.Sink, email.Options) {
	t.Helper()
	opts.Dir = t.TempDir()
	s, err := sink.Start(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	host, port, _ := net.SplitHostPort(s.Addr())
	n, _ := strconv.Atoi(port)
	return s, email.Options{Host: host, Port: n, TLS: email.TLSNone}
}

// received is a message as a mail program reads it.
type received struct {
	Header map[string]string
	Text   string
	HTML   string
}

func read(t *testing.T, s *sink.Sink) (out []received) {
	t.Helper()
	err := sink.ReadLog(s.LogPath(), func(e sink.Entry) error {
		raw, err := sink.ReadMessage(s.MailboxPath(), e)
		if err != nil {
			return err
		}
		m, err := mail.ReadMessage(bytes.NewReader(raw))
		if err != nil {
			return err
		}
		r := received{Header: map[string]string{"envelope": e.To}}
		for key := range m.Header {
			r.Header[key] = strings.Join(m.Header[key], " || ")
		}
		r.Header["Subject"], _ = new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
		if _, err := m.Header.Date(); err != nil {
			t.Errorf("date: %v", err)
		}
		delete(r.Header, "Date")
		kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
		if err != nil {
			return err
		}
		if kind == "text/plain" {
			text, err := io.ReadAll(quotedprintable.NewReader(m.Body))
			r.Text = string(text)
			out = append(out, r)
			return err
		}
		r.Header["Content-Type"] = kind
		parts := multipart.NewReader(m.Body, params["boundary"])
		for {
			p, err := parts.NextPart()
			if err == io.EOF {
				break
			}
			if err != nil {
				return err
			}
			body, err := io.ReadAll(p)
			if err != nil {
				return err
			}
			if kind, _, _ := mime.ParseMediaType(p.Header.Get("Content-Type")); kind == "text/html" {
				r.HTML = string(body)
			} else {
				r.Text = string(body)
			}
		}
		out = append(out, r)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestTheMessageArrivesAsWritten(t *testing.T) {
	t.Parallel()
	s, opts := startSink(t, sink.Options{})
	opts.ReplyTo = "Desk <desk@shop.example>"
	link := "https://shop.example/u/" + strings.Repeat("x", 120)
	m := channel.Message{
		Ref: "d-42", To: "Ann@Bücher.example", From: "Größe & Co. <news@shop.example>",
		Subject: "谢谢您的订单 — thank you, a subject that is longer than one line of an e-mail header may well be",
		Text:    "Hello Ann,\n.a line with a dot\nFrom here on\n" + strings.Repeat("long ", 300) + "\n",
		HTML:    "<p>Grüße, 安</p>\n.\n",
		Headers: map[string]string{"List-Unsubscribe": "<" + link + ">", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"},
	}
	c := open(t, opts)
	if got := c.Send(t.Context(), m); got.Verdict != channel.Accepted {
		t.Fatalf("outcome = %+v", got)
	}
	m.HTML = ""
	m.Headers = nil
	m.Text = "Text only\n"
	m.Ref = "d-43"
	if got := c.Send(t.Context(), m); got.Verdict != channel.Accepted {
		t.Fatalf("outcome = %+v", got)
	}
	want := []received{{
		Header: map[string]string{
			"envelope": "Ann@xn--bcher-kva.example", "To": "<Ann@xn--bcher-kva.example>",
			"From": "=?utf-8?b?R3LDtsOfZSAmIENvLg==?= <news@shop.example>", "Reply-To": `"Desk" <desk@shop.example>`,
			"Subject": m.Subject, "Message-Id": "<d-42@shop.example>", "Mime-Version": "1.0",
			"List-Unsubscribe": "<" + link + ">", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
			"Content-Type": "multipart/alternative",
		},
		Text: "Hello Ann,\n.a line with a dot\nFrom here on\n" + strings.Repeat("long ", 300) + "\n",
		HTML: "<p>Grüße, 安</p>\n.\n",
	}, {
		Header: map[string]string{
			"envelope": "Ann@xn--bcher-kva.example", "To": "<Ann@xn--bcher-kva.example>",
			"From": "=?utf-8?b?R3LDtsOfZSAmIENvLg==?= <news@shop.example>", "Reply-To": `"Desk" <desk@shop.example>`,
			"Subject": m.Subject, "Message-Id": "<d-43@shop.example>", "Mime-Version": "1.0",
			"Content-Type": "text/plain; charset=UTF-8", "Content-Transfer-Encoding": "quoted-printable",
		},
		Text: "Text only\n",
	}}
	if diff := cmp.Diff(want, read(t, s)); diff != "" {
		t.Errorf("received (-want +got):\n%s", diff)
	}
}

func TestWhatCannotBeSentIsFailedAndNotSent(t *testing.T) {
	t.Parallel()
	s, opts := startSink(t, sink.Options{})
	c := open(t, opts)
	tests := []struct {
		name   string
		change func(*channel.Message)
		want   channel.Outcome
	}{
		{"address", func(m *channel.Message) { m.To = "ann@demo.invalid\r\nRCPT TO:<x@y.example>" }, channel.Outcome{Verdict: channel.Failed, Reason: "bad_address"}},
		{"line end in the subject", func(m *channel.Message) { m.Subject = "a\r\nBcc: x@y.example" }, channel.Outcome{Verdict: channel.Failed, Reason: "bad_subject"}},
		{"no subject", func(m *channel.Message) { m.Subject = " " }, channel.Outcome{Verdict: channel.Failed, Reason: "bad_subject"}},
		{"no text", func(m *channel.Message) { m.Text = "" }, channel.Outcome{Verdict: channel.Failed, Reason: "no_text"}},
		{"reference", func(m *channel.Message) { m.Ref = "a>b" }, channel.Outcome{Verdict: channel.Failed, Reason: "bad_ref"}},
		{"line end in a header", func(m *channel.Message) { m.Headers = map[string]string{"X-A": "a\nBcc: x@y.example"} }, channel.Outcome{Verdict: channel.Failed, Reason: "bad_header"}},
		{"header of ours", func(m *channel.Message) { m.Headers = map[string]string{"Bcc": "x@y.example"} }, channel.Outcome{Verdict: channel.Failed, Reason: "bad_header"}},
		{"header not canonical", func(m *channel.Message) { m.Headers = map[string]string{"bcc": "x@y.example"} }, channel.Outcome{Verdict: channel.Failed, Reason: "bad_header"}},
		{"sender", func(m *channel.Message) { m.From = "Shop" }, channel.Outcome{Verdict: channel.NotTaken, Reason: "bad_sender", Trouble: channel.OfProvider}},
	}
	for _, tt := range tests {
		m := letter
		tt.change(&m)
		if diff := cmp.Diff(tt.want, c.Send(t.Context(), m)); diff != "" {
			t.Errorf("%s: outcome (-want +got):\n%s", tt.name, diff)
		}
	}
	if got, err := s.Summary(); err != nil || got.Count != 0 {
		t.Errorf("sink has %+v, %v", got, err)
	}
}

// A real server, refusing and hanging up at random stages under load: what we
// say about every message must agree with what it kept.
func TestOutcomesAgreeWithTheSink(t *testing.T) {
	t.Parallel()
	s, opts := startSink(t, sink.Options{Script: func(c *sink.Call) sink.Answer {
		switch {
		case c.Stage == sink.Rcpt && strings.HasPrefix(c.To, "full"):
			return sink.Answer{Code: 452, Enhanced: [3]int{4, 2, 2}, Text: "full"}
		case c.Stage == sink.Rcpt && strings.HasPrefix(c.To, "gone"):
			return sink.Answer{Code: 550, Enhanced: [3]int{5, 1, 1}, Text: "gone"}
		case c.Stage == sink.Rcpt && strings.HasPrefix(c.To, "cut-rcpt"):
			return sink.Answer{HangUp: true}
		case c.Stage == sink.Content && strings.HasPrefix(c.To, "spam"):
			return sink.Answer{Code: 554, Enhanced: [3]int{5, 7, 1}, Text: "spam"}
		case c.Stage == sink.Content && strings.HasPrefix(c.To, "cut-content"):
			return sink.Answer{HangUp: true}
		case c.Stage == sink.Reply && strings.HasPrefix(c.To, "cut-reply"):
			return sink.Answer{HangUp: true}
		}
		return sink.Answer{}
	}})
	opts.InFlight = 4
	c := open(t, opts)

	want := map[string]channel.Verdict{
		"ok": channel.Accepted, "full": channel.NotTaken, "gone": channel.Failed, "cut-rcpt": channel.NotTaken,
		"spam": channel.Failed, "cut-content": channel.Unknown, "cut-reply": channel.Unknown,
	}
	var wg sync.WaitGroup
	for fate, verdict := range want {
		for i := range 20 {
			wg.Go(func() {
				m := letter
				m.To = fmt.Sprintf("%s%d@demo.invalid", fate, i)
				m.Ref = fmt.Sprintf("%s-%d", fate, i)
				if got := c.Send(t.Context(), m); got.Verdict != verdict {
					t.Errorf("%s: outcome = %+v, want %s", m.Ref, got, verdict)
				}
			})
		}
	}
	wg.Wait()
	kept := map[string]int{}
	if err := sink.ReadLog(s.LogPath(), func(e sink.Entry) error {
		fate, _, _ := strings.Cut(e.ID, "@")
		kept[fate[:strings.LastIndex(fate, "-")]]++
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]int{"ok": 20, "cut-reply": 20}, kept); diff != "" {
		t.Errorf("kept by the sink (-want +got):\n%s", diff)
	}
}

func TestConnectionsAreSharedAndBounded(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var hellos int
	_, opts := startSink(t, sink.Options{Script: func(c *sink.Call) sink.Answer {
		if c.Stage == sink.Hello {
			mu.Lock()
			defer mu.Unlock()
			hellos++
		}
		return sink.Answer{}
	}})
	opts.InFlight = 3
	c := open(t, opts)
	var wg sync.WaitGroup
	for range 60 {
		wg.Go(func() {
			if got := c.Send(t.Context(), letter); got.Verdict != channel.Accepted {
				t.Errorf("outcome = %+v", got)
			}
		})
	}
	wg.Wait()
	if hellos > 3 {
		t.Errorf("connections = %d, want at most 3", hellos)
	}
}

func TestStartTLS(t *testing.T) {
	t.Parallel()
	cert, roots := certificate(t)
	_, opts := startSink(t, sink.Options{TLSConfig: &tls.Config{Certificates: []tls.Certificate{cert}}})
	opts.TLS, opts.TLSConfig = email.TLSStartTLS, &tls.Config{RootCAs: roots}
	if got, want := open(t, opts).Send(t.Context(), letter), channel.Accepted; got.Verdict != want {
		t.Errorf("outcome = %+v, want %s", got, want)
	}
	opts.TLSConfig = nil // the system does not know this root
	if got, want := open(t, opts).Send(t.Context(), letter), (channel.Outcome{Verdict: channel.NotTaken, Reason: "tls", Trouble: channel.OfProvider}); got != want {
		t.Errorf("foreign certificate: outcome = %+v, want %+v", got, want)
	}
}

func TestNoStartTLSOffered(t *testing.T) {
	t.Parallel()
	_, opts := startSink(t, sink.Options{})
	opts.TLS = email.TLSStartTLS
	if got, want := open(t, opts).Send(t.Context(), letter), (channel.Outcome{Verdict: channel.NotTaken, Reason: "no starttls", Trouble: channel.OfProvider}); got != want {
		t.Errorf("outcome = %+v, want %+v", got, want)
	}
}

func certificate(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tpl := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, tpl, tpl, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, roots
}

func TestAuthentication(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		server func(*peer)
		want   channel.Outcome
	}{
		"plain": {func(p *peer) {
			p.say("220 test")
			p.hear("EHLO")
			p.say("250-test\r\n250 AUTH LOGIN PLAIN")
			p.hear("AUTH PLAIN AHVzZXIAc2VjcmV0") // NUL user NUL secret
			p.say("235 ok")
			p.hear("MAIL")
			p.say("250 ok")
			p.hear("RCPT")
			p.say("250 ok")
			p.hear("DATA")
			p.say("354 go")
			p.content()
			p.say("250 ok")
			p.wait()
		}, channel.Outcome{Verdict: channel.Accepted}},
		"wrong password": {func(p *peer) {
			p.say("220 test")
			p.hear("EHLO")
			p.say("250-test\r\n250 AUTH PLAIN")
			p.hear("AUTH PLAIN")
			p.say("535 5.7.8 no")
			p.hear("*")
			p.say("501 ok")
			p.hear("QUIT")
			p.say("221 bye")
			p.wait()
		}, channel.Outcome{Verdict: channel.NotTaken, Reason: "auth 535 5.7.8", Trouble: channel.OfProvider}},
		"not offered": {func(p *peer) { p.hello(); p.wait() },
			channel.Outcome{Verdict: channel.NotTaken, Reason: "auth: neither PLAIN nor LOGIN offered", Trouble: channel.OfProvider}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			opts, _ := serve(t, tt.server)
			opts.User, opts.Password = "user", "secret"
			if diff := cmp.Diff(tt.want, open(t, opts).Send(t.Context(), letter)); diff != "" {
				t.Errorf("outcome (-want +got):\n%s", diff)
			}
		})
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for want, opts := range map[string]email.Options{
		"email channel: no SMTP host":                                                {},
		`email channel: unknown tls "ssl"`:                                           {Host: "mx.example", TLS: "ssl"},
		"email channel: a password without TLS":                                      {Host: "mx.example", TLS: email.TLSNone, User: "u"},
		"email channel: port, timeout or in_flight out of range":                     {Host: "mx.example", Port: 70000},
		"email channel: reply_to is not a mailbox: write `Shop <news@shop.example>`": {Host: "mx.example", ReplyTo: "desk"},
	} {
		_, err := email.New(opts)
		if err == nil || err.Error() != want {
			t.Errorf("New(%+v) = %v, want %q", opts, err, want)
		}
	}
}
