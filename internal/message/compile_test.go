package message_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rewave/rewave/internal/message"
	"github.com/rewave/rewave/internal/source"
)

func faultsOf(t *testing.T, err error) string {
	t.Helper()
	if err == nil {
		return ""
	}
	var list source.List
	if !errors.As(err, &list) {
		t.Fatalf("error is a %T, not a source.List: %v", err, err)
	}
	return list.Error()
}

// Each row is a trap of the language or of the library, or a slip of the writer.
func TestCheckRefusesInTheTextPart(t *testing.T) {
	t.Parallel()
	const unknown = " (for a customer of whom nothing optional is known)"
	tests := []struct{ name, text, want string }{
		{"reads a file", `{% include '../../../../etc/hostname' %}`, `m/text.txt:1:1: "include" is not possible: a message cannot read other files`},
		{"renders a file", `{% render 'x' %}`, `m/text.txt:1:1: "render" is not possible: a message cannot read other files`},
		{"takes a layout", `{% layout 'x' %}`, `m/text.txt:1:1: "layout" is not possible: a message cannot read other files`},
		{"endless loop", "a\n b{% for i in (1..30000000) %}x{% endfor %}", `m/text.txt:2:3: the range (1..30000000) has 30000000 numbers (1 to 100 are possible)`},
		{"endless loop over a line end", "{% for i in\n(1..30000000) %}x{% endfor %}", `m/text.txt:1:1: the range (1..30000000) has 30000000 numbers (1 to 100 are possible)`},
		{"endless loop by data", `{% for i in (1..orders.count) %}x{% endfor %}`, "m/text.txt:1:1: a range is only possible as `for x in (1..10)`, in figures"},
		{"backward range", `{% for i in (9..1) %}x{% endfor %}`, `m/text.txt:1:1: the range (9..1) has 0 numbers (1 to 100 are possible)`},
		{"range in an assignment", `{% assign r = (1..3000000) %}`, "m/text.txt:1:1: a range is only possible as `for x in (1..10)`, in figures"},
		{"range in an output", `{{ (1..300000) | join }}`, "m/text.txt:1:1: a range is only possible as `for x in (1..10)`, in figures"},
		{"range in a test", `{% if (1..3) contains 2 %}x{% endif %}`, "m/text.txt:1:1: a range is only possible as `for x in (1..10)`, in figures"},
		{"three loops deep", `{% for a in (1..2) %}{% for b in (1..2) %}{% for c in (1..2) %}x{% endfor %}{% endfor %}{% endfor %}`, `m/text.txt:1:43: loops more than 2 deep`},
		{"too much work", `{% for a in (1..100) %}{% for b in (1..100) %}x{{ a }}{% endfor %}{% endfor %}`, `m/text.txt:1:48: up to here the template can take more than 10000 steps (use shorter loops, or fewer filters in them)`},
		{"doubling by capture", `{% capture a %}x{% endcapture %}{% capture b %}{{ a }}{{ a }}{% endcapture %}`,
			"m/text.txt:1:1: the tag \"capture\" is not supported\nm/text.txt:1:33: the tag \"capture\" is not supported"},
		{"doubling by append", `{% assign a = "xxxxxxxx" %}` + strings.Repeat(`{% assign a = a | append: a %}`, 24) + `{{ a }}`,
			`m/text.txt:1:1: filter "append": the result would be longer than 4 KiB` + unknown +
				"\n" + `m/text.txt:1:1: filter "append": the result would be longer than 4 KiB (for a customer of whom everything is known)`},
		{"number too big for the scanner", `{{ 99999999999999999999999 }}`, `m/text.txt:1:1: cannot be read: strconv.ParseInt: parsing "99999999999999999999999": value out of range`},
		{"asks for the time", `x{% if customer.locale %}{{ "now" | date }}{% endif %}`, `m/text.txt:1:1: filter "date": not a date: write it as 2026-03-02; a template cannot ask for today (for a customer of whom everything is known)`},
		{"date that may be unknown", `{{ orders.last_on | date: "%d %B" }}`, `m/text.txt:1:1: filter "date": the date is not known for every customer: write {% if orders.last_on %}{{ orders.last_on | date: "%d %B" }}{% endif %}` + unknown},
		{"misspelt field", "Hi\n{% if customer.locale %}{{ customer.frist_name }}{% endif %}", `m/text.txt:2:25: unknown field "customer.frist_name" (did you mean "customer.first_name"?)`},
		{"unknown variable", `{{ name }}`, `m/text.txt:1:1: unknown field "name" (did you mean "customer.first_name"?)`},
		{"whole object", `{{ customer }}`, `m/text.txt:1:1: unknown field "customer" (customer has: first_name, id, last_name, locale)`},
		{"misspelt filter", `{{ customer.id | upcas }}`, `m/text.txt:1:1: unknown filter "upcas" (did you mean "upcase"?)`},
		{"a filter's name elsewhere", `{{ customer.id | upper }}{{ customer.id | toUpper }}{{ customer.id | length }}{{ orders.total | currency }}`,
			"m/text.txt:1:1: unknown filter \"upper\" (did you mean \"upcase\"?)\nm/text.txt:1:26: unknown filter \"toUpper\" (did you mean \"upcase\"?)\n" +
				"m/text.txt:1:53: unknown filter \"length\" (did you mean \"size\"?)\nm/text.txt:1:79: unknown filter \"currency\" (did you mean \"money\"?)\n" +
				"m/text.txt:1:79: orders.total is money (print it with {{ orders.total | money }})"},
		{"a name that nobody knows", `{{ customer.id | frobnicate }}`, `m/text.txt:1:1: unknown filter "frobnicate"`},
		{"misspelt tag", `{% fi customer.id %}`, `m/text.txt:1:1: unknown tag "fi" (did you mean "if"?)`},
		{"takes a taken name", `{% assign customer = 1 %}{% assign forloop = 1 %}`,
			"m/text.txt:1:1: the name \"customer\" is taken (choose another name)\nm/text.txt:1:26: the name \"forloop\" is taken (choose another name)"},
		{"not closed", "a\n {{ customer.id", `m/text.txt:2:2: "{{" is not closed on its line`},
		{"block not closed", `{% if customer.id %}`, `m/text.txt:1:1: {% if %} is never closed (write {% endif %} behind what it is for)`},
		{"raw", "\n{% raw %}{{ x }}{% endraw %}", `m/text.txt:2:1: the tag "raw" is not supported`},
		{"divides by nothing", `{{ 1 | divided_by: orders.count }}`, `m/text.txt:1:1: filter "divided_by": division by zero` + unknown},
		{"wrong kind", `x{{ customer.last_name | first }}`, `m/text.txt:1:1: text where a list is needed (for a customer of whom everything is known)`},
		{"too long", strings.Repeat("x", 64<<10+1), `m/text.txt:1:1: is longer than 64 KiB`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := message.Check("m", map[string]message.Files{"": {Subject: "s", Text: tt.text + "\n{{ unsubscribe_url }}"}}, message.Options{})
			if diff := cmp.Diff(tt.want, faultsOf(t, err)); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCheckRefusesInTheHTMLPart(t *testing.T) {
	t.Parallel()
	const link = "a value inside a link, a style or a script (end it with `| url_encode`)"
	const bare = `a value without quotes around it, inside an HTML tag (write title="{{ … }}")`
	tests := []struct{ name, html, want string }{
		{"name as a link", `<p><a class=x href="{{ customer.first_name }}">`, "m/body.html:1:4: a link whose address comes from a value or a tag (write its beginning out, up to the first / after the host: https://shop.example/)\nm/body.html:1:21: " + link},
		{"id in a query", `<a href="https://x.example/?c={{ customer.id }}">`, "m/body.html:1:31: " + link},
		{"handler", `<b onclick='x("{{ customer.id }}")'>`, "m/body.html:1:16: " + link},
		{"no quotes", `<a href={{ unsubscribe_url }}>`, "m/body.html:1:9: " + bare},
		{"an attribute's name", `<b {{ customer.id }}>`, "m/body.html:1:4: " + bare},
		{"script", "x\n<SCRIPT>", `m/body.html:2:1: a script: mail programs refuse it (leave it out)`},
		{"undoes the escaping", `{{ customer.id | safe }}`, `m/body.html:1:1: unknown filter "safe" (values in body.html are always escaped)`},
		{"escapes twice", `{{ customer.id | escape }}`, `m/body.html:1:1: unknown filter "escape" (values in body.html are escaped already)`},
		{"encoded in a query is fine", `<a href="https://x.example/?c={{ customer.id | url_encode }}">`, ""},
		{"title is fine", `<a href='{{ unsubscribe_url }}' title="{{ customer.first_name }}">{{ customer.last_name }}</a>`, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := message.Check("m", map[string]message.Files{"": {Subject: "s", Text: "{{ unsubscribe_url }}", HTML: tt.html + "\n<p>{{ unsubscribe_url }}</p>"}}, message.Options{})
			if diff := cmp.Diff(tt.want, faultsOf(t, err)); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
		})
	}
}

// Every part carries the link, for every customer; what was stored before is
// not asked for it.
func TestCheckWantsTheLinkToUnsubscribe(t *testing.T) {
	t.Parallel()
	const link = "{{ unsubscribe_url }}"
	const none = ": has no link to unsubscribe; every e-mail needs one (put {{ unsubscribe_url }} into it)"
	const some = ": not every customer gets the link to unsubscribe; every e-mail needs one (print {{ unsubscribe_url }} as it is, outside of {% if %})"
	const unknown = " (for a customer of whom nothing optional is known)"
	tests := []struct{ name, text, html, want string }{
		{"in both parts", link, "<p>" + link, ""},
		{"the text alone", link, "", ""},
		{"in either branch", "{% if orders.last_on %}a " + link + "{% else %}b " + link + "{% endif %}", "", ""},
		{"in no part", "Hello", "<p>Hello", "m/body.html" + none + "\nm/text.txt" + none},
		{"in the text only", link, "<p>Hello", "m/body.html" + none},
		{"in the HTML part only", "Hello", "<p>" + link, "m/text.txt" + none},
		{"for some customers", "Hello{% if customer.first_name %} " + link + "{% endif %}", "", "m/text.txt" + some},
		{"in a comment", "Hello{% comment %}" + link + "{% endcomment %}", "", "m/text.txt" + some},
		{"changed", "{{ unsubscribe_url | upcase }}", "", "m/text.txt" + some},
		{"beside other faults", "{{ name }}", "", "m/text.txt" + none + "\nm/text.txt:1:1: unknown field \"name\" (did you mean \"customer.first_name\"?)"},
		{"beside an empty rendering", "{{ customer.first_name }}", "", "m/text.txt: the text is empty" + unknown + "\nm/text.txt" + none},
		{"no text at all", " \n", "", "m/text.txt: is missing or empty (every e-mail needs subject.txt and text.txt)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := message.Check("m", map[string]message.Files{"": {Subject: "s", Text: tt.text, HTML: tt.html}}, message.Options{})
			if diff := cmp.Diff(tt.want, faultsOf(t, err)); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
		})
	}
	if _, err := message.Compile("m", message.Files{Subject: "s", Text: "Hello", HTML: `<a href="/sale">`}); err != nil {
		t.Errorf("a stored message without a link no longer compiles: %v", err)
	}
}

func TestCompileReportsAllFilesAtOnce(t *testing.T) {
	t.Parallel()
	_, err := message.Compile("win/messages/hi", message.Files{Subject: "{{ a }}", HTML: "{{ b }}\n{{ c }}"})
	want := `win/messages/hi/body.html:1:1: unknown field "b"
win/messages/hi/body.html:2:1: unknown field "c"
win/messages/hi/subject.txt:1:1: unknown field "a"
win/messages/hi/text.txt: is missing or empty (every e-mail needs subject.txt and text.txt)`
	if diff := cmp.Diff(want, faultsOf(t, err)); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
}

// What is wrong with one file hides nothing of the others.
func TestAFaultOfOneFileHidesNoneOfAnother(t *testing.T) {
	t.Parallel()
	const unknown = " (for a customer of whom nothing optional is known)"
	tests := []struct {
		name  string
		files map[string]message.Files
		want  string
	}{
		{"an unclosed tag beside what only rendering finds", map[string]message.Files{"": {
			Subject: "{% if orders.count %}Hi", Text: "{{ 1 | divided_by: orders.count }} {{ unsubscribe_url }}", HTML: "{{ customer.frist_name }}"}},
			`m/body.html: has no link to unsubscribe; every e-mail needs one (put {{ unsubscribe_url }} into it)
m/body.html:1:1: unknown field "customer.frist_name" (did you mean "customer.first_name"?)
m/subject.txt:1:1: {% if %} is never closed (write {% endif %} behind what it is for)
m/text.txt:1:1: filter "divided_by": division by zero` + unknown},
		{"of one language beside another", map[string]message.Files{
			"":   {Subject: "Hi", Text: "{{ unsubscribe_url }}{{ x | upper }}"},
			"zh": {Subject: "{{ customer.first_name }}", Text: "感谢"}},
			`m/text.txt:1:22: unknown field "x"
m/text.txt:1:22: unknown filter "upper" (did you mean "upcase"?)
m/zh/subject.txt: the subject is empty` + unknown + `
m/zh/text.txt: has no link to unsubscribe; every e-mail needs one (put {{ unsubscribe_url }} into it)`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := message.Check("m", tt.files, message.Options{})
			if diff := cmp.Diff(tt.want, faultsOf(t, err)); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
		})
	}
}
