package file_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rewave/rewave/internal/channel"
	"github.com/rewave/rewave/internal/channel/file"
)

var letter = channel.Message{
	Ref: "d-42", To: "ann@demo.invalid", From: "news@shop.example", Subject: "Hi", Text: "Hello <Ann>\n",
	Headers: map[string]string{"List-Unsubscribe": "<https://shop.example/u/x>"},
}

func open(t *testing.T, opts file.Options) *file.Channel {
	t.Helper()
	c, err := file.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		out = append(out, e.Name())
	}
	return out
}

func TestOneFileForEachRef(t *testing.T) {
	t.Parallel()
	for _, sync := range []bool{false, true} {
		dir := filepath.Join(t.TempDir(), "out")
		c := open(t, file.Options{Directory: dir, Sync: sync})
		want := channel.Outcome{Verdict: channel.Accepted, ProviderID: "d-42.json"}
		for range 2 {
			if got := c.Send(t.Context(), letter); got != want {
				t.Errorf("outcome = %+v, want %+v", got, want)
			}
		}
		again := letter
		again.Text = "another text under the same ref"
		if got := c.Send(t.Context(), again); got != want {
			t.Errorf("outcome = %+v, want %+v", got, want)
		}
		if diff := cmp.Diff([]string{"d-42.json"}, names(t, dir)); diff != "" {
			t.Errorf("files (-want +got):\n%s", diff)
		}
		raw, err := os.ReadFile(filepath.Join(dir, "d-42.json"))
		if err != nil {
			t.Fatal(err)
		}
		var got channel.Message
		if err := json.Unmarshal(raw, &got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(letter, got); diff != "" {
			t.Errorf("first message (-want +got):\n%s", diff)
		}
	}
}

func TestATextMessageIsAPlainFile(t *testing.T) {
	t.Parallel()
	for _, sync := range []bool{false, true} {
		dir := t.TempDir()
		c := open(t, file.Options{Name: "sms", Directory: dir, Sync: sync})
		m := channel.Message{Ref: "d-42", To: "+49301\nFrom: x", From: "Example", Text: "感谢您，Zoë\n退订 https://shop.example/u/x"}
		want := channel.Outcome{Verdict: channel.Accepted, ProviderID: "d-42.sms.txt"}
		for range 2 {
			if got := c.Send(t.Context(), m); got != want {
				t.Errorf("outcome = %+v, want %+v", got, want)
			}
			m.Text = "another text under the same ref"
		}
		if diff := cmp.Diff(names(t, dir), []string{"d-42.sms.txt"}); diff != "" {
			t.Errorf("files: -got +want\n%s", diff)
		}
		got, err := os.ReadFile(filepath.Join(dir, "d-42.sms.txt"))
		if err != nil {
			t.Fatal(err)
		}
		whole := "To: +49301 From: x\nFrom: Example\nSegments: 1 segment (UCS-2, 35 characters)\nRef: d-42\n\n感谢您，Zoë\n退订 https://shop.example/u/x\n"
		if diff := cmp.Diff(string(got), whole); diff != "" {
			t.Errorf("file: -got +want\n%s", diff)
		}
		if got := c.Send(t.Context(), channel.Message{Ref: "d-43", Text: "x"}); got.Verdict != channel.Failed || got.Reason != "bad_address" {
			t.Errorf("without an address: %+v", got)
		}
	}
}

func TestManyWritersOfOneRef(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c := open(t, file.Options{Directory: dir})
	var wg sync.WaitGroup
	for range 30 {
		wg.Go(func() {
			if got := c.Send(t.Context(), letter); got.Verdict != channel.Accepted {
				t.Errorf("outcome = %+v", got)
			}
		})
	}
	wg.Wait()
	if diff := cmp.Diff([]string{"d-42.json"}, names(t, dir)); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

func TestNoRefLeavesTheDirectory(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "out")
	c := open(t, file.Options{Directory: dir})
	seen := map[string]string{}
	for _, ref := range []string{"../x", "/etc/x", ".", "..", ".rewave-x", "a/b", "a\x00b", strings.Repeat("x", 300), "ü"} {
		m := letter
		m.Ref = ref
		got := c.Send(t.Context(), m)
		if got.Verdict != channel.Accepted {
			t.Errorf("%q: outcome = %+v", ref, got)
		}
		if other, ok := seen[got.ProviderID]; ok {
			t.Errorf("%q and %q have the same file", ref, other)
		}
		seen[got.ProviderID] = ref
	}
	if got := len(names(t, dir)); got != len(seen) {
		t.Errorf("%d files for %d refs", got, len(seen))
	}
	if diff := cmp.Diff([]string{"out"}, names(t, filepath.Dir(dir))); diff != "" {
		t.Errorf("beside the directory (-want +got):\n%s", diff)
	}
}

func TestDirectoryGone(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "out")
	c := open(t, file.Options{Directory: dir})
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	want := channel.Outcome{Verdict: channel.NotTaken, Reason: "write: no such file or directory", Trouble: channel.OfProvider}
	if got := c.Send(t.Context(), letter); got != want {
		t.Errorf("outcome = %+v, want %+v", got, want)
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	blocked := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(blocked, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for dir, want := range map[string]string{
		"":      "email channel: no directory",
		blocked: "email channel: the directory cannot be written: mkdir " + blocked + ": not a directory",
	} {
		_, err := file.New(file.Options{Directory: dir})
		if err == nil || err.Error() != want {
			t.Errorf("New(%q) = %v, want %q", dir, err, want)
		}
	}
}
