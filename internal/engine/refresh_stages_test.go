package engine_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rewave/rewave/internal/customer"
	"github.com/rewave/rewave/internal/postgres"
	"github.com/rewave/rewave/internal/testkit"
	"github.com/rewave/rewave/rules"
)

const rightStages = `select count(*)::int from customer_stages s join customer_features f using (customer_id, version) where s.scores_id = (select max(scores_id) from scores where accepted)`

// A fill that breaks off in the midst goes on where it was, however many are at it;
// a new fit begins anew, and of what was right nothing is done twice.
func TestAFillOfStagesGoesOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := context.Background()
	w.shopping()
	right := func() int { return testkit.Get[int](t, w.db, rightStages) }
	worked := func() int {
		n, err := w.RefreshStages(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if n := worked(); n != 0 || testkit.Get[int](t, w.db, "select count(*)::int from stage_due") != 0 {
		t.Errorf("without scores: %d were worked out, or hints are left", n)
	}
	if _, err := w.FitScores(ctx, start, false); err != nil {
		t.Fatal(err)
	}

	// Pieces of 400, each of which breaks off once after it was written.
	broken := errors.New("broken")
	q := postgres.StagingQuery{Currency: "EUR", Zone: "UTC", At: start, Most: 400}
	var sizes []int64
	for again := true; again; {
		for _, breaks := range []bool{true, false} {
			before := right()
			ran, err := w.Store.Staging(ctx, q, func(g *postgres.Staging) error {
				var logs []postgres.StageLog
				err := g.Orders(ctx, func(id int64, version int, _ time.Time) {
					if n := len(logs); n == 0 || logs[n-1].Customer != id {
						logs = append(logs, postgres.StageLog{Customer: id, Version: version, Log: []customer.Transition{{Since: 1, Stage: customer.Mature}}})
					}
				})
				if err == nil {
					err = g.Keep(ctx, logs)
				}
				if err == nil && breaks {
					err = broken
				}
				if !breaks {
					sizes = append(sizes, g.Upto)
				}
				return err
			})
			if breaks && ran || breaks && errors.Is(err, broken) != (before < 1500) || !breaks && err != nil {
				t.Fatalf("ran %t, %v", ran, err)
			}
			if breaks && right() != before {
				t.Fatalf("a piece that broke off left %d", right()-before)
			}
			again = ran
		}
	}
	if len(sizes) != 4 || right() != 1500 {
		t.Errorf("%d right, by pieces up to %v", right(), sizes)
	}
	if n := worked(); n != 0 {
		t.Errorf("%d were worked out that were right", n)
	}

	// Somebody's order came late, somebody's was refunded, somebody was merged.
	w.db.Exec(t, `insert into orders (source, shop_order_id, customer_id, placed_at, currency, gross_minor) values ('test', 'late', 7, $1::timestamptz - interval '400 days', 'EUR', 100)`, start)
	w.db.Exec(t, `update orders set unkept_at = $1, refunded_minor = gross_minor where customer_id = 8`, start)
	w.db.Exec(t, `update customers set merged_into = 10 where customer_id = 9`)
	w.db.Exec(t, `update orders set customer_id = 10 where customer_id = 9`)
	if _, err := w.Store.RebuildFeatures(ctx); err != nil {
		t.Fatal(err)
	}
	if right() != 1496 {
		t.Errorf("%d are taken for right", right())
	}
	if n := worked(); n != 2 || right() != 1498 || testkit.Get[int](t, w.db, "select count(*)::int from customer_stages") != 1498 {
		t.Errorf("%d were worked out, and %d are right", n, right())
	}

	// A new fit, and several planners.
	if _, err := w.FitScores(ctx, start.Add(days), true); err != nil {
		t.Fatal(err)
	}
	w.clock.Set(start.Add(days))
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			if _, err := w.RefreshStages(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if right() != 1498 {
		t.Errorf("%d are right after a new fit", right())
	}
}

// The moves that are counted are those of each customer's history by the rule.
func TestStagesAreCountedAsTheRuleTellsThem(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := context.Background()
	w.shopping()
	w.db.Exec(t, "insert into customers (shop_id) values ('x1'), ('x2')") // who have not bought
	if _, err := w.Store.RebuildFeatures(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := w.FitScores(ctx, start, false); err != nil {
		t.Fatal(err)
	}
	if err := w.FillStages(ctx, start, func(int64, int64) {}); err != nil {
		t.Fatal(err)
	}
	a, err := w.CountStages(ctx, start, 30)
	if err != nil || a.Open != 0 {
		t.Fatal(a.Open, err)
	}
	got, want := map[customer.Stage]int64{}, map[customer.Stage]int64{}
	for _, m := range a.Moves {
		got[m.To] += m.Customers
	}
	for _, s := range customer.Stages {
		rule, faults := rules.Compile(`lifecycle.stage == "`+string(s)+`"`, rules.Options{})
		if faults != nil {
			t.Fatal(faults)
		}
		answer, err := w.CountSegment(ctx, rule, start)
		if err != nil || answer.Judged > 0 {
			t.Fatal(answer, err)
		}
		if answer.Matches > 0 {
			want[s] = answer.Matches
		}
	}
	if diff := cmp.Diff(want, got); diff != "" || len(got) < 5 {
		t.Errorf("-want +got\n%s", diff)
	}
}
