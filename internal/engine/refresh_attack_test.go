package engine_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rewave/rewave/internal/engine"
	"github.com/rewave/rewave/internal/fault"
	"github.com/rewave/rewave/internal/postgres"
	"github.com/rewave/rewave/internal/testkit"
	"github.com/rewave/rewave/rules"
)

// kept is a world of 500 customers, of whom every other bought, with a kept
// segment of those who did.
func kept(t *testing.T, rule string) *world {
	t.Helper()
	ctx := context.Background()
	w := newWorld(t)
	w.customers(500)
	w.db.Exec(t, `insert into orders (source, shop_order_id, customer_id, placed_at, currency, gross_minor)
		select 'test', shop_id, customer_id, $1::timestamptz - interval '40 days', 'EUR', 1000 from customers where customer_id % 2 = 0`, start)
	if err := w.Store.EnsureFeatures(ctx, "EUR", "UTC"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Store.RebuildFeatures(ctx); err != nil {
		t.Fatal(err)
	}
	if err := w.Store.KeepSegment(ctx, "buyers", rule, nil, time.Minute); err != nil {
		t.Fatal(err)
	}
	w.refresh()
	return w
}

func (w *world) refresh() {
	w.t.Helper()
	if _, err := w.RefreshSegments(context.Background()); err != nil {
		w.t.Fatal(err)
	}
}

// tolds are how many events there are of the segment, and how many members.
func (w *world) tolds() [3]int64 {
	w.t.Helper()
	return testkit.List[[3]int64](w.t, w.db, `select array[count(*) filter (where name = 'Segment Entered: buyers'), count(*) filter (where name = 'Segment Left: buyers'), (select count(*) from segment_members)] from events`)[0]
}

// Many refresh at once, and again: each change is told once.
func TestManyRefreshASegmentAtOnce(t *testing.T) {
	t.Parallel()
	for name, rule := range map[string]string{"by SQL": "orders.in(\"45d\").count > 0", "one by one": `lower("A") == "a" and orders.in("45d").count > 0`} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := kept(t, rule)
			same(t, "at first", w.tolds(), [3]int64{0, 0, 250})
			w.db.Exec(t, `insert into orders (source, shop_order_id, customer_id, placed_at, currency, gross_minor)
				select 'test', 'n' || shop_id, customer_id, $1::timestamptz, 'EUR', 1000 from customers where customer_id % 3 = 0`, start.Add(1*days))
			if _, err := w.Store.RebuildFeatures(context.Background()); err != nil {
				t.Fatal(err)
			}
			w.clock.Set(start.Add(10 * days)) // the even ones leave, but for those by 6; the odd ones by 3 come
			var all sync.WaitGroup
			for range 8 {
				all.Go(func() {
					for range 3 {
						if _, err := w.RefreshSegments(context.Background()); err != nil {
							t.Error(err)
						}
					}
				})
			}
			all.Wait()
			same(t, "then", w.tolds(), [3]int64{83, 167, 166})
			w.clock.Set(start.Add(5 * days)) // a clock that goes back changes nothing
			w.refresh()
			same(t, "the clock went back", w.tolds(), [3]int64{83, 167, 166})
		})
	}
}

// A refresh that ends in the midst has done nothing, and the next does it all; so
// it is with a rule that was changed between the two.
func TestARefreshThatIsCutOff(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := kept(t, "orders.count > 0")
	w.clock.Set(start.Add(1 * days))
	rule, faults := rules.Compile("orders.count == 0", rules.Options{})
	if faults != nil {
		t.Fatal(faults)
	}
	segments, err := w.Store.KeptSegments(ctx)
	if err != nil {
		t.Fatal(err)
	}
	q := postgres.SegmentQuery{Rule: rule, At: start.Add(1 * days), Basis: rules.Basis{Zone: time.UTC, Digits: 2}, Currency: "EUR"}
	cut := errors.New("cut off")
	_, done, err := w.Store.RefreshSegment(ctx, segments[0].ID, q, func(_ *postgres.Segment, add func([]int64) error) error {
		if err := add([]int64{1, 3, 5}); err != nil { // whom SQL has put there already
			return err
		}
		return cut
	})
	if done || !errors.Is(err, cut) {
		t.Fatalf("done %t, %v", done, err)
	}
	same(t, "cut off", w.tolds(), [3]int64{0, 0, 250})
	if err := w.Store.KeepSegment(ctx, "buyers", "orders.count == 0", nil, 0); err != nil {
		t.Fatal(err)
	}
	w.refresh()
	same(t, "under the new rule", w.tolds(), [3]int64{250, 250, 250})
}

// Where another program made another currency the basis of what rules ask, a
// refresh says so: nothing would be told, and nobody would know why.
func TestARefreshOnAnotherBasisSaysSo(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := kept(t, "orders.count > 0")
	if err := w.Store.EnsureFeatures(ctx, "USD", "UTC"); err != nil {
		t.Fatal(err)
	}
	w.clock.Set(start.Add(1 * days))
	_, err := w.RefreshSegments(ctx)
	if f, ok := fault.Of(err); !ok || f.Code != fault.Conflict || !strings.Contains(f.Hint, "rewave.yaml") {
		t.Errorf("got %v", err)
	}
	same(t, "nothing happened", w.tolds(), [3]int64{0, 0, 250})
	rule, _ := rules.Compile("orders.count > 0", rules.Options{})
	if _, err := (&engine.Engine{Store: w.Store, Shop: w.Shop}).CountSegment(ctx, rule, start); err == nil {
		t.Error("a question on another basis has an answer")
	}
	if err := w.Store.EnsureFeatures(ctx, "EUR", "UTC"); err != nil {
		t.Fatal(err)
	}
	w.refresh()
	same(t, "and back", w.tolds(), [3]int64{0, 0, 250})
}
