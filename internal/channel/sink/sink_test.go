package sink_test

import (
	"fmt"
	"net/smtp"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rewave/rewave/internal/channel/sink"
)

func start(t *testing.T, opts sink.Options) *sink.Sink {
	t.Helper()
	if opts.Dir == "" {
		opts.Dir = t.TempDir()
	}
	s, err := sink.Start(opts)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func mail(id, subject, body string) []byte {
	return []byte("Message-ID: <" + id + ">\r\nSubject: " + subject + "\r\nList-Unsubscribe: <https://shop.example/u/1>\r\n\r\n" + body)
}

func entries(t *testing.T, path string) (out []sink.Entry) {
	t.Helper()
	if err := sink.ReadLog(path, func(e sink.Entry) error { out = append(out, e); return nil }); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestKeepsWhatItTakes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := start(t, sink.Options{Dir: dir})
	first := mail("1@shop.example", "=?utf-8?q?Gr=C3=BC=C3=9Fe?=", "Hello\r\nFrom here\r\n>From there\r\n.\r\nend\r\n")
	if err := smtp.SendMail(s.Addr(), nil, "news@shop.example", []string{"a@demo.invalid", "b@demo.invalid"}, first); err != nil {
		t.Fatal(err)
	}
	// The log can be read while the sink runs.
	if got := len(entries(t, s.LogPath())); got != 2 {
		t.Errorf("entries = %d, want 2", got)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	// A second run continues the files of the first.
	s = start(t, sink.Options{Dir: dir})
	if err := smtp.SendMail(s.Addr(), nil, "news@shop.example", []string{"a@demo.invalid"}, mail("2@shop.example", "x", "y\r\n")); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	got := entries(t, s.LogPath())
	for i := range got {
		if time.Since(got[i].At) > time.Minute {
			t.Errorf("arrival = %v", got[i].At)
		}
		got[i].At = time.Time{}
		got[i].Length = 0
	}
	second := got[2].Offset
	want := []sink.Entry{
		{ID: "1@shop.example", To: "a@demo.invalid", Subject: "Grüße", ListUnsubscribe: "<https://shop.example/u/1>", Size: len(first)},
		{ID: "1@shop.example", To: "b@demo.invalid", Subject: "Grüße", ListUnsubscribe: "<https://shop.example/u/1>", Size: len(first)},
		{ID: "2@shop.example", To: "a@demo.invalid", Subject: "x", ListUnsubscribe: "<https://shop.example/u/1>", Size: 93, Offset: second},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
	raw, err := sink.ReadMessage(s.MailboxPath(), entries(t, s.LogPath())[0])
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.ReplaceAll(string(first), "\r\n", "\n"), string(raw)); diff != "" {
		t.Errorf("message (-want +got):\n%s", diff)
	}
	sum, err := s.Summary()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(sink.Summary{Count: 3, Recipients: 2, IDs: []string{"1@shop.example", "1@shop.example", "2@shop.example"}}, sum); diff != "" {
		t.Errorf("summary (-want +got):\n%s", diff)
	}
}

func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	s := start(t, sink.Options{})
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j := range 10 {
				body := strings.Repeat(fmt.Sprintf("%d-%d\r\n", i, j), 500)
				if err := smtp.SendMail(s.Addr(), nil, "n@shop.example", []string{"a@demo.invalid"}, mail(fmt.Sprintf("%d-%d@x", i, j), "s", body)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	ids := map[string]bool{}
	for _, e := range entries(t, s.LogPath()) {
		raw, err := sink.ReadMessage(s.MailboxPath(), e)
		if err != nil {
			t.Fatal(err)
		}
		own, _, _ := strings.Cut(e.ID, "@")
		if got := strings.Count(string(raw), own+"\n"); got != 500 {
			t.Errorf("%s: the mailbox has %d of its 500 lines at its place", e.ID, got)
		}
		ids[e.ID] = true
	}
	if len(ids) != 80 {
		t.Errorf("messages = %d, want 80", len(ids))
	}
}

func TestARefusedMessageIsNotKept(t *testing.T) {
	t.Parallel()
	for _, stage := range []sink.Stage{sink.Hello, sink.Mail, sink.Rcpt, sink.Content} {
		s := start(t, sink.Options{Script: func(c *sink.Call) sink.Answer {
			if c.Stage == stage {
				return sink.Answer{Code: 451, Enhanced: [3]int{4, 0, 0}, Text: "later"}
			}
			return sink.Answer{}
		}})
		err := smtp.SendMail(s.Addr(), nil, "n@shop.example", []string{"a@demo.invalid"}, mail("1@x", "s", "b"))
		if err == nil || !strings.Contains(err.Error(), "451") {
			t.Errorf("%s: error = %v, want a 451", stage, err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if got := entries(t, s.LogPath()); len(got) != 0 {
			t.Errorf("%s: kept %v", stage, got)
		}
	}
}

func TestABrokenLogIsNamed(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "log.jsonl")
	if err := os.WriteFile(path, []byte("{\"id\":\"1\"}\n{\"id\":"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := sink.Summarize(path)
	if want := path + ":2: unexpected end of JSON input"; err == nil || err.Error() != want {
		t.Errorf("error = %v, want %s", err, want)
	}
}
