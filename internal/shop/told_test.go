package shop

import (
	"testing"
	"time"

	"github.com/rewave/rewave/internal/event"
)

// What is told of orders agrees with what befell them.
func TestOrdersAreToldAsTheyCame(t *testing.T) {
	t.Parallel()
	c := few(5000)
	var all, late, off, sold, inSale, states = 0, 0, 0, 0, 0, map[string]int{}
	for h := range newShop(t, c).Histories() {
		for _, o := range h.Orders {
			all++
			states[o.status(c.End)]++
			delayed := false
			for _, e := range o.Events {
				delayed = delayed || e.Name == OrderDelayed
				if e.Name == ReviewPosted && e.At.Before(o.DeliveredAt) {
					t.Fatalf("%s: reviewed at %s, delivered at %s", o.ID, e.At, o.DeliveredAt)
				}
			}
			if o.PlacedAt.AddDate(0, 0, 7).Before(c.End) && !o.DeliveredAt.IsZero() && o.DeliveredAt.After(o.PromisedAt) != delayed {
				t.Fatalf("%s: promised for %s, delivered at %s, delayed %t", o.ID, o.PromisedAt, o.DeliveredAt, delayed)
			}
			if delayed {
				late++
			}
			if !o.DeliveredAt.IsZero() && (o.DeliveredAt.Before(o.PlacedAt.Add(day)) || !o.DeliveredAt.Before(c.End)) {
				t.Fatalf("%s of %s is delivered at %s", o.ID, o.PlacedAt, o.DeliveredAt)
			}
			if o.Discount < 0 || o.Discount > o.Minor()*3/10 || o.EntryPath == "" {
				t.Fatalf("%s of %d: %d off, from %q", o.ID, o.Minor(), o.Discount, o.EntryPath)
			}
			switch season := discounted(o.PlacedAt) > 0.05; {
			case season && o.Discount > 0:
				inSale++
				fallthrough
			case season:
				sold++
			case o.Discount > 0:
				off++
			}
		}
	}
	share(t, "late parcels", float64(late), float64(all), c.Model.LateParcel)
	share(t, "discounts outside of sales", float64(off), float64(all-sold), 0.05)
	if part := float64(inSale) / float64(sold); part < 0.48 || part > 0.6 {
		t.Errorf("%.3f of orders in sales have a discount, want 0.5 to 0.6", part)
	}
	for _, state := range []string{"paid", shipped, "delivered", "cancelled", "returned"} {
		if states[state] == 0 {
			t.Errorf("no order is %s: %v", state, states)
		}
	}
}

func TestAnOrderIsToldAnewWhenItsStateChanges(t *testing.T) {
	t.Parallel()
	c := few(1500)
	from := c.End.AddDate(0, 0, -120)
	w := newWorld(t, c, from, 0)
	told := map[string]string{} // the last word on each order
	for w.Now().Before(c.End) {
		h := w.Advance(w.Now().Add(day))
		for _, p := range h.Orders {
			told[p.Order.ID] = p.Order.status(h.To)
		}
		for _, p := range h.Retold {
			if !p.Order.PlacedAt.Before(h.From) {
				t.Fatalf("%s is told anew in the period in which it was placed", p.Order.ID)
			}
			told[p.Order.ID] = p.Order.status(h.To)
		}
	}
	words := map[string]int{}
	for i := range w.people {
		for _, p := range w.people[i].play(c.End, "") {
			if o := p.order; !o.PlacedAt.Before(from) {
				want := o.status(c.End)
				if words[want]++; want != told[o.ID] && want != shipped {
					t.Fatalf("%s is %s in the end, and was last told to be %q", o.ID, want, told[o.ID])
				}
			}
		}
	}
	if words["delivered"] < 1000 || words["returned"] < 20 {
		t.Errorf("%v: too few to prove anything", words)
	}
}

func TestProfilesAreToldAsTheyAre(t *testing.T) {
	t.Parallel()
	c := few(20_000)
	sexes, told := map[string]float64{}, map[string]float64{}
	names := map[string]string{}
	s := newShop(t, c)
	for i := range c.Customers {
		who, _ := s.identity(i)
		if sex, ok := names[who.FirstName]; ok && sex != who.Sex {
			t.Fatalf("%s is %s and %s", who.FirstName, sex, who.Sex)
		}
		names[who.FirstName] = who.Sex
		s.profile(i, &who)
		sexes[who.Sex]++
		if b := who.Birthday; !b.IsZero() {
			told["birthday"]++
			if age := c.Start.Sub(b); age < 18*365*day || age > 79*366*day || !b.Equal(b.Truncate(day)) {
				t.Fatalf("%s was born on %s", who.ID, b)
			}
		}
		for column, text := range map[string]string{"occupation": who.Occupation, "interests": who.Interests, "source": who.Source} {
			if text != "" {
				told[column]++
			}
		}
	}
	n := float64(c.Customers)
	share(t, "other", sexes["other"], n, sexTold*sexOther)
	share(t, "untold sexes", sexes[""], n, 1-sexTold)
	for column, want := range map[string]float64{"birthday": birthdayTold, "occupation": occupationTold, "interests": interestsTold, "source": sourceTold} {
		share(t, column, told[column], n, want)
	}
}

func TestViewsAreOfKnownCustomers(t *testing.T) {
	t.Parallel()
	c := few(10_000)
	views, idle, later := 0.0, 0.0, 0.0
	for h := range newShop(t, c).Histories() {
		last := h.Orders[0].PlacedAt
		later += float64(len(h.Orders) - 1)
		for _, v := range h.Views {
			if v.Name != event.ProductViewed || v.At.Before(last) || !v.At.Before(c.End) {
				t.Fatalf("%+v is not after %s", v, last)
			}
			last = v.At
		}
		views += float64(len(h.Views))
		idle++
	}
	near(t, "views", views, lookedBefore*later+lookedIdly*idle, 5*(views+1)/100)
}

func TestNamesOfEventsAreThoseThatRulesLookFor(t *testing.T) {
	t.Parallel()
	for got, want := range map[string]string{OrderDelayed: event.OrderDelayed, ReturnRequested: event.ReturnRequested, ComplaintOpened: event.ComplaintOpened,
		ComplaintClosed: event.ComplaintClosed, ReviewPosted: event.ReviewPosted, SurveyAnswered: event.SurveyAnswered, ProductViewed: event.ProductViewed} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestSalesHaveTheirDays(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]float64{"2024-11-07": 0.05, "2024-11-08": 0.6, "2024-11-12": 0.6, "2024-11-13": 0.05, "2024-12-31": 0.5, "2025-01-10": 0.5, "2025-01-11": 0.05, "2025-07-14": 0.5} {
		at, err := time.Parse(time.DateOnly, text)
		if err != nil {
			t.Fatal(err)
		}
		if got := discounted(at); got != want {
			t.Errorf("on %s %v of orders have a discount, want %v", text, got, want)
		}
	}
}
