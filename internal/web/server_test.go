package web_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime/multipart"
	"net"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rewave/rewave/internal/fault"
	"github.com/rewave/rewave/internal/message"
	"github.com/rewave/rewave/internal/web"
)

// record is an Unsubscriber that writes down who asked.
type record struct {
	mu  sync.Mutex
	ids []int64
	err error
}

func (r *record) Unsubscribe(_ context.Context, id int64) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ids = append(r.ids, id)
	return r.err
}

func (r *record) seen() []int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]int64(nil), r.ids...)
}

func keys(t *testing.T, secret string) message.Keys {
	t.Helper()
	k, err := message.NewKeys([]byte(secret))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

const secret = "a secret for tests, long enough"

// start runs a real server and returns its address.
func start(t *testing.T, health func(context.Context) error, u *record) string {
	t.Helper()
	s := web.New(web.Options{Health: health, Keys: keys(t, secret), Unsubscriber: u, Log: slog.New(slog.DiscardHandler)})
	l, err := web.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := s.Shutdown(ctx); err != nil {
			t.Errorf("Shutdown: %v", err)
		}
		if err := <-served; err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
	return "http://" + l.Addr().String()
}

func healthy(context.Context) error { return nil }

// do asks without following redirects, as mail programs do.
func do(t *testing.T, method, url, contentType, body string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(text)
}

const form = "application/x-www-form-urlencoded"

func multipartBody(t *testing.T, field, value string) (contentType, body string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	if err := errors.Join(w.WriteField(field, value), w.Close()); err != nil {
		t.Fatal(err)
	}
	return w.FormDataContentType(), b.String()
}

func TestUnsubscribe(t *testing.T) {
	t.Parallel()
	good := message.Sign(keys(t, secret), message.Unsubscribe, 42)
	multiType, multiBody := multipartBody(t, "List-Unsubscribe", "One-Click")
	tests := []struct {
		name, method, token, contentType, body string
		fails                                  error
		status                                 int
		title                                  string
		acted                                  []int64
	}{
		{"GET shows the form", "GET", good, "", "", nil, 200, "Unsubscribe?", nil},
		{"GET with the words in its query does not act", "GET", good + "?List-Unsubscribe=One-Click", "", "", nil, 200, "Unsubscribe?", nil},
		{"HEAD does not act", "HEAD", good, "", "", nil, 200, "", nil},
		{"POST from the form", "POST", good, form, "List-Unsubscribe=One-Click", nil, 200, "You are unsubscribed", []int64{42}},
		{"POST from a mail program", "POST", good, multiType, multiBody, nil, 200, "You are unsubscribed", []int64{42}},
		{"POST with the words in its query", "POST", good + "?List-Unsubscribe=One-Click", form, "", nil, 400, "Unsubscribe?", nil},
		{"POST of nothing", "POST", good, form, "", nil, 400, "Unsubscribe?", nil},
		{"POST of something else", "POST", good, form, "List-Unsubscribe=No", nil, 400, "Unsubscribe?", nil},
		{"POST of too much", "POST", good, form, "List-Unsubscribe=One-Click&x=" + strings.Repeat("x", 32<<10), nil, 400, "Unsubscribe?", nil},
		{"forged, GET", "GET", "x" + good[1:], "", "", nil, 400, "This link does not work", nil},
		{"forged, POST", "POST", "x" + good[1:], form, "List-Unsubscribe=One-Click", nil, 400, "This link does not work", nil},
		{"signed with another secret", "POST", message.Sign(keys(t, "another secret, long enough"), message.Unsubscribe, 42), form, "List-Unsubscribe=One-Click", nil, 400, "This link does not work", nil},
		{"signed for another purpose", "POST", message.Sign(keys(t, secret), "click", 42), form, "List-Unsubscribe=One-Click", nil, 400, "This link does not work", nil},
		{"PUT", "PUT", good, form, "List-Unsubscribe=One-Click", nil, 405, "", nil},
		{"storage down", "POST", good, form, "List-Unsubscribe=One-Click", errors.New("connection refused to 10.0.0.1"), 503, "Not done yet", []int64{42}},
		{"forgotten delivery", "POST", good, form, "List-Unsubscribe=One-Click", fault.New(fault.NotFound, "no delivery 42", ""), 404, "This link is too old", []int64{42}},
	}
	title := regexp.MustCompile(`<title>(.*)</title>`)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			u := &record{err: tt.fails}
			resp, body := do(t, tt.method, start(t, healthy, u)+"/u/"+tt.token, tt.contentType, tt.body)
			got := ""
			if m := title.FindStringSubmatch(body); m != nil {
				got = m[1]
			}
			if resp.StatusCode != tt.status || got != tt.title {
				t.Errorf("answer = %d %q, want %d %q", resp.StatusCode, got, tt.status, tt.title)
			}
			if diff := cmp.Diff(tt.acted, u.seen()); diff != "" {
				t.Errorf("acted on (-want +got):\n%s", diff)
			}
			if strings.Contains(body, "10.0.0.1") {
				t.Errorf("the page shows an internal error:\n%s", body)
			}
			if len(resp.Cookies()) != 0 {
				t.Errorf("cookies = %v", resp.Cookies())
			}
		})
	}
}

func TestThePageIsClosedToTheWorld(t *testing.T) {
	t.Parallel()
	resp, body := do(t, "GET", start(t, healthy, &record{})+"/u/"+message.Sign(keys(t, secret), message.Unsubscribe, 42), "", "")
	style := regexp.MustCompile(`(?s)<style>(.*)</style>`).FindStringSubmatch(body)
	if style == nil {
		t.Fatalf("no style in:\n%s", body)
	}
	sum := sha256.Sum256([]byte(style[1]))
	want := map[string]string{
		"Content-Type":            "text/html; charset=utf-8",
		"Content-Language":        "en",
		"Cache-Control":           "no-store",
		"Content-Security-Policy": "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
		"Referrer-Policy":         "no-referrer",
		"X-Content-Type-Options":  "nosniff",
		"X-Robots-Tag":            "noindex, nofollow",
	}
	got := map[string]string{}
	for key := range want {
		got[key] = resp.Header.Get(key)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("headers (-want +got):\n%s", diff)
	}
	if m := regexp.MustCompile(`(?i)<script|https?://|\s(src|href)=`).FindString(body); m != "" {
		t.Errorf("the page has %q in it:\n%s", m, body)
	}
}

func TestHealth(t *testing.T) {
	t.Parallel()
	for want, err := range map[string]error{
		`200 {"status":"ok"}`: nil,
		`503 {"message":"the database is not migrated","status":"unavailable"}`: fmt.Errorf("check: %w", fault.New(fault.Unavailable, "the database is not migrated", "rewave db migrate")),
		`503 {"message":"internal error","status":"unavailable"}`:               errors.New("dial tcp 10.0.0.1: refused"),
	} {
		resp, body := do(t, "GET", start(t, func(context.Context) error { return err }, &record{})+"/healthz", "", "")
		if got := fmt.Sprintf("%d %s", resp.StatusCode, strings.TrimSpace(body)); got != want {
			t.Errorf("answer = %s, want %s", got, want)
		}
		if got := resp.Header.Get("Content-Type"); got != "application/json" {
			t.Errorf("content type = %s", got)
		}
	}
}

func TestNoOtherPath(t *testing.T) {
	t.Parallel()
	addr := start(t, healthy, &record{})
	for _, path := range []string{"/", "/u/", "/u/a/b", "/x"} {
		if resp, _ := do(t, "GET", addr+path, "", ""); resp.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d, want 404", path, resp.StatusCode)
		}
	}
}

func TestAPortInUse(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, err = web.Listen(l.Addr().String())
	f, ok := fault.Of(err)
	if !ok || f.Code != fault.Unavailable || f.Message != "cannot listen on "+l.Addr().String()+": the port is in use" {
		t.Errorf("error = %v", err)
	}
}

// A request under way is answered before Shutdown returns.
func TestShutdownWaits(t *testing.T) {
	t.Parallel()
	entered, leave := make(chan struct{}), make(chan struct{})
	s := web.New(web.Options{Keys: keys(t, secret), Unsubscriber: &record{}, Log: slog.New(slog.DiscardHandler),
		Health: func(context.Context) error { close(entered); <-leave; return nil }})
	l, err := web.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served, answered, down := make(chan error, 1), make(chan int, 1), make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	go func() {
		resp, err := http.Get("http://" + l.Addr().String() + "/healthz")
		if err != nil {
			answered <- 0
			return
		}
		resp.Body.Close()
		answered <- resp.StatusCode
	}()
	<-entered
	go func() { down <- s.Shutdown(t.Context()) }()
	if err := <-served; err != nil {
		t.Errorf("Serve: %v", err)
	}
	select {
	case err := <-down:
		t.Errorf("Shutdown returned before the answer: %v", err)
	default:
	}
	close(leave)
	if got := <-answered; got != http.StatusOK {
		t.Errorf("answer = %d, want 200", got)
	}
	if err := <-down; err != nil {
		t.Errorf("Shutdown: %v", err)
	}
}
