// Package email sends by SMTP.
//
// What matters here is what is said afterwards. SMTP hands a message over at
// one moment: the server answers 2xx to the line with the single dot that ends
// the content. The outcome of a call follows from where it ended:
//
//	before that line was written         not taken   (dial, TLS, EHLO, AUTH, MAIL, 4xx, lost connection)
//	5xx to RCPT, DATA or the content     failed
//	4xx to the content                   not taken   (the server says so)
//	2xx to the content                   accepted
//	written, and no readable answer      unknown     (timeout, lost connection)
//
// A 5xx to MAIL or AUTH is about the sender, not about this message: it is not
// taken, so that mending the configuration lets it go out.
//
// Whose trouble it is that a message was not taken:
//
//	421 at any point                     the provider rests    (RFC 5321, 3.8: a goodbye to us, not to the message)
//	no connection, TLS, EHLO, AUTH,      the provider's
//	MAIL; x.3.x, its mail system
//	(RFC 3463, 3.4)
//	any other 4xx                        the message's own     (greylisting, a full mailbox)
//	we broke off                         ours
//
// SMTP names no time to come back. A 421 on a connection that was kept is no
// word at all: the message is tried on a fresh one first.
//
// The message is composed by go-mail, or put together from the pieces of one that
// go-mail composed, equal to the byte. The conversation is held here, because the
// library does not say on which side of that line an error fell.
package email

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/mail"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/rewave/rewave/internal/channel"
	"github.com/rewave/rewave/internal/customer"
	"github.com/rewave/rewave/internal/fault"
)

// TLS says how the connection is protected.
type TLS string

const (
	TLSNone     TLS = "none"     // for a relay on this machine
	TLSStartTLS TLS = "starttls" // required: a server without it is not used
	TLSImplicit TLS = "tls"      // from the first byte, usually port 465
)

// Options of an SMTP channel.
type Options struct {
	Host     string
	Port     int    // default 25, 587 for starttls, 465 for tls
	User     string // empty: no AUTH
	Password string
	TLS      TLS           // default starttls
	Hello    string        // name we greet with; default the domain of the sender
	ReplyTo  string        // mailbox, with or without a name; optional
	Timeout  time.Duration // of each step of the conversation; default 10s
	InFlight int           // messages on their way at once; default 20. On as many connections, or half as many where the server pipelines

	TLSConfig *tls.Config // nil: the system's roots, TLS 1.2 and up

	// Date is what messages are dated by; nil is the clock. A replay has its own.
	Date func() time.Time
}

// Channel sends e-mails. It keeps connections open between messages.
type Channel struct {
	opts      Options
	addr      string
	replyTo   *mail.Address
	pool      *pool
	skeletons skeletons
	senders   sync.Map         // mailboxes as parsed, by the text; a shop has few
	now       func() time.Time // of connections
	date      func() time.Time // of messages
}

// settle is how long the answer to a whole message is waited for after the
// caller's context has ended: one that is already on its way turns an unknown
// into a known outcome.
const settle = 2 * time.Second

// New checks the options and connects to nothing.
func New(opts Options) (*Channel, error) {
	if opts.TLS == "" {
		opts.TLS = TLSStartTLS
	}
	if opts.Port == 0 {
		opts.Port = map[TLS]int{TLSNone: 25, TLSStartTLS: 587, TLSImplicit: 465}[opts.TLS]
	}
	if opts.Timeout == 0 {
		opts.Timeout = 10 * time.Second
	}
	if opts.InFlight == 0 {
		opts.InFlight = 20
	}
	switch {
	case opts.Host == "":
		return nil, fault.New(fault.Invalid, "email channel: no SMTP host", "set channels.email.host")
	case opts.TLS != TLSNone && opts.TLS != TLSStartTLS && opts.TLS != TLSImplicit:
		return nil, fault.New(fault.Invalid, "email channel: unknown tls "+strconv.Quote(string(opts.TLS)), "use none, starttls or tls")
	case opts.Port < 1 || opts.Port > 65535 || opts.Timeout < 0 || opts.InFlight < 0:
		return nil, fault.New(fault.Invalid, "email channel: port, timeout or in_flight out of range", "")
	case opts.User != "" && opts.TLS == TLSNone && !isLocal(opts.Host):
		return nil, fault.New(fault.Invalid, "email channel: a password without TLS", "set tls to starttls or tls")
	case strings.ContainsAny(opts.Hello, " \r\n\x00"):
		return nil, fault.New(fault.Invalid, "email channel: the name to greet with is not a host name", "")
	}
	c := &Channel{opts: opts, addr: net.JoinHostPort(opts.Host, strconv.Itoa(opts.Port)), pool: newPool(opts.InFlight), now: time.Now, date: time.Now}
	if opts.Date != nil {
		c.date = opts.Date
	}
	if opts.ReplyTo != "" {
		a, err := parseSender(opts.ReplyTo)
		if err != nil {
			return nil, fault.New(fault.Invalid, "email channel: reply_to "+err.Error(), "")
		}
		c.replyTo = a
	}
	return c, nil
}

func isLocal(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Name is "email".
func (c *Channel) Name() string { return "email" }

// Promise is empty: SMTP takes a repeated message as a new one and cannot be
// asked. Bounces come back with our Message-ID, but by no means always.
func (c *Channel) Promise() channel.Promise { return channel.Promise{} }

// Close ends the connections; a Send under way ends its own.
func (c *Channel) Close() error { return c.pool.close() }

func (c *Channel) sender(text string) (*mail.Address, error) {
	if a, known := c.senders.Load(text); known {
		return a.(*mail.Address), nil
	}
	a, err := parseSender(text)
	if err == nil {
		c.senders.Store(text, a)
	}
	return a, err
}

// Send hands one message over. The package comment says what its outcome means.
// It blocks while InFlight messages are on their way. When ctx ends before the
// content was written whole, the message is not taken; after that, Send waits at
// most two seconds longer for the answer.
func (c *Channel) Send(ctx context.Context, m channel.Message) channel.Outcome {
	from, err := c.sender(m.From)
	if err != nil {
		return channel.Outcome{Verdict: channel.NotTaken, Reason: "bad_sender", Trouble: channel.OfProvider}
	}
	to, err := customer.CheckAddress(m.To)
	if err != nil {
		return channel.Outcome{Verdict: channel.Failed, Reason: "bad_address"}
	}
	buf := buffers.Get().(*bytes.Buffer)
	defer giveBack(buf)
	buf.Reset()
	if err := c.compose(buf, m, from, to); err != nil {
		return channel.Outcome{Verdict: channel.Failed, Reason: reasonOf(err, "bad_message")}
	}

	t := &turn{from: from.Address, to: to}
	s, err := c.pool.acquire(ctx, t, c.now())
	if err != nil {
		return channel.Outcome{Verdict: channel.NotTaken, Reason: "cancelled", Trouble: channel.OurOwn}
	}
	hello := c.opts.Hello
	if hello == "" {
		hello = from.Address[strings.LastIndexByte(from.Address, '@')+1:]
	}
	for {
		reused := s != nil
		if !reused {
			if s, err = c.dial(ctx, hello); err != nil {
				c.pool.release(nil, c.now())
				return channel.Outcome{Verdict: channel.NotTaken, Reason: reasonOf(err, "dial"), Trouble: troubleOf(err)}
			}
		}
		out, state, next := s.transact(ctx, c.opts.Timeout, t, buf.Bytes(), c.pool)
		if state != usable {
			s.close()
			// A kept connection may have been closed by the server in the meantime.
			// Nothing was said on it yet, so a fresh one is not a second try.
			if state == stale && reused && ctx.Err() == nil {
				s = c.pool.another(c.now())
				continue
			}
			s = nil
		}
		if next != nil {
			next.given <- s
		} else {
			c.pool.release(s, c.now())
		}
		return out
	}
}

// refusal is an error with a reason that may be stored, before the message was
// spoken of.
type refusal struct {
	reason  string
	trouble channel.Trouble // empty: the provider's
}

func (r *refusal) Error() string { return r.reason }

func troubleOf(err error) channel.Trouble {
	if r := (*refusal)(nil); errors.As(err, &r) && r.trouble != "" {
		return r.trouble
	}
	return channel.OfProvider
}

func reasonOf(err error, otherwise string) string {
	if r := (*refusal)(nil); errors.As(err, &r) {
		return r.reason
	}
	return otherwise
}
