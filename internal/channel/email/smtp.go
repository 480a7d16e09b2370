package email

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/wneessen/go-mail/smtp"

	"github.com/rewave/rewave/internal/channel"
)

// session is one open, greeted and authenticated connection.
type session struct {
	conn       net.Conn // the TCP connection, whose deadlines hold under TLS too
	client     *smtp.Client
	text       *textproto.Conn
	pipelining bool // RFC 2920
	eightBit   bool // RFC 6152
	said       bool // the envelope of who gets it next stands written, and is not answered
	since      time.Time
	out        []byte // what is written next, kept for its room
}

// state is what a transaction left of its connection.
type state int

const (
	usable state = iota // may take the next message
	ended               // must be closed
	stale               // closed by the server before it answered anything at all
)

// dial opens a session. An error is a refusal with its stage as the reason.
func (c *Channel) dial(ctx context.Context, hello string) (*session, error) {
	conn, err := (&net.Dialer{Timeout: c.opts.Timeout}).DialContext(ctx, "tcp", c.addr)
	if err != nil {
		return nil, refused(ctx, "dial", err)
	}
	w := watch(ctx, conn)
	defer w.stop()
	w.allow(c.opts.Timeout)

	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if c.opts.TLSConfig != nil {
		config = c.opts.TLSConfig.Clone()
	}
	if config.ServerName == "" {
		config.ServerName = c.opts.Host
	}
	fail := func(stage string, err error) (*session, error) {
		conn.Close() // what matters has been said
		return nil, refused(ctx, stage, err)
	}
	over := conn
	if c.opts.TLS == TLSImplicit {
		t := tls.Client(conn, config)
		if err := t.HandshakeContext(ctx); err != nil {
			return fail("tls", err)
		}
		over = t
	}
	client, err := smtp.NewClient(over, c.opts.Host)
	if err != nil {
		return fail("greeting", err)
	}
	w.allow(c.opts.Timeout)
	if err := client.Hello(hello); err != nil {
		return fail("ehlo", err)
	}
	if c.opts.TLS == TLSStartTLS {
		if ok, _ := client.Extension("STARTTLS"); !ok {
			return fail("tls", &refusal{reason: "no starttls"})
		}
		w.allow(c.opts.Timeout)
		if err := client.StartTLS(config); err != nil {
			return fail("tls", err)
		}
	}
	if c.opts.User != "" {
		w.allow(c.opts.Timeout)
		if err := c.authenticate(client); err != nil {
			return fail("auth", err)
		}
	}
	s := &session{conn: conn, client: client, text: client.Text}
	if s.pipelining, _ = client.Extension("PIPELINING"); s.pipelining {
		c.pool.pipelines(c.opts.InFlight)
	}
	s.eightBit, _ = client.Extension("8BITMIME")
	return s, nil
}

// authenticate uses PLAIN, or LOGIN where the server knows only that.
func (c *Channel) authenticate(client *smtp.Client) error {
	_, mechanisms := client.Extension("AUTH")
	for _, m := range strings.Fields(mechanisms) {
		if m == "PLAIN" {
			return client.Auth(smtp.PlainAuth("", c.opts.User, c.opts.Password, c.opts.Host, false))
		}
	}
	for _, m := range strings.Fields(mechanisms) {
		if m == "LOGIN" {
			return client.Auth(smtp.LoginAuth(c.opts.User, c.opts.Password, c.opts.Host, false))
		}
	}
	return &refusal{reason: "auth: neither PLAIN nor LOGIN offered"}
}

// transact hands one message over and says what became of it and of the
// connection. Where the server allows it, the envelope of whoever waits longest in
// the pool goes out with the content, so that a message costs one round trip: next
// is who, and gets the connection if it is usable.
func (s *session) transact(ctx context.Context, timeout time.Duration, t *turn, body []byte, p *pool) (out channel.Outcome, st state, next *turn) {
	w := watch(ctx, s.conn)
	defer w.stop()

	if out, st, ok := s.envelope(ctx, w, timeout, t); !ok {
		return out, st, nil
	}
	w.allow(timeout)
	s.out = s.out[:0]
	for {
		at := bytes.Index(body, lineWithDot)
		if at < 0 {
			break
		}
		if s.out = append(append(s.out, body[:at+3]...), '.'); len(s.out) > atOnce {
			if _, err := s.flush(); err != nil {
				return notTaken(ctx, "content", err), ended, nil
			}
		}
		body = body[at+3:]
	}
	for len(s.out)+len(body) > atOnce {
		n := min(len(body), atOnce)
		s.out, body = append(s.out, body[:n]...), body[n:]
		if _, err := s.flush(); err != nil {
			return notTaken(ctx, "content", err), ended, nil
		}
	}
	if s.out = append(s.out, body...); !bytes.HasSuffix(body, crlf) {
		s.out = append(s.out, crlf...)
	}
	content := len(s.out)
	s.out = append(s.out, ".\r\n"...)

	// From here on the server may have it: the last line is about to be written.
	if !w.commit(timeout) {
		return channel.Outcome{Verdict: channel.NotTaken, Reason: "content cancelled", Trouble: channel.OurOwn}, ended, nil
	}
	if s.pipelining {
		if next = p.next(); next != nil {
			s.out = append(s.out, s.lines(next)...)
			s.said = true
		}
	}
	if n, err := s.flush(); err != nil && n <= content {
		return notTaken(ctx, "content", err), ended, next
	} else if err != nil {
		return unknown(ctx, err), ended, next
	}
	_, text, err := s.text.ReadResponse(2)
	switch answer := (*textproto.Error)(nil); {
	case err == nil:
		return channel.Outcome{Verdict: channel.Accepted, ProviderID: queueID(text)}, usable, next
	case errors.As(err, &answer) && answer.Code >= 400 && answer.Code < 600:
		return verdict("content", answer), after(answer.Code), next
	default:
		return unknown(ctx, err), ended, next
	}
}

// atOnce is how much of a message is written at once; the last piece has the dot.
const atOnce = 64 << 10

var crlf, lineWithDot = []byte("\r\n"), []byte("\r\n.")

// flush writes out, and says how much of it has surely left when it fails.
func (s *session) flush() (n int, err error) {
	out := s.out
	s.out = s.out[:0]
	if n, err = s.text.W.Write(out); err == nil {
		err = s.text.W.Flush()
	}
	return n - s.text.W.Buffered(), err
}

// lines are the envelope of a message, as they are written in one piece (RFC
// 2920, 3.1).
func (s *session) lines(t *turn) string {
	return s.mail(t) + "\r\nRCPT TO:<" + t.to + ">\r\nDATA\r\n"
}

func (s *session) mail(t *turn) string {
	if s.eightBit {
		return "MAIL FROM:<" + t.from + "> BODY=8BITMIME"
	}
	return "MAIL FROM:<" + t.from + ">"
}

// envelope says MAIL, RCPT and DATA, in one piece where the server allows it, and
// returns ok when the server waits for the content.
func (s *session) envelope(ctx context.Context, w *watcher, timeout time.Duration, t *turn) (channel.Outcome, state, bool) {
	said := s.said
	s.said = false
	steps := [...]struct {
		stage  string
		expect int
	}{{"mail", 2}, {"rcpt", 2}, {"data", 354}}
	var out *channel.Outcome
	st := usable
	for i, step := range steps {
		w.allow(timeout)
		var err error
		switch {
		case said:
		case s.pipelining && i == 0:
			s.out = append(s.out, s.lines(t)...)
			_, err = s.flush()
		case s.pipelining:
		case i == 0:
			err = s.write(s.mail(t))
		case i == 1:
			err = s.write("RCPT TO:<" + t.to + ">")
		default:
			err = s.write("DATA")
		}
		if err == nil {
			_, _, err = s.text.ReadResponse(step.expect)
		}
		answer := (*textproto.Error)(nil)
		switch {
		case err == nil && out == nil:
			continue
		case err == nil:
			// The server wants content although it refused the recipient. It gets
			// none: without the last line nothing is taken.
			return *out, ended, false
		case errors.As(err, &answer):
			if out == nil {
				v := verdict(step.stage, answer)
				out, st = &v, after(answer.Code)
				// A kept connection's goodbye; nothing of this message was heard.
				if i == 0 && answer.Code == goodbye {
					return v, stale, false
				}
			}
			if !s.pipelining {
				return *out, s.reset(w, timeout, st), false
			}
		default:
			if out != nil {
				return *out, ended, false
			}
			v := notTaken(ctx, step.stage, err)
			if i == 0 && !isTimeout(err) {
				return v, stale, false
			}
			return v, ended, false
		}
	}
	if out != nil {
		return *out, s.reset(w, timeout, st), false
	}
	return channel.Outcome{}, usable, true
}

// write sends a line.
func (s *session) write(line string) error {
	s.out = append(append(s.out, line...), crlf...)
	_, err := s.flush()
	return err
}

// reset makes the connection ready for the next message after a refusal.
func (s *session) reset(w *watcher, timeout time.Duration, st state) state {
	if st != usable {
		return st
	}
	w.allow(timeout)
	if err := s.write("RSET"); err != nil {
		return ended
	}
	if _, _, err := s.text.ReadResponse(2); err != nil {
		return ended
	}
	return usable
}

// quit takes leave without waiting long for an answer.
func (s *session) quit() error {
	s.conn.SetDeadline(time.Now().Add(200 * time.Millisecond)) // an error shows on the write
	if err := s.write("QUIT"); err == nil {
		s.text.ReadResponse(221) // courtesy only
	}
	return s.conn.Close()
}

func (s *session) close() { s.conn.Close() } // its state is known to be of no use any more

// after tells whether a connection lives on after a refusal; 421 is a goodbye
// (RFC 5321, 3.8), and what is no refusal means that we have lost the thread.
func after(code int) state {
	if code == goodbye || code < 400 || code >= 600 {
		return ended
	}
	return usable
}

// verdict maps a refusal by the server. Only what is about this recipient or
// this content is for good.
func verdict(stage string, answer *textproto.Error) channel.Outcome {
	out := channel.Outcome{Verdict: channel.NotTaken, Reason: stage + " " + code(answer)}
	switch {
	case answer.Code >= 500 && answer.Code < 600 && stage != "mail":
		out.Verdict = channel.Failed
	case answer.Code == goodbye:
		out.Trouble = channel.Rests
	case stage == "mail" || ofSystem.MatchString(answer.Msg):
		out.Trouble = channel.OfProvider
	}
	return out
}

// goodbye is the code of a server that closes the channel.
const goodbye = 421

// ofSystem is a status of the mail system and not of a mailbox or message.
var ofSystem = regexp.MustCompile(`^4\.3\.\d`)

var enhanced = regexp.MustCompile(`^[245]\.\d{1,3}\.\d{1,3}\b`)

// code is "550 5.1.1": the server's text may hold the address and is left out.
func code(answer *textproto.Error) string {
	if e := enhanced.FindString(answer.Msg); e != "" {
		return fmt.Sprintf("%d %s", answer.Code, e)
	}
	return fmt.Sprint(answer.Code)
}

func notTaken(ctx context.Context, stage string, err error) channel.Outcome {
	out := channel.Outcome{Verdict: channel.NotTaken, Reason: refused(ctx, stage, err).Error(), Trouble: channel.OfProvider}
	if ctx.Err() != nil && !isTimeout(ctx.Err()) {
		out.Trouble = channel.OurOwn
	}
	return out
}

func unknown(ctx context.Context, err error) channel.Outcome {
	reason := "connection lost after data"
	switch {
	case ctx.Err() != nil:
		reason = "cancelled after data"
	case isTimeout(err):
		reason = "timeout after data"
	case errors.As(err, new(textproto.ProtocolError)):
		reason = "unreadable answer after data"
	}
	return channel.Outcome{Verdict: channel.Unknown, Reason: reason}
}

// refused names the stage and the kind of an error, and nothing else of it.
func refused(ctx context.Context, stage string, err error) error {
	answer, r := (*textproto.Error)(nil), (*refusal)(nil)
	switch {
	case errors.As(err, &r):
		return r
	case errors.As(err, &answer):
		r = &refusal{reason: stage + " " + code(answer)}
		if answer.Code == goodbye {
			r.trouble = channel.Rests
		}
		return r
	case ctx.Err() != nil:
		r = &refusal{reason: stage + " cancelled"}
		if !isTimeout(ctx.Err()) {
			r.trouble = channel.OurOwn
		}
		return r
	case isTimeout(err):
		return &refusal{reason: stage + " timeout"}
	}
	return &refusal{reason: stage}
}

func isTimeout(err error) bool {
	var ne net.Error
	return errors.As(err, &ne) && ne.Timeout()
}

// queueID finds the server's own name for the message: "queued as 4Xq1Z3"
// (postfix), "id=1tXyZ-000" (exim), "Ok 0100018f" (SES).
func queueID(text string) string {
	if m := queued.FindStringSubmatch(text); m != nil {
		return m[1]
	}
	return ""
}

var queued = regexp.MustCompile(`(?i)(?:queued as |\bid=|^(?:2\.\d\.\d )?ok )([A-Za-z0-9._@-]{4,100})$`)

// watcher bounds a conversation by its steps' timeouts and by the context.
type watcher struct {
	conn net.Conn
	off  func() bool

	mu        sync.Mutex
	cancelled bool // the context has ended
	committed bool // and its end only shortens what is left
	stopped   bool // the connection is no longer ours
}

func watch(ctx context.Context, conn net.Conn) *watcher {
	w := &watcher{conn: conn}
	w.off = context.AfterFunc(ctx, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		if !w.stopped {
			w.cancelled = true
			w.set(0)
		}
	})
	return w
}

// set moves the deadline; when the context has ended, to no later than it allows.
func (w *watcher) set(timeout time.Duration) {
	switch {
	case w.cancelled && w.committed:
		timeout = settle
	case w.cancelled:
		timeout = -time.Second
	}
	w.conn.SetDeadline(time.Now().Add(timeout)) // an error shows on the next read or write
}

// allow gives the next step its time.
func (w *watcher) allow(timeout time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.set(timeout)
}

// commit is allow for the last step, which the end of the context shortens but
// does not cut off. It returns false when the context has ended before.
func (w *watcher) commit(timeout time.Duration) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.cancelled {
		return false
	}
	w.committed = true
	w.set(timeout)
	return true
}

func (w *watcher) stop() {
	w.off()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stopped = true
}
