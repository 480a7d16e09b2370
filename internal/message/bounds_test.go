package message

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rewave/rewave/internal/source"
)

// The ceilings of one file, compiled and rendered.
const (
	inputTime   = slower * 50 * time.Millisecond
	inputMemory = slower * 32 << 20
)

// tries is how often a template is timed: the least counts, because the machine
// has other things to do.
const tries = 5

// worked is how long this process has computed: unlike a clock, it does not
// count what others do.
func worked(t testing.TB) time.Duration {
	t.Helper()
	var use syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &use); err != nil {
		t.Fatal(err)
	}
	return time.Duration(use.Utime.Nano() + use.Stime.Nano())
}

// toll compiles and renders a text and a markup part, and returns the least
// time and the most memory that it took.
func toll(t testing.TB, file, text string, o Options) (took time.Duration, memory uint64, err error) {
	t.Helper()
	files := Files{Subject: "s", Text: "x", HTML: "<p>x</p>"}
	switch file {
	case TextFile:
		files.Text = text
	case HTMLFile:
		files.HTML = text
	}
	b := Sample()
	b.Customer.FirstName, b.Customer.LastName = strings.Repeat("ɐ", maxString/2), strings.Repeat("a,", maxItems-1)
	for range tries {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		start := worked(t)
		scope := newScope(o)
		scope.checking = true
		tpl, faults := compile("m", "", files, scope)
		if err = faults.Err(); err == nil {
			_, err = Render(tpl, b)
		}
		if d := worked(t) - start; took == 0 || d < took {
			took = d
		}
		runtime.ReadMemStats(&after)
		memory = after.TotalAlloc - before.TotalAlloc
		if took < inputTime/10 {
			break
		}
	}
	return took, memory, err
}

// TotalAlloc counts what other tests allocate at the same time: these tests do
// not run beside others.
func TestHostileTemplatesStayWithinBounds(t *testing.T) {
	x := strings.Repeat
	nested := func(inner string) string {
		return "{% for i in (1..100) %}{% for j in (1..100) %}" + inner + "{% endfor %}{% endfor %}"
	}
	tests := []struct{ name, text, want string }{
		{"reads the host's file", `{% include '../../../../etc/hostname' %}`, `m/text.txt:1:1: "include" is not possible: a message cannot read other files`},
		{"a million turns", `{% for i in (1..1000000) %}0123456789{% endfor %}`, `m/text.txt:1:1: the range (1..1000000) has 1000000 numbers (1 to 100 are possible)`},
		{"loops in loops", nested("{% for k in (1..100) %}x{% endfor %}"), `m/text.txt:1:47: loops more than 2 deep`},
		{"many turns of nothing", nested(""), `m/text.txt: the text is empty`},
		{"many turns of something", nested("{{ i }}"), `m/text.txt:1:47: up to here the template can take more than 10000 steps (use shorter loops, or fewer filters in them)`},
		{"doubling", `{% assign a = "xxxxxxxx" %}` + x(`{% assign a = a | append: a %}`, 24) + `{{ a }}`, `m/text.txt:1: filter "append": the result would be longer than 4 KiB`},
		{"doubling by replace", `{% assign a = "xxxxxxxx" %}` + x(`{% assign a = a | replace: "x", a %}`, 24) + `{{ a }}`, `m/text.txt:1: filter "replace": the result would be longer than 4 KiB`},
		{"doubling by join", `{% assign a = customer.last_name | split: "" %}`, `m/text.txt:1: filter "split": more than 100 items`},
		{"a wide date", `{{ "2026-03-02" | date: "%999999999d" }}`, `m/text.txt:1: filter "date": the format has a % that stands for nothing; there are ` + directives},
		{"a deep round", `{{ 1.5 | round: 999999999 }}`, ""},
		{"a slice before itself", `{{ "abc" | slice: 0, -9223372036854775808 }}`, "m/text.txt: the text is empty"},
		{"a long output", "{% for i in (1..100) %}" + x("x", 4000) + "{% endfor %}", `m/text.txt:1: the message is longer than 256 KiB`},
		{"a long word", `{{ "` + x("x", 2000) + `" | upcase }}`, `m/text.txt:1:1: is longer than 1 KiB`},
		{"deep brackets", "{{ " + x("(", 400) + "1" + x(")", 400) + " }}", `m/text.txt:1:1: has brackets more than 10 deep`},
		{"deep brackets after an empty place", "{{}}" + x("(", 400) + "}}", `m/text.txt:1:1: has brackets more than 10 deep`},
		{"deep brackets in a tag that seems to end", "{% if 1 %%} " + x("(", 400) + " %}", `m/text.txt:1:1: has brackets more than 10 deep`},
		{"a long condition", "{% if 1 " + x("or 1 ", 150) + "%}{% endif %}", `m/text.txt:1:1: has more than 100 words`},
		{"many places", x("{{ orders.count }}", 1001), `m/text.txt:1:1: has more than 1000 tags and places`},
		{"blocks in blocks", x("{% if 1 %}", 499) + x("{% endif %}", 499) + "x", ""},
		{"as many faults as fit", x("{{ customer.frist_namex }}", 900), "m/text.txt:1:1: unknown field \"customer.frist_namex\" (did you mean \"customer.first_name\"?)"},
		{"as many comparisons as fit", x(`{% if customer.last_name contains "b" or customer.first_name == customer.last_name %}x{% endif %}`, 300) + "x", ""},
		{"prints the loop itself", "{% for i in (1..3) %}{{ forloop }}{{ forloop.x }}{% endfor %}", `m/text.txt:1:22: unknown field "forloop" (forloop has: first, index, index0, last, length, rindex, rindex0)`},
		{"a filter that panics", `{{ "a" | truncate: customer.last_name }}`, "m/text.txt:1: text where a number is needed"},
	}
	for _, tt := range tests {
		took, memory, err := toll(t, TextFile, tt.text, Options{})
		got := ""
		if err != nil {
			got = err.Error()
		}
		var list source.List
		if errors.As(err, &list) {
			got = list[0].String()
		}
		if diff := cmp.Diff(got, tt.want); diff != "" {
			t.Errorf("%s: -got +want\n%s", tt.name, diff)
		}
		if took > inputTime || memory > inputMemory {
			t.Errorf("%s: took %v and %d KiB", tt.name, took, memory>>10)
		}
	}
	for name, markup := range map[string]string{
		"an attribute without end": `<a href="` + x("{{ orders.count }}", 900),
		"many links":               x(`<a href="https://shop.example/{{ customer.id | url_encode }}">`, 1000),
		"many bad links":           x(`<a href=x>`, 6000),
		"many links without tags":  x(`<a href="https://a.b">`, 2900),
		"open tags":                x("<", 60000),
		"open comments":            x("<!--", 15000),
		"closed comments":          x("<!-->{% comment %}", 1001),
		"open styles":              x("<style", 10000),
		"open braces":              x("{ ", 30000),
		"open percents":            x("%ab", 20000),
		"open names":               x("${", 30000),
		"words in braces":          x("{a b}", 12000),
		"colons":                   x("a://", 15000),
	} {
		if took, memory, _ := toll(t, HTMLFile, markup, Options{}); took > inputTime || memory > inputMemory {
			t.Errorf("%s: took %v and %d KiB", name, took, memory>>10)
		}
	}
}

// Names that nobody knows are looked up among the attributes of the shop, of
// which there may be many, for the faults that are told.
func TestNoNameOutlastsItsSuggestion(t *testing.T) {
	attributes := func(n, length int) (names []string) {
		for i := range n {
			names = append(names, fmt.Sprintf("a%s%05d", strings.Repeat("b", length-6), i))
		}
		return names
	}
	// written is a format with another number, in letters, n times, or as often
	// as a file holds.
	written := func(n int, format string) string {
		var b strings.Builder
		for i := 0; i < n && b.Len() < maxSource-200; i++ {
			letters := strings.Map(func(r rune) rune { return r - '0' + 'a' }, fmt.Sprintf("%05d", i))
			fmt.Fprintf(&b, format, letters)
		}
		return b.String()
	}
	const long = "abbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
	for _, tt := range []struct {
		name, text string
		attributes []string
	}{
		{"one name, often", written(maxSource, "{attrnumbraof}%.0s "), attributes(500, 12)},
		{"one name with a dollar, often", written(maxSource, "${abcdefghi}%.0s "), nil},
		{"many names", written(maxSource, "{attrnumb%s} "), attributes(500, 12)},
		{"many long names", written(maxSource, "{customer."+long+"%sx} "), attributes(500, len(long)+5)},
		{"many long names of our own", written(900, "{{ customer."+long+"%sx }}"), attributes(500, len(long)+5)},
		{"many attributes", written(maxSource, "{attrnumb%s} "), attributes(20_000, 12)},
		{"many figures", strings.Repeat("{attr12345} ", 5000), attributes(500, 12)},
		{"far from the line's start", strings.Repeat("x", 60_000) + written(110, "{attrnumb%s} "), attributes(500, 12)},
		{"many filters", written(900, "{{ 1 | plusx%s | plusy | plusz }}"), nil},
	} {
		took, memory, err := toll(t, TextFile, tt.text, Options{Attributes: tt.attributes})
		base, ground, _ := toll(t, TextFile, "x", Options{Attributes: tt.attributes})
		took, memory = took-base, memory-min(ground, memory)
		if took > inputTime || memory > inputMemory {
			t.Errorf("%s: took %v and %d KiB", tt.name, took, memory>>10)
		}
		t.Logf("%-30s %8v %6d KiB", tt.name, took.Round(10*time.Microsecond), memory>>10)
		var list source.List
		if !errors.As(err, &list) || len(list) != maxFaults {
			t.Errorf("%s: %d faults", tt.name, len(list))
		}
	}
}

// The worst that each filter can do: as often as Compile lets it, on the longest
// value there is.
func TestNoFilterOutlastsItsSteps(t *testing.T) {
	arguments := map[string]string{
		"append": `: ""`, "prepend": `: ""`, "replace": `: "q", "r"`, "replace_first": `: "q", "r"`, "remove": `: "q"`, "remove_first": `: "q"`,
		"slice": ": 0, 100000", "truncate": ": 100000", "default": `: "x"`, "plus": ": 1", "minus": ": 1", "times": ": 1", "divided_by": ": 1",
		"modulo": ": 7", "round": ": 3", "at_least": ": 1", "at_most": ": 1", "pluralize": `: "a", "b"`, "split": `: ","`, "date": `: "%A %B %d %A %B %d %A %B"`,
	}
	for _, f := range catalogue {
		value, prefix := "customer.first_name", ""
		switch {
		case f.cost >= listed:
			value, prefix = "a", `{% assign a = customer.last_name | split: "," %}`
		case f.name == "split":
			value = "customer.last_name"
		case f.name == "date":
			value = `"2026-03-02"`
		case f.name == "url_encode":
			value = `customer.last_name`
		case f.cost == cheap && f.name != "default", f.name == "money":
			value = "1234567.891"
		}
		use := "{% assign b = " + value + " | " + f.name + arguments[f.name] + " %}"
		loops := 0
		var worst string
		for turns := 1; turns <= maxRange*maxRange; turns += max(1, turns/20) {
			text := prefix + fmt.Sprintf("{%% for i in (1..%d) %%}{%% for j in (1..%d) %%}%s{%% endfor %%}{%% endfor %%}x", min(turns, maxRange), max(1, turns/maxRange), use)
			if _, err := Compile("m", Files{Subject: "s", Text: text}); err != nil {
				break
			}
			loops, worst = turns, text
		}
		took, memory, err := toll(t, TextFile, worst, Options{})
		if err != nil {
			t.Errorf("%s: %v", f.name, err)
		}
		if took > inputTime || memory > inputMemory {
			t.Errorf("%s: %d times took %v and %d KiB", f.name, loops, took, memory>>10)
		}
		t.Logf("%-14s %5d times %8v %6d KiB", f.name, loops, took.Round(10*time.Microsecond), memory>>10)
	}
}

func FuzzCheck(f *testing.F) {
	for _, s := range []string{"{% for i in (1..9) %}{{ i | times: 2 }}{% break %}{% endfor %}", `<a href="https://shop.example/{{ customer.id | url_encode }}">x</a>`,
		"{% case customer.locale %}{% when 'en', 'de' %}x{% else %}y{% endcase %}", "{{ 'a,b' | split: ',' | last | append: \"\\\"\" }}",
		"{%comment%}{%endcomment%}{{-customer.id-}}", "{{ coupon.code }}{{ coupon.value | money }}", "{{ event.eta | date: '%d %B', 'Europe/Berlin' }}",
		"{{ stratum.name }}{% if order.total > 20 %}{{ order.on | date }}{% endif %}", "{{}}((}}", "{% if 1 %%} ( %}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		files := map[string]Files{"": {Subject: "s", Text: text, HTML: text, SMS: text}, "zh": {Subject: text, Text: "x"}}
		options := Options{Coupon: true, Strata: true, Order: true, Event: true, Currency: "CNY"}
		b := sample(options, nil)
		b.Customer.FirstName, b.Customer.LastName = "<script>alert(1)</script>", "<script>"
		if _, err := Check("m", files, options); err != nil && err.Error() == "" {
			t.Fatal("a fault without words")
		}
		least := time.Duration(1 << 62)
		for range tries { // of five files
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			start := worked(t)
			set, err := NewSet("m", files, options)
			var got Content
			if err == nil {
				got, err = Render(set.For("en"), b)
			}
			least = min(least, worked(t)-start)
			runtime.ReadMemStats(&after)
			if memory := after.TotalAlloc - before.TotalAlloc; memory > 5*inputMemory {
				t.Fatalf("took %d KiB", memory>>10)
			}
			if err == nil && strings.Contains(strings.ToLower(got.HTML), "<script") {
				t.Fatalf("markup from data: %q", got.HTML)
			}
			if err == nil && strings.ContainsAny(got.Subject, "\r\n") {
				t.Fatalf("subject %q", got.Subject)
			}
			if least < 5*inputTime {
				return
			}
		}
		t.Fatalf("took %v", least)
	})
}
