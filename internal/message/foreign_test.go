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
