package show_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rewave/rewave/internal/channel"
)

func TestALongMailbox(t *testing.T) {
	t.Parallel()
	s := open(t, options())
	raws := make([]string, 500)
	for i := range raws {
		raws[i] = fmt.Sprintf("Subject: letter %d\nMessage-ID: <%d@x>\n\nbody\n", i+1, i+1)
	}
	s.mail("a@demo.invalid", raws...)
	want := make([]string, 500)
	for i := range want {
		want[i] = strconv.Itoa(500 - i)
	}

	var down, last []string
	pages := 0
	path := "/mailbox"
	for at := path; at != ""; pages++ {
		page := s.page(at)
		last = all(row, page)
		down, path = append(down, last...), at
		at = turn("Older", page)
		if pages == 3 {
			s.mail("a@demo.invalid", "Subject: late\n\nx\n") // the pages stay the same
		}
	}
	if diff := cmp.Diff(down, want); diff != "" || pages != 10 {
		t.Errorf("%d pages downward: -got +want\n%s", pages, diff)
	}
	// Upward from there: the same, and at the end what has come.
	var up []string
	for at := path; at != ""; {
		page := s.page(at)
		up = append(all(row, page), up...)
		at = turn("Newer", page)
	}
	if diff := cmp.Diff(up, append([]string{"501"}, want...)); diff != "" {
		t.Errorf("upward: -got +want\n%s", diff)
	}
	page := s.page("/mailbox")
	if !strings.Contains(page, "Messages 452 to 501 of 501, newest first") || turn("Newer", page) != "" || turn("Newest", page) != "" {
		t.Errorf("first page: %s", page)
	}
	oldest := s.page(turn("Oldest", page))
	if got := all(row, oldest); len(got) != 50 || got[0] != "50" || got[49] != "1" || turn("Older", oldest) != "" || turn("Newer", oldest) != "/mailbox?after=50" {
		t.Errorf("oldest page: %q", got)
	}
	if beyond := s.page("/mailbox?after=900"); !strings.Contains(beyond, "nothing more in this direction") || turn("Newest", beyond) != "/mailbox" {
		t.Errorf("beyond: %s", beyond)
	}

	// A search has pages too: of the 111 letters whose number begins with 1.
	var found []string
	for at := "/mailbox?q=LETTER+1"; at != ""; {
		page := s.page(at)
		found = append(found, all(row, page)...)
		at = turn("Older", page)
	}
	var matching []string
	for _, n := range want {
		if strings.HasPrefix(n, "1") {
			matching = append(matching, n)
		}
	}
	if diff := cmp.Diff(found, matching); diff != "" {
		t.Errorf("search: -got +want\n%s", diff)
	}
}

func TestSearch(t *testing.T) {
	t.Parallel()
	s := open(t, options())
	s.send(letter)                                                                                                            // 1
	s.send(channel.Message{Ref: "2.demo", To: "Zoe.Q@Demo.invalid", From: "n@shop.example", Subject: "Grüße ÉTÉ", Text: "x"}) // 2
	s.mail("b@demo.invalid", "Subject: a \"quoted\" back\\slash <tag> & more\n\nx\n")                                         // 3
	for i := range 200 {                                                                                                      // 4 to 203, so that there are blocks to leave out
		s.mail("c@demo.invalid", fmt.Sprintf("Subject: filler %d\nMessage-ID: <needle@x>\n\nx\n", i))
	}
	for query, want := range map[string][]string{
		"双十一": {"1"}, "林女士": {"1"}, "lin@": {"1"}, "zoe.q@demo": {"2"}, "ZOE": {"2"}, "grüsse": nil, "GRÜßE": {"2"}, "été": {"2"},
		`"quoted"`: {"3"}, `back\slash`: {"3"}, "<tag>": {"3"}, "& more": {"3"}, "needle": nil, "offset": nil, "b@demo": {"3"}, "\n": nil, "\xff": nil, "filler 199": {"203"},
	} {
		page := s.page("/mailbox?q=" + escaped(query))
		got := all(row, page)
		if strings.TrimSpace(query) == "" || query == "\xff" { // no search at all
			if len(got) != 50 {
				t.Errorf("%q: %d rows", query, len(got))
			}
			continue
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", query, got, want)
		}
		if diff := cmp.Diff(all(`value="([^"]*)"`, page), []string{query}); diff != "" {
			t.Errorf("the box: -got +want\n%s", diff)
		}
	}
}

func escaped(s string) string {
	var out strings.Builder
	for _, b := range []byte(s) {
		fmt.Fprintf(&out, "%%%02X", b)
	}
	return out.String()
}

func TestAMessage(t *testing.T) {
	t.Parallel()
	s := open(t, options())
	s.send(letter)
	page := s.page("/mailbox/1")
	heads := map[string]string{}
	names := all(`<dt>(.*)</dt>`, page)
	values := all(`<dd><bdi>(.*)</bdi></dd>`, page)
	for i := range names {
		heads[names[i]] = values[i]
	}
	if heads["Date"] == "" {
		t.Error("no date")
	}
	delete(heads, "Date")
	for name := range heads { // the rest is how it was wrapped
		if strings.HasPrefix(name, "Content-") || name == "Mime-Version" {
			delete(heads, name)
		}
	}
	want := map[string]string{"From": `"茶馆" <news@shop.example>`, "To": "<lin@demo.invalid>", "Subject": letter.Subject, "Message-ID": "<7.demo@shop.example>",
		"List-Unsubscribe": "<https://shop.example/u/x>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
	heads["From"] = strings.ReplaceAll(heads["From"], `茶馆 <`, `"茶馆" <`)
	heads["From"] = strings.ReplaceAll(heads["From"], `""`, `"`)
	if diff := cmp.Diff(heads, want); diff != "" {
		t.Errorf("headers: -got +want\n%s", diff)
	}
	if diff := cmp.Diff(names[:4], []string{"From", "To", "Subject", "Date"}); diff != "" {
		t.Errorf("order: -got +want\n%s", diff)
	}
	if got := all(`(?s)<pre class="text" dir="auto">(.*)</pre>`, page); len(got) != 1 || strings.TrimSpace(got[0]) != strings.TrimSpace(letter.Text) {
		t.Errorf("text: %q", got)
	}
	frame := all(`srcdoc="([^"]*)"`, page)
	if len(frame) != 1 || !strings.Contains(frame[0], "<p>林女士，您好：</p>") || !strings.Contains(page, `<iframe sandbox="allow-popups allow-popups-to-escape-sandbox" `) {
		t.Errorf("frame: %q", frame)
	}
	code, head, source := s.get("/mailbox/1/source")
	if code != 200 || head.Get("Content-Type") != "text/plain; charset=utf-8" || !strings.Contains(source, "Content-Transfer-Encoding: quoted-printable") {
		t.Errorf("source: %d, %v, %s", code, head, source)
	}
}

// hostile does what a message could try.
const hostile = `From: "<script>alert(1)</script>" <a@evil.example>
Subject: =?utf-8?q?Hi=0D=0ABcc:_all@shop.example=0D=0A=0D=0A</title><script>alert(1)</script>?=
X-Turned: =?utf-8?q?=E2=80=AEgpj.exe?=
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/plain

</pre><script>alert(1)</script>
--b
Content-Type: text/html

"></iframe><script>alert(1)</script><img src=x onerror=alert(1)>
<LINK rel=preconnect href=//evil.example><meta http-equiv=refresh content="0;url=//evil.example"><base
href=//evil.example>
--b
Content-Type: application/x-<b>; name="../../<i>.exe"
Content-Disposition: attachment

x
--b--
`

func TestAHostileMessage(t *testing.T) {
	t.Parallel()
	s := open(t, options())
	s.mail("b&b@demo.invalid", hostile)
	const subject = `Hi\r\nBcc: all@shop.example\r\n\r\n</title><script>alert(1)</script>`
	list, page := s.page("/mailbox"), s.page("/mailbox/1")
	for _, p := range []string{list, page} {
		// All that looks like an element of the message's is text or an attribute.
		for _, bad := range []string{"<script", "<img", `</pre><script`, "b&b", "<i>"} {
			if strings.Contains(p, bad) {
				t.Errorf("the page has %s", bad)
			}
		}
	}
	if got := all(`<bdi>(Hi.*)</bdi></a>`, list); len(got) != 1 || got[0] != subject {
		t.Errorf("subject in the list: %q", got)
	}
	if got := all(`<title>(.*) · Teahouse</title>`, page); len(got) != 1 || got[0] != subject {
		t.Errorf("title: %q", got)
	}
	if names := all(`<dt>(.*)</dt>`, page); slices.Contains(names, "Bcc") {
		t.Errorf("a header was made up: %q", names)
	}
	if strings.ContainsRune(page, '\u202e') {
		t.Error("the direction of writing is turned")
	}
	frame := all(`srcdoc="([^"]*)"`, page)
	if len(frame) != 1 {
		t.Fatalf("frames: %q", frame)
	}
	for _, want := range []string{"<not-LINK rel=preconnect", "<not-meta http-equiv", "<not-base\nhref"} {
		if !strings.Contains(frame[0], want) {
			t.Errorf("the frame lacks %s:\n%s", want, frame[0])
		}
	}
	if _, head, body := s.get("/mailbox/1/source"); !strings.Contains(body, "<script>") || head.Get("Content-Type") != "text/plain; charset=utf-8" || !strings.Contains(head.Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("source: %v", head)
	}
}

// The log as it may be found: a line that is being written, one that is broken,
// and another log in its place.
func TestTheLogWhileItIsWritten(t *testing.T) {
	t.Parallel()
	s := open(t, options())
	s.mail("a@demo.invalid", "Subject: one\n\nbody one\n", "Subject: two\n\nbody two\n")
	rows := func() []string { return all(`<bdi>(one|two|three|four)</bdi>`, s.page("/mailbox")) }
	if diff := cmp.Diff(rows(), []string{"two", "one"}); diff != "" {
		t.Errorf("-got +want\n%s", diff)
	}
	path := filepath.Join(s.dir, "mailbox", "log.jsonl")
	add := func(text string) {
		f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteString(text); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	add(`{"id":"","to":"a@demo.invalid","subject":"thr`)
	if diff := cmp.Diff(rows(), []string{"two", "one"}); diff != "" {
		t.Errorf("half a line: -got +want\n%s", diff)
	}
	add(`ee","offset":0,"length":99999999999}` + "\n" + `{"id":` + "\n" + `{"to":"a@demo.invalid","subject":"four","offset":99999,"length":10}` + "\n" + strings.Repeat("x", 9<<20) + "\n")
	page := s.page("/mailbox")
	if diff := cmp.Diff(rows(), []string{"four", "three", "two", "one"}); diff != "" || !strings.Contains(page, "line 4 of the log cannot be read") || !strings.Contains(page, "line 6 of the log cannot be read") {
		t.Errorf("-got +want\n%s", diff)
	}
	for path, want := range map[string]int{"/mailbox/2": 200, "/mailbox/3": 503, "/mailbox/4": 500, "/mailbox/5": 500, "/mailbox/6": 500, "/mailbox/7": 404} {
		if code, _, body := s.get(path); code != want || !strings.Contains(body, "</html>") {
			t.Errorf("%s: %d, want %d", path, code, want)
		}
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if got := s.page("/mailbox"); !strings.Contains(got, "No e-mail has been sent yet.") {
		t.Errorf("without a log: %s", got)
	}
	if err := os.WriteFile(path, []byte(`{"to":"a@demo.invalid","subject":"three"}`+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(rows(), []string{"three"}); diff != "" {
		t.Errorf("another log: -got +want\n%s", diff)
	}
}
