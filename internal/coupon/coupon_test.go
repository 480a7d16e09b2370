package coupon

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var day = time.Date(2026, 11, 11, 0, 0, 0, 0, time.UTC)

func minor(n int64) *int64 { return &n }

func TestWhatIsWrongWithTheTermsOfAPool(t *testing.T) {
	t.Parallel()
	fine := Pool{Name: "d11-20-off", Kind: Amount, Value: minor(2000), Currency: "EUR", PerCustomer: 1}
	for _, test := range []struct {
		name, want string
		change     func(*Pool)
	}{
		{"fine", "", func(*Pool) {}},
		{"a percentage", "", func(p *Pool) { *p = Pool{Name: "p", Kind: Percent, Percent: Whole / 10, PerCustomer: 1} }},
		{"a gift that costs nothing", "", func(p *Pool) { p.Kind, p.Value = Gift, minor(0) }},
		{"free shipping, cost unknown", "", func(p *Pool) { *p = Pool{Name: "p", Kind: FreeShipping, PerCustomer: 5} }},
		{"name", `"D11" is no name of a pool: lower-case letters, digits and strokes, at most 60`, func(p *Pool) { p.Name = "D11" }},
		{"kind", `there is no kind "bogof"; there are amount, percent, free_shipping and gift`, func(p *Pool) { p.Kind = "bogof" }},
		{"no value", "an amount needs a value above 0", func(p *Pool) { p.Value = nil }},
		{"nothing off", "an amount needs a value above 0", func(p *Pool) { p.Value = minor(0) }},
		{"no share", "a percentage needs a value from above 0% to 100%", func(p *Pool) { p.Kind, p.Value = Percent, nil }},
		{"more than all", "a percentage needs a value from above 0% to 100%", func(p *Pool) { p.Kind, p.Value, p.Percent = Percent, nil, Whole+1 }},
		{"both", "percent, and no other kind, takes a value in %", func(p *Pool) { p.Percent = 1 }},
		{"capped amount", "only a percentage has a most that it takes off", func(p *Pool) { p.AtMost = minor(1) }},
		{"no minimum", "money must be above 0", func(p *Pool) { p.MinSpend = minor(0) }},
		{"no currency", "money needs a currency", func(p *Pool) { p.Currency = "" }},
		{"backwards", "it would end before it begins", func(p *Pool) { p.From, p.Until = day, day }},
		{"for nobody", "one customer may be given 1 code or more", func(p *Pool) { p.PerCustomer = 0 }},
	} {
		p := fine
		test.change(&p)
		got := ""
		if err := p.Check(); err != nil {
			got = err.Error()
		}
		if got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}

func TestTermsDifferInWhatIsPromisedAndNothingElse(t *testing.T) {
	t.Parallel()
	p := Pool{Name: "p", Kind: Amount, Value: minor(2000), Currency: "EUR", Until: day, PerCustomer: 1}
	q := p
	q.Says, q.Value, q.Until = "other words", minor(2000), day.In(time.FixedZone("there", 3600))
	if !p.SameTerms(q) {
		t.Error("the same terms were called different")
	}
	for name, change := range map[string]func(*Pool){
		"kind": func(p *Pool) { p.Kind = Gift }, "value": func(p *Pool) { p.Value = minor(1) }, "no value": func(p *Pool) { p.Value = nil },
		"percent": func(p *Pool) { p.Percent = 1 }, "currency": func(p *Pool) { p.Currency = "GBP" }, "most": func(p *Pool) { p.AtMost = minor(1) },
		"minimum": func(p *Pool) { p.MinSpend = minor(1) }, "from": func(p *Pool) { p.From = day.Add(-time.Hour) },
		"until": func(p *Pool) { p.Until = time.Time{} }, "limit": func(p *Pool) { p.PerCustomer = 2 },
	} {
		q := p
		change(&q)
		if p.SameTerms(q) {
			t.Errorf("%s: different terms were called the same", name)
		}
	}
}

func TestWhoMayBeGivenACode(t *testing.T) {
	t.Parallel()
	p := Pool{From: day, Until: day.Add(24 * time.Hour), PerCustomer: 2}
	for _, test := range []struct {
		name string
		had  int
		at   time.Time
		want Refusal
	}{
		{"too early", 0, day.Add(-1), NotValid},
		{"at the beginning", 1, day, ""},
		{"has had enough", 2, day, Limit},
		{"at the end, which is no longer in it", 5, day.Add(24 * time.Hour), NotValid},
	} {
		if got := p.Refuses(test.had, test.at); got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
	if got := (Pool{PerCustomer: 1}).Refuses(0, day); got != "" {
		t.Errorf("a pool without bounds: got %q", got)
	}
}

func TestACodeEndsWithItsTimeOrItsPool(t *testing.T) {
	t.Parallel()
	until := day.Add(72 * time.Hour)
	for _, test := range []struct {
		name  string
		pool  Pool
		after time.Duration
		want  time.Time
	}{
		{"its own time", Pool{Until: until}, time.Hour, day.Add(time.Hour)},
		{"the pool's end", Pool{Until: until}, 100 * time.Hour, until},
		{"only the pool's end", Pool{Until: until}, 0, until},
		{"only its own time", Pool{}, 100 * time.Hour, day.Add(100 * time.Hour)},
		{"no end", Pool{}, 0, time.Time{}},
	} {
		if got := test.pool.Expiry(day, test.after); !got.Equal(test.want) {
			t.Errorf("%s: got %v, want %v", test.name, got, test.want)
		}
	}
}

func TestWhatACodeTakesOffAnOrder(t *testing.T) {
	t.Parallel()
	type face struct {
		Minor int64
		Known bool
	}
	amount := Pool{Kind: Amount, Value: minor(2000), Currency: "EUR"}
	capped := Pool{Kind: Percent, Percent: Whole / 5, AtMost: minor(3000), Currency: "EUR"}
	for _, test := range []struct {
		name     string
		pool     Pool
		net      int64
		currency string
		want     face
	}{
		{"amount", amount, 10000, "EUR", face{2000, true}},
		{"amount, of a small order", amount, 1500, "EUR", face{1500, true}},
		{"amount, of an order below nothing", amount, -5, "EUR", face{0, true}},
		{"amount, other currency", amount, 10000, "GBP", face{2000, false}},
		{"a fifth", capped, 10000, "EUR", face{2000, true}},
		{"a fifth, capped", capped, 20000, "EUR", face{3000, true}},
		{"a fifth, cap in another currency", capped, 20000, "GBP", face{3000, false}},
		{"half to even, down", Pool{Kind: Percent, Percent: Whole / 2, Currency: "GBP"}, 5, "GBP", face{2, true}},
		{"half to even, up", Pool{Kind: Percent, Percent: Whole / 2, Currency: "GBP"}, 7, "GBP", face{4, true}},
		{"all of a large order", Pool{Kind: Percent, Percent: Whole, Currency: "GBP"}, 1_000_000_000_000_000, "GBP", face{1_000_000_000_000_000, true}},
		{"a percentage of another currency", Pool{Kind: Percent, Percent: Whole / 2}, 100, "GBP", face{50, false}},
		{"gift", Pool{Kind: Gift, Value: minor(300), Currency: "EUR"}, 100, "EUR", face{300, true}},
		{"shipping, cost unknown", Pool{Kind: FreeShipping}, 100, "EUR", face{0, false}},
	} {
		var got face
		got.Minor, got.Known = test.pool.Face(test.net, test.currency)
		if diff := cmp.Diff(got, test.want); diff != "" {
			t.Errorf("%s (-got +want):\n%s", test.name, diff)
		}
	}
	for _, test := range []struct {
		name string
		pool Pool
		want face
	}{
		{"amount", amount, face{2000, true}},
		{"capped percentage", capped, face{3000, true}},
		{"percentage", Pool{Kind: Percent, Percent: 1}, face{0, false}},
		{"gift", Pool{Kind: Gift}, face{0, false}},
	} {
		var got face
		got.Minor, got.Known = test.pool.Exposure()
		if diff := cmp.Diff(got, test.want); diff != "" {
			t.Errorf("exposure of %s (-got +want):\n%s", test.name, diff)
		}
	}
}

func TestAListOfCodesIsReadLineByLine(t *testing.T) {
	t.Parallel()
	codes, rejects := ReadList([]byte("\ufeffCode\r\nABCD1\r\n\"EFGH2\"\n\nabcd1\nABCD1\nA,B\nABC\nCODE\n" + "X-1234\nLAST9"))
	if diff := cmp.Diff(codes, []Written{{2, "ABCD1"}, {3, "EFGH2"}, {9, "CODE"}, {11, "LAST9"}}); diff != "" {
		t.Errorf("codes (-got +want):\n%s", diff)
	}
	const form = "not 4 to 40 capitals A to Z and digits"
	want := []Reject{{5, "abcd1", form}, {6, "ABCD1", "stands here twice"}, {7, "A,B", "more than one column"}, {8, "ABC", form}, {10, "X-1234", form}}
	if diff := cmp.Diff(rejects, want); diff != "" {
		t.Errorf("rejects (-got +want):\n%s", diff)
	}
}

func FuzzReadList(f *testing.F) {
	f.Add([]byte("code\nABCD\n"))
	f.Add([]byte("\ufeff\"\"\n\"\n,;\r\r\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		codes, rejects := ReadList(text)
		seen, last := map[string]bool{}, 0
		for _, c := range codes {
			if seen[c.Code] || c.Line <= last || !Possible(c.Code) {
				t.Fatalf("%+v after line %d of %q", c, last, text)
			}
			seen[c.Code], last = true, c.Line
		}
		for _, r := range rejects {
			if r.Why == "" || r.Line < 1 {
				t.Fatalf("%+v of %q", r, text)
			}
		}
	})
}
