package shop

import (
	"bytes"
	"strings"
	"testing"

	"github.com/rewave/rewave/internal/customer"
)

func TestWhoLivesWithAnEarlierCustomerIsCalledAsTheyAre(t *testing.T) {
	t.Parallel()
	c := few(3000)
	c.Model.Household, c.Model.Shared, c.Model.DirtyEmail, c.Model.DirtyPhone = 1, 1, 0, 0
	s := newShop(t, c)
	head := s.History(0).Customer
	phones, emails := map[string]bool{head.Phone: true}, map[string]bool{head.Email: true}
	others := 0
	for i := 1; i < c.Customers; i++ {
		w := s.History(i).Customer
		if w.LastName != head.LastName || w.Region != head.Region || w.Zone != head.Zone || w.Locale != head.Locale {
			t.Fatalf("everyone lives with the first customer in the end; got %+v beside %+v", w, head)
		}
		if w.FirstName != head.FirstName {
			others++
		}
		// Exactly one of the two is somebody else's, who came earlier.
		if phones[w.Phone] == emails[w.Email] {
			t.Fatalf("%s: phone %q known: %t, address %q known: %t", w.ID, w.Phone, phones[w.Phone], w.Email, emails[w.Email])
		}
		if w.Phone != "" {
			phones[w.Phone] = true
		}
		emails[w.Email] = true
	}
	share(t, "other first names", float64(others), float64(c.Customers-1), 0.95)
}

func TestAddressesAreSharedAsTheModelSays(t *testing.T) {
	t.Parallel()
	c := few(30_000)
	c.Model.Household, c.Model.DirtyEmail, c.Model.DirtyPhone = 0.5, 0, 0
	email, phone := 0.0, 0.0
	s := newShop(t, c)
	for i := range c.Customers {
		w, _ := s.identity(i)
		if w.Email != w.ID+"@demo.invalid" {
			email++
		}
		if w.Phone != "" && w.Phone != "+999"+digits(i+1, 8) {
			phone++
		}
	}
	n, shared := float64(c.Customers), c.Model.Household*c.Model.Shared
	// q is the share with a phone: their own, or half of the times that of another who has one.
	q := 0.7 / (1 - 0.3*shared/2)
	share(t, "e-mail addresses of another", email, n, shared*(1-q/2))
	share(t, "phones of another", phone, n, shared*q/2)
}

func TestAddressesAreDirtyAsTheModelSays(t *testing.T) {
	t.Parallel()
	c := few(30_000)
	m := c.Model
	var clean, fixed, lost, phones, cleanPhones, fixedPhones, lostPhones float64
	for h := range newShop(t, c).Histories() {
		w := h.Customer
		switch good, err := customer.CheckAddress(strings.TrimSpace(w.Email)); {
		case err != nil:
			lost++
			if w.Email == w.ID+"@demo.invalid" {
				t.Fatalf("%s is no address: %v", w.Email, err)
			}
		case w.Email != strings.ToLower(good):
			fixed++
		default:
			clean++
		}
		if w.Phone == "" {
			continue
		}
		phones++
		switch good, err := customer.CheckPhone(w.Phone); {
		case err != nil:
			lostPhones++
		case good != w.Phone:
			fixedPhones++
		default:
			cleanPhones++
		}
		if good, err := customer.CheckPhone(w.Phone); err == nil && !strings.HasPrefix(good, "+999") {
			t.Fatalf("%s leads to somebody: %s", w.Phone, good)
		}
	}
	n := float64(c.Customers)
	share(t, "addresses as they should be", clean, n, 1-m.DirtyEmail)
	share(t, "addresses that are none", lost, n, m.DirtyEmail*4/6)
	share(t, "addresses in capitals or with blanks", fixed, n, m.DirtyEmail*2/6)
	share(t, "phones as they should be", cleanPhones, phones, 1-m.DirtyPhone)
	share(t, "phones without their country", lostPhones, phones, m.DirtyPhone/3)
	share(t, "phones with marks", fixedPhones, phones, m.DirtyPhone*2/3)
	share(t, "customers with a phone", phones, n, 0.7+0.3*m.Household*m.Shared*0.35)
}

func TestDirtyAddressesAreWhatTheCommentSays(t *testing.T) {
	t.Parallel()
	for kind, want := range []string{"C000001@DEMO.INVALID", " c000001@demo.invalid ", "c000001@demo", "n/a", "c000001.demo.invalid", "ｃ０００００１＠ｄｅｍｏ．ｉｎｖａｌｉｄ"} {
		if got := dirtyEmail("c000001@demo.invalid", kind); got != want {
			t.Errorf("kind %d: %q, want %q", kind, got, want)
		}
	}
	for kind, want := range []string{"0900000001", "+999 0000-0001", "＋99900000001"} {
		if got := dirtyPhone("+99900000001", kind); got != want {
			t.Errorf("kind %d: %q, want %q", kind, got, want)
		}
	}
}

// Whatever people type, a row stays a row.
func TestDirtyAddressesLeaveTheFileInOnePiece(t *testing.T) {
	t.Parallel()
	c := few(500)
	c.Model.DirtyEmail, c.Model.DirtyPhone = 1, 1
	var file bytes.Buffer
	if err := newShop(t, c).WriteCustomers(&file); err != nil {
		t.Fatal(err)
	}
	rows := readAll(t, &file)
	if len(rows) != c.Customers+1 {
		t.Errorf("%d rows, want %d", len(rows), c.Customers+1)
	}
	for _, row := range rows[1:] {
		if row[1] == row[0]+"@demo.invalid" {
			t.Errorf("%s is clean", row[1])
		}
	}
}

func TestFirstOrdersAreOfTrafficPullers(t *testing.T) {
	t.Parallel()
	r := newShop(t, few(1)).stream(0, 99)
	const n = 60_000
	// The three dearest of food fit: a traffic puller, a profit product and a
	// marginal one.
	for first, want := range map[bool]map[string]float64{true: {"F07": 4. / 7, "F06": 2. / 7, "F08": 1. / 7}, false: {"F07": 2. / 6, "F06": 3. / 6, "F08": 1. / 6}} {
		got := map[string]float64{}
		for range n {
			got[pick(shelf[0], 10_000, nil, first, r).SKU]++
		}
		for sku, p := range want {
			share(t, sku, got[sku], n, p)
		}
	}
	var lines, traffic [2]float64
	for h := range newShop(t, few(5000)).Histories() {
		for n, o := range h.Orders {
			for _, l := range o.Lines {
				lines[min(n, 1)]++
				if l.Product.Role == Traffic {
					traffic[min(n, 1)]++
				}
			}
		}
	}
	if first, later := traffic[0]/lines[0], traffic[1]/lines[1]; first < later+0.1 {
		t.Errorf("%.3f of the lines of first orders are traffic pullers, %.3f of later ones: want at least 0.1 more", first, later)
	}
}
