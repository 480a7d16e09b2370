// Package webhook sends messages to a provider over HTTP: one POST of JSON a
// message, with the message's reference as its Idempotency-Key.
//
// What it promises is what the provider is configured to do. Some take a repeated
// key once within a window, some can be asked for a reference, some name it in
// their feedback; all of it is of use only after a call whose end nobody knows.
//
// Whose trouble it is that a message was not taken:
//
//	429; 503 with Retry-After                  the provider rests
//	no connection, TLS, 401, declared 5xx      the provider's
//	425                                        the message's own
//	we broke off                               ours
package webhook

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/rewave/rewave/internal/channel"
)

// Options of a channel. Name and URL are required.
type Options struct {
	Name        string        // the name campaigns use
	URL         string        // messages are posted there
	Token       string        // sent as `Authorization: Bearer`; empty: none
	Idempotency time.Duration // for how long the provider takes a repeated key once; 0: not at all
	Lookup      string        // base of the addresses that tell of a reference; empty: it cannot be asked
	Feedback    bool          // the provider's feedback names references
	NotTaken    []int         // statuses from 500 on, by which the provider surely has not taken it
	MaxConns    int           // connections open at once; 0: one
}

// Channel posts messages. It is safe for many callers at once.
type Channel struct {
	opts   Options
	client *http.Client
}

var (
	_ channel.Channel = (*Channel)(nil)
	_ channel.Asked   = (*Channel)(nil)
)

// maxAnswer bounds what is read of an answer.
const maxAnswer = 64 << 10

// New returns a channel. Nothing is connected yet.
func New(opts Options) *Channel {
	transport := &http.Transport{
		MaxConnsPerHost:     max(opts.MaxConns, 1),
		MaxIdleConnsPerHost: max(opts.MaxConns, 1),
		IdleConnTimeout:     time.Minute,
		TLSHandshakeTimeout: 5 * time.Second,
		DisableCompression:  true,
		Protocols:           new(http.Protocols), // HTTP/2 sends again by itself what a server did not begin
	}
	transport.Protocols.SetHTTP1(true)
	return &Channel{opts: opts, client: &http.Client{Transport: transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// Name is the name campaigns use.
func (c *Channel) Name() string { return c.opts.Name }

// Promise is what the provider is configured to do.
func (c *Channel) Promise() channel.Promise {
	return channel.Promise{IdempotencyWindow: c.opts.Idempotency, LookupByRef: c.opts.Lookup != "", WebhookEchoesRef: c.opts.Feedback}
}

// Close ends idle connections.
func (c *Channel) Close() error { c.client.CloseIdleConnections(); return nil }

// posted is a message as it travels.
type posted struct {
	Ref     string            `json:"ref"`
	Channel string            `json:"channel"`
	To      string            `json:"to"`
	From    string            `json:"from,omitempty"`
	Subject string            `json:"subject,omitempty"`
	Text    string            `json:"text"`
	HTML    string            `json:"html,omitempty"`
	Headers map[string]string `json:"headers,omitempty"`
}

// Send posts one message, once. Until the request has been written the message is
// surely not taken; after that only the provider's answer says what became of it.
func (c *Channel) Send(ctx context.Context, m channel.Message) channel.Outcome {
	body, err := json.Marshal(posted{m.Ref, c.opts.Name, m.To, m.From, m.Subject, m.Text, m.HTML, m.Headers})
	if err != nil {
		return channel.Outcome{Verdict: channel.Failed, Reason: "the message cannot be written as JSON"}
	}
	// Of a reader of ours net/http makes no second body: a request with this key is one that it would repeat.
	out := &outgoing{body: bytes.NewReader(body)}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.opts.URL, out)
	if err != nil {
		return channel.Outcome{Verdict: channel.NotTaken, Reason: "the address of the provider is not one", Trouble: channel.OfProvider}
	}
	req.ContentLength = int64(len(body))
	req.Header.Set("Idempotency-Key", m.Ref)
	req.Header.Set("Content-Type", "application/json")
	c.authorize(req)
	resp, err := c.client.Do(req)
	if err != nil {
		return broken(ctx, err, out.whole.Load())
	}
	defer resp.Body.Close() // what is not read of it ends the connection
	return c.outcome(resp)
}

// outgoing is a body that knows when its end was handed over: before that no
// request can be whole. To be told when it was written would be too late: who
// breaks off in between would take a message for unsent that has left.
type outgoing struct {
	body  *bytes.Reader
	whole atomic.Bool
}

func (o *outgoing) Read(p []byte) (int, error) {
	n, err := o.body.Read(p)
	if o.body.Len() == 0 {
		o.whole.Store(true)
	}
	return n, err
}

func (c *Channel) authorize(req *http.Request) {
	if c.opts.Token != "" {
		req.Header.Set("Authorization", "Bearer "+c.opts.Token)
	}
}

// broken is a call without an answer. The text of the error is not kept: it names
// the address of the provider, which may hold a secret.
func broken(ctx context.Context, err error, written bool) channel.Outcome {
	why, trouble := "connection lost", channel.OfProvider
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.Is(ctx.Err(), context.DeadlineExceeded):
		why = "timeout"
	case ctx.Err() != nil:
		why, trouble = "cancelled", channel.OurOwn
	case !written:
		why = "no connection"
	}
	if written {
		return channel.Outcome{Verdict: channel.Unknown, Reason: why + " after the request was written"}
	}
	return channel.Outcome{Verdict: channel.NotTaken, Reason: why + " before the request was written", Trouble: trouble}
}

// answer is what providers say in JSON; all of it may be missing.
type answer struct {
	ID     any    `json:"id"`
	State  string `json:"state"`
	Reason string `json:"reason"`
}

func read(resp *http.Response) (a answer) {
	data, _ := io.ReadAll(io.LimitReader(resp.Body, maxAnswer)) // the status has said what matters
	_ = json.Unmarshal(data, &a)                                // likewise
	return a
}

func (a answer) id() string {
	switch id := a.ID.(type) {
	case string:
		return id
	case float64:
		return strconv.FormatFloat(id, 'f', -1, 64)
	}
	return ""
}

func (c *Channel) outcome(resp *http.Response) channel.Outcome {
	a, status := read(resp), resp.StatusCode
	out := channel.Outcome{Reason: fmt.Sprintf("HTTP %d", status)}
	wait, asked := retryAfter(resp.Header.Get("Retry-After"), time.Now())
	switch {
	case status >= 200 && status < 300:
		return channel.Outcome{Verdict: channel.Accepted, ProviderID: a.id()}
	case status == http.StatusTooManyRequests, status == http.StatusServiceUnavailable && asked:
		out.Verdict, out.Trouble, out.RetryAfter = channel.NotTaken, channel.Rests, wait
	case status == http.StatusTooEarly:
		out.Verdict = channel.NotTaken
	case status == http.StatusUnauthorized, slices.Contains(c.opts.NotTaken, status): // 401: our token is refused, and not the message
		out.Verdict, out.Trouble = channel.NotTaken, channel.OfProvider
	case status == http.StatusRequestTimeout, status == http.StatusConflict && c.opts.Idempotency > 0:
		// A conflict about the key: the provider has met it, and does not say what became of it.
		out.Verdict = channel.Unknown
	case status >= 400 && status < 500:
		out.Verdict = channel.Failed
	default:
		out.Verdict = channel.Unknown
	}
	return out
}

// longestWait bounds what a provider may ask for.
const longestWait = 24 * time.Hour

// retryAfter reads seconds or a date.
func retryAfter(text string, now time.Time) (wait time.Duration, ok bool) {
	if text = strings.TrimSpace(text); text == "" {
		return 0, false
	}
	if n, err := strconv.ParseUint(text, 10, 31); err == nil {
		return min(time.Duration(n)*time.Second, longestWait), true
	}
	at, err := http.ParseTime(text)
	if err != nil {
		return 0, false
	}
	return min(max(at.Sub(now), 0), longestWait), true
}
