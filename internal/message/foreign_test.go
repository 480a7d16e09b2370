package message_test

import (
	gocmp "cmp"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rewave/rewave/internal/message"
)

func TestWhatOtherProgramsWriteIsRefused(t *testing.T) {
	t.Parallel()
	const printed = " is printed as it stands "
	const first, general = "write {{ customer.first_name }}", "a place is written {{ customer.first_name }}"
	one := func(column, place, hint string) string {
		return "m/text.txt:1:" + column + ": " + place + printed + "(" + hint + ")\n"
	}
	one2 := func(column, place, hint string) string {
		return "m/text.txt:2:" + column + ": " + place + printed + "(" + hint + ")\n"
	}
	for _, test := range []struct{ name, text, want string }{
		{"full-width braces", "Hi ｛｛ customer.first_name ｝｝!", "m/text.txt:1:4: full-width braces are printed as they stand (write {{ and }}, {% and %})\n"},
		{"a full-width colon", "x\n{{ customer.first_name | default： \"x\" }}", "m/text.txt:2:1: the full-width character ： stands where the language has its own (write :)\n"},
		{"curly quotes", "{{ customer.first_name | default: “x” }}", "m/text.txt:1:1: a curly quote, “, stands where the language has its own (write \")\n"},
		{"full-width in quotes", `{{ customer.first_name | default: "您好：，" }}：“ok” ％ 100％`, ""},
		{"${name}", "Hi ${name}", "m/text.txt:1:4: ${name}" + printed + "(write {{ customer.first_name }})\n"},
		{"%name%", "Hi %name%,", "m/text.txt:1:4: %name%" + printed + "(write {{ customer.first_name }})\n"},
		{"*|FNAME|*", "Hi *|FNAME|*", "m/text.txt:1:4: *|FNAME|*" + printed + "(write {{ customer.first_name }})\n"},
		{"{firstName}", "Hi {firstName}", "m/text.txt:1:4: {firstName}" + printed + "(write {{ customer.first_name }})\n"},
		{"{ {name} }", "Hi { {lastname} }", "m/text.txt:1:4: { {lastname} }" + printed + "(write {{ customer.last_name }})\n"},
		{"nobody knows", "Hi ${frob}", "m/text.txt:1:4: ${frob}" + printed + "(a place is written {{ customer.first_name }})\n"},
		{"meant as it stands", `{{ "${name} %name% {name}" }}`, ""},
		{"behind a letter", "尊敬的%name%， 您好%name%", one("4", "%name%", first) + one("14", "%name%", first)},
		{"in a word", "Hi%name%", one("3", "%name%", first)},
		{"in a link", "https://shop.example/?n=%name%&c=%da%af", one("25", "%name%", first)},
		{"two signs", "%%first_name%%", one("1", "%%first_name%%", first)},
		{"another script", "{姓名} *|姓名|* ${姓名} %姓名% {имя}", one("1", "{姓名}", first) + one("6", "*|姓名|*", first) + one("13", "${姓名}", first) + one("19", "%姓名%", first) + one("24", "{имя}", general)},
		{"two words", "{first name} {siehe unten}", one("1", "{first name}", first)},
		{"a figure in the name", "{name1}", one("1", "{name1}", general)},
		{"{!Contact.Name}", "{!Contact.Name} {$name}", one("1", "{!Contact.Name}", first) + one("17", "{$name}", first)},
		{"encoded", "https://el.example/wiki/Category:%CE%B1, /x,%CE%BA, /a.%EF%BC%8C, /a:%da%af", ""},
		{"addresses", "https://api.example/{name}/${name} mailto:{name}?x，{name}", one("52", "{name}", first)},
		{"percents in a row", "20%off%now 打5%折%", ""},
		{"in a comment", "{% comment %} was {name}\n%name% {% endcomment %}{name}", one2("24", "{name}", first)},
		{"in a comment of markup that is none", "<!-- {name} -->", one("6", "{name}", first)},
		{"percents", "20% or 30% off, https://shop.example/%E4%BD%A0/a%ABc%20 {1} {}", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := message.Check("m", map[string]message.Files{"": {Subject: "s", Text: test.text + " x"}}, message.Options{Service: true})
			if diff := cmp.Diff(faultsOf(t, err)+"\n", gocmp.Or(test.want, "\n")); diff != "" {
				t.Errorf("faults (-got +want):\n%s", diff)
			}
			if _, err := message.NewSet("m", map[string]message.Files{"": {Subject: "s", Text: "${name} ｛｛ x ｝｝"}}, message.Options{}); err != nil {
				t.Errorf("what was stored before still runs: %v", err)
			}
		})
	}
}

func TestWhatNobodySeesInMarkupIsNotRefused(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"<STYLE>.a{inherit}</style><!-- {name} --><p>x</p>":          "",
		"<p>x</p><!-- {name}":                                        "",
		"<!-- {name} --><p>{name}</p>":                               "m/body.html:1:19: {name}",
		"<!--[if mso]><style>.a{inherit}</style>{name}<![endif]-->":  "m/body.html:1:40: {name}",
		"<!--[if !mso]><!-->{name}<!--<![endif]-->":                  "m/body.html:1:20: {name}",
		`<a href="https://shop.example/{name}" title="{name}">x</a>`: "m/body.html:1:46: {name}",
	} {
		_, err := message.Check("m", map[string]message.Files{"": {Subject: "s", Text: "x", HTML: text}}, message.Options{Service: true})
		if want != "" {
			want += " is printed as it stands (write {{ customer.first_name }})"
		}
		if diff := cmp.Diff(faultsOf(t, err), want); diff != "" {
			t.Errorf("%s: faults (-got +want):\n%s", text, diff)
		}
	}
}

func TestFieldsThatWereMeant(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"first_name":         "customer.first_name",
		"firstName":          "customer.first_name",
		"user.name":          "customer.first_name",
		"user.first_name":    "customer.first_name",
		"customer.firstname": "customer.first_name",
		"name":               "customer.first_name",
		"birthday":           "customer.birthday",
		"store.name":         "",
		"unsubscribe_link":   "unsubscribe_url",
		"total":              "orders.total",
	} {
		t.Run(given, func(t *testing.T) {
			t.Parallel()
			_, err := message.Check("m", map[string]message.Files{"": {Subject: "s", Text: "x {{ " + given + " }}"}},
				message.Options{Service: true, Attributes: []string{"birthday"}})
			expect := `m/text.txt:1:3: unknown field "` + given + `"`
			if want != "" {
				expect += ` (did you mean "` + want + `"?)`
			}
			if diff := cmp.Diff(faultsOf(t, err), expect); diff != "" {
				t.Errorf("faults (-got +want):\n%s", diff)
			}
		})
	}
}

func TestSyntaxFaultsSayWhatToDo(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, text, want string }{
		{"open if", "a\n{% if customer.first_name %} x", "m/text.txt:2:1: {% if %} is never closed (write {% endif %} behind what it is for)"},
		{"another block is open", "{% if customer.first_name %}{% for i in (1..3) %}a{% endif %}", "m/text.txt:1:1: {% endif %} closes nothing ({% for %} is open: write {% endfor %} first)"},
		{"nothing is open", "Hi {% endif %}", "m/text.txt:1:1: {% endif %} closes nothing (no {% if ... %} is open here)"},
		{"a colon and nothing", "{{ orders.count | plus: }}", `m/text.txt:1:1: cannot be read: orders.count | plus: (leave the colon out, or write what belongs behind it, as | default: "customer")`},
		{"no filter", "{{ customer.first_name | }}", "m/text.txt:1:1: cannot be read: customer.first_name | (name a filter behind the |, or leave it out)"},
		{"no colon", `{{ customer.first_name | default "x" }}`, `m/text.txt:1:1: cannot be read: customer.first_name | default "x" (a colon belongs behind the filter: | default: ...)`},
		{"two bars", `{{ customer.first_name || "x" }}`, `m/text.txt:1:1: cannot be read: customer.first_name || "x" (write and, or)`},
		{"one equal sign", `{% if customer.first_name = "x" %}{% endif %}`, `m/text.txt:1:1: cannot be read: customer.first_name = "x" (two values are compared by ==)`},
		{"nothing assigned", `{% assign x = %}`, "m/text.txt:1:1: cannot be read: assign x = (write a value behind the =)"},
		{"nothing in it", `{{ }}`, "m/text.txt:1:1: cannot be read: nothing (name a field, as {{ customer.first_name }})"},
		{"a date that may be unknown", `{{ orders.last_on | date: "%d.%m." }}`, `m/text.txt:1:1: filter "date": the date is not known for every customer: write {% if orders.last_on %}{{ orders.last_on | date: "%d.%m." }}{% endif %} (for a customer of whom nothing optional is known)`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := message.Check("m", map[string]message.Files{"": {Subject: "s", Text: test.text + "\nx"}}, message.Options{Service: true})
			if diff := cmp.Diff(faultsOf(t, err), test.want); diff != "" {
				t.Errorf("faults (-got +want):\n%s", diff)
			}
		})
	}
}
