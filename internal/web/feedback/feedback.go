// Package feedback takes what providers say of messages afterwards: POST
// /feedback/CHANNEL with up to 1,000 events in JSON,
//
//	{"events": [{"id": "e1", "ref": "4711.0f3a9c21", "type": "delivered", "at": "2026-03-02T10:00:00Z"}]}
//
// signed as the Standard Webhooks specification has it: webhook-signature holds
// `v1,` and the HMAC-SHA256 in base64 of id, timestamp and body, with a dot in
// between, in any number by spaces. Two secrets may be live at once, so that one
// can be changed. A type is accepted, delivered, bounced, complained or failed;
// `hard` says of a bounce that the address takes nothing for good.
//
// What is answered by 200 is kept. An event that comes again, by its id, changes
// nothing; one that cannot be read is named in the answer and does not hold up the
// others.
package feedback

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rewave/rewave/internal/delivery"
	"github.com/rewave/rewave/internal/postgres"
)

// Recorder keeps events, and returns how many were new. They are stored when it
// returns nil.
type Recorder interface {
	RecordFeedback(ctx context.Context, channel string, events []postgres.Feedback) (int, error)
}

const (
	maxBody   = 1 << 20
	maxEvents = 1000
	maxSkew   = 5 * time.Minute // of the provider's clock, and the age of a request
	maxText   = 200             // runes of an id, a reference, a reason
)

// Handler answers POST /feedback/{channel} for channels that have secrets. A
// secret that begins with whsec_ is base64 behind that. now is the clock that
// requests are dated by.
func Handler(secrets map[string][]string, r Recorder, now func() time.Time, log *slog.Logger) http.Handler {
	h := &handler{keys: map[string][][]byte{}, recorder: r, now: now, log: log}
	for name, all := range secrets {
		for _, s := range all {
			h.keys[name] = append(h.keys[name], key(s))
		}
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /feedback/{channel}", h.take)
	return mux
}

func key(secret string) []byte {
	if coded, ok := strings.CutPrefix(secret, "whsec_"); ok {
		if raw, err := base64.StdEncoding.DecodeString(coded); err == nil {
			return raw
		}
	}
	return []byte(secret)
}

type handler struct {
	keys     map[string][][]byte
	recorder Recorder
	now      func() time.Time
	log      *slog.Logger
}

// event is one as it travels.
type event struct {
	ID     string    `json:"id"`
	Ref    string    `json:"ref"`
	Type   string    `json:"type"`
	At     time.Time `json:"at"`
	Reason string    `json:"reason"`
	Hard   bool      `json:"hard"`
}

// rejected is an event that is not kept.
type rejected struct {
	Index   int    `json:"index"`
	Message string `json:"message"`
}

func (h *handler) take(w http.ResponseWriter, r *http.Request) {
	channel := r.PathValue("channel")
	keys := h.keys[channel]
	if len(keys) == 0 {
		problem(w, http.StatusNotFound, "not_found", "no channel of that name takes feedback here")
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		problem(w, http.StatusRequestEntityTooLarge, "invalid", "the body is larger than 1 MiB")
		return
	}
	if err != nil {
		problem(w, http.StatusBadRequest, "invalid", "the body was cut off")
		return
	}
	if !signed(r.Header, body, keys, h.now()) {
		problem(w, http.StatusUnauthorized, "denied", "the signature does not fit, or its time is more than 5 minutes off")
		return
	}
	var batch struct {
		Events []json.RawMessage `json:"events"`
	}
	if err := json.Unmarshal(body, &batch); err != nil || len(batch.Events) == 0 {
		problem(w, http.StatusBadRequest, "invalid", `the body must be JSON: {"events": [{"id": ..., "ref": ..., "type": ..., "at": ...}]}`)
		return
	}
	if len(batch.Events) > maxEvents {
		problem(w, http.StatusRequestEntityTooLarge, "invalid", fmt.Sprintf("there are %d events; at most %d at once", len(batch.Events), maxEvents))
		return
	}
	events, refused := readEvents(batch.Events)
	// What was sent is kept even if the provider hangs up.
	n, err := h.recorder.RecordFeedback(context.WithoutCancel(r.Context()), channel, events)
	if err != nil {
		h.log.ErrorContext(r.Context(), "feedback", "channel", channel, "events", len(events), "error", err)
		w.Header().Set("Retry-After", "60")
		problem(w, http.StatusServiceUnavailable, "unavailable", "the events could not be kept; send them again")
		return
	}
	if len(refused) > 0 {
		h.log.WarnContext(r.Context(), "feedback has events that cannot be read", "channel", channel, "events", len(refused), "first", refused[0].Message)
	}
	answer(w, http.StatusOK, "application/json", struct {
		Accepted  int        `json:"accepted"`
		Duplicate int        `json:"duplicate"`
		Rejected  []rejected `json:"rejected"`
	}{n, len(events) - n, append([]rejected{}, refused...)})
}

// readEvents reads what can be read. Of two with one id the first counts.
func readEvents(raw []json.RawMessage) (events []postgres.Feedback, refused []rejected) {
	seen := map[string]bool{}
	for i, text := range raw {
		var e event
		err := json.Unmarshal(text, &e)
		if err == nil {
			err = e.fault()
		} else {
			err = errors.New("is not an event: id, ref, type, reason are texts, at is an instant as 2026-03-02T10:00:00Z, hard is true or false")
		}
		if err != nil {
			refused = append(refused, rejected{i, err.Error()})
			continue
		}
		if !seen[e.ID] {
			seen[e.ID] = true
			events = append(events, postgres.Feedback{ID: e.ID, Ref: e.Ref, Type: e.Type, At: e.At, Reason: clean(e.Reason), Hard: e.Hard})
		}
	}
	return events, refused
}

func (e event) fault() error {
	for _, f := range []struct{ name, value string }{{"id", e.ID}, {"ref", e.Ref}} {
		if f.value == "" || len(f.value) > maxText || clean(f.value) != f.value {
			return fmt.Errorf("%s must be a text of 1 to %d bytes", f.name, maxText)
		}
	}
	if !slices.Contains(delivery.Words[:], e.Type) {
		return fmt.Errorf("type %.40q is none of %s", e.Type, strings.Join(delivery.Words[:], ", "))
	}
	if e.At.Year() < 2000 || e.At.Year() > 9000 {
		return errors.New("at must be an instant, as 2026-03-02T10:00:00Z")
	}
	return nil
}

// clean is a text as it can be stored.
func clean(s string) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "?"), "\x00", "?")
	if r := []rune(s); len(r) > maxText {
		s = string(r[:maxText])
	}
	return s
}

// signed says whether a request is by somebody who has one of the keys, and not an
// old one.
func signed(header http.Header, body []byte, keys [][]byte, now time.Time) bool {
	id, stamp := header.Get("webhook-id"), header.Get("webhook-timestamp")
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil || id == "" || len(id) > maxText {
		return false
	}
	if age := now.Sub(time.Unix(seconds, 0)); age > maxSkew || age < -maxSkew {
		return false
	}
	content := bytes.Join([][]byte{[]byte(id), []byte(stamp), body}, []byte{'.'})
	fits := false
	for _, key := range keys {
		mac := hmac.New(sha256.New, key)
		mac.Write(content) // it never fails
		want := mac.Sum(nil)
		for part := range strings.FieldsSeq(header.Get("webhook-signature")) {
			coded, ok := strings.CutPrefix(part, "v1,")
			got, err := base64.StdEncoding.DecodeString(coded)
			fits = fits || ok && err == nil && hmac.Equal(got, want)
		}
	}
	return fits
}

func problem(w http.ResponseWriter, status int, code, message string) {
	answer(w, status, "application/problem+json", struct {
		Status int    `json:"status"`
		Code   string `json:"code"`
		Detail string `json:"detail"`
	}{status, code, message})
}

func answer(w http.ResponseWriter, status int, kind string, value any) {
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(value) // the provider may have hung up
}
