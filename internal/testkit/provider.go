package testkit

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// Heard is one request of a provider's log.
type Heard struct {
	Key   string `json:"key"` // Idempotency-Key
	Ref   string `json:"ref"`
	To    string `json:"to"`
	Text  string `json:"text"`
	Token string `json:"token"`
	Taken bool   `json:"taken"` // a message went out for it
}

// Fate is what becomes of a request.
type Fate struct {
	Untaken bool // it is not taken
	Reset   bool // the connection is reset in place of an answer
	Status  int  // of the answer; 0: 202
	Header  map[string]string
	Body    string // of the answer; empty: the message's id in JSON
}

// Provider is a provider of messages over HTTP. Each request is a line in a log
// on the disk before anybody hears an answer, so that it can judge the ledger.
type Provider struct {
	*httptest.Server
	Dedups bool // a repeated key is taken once

	mu    sync.Mutex
	log   *os.File
	fate  func(n int, m Heard) Fate // nil: all are taken
	heard []Heard
	ids   map[string]string // by ref, of what was taken
	asked int
	blind bool   // its index knows nothing
	after func() // before each answer
}

// NewProvider starts a provider that ends with the test: messages are posted to
// its URL, and looked up below URL/messages.
func NewProvider(t testing.TB) *Provider {
	t.Helper()
	log, err := os.OpenFile(filepath.Join(t.TempDir(), "provider.jsonl"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	p := &Provider{log: log, ids: map[string]string{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /{$}", p.take)
	mux.HandleFunc("GET /messages/{ref}", p.look)
	p.Server = httptest.NewServer(mux)
	t.Cleanup(func() { p.Server.Close(); log.Close() })
	return p
}

// Decide draws the fate of each request from now on: n counts them from 0.
func (p *Provider) Decide(fate func(n int, m Heard) Fate) { p.locked(func() { p.fate = fate }) }

// After has a function run between the log and each answer; nil: none.
func (p *Provider) After(wait func()) { p.locked(func() { p.after = wait }) }

// Blind empties the index of what can be looked up, or fills it again.
func (p *Provider) Blind(yes bool) { p.locked(func() { p.blind = yes }) }

// Asked is how often something was looked up.
func (p *Provider) Asked() (n int) { p.locked(func() { n = p.asked }); return n }

// Heard is the log.
func (p *Provider) Heard() (all []Heard) {
	p.locked(func() { all = append(all, p.heard...) })
	return all
}

// Taken counts by ref the messages that went out.
func (p *Provider) Taken() map[string]int {
	n := map[string]int{}
	for _, h := range p.Heard() {
		if h.Taken {
			n[h.Ref]++
		}
	}
	return n
}

func (p *Provider) locked(work func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	work()
}

func (p *Provider) take(w http.ResponseWriter, r *http.Request) {
	m := Heard{Key: r.Header.Get("Idempotency-Key"), Token: strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")}
	data, err := io.ReadAll(r.Body)
	if err == nil {
		err = json.Unmarshal(data, &m)
	}
	if err != nil {
		http.Error(w, "not a message", http.StatusBadRequest)
		return
	}
	fate, id, err := p.write(m)
	var after func()
	if p.locked(func() { after = p.after }); after != nil {
		after()
	}
	switch {
	case err != nil || fate.Reset:
		panic(http.ErrAbortHandler)
	case fate.Status == 0:
		fate.Status = http.StatusAccepted
	}
	for name, value := range fate.Header {
		w.Header().Set(name, value)
	}
	w.WriteHeader(fate.Status)
	if fate.Body == "" {
		fate.Body = fmt.Sprintf(`{"id":%q}`, id)
	}
	io.WriteString(w, fate.Body)
}

// write decides a request and logs it, on the disk.
func (p *Provider) write(m Heard) (fate Fate, id string, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	id, known := p.ids[m.Ref]
	if p.fate != nil {
		fate = p.fate(len(p.heard), m)
	}
	if m.Taken = !fate.Untaken && (!known || !p.Dedups || m.Key != m.Ref); m.Taken {
		id = fmt.Sprintf("p-%d", len(p.heard)+1)
		p.ids[m.Ref] = id
	}
	p.heard = append(p.heard, m)
	line, err := json.Marshal(m)
	if err == nil {
		_, err = p.log.Write(append(line, '\n'))
	}
	if err == nil {
		err = p.log.Sync()
	}
	return fate, id, err
}

func (p *Provider) look(w http.ResponseWriter, r *http.Request) {
	var id string
	p.locked(func() {
		if p.asked++; !p.blind {
			id = p.ids[r.PathValue("ref")]
		}
	})
	if id == "" {
		http.NotFound(w, r)
		return
	}
	fmt.Fprintf(w, `{"id":%q,"state":"delivered"}`, id)
}
