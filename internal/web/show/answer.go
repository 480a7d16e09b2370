package show

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"github.com/rewave/rewave/internal/fault"
)

//go:embed pages
var files embed.FS

//go:embed page.css
var style string

var functions = template.FuncMap{
	"say": say, "count": words.Count,
	"inc": func(i int) int { return i + 1 },
	// A name of a file keeps its strokes; all else in it is the template's to escape.
	"path":   func(name string) template.URL { return template.URL((&url.URL{Path: name}).EscapedPath()) },
	"places": func() []place { return places },
}

// place is an entry of the menu.
type place struct{ Key, URL string }

var places = []place{{"index", "/"}, {"mailbox", "/mailbox"}, {"texts", "/texts"}}

// pages are the templates by name, each with the frame around it.
var pages = func() map[string]*template.Template {
	all := map[string]*template.Template{}
	for _, name := range []string{"index", "campaign", "mailbox", "message", "texts", "said"} {
		all[name] = template.Must(template.New(name).Funcs(functions).
			ParseFS(files, "pages/frame.html.tmpl", "pages/"+name+".html.tmpl"))
	}
	return all
}()

// What the browser may do with a page. Whoever needs more says why.
var (
	locked = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; "

	// Our own style, by its hash, and a form to ourselves.
	ownPolicy = locked + "form-action 'self'; style-src 'sha256-" + hash(style) + "'"

	// Reports and plans carry their style in the page.
	reportPolicy = locked + "form-action 'none'; style-src 'unsafe-inline'"

	// A frame without an address of its own has the policy of its page, so what an
	// e-mail may do is said here: have colours, and pictures that it brings along.
	messagePolicy = locked + "form-action 'none'; style-src 'unsafe-inline'; img-src data:"

	sourcePolicy = locked + "form-action 'none'; sandbox"
)

func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// framed is what every page of ours is filled from.
type framed struct {
	Lang, Shop, Title string
	Here              string // the entry of the menu that this page is
	Style             template.CSS
	Body              any
}

// guard keeps out what is not a look at our own address, and gives every answer
// the headers they share.
func (s *site) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("X-DNS-Prefetch-Control", "off")
		h.Set("Cache-Control", "no-store")
		switch {
		case !ownHost(r.Host):
			s.said(w, r, http.StatusMisdirectedRequest, say("error.host"), say("error.host.hint"))
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			h.Set("Allow", "GET, HEAD")
			s.said(w, r, http.StatusMethodNotAllowed, say("error.method"), say("error.method.hint"))
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// ownHost says whether a Host header names this machine in a way that nobody
// else's domain can.
func ownHost(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.ToLower(strings.TrimSuffix(strings.TrimPrefix(host, "["), "]"))
	_, err := netip.ParseAddr(host)
	return err == nil || host == "localhost" || strings.HasSuffix(host, ".localhost")
}

// show answers with one of our pages.
func (s *site) show(w http.ResponseWriter, r *http.Request, page, here, title string, body any) error {
	policy := ownPolicy
	if page == "message" {
		policy = messagePolicy
	}
	return s.render(w, r, http.StatusOK, page, policy, framed{Here: here, Title: title, Body: body})
}

func (s *site) render(w http.ResponseWriter, r *http.Request, status int, page, policy string, f framed) error {
	f.Lang, f.Shop, f.Style = words.Tag, s.Title, template.CSS(style)
	var out bytes.Buffer
	if err := pages[page].ExecuteTemplate(&out, "frame", f); err != nil {
		return fmt.Errorf("page %s: %w", page, err)
	}
	send(w, r, status, "text/html; charset=utf-8", policy, out.Bytes())
	return nil
}

func send(w http.ResponseWriter, r *http.Request, status int, kind, policy string, body []byte) {
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Security-Policy", policy)
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		w.Write(body) // the client may have gone
	}
}

// statuses is the whole table; an error without a fault is internal.
var statuses = map[fault.Code]int{
	fault.Usage: http.StatusBadRequest, fault.Invalid: http.StatusBadRequest, fault.NotFound: http.StatusNotFound,
	fault.Conflict: http.StatusConflict, fault.Pending: http.StatusConflict, fault.Denied: http.StatusForbidden,
	fault.Unavailable: http.StatusServiceUnavailable, fault.Broken: http.StatusInternalServerError,
}

// refuse says an error in words.
func (s *site) refuse(w http.ResponseWriter, r *http.Request, err error) {
	if r.Context().Err() != nil {
		return // nobody waits for it
	}
	status, title, hint := http.StatusInternalServerError, say("error.internal"), say("error.internal.hint")
	f, ok := fault.Of(err)
	if ok {
		status, title, hint = statuses[f.Code], f.Message, f.Hint
	}
	if !ok || f.Err != nil {
		s.Log.ErrorContext(r.Context(), "page", "path", r.URL.Path, "error", err)
	}
	s.said(w, r, status, title, hint)
}

func (s *site) said(w http.ResponseWriter, r *http.Request, status int, title, hint string) {
	body := struct{ Title, Hint string }{capital(title), hint}
	if err := s.render(w, r, status, "said", ownPolicy, framed{Title: body.Title, Body: body}); err != nil {
		s.Log.ErrorContext(r.Context(), "page", "path", r.URL.Path, "error", err)
		http.Error(w, title, status)
	}
}

// capital begins a fault's message, which is in lower case, as a heading does.
func capital(s string) string {
	if s == "" || s[0] < 'a' || s[0] > 'z' {
		return s
	}
	return string(s[0]-'a'+'A') + s[1:]
}
