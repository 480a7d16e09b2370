package webhook_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rewave/rewave/internal/channel"
	"github.com/rewave/rewave/internal/channel/webhook"
	"github.com/rewave/rewave/internal/testkit"
)

var letter = channel.Message{Ref: "7.abcdef01", To: "+491511", From: "Example", Text: "hello"}

func TestAMessageIsPostedOnceUnderItsKey(t *testing.T) {
	t.Parallel()
	p := testkit.NewProvider(t)
	p.Dedups = true
	c := open(t, webhook.Options{Name: "sms", URL: p.URL, Token: "secret", Idempotency: 24 * time.Hour, Lookup: p.URL + "/messages/"})
	first, second := c.Send(t.Context(), letter), c.Send(t.Context(), letter)
	want := channel.Outcome{Verdict: channel.Accepted, ProviderID: "p-1"}
	if diff := cmp.Diff([]channel.Outcome{first, second}, []channel.Outcome{want, want}); diff != "" {
		t.Errorf("-got +want\n%s", diff)
	}
	heard := testkit.Heard{Key: letter.Ref, Ref: letter.Ref, To: letter.To, Text: letter.Text, Token: "secret", Taken: true}
	again := heard
	again.Taken = false
	if diff := cmp.Diff(p.Heard(), []testkit.Heard{heard, again}); diff != "" {
		t.Errorf("-got +want\n%s", diff)
	}
	found, err := c.Ask(t.Context(), letter.Ref)
	if want := (channel.Finding{Found: true, Verdict: channel.Accepted, ProviderID: "p-1"}); err != nil || found != want {
		t.Errorf("asked: got %+v, %v; want %+v", found, err, want)
	}
	if found, err := c.Ask(t.Context(), "8.abcdef01"); err != nil || found.Found {
		t.Errorf("one that it never had: got %+v, %v", found, err)
	}
}

func TestItPromisesWhatIsConfigured(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		opts webhook.Options
		want channel.Promise
	}{
		{webhook.Options{}, channel.Promise{}},
		{webhook.Options{Idempotency: time.Hour}, channel.Promise{IdempotencyWindow: time.Hour}},
		{webhook.Options{Lookup: "https://p.example"}, channel.Promise{LookupByRef: true}},
		{webhook.Options{Feedback: true}, channel.Promise{WebhookEchoesRef: true}},
	} {
		if got := webhook.New(test.opts).Promise(); got != test.want {
			t.Errorf("%+v: got %+v", test.opts, got)
		}
	}
}

func TestAnAnswerIsTakenAtItsWordAndNoFurther(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		fate   testkit.Fate
		opts   webhook.Options
		want   channel.Verdict
		reason string
		whose  channel.Trouble
		wait   time.Duration
	}{
		{name: "200 without JSON", fate: testkit.Fate{Status: 200, Body: "OK"}, want: channel.Accepted},
		{name: "200 with a number for an id", fate: testkit.Fate{Status: 200, Body: `{"id": 12345678901}`}, want: channel.Accepted},
		{name: "a body without end", fate: testkit.Fate{Status: 200, Body: strings.Repeat("x", 1<<20)}, want: channel.Accepted},
		{name: "400", fate: testkit.Fate{Status: 400}, want: channel.Failed, reason: "HTTP 400"},
		{name: "401", fate: testkit.Fate{Status: 401}, want: channel.NotTaken, reason: "HTTP 401", whose: channel.OfProvider},
		{name: "408", fate: testkit.Fate{Status: 408}, want: channel.Unknown, reason: "HTTP 408"},
		{name: "409", fate: testkit.Fate{Status: 409}, want: channel.Failed, reason: "HTTP 409"},
		{name: "409 of a provider that knows keys", fate: testkit.Fate{Status: 409}, opts: webhook.Options{Idempotency: time.Hour}, want: channel.Unknown, reason: "HTTP 409"},
		{name: "425", fate: testkit.Fate{Status: 425}, want: channel.NotTaken, reason: "HTTP 425"},
		{name: "429", fate: testkit.Fate{Status: 429}, want: channel.NotTaken, reason: "HTTP 429", whose: channel.Rests},
		{name: "429 and when", fate: testkit.Fate{Status: 429, Header: map[string]string{"Retry-After": "90"}}, want: channel.NotTaken, reason: "HTTP 429", whose: channel.Rests, wait: 90 * time.Second},
		{name: "429 for ever", fate: testkit.Fate{Status: 429, Header: map[string]string{"Retry-After": "999999999"}}, want: channel.NotTaken, reason: "HTTP 429", whose: channel.Rests, wait: 24 * time.Hour},
		{name: "503", fate: testkit.Fate{Status: 503}, want: channel.Unknown, reason: "HTTP 503"},
		{name: "503 and when", fate: testkit.Fate{Status: 503, Header: map[string]string{"Retry-After": "5"}}, want: channel.NotTaken, reason: "HTTP 503", whose: channel.Rests, wait: 5 * time.Second},
		{name: "503 declared", fate: testkit.Fate{Status: 503}, opts: webhook.Options{NotTaken: []int{503}}, want: channel.NotTaken, reason: "HTTP 503", whose: channel.OfProvider},
		{name: "500", fate: testkit.Fate{Status: 500}, want: channel.Unknown, reason: "HTTP 500"},
		{name: "a redirect", fate: testkit.Fate{Status: 302, Header: map[string]string{"Location": "/"}}, want: channel.Unknown, reason: "HTTP 302"},
		{name: "a reset", fate: testkit.Fate{Reset: true}, want: channel.Unknown, reason: "connection lost after the request was written"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p := testkit.NewProvider(t)
			p.Decide(func(int, testkit.Heard) testkit.Fate { return test.fate })
			test.opts.URL = p.URL
			out := open(t, test.opts).Send(t.Context(), letter)
			out.ProviderID = ""
			if want := (channel.Outcome{Verdict: test.want, Reason: test.reason, Trouble: test.whose, RetryAfter: test.wait}); out != want {
				t.Errorf("got %+v; want %+v", out, want)
			}
			if n := len(p.Heard()); n != 1 {
				t.Errorf("it was posted %d times", n)
			}
		})
	}
}

// A connection that is kept may be closed under the next request: net/http would
// send one with an Idempotency-Key again by itself.
func TestARequestOnAConnectionThatBreaksIsNotRepeated(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	var requests atomic.Int64
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				buf := make([]byte, 64<<10)
				for n := 0; ; n++ {
					if _, err := conn.Read(buf); err != nil {
						return
					}
					if requests.Add(1); n == 1 {
						return // the second on this connection was read, and nothing is said
					}
					fmt.Fprint(conn, "HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n\r\n{}")
				}
			}()
		}
	}()
	c := open(t, webhook.Options{URL: "http://" + l.Addr().String(), Idempotency: time.Hour})
	if out := c.Send(t.Context(), letter); out.Verdict != channel.Accepted {
		t.Fatalf("got %+v", out)
	}
	if out := c.Send(t.Context(), letter); out.Verdict != channel.Unknown {
		t.Errorf("got %+v", out)
	}
	if n := requests.Load(); n != 2 {
		t.Errorf("the provider read %d requests of 2 messages", n)
	}
}

func TestWhatNeverLeftIsSurelyNotTaken(t *testing.T) {
	t.Parallel()
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	tls := httptest.NewTLSServer(http.NotFoundHandler()) // whose certificate nobody knows
	tls.Config.ErrorLog = nil
	t.Cleanup(tls.Close)
	over, cancel := context.WithCancel(t.Context())
	cancel()
	for _, test := range []struct {
		name, url, reason string
		whose             channel.Trouble
		ctx               context.Context
	}{
		{"nobody listens", closed.URL, "no connection before the request was written", channel.OfProvider, t.Context()},
		{"a certificate that nobody knows", tls.URL, "no connection before the request was written", channel.OfProvider, t.Context()},
		{"it is over", tls.URL, "cancelled before the request was written", channel.OurOwn, over},
	} {
		out := open(t, webhook.Options{URL: test.url}).Send(test.ctx, letter)
		if want := (channel.Outcome{Verdict: channel.NotTaken, Reason: test.reason, Trouble: test.whose}); out != want {
			t.Errorf("%s: got %+v; want %+v", test.name, out, want)
		}
	}
}

// A message that was cut in its midst is no message, whatever of it has arrived.
func TestAMessageThatWasCutIsSurelyNotTaken(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		_, _ = conn.Read(make([]byte, 1024)) // it has begun, and is more than anybody keeps on its way
		cancel()
		<-t.Context().Done()
	}()
	long := letter
	long.Text = strings.Repeat("a long message ", 4<<20)
	out := open(t, webhook.Options{URL: "http://" + l.Addr().String()}).Send(ctx, long)
	if want := (channel.Outcome{Verdict: channel.NotTaken, Reason: "cancelled before the request was written", Trouble: channel.OurOwn}); out != want {
		t.Errorf("got %+v; want %+v", out, want)
	}
}

func TestATimeoutAfterTheRequestIsUnknown(t *testing.T) {
	t.Parallel()
	got, release := make(chan struct{}), make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { close(got); <-release }))
	t.Cleanup(func() { close(release); s.Close() })
	ctx, cancel := context.WithCancelCause(t.Context())
	go func() { <-got; cancel(nil) }()
	out := open(t, webhook.Options{URL: s.URL}).Send(ctx, letter)
	if want := (channel.Outcome{Verdict: channel.Unknown, Reason: "cancelled after the request was written"}); out != want {
		t.Errorf("got %+v; want %+v", out, want)
	}
}

func TestConnectionsAreBounded(t *testing.T) {
	t.Parallel()
	var open, most atomic.Int64
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(202) }))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		switch state {
		case http.StateNew:
			n := open.Add(1)
			for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
			}
		case http.StateClosed:
			open.Add(-1)
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	c := webhook.New(webhook.Options{URL: s.URL, MaxConns: 2})
	t.Cleanup(func() { c.Close() })
	var calls sync.WaitGroup
	for range 50 {
		calls.Go(func() {
			if out := c.Send(t.Context(), letter); out.Verdict != channel.Accepted {
				t.Errorf("got %+v", out)
			}
		})
	}
	calls.Wait()
	if n := most.Load(); n > 2 {
		t.Errorf("%d connections were open at once", n)
	}
}

func TestALookUpThatSaysNothingIsAnError(t *testing.T) {
	t.Parallel()
	var says func(http.ResponseWriter)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { says(w) }))
	t.Cleanup(s.Close)
	c := open(t, webhook.Options{Name: "sms", URL: s.URL, Lookup: s.URL})
	for _, test := range []struct {
		status     int
		body, want string
		found      channel.Finding
	}{
		{200, `{"state":"failed","id":"x","reason":"blocked"}`, "<nil>", channel.Finding{Found: true, Verdict: channel.Failed, ProviderID: "x", Reason: "blocked"}},
		{200, `{"state":"bounced","id":"x","reason":"full"}`, "<nil>", channel.Finding{Found: true, Verdict: channel.Accepted, ProviderID: "x"}},
		{200, `{"state":"queued"}`, `look up: the provider's state "queued" is none of accepted, delivered, bounced, failed`, channel.Finding{}},
		{200, `<html>`, `look up: the provider's state "" is none of accepted, delivered, bounced, failed`, channel.Finding{}},
		{503, "", "look up: HTTP 503", channel.Finding{}},
		{404, "", "<nil>", channel.Finding{}},
	} {
		says = func(w http.ResponseWriter) { w.WriteHeader(test.status); fmt.Fprint(w, test.body) }
		found, err := c.Ask(t.Context(), letter.Ref)
		if found != test.found || fmt.Sprint(err) != test.want {
			t.Errorf("%d %s: got %+v, %v", test.status, test.body, found, err)
		}
	}
}

func open(t *testing.T, opts webhook.Options) *webhook.Channel {
	opts.MaxConns = max(opts.MaxConns, 2)
	c := webhook.New(opts)
	t.Cleanup(func() { c.Close() })
	return c
}
