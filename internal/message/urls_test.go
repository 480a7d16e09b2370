package message_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rewave/rewave/internal/message"
)

func TestCheckFollowsLinks(t *testing.T) {
	t.Parallel()
	const (
		whole = " (write it whole: https://shop.example/page)"
		value = "a link whose address comes from a value or a tag (write its beginning out, up to the first / after the host: https://shop.example/)"
		host  = " has a value or a tag in its host (only what stands after the host may differ)"
		kinds = " does not begin with https (http, https, mailto and tel are possible)"
	)
	markup := []struct{ name, html, want string }{
		{"a page", `<a href="https://shop.example/x?a=1&amp;b=2#c">x</a><img src='http://cdn.shop.example:8080/i.png'>`, ""},
		{"a page of one's own", `<a href="https://shop.example/p/{{ orders.count | url_encode }}{% if orders.count %}?x=1{% endif %}">x</a>`, ""},
		{"an international host", `<a href="https://straße.example/">x</a>`, ""},
		{"the way out", `<a href=" {{- unsubscribe_url -}} ">x</a>`, ""},
		{"an anchor, a mailbox and a telephone", `<a href="#top">x</a><a href="mailto:a@shop.example">x</a><a href="tel:+4930">x</a>`, ""},
		{"twice the same", `<a href="https://shop.example">x</a><a href="https://shop.example">x</a>`, ""},
		{"in a comment", `<!-- <a href="x"> -->{% comment %}<a href="y">{% endcomment %}`, ""},
		{"a relative page", "<p>\n é <a href=\"/sale\">x</a>", `m/body.html:2:4: the link "/sale" is not a whole address` + whole},
		{"no scheme", `<a href="www.shop.example/x">x</a>`, `m/body.html:1:1: the link "www.shop.example/x" is not a whole address` + whole},
		{"nothing", `<a href="">x</a>`, `m/body.html:1:1: a link that leads nowhere` + whole},
		{"no host", `<a href="https:///x">x</a>`, `m/body.html:1:1: the link "https:///x" has no host` + whole},
		{"no host, no strokes", `<a href="https:shop.example">x</a>`, `m/body.html:1:1: the link "https:shop.example" has no host` + whole},
		{"a space in the host", `<a href="https://shop example/">x</a>`, `m/body.html:1:1: the link "https://shop example/" is not an address` + whole},
		{"somebody before the host", `<a href="https://shop.example@evil.example/">x</a>`, `m/body.html:1:1: the link "https://shop.example@evil.example/" is not an address` + whole},
		{"a value in the scheme", `<a href="{{ shop.name | url_encode }}://x.example">x</a>`, `m/body.html:1:1: ` + value},
		{"a value in the host", `<a href="https://{{ shop.name | url_encode }}.example/">x</a>`, `m/body.html:1:1: the link "https://….example/"` + host},
		{"a value as a port", `<a href="https://x.example:{{ orders.count | url_encode }}/">x</a>`, `m/body.html:1:1: the link "https://x.example:…/"` + host},
		{"a tag in the host", `<a href="https://{% if orders.count %}a{% endif %}.example/">x</a>`, `m/body.html:1:1: the link "https://…a….example/"` + host},
		{"the way out, and more", `<a href="{{ unsubscribe_url }}?x=1">x</a>`, `m/body.html:1:1: ` + value},
		{"a script", `<a href="javascript:alert(1)">x</a>`, `m/body.html:1:1: the link "javascript:alert(1)"` + kinds},
		{"a script in disguise", "<a href=\" java&#115;cr\n\tipt:alert(1)\">x</a>", `m/body.html:1:1: the link "javascript:alert(1)"` + kinds},
		{"data", `<img src="data:image/png;base64,xxxx">`, `m/body.html:1:1: the link "data:image/png;base64,xxxx"` + kinds},
		{"in a style and a set", `<p style="background:url('x.png')"><img srcset="https://shop.example/a 1x, b.png 2x">`,
			`m/body.html:1:1: the link "x.png" is not a whole address` + whole + "\n" + `m/body.html:1:36: the link "b.png" is not a whole address` + whole},
	}
	for _, tt := range markup {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := message.Check("m", map[string]message.Files{"": {Subject: "s", Text: "{{ unsubscribe_url }}", HTML: tt.html + "\n<p>{{ unsubscribe_url }}</p>"}}, message.Options{})
			if diff := cmp.Diff(faultsOf(t, err), tt.want); diff != "" {
				t.Errorf("-got +want\n%s", diff)
			}
		})
	}
	for _, tt := range []struct{ name, text, want string }{
		{"pages, and a full stop", "See https://shop.example/x, or (https://shop.example/y).\n見て：https://shop.example/z。", ""},
		{"a page of one's own", "https://shop.example/?c={{ customer.id | url_encode }}", ""},
		{"words with a colon", "The file: a list. Data: none. http is fine.", ""},
		{"no host", "a\nb http:///x", `m/text.txt:2:3: the link "http:///x" has no host` + whole},
		{"a value in the host", "https://{{ shop.name }}/x", `m/text.txt:1:1: the link "https://…/x"` + host},
		{"a script", "javascript:alert(1)", `m/text.txt:1:1: the link "javascript:alert(1"` + kinds},
	} {
		t.Run("text: "+tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := message.Check("m", map[string]message.Files{"": {Subject: "s", Text: tt.text + "\n{{ unsubscribe_url }}"}}, message.Options{})
			if diff := cmp.Diff(faultsOf(t, err), tt.want); diff != "" {
				t.Errorf("-got +want\n%s", diff)
			}
		})
	}
}
