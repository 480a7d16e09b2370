package email_test

import (
	"bufio"
	"context"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rewave/rewave/internal/channel"
	"github.com/rewave/rewave/internal/channel/email"
)

// peer is the server's side of one connection, written out line by line.
type peer struct {
	t    *testing.T
	conn net.Conn
	r    *bufio.Reader
}

func (p *peer) say(lines string) { p.conn.Write([]byte(lines + "\r\n")) } // the client may have gone

// hear reads one line and fails the test if it starts otherwise.
func (p *peer) hear(prefix string) bool {
	line, err := p.r.ReadString('\n')
	if err != nil {
		return false
	}
	if !strings.HasPrefix(line, prefix) {
		p.t.Errorf("server heard %q, want %s", line, prefix)
	}
	return true
}

func (p *peer) hello() {
	p.say("220 test")
	p.hear("EHLO shop.example")
	p.say("250 test")
}

func (p *peer) envelope() {
	p.hello()
	for _, verb := range []string{"MAIL FROM:<news@shop.example>", "RCPT TO:<ann@demo.invalid>"} {
		p.hear(verb)
		p.say("250 ok")
	}
	p.hear("DATA")
	p.say("354 go")
}

// content reads up to the line with the dot.
func (p *peer) content() {
	for {
		line, err := p.r.ReadString('\n')
		if err != nil || line == ".\r\n" {
			return
		}
	}
}

// rset answers RSET and then waits.
func (p *peer) rset() {
	p.hear("RSET")
	p.say("250 ok")
	p.wait()
}

// wait holds the connection open until the client leaves.
func (p *peer) wait() {
	for p.hear("") {
	}
}

// serve runs one script a connection, the last one for all that follow.
func serve(t *testing.T, scripts ...func(*peer)) (opts email.Options, connections *atomic.Int32) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	connections = new(atomic.Int32)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			script := scripts[min(int(connections.Add(1)), len(scripts))-1]
			go func() {
				defer conn.Close()
				script(&peer{t, conn, bufio.NewReader(conn)})
			}()
		}
	}()
	t.Cleanup(func() { l.Close(); <-done })
	addr := l.Addr().(*net.TCPAddr)
	return email.Options{Host: "127.0.0.1", Port: addr.Port, TLS: email.TLSNone, Timeout: 5 * time.Second}, connections
}

func open(t testing.TB, opts email.Options) *email.Channel {
	t.Helper()
	c, err := email.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

var letter = channel.Message{
	Ref: "d-42", To: "ann@demo.invalid", From: "Shop <news@shop.example>", Subject: "Thank you", Text: "Hello Ann\n",
}

func TestOutcomeByStage(t *testing.T) {
	t.Parallel()
	const short = 150 * time.Millisecond
	tests := []struct {
		name    string
		timeout time.Duration
		server  func(*peer)
		want    channel.Outcome
	}{
		{"hang-up instead of a greeting", 0, func(p *peer) {}, channel.Outcome{Verdict: channel.NotTaken, Reason: "greeting", Trouble: channel.OfProvider}},
		{"no greeting", short, func(p *peer) { p.wait() }, channel.Outcome{Verdict: channel.NotTaken, Reason: "greeting timeout", Trouble: channel.OfProvider}},
		{"554 greeting", 0, func(p *peer) { p.say("554 5.3.2 no") }, channel.Outcome{Verdict: channel.NotTaken, Reason: "greeting 554 5.3.2", Trouble: channel.OfProvider}},
		{"421 to EHLO and HELO", 0, func(p *peer) {
			p.say("220 test")
			p.hear("EHLO")
			p.say("421 4.3.2 no")
			p.hear("HELO")
			p.say("421 4.3.2 no")
		}, channel.Outcome{Verdict: channel.NotTaken, Reason: "ehlo 421 4.3.2", Trouble: channel.Rests}},
		{"hang-up at MAIL", 0, func(p *peer) { p.hello(); p.hear("MAIL") }, channel.Outcome{Verdict: channel.NotTaken, Reason: "mail", Trouble: channel.OfProvider}},
		{"no answer to MAIL", short, func(p *peer) { p.hello(); p.wait() }, channel.Outcome{Verdict: channel.NotTaken, Reason: "mail timeout", Trouble: channel.OfProvider}},
		{"550 to MAIL is about the sender", 0, func(p *peer) { p.hello(); p.hear("MAIL"); p.say("550 5.7.1 ann@demo.invalid no"); p.rset() },
			channel.Outcome{Verdict: channel.NotTaken, Reason: "mail 550 5.7.1", Trouble: channel.OfProvider}},
		{"451 to RCPT", 0, func(p *peer) {
			p.hello()
			p.hear("MAIL")
			p.say("250 ok")
			p.hear("RCPT")
			p.say("451 4.7.1 greylisted")
			p.rset()
		}, channel.Outcome{Verdict: channel.NotTaken, Reason: "rcpt 451 4.7.1"}},
		{"550 to RCPT", 0, func(p *peer) {
			p.hello()
			p.hear("MAIL")
			p.say("250 ok")
			p.hear("RCPT")
			p.say("550-5.1.1 no such\r\n550 5.1.1 user ann@demo.invalid")
			p.rset()
		}, channel.Outcome{Verdict: channel.Failed, Reason: "rcpt 550 5.1.1"}},
		{"hang-up at RCPT", 0, func(p *peer) { p.hello(); p.hear("MAIL"); p.say("250 ok"); p.hear("RCPT") },
			channel.Outcome{Verdict: channel.NotTaken, Reason: "rcpt", Trouble: channel.OfProvider}},
		{"452 to DATA", 0, func(p *peer) {
			p.hello()
			p.hear("MAIL")
			p.say("250 ok")
			p.hear("RCPT")
			p.say("250 ok")
			p.hear("DATA")
			p.say("452 4.3.1 full")
			p.rset()
		}, channel.Outcome{Verdict: channel.NotTaken, Reason: "data 452 4.3.1", Trouble: channel.OfProvider}},
		{"554 to DATA", 0, func(p *peer) {
			p.hello()
			p.hear("MAIL")
			p.say("250 ok")
			p.hear("RCPT")
			p.say("250 ok")
			p.hear("DATA")
			p.say("554 no")
			p.rset()
		}, channel.Outcome{Verdict: channel.Failed, Reason: "data 554"}},
		{"550 to the content", 0, func(p *peer) { p.envelope(); p.content(); p.say("550 5.7.1 spam"); p.wait() },
			channel.Outcome{Verdict: channel.Failed, Reason: "content 550 5.7.1"}},
		{"421 to the content", 0, func(p *peer) { p.envelope(); p.content(); p.say("421 4.3.0 no room") },
			channel.Outcome{Verdict: channel.NotTaken, Reason: "content 421 4.3.0", Trouble: channel.Rests}},
		{"hang-up after the content", 0, func(p *peer) { p.envelope(); p.content() },
			channel.Outcome{Verdict: channel.Unknown, Reason: "connection lost after data"}},
		{"no answer to the content", short, func(p *peer) { p.envelope(); p.content(); p.wait() },
			channel.Outcome{Verdict: channel.Unknown, Reason: "timeout after data"}},
		{"nonsense after the content", 0, func(p *peer) { p.envelope(); p.content(); p.say("thank you"); p.wait() },
			channel.Outcome{Verdict: channel.Unknown, Reason: "unreadable answer after data"}},
		{"half an answer after the content", 0, func(p *peer) { p.envelope(); p.content(); p.conn.Write([]byte("250-2.0.0 que")) },
			channel.Outcome{Verdict: channel.Unknown, Reason: "connection lost after data"}},
		{"taken", 0, func(p *peer) { p.envelope(); p.content(); p.say("250 2.0.0 Ok: queued as 4Xq1Z35Tz9"); p.wait() },
			channel.Outcome{Verdict: channel.Accepted, ProviderID: "4Xq1Z35Tz9"}},
		{"pipelined, RCPT refused, DATA all the same", 0, func(p *peer) {
			p.say("220 test")
			p.hear("EHLO")
			p.say("250-test\r\n250 PIPELINING")
			p.hear("MAIL")
			p.hear("RCPT")
			p.hear("DATA")
			p.say("250 ok\r\n550 5.1.1 no\r\n354 go")
			if line, err := p.r.ReadString('\n'); err == nil {
				p.t.Errorf("server got %q although it refused the recipient", line)
			}
		}, channel.Outcome{Verdict: channel.Failed, Reason: "rcpt 550 5.1.1"}},
		{"pipelined, RCPT and DATA refused", 0, func(p *peer) {
			p.say("220 test")
			p.hear("EHLO")
			p.say("250-test\r\n250 PIPELINING")
			p.hear("MAIL")
			p.hear("RCPT")
			p.hear("DATA")
			p.say("250 ok\r\n450 4.2.0 later\r\n503 5.5.1 nobody")
			p.rset()
		}, channel.Outcome{Verdict: channel.NotTaken, Reason: "rcpt 450 4.2.0"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			opts, _ := serve(t, tt.server)
			if tt.timeout != 0 {
				opts.Timeout = tt.timeout
			}
			got := open(t, opts).Send(t.Context(), letter)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("outcome (-want +got):\n%s", diff)
			}
		})
	}
}

func TestNobodyListens(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	l.Close()
	got := open(t, email.Options{Host: "127.0.0.1", Port: port, TLS: email.TLSNone}).Send(t.Context(), letter)
	if want := (channel.Outcome{Verdict: channel.NotTaken, Reason: "dial", Trouble: channel.OfProvider}); got != want {
		t.Errorf("outcome = %+v, want %+v", got, want)
	}
}

func TestCancelledByStage(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		server func(p *peer, cancel func())
		want   channel.Outcome
	}{
		{"before the content", func(p *peer, cancel func()) { p.hello(); p.hear("MAIL"); cancel(); p.wait() },
			channel.Outcome{Verdict: channel.NotTaken, Reason: "mail cancelled", Trouble: channel.OurOwn}},
		{"after it, the answer comes late but comes", func(p *peer, cancel func()) {
			p.envelope()
			p.content()
			cancel()
			p.say("250 ok")
			p.wait()
		}, channel.Outcome{Verdict: channel.Accepted}},
		{"after it, no answer", func(p *peer, cancel func()) { p.envelope(); p.content(); cancel(); p.wait() },
			channel.Outcome{Verdict: channel.Unknown, Reason: "cancelled after data"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			opts, _ := serve(t, func(p *peer) { tt.server(p, cancel) })
			opts.Timeout = time.Minute
			got := open(t, opts).Send(ctx, letter)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("outcome (-want +got):\n%s", diff)
			}
		})
	}
}

// A kept connection that the server closed costs no outcome: nothing was said.
func TestAStaleConnectionIsReplaced(t *testing.T) {
	t.Parallel()
	take := func(p *peer) { p.envelope(); p.content(); p.say("250 ok") }
	for name, first := range map[string]func(*peer){
		"closed":       func(p *peer) { take(p) },
		"said goodbye": func(p *peer) { take(p); p.hear("MAIL"); p.say("421 4.4.2 idle") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			opts, connections := serve(t, first, take)
			c := open(t, opts)
			for i := range 2 {
				if got := c.Send(t.Context(), letter); got.Verdict != channel.Accepted {
					t.Errorf("message %d: %+v", i, got)
				}
			}
			if got := connections.Load(); got != 2 {
				t.Errorf("connections = %d, want 2", got)
			}
		})
	}
}
