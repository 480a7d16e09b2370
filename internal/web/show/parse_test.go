package show

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParse(t *testing.T) {
	t.Parallel()
	b64 := base64.StdEncoding.EncodeToString([]byte("双十一\r\n谢谢"))
	deep := "x"
	for i := range 20 {
		deep = fmt.Sprintf("Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n%s\n--b%d--\n", i, i, deep, i)
	}
	for name, c := range map[string]struct {
		raw  string
		want parsed
	}{
		"plain": {"Subject: x\n\nhi\n", parsed{Headers: []header{{"Subject", "x"}}, Text: "hi\n"}},
		"encoded words of two languages": {"Subject: =?utf-8?b?5Y+M5Y2B5LiA?= =?iso-8859-1?q?Gr=FC=DFe?=\nTo: a@x\n\n",
			parsed{Headers: []header{{"To", "a@x"}, {"Subject", "双十一Grüße"}}}},
		"an encoded word that is none":   {"Subject: =?gb2312?b?yKE=?=\n\nx", parsed{Headers: []header{{"Subject", "=?gb2312?b?yKE=?="}}, Text: "x"}},
		"base64":                         {"Content-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: BASE64\n\n" + b64[:10] + "\n" + b64[10:] + "\n", parsed{Text: "双十一\n谢谢"}},
		"quoted-printable of Latin-1":    {"Content-Type: text/html; charset=ISO-8859-1\nContent-Transfer-Encoding: quoted-printable\n\nGr=FC=\n=DFe", parsed{HTML: "Grüße"}},
		"a character set we do not read": {"Content-Type: text/plain; charset=gbk\n\n\xc8(", parsed{Text: "\uFFFD(", Faults: []string{"The character set gbk is not read here; the source has the bytes."}}},
		"bytes that are no UTF-8":        {"\n\xff\xfe", parsed{Text: "\uFFFD"}},
		"no headers at all":              {"hello\n", parsed{Text: "hello\n", Faults: []string{"The headers cannot be read; below is the message as it arrived."}}},
		"nothing":                        {"", parsed{Faults: []string{"The headers cannot be read; below is the message as it arrived."}}},
		"a type that cannot be read":     {"Content-Type: ;;;\n\nx", parsed{Text: "x"}},
		"base64 that is none":            {"Content-Transfer-Encoding: base64\n\n!!!!", parsed{Faults: []string{"The message is not well formed; what could be read of it is below."}}},
		"an alternative in a mixed":      {"Content-Type: multipart/mixed; boundary=m\n\n--m\nContent-Type: multipart/alternative; boundary=a\n\n--a\n\ntext\n--a\nContent-Type: text/html\n\n<p>\n--a--\n--m\nContent-Type: text/plain; name=b.txt\nContent-Disposition: attachment\n\nno\n--m--\n", parsed{Text: "text", HTML: "<p>", Others: []other{{"b.txt", "text/plain"}}}},
		"a boundary that is missing":     {"Content-Type: multipart/mixed; boundary=m\n\n--m\n\ntext\n", parsed{Text: "text", Faults: []string{"The message is not well formed; what could be read of it is below."}}},
		"no boundary":                    {"Content-Type: multipart/mixed\n\nx\n", parsed{Faults: []string{"The message is not well formed; what could be read of it is below."}}},
		"too deep":                       {deep, parsed{Faults: []string{"The message has more parts than are shown."}}},
		"too many":                       {"Content-Type: multipart/mixed; boundary=m\n\n" + strings.Repeat("--m\nContent-Type: x/y\n\n\n", 300) + "--m--\n", parsed{Faults: []string{"The message has more parts than are shown."}}},
		"too long":                       {"\n" + strings.Repeat("x", maxPart+1), parsed{Text: strings.Repeat("x", maxPart), Faults: []string{"The message is longer than what is shown."}}},
	} {
		got := parse([]byte(c.raw))
		if len(got.Others) > 90 {
			got.Others = nil // of "too many"
		}
		if name != "plain" && !strings.HasPrefix(name, "encoded") && !strings.HasPrefix(name, "an encoded") {
			got.Headers = nil
		}
		if diff := cmp.Diff(got, c.want); diff != "" {
			t.Errorf("%s: -got +want\n%s", name, diff)
		}
	}
}

// Whatever arrives is shown without a panic, and within limits.
func FuzzParse(f *testing.F) {
	f.Add([]byte("Content-Type: multipart/mixed; boundary=m\n\n--m\nContent-Type: text/html\n\n<p>\n--m--\n"))
	f.Add([]byte("Subject: =?utf-8?q?=0D=0A?=\nContent-Transfer-Encoding: base64\n\n!!"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		p := parse(raw)
		if len(p.Text) > max(3*maxPart, 3*len(raw)) || len(p.HTML) > 3*maxPart || len(p.Others) > maxParts {
			t.Errorf("text %d, HTML %d, others %d", len(p.Text), len(p.HTML), len(p.Others))
		}
		for _, h := range p.Headers {
			if strings.ContainsFunc(h.Value, func(r rune) bool { return r < ' ' }) {
				t.Errorf("%s: a control character: %q", h.Name, h.Value)
			}
		}
		if reaching.MatchString(inFrame(p.HTML)[len(inFrame("")):]) {
			t.Errorf("the frame reaches out: %s", p.HTML)
		}
	})
}

// Every sentence of the catalogue stands on some page.
func TestEveryWordIsUsed(t *testing.T) {
	t.Parallel()
	var all []byte
	for _, pattern := range []string{"*.go", "pages/*.tmpl"} {
		names, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if name == "words.go" || strings.HasSuffix(name, "_test.go") {
				continue
			}
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, text...)
		}
	}
	for key := range english {
		form := strings.TrimSuffix(strings.TrimSuffix(key, ".0"), ".1")
		_, menu := strings.CutPrefix(key, "menu.") // made from the names of the places
		if !bytes.Contains(all, []byte(`"`+form+`"`)) && !menu {
			t.Errorf("%s is not used", key)
		}
	}
}

// A block without the needle has no match: lower case and the log's way of
// writing go character by character.
func TestANeedleIsFoundAsLogged(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"plain", `quo"te\`, "tab\tnew\nline", "双十一", "İstanbul ΣΑΣ ﬁ", "<&>", "\u2028", "é\u0301"} {
		line, err := asLogged(text)
		if err != nil {
			t.Fatal(err)
		}
		for i := range text {
			needle, err := asLogged(strings.ToLower(text[i:]))
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Contains(bytes.ToLower(line), needle) {
				t.Errorf("%q is not found in %q", text[i:], text)
			}
		}
	}
}
