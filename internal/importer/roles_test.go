package importer_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rewave/rewave/internal/importer"
	"github.com/rewave/rewave/internal/testkit"
)

// A role that a file gives is given from then on, whatever was proposed; a file
// that gives none leaves what there is.
func TestAFileGivesRoles(t *testing.T) {
	t.Parallel()
	db := testkit.NewDB(t)
	bring := func(name, rows string, want map[string]int, changed int64) {
		t.Helper()
		got := run(t, db, importer.Options{Kind: importer.Products, Currency: "GBP", File: write(t, name, []byte(rows))})
		if diff := cmp.Diff(got.RejectedBy, want); diff != "" || got.Products.Changed != changed {
			t.Errorf("%s: %+v, rejected (-got +want):\n%s", name, got.Products, diff)
		}
	}
	roles := func(want ...string) {
		t.Helper()
		got := testkit.List[string](t, db, "select row(sku, role, role_given, role_reasons)::text from products order by sku")
		if diff := cmp.Diff(got, want); diff != "" {
			t.Errorf("-got +want\n%s", diff)
		}
	}
	bring("a.csv", "sku,role\ncup,\npot,Profit\npot,\ntea,dear\n", map[string]int{"not a role (profit, traffic, potential, marginal, new)": 1}, 0)
	roles("(cup,,f,)", "(pot,profit,t,)")

	db.Exec(t, "update products set role = 'marginal', role_reasons = '{}', role_at = now() where sku = 'cup'")
	bring("b.csv", "sku,name,role\ncup,Cup,\npot,Pot,\n", map[string]int{}, 2)
	roles("(cup,marginal,f,{})", "(pot,profit,t,)")
	bring("c.csv", "sku,role\ncup,marginal\npot,traffic\n", map[string]int{}, 2) // the same role, but now it is given
	roles("(cup,marginal,t,)", "(pot,traffic,t,)")
	bring("c.csv", "sku,role\ncup,marginal\npot,traffic\n", map[string]int{}, 0)
}
