package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/channel/sink"
)

// Two demos at once from one state directory, one of them killed; a third that
// finds what the killed one left and is interrupted; and all the while the
// other goes on to its end as if it were alone.
func TestDemo(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	killed, other := h.demo(), h.demo("--serve", "--listen", "127.0.0.1:0")
	killed.said("private services are up")
	other.said("private services are up")
	killed.signal(syscall.SIGKILL)
	killed.ended()
	other.said("replaying")

	third := h.demo()
	third.said(fmt.Sprintf("removed what process %d had left in %s/runs/", killed.cmd.Process.Pid, h.state))
	third.said("replaying")
	third.signal(os.Interrupt)
	if got := third.ended(); got != exitFailed {
		t.Errorf("interrupted: got exit code %d, want %d", got, exitFailed)
	}
	want := "rewave: interrupted\n        the private services are stopped; nothing of this run was kept\n"
	if diff := cmp.Diff(third.stderr.String(), want); diff != "" {
		t.Errorf("interrupted (-got +want):\n%s", diff)
	}

	other.said("until you interrupt this")
	address := regexp.MustCompile(`http://127[0-9.:]+/`).FindString(other.text())
	for path, want := range map[string]string{"": "In truth it was ", "report/thanks-coupon-care": "the truth is known", "plan/thanks-coupon-care": "Plan of", "campaign/double11-new-buyers": "2024-11-11",
		"mailbox?q=code": "A code for your second order", "texts": "Fernway"} {
		if got := other.page(address + path); !strings.Contains(got, want) {
			t.Errorf("%s%s does not hold %q", address, path, want)
		}
	}
	other.signal(os.Interrupt)
	if got := other.ended(); got != exitOK || other.stderr.String() != "" {
		t.Fatalf("got exit code %d\n%s%s", got, other.text(), other.stderr.String())
	}
	h.nothingRuns()
	// The killed one could not take back its mailbox, nor its folder of sockets'
	// name; the latter went with the third's start.
	h.leftOnly("demo", "lock", "runs")
	h.checkRun(other)
	checkReadme(t, other.text())
}

// A shop's own orders, as they are published.
func TestDemoOnRealOrders(t *testing.T) {
	t.Parallel()
	data := os.Getenv("REWAVE_DATA")
	if data == "" {
		t.Skip("REWAVE_DATA is not set: the demo is NOT tested on real orders")
	}
	h := newHome(t)
	orders := filepath.Join(h.work, "orders.csv")
	firstLines(t, filepath.Join(data, "online_retail", "online_retail.csv.gz"), orders, 150_000)
	d := h.demo("--orders", "orders.csv", "--preset", "uci-online-retail")
	if got := d.ended(); got != exitOK || d.stderr.String() != "" {
		t.Fatalf("got exit code %d\n%s%s", got, d.text(), d.stderr.String())
	}
	for _, want := range []string{"orders: 149,999 rows read, ", "addresses are ID@demo.invalid", "consent to e-mail is assumed"} {
		if !strings.Contains(d.text(), want) {
			t.Errorf("not said: %q in\n%s", want, d.text())
		}
	}
	if err := os.Remove(orders); err != nil {
		t.Fatal(err)
	}
	h.nothingRuns()
	h.leftOnly("demo", "lock", "runs")
	h.checkRun(d)
}

// What is wrong with the file is known before anything starts.
func TestDemoRefusesAFileThatIsNotThere(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	d := h.demo("--orders", "no.csv")
	if got, want := d.ended(), exitFailed; got != want {
		t.Errorf("got exit code %d, want %d", got, want)
	}
	if diff := cmp.Diff(d.stderr.String(), "rewave: there is no file no.csv\n"); diff != "" {
		t.Errorf("-got +want\n%s", diff)
	}
	h.leftOnly()
}

// A demo that fails leaves nothing of its own and the reports of earlier ones.
func TestDemoThatFailsEvictsNothing(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	var want []string
	for i := range keptRuns {
		want = append(want, filepath.Join(h.state, "demo", fmt.Sprintf("2026010%dT000000-1", i+1)))
		if err := os.MkdirAll(want[i], 0o755); err != nil {
			t.Fatal(err)
		}
	}
	orders := filepath.Join(h.work, "orders.csv")
	for _, bad := range []struct {
		rows   string
		code   int
		stderr string
	}{
		{"1,yesterday,tea,1,2.00,EUR\n", exitFailed, "rewave: orders.csv has no row that can be read: 1 placed_at cannot be read\n"},
		{"1,2026-01-02 10:00,tea,1,2.00,EUR\n2,2026-02-01 10:00,tea,1,2.00,EUR\n", exitInvalid, "rewave: the orders span 31 days; a replay takes 93 at least\n" +
			"        customers enter for a month or more, and their results are final 63 days after the last has entered; a year of orders shows most\n"},
	} {
		if err := os.WriteFile(orders, []byte("order_id,placed_at,sku,quantity,unit_price,currency\n"+bad.rows), 0o600); err != nil {
			t.Fatal(err)
		}
		d := h.demo("--orders", "orders.csv")
		if got := d.ended(); got != bad.code {
			t.Errorf("got exit code %d, want %d", got, bad.code)
		}
		if diff := cmp.Diff(d.stderr.String(), bad.stderr); diff != "" {
			t.Errorf("-got +want\n%s", diff)
		}
	}
	if err := os.Remove(orders); err != nil {
		t.Fatal(err)
	}
	h.nothingRuns()
	h.leftOnly("demo", "lock", "runs")
	parent := filepath.Join(h.state, "demo")
	got, err := filepath.Glob(filepath.Join(parent, "*"))
	if diff := cmp.Diff(got, want); err != nil || diff != "" {
		t.Errorf("kept (-got +want):\n%s%v", diff, err)
	}

	newest := filepath.Join(parent, "20260106T000000-1")
	if err := errors.Join(os.Mkdir(newest, 0o755), keepNewest(parent)); err != nil {
		t.Fatal(err)
	}
	got, err = filepath.Glob(filepath.Join(parent, "*"))
	if diff := cmp.Diff(got, append(want[1:], newest)); err != nil || diff != "" {
		t.Errorf("kept after a success (-got +want):\n%s%v", diff, err)
	}
}

// home is an empty place to run demos in: all that they may write is below
// state, and what stands in work and in the environment is none of their business.
type home struct {
	*testing.T
	state, work, temp string
}

func newHome(t *testing.T) *home {
	t.Helper()
	// Short, for the sockets, and open, for the user that PostgreSQL runs as.
	root, err := os.MkdirTemp("/tmp", "rewave-demo-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(root); err != nil {
			t.Error(err)
		}
	})
	h := &home{t, filepath.Join(root, "state"), filepath.Join(root, "work"), filepath.Join(root, "temp")}
	for _, dir := range []string{root, h.state, h.work, h.temp} {
		if err := errors.Join(os.MkdirAll(dir, 0o755), os.Chmod(dir, 0o755)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(h.work, "rewave.yaml"), []byte("not: [a configuration"), 0o600); err != nil {
		t.Fatal(err)
	}
	return h
}

// built is where program is, once it is.
var built atomic.Pointer[string]

// program is the real one: the race detector would add most of a second to each
// start of it, and what runs long is raced by internal/e2e. A signal reaches it.
var program = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "rewave-bin-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "rewave")
	built.Store(&path)
	out, err := exec.Command("go", "build", "-o", path, ".").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return path, nil
})

// running is a demo under way.
type running struct {
	*home
	cmd    *exec.Cmd
	stderr bytes.Buffer

	mu     sync.Mutex
	stdout bytes.Buffer
	done   chan struct{}
}

func (h *home) demo(args ...string) *running {
	h.Helper()
	return h.starts(append([]string{"demo", "--state", h.state}, args...)...)
}

// starts runs the program with what it needs and nothing more.
func (h *home) starts(args ...string) *running {
	h.Helper()
	bin, err := program()
	if err != nil {
		h.Fatal(err)
	}
	d := &running{home: h, cmd: exec.Command(bin, args...), done: make(chan struct{})}
	d.cmd.Dir, d.cmd.Stdout, d.cmd.Stderr = h.work, d, &d.stderr
	d.cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "PG_BIN=" + os.Getenv("PG_BIN"), "HOME=" + h.work, "TMPDIR=" + h.temp,
		"DATABASE_URL=postgres://nobody@127.0.0.1:1/nothing", "REDIS_URL=redis://127.0.0.1:1", "PGHOST=127.0.0.1", "REWAVE_LISTEN=nowhere"}
	if err := d.cmd.Start(); err != nil {
		h.Fatal(err)
	}
	go func() {
		_ = d.cmd.Wait() // its exit code is asked for
		close(d.done)
	}()
	h.Cleanup(func() {
		_ = d.cmd.Process.Kill() // as a rule it has ended
		<-d.done
	})
	return d
}

func (d *running) Write(p []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.stdout.Write(p)
}

func (d *running) text() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.stdout.String()
}

func (d *running) said(what string) {
	d.Helper()
	within(d, 5*time.Minute, "says "+what, func() bool {
		select {
		case <-d.done:
			if !strings.Contains(d.text(), what) {
				d.Fatalf("it ended and never said %q:\n%s%s", what, d.text(), d.stderr.String())
			}
		default:
		}
		return strings.Contains(d.text(), what)
	})
}

func (d *running) signal(s os.Signal) {
	d.Helper()
	if err := d.cmd.Process.Signal(s); err != nil {
		d.Fatal(err)
	}
}

// ended waits for its exit code; -1 for one that was killed.
func (d *running) ended() int {
	d.Helper()
	select {
	case <-d.done:
		return d.cmd.ProcessState.ExitCode()
	case <-time.After(5 * time.Minute):
		d.Fatalf("it did not end:\n%s", d.text())
		return 0
	}
}

// nothingRuns looks for a process that knows the state or the socket directory.
func (h *home) nothingRuns() {
	h.Helper()
	processes, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		h.Fatal(err)
	}
	for _, p := range processes {
		words, _ := os.ReadFile(filepath.Join(p, "cmdline")) // it may end while we look
		cwd, _ := os.Readlink(filepath.Join(p, "cwd"))
		line := strings.ReplaceAll(string(words), "\x00", " ") + " in " + cwd
		if strings.Contains(line, h.state) || strings.Contains(line, h.temp) {
			h.Errorf("still running: %s", line)
		}
	}
}

// leftOnly holds the state directory to the names given, its runs to nothing,
// and everything around it to nothing.
func (h *home) leftOnly(names ...string) {
	h.Helper()
	for dir, want := range map[string][]string{h.state: names, filepath.Join(h.state, "runs"): nil, h.temp: nil, h.work: {"rewave.yaml"}} {
		entries, err := os.ReadDir(dir)
		if errors.Is(err, fs.ErrNotExist) && want == nil {
			continue
		}
		if err != nil {
			h.Fatal(err)
		}
		var got []string
		for _, e := range entries {
			got = append(got, e.Name())
		}
		if diff := cmp.Diff(got, want); diff != "" {
			h.Errorf("left in %s (-got +want):\n%s", dir, diff)
		}
	}
}

// checkRun holds what a demo printed against the files it kept.
func (h *home) checkRun(d *running) {
	h.Helper()
	text := d.text()
	for line := range strings.Lines(text) {
		if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > columns && !strings.Contains(line, h.state) {
			h.Errorf("%d columns: %s", n, line)
		}
	}
	_, named, _ := strings.Cut(text, "Open in a browser:\n  ")
	page, _, _ := strings.Cut(named, "\n")
	out := filepath.Dir(page)
	var files, ran []string
	texts := 0
	err := filepath.WalkDir(out, func(path string, e fs.DirEntry, err error) error {
		name := strings.TrimPrefix(path, out+"/")
		switch {
		case err != nil || e.IsDir() || strings.HasSuffix(name, ".rejects.csv"):
		case strings.HasSuffix(name, ".sms.txt"):
			texts++
		case strings.HasPrefix(name, "campaigns/"):
			if filepath.Base(name) == campaigns.File {
				ran = append(ran, filepath.Base(filepath.Dir(name)))
			}
		default:
			files = append(files, name)
		}
		return err
	})
	if err != nil {
		h.Fatal(err)
	}
	folders, names := demoCampaigns, demoCampaigns
	if slices.Contains(ran, "double-11") {
		folders = livingCampaigns
		names = []string{"thanks-coupon-care", "double11-new-buyers", "win-back-coupon"}
	}
	if diff := cmp.Diff(ran, slices.Sorted(slices.Values(folders))); diff != "" {
		h.Errorf("campaigns that ran (-got +want):\n%s", diff)
	}
	want := []string{"audit.txt", "mailbox/log.jsonl", "mailbox/mailbox.mbox"}
	for _, name := range names {
		for _, ending := range []string{"csv", "html", "json", "md", "plan.html", "txt"} {
			want = append(want, name+"."+ending)
		}
	}
	slices.Sort(want)
	if diff := cmp.Diff(files, want); diff != "" {
		h.Errorf("kept (-got +want):\n%s", diff)
	}
	accepted := 0
	for _, name := range names {
		accepted += h.checkReport(text, filepath.Join(out, name))
	}
	// The mail server's own word, without the program that checked it.
	sum, err := sink.Summarize(filepath.Join(out, "mailbox", "log.jsonl"))
	if err != nil {
		h.Fatal(err)
	}
	if once := len(slices.Compact(sum.IDs)); once != sum.Count || sum.Count+texts != accepted || sum.Count == 0 {
		h.Errorf("%d messages with %d ids and %d text messages arrived, the reports speak of %d", sum.Count, once, texts, accepted)
	}
	said := fmt.Sprintf("the mail server took %s for %s, every message", count(sum.Count, "message"), count(sum.Recipients, "recipient"))
	if !strings.Contains(text, said) {
		h.Errorf("not said: %q", said)
	}
	audit := h.read(filepath.Join(out, "audit.txt"))
	if n := strings.Count("\n"+audit, "\nholds "); strings.Contains(audit, "BROKEN") || !strings.Contains(text, fmt.Sprintf("all %d invariants of the ledger hold", n)) {
		h.Errorf("audit:\n%s", audit)
	}
}

// checkReport holds a report's forms against each other and against what was
// printed, and returns how many messages it says were accepted.
func (h *home) checkReport(text, base string) int {
	h.Helper()
	for _, ending := range []string{".html", ".plan.html"} {
		if page := h.read(base + ending); !strings.HasPrefix(page, "<!doctype html>") || !strings.HasSuffix(page, "</html>\n") {
			h.Errorf("%s%s is no whole page", base, ending)
		}
	}
	var r struct {
		Campaign string `json:"campaign"`
		ReplayAA bool   `json:"replay_aa"`
		Points   []struct {
			Point struct {
				Primary bool `json:"primary"`
			} `json:"point"`
			Verdict, Sentence string
			Arms              []struct {
				Arm             string
				Counted, Buyers int
			} `json:"arms"`
			Difference struct{ Lo, Hi *float64 } `json:"difference"`
		} `json:"points"`
		Planted *struct {
			Treated, Buyers, Natural int
			Effect                   float64
			Covered                  *bool `json:"covered"`
		} `json:"planted"`
		Deliveries []struct {
			Arm, State string
			Count      int
		} `json:"deliveries"`
	}
	if err := json.Unmarshal([]byte(h.read(base+".json")), &r); err != nil {
		h.Fatal(err)
	}
	living := slices.Contains([]string{"thanks-coupon-care", "double11-new-buyers", "win-back-coupon"}, r.Campaign)
	if r.Campaign != filepath.Base(base) || r.ReplayAA == living || (r.Planted != nil) != living {
		h.Errorf("%s.json is of %q, A/A %v, truth told %v", base, r.Campaign, r.ReplayAA, r.Planted != nil)
	}
	words := func(s string) string { return strings.Join(strings.Fields(s), " ") }
	for _, p := range r.Points {
		if !p.Point.Primary {
			continue
		}
		for _, in := range []string{text, h.read(base + ".txt"), h.read(base + ".md")} {
			if !strings.Contains(words(in), words(p.Sentence)) {
				h.Errorf("%s: a form does not say %q", base, p.Sentence)
			}
		}
		want := map[string]string{"thanks-coupon-care": "PAYS", "double11-new-buyers": "REFUSED", "win-back-coupon": "LOSES"}[r.Campaign]
		if living && p.Verdict != want {
			h.Errorf("%s: verdict %s, want %s", r.Campaign, p.Verdict, want)
		}
		if t := r.Planted; t != nil {
			h.checkTruth(text, r.Campaign, p.Arms[0].Counted, p.Arms[0].Buyers, t.Treated, t.Buyers)
			if lo, hi := p.Difference.Lo, p.Difference.Hi; (t.Covered != nil) != (lo != nil) || lo != nil && *t.Covered != (*lo <= t.Effect && t.Effect <= *hi) {
				h.Errorf("%s: the truth %g is said to be covered: %v", r.Campaign, t.Effect, t.Covered)
			}
		}
	}
	accepted := 0
	for _, d := range r.Deliveries {
		switch {
		case d.State == "accepted" && d.Arm == "treat":
			accepted += d.Count
		case d.State == "accepted", d.State == "planned", d.State == "sending", d.State == "unknown":
			h.Errorf("%s: %d deliveries of %s are %s", r.Campaign, d.Count, d.Arm, d.State)
		}
	}
	return accepted
}

// checkTruth holds the made-up shop's own count against the report's.
func (h *home) checkTruth(text, campaign string, counted, buyers, treated, bought int) {
	h.Helper()
	if counted != treated || buyers != bought {
		h.Errorf("%s: the report counts %d buyers of %d, the shop %d of %d", campaign, buyers, counted, bought, treated)
	}
	if said := fmt.Sprintf("of the %s written to", thousands(treated)); campaign != "double11-new-buyers" && !strings.Contains(text, said) {
		h.Errorf("%s: not said: %q", campaign, said)
	}
}

func (h *home) read(path string) string {
	h.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		h.Fatal(err)
	}
	return string(text)
}

// firstLines copies the beginning of a gzip file.
func firstLines(t *testing.T, from, to string, n int) {
	t.Helper()
	in, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	z, err := gzip.NewReader(in)
	if err != nil {
		t.Fatal(err)
	}
	out, err := os.Create(to)
	if err != nil {
		t.Fatal(err)
	}
	w := bufio.NewWriter(out)
	lines := bufio.NewScanner(z)
	for i := 0; i < n && lines.Scan(); i++ {
		fmt.Fprintln(w, lines.Text())
	}
	if err := errors.Join(lines.Err(), w.Flush(), out.Close()); err != nil {
		t.Fatal(err)
	}
}
