// Package sink is an SMTP server in the process that keeps what it takes: the
// far end of the demo and of the tests.
//
// It is a witness of its own. Each message it takes becomes one mbox entry and
// one line of log.jsonl, both handed to the system before the sender hears
// "250"; ReadLog reads them back without asking the sender's ledger anything.
// The files are synced to the disk on Close. Nothing is kept in memory.
package sink

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"path/filepath"
	"time"

	"github.com/emersion/go-smtp"
)

// Stage is a moment of an SMTP conversation at which a Script is asked.
type Stage string

const (
	Hello   Stage = "hello"   // EHLO
	Mail    Stage = "mail"    // MAIL FROM
	Rcpt    Stage = "rcpt"    // RCPT TO
	Content Stage = "content" // the whole message has been read and is not kept yet
	Reply   Stage = "reply"   // the message is kept and the sender has not heard of it
)

// Call is what is known at a stage; Message is the raw message from Content on.
type Call struct {
	Stage    Stage
	Conn     string // the sender's end, the same at all stages of a connection
	From, To string
	Message  []byte
}

// Answer replaces the ordinary answer at a stage. The zero value is the
// ordinary one. HangUp closes the connection without a word.
type Answer struct {
	Code     int // 4xx or 5xx
	Enhanced [3]int
	Text     string
	HangUp   bool
}

// Options of a sink. Dir is required; it is created when missing.
type Options struct {
	Addr      string             // default 127.0.0.1:0, a free port
	Dir       string             // where log.jsonl and mailbox.mbox are; existing ones are continued
	TLSConfig *tls.Config        // offers STARTTLS
	Script    func(*Call) Answer // nil: takes everything. Called by many connections at once; may block
	MaxBytes  int64              // of one message; default 1 MiB
	Now       func() time.Time   // when a message arrived; nil is the clock
}

// Sink is a running server.
type Sink struct {
	server   *smtp.Server
	listener net.Listener
	box      *mailbox
	opts     Options
	served   chan error
}

// Start listens and returns at once.
func Start(opts Options) (*Sink, error) {
	if opts.Addr == "" {
		opts.Addr = "127.0.0.1:0"
	}
	if opts.MaxBytes == 0 {
		opts.MaxBytes = 1 << 20
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	box, err := openMailbox(opts.Dir)
	if err != nil {
		return nil, fmt.Errorf("mail sink: %w", err)
	}
	l, err := net.Listen("tcp", opts.Addr)
	if err != nil {
		return nil, fmt.Errorf("mail sink: %w", errors.Join(err, box.close()))
	}
	s := &Sink{listener: l, box: box, opts: opts, served: make(chan error, 1)}
	s.server = smtp.NewServer(smtp.BackendFunc(s.session))
	s.server.Domain = "sink.invalid"
	s.server.TLSConfig = opts.TLSConfig
	s.server.MaxMessageBytes = opts.MaxBytes
	s.server.MaxRecipients = 100
	s.server.ReadTimeout = 5 * time.Minute
	s.server.WriteTimeout = time.Minute
	// The library logs connections that were reset, which is a sender's right.
	s.server.ErrorLog = log.New(io.Discard, "", 0)
	go func() { s.served <- s.server.Serve(l) }()
	return s, nil
}

// Addr is the host and port the sink listens on.
func (s *Sink) Addr() string { return s.listener.Addr().String() }

// LogPath is the file ReadLog reads.
func (s *Sink) LogPath() string { return filepath.Join(s.opts.Dir, logName) }

// MailboxPath is the mbox of all messages.
func (s *Sink) MailboxPath() string { return filepath.Join(s.opts.Dir, mailboxName) }

// Summary reads the log back.
func (s *Sink) Summary() (Summary, error) { return Summarize(s.LogPath()) }

// Close ends the server, waits up to two seconds for messages under way, and
// syncs the files.
func (s *Sink) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	// The server closes only the listeners it has got to know, so a sink that is
	// closed at once would be left listening.
	err := s.server.Close()
	if lerr := s.listener.Close(); lerr != nil && !errors.Is(lerr, net.ErrClosed) {
		err = errors.Join(err, lerr)
	}
	if errors.Is(err, net.ErrClosed) {
		err = nil
	}
	select {
	case serr := <-s.served:
		if !errors.Is(serr, net.ErrClosed) {
			err = errors.Join(err, serr)
		}
	case <-ctx.Done():
		err = errors.Join(err, ctx.Err())
	}
	return errors.Join(err, s.box.close())
}

func (s *Sink) session(c *smtp.Conn) (smtp.Session, error) {
	ses := &session{sink: s, conn: c}
	if err := ses.ask(&Call{Stage: Hello}); err != nil {
		return nil, err
	}
	return ses, nil
}

// session is one connection; the library calls it from one goroutine.
type session struct {
	sink *Sink
	conn *smtp.Conn
	from string
	to   []string
}

func (s *session) Reset()        { s.from, s.to = "", s.to[:0] }
func (s *session) Logout() error { return nil }

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	s.from = from
	return s.ask(&Call{Stage: Mail, From: from})
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if err := s.ask(&Call{Stage: Rcpt, From: s.from, To: to}); err != nil {
		return err
	}
	s.to = append(s.to, to)
	return nil
}

func (s *session) Data(r io.Reader) error {
	buf := buffers.Get().(*bytes.Buffer)
	defer giveBack(buf)
	buf.Reset()
	if _, err := buf.ReadFrom(r); err != nil {
		return err
	}
	call := &Call{Stage: Content, From: s.from, To: s.to[0], Message: buf.Bytes()}
	if err := s.ask(call); err != nil {
		return err
	}
	if err := s.sink.box.keep(s.from, s.to, buf.Bytes(), s.sink.opts.Now().UTC()); err != nil {
		return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "cannot keep it"}
	}
	call.Stage = Reply
	return s.ask(call)
}

// ask puts a stage to the script.
func (s *session) ask(call *Call) error {
	if s.sink.opts.Script == nil {
		return nil
	}
	call.Conn = s.conn.Conn().RemoteAddr().String()
	a := s.sink.opts.Script(call)
	switch {
	case a.HangUp:
		// A reset, not an orderly end: what the system has not sent yet is lost too.
		if tcp, ok := s.conn.Conn().(*net.TCPConn); ok {
			tcp.SetLinger(0) // best effort: without it the end is merely orderly
		}
		return errors.Join(s.conn.Close(), &smtp.SMTPError{Code: 421, Message: "hanging up"})
	case a.Code != 0:
		return &smtp.SMTPError{Code: a.Code, EnhancedCode: a.Enhanced, Message: a.Text}
	}
	return nil
}
