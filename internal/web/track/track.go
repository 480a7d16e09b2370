// Package track answers the links in messages: public, without a login, for the
// unsubscribe link of every message sent.
//
// GET shows a form and never acts, because mail scanners and previews follow
// every link. POST acts: from the form, or from a mail program's own button
// (RFC 8058), which sends neither cookies nor a referrer and follows no
// redirect. Acting twice is acting once. A token that is not ours is answered
// with 400, whatever is wrong with it, and nothing is done.
package track

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"log/slog"
	"net/http"

	"github.com/rewave/rewave/internal/fault"
	"github.com/rewave/rewave/internal/message"
)

// Unsubscriber ends the messages of a delivery's kind to its customer. It must
// be harmless to call again, and must have stored the fact when it returns nil.
// A fault.NotFound says that the delivery is not known any more.
type Unsubscriber interface {
	Unsubscribe(ctx context.Context, deliveryID int64) error
}

// maxBody is the ceiling of a posted form, which holds one word.
const maxBody = 16 << 10

// Handler answers GET, HEAD and POST /u/{token}.
func Handler(keys message.Keys, u Unsubscriber, log *slog.Logger) http.Handler {
	h := &handler{keys: keys, unsubscriber: u, log: log}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /u/{token}", h.show)
	mux.HandleFunc("POST /u/{token}", h.act)
	return mux
}

type handler struct {
	keys         message.Keys
	unsubscriber Unsubscriber
	log          *slog.Logger
}

func (h *handler) show(w http.ResponseWriter, r *http.Request) {
	switch id, err := message.Verify(h.keys, message.Unsubscribe, r.PathValue("token")); {
	case err != nil:
		answer(w, r, http.StatusBadRequest, foreign)
	case id == message.TestDelivery:
		answer(w, r, http.StatusOK, test)
	default:
		answer(w, r, http.StatusOK, ask)
	}
}

func (h *handler) act(w http.ResponseWriter, r *http.Request) {
	id, err := message.Verify(h.keys, message.Unsubscribe, r.PathValue("token"))
	if err != nil {
		answer(w, r, http.StatusBadRequest, foreign)
		return
	}
	if id == message.TestDelivery {
		answer(w, r, http.StatusOK, test)
		return
	}
	// Mail programs post either encoding (RFC 8058, 3.2).
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	if err := r.ParseMultipartForm(maxBody); err != nil && err != http.ErrNotMultipart || r.PostForm.Get("List-Unsubscribe") != "One-Click" {
		answer(w, r, http.StatusBadRequest, ask)
		return
	}
	// The wish stands even if the customer closes the window.
	ctx := context.WithoutCancel(r.Context())
	switch err := h.unsubscriber.Unsubscribe(ctx, id); {
	case err == nil:
		answer(w, r, http.StatusOK, done)
	case is(err, fault.NotFound):
		answer(w, r, http.StatusNotFound, unknown)
	default:
		h.log.ErrorContext(ctx, "unsubscribe", "delivery", id, "error", err)
		w.Header().Set("Retry-After", "60")
		answer(w, r, http.StatusServiceUnavailable, later)
	}
}

func is(err error, code fault.Code) bool {
	f, ok := fault.Of(err)
	return ok && f.Code == code
}

//go:embed page.html
var pageSource string

//go:embed page.css
var style string

var (
	page   = template.Must(template.New("page").Parse(pageSource))
	policy = contentPolicy()
)

// contentPolicy allows our own style, by its hash, and a form to ourselves:
// nothing else can be loaded, run or framed.
func contentPolicy() string {
	sum := sha256.Sum256([]byte(style))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
		"'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
}

func answer(w http.ResponseWriter, r *http.Request, status int, v view) {
	words := wordsFor(r)
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", words.Language)
	h.Set("Content-Security-Policy", policy)
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Robots-Tag", "noindex, nofollow")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	page.Execute(w, struct { // the client may have gone
		Words
		Text
		Style template.CSS
		Form  bool
	}{words, words.Views[v], template.CSS(style), v == ask})
}
