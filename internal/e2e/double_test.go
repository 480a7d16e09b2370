package e2e

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"net"
	"net/http/httptest"
	"net/mail"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rewave/rewave/internal/channel/sink"
)

// double stands for the provider and is the judge's only witness: each request
// is a line of its log, on the disk before the sender hears anything.
type double struct {
	t           *testing.T
	by          string           // the adapter that it is reached by
	keys, tells bool             // it says that it takes a key once, that it can be asked
	lies        bool             // it takes a key as often as it comes
	sink        *sink.Sink       // of smtp
	http        *httptest.Server // of http
	path        string
	seed        uint64
	done        chan struct{} // closed when nothing is waited for any more

	mu      sync.Mutex
	log     *os.File
	temper  temper
	tries   map[string]int
	began   map[string]time.Time // by connection
	letters []letter
	heard   int
	ids     map[string]string // by key, of what a provider by http has taken
	indexed bool              // it can tell of all of them
	mute    bool              // or of none
	// what is done when so many more messages are written down, before that one is answered
	after int
	then  func()
}

// arrival is one message as the provider met it, by its own clock.
type arrival struct {
	Ref     string    `json:"ref"`
	Key     string    `json:"key,omitempty"` // which http takes once
	To      string    `json:"to"`
	Subject string    `json:"subject"`
	Began   time.Time `json:"began"` // MAIL was heard
	At      time.Time `json:"at"`    // the content was there
	Does    string    `json:"does"`
	Taken   bool      `json:"taken"`
	Answers bool      `json:"answers"` // an answer is given, whoever hears it
}

// temper is how often, of a thousand messages, the provider does what else than
// take one.
type temper struct {
	Later, Refuse     int // 451, 554
	Reset             int // takes it and resets the connection
	HangOut, HangTook int // answers nothing for longer than anybody waits, before or after taking it
	Slow              time.Duration
}

// calm is a provider on a good day, slow enough that somebody is always at work;
// bursts add to it.
var calm = temper{Later: 10, Refuse: 3, Reset: 2, Slow: 60 * time.Millisecond}

// hang is longer than a call may take with all its timeouts.
const hang = 13 * time.Second

// letter is a taken message that a person may answer.
type letter struct{ To, Link string }

// The adapters by which a provider is reached. One by smtp can neither be asked
// nor takes a repeated message once, one by http can and does.
const (
	bySMTP = "smtp"
	byHTTP = "http"
)

func newDouble(t *testing.T, dir string, seed uint64, by string) *double {
	t.Helper()
	d := &double{t: t, by: by, keys: by == byHTTP, tells: by == byHTTP, seed: seed, path: filepath.Join(dir, "double.jsonl"), done: make(chan struct{}), temper: calm,
		tries: map[string]int{}, began: map[string]time.Time{}, ids: map[string]string{}}
	var err error
	if d.log, err = os.OpenFile(d.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.log.Close() })
	if by == byHTTP {
		d.http = httptest.NewServer(d.routes())
		t.Cleanup(d.http.Close)
	} else {
		if d.sink, err = sink.Start(sink.Options{Dir: filepath.Join(dir, "sink"), Script: d.answer}); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { d.sink.Close() }) // what it kept is nobody's business: the log above counts
	}
	t.Cleanup(func() { close(d.done) }) // first: whoever hangs is let go
	return d
}

// addr is the host and port it listens on.
func (d *double) addr() string {
	if d.by == byHTTP {
		return d.http.Listener.Addr().String()
	}
	return d.sink.Addr()
}

// settings are a rewave.yaml whose e-mail goes to it by way of an address.
func (d *double) settings(way string, inFlight int) string {
	host, port, err := net.SplitHostPort(way)
	if err != nil {
		d.t.Fatal(err)
	}
	channel := fmt.Sprintf("adapter: smtp, host: %s, port: %s, tls: none, allow_unreconciled: true", host, port)
	if d.by == byHTTP {
		channel = fmt.Sprintf(`adapter: http, url: "http://%s/messages"`, way)
		if d.keys {
			channel += ", idempotency: 24h"
		}
		if d.tells {
			channel += fmt.Sprintf(`, lookup: "http://%s/messages"`, way)
		}
	}
	return fmt.Sprintf(`shop: {name: Test shop, zone: UTC, currency: EUR, margin: 35%%}
public_url: https://mail.shop.example
channels:
  email: {%s, from: Test shop <hello@shop.example>, in_flight: %d}
`, channel, inFlight)
}

func (d *double) set(x temper) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.temper = x
}

var unsubscribe = regexp.MustCompile(`https://mail\.shop\.example(/u/[A-Za-z0-9_-]+)`)

func (d *double) answer(c *sink.Call) sink.Answer {
	switch c.Stage {
	case sink.Mail:
		d.mu.Lock()
		d.began[c.Conn] = time.Now()
		d.mu.Unlock()
	case sink.Content:
		r := arrival{To: c.To, At: time.Now()}
		found := ""
		if m, err := mail.ReadMessage(bytes.NewReader(c.Message)); err == nil {
			r.Ref, _, _ = strings.Cut(strings.Trim(m.Header.Get("Message-Id"), "<>"), "@")
			r.Subject = m.Header.Get("Subject")
			found = m.Header.Get("List-Unsubscribe")
		}
		d.mu.Lock()
		r.Began = d.began[c.Conn]
		d.mu.Unlock()
		d.take(&r, found)
		switch r.Does {
		case "later":
			return sink.Answer{Code: 451, Enhanced: [3]int{4, 3, 0}, Text: "not now"}
		case "refuse":
			return sink.Answer{Code: 554, Enhanced: [3]int{5, 6, 0}, Text: "not this"}
		case "reset", "hang out", "hang took":
			return sink.Answer{HangUp: true}
		}
	}
	return sink.Answer{}
}

// take decides what becomes of a message, puts it on the disk, and takes its time.
func (d *double) take(r *arrival, links string) {
	then, slow := d.write(r, links)
	if then != nil {
		then()
	}
	d.wait(slow)
	if !r.Answers && strings.HasPrefix(r.Does, "hang") {
		d.wait(hang)
	}
}

// write decides what becomes of a message and puts it on the disk.
func (d *double) write(r *arrival, links string) (then func(), slow time.Duration) {
	r.Does, r.Taken, r.Answers = "accept", true, true
	d.mu.Lock()
	defer d.mu.Unlock()
	d.tries[r.Ref]++
	d.heard++
	known := d.keys && !d.lies && d.ids[r.Key] != "" // and answered as the first time, if at all
	// By message and try, so that the order in which they come does not matter.
	h := fnv.New64a()
	h.Write([]byte(r.To + r.Subject))
	draw := rand.New(rand.NewPCG(d.seed^h.Sum64(), uint64(d.tries[r.Ref]))).IntN(1000)
	for _, x := range []struct {
		share          int
		does           string
		taken, answers bool
	}{
		{d.temper.Later, "later", false, true}, {d.temper.Refuse, "refuse", false, true}, {d.temper.Reset, "reset", true, false},
		{d.temper.HangOut, "hang out", false, false}, {d.temper.HangTook, "hang took", true, false},
	} {
		if draw -= x.share; draw < 0 {
			if !known || !x.answers {
				r.Does, r.Taken, r.Answers = x.does, x.taken, x.answers
			}
			break
		}
	}
	if known {
		r.Taken = false
	} else if r.Taken && d.by == byHTTP {
		d.ids[r.Key] = fmt.Sprintf("p-%d", d.heard)
	}
	line, err := json.Marshal(r)
	if err == nil {
		_, err = d.log.Write(append(line, '\n'))
	}
	if err == nil {
		err = d.log.Sync()
	}
	if err != nil {
		d.t.Error(err)
	}
	if link := unsubscribe.FindStringSubmatch(links); r.Taken && link != nil {
		d.letters = append(d.letters, letter{r.To, link[1]})
	}
	if d.after--; d.after == 0 {
		then = d.then
	}
	return then, d.temper.Slow
}

func (d *double) wait(long time.Duration) {
	timer := time.NewTimer(long)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-d.done:
	}
}

// expect calls a function when the n-th message from now on is written down and
// its sender has heard nothing; 0: never.
func (d *double) expect(n int, then func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.after, d.then = n, then
}

// count is how many messages have been heard.
func (d *double) count() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.heard
}

// anyLetter draws one of those taken so far.
func (d *double) anyLetter(draw *rand.Rand) (letter, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.letters) == 0 {
		return letter{}, false
	}
	return d.letters[draw.IntN(len(d.letters))], true
}

// arrivals reads the log back from the disk.
func (d *double) arrivals() []arrival {
	d.t.Helper()
	f, err := os.Open(d.path)
	if err != nil {
		d.t.Fatal(err)
	}
	defer f.Close()
	var list []arrival
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		var r arrival
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			d.t.Fatal(err)
		}
		list = append(list, r)
	}
	if err := lines.Err(); err != nil {
		d.t.Fatal(err)
	}
	return list
}
