package message_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/gsm"
	"github.com/rewave/rewave/internal/message"
)

func set(t *testing.T, files map[string]message.Files, o message.Options) *message.Set {
	t.Helper()
	s, err := message.NewSet("m", files, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestForFindsTheNearestLanguage(t *testing.T) {
	t.Parallel()
	s := set(t, map[string]message.Files{
		"": {Subject: "base", Text: "x"}, "zh": {Subject: "zh", Text: "x"}, "zh-TW": {Subject: "zh-TW", Text: "{{ orders.count }}"}, "de": {Subject: "de", Text: "x"},
	}, message.Options{})
	for locale, want := range map[string]string{
		"": "base", "en": "base", "zh": "zh", "zh-CN": "zh", "zh-TW": "zh-TW", "zh_tw": "zh-TW", "zh-Hans-CN": "zh", "ZH-tw-x-y": "zh-TW",
		"de-AT": "de", "den": "base", "-": "base", "fr-de": "base",
	} {
		got, err := message.Render(s.For(locale), message.Sample())
		if err != nil || got.Subject != want {
			t.Errorf("%q: %q, %v, want %q", locale, got.Subject, err, want)
		}
	}
	if !s.Reads("orders") || s.Reads("coupon") || s.For("de").Reads("orders") {
		t.Error("Reads does not know its languages")
	}
	_, err := message.NewSet("m", map[string]message.Files{"zh": {Subject: "s", Text: "x"}}, message.Options{})
	want := "m: has no text for everybody else (put the files of one language into the folder itself)"
	if diff := cmp.Diff(faultsOf(t, err), want); diff != "" {
		t.Errorf("-got +want\n%s", diff)
	}
}

// Money, dates and numbers of phones are written as the language of the text
// has them, whatever the customer's.
func TestValuesSpeakTheLanguageOfTheText(t *testing.T) {
	t.Parallel()
	const all = `{{ order.total | money }} · {{ orders.total | minus: 1000000 | money }} · {{ order.on | date }} · {{ order.on | date: "%a %b" }} · {{ 5 | money: "CHF" }}`
	const figures = `{{ order.total | money }} · {{ order.on | date }}`
	b := message.Sample()
	b.Order = &message.Order{ID: "1", Total: &message.Amount{Minor: 123450, Currency: "EUR"}, On: time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)}
	b.Orders.Total = &message.Amount{Minor: 2000, Currency: "EUR"}
	for _, tt := range []struct{ locale, text, want string }{
		{"", all, "€1,234.50 · -€999,980.00 · 2 March 2026 · Mon Mar · CHF\u00a05.00"},
		{"de", all, "1.234,50\u00a0€ · -999.980,00\u00a0€ · 2. März 2026 · Mo März · 5,00\u00a0CHF"},
		{"de-AT", figures, "€\u00a01\u00a0234,50 · 2. März 2026"},
		{"zh", all, "€1,234.50 · -€999,980.00 · 2026年3月2日 · 周一 3月 · CHF\u00a05.00"},
		{"fr", figures, "1\u00a0234,50\u00a0€ · 2 mars 2026"},
		{"es", figures, "1.234,50\u00a0€ · 2 de marzo de 2026"},
		{"nl", figures, "€\u00a01.234,50 · 2 maart 2026"},
		{"pl", figures, "1\u00a0234,50\u00a0€ · 2026-03-02"},
	} {
		files := map[string]message.Files{"": {Subject: "s", Text: "x"}}
		files[tt.locale] = message.Files{Subject: "s", Text: tt.text, SMS: `{{ order.total | money }}/{{ order.on | date }}`}
		got, err := message.Render(set(t, files, message.Options{Order: true, Currency: "EUR"}).For(tt.locale), b)
		if err != nil {
			t.Errorf("%s: %v", tt.locale, err)
		}
		if diff := cmp.Diff(got.Text, tt.want); diff != "" {
			t.Errorf("%s: -got +want\n%s", tt.locale, diff)
		}
		if l := gsm.Measure(got.SMS); l.Encoding != gsm.Septets && tt.locale != "zh" || l.Segments != 1 {
			t.Errorf("%s: %q takes %v", tt.locale, got.SMS, l)
		}
	}
	for currency, want := range map[string]string{"CNY": "¥20.00", "USD": "US$20.00", "JPY": "JP¥2,000", "KWD": "KWD\u00a02.000", "XXX": "20.00", "": "20.00"} {
		b.Orders.Total = &message.Amount{Minor: 2000, Currency: currency}
		s := set(t, map[string]message.Files{"": {Subject: "s", Text: "{{ orders.total | money }}"}}, message.Options{Currency: currency, Locale: "zh"})
		if got, err := message.Render(s.For(""), b); err != nil || got.Text != want {
			t.Errorf("%s: %q, %v, want %q", currency, got.Text, err, want)
		}
	}
}

func TestMoneyInAnotherCurrencyIsUnknown(t *testing.T) {
	t.Parallel()
	s := set(t, map[string]message.Files{"": {Subject: "s", Text: `{{ orders.total | money | default: "unknown" }}{% if orders.total > 5 %} much{% endif %}`}}, message.Options{Currency: "EUR"})
	b := message.Sample()
	for _, tt := range []struct {
		total *message.Amount
		want  string
	}{{nil, "unknown"}, {&message.Amount{Minor: 2000, Currency: "USD"}, "unknown"}, {&message.Amount{Minor: 500, Currency: "EUR"}, "€5.00"}, {&message.Amount{Minor: 501, Currency: "EUR"}, "€5.01 much"}} {
		b.Orders.Total = tt.total
		if got, err := message.Render(s.For(""), b); err != nil || got.Text != tt.want {
			t.Errorf("%v: %q, %v, want %q", tt.total, got.Text, err, tt.want)
		}
	}
}

func TestInstantsOfEventsAreTakenIntoAZone(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	s := set(t, map[string]message.Files{"": {Subject: "s", Text: `{{ event.eta | date: "%d %H:%M" }} {{ event.eta | date: "%d %H:%M", "Europe/Berlin" }} {{ event.gone }}{{ event.days | plus: 1 }} {{ event.weight }} {{ event.fragile }} {{ event.on }}`}},
		message.Options{Event: true, Zone: zone})
	b := message.Sample()
	b.Event = map[string]any{"eta": "2026-03-02T18:30:00Z", "days": 3.0, "weight": 1.5, "fragile": true, "on": time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)}
	want := "03 02:30 02 19:30 4 1.5 true 2026-03-02"
	if got, err := message.Render(s.For(""), b); err != nil || got.Text != want {
		t.Errorf("%q, %v, want %q", got.Text, err, want)
	}
}

// What a template can never be given in this use is a fault of validate, with
// what to do.
func TestCheckKnowsTheUse(t *testing.T) {
	t.Parallel()
	const text = "{{ unsubscribe_url }} {{ coupon.code }}{{ stratum.concern }}{{ order.id }}{{ event.carrier }}{{ customer.birthday }}"
	all := message.Options{Coupon: true, Strata: true, Notes: []string{"concern"}, Order: true, Event: true, Attributes: []string{"birthday"}, Channels: []string{"email"}}
	none := `m/text.txt:1:23: coupon.code: there is not always a coupon with this message (give every wave that sends it ` + "`coupon: {pool: ...}`" + `)
m/text.txt:1:40: stratum.concern: the campaign has no strata (write ` + "`strata:`" + `, or leave it out)
m/text.txt:1:61: order.id: no order brings customers into this campaign (` + "`enter: {on: order_paid}` does; `orders`" + ` is known always)
m/text.txt:1:75: event.carrier: no event brings customers into this campaign (` + "`enter: {on: {event: ...}}`" + ` does)
m/text.txt:1:94: unknown field "customer.birthday" (customer has: first_name, id, last_name, locale; an attribute is declared in rewave.yaml: attributes: {birthday: text})`
	long := ""
	for range 50 {
		long += "a line of a text message that is too long for anybody. "
	}
	tests := []struct {
		name    string
		files   message.Files
		options message.Options
		want    string
	}{
		{"everything there is", message.Files{Subject: "s", Text: text}, all, ""},
		{"nothing there is", message.Files{Subject: "s", Text: text}, message.Options{}, none},
		{"nothing is known of the campaign", message.Files{Subject: "s", Text: text}, message.Options{Lenient: true}, ""},
		{"a note that no stratum has", message.Files{Subject: "s", Text: "{{ unsubscribe_url }}{{ stratum.concerns }}"}, all, `m/text.txt:1:22: unknown field "stratum.concerns" (did you mean "stratum.concern"?)`},
		{"no file for a channel", message.Files{Subject: "s", Text: "{{ unsubscribe_url }}"}, message.Options{Channels: []string{"sms", "email"}}, "m/sms.txt: is missing or empty (every text message needs sms.txt)"},
		{"a text message alone", message.Files{SMS: "Hi {{ unsubscribe_url }}"}, message.Options{Channels: []string{"sms"}}, ""},
		{"a text message without a way out", message.Files{SMS: "Hi"}, message.Options{Channels: []string{"sms"}},
			"m/sms.txt: has no link to unsubscribe; every text message that advertises needs one (put {{ unsubscribe_url }} into it)"},
		{"a service", message.Files{Subject: "s", Text: "Late", SMS: "Late"}, message.Options{Channels: []string{"sms", "email"}, Service: true}, ""},
		{"a text message that nobody pays for", message.Files{SMS: long + "{{ unsubscribe_url }}"}, message.Options{Channels: []string{"sms"}},
			"m/sms.txt: the text message takes 19 segments (GSM-7, 2811 characters): more than 10 are not sent (for a customer of whom nothing optional is known)\n" +
				"m/sms.txt: the text message takes 19 segments (GSM-7, 2811 characters): more than 10 are not sent (for a customer of whom everything is known)"},
		{"a coupon that may lack", message.Files{Subject: "s", Text: "{{ unsubscribe_url }} {{ coupon.expires_on | date }}"}, message.Options{Coupon: true, Codeless: true},
			"m/text.txt:1:1: filter \"date\": the date is not known for every customer: write {% if coupon.expires_on %}{{ coupon.expires_on | date }}{% endif %} (for a customer of whom nothing optional is known)"},
		{"a code that is changed", message.Files{Subject: "s", Text: `{{ unsubscribe_url }} {{ coupon.code | downcase }}{% assign c = coupon.code %}{% if coupon.code contains "x" %}{% endif %}{{ "a" | append: coupon.code }}`}, all,
			`m/text.txt:1:23: coupon.code is put in after everything else is written (print it as it is: {{ coupon.code }})
m/text.txt:1:51: coupon.code is put in after everything else is written (print it as it is: {{ coupon.code }})
m/text.txt:1:79: coupon.code is put in after everything else is written (print it as it is: {{ coupon.code }})
m/text.txt:1:123: coupon.code is put in after everything else is written (print it as it is: {{ coupon.code }})`},
		{"a code where there is one", message.Files{Subject: "s", Text: "{{ unsubscribe_url }}{% if coupon.code and coupon.value %} {{ coupon.code | url_encode }}{% endif %}"}, all, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := message.Check("m", map[string]message.Files{"": tt.files}, tt.options)
			if diff := cmp.Diff(faultsOf(t, err), tt.want); diff != "" {
				t.Errorf("-got +want\n%s", diff)
			}
		})
	}
}

func TestCheckMeasuresTextMessages(t *testing.T) {
	t.Parallel()
	got, err := message.Check("m", map[string]message.Files{
		"":   {SMS: "Thank you. {{ coupon.code }}: {{ coupon.value | money }} off. Stop: {{ unsubscribe_url }}\n"},
		"zh": {SMS: "感谢您的订单，优惠码 {{ coupon.code }}，立减 {{ coupon.value | money }}。退订 {{ unsubscribe_url }}"},
	}, message.Options{Channels: []string{"sms"}, Coupon: true, Currency: "CNY", Link: "https://s.example/"})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]message.Length{"": {Length: gsm.Length{Encoding: gsm.Septets, Characters: 104, Segments: 1}}, "zh": {Length: gsm.Length{Encoding: gsm.UCS2, Characters: 96, Segments: 2}}}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("-got +want\n%s", diff)
	}
}

// A text message is as dear as the dearer of those two who know it least and best.
func TestLengthsAreOfTheDearerCustomer(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 70)
	files := map[string]message.Files{
		"":   {SMS: `{{ customer.likes | default: "茶" }}` + long + ` {{ unsubscribe_url }}`},
		"de": {SMS: `{% if customer.likes %}茶{% endif %}` + long + ` {{ unsubscribe_url }}`},
	}
	shop := message.Options{Channels: []string{"sms"}, Link: "https://s.example/"}
	declared := shop
	declared.Attributes = []string{"likes"}
	most := message.Length{Length: gsm.Length{Encoding: gsm.UCS2, Characters: 130, Segments: 2}, Foreign: "茶"}
	want := map[string]message.Length{"": most, "de": most}
	checked, err := message.Check("m", files, declared)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(checked, want); diff != "" {
		t.Errorf("checked: -got +want\n%s", diff)
	}
	stored, err := message.Lengths("m", files, shop)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(stored, want); diff != "" {
		t.Errorf("stored: -got +want\n%s", diff)
	}
	got, err := message.Lengths("m", map[string]message.Files{"": {SMS: "{{ customer.likes | divided_by: 0 }}"}}, shop)
	if err == nil {
		t.Errorf("what fails was measured: %v", got)
	}
}

// A name that phones have no letters for doubles what its message costs, and not
// what is said of everybody's. Letters of the text itself double it for all.
func TestANameDoublesNoEstimate(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 60)
	septets := func(n int) gsm.Length { return gsm.Length{Encoding: gsm.Septets, Characters: n, Segments: 1} }
	ucs2 := func(n, segments int) gsm.Length {
		return gsm.Length{Encoding: gsm.UCS2, Characters: n, Segments: segments}
	}
	for name, test := range map[string]struct {
		text string
		want message.Length
	}{
		"a name":                {"{{ customer.first_name }}, " + long, message.Length{Length: septets(133), Named: ucs2(133, 2)}},
		"no name":               {long, message.Length{Length: septets(119)}},
		"a curly apostrophe":    {"we’re back: " + long, message.Length{Length: ucs2(131, 2), Foreign: "’"}},
		"a name and two dashes": {"{{ customer.first_name }} – — " + long, message.Length{Length: ucs2(136, 3), Foreign: "– —"}},
		"another script":        {"感谢您的订单" + long, message.Length{Length: ucs2(125, 2)}},
		"a short one":           {"’", message.Length{Length: ucs2(60, 1)}},
	} {
		got, err := message.Check("m", map[string]message.Files{"": {SMS: test.text + " {{ unsubscribe_url }}"}}, message.Options{Channels: []string{"sms"}, Link: "https://s.example/"})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(got, map[string]message.Length{"": test.want}); diff != "" {
			t.Errorf("%s: -got +want\n%s", name, diff)
		}
	}
}

func TestSplicePutsTheCodeIntoEveryPart(t *testing.T) {
	t.Parallel()
	files := message.Files{Subject: "{{ coupon.code }} for you", Text: "({{ coupon.code }}) {{ coupon.code }}{% if customer.first_name == '' %}{% endif %}",
		HTML: `<a href="https://shop.example/?c={{ coupon.code | url_encode }}">{{ coupon.code }}</a>`, SMS: "{{ coupon.code }}"}
	s := set(t, map[string]message.Files{"": files}, message.Options{Coupon: true})
	content, err := message.Render(s.For(""), message.Sample())
	if err != nil {
		t.Fatal(err)
	}
	got, err := message.Splice(content, "SAVE20")
	want := message.Content{Subject: "SAVE20 for you", Text: "(SAVE20) SAVE20", HTML: `<a href="https://shop.example/?c=SAVE20">SAVE20</a>`, SMS: "SAVE20"}
	if diff := cmp.Diff(got, want); diff != "" || err != nil {
		t.Errorf("%v: -got +want\n%s", err, diff)
	}
	for _, code := range []string{"", "save20", "A&B", "A\nB", "Ä"} {
		if _, err := message.Splice(content, code); err == nil {
			t.Errorf("%q is taken for a code", code)
		}
	}
	b := message.Sample()
	b.Customer.FirstName = "x" + message.Sentinel
	if _, err := message.Render(s.For(""), b); err == nil || err.Error() != "customer.first_name holds the place of a coupon's code" {
		t.Errorf("a name that pretends to be a code: %v", err)
	}
	b = message.Sample()
	b.Coupon = nil
	if got, err := message.Render(s.For("").Only("sms"), b); err == nil {
		t.Errorf("without a coupon: %+v", got)
	}
	if diff := cmp.Diff(s.For("").Only("call"), (*message.Template)(nil)); diff != "" {
		t.Errorf("for a channel without files: %s", diff)
	}
}

func TestTheDateOfAnOccasionIsKnownOfEverybody(t *testing.T) {
	t.Parallel()
	files := map[string]message.Files{"": {Subject: "s", Text: `On {{ customer.birthday | date: "%d.%m." }}`}}
	if _, err := message.Check("m", files, message.Options{Service: true, Occasion: "birthday"}); err != nil {
		t.Error(err)
	}
	_, err := message.Check("m", files, message.Options{Service: true, Attributes: []string{"birthday"}})
	want := `m/text.txt:1:1: filter "date": the date is not known for every customer: write {% if customer.birthday %}{{ customer.birthday | date: "%d.%m." }}{% endif %} (for a customer of whom nothing optional is known)`
	if diff := cmp.Diff(faultsOf(t, err), want); diff != "" {
		t.Errorf("-got +want\n%s", diff)
	}
}

func TestWhatWasDeclaredIsStillReadWhenItIsSent(t *testing.T) {
	t.Parallel()
	s := set(t, map[string]message.Files{"": {Subject: "s", Text: "{{ customer.likes }}"}, "de": {Subject: "{{ customer.member }}", Text: "x"}}, message.Options{})
	if diff := cmp.Diff(s.Attributes(), []string{"likes", "member"}); diff != "" {
		t.Errorf("attributes: -got +want\n%s", diff)
	}
	b := message.Sample()
	b.Customer.Attributes = map[string]any{"likes": "tea"}
	c, err := message.Render(s.For(""), b)
	if err != nil || c.Text != "tea" {
		t.Errorf("text = %q, %v", c.Text, err)
	}
}

func TestUsesAreOfEveryWaveThatSendsAMessage(t *testing.T) {
	t.Parallel()
	pool := &campaigns.Coupon{Pool: "p", Exhausted: "send"}
	c := campaigns.Campaign{
		Enter:  campaigns.Enter{Occasion: &campaigns.Occasion{Attribute: "birthday"}},
		Strata: &campaigns.Strata{Values: []campaigns.Stratum{{Name: "food", Notes: map[string]string{"concern": "safety"}}, {Name: "daily"}}, Default: "daily"},
		Waves: []campaigns.Wave{
			{Name: "a", Channels: []string{"sms"}, Content: campaigns.Content{Message: "x", Coupon: pool}},
			{Name: "b", Channels: []string{"email"}, Service: true, Content: campaigns.Content{Message: "y"},
				Variants: []campaigns.Variant{{Name: "p"}, {Name: "q", Content: campaigns.Content{Message: "x"}}}},
			{Name: "c", Channels: []string{"email"}, ByStratum: []campaigns.StratumPart{{Stratum: "food", Content: campaigns.Content{Message: "z", Coupon: pool}}, {Stratum: "default", Content: campaigns.Content{Message: "y"}}}},
		},
	}
	shop := message.Options{Currency: "EUR", Attributes: []string{"tier"}}
	common := message.Options{Currency: "EUR", Attributes: []string{"tier"}, Occasion: "birthday", Strata: true, Notes: []string{"concern"}}
	of := func(change func(*message.Options)) message.Options { o := common; change(&o); return o }
	want := map[string]message.Options{
		"x": of(func(o *message.Options) { o.Channels, o.Codeless = []string{"sms", "email"}, true }),
		"y": of(func(o *message.Options) { o.Channels = []string{"email"} }),
		"z": of(func(o *message.Options) { o.Channels, o.Coupon, o.Codeless = []string{"email"}, true, true }),
	}
	if diff := cmp.Diff(message.Uses(c, shop), want); diff != "" {
		t.Errorf("-got +want\n%s", diff)
	}
}

func TestALongFieldIsRefused(t *testing.T) {
	t.Parallel()
	b := message.Sample()
	b.Customer.LastName = string(make([]byte, 5000))
	_, err := message.Render(set(t, map[string]message.Files{"": {Subject: "s", Text: "{{ customer.last_name }}"}}, message.Options{}).For(""), b)
	if err == nil || err.Error() != "customer.last_name is longer than 4 KiB" {
		t.Errorf("error = %v", err)
	}
}
