package show_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/smtp"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/channel"
	"github.com/rewave/rewave/internal/channel/email"
	"github.com/rewave/rewave/internal/channel/file"
	"github.com/rewave/rewave/internal/channel/sink"
	"github.com/rewave/rewave/internal/fault"
	"github.com/rewave/rewave/internal/web/show"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// shop is a run's folder with a real mail sink, and its pages on a real server.
type shop struct {
	testing.TB
	dir  string
	sink *sink.Sink
	url  string
}

func open(t testing.TB, opts show.Options) *shop {
	t.Helper()
	s := &shop{TB: t, dir: t.TempDir()}
	var err error
	if s.sink, err = sink.Start(sink.Options{Dir: filepath.Join(s.dir, "mailbox")}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.sink.Close() })
	if opts.Title == "" {
		opts.Title = "Teahouse"
	}
	if opts.Dir == "" {
		opts.Dir = s.dir
	}
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	server := httptest.NewServer(show.New(opts))
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

// get is the status, the headers and the body of a page.
func (s *shop) get(path string) (int, http.Header, string) {
	s.Helper()
	return s.do(http.MethodGet, path, "")
}

func (s *shop) do(method, path, host string) (int, http.Header, string) {
	s.Helper()
	r, err := http.NewRequestWithContext(context.Background(), method, s.url+path, nil)
	if err != nil {
		s.Fatal(err)
	}
	if host != "" {
		r.Host = host
	}
	res, err := http.DefaultTransport.RoundTrip(r) // follows no redirect
	if err != nil {
		s.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		s.Fatal(err)
	}
	return res.StatusCode, res.Header, string(body)
}

// page is the body of a page that must be there.
func (s *shop) page(path string) string {
	s.Helper()
	code, _, body := s.get(path)
	if code != http.StatusOK {
		s.Fatalf("%s: status %d: %s", path, code, body)
	}
	return body
}

// mail hands messages to the sink over one connection.
func (s *shop) mail(to string, raws ...string) {
	s.Helper()
	c, err := smtp.Dial(s.sink.Addr())
	if err != nil {
		s.Fatal(err)
	}
	defer c.Close()
	for _, raw := range raws {
		if err := c.Mail("news@shop.example"); err != nil {
			s.Fatal(err)
		}
		if err := c.Rcpt(to); err != nil {
			s.Fatal(err)
		}
		w, err := c.Data()
		if err != nil {
			s.Fatal(err)
		}
		if _, err := io.WriteString(w, strings.ReplaceAll(raw, "\n", "\r\n")); err != nil {
			s.Fatal(err)
		}
		if err := w.Close(); err != nil {
			s.Fatal(err)
		}
	}
	if err := c.Quit(); err != nil {
		s.Fatal(err)
	}
}

// send hands a message to the sink by the channel that campaigns use.
func (s *shop) send(messages ...channel.Message) {
	s.Helper()
	host, port, _ := strings.Cut(s.sink.Addr(), ":")
	n, err := strconv.Atoi(port)
	if err != nil {
		s.Fatal(err)
	}
	c, err := email.New(email.Options{Host: host, Port: n, TLS: email.TLSNone})
	if err != nil {
		s.Fatal(err)
	}
	defer c.Close()
	for _, m := range messages {
		if out := c.Send(context.Background(), m); out.Verdict != channel.Accepted {
			s.Fatalf("send: %+v", out)
		}
	}
}

// text writes text messages by the channel that campaigns use.
func (s *shop) text(messages ...channel.Message) {
	s.Helper()
	c, err := file.New(file.Options{Name: "sms", Directory: filepath.Join(s.dir, "texts")})
	if err != nil {
		s.Fatal(err)
	}
	defer c.Close()
	for _, m := range messages {
		if out := c.Send(context.Background(), m); out.Verdict != channel.Accepted {
			s.Fatalf("send: %+v", out)
		}
	}
}

// all is what a pattern's first group found.
func all(pattern, in string) []string {
	var out []string
	for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(in, -1) {
		out = append(out, html.UnescapeString(m[1]))
	}
	return out
}

const row = `<th scope="row"><a href="/mailbox/(\d+)">`

// turn is where a page's turn leads, or "".
func turn(word, in string) string {
	found := append(all(`<a href="([^"]*)">`+word+`</a>`, in), "")
	return found[0]
}

// letter is the plain message in Chinese, with an HTML part.
var letter = channel.Message{
	Ref: "7.demo", To: "lin@demo.invalid", From: "茶馆 <news@shop.example>", Subject: "双十一谢谢您，林女士",
	Text:    "您好：\n谢谢您选择我们 <3。\n退订 https://shop.example/u/x\n",
	HTML:    `<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>茶馆</title></head><body style="margin:0;padding:24px;font-size:17px;line-height:1.7;color:#222;background:#fff"><p>林女士，您好：</p><p>双十一那天，您第一次选择了我们。这份信任我们一直记着，谢谢您。</p><p>这是给您的八折券：<b>D11-4K7P-92QX</b>，到本月底有效。</p><hr style="border:0;border-top:1px solid #ccc;margin:2em 0 1em"><p style="font-size:14px;color:#666">您收到这封邮件，是因为您在茶馆下过单。<a href="https://shop.example/u/x" style="color:#666">退订我们的邮件</a>。</p></body></html>`,
	Headers: map[string]string{"List-Unsubscribe": "<https://shop.example/u/x>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"},
}

// cards are campaigns of each verdict.
func cards(context.Context) ([]show.Campaign, error) {
	counts := func(planned, sent, withheld, suppressed int64) []show.Count {
		return []show.Count{{"planned", planned}, {"sent", sent}, {"withheld", withheld}, {"suppressed", suppressed}}
	}
	return []show.Campaign{
		{Name: "win-back", Says: "Bring back customers who bought twice or more and have been silent for 90 days.", Verdict: "Pays", Class: "PAYS",
			Sentence: "Of every 100 customers written to, 11.8 bought again; without it 10.0 would have: +1.8.", Counts: counts(45_780, 41_200, 4580, 0)},
		{Name: "second-order", Says: "Bring first-time buyers to a second order.", Verdict: "Does not pay", Class: "LOSES",
			Sentence: "The campaign brings fewer buyers than it needs: -0.4 of every 100.", Counts: counts(812, 400, 412, 9)},
		{Name: "double-11", Says: `Thank the new buyers "of Double 11" <before> 双十二.`, Verdict: "Open", Class: "OPEN",
			Sentence: "Whether it pays cannot be said: between -0.9 and +2.7 of every 100.", Counts: counts(1_204_311, 1_003_400, 200_911, 12_345)},
		{Name: "thanks-coupon-care", Says: "Thanks, then a coupon, then care.", Verdict: "Not trustworthy", Class: "REFUSED",
			Sentence: "The groups have not the planned sizes, so nothing is said.", Counts: counts(10, 5, 5, 0)},
		{Name: "mother-and-baby", Verdict: "Too early", Class: "PROVISIONAL", Sentence: "Results open on 14 June 2026.", Counts: counts(3, 2, 1, 0)},
		{Name: "delay-notice", Says: "Say that an order is late before its customer asks.", Class: "nonsense", Counts: counts(0, 0, 0, 0)},
	}, nil
}

func options() show.Options {
	return show.Options{
		Title: "Teahouse", Says: "A made-up shop of 2,000 customers that sells tea, played from 1 March 2025 to 28 February 2026.",
		Campaigns: cards,
		Report: func(_ context.Context, name string) ([]byte, error) {
			return []byte("<!doctype html><title>" + name + "</title>"), nil
		},
		Plan: func(context.Context, string) ([]byte, error) {
			return nil, fault.New(fault.NotFound, "the campaign has no plan yet", "rewave campaign plan")
		},
		Audit: func(context.Context) (string, bool, error) { return "All 14 invariants of the ledger hold.", true, nil },
		Shop: func(context.Context) ([]show.Count, error) {
			return []show.Count{{"customers", 2000}, {"orders", 7312}}, nil
		},
		Next:  []string{"rewave import inspect FILE", "rewave demo --orders FILE", "rewave campaign validate FOLDER"},
		Links: []show.Link{{"How a campaign is written", "https://shop.example/campaigns"}, {"Not a place", "javascript:alert(1)"}},
	}
}

func TestTheFirstPage(t *testing.T) {
	t.Parallel()
	s := open(t, options())
	s.send(letter)
	s.text(channel.Message{Ref: "8.demo", To: "+49301", From: "Teahouse", Text: "谢谢"})
	got := strings.ReplaceAll(s.page("/"), s.dir, "DIR")
	got = regexp.MustCompile(`(?s)<style>.*</style>`).ReplaceAllString(got, "<style>…</style>")
	const path = "testdata/index.html"
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(got, string(want)); diff != "" {
		t.Errorf("-got +want\n%s", diff)
	}
}

func TestWhatFailsBesideTheCampaignsHidesNone(t *testing.T) {
	t.Parallel()
	opts := options()
	opts.Audit = func(context.Context) (string, bool, error) { return "", false, errors.New("secret of the audit") }
	opts.Shop = func(context.Context) ([]show.Count, error) { return nil, errors.New("secret of the shop") }
	s := open(t, opts)
	if err := os.WriteFile(filepath.Join(s.dir, "texts"), nil, 0o600); err != nil { // not a folder
		t.Fatal(err)
	}
	page := s.page("/")
	for _, want := range []string{">win-back<", "The audit could not be run just now.", "no e-mail yet", "cannot be read just now"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(page, "secret") {
		t.Error("an internal error is shown")
	}
}

func TestAnEmptyRun(t *testing.T) {
	t.Parallel()
	s := open(t, show.Options{Dir: filepath.Join(t.TempDir(), "nothing")})
	for path, want := range map[string]string{
		"/": "No campaign is applied yet.", "/mailbox": "No e-mail has been sent yet.", "/texts": "No text message has been sent yet.",
		"/mailbox?q=x": "No recipient and no subject has “x” in it.",
	} {
		if page := s.page(path); !strings.Contains(page, want) {
			t.Errorf("%s lacks %q:\n%s", path, want, page)
		}
	}
}

func TestReportsAndPlansAreShownAsTheyAre(t *testing.T) {
	t.Parallel()
	opts := options()
	var logged strings.Builder
	opts.Log = slog.New(slog.NewTextHandler(&logged, nil))
	s := open(t, opts)
	code, head, body := s.get("/report/win-back")
	if code != 200 || body != "<!doctype html><title>win-back</title>" {
		t.Errorf("report: %d, %s", code, body)
	}
	if got, want := head.Get("Content-Security-Policy"), "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'none'; style-src 'unsafe-inline'"; got != want {
		t.Errorf("policy = %s, want %s", got, want)
	}
	code, _, body = s.get("/plan/win-back")
	if code != 404 || !strings.Contains(body, "<h1>The campaign has no plan yet</h1>") || !strings.Contains(body, "<p>rewave campaign plan</p>") {
		t.Errorf("plan: %d, %s", code, body)
	}
	for code, want := range map[fault.Code]int{fault.Usage: 400, fault.Invalid: 400, fault.NotFound: 404, fault.Conflict: 409,
		fault.Unavailable: 503, fault.Denied: 403, fault.Pending: 409, fault.Broken: 500, "": 500} {
		opts := options()
		opts.Report = func(context.Context, string) ([]byte, error) {
			if code == "" {
				return nil, errors.New("dial tcp: secret")
			}
			return nil, fmt.Errorf("evaluate: %w", fault.Wrap(code, errors.New("secret"), "it is <so>", ""))
		}
		got, _, body := open(t, opts).get("/report/win-back")
		if got != want || strings.Contains(body, "secret") || code != "" && !strings.Contains(body, "It is &lt;so&gt;") {
			t.Errorf("%q: %d, want %d; %s", code, got, want, body)
		}
	}
}

// Only what is there has an address, whatever an address looks like.
func TestAddresses(t *testing.T) {
	t.Parallel()
	s := open(t, options())
	s.mail("a@demo.invalid", "Subject: x\n\ny\n")
	folder := filepath.Join(s.dir, "campaigns", "win-back")
	if err := os.MkdirAll(filepath.Join(folder, "messages"), 0o755); err != nil {
		t.Fatal(err)
	}
	secret := filepath.Join(s.dir, "secret.txt")
	for path, text := range map[string]string{filepath.Join(folder, "campaign.yaml"): "campaign: win-back\n", filepath.Join(folder, ".env"): "secret",
		secret: "secret", filepath.Join(s.dir, "campaigns", "secret.txt"): "secret"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(secret, filepath.Join(folder, "linked.txt")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(s.dir, filepath.Join(folder, "up")); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{
		"/nothing", "/mailbox/", "/mailbox/0", "/mailbox/2", "/mailbox/-1", "/mailbox/01x", "/mailbox/99999999999999999999", "/mailbox/1/x", "/mailbox/x/source",
		"/mailbox?before=x", "/mailbox?after=-1", "/mailbox?before=", "/texts?page=0", "/texts?page=2", "/texts?page=x", "/texts/1",
		"/report/", "/report/secret", "/report/..%2fsecret.txt", "/report/WIN-BACK", "/plan/..", "/campaign/.", "/campaign/..", "/campaign/..%2f..%2fetc", "/campaign/%2e%2e",
		"/campaign/win-back/..%2f..%2fsecret.txt", "/campaign/win-back/%2e%2e/secret.txt", "/campaign/win-back/linked.txt", "/campaign/win-back/up/secret.txt",
		"/campaign/win-back/.env", "/campaign/win-back/messages", "/campaign/win-back/nothing.txt", "/campaign/win-back//etc/passwd", "/campaign/win-back/%00",
		"/campaign/second-order", // it has no folder
	} {
		code, head, body := s.get(path)
		if code == http.StatusTemporaryRedirect || code == http.StatusMovedPermanently { // to the address without its dots
			code, head, body = s.get(head.Get("Location"))
		}
		if code != 404 && !(code == 200 && strings.Contains(body, "<h1>Teahouse</h1>")) {
			t.Errorf("%s: status %d", path, code)
		}
		if strings.Contains(body, "secret\n") || strings.Contains(body, ">secret<") {
			t.Errorf("%s: shows the secret", path)
		}
		if !strings.Contains(body, "</html>") || head.Get("Content-Type") != "text/html; charset=utf-8" {
			t.Errorf("%s: not said in words: %s", path, body)
		}
	}
	if code, _, body := s.get("/mailbox?q=" + strings.Repeat("x", 201)); code != 400 || !strings.Contains(body, "The search is too long") {
		t.Errorf("long search: %d", code)
	}
}

func TestOnlyALookAtOurOwnAddress(t *testing.T) {
	t.Parallel()
	s := open(t, options())
	for _, method := range []string{"POST", "PUT", "DELETE", "OPTIONS", "PROPFIND"} {
		code, head, body := s.do(method, "/mailbox", "")
		if code != 405 || head.Get("Allow") != "GET, HEAD" || !strings.Contains(body, "These pages can only be looked at") {
			t.Errorf("%s: %d, %v, %s", method, code, head, body)
		}
	}
	for host, want := range map[string]int{"evil.example": 421, "evil.example:8080": 421, "127.0.0.1.evil.example": 421, "localhost.evil.example": 421,
		"localhost": 200, "LOCALHOST:81": 200, "rewave.localhost:81": 200, "127.0.0.1:81": 200, "[::1]:81": 200, "[::1]": 200, "192.168.1.2:81": 200} {
		if code, _, _ := s.do("GET", "/", host); code != want {
			t.Errorf("Host %s: %d, want %d", host, code, want)
		}
	}
	s.send(letter)
	for path, want := range map[string]string{
		"/":                 `^default-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'; style-src 'sha256-[^']+'$`,
		"/mailbox":          `^default-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'; style-src 'sha256-[^']+'$`,
		"/mailbox/1":        `^default-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'none'; style-src 'unsafe-inline'; img-src data:$`,
		"/mailbox/1/source": `^default-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'none'; sandbox$`,
		"/nothing":          `^default-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'; style-src 'sha256-[^']+'$`,
	} {
		code, get, body := s.get(path)
		if !regexp.MustCompile(want).MatchString(get.Get("Content-Security-Policy")) {
			t.Errorf("%s: policy %s", path, get.Get("Content-Security-Policy"))
		}
		for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store", "Cross-Origin-Resource-Policy": "same-origin"} {
			if got := get.Get(name); got != want {
				t.Errorf("%s: %s = %q, want %q", path, name, got, want)
			}
		}
		if strings.Contains(body, "<script") {
			t.Errorf("%s: has a script", path)
		}
		headCode, _, headBody := s.do("HEAD", path, "")
		if headCode != code || headBody != "" {
			t.Errorf("HEAD %s: %d, %q", path, headCode, headBody)
		}
	}
}

func TestACampaignAsWritten(t *testing.T) {
	t.Parallel()
	elsewhere := filepath.Join(t.TempDir(), "mine")
	if err := os.MkdirAll(elsewhere, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"campaign.yaml": "", "notes #1 100%?.txt": "one\r\n\r\n<b>three</b>", "picture.bin": "\x00\xff", "long.txt": strings.Repeat("x\n", 1<<19) + "x"} {
		if err := os.WriteFile(filepath.Join(elsewhere, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	opts := options()
	opts.Campaigns = func(ctx context.Context) ([]show.Campaign, error) {
		all, err := cards(ctx)
		return append(all, show.Campaign{Name: "mine", Folder: elsewhere}), err
	}
	s := open(t, opts)
	if err := os.CopyFS(filepath.Join(s.dir, "campaigns"), campaigns.Library()); err != nil {
		t.Fatal(err)
	}
	page := s.page("/campaign/double-11")
	written, err := os.ReadFile(filepath.Join(s.dir, "campaigns", "double-11", "campaign.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(all(`<li id="L\d+"><a href="#L\d+">\d+</a><code>(.*)</code></li>`, page), "\n") + "\n"; got != string(written) {
		t.Errorf("campaign.yaml: -got +want\n%s", cmp.Diff(got, string(written)))
	}
	links := all(`<li><a href="(/campaign/[^"]+)"`, page)
	if len(links) < 10 || links[0] != "/campaign/double-11/campaign.yaml" || links[1] != "/campaign/double-11/campaign.test.yaml" {
		t.Errorf("files: %q", links)
	}
	for _, link := range links {
		s.page(link)
	}
	mine := s.page("/campaign/mine")
	if !strings.Contains(mine, "This file is empty.") {
		t.Errorf("empty file: %s", mine)
	}
	got := map[string]string{}
	for _, link := range all(`<li><a href="(/campaign/[^"]+)"`, mine) {
		body := s.page(link)
		got[link] = strings.Join(append(all(`<code>(.*)</code></li>`, body), all(`<p>(This file[^<]*)</p>`, body)...), "|")
	}
	want := map[string]string{
		"/campaign/mine/campaign.yaml": "This file is empty.", "/campaign/mine/long.txt": "This file is too long to be shown here.",
		"/campaign/mine/picture.bin": "This file is not text.", "/campaign/mine/notes%20%231%20100%25%3F.txt": "one||<b>three</b>",
	}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("-got +want\n%s", diff)
	}
}

// The page of text messages, as the channel writes them.
func TestTexts(t *testing.T) {
	t.Parallel()
	s := open(t, options())
	var many []channel.Message
	for i := range 120 {
		many = append(many, channel.Message{Ref: fmt.Sprintf("%d.demo", i+1), To: fmt.Sprintf("+49301%03d", i+1), From: "Teahouse", Text: fmt.Sprintf("感谢您 <b>%d</b>\n退订 https://shop.example/u/x", i+1)})
	}
	s.text(many...)
	// Of one moment: then the later number is the newer message.
	names, err := filepath.Glob(filepath.Join(s.dir, "texts", "*"))
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)
	for _, name := range names {
		if err := os.Chtimes(name, at, at); err != nil {
			t.Fatal(err)
		}
	}
	var got, want []string
	for path := "/texts"; path != ""; {
		page := s.page(path)
		got = append(got, all(`<b><bdi>([^<]*)</bdi></b> <span class="at">2026-03-01 10:00:00</span>`, page)...)
		path = turn("Older", page)
	}
	for i := 120; i > 0; i-- {
		want = append(want, fmt.Sprintf("+49301%03d", i))
	}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("-got +want\n%s", diff)
	}
	page := s.page("/texts?page=3")
	for _, want := range []string{"120 text messages, newest first; page 3 of 3", "感谢您 &lt;b&gt;1&lt;/b&gt;\n退订 https://shop.example/u/x</p>", "from Teahouse", "1 segment (UCS-2"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if turn("Newest", page) != "/texts" || turn("Newer", page) != "/texts?page=2" || turn("Oldest", page) != "" {
		t.Errorf("turns of the last page: %s", page)
	}
	// Another one, and one that nobody's channel has written.
	s.text(channel.Message{Ref: "121.demo", To: "+49", Text: "new"})
	if err := os.WriteFile(filepath.Join(s.dir, "texts", "x.sms.txt"), []byte("To: <i>\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	page = s.page("/texts")
	if !strings.Contains(page, "122 text messages") || !strings.Contains(page, "new</p>") || !strings.Contains(page, "&lt;i&gt;") || !strings.Contains(page, "not written as a text message is") {
		t.Errorf("what was added is not shown: %s", page)
	}
}

// Many requests while the mail server takes messages: each page is whole.
func TestManyLookWhileItRuns(t *testing.T) {
	t.Parallel()
	s := open(t, options())
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := range 10 {
			var raws []string
			for j := range 30 {
				raws = append(raws, fmt.Sprintf("Subject: n%d\n\nbody %d\n", i*30+j+1, i*30+j+1))
			}
			s.mail("a@demo.invalid", raws...)
			s.text(channel.Message{Ref: fmt.Sprint(i), To: "+49", Text: "x"})
		}
	})
	for range 4 {
		wg.Go(func() {
			for range 25 {
				for _, n := range all(row, s.page("/mailbox")) {
					if page := s.page("/mailbox/" + n); !strings.Contains(page, "body "+n+"\n") {
						t.Errorf("message %s is another one", n)
					}
					break
				}
				s.page("/")
				s.page("/texts")
				s.page("/mailbox?q=N1")
			}
		})
	}
	wg.Wait()
	if page := s.page("/mailbox"); !strings.Contains(page, "Messages 251 to 300 of 300, newest first") {
		t.Error("not all messages are there")
	}
}

// The palette is the report's: the three lines that both style sheets begin with.
func TestThePaletteIsTheReports(t *testing.T) {
	t.Parallel()
	var heads []string
	for _, path := range []string{"page.css", "../../report/page.css"} {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		heads = append(heads, strings.Join(strings.SplitN(string(text), "\n", 4)[:3], "\n"))
	}
	if diff := cmp.Diff(heads[0], heads[1]); diff != "" {
		t.Errorf("copy the first three lines of report/page.css: -page.css +report/page.css\n%s", diff)
	}
}
