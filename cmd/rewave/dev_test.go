package main

import (
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Everything at once, live: a message goes out, the pages show it, commands of
// another terminal find the same installation, and an interrupt leaves only the
// mailbox.
func TestDev(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	d := h.starts("dev", "--state", h.state, "--listen", "127.0.0.1:0")
	d.said("Ctrl-C ends it.")
	address := regexp.MustCompile(`http://[0-9.:]+`).FindString(d.text())
	page := func(path string) string { return d.page(address + path) }
	for path, want := range map[string]string{"/healthz": "ok", "/": "Fernway", "/campaign/thanks-coupon-care": "after: 1m", "/mailbox": "Mailbox", "/report/thanks-coupon-care": "<!doctype html>"} {
		if got := page(path); !strings.Contains(got, want) {
			t.Errorf("%s does not hold %q:\n%s", path, want, got)
		}
	}

	env := os.Environ()
	for _, m := range regexp.MustCompile(`export ([A-Z_]+)='([^']+)'`).FindAllStringSubmatch(d.text(), -1) {
		env = append(env, m[1]+"="+m[2])
	}
	out := regexp.MustCompile(`(?m)^  cd '(.+)'$`).FindStringSubmatch(d.text())[1]
	bin, err := program()
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range regexp.MustCompile(`(?m)^  rewave (.*)$`).FindAllStringSubmatch(d.text(), -1) {
		c := exec.Command(bin, shellWords(line[1])...)
		c.Dir, c.Env = out, env
		if said, err := c.CombinedOutput(); err != nil {
			t.Errorf("rewave %s: %v\n%s", line[1], err, said)
		}
	}

	d.said("thanks sent")
	if got := page("/mailbox"); !strings.Contains(got, "@demo.invalid") {
		t.Errorf("the mailbox shows no message:\n%s", got)
	}
	d.signal(os.Interrupt)
	if got := d.ended(); got != exitOK || d.stderr.String() != "" {
		t.Errorf("interrupted: exit code %d, %s", got, d.stderr.String())
	}
	h.nothingRuns()
	h.leftOnly("dev", "lock", "runs")
	if mail := h.read(filepath.Join(out, "mailbox", "mailbox.mbox")); !strings.Contains(mail, "List-Unsubscribe: ") {
		t.Errorf("the mailbox holds %d bytes and no message", len(mail))
	}
}

// page is what an address answers, which must be 200.
func (d *running) page(url string) string {
	d.Helper()
	res, err := http.Get(url)
	if err != nil {
		d.Fatal(err)
	}
	defer res.Body.Close() //nolint:errcheck // read to its end
	text, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		d.Fatalf("%s: %s, %v\n%s", url, res.Status, err, text)
	}
	return string(text)
}
