package feedback_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rewave/rewave/internal/postgres"
	"github.com/rewave/rewave/internal/web/feedback"
)

type kept struct {
	channel string
	events  []postgres.Feedback
	err     error
}

func (k *kept) RecordFeedback(_ context.Context, channel string, events []postgres.Feedback) (int, error) {
	k.channel, k.events = channel, append(k.events, events...)
	return len(events), k.err
}

const (
	first  = "the first secret of this test"
	second = "whsec_c2Vjb25kIHNlY3JldCBvZiB0aGlzIHRlc3Q="
)

var now = time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)

func sign(id string, at time.Time, body, key string) string {
	mac := hmac.New(sha256.New, []byte(key))
	fmt.Fprintf(mac, "%s.%d.%s", id, at.Unix(), body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// post sends a body; change may spoil what is right about it.
func post(k *kept, channel, body string, change func(*http.Request)) *httptest.ResponseRecorder {
	h := feedback.Handler(map[string][]string{"sms": {first, second}}, k, func() time.Time { return now }, slog.New(slog.DiscardHandler))
	r := httptest.NewRequest("POST", "/feedback/"+channel, bytes.NewReader([]byte(body)))
	r.Header.Set("webhook-id", "m1")
	r.Header.Set("webhook-timestamp", strconv.FormatInt(now.Unix(), 10))
	r.Header.Set("webhook-signature", sign("m1", now, body, first))
	if change != nil {
		change(r)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

const two = `{"events": [
	{"id": "e1", "ref": "7.abcdef01", "type": "delivered", "at": "2026-03-02T09:59:00Z"},
	{"id": "e2", "ref": "8.abcdef01", "type": "bounced", "at": "2026-03-02T09:59:30+01:00", "reason": "550", "hard": true}]}`

func TestEventsAreKept(t *testing.T) {
	t.Parallel()
	k := &kept{}
	w := post(k, "sms", two, nil)
	if got, want := w.Body.String(), `{"accepted":2,"duplicate":0,"rejected":[]}`+"\n"; w.Code != 200 || got != want {
		t.Fatalf("%d %s", w.Code, got)
	}
	want := []postgres.Feedback{
		{ID: "e1", Ref: "7.abcdef01", Type: "delivered", At: now.Add(-time.Minute)},
		{ID: "e2", Ref: "8.abcdef01", Type: "bounced", At: time.Date(2026, 3, 2, 8, 59, 30, 0, time.UTC), Reason: "550", Hard: true},
	}
	if diff := cmp.Diff(k.events, want); diff != "" || k.channel != "sms" {
		t.Errorf("on %s: -got +want\n%s", k.channel, diff)
	}
}

func TestOnlyWhoHasASecretSpeaks(t *testing.T) {
	t.Parallel()
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	for _, test := range []struct {
		name   string
		change func(*http.Request)
		want   int
	}{
		{"the second secret", header("webhook-signature", sign("m1", now, two, "second secret of this test")), 200},
		{"one of several signatures", header("webhook-signature", "v1,AAAA v2,x "+sign("m1", now, two, first)), 200},
		{"another secret", header("webhook-signature", sign("m1", now, two, "another")), 401},
		{"no signature", header("webhook-signature", ""), 401},
		{"another version", header("webhook-signature", "v2,"+strings.TrimPrefix(sign("m1", now, two, first), "v1,")), 401},
		{"another id", header("webhook-id", "m2"), 401},
		{"no id", header("webhook-id", ""), 401},
		{"another time", header("webhook-timestamp", strconv.FormatInt(now.Unix()+1, 10)), 401},
		{"another body", func(r *http.Request) { r.Body = http.NoBody }, 401},
		{"five minutes late", func(r *http.Request) { dated(r, now.Add(-5*time.Minute)) }, 200},
		{"later than that", func(r *http.Request) { dated(r, now.Add(-5*time.Minute-time.Second)) }, 401},
		{"too early", func(r *http.Request) { dated(r, now.Add(5*time.Minute+time.Second)) }, 401},
		{"another channel", func(r *http.Request) { r.URL.Path = "/feedback/email" }, 404},
	} {
		k := &kept{}
		if w := post(k, "sms", two, test.change); w.Code != test.want || (w.Code != 200) != (len(k.events) == 0) {
			t.Errorf("%s: got %d %s, %d kept", test.name, w.Code, w.Body, len(k.events))
		}
	}
}

func dated(r *http.Request, at time.Time) {
	r.Header.Set("webhook-timestamp", strconv.FormatInt(at.Unix(), 10))
	r.Header.Set("webhook-signature", sign("m1", at, two, first))
}

func TestWhatCannotBeReadIsNamedAndHoldsUpNothing(t *testing.T) {
	t.Parallel()
	k := &kept{}
	w := post(k, "sms", `{"events": [{"id": "a", "ref": "7.x", "type": "opened", "at": "2026-03-02T09:59:00Z"}, 7, {"id": "b", "ref": "7.x", "type": "failed", "at": "2026-03-02T09:59:00Z"},
		{"id": "", "ref": "7.x", "type": "failed", "at": "2026-03-02T09:59:00Z"}, {"id": "c", "ref": "7.x", "type": "failed"}, {"id": "b", "ref": "7.x", "type": "failed", "at": "2026-03-02T09:59:00Z"}]}`, nil)
	want := `{"accepted":1,"duplicate":0,"rejected":[` +
		`{"index":0,"message":"type \"opened\" is none of accepted, delivered, bounced, complained, failed"},` +
		`{"index":1,"message":"is not an event: id, ref, type, reason are texts, at is an instant as 2026-03-02T10:00:00Z, hard is true or false"},` +
		`{"index":3,"message":"id must be a text of 1 to 200 bytes"},` +
		`{"index":4,"message":"at must be an instant, as 2026-03-02T10:00:00Z"}]}` + "\n"
	if diff := cmp.Diff(w.Body.String(), want); diff != "" || w.Code != 200 {
		t.Errorf("%d: -got +want\n%s", w.Code, diff)
	}
	for _, test := range []struct {
		body string
		want int
	}{
		{"", 400}, {"[]", 400}, {"{}", 400}, {`{"events": []}`, 400},
		{`{"events": [` + strings.Repeat("1,", 1000) + `1]}`, 413},
		{`{"events": ["` + strings.Repeat("x", 1<<20) + `"]}`, 413},
	} {
		if w := post(&kept{}, "sms", test.body, nil); w.Code != test.want {
			t.Errorf("%.40s: got %d %s", test.body, w.Code, w.Body)
		}
	}
}

func TestWhatIsNotKeptIsAskedForAgain(t *testing.T) {
	t.Parallel()
	w := post(&kept{err: errors.New("no database")}, "sms", two, nil)
	if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" || strings.Contains(w.Body.String(), "no database") {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
}

// A forged request is never taken, whatever stands in it.
func FuzzForged(f *testing.F) {
	f.Add("m1", "1772445600", "v1,AAAA", two)
	f.Fuzz(func(t *testing.T, id, stamp, signature, body string) {
		k := &kept{}
		w := post(k, "sms", body, func(r *http.Request) {
			r.Header.Set("webhook-id", id)
			r.Header.Set("webhook-timestamp", stamp)
			r.Header.Set("webhook-signature", signature)
		})
		if w.Code == 200 || len(k.events) > 0 {
			t.Errorf("taken: %q %q %q", id, stamp, signature)
		}
	})
}
