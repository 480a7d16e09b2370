package importer_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/rewave/rewave/internal/importer"
	"github.com/rewave/rewave/internal/testkit"
)

// A shop's first history is matched with its refunds before it is written, any
// later file after. Where one order is there already, the long way is taken.
func TestAFirstHistoryEndsAsALaterFileDoes(t *testing.T) {
	t.Parallel()
	history := importer.Options{Kind: importer.Orders, Currency: "EUR", File: write(t, "history.csv", []byte(historyWithRefunds())), Now: day("2026-06-01")}
	other := importer.Options{Kind: importer.Orders, Currency: "EUR", Now: day("2026-06-01"),
		File: write(t, "other.csv", []byte("order_id,customer_id,placed_at,sku,quantity,unit_price\nelsewhere,somebody,2024-01-01,other,1,1\n"))}
	first, later := testkit.NewDB(t), testkit.NewDB(t)

	got := run(t, first, history)
	run(t, first, other)
	run(t, later, other)
	want := run(t, later, history)
	if diff := cmp.Diff(got, want, cmpopts.IgnoreFields(importer.Summary{}, "Staged", "Took")); diff != "" {
		t.Errorf("the summary of the first history (-got +want):\n%s", diff)
	}
	if m := want.Matched; m.Whole == 0 || m.Partly == 0 || m.None == 0 || want.UnkeptOrders == 0 || want.GuestOrders == 0 {
		t.Errorf("the file does not hold every case: %+v", want.ImportCounts)
	}
	if diff := cmp.Diff(contents(t, first), contents(t, later)); diff != "" {
		t.Errorf("the tables (-got +want):\n%s", diff)
	}
	before := rowHashes(t, first)
	run(t, first, history)
	if diff := cmp.Diff(rowHashes(t, first), before); diff != "" {
		t.Errorf("the second import changed tables (-got +want):\n%s", diff)
	}
}

func day(text string) time.Time {
	at, err := time.Parse(time.DateOnly, text)
	if err != nil {
		panic(err)
	}
	return at
}

// historyWithRefunds is enough lines that the keys are set aside, guests' among
// them, and refunds that name an order, an order nobody knows, or none; of some
// something is told besides.
func historyWithRefunds() string {
	random := rand.New(rand.NewPCG(1, 2))
	var text strings.Builder
	text.WriteString("order_id,customer_id,placed_at,sku,quantity,unit_price,kind,refund_of,status,discount,delivered_at,coupon,reason\n")
	at := day("2024-01-02")
	who := func(n int) string {
		if n%5 == 0 {
			return ""
		}
		return fmt.Sprint("customer-", n%300)
	}
	for n := range 7_000 {
		at = at.Add(30 * time.Minute)
		for line := range 3 {
			told := ",,,,"
			if n%4 == 0 {
				told = fmt.Sprintf("Paid,%d,%s,CODE%d,", line, at.AddDate(0, 0, line+2).Format(time.DateOnly), n%9)
			}
			fmt.Fprintf(&text, "order-%d,%s,%s,sku-%d,%d,%d,order,,%s\n", n, who(n), at.Format(time.RFC3339), (n+line)%40, 1+random.IntN(4), random.IntN(20), told)
		}
		if n%3 != 0 {
			continue
		}
		of, refundOf := n-random.IntN(min(n+1, 900)), ""
		switch random.IntN(4) {
		case 0:
			refundOf = fmt.Sprint("order-", of)
		case 1:
			if n%7 == 0 {
				refundOf = fmt.Sprint("unknown-", of)
			}
		}
		for line := range 1 + random.IntN(3) {
			fmt.Fprintf(&text, "refund-%d,%s,%s,sku-%d,%d,%d,refund,%s,,,,,%s\n", n, who(of), at.Format(time.RFC3339), (of+line)%40, 1+random.IntN(6), random.IntN(20), refundOf,
				[]string{"", "does not fit"}[n%2])
		}
	}
	return text.String()
}
