package report_test

import (
	"bytes"
	"encoding/json"
	"html"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rewave/rewave/internal/testkit"
)

// laidOut is what a browser made of a page at one width.
type laidOut struct {
	Width    int
	Dark     bool
	Wider    int      // by how much the page is wider than the screen
	Over     []string // what hangs over the edge, outside of boxes that scroll
	Pictures int      // that are to be seen
	Bad      []string // pictures without size or words, texts cut off, texts upon each other
	Faint    []string // texts with less contrast than 4.5 to 1
	Twice    int      // ids that are not unique
	Asked    []string // what was asked of the network, or refused by the page's policy
}

// probe reads what was laid out and tells the page around it.
const probe = `<script>
const refused = []
addEventListener('securitypolicyviolation', e => refused.push(e.blockedURI))
addEventListener('load', () => {
  const root = document.documentElement
  const seen = e => e.checkVisibility()
  const box = e => e.getBoundingClientRect()
  const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true}), known = new Map()
  const rgba = s => {
    if (known.has(s)) return known.get(s)
    canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = s; canvas.fillRect(0, 0, 1, 1)
    const d = canvas.getImageData(0, 0, 1, 1).data, c = [d[0], d[1], d[2], d[3] / 255]
    known.set(s, c); return c }
  const on = (top, under) => [0, 1, 2].map(i => top[i] * top[3] + under[i] * (1 - top[3]))
  const behind = e => { if (!e) return [255, 255, 255]; const c = rgba(getComputedStyle(e).backgroundColor); return c[3] === 1 ? c.slice(0, 3) : on(c, behind(e.parentElement)) }
  const light = c => { const [r, g, b] = c.map(x => (x /= 255) <= .03928 ? x / 12.92 : ((x + .055) / 1.055) ** 2.4); return .2126 * r + .7152 * g + .0722 * b }
  const contrast = (a, b) => { const [x, y] = [light(a), light(b)].sort((p, q) => q - p); return (x + .05) / (y + .05) }

  const faint = new Set()
  for (const e of document.body.querySelectorAll('*')) {
    if (!seen(e) || ![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim())) continue
    if (['TITLE', 'DESC', 'STYLE', 'SCRIPT'].includes(e.tagName.toUpperCase()) || box(e).right < 0) continue
    const style = getComputedStyle(e), under = behind(e), c = rgba(e.closest('svg') ? style.fill : style.color)
    if (contrast(on(c, under), under) < 4.5) faint.add(e.tagName + ' ' + e.textContent.trim().slice(0, 30))
  }
  const over = [...document.body.querySelectorAll('*')].filter(e => seen(e) && !e.closest('.scroll, svg') && box(e).right > root.clientWidth + 1).map(e => e.tagName + '.' + e.className)
  const pictures = [...document.querySelectorAll('svg.chart')].filter(seen), bad = []
  for (const s of pictures) {
    const b = box(s), texts = [...s.querySelectorAll('text')].map(x => ({r: box(x), textContent: x.textContent}))
    if (b.height < 40 || !s.querySelector('title').textContent || !s.querySelector('desc').textContent) bad.push(s.id + ' has no size or no words')
    for (const x of texts) { const r = x.r; if (r.left < b.left - 1 || r.right > b.right + 1 || r.top < b.top - 1 || r.bottom > b.bottom + 1) bad.push(s.id + ' cuts off ' + x.textContent) }
    texts.forEach((x, i) => texts.slice(i + 1).forEach(y => { const p = x.r, q = y.r
      if (Math.min(p.right, q.right) - Math.max(p.left, q.left) > 1 && Math.min(p.bottom, q.bottom) - Math.max(p.top, q.top) > 3) bad.push(s.id + ': ' + x.textContent + ' upon ' + y.textContent) }))
  }
  const ids = [...document.querySelectorAll('[id]')].map(e => e.id)
  parent.postMessage({Width: innerWidth, Dark: matchMedia('(prefers-color-scheme: dark)').matches, Wider: root.scrollWidth - root.clientWidth, Over: over, Pictures: pictures.length,
    Bad: bad, Faint: [...faint], Twice: ids.length - new Set(ids).size, Asked: performance.getEntriesByType('resource').map(r => r.name).concat(refused)}, '*')
})
</script></head>`

// The page in a real Chromium: on a phone, a laptop and a wide screen, light and
// dark, it asks the network for nothing, nothing hangs over its edge, no label
// stands upon another, every text has its contrast, and it prints on A4.
func TestReportInABrowser(t *testing.T) {
	t.Parallel()
	reports := all(t)
	for name, pages := range map[string]int{"shop-pays": 9, "shop-open": 0, "shop-e02": 0, "shop-e03": 0, "shop-rounds": 10, "refused": 2} {
		page := render(t, reports[name], "html")
		inABrowser(t, name, page, pages)
	}
}

// inABrowser lays a page out, and prints it on at most so many pages, or not for 0.
func inABrowser(t *testing.T, name, page string, pages int) {
	t.Helper()
	if len(page) > 400_000 {
		t.Errorf("%s: %d bytes", name, len(page))
	}
	pictures := strings.Count(page, `<svg class="chart"`)
	pictures -= strings.Count(page, `-narrow" viewBox`) // one of two forms is to be seen
	dir := t.TempDir()
	run := func(args ...string) []byte {
		t.Helper()
		out, stderr := testkit.Chromium(t, append([]string{"--enable-logging=stderr", "--virtual-time-budget=5000"}, args...)...)
		for line := range strings.Lines(string(stderr)) {
			if strings.Contains(line, "CONSOLE") {
				t.Errorf("%s: %s", name, line)
			}
		}
		return out
	}

	// Only this copy may run a script, in frames as wide as screens are.
	probed := strings.Replace(page, "style-src", "script-src 'unsafe-inline'; style-src", 1)
	probed = strings.Replace(probed, "</head>", probe, 1)
	var around strings.Builder
	around.WriteString(`<!doctype html><body><script>const got = []; addEventListener('message', e => { got.push(e.data); document.body.dataset.got = JSON.stringify(got) })</script>`)
	for _, width := range []string{"380", "1280", "1920"} {
		around.WriteString(`<iframe style="border:0;height:900px;width:` + width + `px" srcdoc="` + html.EscapeString(probed) + `"></iframe>`)
	}
	path := filepath.Join(dir, "around.html")
	if err := os.WriteFile(path, []byte(around.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, dark := range []bool{false, true} {
		dom := run("--blink-settings=preferredColorScheme="+map[bool]string{true: "0", false: "1"}[dark], "--dump-dom", "file://"+path)
		found := regexp.MustCompile(`data-got="([^"]*)"`).FindSubmatch(dom)
		if found == nil {
			t.Fatalf("%s: the page was not laid out", name)
		}
		var got []laidOut
		if err := json.Unmarshal([]byte(html.UnescapeString(string(found[1]))), &got); err != nil {
			t.Fatal(err)
		}
		slices.SortFunc(got, func(a, b laidOut) int { return a.Width - b.Width })
		var want []laidOut
		for _, width := range []int{380, 1280, 1920} {
			want = append(want, laidOut{Width: width, Dark: dark, Over: []string{}, Pictures: pictures, Bad: []string{}, Faint: []string{}, Asked: []string{}})
		}
		if diff := cmp.Diff(got, want); diff != "" {
			t.Errorf("%s: -got +want\n%s", name, diff)
		}
	}

	if pages == 0 { // printed on as many as the others
		return
	}
	plain, pdf := filepath.Join(dir, "page.html"), filepath.Join(dir, "page.pdf")
	if err := os.WriteFile(plain, []byte(page), 0o600); err != nil {
		t.Fatal(err)
	}
	run("--no-pdf-header-footer", "--print-to-pdf="+pdf, "file://"+plain)
	printed, err := os.ReadFile(pdf)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(regexp.MustCompile(`/Type /Page\b`).FindAll(printed, -1)); n < 1 || n > pages {
		t.Errorf("%s: prints on %d pages, want at most %d", name, n, pages)
	}
	if !bytes.Contains(printed, []byte("/MediaBox [0 0 594.95996 841.91998]")) && !bytes.Contains(printed, []byte("/MediaBox [0 0 594.96 841.92]")) {
		t.Errorf("%s: does not print on A4: %s", name, regexp.MustCompile(`/MediaBox \[[^\]]*\]`).Find(printed))
	}
}
