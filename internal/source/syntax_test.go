package source

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What a person gets wrong is often noticed by the parser lines later.
func TestSyntaxFaultsStandWhereTheyWereMade(t *testing.T) {
	t.Parallel()
	const around = "it begins further in or further out than its neighbours; an item of a list begins with \"- \""
	for _, test := range []struct{ name, given, want string }{
		{"a key too far out", "waves:\n  - wave: x\n   after: 1d\n", "f.yaml:3:4: does not fit the lines around it (" + around + ")"},
		{"a key too far in", "waves:\n  - wave: x\n    after: 1d\n     message: y\n", "f.yaml:4:6: is indented deeper than the line before, which has a value already (begin it where that line begins)"},
		{"a first key too far in", "a: x\n  b: 2\n", "f.yaml:2:3: is indented deeper than the line before, which has a value already (begin it where that line begins)"},
		{"a dash forgotten", "waves:\n  - wave: x\n  wave: y\n", "f.yaml:3:3: does not fit the lines around it (" + around + ")"},
		{"an open quote before another", "a: x\nsays: \"hello\nb: 1\nwaves:\n  - message: \"m\"\n", "f.yaml:2:7: a text in \"...\" is not closed on its line (add the missing quote)"},
		{"an open single quote before another", "a: x\nsays: 'hello\nb: 1\nc: 'x'\n", "f.yaml:2:7: a text in '...' is not closed on its line (add the missing quote)"},
		{"an open quote in brackets", "enter:\n  schedule: {at: \"2026-01-01}\n  when: x\nfrom: \"2026-01-01\"\n", "f.yaml:2:18: a text in \"...\" is not closed on its line (add the missing quote)"},
		{"an open quote, the last", "a: x\nenter: {at: \"2026}\n  when: x\n", "f.yaml:2:13: a text in \"...\" is never closed (add the missing quote)"},
		{"text in quotes over two lines", "a: \"x\n  y\"\nb: c: d\n", "f.yaml:3:4: a second \": \" on this line, or a wrong indentation (put text that contains \": \" in quotes)"},
		{"a brace left open", "a: {b: 1\nc: 2\n", "f.yaml:2:1: a \"{\" before this is not closed, or two keys have no comma between them (add the missing \"}\" or comma)"},
		{"a word behind quotes", "a: \"x\" y\n", "f.yaml:1:8: something stands behind a value that is complete (put the whole value in one pair of quotes)"},
		{"no space behind the colon", "a: 1\nb:c\n", "f.yaml:2:1: this line is not \"key: value\" (a space belongs behind the colon)"},
		{"no space behind the first colon", "a:b\nc: 1\n", "f.yaml:1:1: this line is not \"key: value\" (a space belongs behind the colon)"},
		{"a full-width colon", "a: 1\nholdout：10%\n", "f.yaml:2:8: the full-width character ： stands where YAML has its own (write :)"},
		{"full-width braces", "a: ｛b: c｝\n", "f.yaml:1:4: the full-width character ｛ stands where YAML has its own (write {)"},
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

func TestFullWidthCharactersAreNamed(t *testing.T) {
	t.Parallel()
	d := Parse("f.yaml", []byte(`share: 10％
count: ６０
after: １4d
cap: 4 in １4d
word: ｅmail
list: [a，b]
　deep: 1
money: ０.25
at: “9:30”
hour: 9:30
`))
	m, _ := d.Root().Mapping(Keys{Known: []string{"share", "count", "after", "cap", "word", "list", "deep", "money", "at", "hour"}})
	get := func(key string) Node { n, _ := m.Get(key); return n }
	get("share").Share()
	get("count").Int(1, 100)
	get("after").Duration(0)
	get("cap").Cap()
	get("word").OneOf("channel", []string{"email"}, nil)
	items, _ := get("list").Items()
	items[0].OneOf("channel", []string{"a", "b"}, nil)
	get("money").Decimal(2)
	same := func(s string) (string, error) { return s, nil }
	Quoted(get("at"), same)
	Quoted(get("hour"), same)

	got := d.Faults().Error()
	want := `f.yaml:1:8: share: "10％" is not a share (it holds the full-width character ％: write 10%)
f.yaml:2:8: count: must be a whole number, not text (it holds the full-width character ６: write 60)
f.yaml:3:8: after: "１4d" is not a duration (it holds the full-width character １: write 14d)
f.yaml:4:6: cap: "4 in １4d" is not a cap (it holds the full-width character １: write 4 in 14d)
f.yaml:5:7: word: unknown channel "ｅmail" (it holds the full-width character ｅ: write email)
f.yaml:6:8: list[0]: unknown channel "a，b" (it holds the full-width character ，: write a, b)
f.yaml:7:1: 　deep: unknown key "\u3000deep" (it holds a full-width space (U+3000): write deep)
f.yaml:8:8: money: "０.25" is not an amount (it holds the full-width character ０: write 0.25)
f.yaml:9:5: at: must be in quotes (write "09:30")
f.yaml:10:7: hour: must be in quotes (write "09:30")`
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("-got +want\n%s", diff)
	}
}
