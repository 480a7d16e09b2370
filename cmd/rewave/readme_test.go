package main

import (
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/config"
	"github.com/rewave/rewave/internal/importer"
	"github.com/rewave/rewave/internal/testkit"
)

// block is a fenced piece of a page.
type block struct{ language, text string }

func (b block) lines() []string { return strings.Split(strings.TrimSuffix(b.text, "\n"), "\n") }

func readme(t testing.TB) (text string, blocks []block) {
	t.Helper()
	page, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile("(?ms)^```([a-z]+)\n(.*?)^```$").FindAllStringSubmatch(string(page), -1) {
		blocks = append(blocks, block{m[1], m[2]})
	}
	return string(page), blocks
}

// shell is the README's block of commands with a line.
func shell(t testing.TB, line string) block {
	t.Helper()
	_, blocks := readme(t)
	for _, b := range blocks {
		if b.language == "sh" && slices.Contains(b.lines(), line) {
			return b
		}
	}
	t.Fatalf("the README has no block with %q", line)
	return block{}
}

func TestReadmeFirstResults(t *testing.T) {
	t.Parallel()
	makefile, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range append(shell(t, "make demo").lines(), shell(t, "make build").lines()...) {
		target, isMake := strings.CutPrefix(line, "make ")
		switch {
		case isMake && !strings.Contains(string(makefile), "\n"+target+": "):
			t.Errorf("%s: there is no such target", line)
		case strings.HasPrefix(line, "rewave "):
			if err := wouldRun(line); err != nil {
				t.Errorf("%s: %v", line, err)
			}
		}
	}
}

// The README's way to run it, from its own files, line by line.
func TestReadmeRunsLive(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	_, blocks := readme(t)
	files := map[string][]string{"yaml": {"rewave.yaml", "columns.yaml"}, "csv": {"customers.csv", "orders.csv", "products.csv", "events.csv", "suppressions.csv"}}
	for _, b := range blocks {
		if names := files[b.language]; len(names) > 0 {
			if err := os.WriteFile(filepath.Join(dir, names[0]), []byte(b.text), 0o600); err != nil {
				t.Fatal(err)
			}
			files[b.language] = names[1:]
		}
	}
	if m, err := importer.ReadMap(filepath.Join(dir, "columns.yaml"), importer.Orders, importer.Attributes{}); err != nil || len(m.Columns) != 6 || m.Currency != "EUR" {
		t.Errorf("the map of the README: %+v, %v", m, err)
	}
	if err := os.CopyFS(filepath.Join(dir, "campaigns"), campaigns.Library()); err != nil {
		t.Fatal(err)
	}
	address := freePort(t)
	bin, err := program()
	if err != nil {
		t.Fatal(err)
	}
	env := append(os.Environ(), "PATH="+filepath.Dir(bin)+string(filepath.ListSeparator)+os.Getenv("PATH"), "DATABASE_URL="+testkit.NewDB(t).DSN, "REDIS_URL="+testkit.NewRedis(t), "SMTP_PASSWORD=secret", "REWAVE_LISTEN="+address)
	c, err := config.Load(filepath.Join(dir, "rewave.yaml"), env)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}

	var all *exec.Cmd
	for _, line := range slices.Concat(shell(t, "rewave campaign new spring-tea").lines(), shell(t, "rewave db migrate").lines(), shell(t, "rewave audit").lines()) {
		switch {
		case strings.HasPrefix(line, "export "):
			name, _, _ := strings.Cut(strings.TrimPrefix(line, "export "), "=")
			if !slices.Contains([]string{"DATABASE_URL", "REDIS_URL", "SMTP_PASSWORD"}, name) {
				t.Errorf("%s: the test has no value for it", line)
			}
		case line == "rewave all":
			all = exec.Command(bin, "all")
			all.Dir, all.Env = dir, env
			if err := all.Start(); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = all.Process.Kill() }) // it has ended unless the test has failed
			eventually(t, "/healthz answers", func() bool {
				res, err := http.Get("http://" + address + "/healthz")
				return err == nil && res.Body.Close() == nil && res.StatusCode == http.StatusOK
			})
		default:
			run := exec.Command("sh", "-c", line)
			run.Dir, run.Env = dir, env
			if out, err := run.CombinedOutput(); err != nil {
				t.Fatalf("%s: %v\n%s", line, err, out)
			}
		}
	}
	if all == nil {
		t.Fatal("the README does not say rewave all")
	}
	if err := all.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := all.Wait(); err != nil {
		t.Errorf("rewave all, interrupted: %v", err)
	}
	if page, err := os.ReadFile(filepath.Join(dir, "win-back.html")); err != nil || !strings.HasPrefix(string(page), "<!doctype html>") {
		t.Errorf("win-back.html is no page (%v)", err)
	}
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func TestLinksOfThePagesLead(t *testing.T) {
	t.Parallel()
	for _, page := range []string{"README.md", "campaigns/README.md", "rules/README.md", "workers/README.md"} {
		text, err := os.ReadFile(filepath.Join("../..", page))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`\]\(([^)#]+)\)`).FindAllStringSubmatch(string(text), -1) {
			if _, err := os.Stat(filepath.Join("../..", filepath.Dir(page), m[1])); err != nil && !strings.Contains(m[1], "://") {
				t.Errorf("%s links to %s, which is not there", page, m[1])
			}
		}
	}
}

var volatile = regexp.MustCompile(`(?m)^ *\d+\.\ds  |\bin \d+\.\d s$`)

// checkReadme holds the README's output against a real one: every line it shows
// is in it, in this order. Only times differ.
func checkReadme(t testing.TB, output string) {
	t.Helper()
	_, blocks := readme(t)
	i := slices.IndexFunc(blocks, func(b block) bool { return b.language == "console" })
	if i < 0 {
		t.Fatal("the README shows no output")
	}
	rest := strings.Split(volatile.ReplaceAllString(output, ""), "\n")
	for _, line := range blocks[i].lines() {
		if line == "…" || strings.HasPrefix(line, "$ ") {
			continue
		}
		at := slices.Index(rest, volatile.ReplaceAllString(line, ""))
		if at < 0 {
			t.Errorf("the README shows a line that the demo does not print (any more, or there); paste it from a real run:\n%s", line)
			continue
		}
		rest = rest[at+1:]
	}
}
