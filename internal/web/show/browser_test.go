package show_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"html"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/channel"
	"github.com/rewave/rewave/internal/testkit"
	"github.com/rewave/rewave/internal/web/show"
)

var shots = flag.String("shots", "", "take pictures of the pages into this `FOLDER`")

// browse is what Chromium makes of an address, in light or dark.
func browse(t *testing.T, address string, dark bool, more ...string) string {
	t.Helper()
	scheme := "1"
	if dark {
		scheme = "0"
	}
	out, _ := testkit.Chromium(t, append(append([]string{"--hide-scrollbars", "--blink-settings=preferredColorScheme=" + scheme, "--virtual-time-budget=3000"}, more...), address)...)
	return string(out)
}

// stage is the pages with an address beside them that frames some of them, to
// measure them at widths that a window cannot have. For that they may be framed by
// their own address; everything else is as it is served.
type stage struct {
	*httptest.Server
	mu    sync.Mutex
	asked []string
}

func (s *stage) requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.asked)
}

const measure = `<!doctype html><meta name="color-scheme" content="light dark"><style>body{margin:0}iframe{border:0;display:block;height:900px}</style><body><script>
const seen = {};
const frames = JSON.parse(new URLSearchParams(location.search).get('frames'));
for (const [path, width, grow] of frames) {
  const f = document.createElement('iframe');
  f.style.width = width + 'px';
  f.onload = () => {
    const d = f.contentDocument, e = d.documentElement, ids = [...d.querySelectorAll('[id]')].map(x => x.id);
    if (grow) f.style.height = e.scrollHeight + 'px';
    const wide = [...d.querySelectorAll('body *')].filter(x => { const r = x.getBoundingClientRect(); return r.right > width + 1 || x.scrollWidth > x.clientWidth + 1 && getComputedStyle(x).display !== 'inline' && x.clientWidth > 0; }).map(x => x.tagName + '.' + x.className);
    const inner = d.querySelector('iframe');
    seen[path + ' ' + width] = {over: e.scrollWidth - e.clientWidth, wide: [...new Set(wide)].join(' '), twice: ids.length - new Set(ids).size,
      dark: matchMedia('(prefers-color-scheme:dark)').matches === (getComputedStyle(d.body).color !== 'rgb(29, 37, 41)'), sealed: !inner || inner.contentDocument === null, h1: d.querySelectorAll('h1').length};
    if (Object.keys(seen).length === frames.length) document.body.setAttribute('data-seen', JSON.stringify(seen));
  };
  f.src = path;
  document.body.append(f);
}
</script>`

func raise(t *testing.T, opts show.Options) *stage {
	s := &stage{}
	opts.Log = slog.New(slog.DiscardHandler)
	pages := show.New(opts)
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/measure" {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			fmt.Fprint(w, measure)
			return
		}
		s.mu.Lock()
		s.asked = append(s.asked, r.URL.Path)
		s.mu.Unlock()
		rec := httptest.NewRecorder()
		pages.ServeHTTP(rec, r)
		for name, values := range rec.Header() {
			w.Header()[name] = values
		}
		w.Header().Set("Content-Security-Policy", strings.Replace(rec.Header().Get("Content-Security-Policy"), "frame-ancestors 'none'", "frame-ancestors 'self'", 1))
		w.WriteHeader(rec.Code)
		w.Write(rec.Body.Bytes())
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *stage) frames(frames ...[3]any) string {
	text, err := json.Marshal(frames)
	if err != nil {
		panic(err)
	}
	return s.URL + "/measure?frames=" + url.QueryEscape(string(text))
}

// furnish is a run's folder with everything that makes pages long or wide.
func furnish(t *testing.T) show.Options {
	s := open(t, options())
	s.send(letter)
	for i := range 60 {
		s.send(channel.Message{Ref: fmt.Sprintf("%d.demo", i+10), To: fmt.Sprintf("customer%d@demo.invalid", i), From: "Teahouse <news@shop.example>", Subject: []string{"Thank you for your first order", "双十一谢谢您", "A last note from the teahouse, and a cup of something new"}[i%3], Text: "Hello,\n\nhttps://shop.example/" + strings.Repeat("long", 80) + "\n"})
	}
	s.mail(strings.Repeat("a", 60)+"@"+strings.Repeat("b", 60)+".invalid", "From: x\nSubject: "+strings.Repeat("W", 180)+"\nX-Long: "+strings.Repeat("z", 900)+"\n\n"+strings.Repeat("x", 900)+"\n")
	s.mail("evil@demo.invalid", hostile)
	for i := range 55 {
		s.text(channel.Message{Ref: fmt.Sprintf("%d.demo", i+100), To: fmt.Sprintf("+49301000%02d", i), From: "Teahouse", Text: []string{"【茶馆】感谢您双十一选择我们！买到的东西如有任何不满意，请联系客服，我们一定处理妥当。 退订 https://shop.example/u/" + strings.Repeat("Ab3_", 20), "Thank you! STOP https://shop.example/u/x"}[i%2]})
	}
	if err := os.CopyFS(filepath.Join(s.dir, "campaigns"), campaigns.Library()); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(s.dir, "campaigns", "double-11", "long.txt"), []byte(strings.Repeat("x", 2000)+"\n\n\tend\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	opts := options()
	opts.Dir = s.dir
	return opts
}

var looked = []string{"/", "/mailbox", "/mailbox?q=nothing", "/mailbox/1", "/mailbox/62", "/mailbox/63", "/texts", "/campaign/double-11", "/campaign/double-11/long.txt", "/nothing"}

// The pages in a real Chromium, narrow to wide, light and dark: nothing hangs
// over an edge, and no page asks for anything beside itself.
func TestInABrowser(t *testing.T) {
	t.Parallel()
	s := raise(t, furnish(t))
	for _, dark := range []bool{false, true} {
		var frames [][3]any
		want := map[string]map[string]any{}
		for _, path := range looked {
			for _, width := range []int{380, 700, 1280, 1920} {
				frames = append(frames, [3]any{path, width, false})
				want[fmt.Sprintf("%s %d", path, width)] = map[string]any{"over": 0., "wide": "", "twice": 0., "dark": true, "sealed": true, "h1": 1.}
			}
		}
		dom := browse(t, s.frames(frames...), dark, "--window-size=2000,1200", "--dump-dom")
		found := regexp.MustCompile(`data-seen="([^"]*)"`).FindStringSubmatch(dom)
		if found == nil {
			t.Fatalf("the pages were not laid out: %s", dom)
		}
		var got map[string]map[string]any
		if err := json.Unmarshal([]byte(html.UnescapeString(found[1])), &got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(got, want); diff != "" {
			t.Errorf("dark %v: -got +want\n%s", dark, diff)
		}
	}
	known := map[string]bool{"/favicon.ico": true} // the browser asks for it by itself
	for _, path := range looked {
		at, _, _ := strings.Cut(path, "?")
		known[at] = true
	}
	for _, path := range s.requests() {
		if !known[path] {
			t.Errorf("a page asked for %s", path)
		}
	}
	if *shots == "" {
		return
	}
	if err := os.MkdirAll(*shots, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, path := range looked {
		for _, width := range []int{380, 1280, 1920} {
			for _, dark := range []bool{false, true} {
				name := fmt.Sprintf("%s-%d-%v.png", strings.Trim(regexp.MustCompile(`\W+`).ReplaceAllString(path, "-"), "-"), width, map[bool]string{false: "light", true: "dark"}[dark])
				browse(t, s.frames([3]any{path, width, true}), dark, fmt.Sprintf("--window-size=%d,1700", max(width, 500)), "--screenshot="+filepath.Join(*shots, name))
			}
		}
	}
}

// An e-mail that does all it can to reach another place reaches none. The same
// HTML by itself does, so the test would see it.
func TestAMessageReachesNothing(t *testing.T) {
	t.Parallel()
	var connections, requests atomic.Int64
	far := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { requests.Add(1) }))
	far.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	far.Start()
	t.Cleanup(far.Close)
	var each []string
	for i, element := range []string{
		`<img src="FAR/img">`, `<img srcset="FAR/srcset 1x">`, `<div style="background:url(FAR/style)">x</div>`, `<style>@import "FAR/import";@font-face{font-family:f;src:url(FAR/font)}p{font-family:f;list-style-image:url(FAR/list)}</style><p>x</p>`,
		`<link rel=stylesheet href="FAR/css">`, `<link rel=preconnect href="FAR">`, `<link rel=prefetch href="FAR/prefetch">`, `<link rel=icon href="FAR/icon">`,
		`<iframe src="FAR/iframe"></iframe>`, `<object data="FAR/object"></object>`, `<embed src="FAR/embed">`, `<video src="FAR/video" poster="FAR/poster" autoplay></video>`, `<audio src="FAR/audio" autoplay></audio>`,
		`<script src="FAR/script"></script>`, `<script>fetch("FAR/fetch")</script>`, `<img src=x onerror="location='FAR/location'">`, `<svg><image href="FAR/svg"/><use href="FAR/use#x"/></svg>`,
		`<form action="FAR/form" id=f><input autofocus onfocus="f.submit()"></form>`, `<body background="FAR/body">`, `<input type=image src="FAR/input">`, `<meta http-equiv=refresh content="0;url=FAR/refresh">`,
	} {
		each = append(each, strings.ReplaceAll(element, "FAR", fmt.Sprintf("%s/%d", far.URL, i)))
	}
	opts := options()
	run := open(t, opts)
	mail := func(html string) {
		run.mail("a@demo.invalid", "Subject: x\nContent-Type: text/html\n\n"+html+"\n")
	}
	for _, element := range each {
		mail(element)
	}
	mail(strings.Join(each, "\n"))
	opts.Dir = run.dir
	s := raise(t, opts)
	var frames [][3]any
	for i := range len(each) + 1 {
		frames = append(frames, [3]any{fmt.Sprintf("/mailbox/%d", i+1), 600, false})
	}
	if dom := browse(t, s.frames(frames...), false, "--dump-dom"); !strings.Contains(dom, "data-seen") {
		t.Fatalf("the messages were not laid out: %s", dom)
	}
	if c, r := connections.Load(), requests.Load(); c != 0 || r != 0 {
		t.Errorf("%d connections, %d requests to another place", c, r)
	}
	plain := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, strings.Join(each[:len(each)-1], "\n"))
	}))
	t.Cleanup(plain.Close)
	browse(t, plain.URL, false, "--dump-dom")
	if r := requests.Load(); r < 10 {
		t.Errorf("%d requests without the frame: the test sees nothing", r)
	}
}
