package rules

import (
	"flag"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/rewave/rewave/internal/calendar"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func euro(t testing.TB) Basis {
	zone, err := calendar.Zone("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	return Basis{Zone: zone, Digits: 2}
}

func instant(t testing.TB, s string) time.Time {
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// ann ordered three times; the last order was late on 2 March in Berlin.
func ann(t testing.TB) Env {
	return NewEnv(Customer{ID: "ann", Region: "BY", EmailKnown: true}, []OrderFact{
		{At: instant(t, "2026-03-02T22:30:00Z"), Minor: 10001},
		{At: instant(t, "2025-11-11T09:00:00Z"), Minor: 29950},
		{At: instant(t, "2025-11-10T22:59:59Z"), Minor: 5000},
		{At: instant(t, "2026-03-09T10:00:00Z"), Minor: 99999}, // after the decision
	}, instant(t, "2026-03-05T01:00:00Z"), euro(t))
}

func nobody(t testing.TB) Env {
	return NewEnv(Customer{ID: "new"}, nil, instant(t, "2026-03-05T01:00:00Z"), euro(t))
}

func compile(t testing.TB, rule string, options Options) *Program {
	t.Helper()
	p, faults := Compile(rule, options)
	if len(faults) > 0 {
		t.Fatalf("%s: %v", rule, faults)
	}
	return p
}

func TestMatch(t *testing.T) {
	t.Parallel()
	trigger := OrderFact{At: instant(t, "2026-03-04T23:30:00Z"), Minor: 29900, Lines: 3}
	for _, test := range []struct{ rule, ann, nobody string }{
		{"true", "true", "true"},
		{"orders.count == 3", "true", "false"},
		{"orders.revenue == 449.51", "true", "false"},
		{"orders.revenue >= 449.52", "false", "false"},
		{"orders.revenue > 299", "true", "false"},
		{"orders.average == 149.84", "true", "orders.average is unknown: there are no such orders"},
		{"orders.days_since_last == 3", "true", "orders.days_since_last is unknown: there are no such orders"},
		{"orders.days_since_first == 115", "true", "orders.days_since_first is unknown: there are no such orders"},
		{"orders.count > 0 and orders.days_since_last < 90", "true", "false"},
		{`orders.first_on == "2025-11-10"`, "true", "orders.first_on is unknown: there are no such orders"},
		{`orders.last_on in ["2026-03-01", "2026-03-02"]`, "true", "orders.last_on is unknown: there are no such orders"},
		{`orders.on("2025-11-11").revenue >= 299 and orders.before("2025-11-11").count == 1`, "true", "false"},
		{`orders.on("2025-11-11").revenue == 299.5`, "true", "false"},
		{`orders.since("2025-11-11").count == 2`, "true", "false"},
		{`orders.before(orders.last_on).count == 2`, "true", "orders.last_on is unknown: there are no such orders"},
		{`orders.in("3d").count == 1 and orders.in("50h").count == 0`, "true", "false"},
		{`orders.in("3d").count == 1 and orders.in("50h").count == 1`, "false", "false"},
		{`orders.in("51h").count == 1`, "true", "false"},
		{`orders.since("2025-11-11").before("2026-01-01").count == 1`, "true", "false"},
		{`orders.before("2020-01-01").average > 1`, "orders.average is unknown: there are no such orders", "orders.average is unknown: there are no such orders"},
		{`customer.region == "BY"`, "true", "customer.region is unknown: the profile does not say"},
		{`customer.region != "BY"`, "false", "customer.region is unknown: the profile does not say"},
		{`customer.region_known and customer.region in ["BY", "BE"]`, "true", "false"},
		{`customer.region not in ["HH"]`, "true", "customer.region is unknown: the profile does not say"},
		{`lower(customer.id) startsWith "an"`, "true", "false"},
		{`not customer.email_known`, "false", "true"},
		{`at.on == "2026-03-05" and at.weekday == "thursday" and at.month == 3 and at.day == 5`, "true", "true"},
		{"1 < orders.count < 5", "true", "false"},
		{"orders.revenue / orders.count > 100", "true", "division by 0"},
		{"orders.count in [1, 2, 3]", "true", "false"},
		{"abs(orders.count - 5) <= 2", "true", "false"},
		{"order.revenue >= 299 && order.lines == 3", "true", "true"},
		{`order.on == "2026-03-05" || !true`, "true", "true"},
	} {
		t.Run(test.rule, func(t *testing.T) {
			t.Parallel()
			p := compile(t, test.rule, Options{Order: true})
			if got := outcome(p, ann(t).WithOrder(trigger)); got != test.ann {
				t.Errorf("ann: got %s, want %s", got, test.ann)
			}
			if got := outcome(p, nobody(t).WithOrder(trigger)); got != test.nobody {
				t.Errorf("nobody: got %s, want %s", got, test.nobody)
			}
		})
	}
}

func outcome(p *Program, env Env) string {
	match, err := p.Match(env)
	switch {
	case err != nil:
		return err.Error()
	case match:
		return "true"
	default:
		return "false"
	}
}

func TestTotalsGiveTheSameAnswers(t *testing.T) {
	t.Parallel()
	full := ann(t)
	totals := NewTotalsEnv(Customer{ID: "ann", Region: "BY", EmailKnown: true}, Totals{
		Count: 3, Minor: 44951, First: instant(t, "2025-11-10T22:59:59Z"), Last: instant(t, "2026-03-02T22:30:00Z"),
	}, instant(t, "2026-03-05T01:00:00Z"), euro(t))
	for _, rule := range []string{
		"orders.count == 3", "orders.revenue == 449.51", "orders.average == 149.84", "orders.days_since_last == 3",
		`orders.first_on < orders.last_on and orders.last_on == "2026-03-02"`,
	} {
		p := compile(t, rule, Options{})
		if got, want := outcome(p, totals), outcome(p, full); got != want || want != "true" {
			t.Errorf("%s: from totals %s, from orders %s", rule, got, want)
		}
	}
	p := compile(t, `orders.in("1d").count == 0`, Options{})
	if got, want := outcome(p, totals), "the history of orders was not loaded"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestNeeds(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		rule string
		want Needs
	}{
		{"true", Needs{}},
		{"orders.count == 1", Needs{Orders: true}},
		{`orders.on("2025-11-11").count == 1`, Needs{Orders: true, History: true}},
		{"order.revenue > 10", Needs{Order: true}},
		{`customer.zone_known and customer.region == "BY" and customer.region != "BE"`, Needs{Customer: []string{"region", "zone_known"}}},
	} {
		got := compile(t, test.rule, Options{Order: true}).Needs()
		if diff := cmp.Diff(got, test.want); diff != "" {
			t.Errorf("%s: -got +want\n%s", test.rule, diff)
		}
	}
}

func TestExplain(t *testing.T) {
	t.Parallel()
	p := compile(t, `orders.count >= 2 and (orders.days_since_last >= 90 or not customer.email_known) and orders.since("2026-01-01").last_on == "2026-03-02" && customer.locale == "de"`, Options{})
	var got []string
	for _, c := range p.Explain(ann(t)) {
		got = append(got, c.String())
	}
	want := []string{
		"orders.count >= 2: true (orders.count is 3)",
		"orders.days_since_last >= 90: false (orders.days_since_last is 3)",
		"not customer.email_known: false (customer.email_known is true)",
		`orders.since("2026-01-01").last_on == "2026-03-02": true (orders.since("2026-01-01").last_on is 2026-03-02)`,
		`customer.locale == "de": customer.locale is unknown: the profile does not say`,
	}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("-got +want\n%s", diff)
	}
}

// Each file of the archive is a rule, then a line ---, then the whole error text.
// The first word of its name says where the rule stands.
func TestErrors(t *testing.T) {
	t.Parallel()
	const golden = "testdata/errors.txtar"
	archive, err := txtar.ParseFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	for i, f := range archive.Files {
		rule, want, _ := strings.Cut(string(f.Data), "\n---\n")
		options := Options{Order: strings.HasPrefix(f.Name, "order "), Event: strings.HasPrefix(f.Name, "event ")}
		_, faults := Compile(rule, options)
		if strings.HasPrefix(f.Name, "text ") {
			_, faults = CompileText(rule, options)
		}
		got := faults.Error() + "\n"
		if len(faults) == 0 {
			got = "no fault\n"
		}
		if *update {
			archive.Files[i].Data = []byte(rule + "\n---\n" + got)
			continue
		}
		if diff := cmp.Diff(got, want); diff != "" {
			t.Errorf("%s: -got +want\n%s", f.Name, diff)
		}
	}
	if *update {
		if err := os.WriteFile(golden, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestHostileText(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ rule, want string }{
		"a megabyte of !":       {strings.Repeat("!", 1<<20), "1:1: the rule has 1048576 bytes; at most 4096 are read"},
		"100k parentheses":      {strings.Repeat("(", 100_000), "1:1: the rule has 100000 bytes; at most 4096 are read"},
		"4000 of !":             {strings.Repeat("!", 4000) + "true", "1:51: the rule is nested more than 50 deep"},
		"4000 parentheses":      {strings.Repeat("(", 4000), "1:51: the rule is nested more than 50 deep"},
		"not not not":           {strings.Repeat("not ", 1000) + "true", "1:203: the rule is nested more than 50 deep"},
		"signs":                 {strings.Repeat("- ", 1000) + "1 > 0", "1:101: the rule is nested more than 50 deep"},
		"many ands":             {strings.Repeat("true and ", 400) + "true", "1:1: the rule has too many parts (split the campaign, or say it more simply)"},
		"not UTF-8":             {"customer.id == \"\xff\"", "1:1: the rule is not UTF-8"},
		"a loop over the world": {"all(1..1e9, {# > 0})", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, faults := Compile(test.rule, Options{})
			if len(faults) == 0 {
				t.Fatal("no fault")
			}
			if got := faults.Error(); test.want != "" && positionless(got) != positionless(test.want) {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

// positionless cuts the place where expr gave up counting, which says nothing.
func positionless(s string) string {
	if strings.Contains(s, "too many parts") {
		_, s, _ = strings.Cut(s, ": ")
	}
	return s
}

// README.md documents what a rule can say from the table the language is made of.
func TestReadmeIsTrue(t *testing.T) {
	t.Parallel()
	const begin, end = "<!-- fields: generated by go test ./rules -update -->\n", "<!-- end of fields -->\n"
	data, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok1 := strings.Cut(string(data), begin)
	got, after, ok2 := strings.Cut(rest, end)
	if !ok1 || !ok2 {
		t.Fatal("README.md has no generated part")
	}
	want := fieldTable()
	if *update {
		if err := os.WriteFile("README.md", []byte(before+begin+want+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("run go test ./rules -update: -got +want\n%s", diff)
	}
}

// What a room held before never shows: many orders, then none, then a few.
func TestARoomIsUsedAgain(t *testing.T) {
	t.Parallel()
	p := compile(t, "orders.count == 1 and orders.revenue == 50 and customer.email_known", Options{})
	at := instant(t, "2026-03-05T01:00:00Z")
	many := make([]OrderFact, 20)
	for i := range many {
		many[i] = OrderFact{At: at.Add(time.Duration(i-30) * time.Hour), Minor: 700}
	}
	ordinary := []OrderFact{{At: instant(t, "2026-03-02T22:30:00Z"), Minor: 5000}}
	var room Room
	for i, of := range []struct {
		facts []OrderFact
		want  bool
	}{{many, false}, {nil, false}, {ordinary, true}, {many[:7], false}, {ordinary, true}} {
		c := Customer{ID: "ann", EmailKnown: true}
		got, err := p.Match(room.NewEnv(c, of.facts, at, euro(t)))
		fresh, freshErr := p.Match(NewEnv(c, of.facts, at, euro(t)))
		if got != of.want || fresh != got || err != nil || freshErr != nil {
			t.Errorf("use %d: %t, %v, in a new room %t, %v; want %t", i, got, err, fresh, freshErr, of.want)
		}
	}
}

func TestAttributesAreHeldToWhatWasDeclared(t *testing.T) {
	t.Parallel()
	const text = `customer.text("like") == "tea" or customer.text("points") == "3" or customer.knows("size") or customer.knows("member") and customer.number("points") > 3`
	if _, faults := Compile(text, Options{}); len(faults) != 1 {
		t.Errorf("without declarations only the two kinds of one attribute are a fault: %v", faults)
	}
	_, faults := Compile(text, Options{Attributes: map[string]Kind{"likes": Text, "points": Number, "member": Truth}})
	got := faults.Error()
	want := `1:10: unknown attribute "like" (did you mean "likes"?)
1:44: the attribute "points" is declared as a number (write customer.number("points"))
1:78: unknown attribute "size" (declare it in rewave.yaml: attributes: {size: text})`
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("-got +want\n%s", diff)
	}
}
