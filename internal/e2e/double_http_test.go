package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// routes are a provider by HTTP: it takes a key once, and tells of it.
func (d *double) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /messages", d.post)
	mux.HandleFunc("GET /messages/{ref}", d.look)
	return mux
}

func (d *double) post(w http.ResponseWriter, req *http.Request) {
	r := arrival{Key: req.Header.Get("Idempotency-Key"), Began: time.Now()}
	var m struct{ Ref, To, Subject, Text string }
	if err := json.NewDecoder(req.Body).Decode(&m); err != nil {
		http.Error(w, "not a message", http.StatusBadRequest)
		return
	}
	r.Ref, r.To, r.Subject, r.At = m.Ref, m.To, m.Subject, time.Now()
	d.take(&r, m.Text)
	switch r.Does {
	case "later": // this one, or all for a second
		if d.odd(r.Key) {
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		w.WriteHeader(http.StatusTooEarly)
	case "refuse":
		w.WriteHeader(http.StatusUnprocessableEntity)
	case "reset", "hang out", "hang took":
		if d.odd(r.Key) {
			http.Error(w, "try again", http.StatusBadGateway) // which says nothing of the message
			return
		}
		panic(http.ErrAbortHandler)
	default:
		w.WriteHeader(http.StatusAccepted)
		fmt.Fprintf(w, `{"id":%q}`, d.id(r.Key))
	}
}

// look tells of a message. Until index is called every other one is not found.
func (d *double) look(w http.ResponseWriter, req *http.Request) {
	ref := req.PathValue("ref")
	id := d.id(ref)
	d.mu.Lock()
	late, mute := !d.indexed, d.mute
	d.mu.Unlock()
	if id == "" || mute || late && d.odd(ref) {
		http.NotFound(w, req)
		return
	}
	fmt.Fprintf(w, `{"id":%q,"state":"delivered"}`, id)
}

// index has its index catch up.
func (d *double) index() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.indexed = true
}

// blind has it tell of nothing, or again of what it knows.
func (d *double) blind(yes bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.mute = yes
}

func (d *double) id(key string) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.ids[key]
}

// odd draws every other key.
func (d *double) odd(key string) bool {
	n := d.seed
	for _, c := range []byte(key) {
		n = n*31 + uint64(c)
	}
	return n%2 == 1
}
