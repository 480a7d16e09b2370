package source

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, given, want string }{
		{"an empty file", "", "f.yaml: the file is empty"},
		{"only a comment", "# nothing\n", "f.yaml: the file is empty"},
		{"GB18030", "says: \xc4\xe3\xba\xc3\n", "f.yaml:1:7: the file is not UTF-8 from here on (save it as UTF-8; GB18030, GBK and Latin-1 are not read)"},
		{"a control character", "a: b\nc: d\x00e\n", "f.yaml:2:5: control character U+0000 (take it out)"},
		{"an alias", "a: &x 1\nb: *x\n", "f.yaml:1:4: anchors (&name) are not read (write the value where it is used)\nf.yaml:2:4: aliases (*name) are not read (write the value again)"},
		{"a merge key", "a: 1\n<<: {b: 2}\n", "f.yaml:2:1: merge keys (<<) are not read (write the keys again)"},
		{"a tag", "a: !!str 1\n", "f.yaml:1:4: tags (!name) are not read (take it out; text that looks like a number goes in quotes)"},
		{"a directive", "%YAML 1.2\n---\na: 1\n", "f.yaml:1:1: directives (%...) are not read (take the line out)"},
		{"two documents", "---\na: 1\n---\nb: 2\n", "f.yaml:3:1: a second document begins here (one file holds one document)"},
		{"a complex key", "? a\n: b\n", "f.yaml:1:1: keys written with \"?\" are not read (write key: value)"},
		{"keys written twice", "a: 1\nb: {x: 1, x: 2}\na: 2\n", "f.yaml:2:11: b.x: written twice (it stands on line 2 already)\nf.yaml:3:1: a: written twice (it stands on line 1 already)"},
		{"a tab", "a:\n\t- b\n", "f.yaml:2:1: a line begins with a tab (indent with spaces)"},
		{"an open bracket", "a: [1\n", "f.yaml:1:4: \"[\" is never closed (add the missing \"]\")"},
		{"an open quote", "a: \"x\n", "f.yaml:1:4: a text in \"...\" is never closed (add the missing quote)"},
		{"a second colon", "a: b: c\n", "f.yaml:1:4: a second \": \" on this line, or a wrong indentation (put text that contains \": \" in quotes)"},
		{"a line without a colon", "a: x\nb\n", "f.yaml:2:1: this line is not \"key: value\" (check the colon and the indentation)"},
		{"a reserved character", "a: @x\n", "f.yaml:1:4: text must not begin with this character (put the text in quotes)"},
		{"deep brackets", strings.Repeat("[", 40), "f.yaml:1:33: nested more than 32 deep"},
		{"deep dashes", strings.Repeat("- ", 40) + "a", "f.yaml:1:65: nested more than 32 deep"},
		{"deep keys", deepKeys(40), "f.yaml:33:34: nested more than 32 deep"},
		{"too large", strings.Repeat("#", MaxFile+1), "f.yaml: the file has 262145 bytes; at most 262144 are read"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := Parse("f.yaml", []byte(test.given)).Faults().Error()
			if diff := cmp.Diff(got, test.want); diff != "" {
				t.Errorf("-got +want\n%s", diff)
			}
		})
	}
}

func deepKeys(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return b.String()
}

// The parser's time grows with the square of the tokens and its stack with their
// nesting: both must be refused before it runs. Without that this test takes
// minutes, or dies.
func TestParseEndsOnHostileText(t *testing.T) {
	t.Parallel()
	for _, unit := range []string{
		"[", "{", "- ", "a: ", "? ", "a: 1\n", "&a ", "!a ", "\"", "a: |\n", "x\n  ", "- a\n", "a,", "[a: ", "'", ": ", "a: {", ">\n ", "}", "]", "[],", "...\n",
	} {
		Parse("f.yaml", []byte(strings.Repeat(unit, maxTokens/4)))
		Parse("f.yaml", []byte("["+strings.Repeat(unit, maxTokens/4)))
	}
	for _, unit := range []string{"[", "a: 1\n", "\""} {
		Parse("f.yaml", []byte(strings.Repeat(unit, MaxFile/len(unit))))
	}
}

func TestReaders(t *testing.T) {
	t.Parallel()
	const text = `
says: 5
count: many
big: 1000
list: [a, 1]
one: email
channels: {}
nested:
  wiat: 3d
  skip: 10%
  after:
after: 14
share: 0.1
more: 101%
cap: 4 per 14d
money: 0,25
fine: 0.1234567
flag: yes
word: mail
date: 2026-11-12
`
	d := Parse("f.yaml", []byte(text))
	m, ok := d.Root().Mapping(Keys{Known: []string{
		"says", "count", "big", "list", "one", "channels", "nested", "after", "share", "more", "cap", "money", "fine", "flag", "word", "date", "owner",
	}})
	if !ok {
		t.Fatal(d.Faults())
	}
	get := func(key string) Node { n, _ := m.Get(key); return n }
	get("says").Text()
	get("count").Int(1, 9)
	get("big").Int(1, 9)
	items, _ := get("list").Items()
	for _, item := range items {
		item.Text()
	}
	get("one").Items()
	get("channels").Items()
	nested, _ := get("nested").Mapping(Keys{Known: []string{"wave", "wait", "after"}, Later: []string{"skip"}})
	after, _ := nested.Get("after")
	after.Duration(0)
	nested.Need("wave", "name an earlier wave")
	get("after").Duration(0)
	get("share").Share()
	get("more").Share()
	get("cap").Cap()
	get("money").Decimal(6)
	get("fine").Decimal(6)
	get("flag").Bool()
	get("word").OneOf("channel", []string{"email"}, []string{"sms"})
	Quoted(get("date"), func(s string) (string, error) { return s, nil })
	m.Need("owner", "")

	got := d.Faults().Error()
	want := `f.yaml:2:1: "owner" is missing
f.yaml:2:7: says: must be text, not a number (put it in quotes: "5")
f.yaml:3:8: count: must be a whole number, not text
f.yaml:4:6: big: must be a whole number from 1 to 9, not 1000
f.yaml:5:11: list[1]: must be text, not a number (put it in quotes: "1")
f.yaml:6:6: one: must be a list, not text (write [email])
f.yaml:7:11: channels: must be a list, not keys with values
f.yaml:9:3: nested.wiat: unknown key "wiat" (did you mean "wait"?)
f.yaml:9:3: nested: "wave" is missing (name an earlier wave)
f.yaml:10:3: nested.skip: skip is not honoured yet (take it out: what is not honoured is refused, never ignored)
f.yaml:11:3: nested.after: has no value (for example 90m, 36h, 14d or 2w)
f.yaml:12:8: after: "14" is not a duration (say the unit: 14m, 14h, 14d or 14w)
f.yaml:13:8: share: "0.1" is not a share (say per cent: 10%)
f.yaml:14:7: more: 101% is more than 100%
f.yaml:15:6: cap: "4 per 14d" is not a cap (for example 4 in 14d)
f.yaml:16:8: money: "0,25" is not an amount (write digits and at most one point: 0.25)
f.yaml:17:7: fine: "0.1234567" is not an amount (it has at most 6 decimals)
f.yaml:18:7: flag: must be true or false, not text
f.yaml:19:7: word: unknown channel "mail" (did you mean "email"?)
f.yaml:20:7: date: must be in quotes (write "2026-11-12")`
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("-got +want\n%s", diff)
	}
}

func TestScalarsAreExact(t *testing.T) {
	t.Parallel()
	if got, err := ParseShare("33.3333333%"); got != 333333333 || err != nil {
		t.Errorf("33.3333333%% = %d, %v", got, err)
	}
	if got, err := ParseShare("100%"); got != Billion || err != nil {
		t.Errorf("100%% = %d, %v", got, err)
	}
	if got, err := ParseDecimal("299.5", 2); got != 29950 || err != nil {
		t.Errorf("299.5 = %d, %v", got, err)
	}
	if got, err := ParseDecimal("299", 0); got != 299 || err != nil {
		t.Errorf("299 = %d, %v", got, err)
	}
	for _, s := range []string{"90m", "36h", "14d", "0m"} {
		if d, err := ParseDuration(s); err != nil || FormatDuration(d) != map[bool]string{true: s}[true] {
			t.Errorf("%s = %v, written %s, %v", s, d, FormatDuration(d), err)
		}
	}
	if d, err := ParseDuration("2w"); d != 14*24*time.Hour || err != nil {
		t.Errorf("2w = %v, %v", d, err)
	}
	for _, s := range []string{"9999999w", "1.5d", "-1d", "d", "", "01d", "1 d"} {
		if d, err := ParseDuration(s); err == nil {
			t.Errorf("%q = %v, want an error", s, d)
		}
	}
}

func TestPlaceInside(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, given string }{
		{"plain", "r: aaa bbb X c\n"},
		{"plain, folded", "r: aaa\n   bbb\n     X c\n"},
		{"single quotes", "r:   'it''s ''q'' X c'\n"},
		{"double quotes", `r: "a \"b\" \u00e9\x41\n X c"` + "\n"},
		{"double quotes, continued", "r: \"a \\\n   b X\"\n"},
		{"double quotes, folded", "r: \"a\n   b\n\n   X\"\n"},
		{"literal", "r: |\n    aaa and\n      bbb and\n    X c\n"},
		{"literal, first line empty", "r: |\n\n    aaa and\n    X c\n"},
		{"folded", "r: >-\n    aaa and\n    bbb and\n\n    X c\n"},
		{"in brackets", "q: {r: aaa X, s: 1}\n"},
		{"after wide letters", "名: {称: 值, r: 'é X'}\n"},
		{"CRLF", "q: 1\r\nr: |\r\n  aaa\r\n  X\r\n"},
		{"byte order mark", "\ufeffr: a X\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			d := Parse("f.yaml", []byte(test.given))
			n := find(d.Root(), "r")
			if n.kind != kindText {
				t.Fatalf("no r in %v", d.Faults())
			}
			line, column := n.At(strings.IndexRune(string([]rune(n.text)), 'X') - (len(n.text[:strings.IndexRune(n.text, 'X')]) - len([]rune(n.text[:strings.IndexRune(n.text, 'X')]))))
			lines := strings.Split(strings.TrimPrefix(test.given, "\ufeff"), "\n")
			if got := string([]rune(lines[line-1])[column-1]); got != "X" {
				t.Errorf("%d:%d is %q in\n%s", line, column, got, test.given)
			}
		})
	}
}

func find(n Node, key string) Node {
	for _, e := range n.entries {
		if e.Key.text == key {
			return e.Value
		}
		if found := find(e.Value, key); found.doc != nil {
			return found
		}
	}
	return Node{}
}

func TestADiagnosticIsOneLine(t *testing.T) {
	d := Diagnostic{File: "a.yaml", Line: 1, Column: 2, Path: "b.c:\nday", Message: "unknown key \x1b[2J", Hint: "a\u2028b, 母婴"}
	if got, want := d.String(), `a.yaml:1:2: b.c:\nday: unknown key \x1b[2J (a\u2028b, 母婴)`; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestExcerpt(t *testing.T) {
	t.Parallel()
	data := []byte("a: 1\n名:\t[mail\x1b[31m]\n")
	got := Diagnostic{Line: 2, Column: 5}.Excerpt(data)
	want := "2 | 名:\t[mail?[31m]\n  |    \t ^"
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("-got +want\n%s", diff)
	}
	if got := (Diagnostic{}).Excerpt(data); got != "" {
		t.Errorf("no place: %q", got)
	}
}

// A long line is cut around the caret, which stays under its character.
func TestExcerptOfALongLine(t *testing.T) {
	t.Parallel()
	words := strings.Repeat("orders.count > 1 and ", 20)
	for name, test := range map[string]struct {
		line   string
		column int
		want   string
	}{
		"at the beginning": {"orders.cuont > 1 and " + words, 8, "1 | orders.cuont > 1 and " + words[:78] + "…\n  |        ^"},
		"in the midst":     {words + "oops " + words, 421, "1 | …" + words[355:] + "oops " + words[:28] + "…\n  | " + strings.Repeat(" ", 66) + "^"},
		"at the end":       {words + "oops", 421, "1 | …" + words[325:] + "oops\n  | " + strings.Repeat(" ", 96) + "^"},
		"behind it":        {words, 421, "1 | …" + words[321:] + "\n  | " + strings.Repeat(" ", 100) + "^"},
		"wide characters":  {strings.Repeat("名", 80) + "x", 81, "1 | …" + strings.Repeat("名", 48) + "x\n  | " + strings.Repeat(" ", 97) + "^"},
		"no more than all": {strings.Repeat("a", 100), 100, "1 | " + strings.Repeat("a", 100) + "\n  | " + strings.Repeat(" ", 99) + "^"},
	} {
		got := Diagnostic{Line: 1, Column: test.column}.Excerpt([]byte(test.line))
		if diff := cmp.Diff(got, test.want); diff != "" {
			t.Errorf("%s: -got +want\n%s", name, diff)
		}
	}
}

func TestSuggest(t *testing.T) {
	t.Parallel()
	words := []string{"email", "sms", "channels", "wait", "wave", "repurchased"}
	for word, want := range map[string]string{
		"mail": "email", "emial": "email", "chanels": "channels", "repurchase": "repurchased",
		"wavee": "wave", "Email": "email", "fax": "", "": "", "x": "",
	} {
		if got := Suggest(word, words); got != want {
			t.Errorf("%q: got %q, want %q", word, got, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"a: 1\n", "a: [1, {b: \"c\\n\"}]\n", "a: |\n x\n", "a: &x\n", "- - a\n", "a: >\n\n  x\n", "'': \"\"", "a:\r\n - b\r\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		d := Parse("f.yaml", data)
		walk(t, d.Root(), 0)
		for _, fault := range d.Faults() {
			fault.Excerpt(data)
			if strings.ContainsAny(fault.String(), "\n\x1b") {
				t.Errorf("a diagnostic of more than a line: %q", fault)
			}
		}
	})
}

func walk(t *testing.T, n Node, depth int) {
	t.Helper()
	if depth > 2*MaxDepth {
		t.Fatal("too deep")
	}
	for i := range []rune(n.text) {
		n.At(i)
	}
	for _, item := range n.items {
		walk(t, item, depth+1)
	}
	for _, e := range n.entries {
		walk(t, e.Key, depth+1)
		walk(t, e.Value, depth+1)
	}
}
