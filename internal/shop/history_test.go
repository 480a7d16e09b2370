package shop

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// crowded refunds everything, so that refunds and repeat orders of one sku meet.
func crowded() Config {
	c := Default()
	c.Customers = 1000
	c.Model.Refunded, c.Model.WholeRefund = ByCategory{1, 1, 1, 1}, 0.5
	c.Model.Scale = 8
	c.Model.LeaveA, c.Model.LeaveB = 0.5, 10
	return c
}

func TestHistoriesAreInOrder(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]Config{"default": Default(), "crowded": crowded()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ids := map[string]bool{}
			for h := range newShop(t, c).Histories() {
				if f := h.Customer.FirstSeenAt; !f.Before(h.Orders[0].PlacedAt) || h.Customer.ConsentAt.Before(f) {
					t.Fatalf("%s: first seen %s, consent %s, first order %s", h.Customer.ID, f, h.Customer.ConsentAt, h.Orders[0].PlacedAt)
				}
				last := c.Start.Add(-1)
				for _, o := range h.Orders {
					if !o.PlacedAt.After(last) || !o.PlacedAt.Before(c.End) {
						t.Fatalf("%s at %s: want after %s and before %s", o.ID, o.PlacedAt, last, c.End)
					}
					last = o.PlacedAt
					if ids[o.ID] {
						t.Fatalf("order id %s is there twice", o.ID)
					}
					ids[o.ID] = true
					checkLines(t, o)
				}
			}
		})
	}
}

func checkLines(t *testing.T, o Order) {
	t.Helper()
	if len(o.Lines) < 1 || len(o.Lines) > 4 {
		t.Fatalf("%s has %d lines", o.ID, len(o.Lines))
	}
	bought := map[string]int{}
	for _, l := range o.Lines {
		if _, twice := bought[l.Product.SKU]; twice || l.Quantity < 1 {
			t.Fatalf("%s: line %s x %d, listed before: %t", o.ID, l.Product.SKU, l.Quantity, twice)
		}
		bought[l.Product.SKU] = l.Quantity
	}
	if o.Refund == nil {
		return
	}
	if !o.Refund.At.After(o.PlacedAt) || o.Refund.At.Sub(o.PlacedAt) > lastDay*24*time.Hour {
		t.Fatalf("%s placed at %s is refunded at %s", o.ID, o.PlacedAt, o.Refund.At)
	}
	for _, l := range o.Refund.Lines {
		if l.Quantity < 1 || l.Quantity > bought[l.Product.SKU] {
			t.Fatalf("%s: %d of %s refunded, %d bought", o.ID, l.Quantity, l.Product.SKU, bought[l.Product.SKU])
		}
	}
}

func TestRefundsFollowTheModel(t *testing.T) {
	t.Parallel()
	c := large(flatSeason())
	orders, refunded, back := map[string]float64{}, map[string]float64{}, map[string]float64{}
	why := map[string]map[string]float64{}
	var refunds, wholly float64
	for h := range newShop(t, c).Histories() {
		for _, o := range h.Orders {
			if c.End.Sub(o.PlacedAt) < lastDay*24*time.Hour {
				continue // its refund may lie beyond the history
			}
			orders[o.Category()]++
			if o.Refund == nil {
				continue
			}
			refunds++
			refunded[o.Category()]++
			if whole(o) {
				wholly++
			}
			of := o.Refund.Lines[0].Product.Category
			back[of]++
			if why[of] == nil {
				why[of] = map[string]float64{}
			}
			why[of][o.Refund.Reason]++
		}
	}
	for _, category := range categories {
		want := c.Model.Refunded.of(category)
		share(t, "refunded orders of "+category, refunded[category], orders[category], want)
		for k, reason := range reasons {
			want := float64(reasonWeights[category][k]) / 100
			share(t, category+" back as "+reason, why[category][reason], back[category], want)
		}
	}
	if share := wholly / refunds; share < c.Model.WholeRefund || share > c.Model.WholeRefund+0.35 {
		// One unit of a one-unit order is the whole order too, hence the room above.
		t.Errorf("whole among refunds: got %.3f, want %.2f to %.2f", share, c.Model.WholeRefund, c.Model.WholeRefund+0.35)
	}
}

// A reader that knows no refund_of takes back the customer's latest earlier
// lines of the sku with units left. It must come to the order refund_of names.
func TestOrdersFileReadsTheSameWithoutRefundOf(t *testing.T) {
	t.Parallel()
	var file bytes.Buffer
	if err := newShop(t, crowded()).WriteOrders(&file); err != nil {
		t.Fatal(err)
	}
	rows := readAll(t, &file)
	if diff := cmp.Diff(orderColumns, rows[0]); diff != "" {
		t.Fatalf("header (-want +got):\n%s", diff)
	}
	type bought struct {
		order string
		left  int
	}
	stock := map[string][]bought{} // by customer and sku, oldest first
	refunds, repeated := 0, 0
	customer, last := "", ""
	for i, row := range rows[1:] {
		id, kind, who, at, sku, of := row[0], row[1], row[2], row[3], row[4], row[9]
		quantity, err := strconv.Atoi(row[5])
		if err != nil || quantity < 1 {
			t.Fatalf("row %d: quantity %q", i+2, row[5])
		}
		if who == customer && at < last {
			t.Fatalf("row %d: %s comes after %s of the same customer", i+2, at, last)
		}
		customer, last = who, at
		key := who + " " + sku
		if kind == "order" {
			if of != "" {
				t.Fatalf("row %d: order %s refunds %s", i+2, id, of)
			}
			stock[key] = append(stock[key], bought{id, quantity})
			continue
		}
		refunds++
		if len(stock[key]) > 1 {
			repeated++
		}
		for n := len(stock[key]) - 1; quantity > 0; n-- {
			if n < 0 {
				t.Fatalf("row %d: refund %s takes more of %s than was bought", i+2, id, sku)
			}
			b := &stock[key][n]
			take := min(b.left, quantity)
			if take > 0 && b.order != of {
				t.Fatalf("row %d: refund %s of %s is matched to %s", i+2, id, of, b.order)
			}
			b.left -= take
			quantity -= take
		}
	}
	if refunds < 1000 || repeated < 1000 {
		t.Errorf("%d refund lines, %d of them of a sku bought more than once: too few to prove anything", refunds, repeated)
	}
}

func readAll(t *testing.T, file *bytes.Buffer) [][]string {
	t.Helper()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestCustomersFile(t *testing.T) {
	t.Parallel()
	c := Default()
	c.Customers = 2000
	s := newShop(t, c)
	var file bytes.Buffer
	if err := s.WriteCustomers(&file); err != nil {
		t.Fatal(err)
	}
	want := [][]string{customerColumns}
	for h := range s.Histories() {
		w := h.Customer
		sms := ""
		if w.Phone != "" {
			sms = map[bool]string{true: "yes", false: "no"}[w.EmailConsent]
		}
		want = append(want, []string{w.ID, w.Email, w.Phone, w.FirstName, w.LastName, w.Locale, w.Region, w.Zone,
			w.FirstSeenAt.Format(time.RFC3339), map[bool]string{true: "yes", false: "no"}[w.EmailConsent], sms, w.ConsentAt.Format(time.RFC3339),
			w.FirstSeenAt.Format(time.RFC3339), w.Sex, strings.TrimPrefix(w.Birthday.Format(time.DateOnly), "0001-01-01"), w.Occupation, w.Interests, w.Source})
		// The package itself reads no zone file; here the names prove real.
		if _, err := time.LoadLocation(w.Zone); err != nil {
			t.Errorf("%s: %v", w.ID, err)
		}
	}
	if diff := cmp.Diff(want, readAll(t, &file)); diff != "" {
		t.Errorf("customers.csv (-want +got):\n%s", diff)
	}
}

func TestProductsFile(t *testing.T) {
	t.Parallel()
	var file bytes.Buffer
	if err := newShop(t, Default()).WriteProducts(&file); err != nil {
		t.Fatal(err)
	}
	got := readAll(t, &file)
	want := [][]string{productColumns}
	skus := map[string]bool{}
	money := regexp.MustCompile(`^[0-9]+\.[0-9][0-9]$`)
	for _, p := range Products() {
		if skus[p.SKU] || p.Cost <= 0 || p.Cost >= p.Price {
			t.Errorf("%+v: sku seen before: %t; want 0 < cost < price", p, skus[p.SKU])
		}
		skus[p.SKU] = true
		want = append(want, []string{p.SKU, p.Name, p.Category,
			fmt.Sprintf("%.2f", float64(p.Price)/100), fmt.Sprintf("%.2f", float64(p.Cost)/100)})
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("products.csv (-want +got):\n%s", diff)
	}
	for _, row := range got[1:] {
		if !money.MatchString(row[3]) || !money.MatchString(row[4]) {
			t.Errorf("%s: price %q, cost %q", row[0], row[3], row[4])
		}
	}
	for _, shelf := range shelf {
		for i := 1; i < len(shelf); i++ {
			if shelf[i].Price <= shelf[i-1].Price {
				t.Errorf("%s is not dearer than %s", shelf[i].SKU, shelf[i-1].SKU)
			}
		}
	}
}
