package message_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rewave/rewave/internal/message"
)

func compile(t testing.TB, files message.Files) *message.Template {
	t.Helper()
	tpl, err := message.Compile("m", files)
	if err != nil {
		t.Fatal(err)
	}
	return tpl
}

var thanks = message.Files{
	Subject: "{{ customer.first_name | default: \"Hello\" }}, thank you\n",
	Text: `Dear {{ customer.first_name | default: "customer" }},
{% if orders.count > 1 -%}
this was your order number {{ orders.count }}, the last on {{ orders.last_on | date: "%d %B %Y" }}.
{%- else -%}
this was your first order.
{%- endif %}
{% for i in (1..3) %}{{ forloop.index }}{% unless forloop.last %}-{% endunless %}{% endfor %}
{{ shop.name }}: {{ unsubscribe_url }}
`,
	HTML: `<p title="{{ customer.last_name }}">Dear {{ customer.first_name | default: "customer" }}</p><a href="{{ unsubscribe_url }}">no more</a>`,
}

// link is the sample's.
var link = message.Sample().UnsubscribeURL

func TestRender(t *testing.T) {
	t.Parallel()
	tpl := compile(t, thanks)
	tests := []struct {
		name string
		with message.Bindings
		want message.Content
	}{
		{"everything known, escaped in HTML only", message.Sample(), message.Content{
			Subject: `Zoë "Zo" <b>, thank you`,
			Text:    "Dear Zoë \"Zo\" <b>,\nthis was your order number 3, the last on 02 March 2026.\n1-2-3\nDemo & Shop: " + link + "\n",
			HTML:    `<p title="O&#39;Hara &amp; Söhne">Dear Zoë &#34;Zo&#34; &lt;b&gt;</p><a href="` + link + `">no more</a>`,
		}},
		{"nothing optional known", message.Sparse(), message.Content{
			Subject: "Hello, thank you",
			Text:    "Dear customer,\nthis was your first order.\n1-2-3\nDemo & Shop: " + link + "\n",
			HTML:    `<p title="">Dear customer</p><a href="` + link + `">no more</a>`,
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := message.Render(tpl, tt.with)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("content (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDataCannotStartAHeaderFromTheSubject(t *testing.T) {
	t.Parallel()
	tpl := compile(t, message.Files{Subject: "Hi {{ customer.first_name }}!", Text: "x"})
	b := message.Sample()
	b.Customer.FirstName = "Ann\r\nBcc: all@shop.example\r\n\r\nBody\x00\u2028\u0085Z"
	got, err := message.Render(tpl, b)
	if err != nil {
		t.Fatal(err)
	}
	if want := "Hi Ann Bcc: all@shop.example Body Z!"; got.Subject != want {
		t.Errorf("subject = %q, want %q", got.Subject, want)
	}
}

func TestRenderStopsAtTheOutputCeiling(t *testing.T) {
	t.Parallel()
	tpl := compile(t, message.Files{Subject: "s", Text: "{% for i in (1..100) %}" + strings.Repeat("x", 4000) + "{% endfor %}"})
	_, err := message.Render(tpl, message.Sample())
	if err == nil || err.Error() != "m/text.txt:1: the message is longer than 256 KiB" {
		t.Errorf("error = %v", err)
	}
}

// A render fault is stored as a reason and logged: the customer's values must
// not be in it.
func TestRenderErrorsHoldNoValues(t *testing.T) {
	t.Parallel()
	b := message.Sample()
	b.Customer.FirstName = "PLANTED (value) in it"
	for _, text := range []string{
		`{{ customer.first_name | first }}`, `{{ customer.first_name | join }}`, `{{ customer.first_name | date }}`,
		`{{ customer.first_name | round }}`, `{{ "x" | truncate: customer.first_name }}`, `{{ 1 | divided_by: customer.first_name }}`,
		`{{ customer.first_name | sort }}`, `{{ customer.first_name | modulo: 2 }}`, `{{ "a" | slice: customer.first_name }}`,
		`{% for i in (1..3) limit: customer.first_name %}{% endfor %}`, `{% assign a = customer.first_name | split: "" %}{{ a[customer.first_name] }}`,
	} {
		_, err := message.Render(compile(t, message.Files{Subject: "s", Text: text}), b)
		if err == nil {
			t.Errorf("%s: no error", text)
		} else if strings.Contains(err.Error(), "PLANTED") {
			t.Errorf("%s: the error holds a customer's value: %v", text, err)
		}
	}
}

func TestRenderIsSafeForMany(t *testing.T) {
	t.Parallel()
	tpl := compile(t, thanks)
	want, err := message.Render(tpl, message.Sample())
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 200 {
				got, err := message.Render(tpl, message.Sample())
				if err != nil || got != want {
					t.Errorf("render = %+v, %v", got, err)
					return
				}
			}
		})
	}
	wg.Wait()
}

func BenchmarkRender(b *testing.B) {
	body := strings.Repeat("Some more words of an ordinary message, as one writes them. ", 15)
	plain := message.Files{
		Subject: `{{ customer.first_name | default: "Hello" }}, thank you`,
		Text:    `Dear {{ customer.first_name | default: "customer" }}, ` + body + "{{ shop.name }} {{ unsubscribe_url }}",
		HTML:    `<p>Dear {{ customer.first_name | default: "customer" }},</p><p>` + body + `</p><a href="{{ unsubscribe_url }}">{{ shop.name }}</a>`,
	}
	for name, files := range map[string]message.Files{
		"ordinary": plain,
		"dense":    {Subject: thanks.Subject, Text: thanks.Text + body, HTML: thanks.HTML + body},
	} {
		b.Run(name, func(b *testing.B) {
			tpl, with := compile(b, files), message.Sample()
			b.ReportAllocs()
			for b.Loop() {
				if _, err := message.Render(tpl, with); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
