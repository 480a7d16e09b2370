package assortment_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rewave/rewave/internal/assortment"
)

func TestTastes(t *testing.T) {
	t.Parallel()
	order := func(customer string, day int, worth ...any) assortment.Order {
		o := assortment.Order{ID: customer + string(rune('a'+day)), Customer: customer, Day: day}
		for i := 0; i < len(worth); i += 2 {
			o.Lines = append(o.Lines, assortment.Line{Product: "p", Category: worth[i].(string), Minor: int64(worth[i+1].(int))})
		}
		return o
	}
	r := assortment.NewReader(5, 20, 10)
	for _, o := range []assortment.Order{
		order("ann", 1, "tea", 9000), // before the time
		order("ann", 6, "tea", 300, "cup", 300, "", 900),
		order("ann", 7, "tea", 100, "pot", 200),
		order("ann", 8, "", 500), // followed and follows, without a category
		order("ann", 9, "cup", 400),
		order("bob", 10, "tea", 100),
		order("", 11, "tea", 100), order("", 12, "pot", 0),
		order("cat", 20, "tea", 9000), // after it
	} {
		r.Add(o)
	}
	want := &assortment.Tastes{
		Spent: map[string]int64{"tea": 600, "cup": 700, "pot": 200}, Orders: 6,
		Next: assortment.Transitions{All: 3, From: map[string]int64{"cup": 1, "pot": 1}, To: map[string]int64{"pot": 1, "cup": 1},
			Rows: map[string]map[string]int64{"cup": {"pot": 1}, "pot": {}}},
	}
	got := r.Tastes()
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("-got +want\n%s", diff)
	}
	if got.Prior() != 3*1500/6. {
		t.Errorf("prior %v", got.Prior())
	}
	if none := assortment.NewReader(0, 9, 1).Tastes(); none != nil {
		t.Errorf("nothing sold: %+v", none)
	}
}
