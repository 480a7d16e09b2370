package rules

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rewave/rewave/internal/assortment"
)

// tasted is a basis with a shop of three categories, of which 100 orders came to
// 10,000 in all, and what followed 100 of them.
func tasted(t testing.TB) Basis {
	b := euro(t)
	b.Scores = &Scores{Version: ScoresVersion, Tastes: &assortment.Tastes{
		Spent: map[string]int64{"food": 600_000, "toys": 300_000, "wear": 100_000}, Orders: 100,
		Next: assortment.Transitions{All: 100, From: map[string]int64{"food": 80, "toys": 20}, To: map[string]int64{"food": 50, "toys": 40, "wear": 10},
			Rows: map[string]map[string]int64{"food": {"food": 50, "toys": 25}}},
	}}
	return b
}

// mei spent 180.50 on food and 230.00 on toys, and food last; three orders of the
// shop come to 300.00.
func TestTastes(t *testing.T) {
	t.Parallel()
	basis := tasted(t)
	read := func(rule string, env Env) string {
		t.Helper()
		got, err := compile(t, rule, Options{}).Match(env)
		if err != nil {
			return err.Error()
		}
		return map[bool]string{false: "false", true: "true"}[got]
	}
	near := func(what string, want float64) string { return "abs(" + what + " - " + jsonOf(want) + ") < 1e-12" }
	known, fresh, unfitted := mei(t), bare(t), mei(t)
	moments := []*Env{&known, &fresh}
	for _, env := range moments {
		m := *env.root.At
		m.basis = basis
		*env.root.At = m
	}
	for _, test := range []struct{ rule, mei, bare, unfitted string }{
		{near(`affinity("food")`, (18050+30000*.6)/(41050+30000)/.6), "true", "false", `affinity("food") is unknown: no model was fitted`},
		{near(`affinity("toys")`, (23000+30000*.3)/(41050+30000)/.3), "true", "false", `affinity("toys") is unknown: no model was fitted`},
		{`affinity("wear") < 0.5`, "true", "false", `affinity("wear") is unknown: no model was fitted`},
		{`affinity("wear") == 1`, "false", "true", `affinity("wear") is unknown: no model was fitted`},
		{`affinity("books") > 1`, `affinity("books") is unknown: the shop has not sold it`, `affinity("books") is unknown: the shop has not sold it`, `affinity("books") is unknown: no model was fitted`},
		{near(`next_category("food")`, .6), "true", `next_category("food") is unknown: there are no such orders`, `next_category("food") is unknown: no model was fitted`},
		{near(`next_category("toys")`, (25+20*40.5/101)/100), "true", `next_category("toys") is unknown: there are no such orders`, `next_category("toys") is unknown: no model was fitted`},
		{near(`next_category("books")`, 20*.5/101/100), "true", `next_category("books") is unknown: there are no such orders`, `next_category("books") is unknown: no model was fitted`},
		{`orders.favourite == "toys" and orders.since("2026-01-01").favourite == "food" and orders.of("food").favourite == "food"`, "true", "orders.favourite is unknown: no line has a category", "true"},
		{`orders.of_sku("X-1").favourite == "toys"`, "orders.favourite is unknown: no line has a category", "orders.favourite is unknown: no line has a category", "orders.favourite is unknown: no line has a category"},
	} {
		got := []string{read(test.rule, known), read(test.rule, fresh), read(test.rule, unfitted)}
		if diff := cmp.Diff(got, []string{test.mei, test.bare, test.unfitted}); diff != "" {
			t.Errorf("%s: -got +want\n%s", test.rule, diff)
		}
	}
	if got, want := compile(t, `affinity("food") > 1`, Options{}).Needs(), (Needs{Orders: true, History: true, Lines: true, Scores: true}); !cmp.Equal(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// Scores are kept as JSON, and read back give the same.
func TestTastesAreKept(t *testing.T) {
	t.Parallel()
	want := tasted(t).Scores
	text, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	got := &Scores{}
	if err := json.Unmarshal(text, got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("-got +want\n%s", diff)
	}
	if c := got.Tastes.Next.Chance("food", "food"); math.Abs(c.Share-.6) > 1e-12 {
		t.Errorf("got %+v", c)
	}
}

func jsonOf(x float64) string {
	text, err := json.Marshal(x)
	if err != nil {
		panic(err)
	}
	return string(text)
}
