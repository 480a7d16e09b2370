package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/importer"
	"github.com/rewave/rewave/internal/shop"
	"github.com/rewave/rewave/internal/testkit"
)

// taught is a rule of rules/README.md with how many customers it means.
var taught = regexp.MustCompile("(?s)(\\*\\*\\d+\\. [^*]+\\*\\*) ([0-9,]+) customers?(?:, ([0-9,]+) left out)?(?:, as of (\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d))?\\.\n\n```\n(.*?)\n```\n")

// The page that teaches rules says of each how many customers of a made-up shop
// it means; -update writes it anew.
func TestTaughtRules(t *testing.T) {
	t.Parallel()
	const page, asked = "../../rules/README.md", "2025-07-01 12:00"
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	db, settings := taughtShop(t)
	n := 0
	want := taught.ReplaceAllStringFunc(string(text), func(entry string) string {
		m := taught.FindStringSubmatch(entry)
		at := asked
		if m[4] != "" {
			at = m[4]
		}
		var stdout, stderr bytes.Buffer
		if code := run([]string{"segment", "count", "--rule", m[5], "--at", at, "--json", "--config", settings}, []string{"DATABASE_URL=" + db.DSN}, strings.NewReader(""), &stdout, &stderr); code != exitOK {
			t.Errorf("%s: exit code %d: %s", m[5], code, &stderr)
			return entry
		}
		var got counted
		if err := json.Unmarshal(stdout.Bytes(), &got); err != nil {
			t.Fatal(err)
		}
		n++
		if got.Matches == 0 || got.Matches == got.Customers {
			t.Errorf("%s: nothing is learnt from %d of %d", m[5], got.Matches, got.Customers)
		}
		said := fmt.Sprintf("%s %s", m[1], count(int(got.Matches), "customer"))
		if got.Unknown > 0 {
			said += fmt.Sprintf(", %s left out", thousands(int(got.Unknown)))
		}
		if m[4] != "" {
			said += ", as of " + m[4]
		}
		_, rest, _ := strings.Cut(entry, ".\n\n")
		return said + ".\n\n" + rest
	})
	if n != 20 {
		t.Errorf("the page teaches %d rules, it says twenty", n)
	}
	if want == string(text) {
		return
	}
	if *update {
		if err := os.WriteFile(page, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	for i, got := range strings.Split(string(text), "\n") {
		if line := strings.Split(want, "\n")[i]; got != line {
			t.Errorf("%s:%d says\n  %s\nit is (go test ./cmd/rewave -run TestTaughtRules -update)\n  %s", page, i+1, got, line)
		}
	}
}

// taughtShop is the demo's shop with 6,000 customers, and with what the demo's has
// not: views, attributes, tags, and messages.
func taughtShop(t *testing.T) (db *testkit.DB, settings string) {
	t.Helper()
	s, err := shop.New(shop.Small())
	if err != nil {
		t.Fatal(err)
	}
	zone, err := calendar.Zone(madeUpZone)
	if err != nil {
		t.Fatal(err)
	}
	db = testkit.NewDB(t)
	dir := t.TempDir()
	settings = filepath.Join(dir, "rewave.yaml")
	if err := os.WriteFile(settings, fmt.Appendf(nil, "shop: {name: %s, zone: %s, currency: %s}\n", madeUpName, madeUpZone, shop.Currency), 0o600); err != nil {
		t.Fatal(err)
	}
	known := func(w io.Writer) error {
		fmt.Fprintln(w, "customer_id,attribute.concern,tags,changed_at")
		for i := range shop.Small().Customers {
			concern, tag := []string{"", "safety", "price", "taste"}[i%4], map[int]string{0: "vip", 3: "staff"}[i%50]
			if concern+tag != "" {
				fmt.Fprintf(w, "c%06d,%s,%s,2025-01-01 00:00\n", i+1, concern, tag)
			}
		}
		return nil
	}
	views := func(w io.Writer) error {
		fmt.Fprintln(w, "id,name,customer,at,category")
		for i := 0; i < shop.Small().Customers; i += 7 {
			for k := range 1 + i%5 {
				fmt.Fprintf(w, "v%d-%d,Product Viewed,c%06d,2025-06-%02d 20:00,%s\n", i, k, i+1, 25+k, []string{"durable", "durable", "food"}[i%3])
			}
		}
		return nil
	}
	for i, file := range []struct {
		kind  string
		write func(io.Writer) error
	}{
		{importer.Products, s.WriteProducts}, {importer.Customers, s.WriteCustomers}, {importer.Customers, known},
		{importer.Orders, s.WriteOrders}, {importer.Events, s.WriteEvents}, {importer.Events, views},
	} {
		path := filepath.Join(dir, strconv.Itoa(i)+".csv")
		if err := writeFile(path, file.write); err != nil {
			t.Fatal(err)
		}
		sum, err := importer.Run(context.Background(), db.Store, importer.Options{Kind: file.kind, File: path, Zone: zone, Currency: shop.Currency, Now: time.Now()})
		if err != nil || sum.Rejected > 0 {
			t.Fatalf("%s: %+v, %v", file.kind, sum, err)
		}
	}
	// One in ten was written to on 24 June. Guards off: there is no campaign behind it.
	db.Exec(t, `do $$ begin
		set local session_replication_role = replica;
		insert into campaigns (name, activated_at, slot_done) values ('win-back', '2025-06-01', '2025-06-24');
		insert into deliveries (customer_id, entered_at, enrollment_id, round, wave, campaign_id, version_id, arm, channel, state, scheduled_at, expires_at, gate_at)
			select customer_id, '2025-06-23', 1, 1, 'voucher', 1, 1, 'treat', 'email', 'accepted', '2025-06-24', '2025-07-01', '2025-06-24' from customers where shop_id like 'c%5';
	end $$`)
	return db, settings
}
