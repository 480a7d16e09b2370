package main

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rewave/rewave/internal/config"
	"github.com/rewave/rewave/internal/engine"
	"github.com/rewave/rewave/rules"
)

// Of many who are left out only some were asked why, and only the commonest
// reasons are shown.
func TestCountTextOfMany(t *testing.T) {
	t.Parallel()
	c := config.Default()
	c.Shop.Zone = time.UTC
	q := &asking{live: &live{config: c}, meant: meant{Segment: rules.Segment{When: "orders.overdue > 2"}}, at: time.Date(2026, 11, 12, 0, 0, 0, 0, time.UTC), customers: 1_200_000}
	why := engine.SegmentAnswer{Reasons: map[string]int64{"a": 700, "b": 200, "c": 50, "d": 30, "e": 12, "f": 5, "g": 3}}
	var got bytes.Buffer
	if err := q.countText(&got, engine.SegmentAnswer{Matches: 11, Unknown: 14_653}, why); err != nil {
		t.Fatal(err)
	}
	want := `rule: orders.overdue > 2
  11 of 1,200,000 customers match (less than 0.1 %), as of 2026-11-12 00:00 UTC
  14,653 are left out, because something is unknown; why, of 1,000 of them:
       700  a
       200  b
        50  c
        30  d
        12  e
            2 other reasons
  found by SQL alone
`
	if diff := cmp.Diff(got.String(), want); diff != "" {
		t.Errorf("-got +want\n%s", diff)
	}
}

func TestCellsOfAnExport(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"": "", "Ann": "Ann", "=1+1": "'=1+1", "+49170": "'+49170", "-": "'-", "@x": "'@x", "\tx": "'\tx", "\rx": "'\rx", "'=": "'=", "a=b": "a=b"} {
		if got := harmless(text); got != want {
			t.Errorf("harmless(%q): got %q, want %q", text, got, want)
		}
	}
	for _, test := range []struct {
		minor  int64
		digits int
		want   string
	}{{0, 2, "0.00"}, {5, 2, "0.05"}, {-5, 2, "-0.05"}, {123456, 2, "1234.56"}, {7, 0, "7"}, {1234, 3, "1.234"}} {
		if got := decimals(test.minor, test.digits); got != test.want {
			t.Errorf("decimals(%d, %d): got %s, want %s", test.minor, test.digits, got, test.want)
		}
	}
}
