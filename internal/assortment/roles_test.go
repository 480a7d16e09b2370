package assortment_test

import (
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/rewave/rewave/internal/assortment"
)

func rolesOf(proposals []assortment.Proposal) map[string]assortment.Role {
	roles := map[string]assortment.Role{}
	for _, p := range proposals {
		roles[p.Product] = p.Role
	}
	return roles
}

// six products of one category with nothing known but sales and contribution,
// where the matrix was worked out apart from this code: threshold of units
// .1166666667, mean contribution 5.707739938.
func six() []assortment.Sales {
	units := []int64{620, 480, 210, 170, 95, 40}
	cents := []int64{790, 210, 860, 560, 120, 1100}
	var all []assortment.Sales
	for i := range units {
		all = append(all, assortment.Sales{Product: string(rune('a' + i)), Units: units[i], Orders: units[i], Contribution: units[i] * cents[i], Costed: true, Early: units[i] / 2, Late: units[i] / 2})
	}
	return all
}

func TestSalesAndContributionAloneAreTheMatrix(t *testing.T) {
	t.Parallel()
	proposals := assortment.Propose(six(), nil, assortment.Bounds{})
	want := map[string]assortment.Role{
		"a": assortment.Profit, "b": assortment.Traffic, "c": assortment.Profit,
		"d": assortment.Marginal, "e": assortment.Marginal, "f": assortment.Potential,
	}
	if diff := cmp.Diff(want, rolesOf(proposals)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	near(t, "mean contribution", proposals[0].Reasons[1].Against/100, 5.707739938, 1e-9)
	near(t, "share of units", proposals[3].Reasons[0].Value/6, 170./1615, 1e-12)
}

// A shop of a few goods: a starter set that everyone buys first, refills and a
// care kit that keep regulars, a new machine on its way up, a mug that stands on
// the shelf, and what just came in.
func smallShop() []assortment.Sales {
	return []assortment.Sales{
		{Product: "starter set", Units: 900, Orders: 880, Contribution: 900 * 150, Costed: true, KnownOrders: 880, FirstOrders: 700, Returned: 400, Again: 20, Early: 450, Late: 450, Partners: 5},
		{Product: "refill", Units: 1500, Orders: 900, Contribution: 1500 * 600, Costed: true, KnownOrders: 900, FirstOrders: 150, Returned: 500, Again: 350, Early: 740, Late: 760, Partners: 5},
		{Product: "care kit", Units: 700, Orders: 600, Contribution: 700 * 450, Costed: true, KnownOrders: 600, FirstOrders: 120, Returned: 300, Again: 120, Early: 350, Late: 350, Partners: 4},
		{Product: "machine", Units: 120, Orders: 118, Contribution: 120 * 4000, Costed: true, KnownOrders: 118, FirstOrders: 30, Returned: 60, Again: 6, Early: 20, Late: 100, Partners: 3},
		{Product: "mug", Units: 90, Orders: 80, Contribution: 90 * 40, Costed: true, KnownOrders: 80, FirstOrders: 30, Returned: 40, Again: 1, Early: 50, Late: 40},
		{Product: "just in", Units: 12, Orders: 12, Contribution: 12 * 900, Costed: true, KnownOrders: 12, Late: 12},
	}
}

func TestRolesOfASmallShop(t *testing.T) {
	t.Parallel()
	proposals := assortment.Propose(smallShop(), nil, assortment.Bounds{})
	want := map[string]assortment.Role{
		"starter set": assortment.Traffic, "refill": assortment.Profit, "machine": assortment.Potential,
		"mug": assortment.Marginal, "just in": assortment.New,
		"care kit": assortment.Profit, // earns a little less than the mean, but regulars come back for it
	}
	if diff := cmp.Diff(want, rolesOf(proposals)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}

	machine := proposals[slices.IndexFunc(proposals, func(p assortment.Proposal) bool { return p.Product == "machine" })]
	mean := 553.9577039274925 // 1,833,600 over 3,310 units
	again := (6 + 20*497./1300) / (60 + 20)
	reasons := []assortment.Reason{
		{Sign: assortment.SignSales, Value: 120 * 5 / 3310., Against: .7, Mark: -1},
		{Sign: assortment.SignContribution, Value: 4000, Against: mean, Mark: 1},
		{Sign: assortment.SignPartners, Value: 4, Against: 5, Mark: math.Log(4/5.) / math.Log(1.5)},
		{Sign: assortment.SignAgain, Value: again, Against: again, Mark: 0}, // it is the median itself
		{Sign: assortment.SignFirst, Value: (30 + 20*1030/2578.) / (118 + 20), Against: 1030 / 2578., Mark: math.Log((30+20*1030/2578.)/(118+20)/(1030/2578.)) / math.Log(1.5)},
		{Sign: assortment.SignGrowth, Value: 100.5 / 20.5, Against: 1, Mark: 1},
	}
	if diff := cmp.Diff(reasons, machine.Reasons, within); diff != "" {
		t.Errorf("why: -want +got\n%s", diff)
	}
	scores := map[assortment.Role]float64{
		assortment.Profit: 0, assortment.Traffic: -2 + reasons[4].Mark/2, assortment.Potential: 2.5, assortment.Marginal: -.5,
	}
	if diff := cmp.Diff(scores, machine.Scores, within); diff != "" {
		t.Errorf("scores: -want +got\n%s", diff)
	}
}

// What is not known weighs nothing.
func TestRolesWithoutCostsAndCustomers(t *testing.T) {
	t.Parallel()
	all := []assortment.Sales{
		{Product: "a", Units: 500, Orders: 500, Early: 250, Late: 250},
		{Product: "b", Units: 40, Orders: 40, Early: 5, Late: 35},
		{Product: "c", Units: 40, Orders: 40, Early: 20, Late: 20},
		{Product: "d", Units: 400, Orders: 9},
	}
	proposals := assortment.Propose(all, nil, assortment.Bounds{})
	want := map[string]assortment.Role{"a": assortment.Profit, "b": assortment.Potential, "c": assortment.Potential, "d": assortment.New}
	if diff := cmp.Diff(want, rolesOf(proposals)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	for _, r := range proposals[0].Reasons {
		if r.Sign == assortment.SignContribution || r.Sign == assortment.SignAgain || r.Sign == assortment.SignFirst {
			t.Errorf("not known, yet a reason: %+v", r)
		}
	}
}

// A category of five is measured by itself, a smaller one by the shop.
func TestRolesWithinACategory(t *testing.T) {
	t.Parallel()
	all := six()
	for i := range all {
		all[i].Category = "cosmetics"
	}
	for _, s := range six()[:4] {
		s.Product, s.Category = "dear "+s.Product, "furniture"
		s.Contribution *= 100
		all = append(all, s)
	}
	got := rolesOf(assortment.Propose(all, nil, assortment.Bounds{}))
	want := map[string]assortment.Role{
		"a": assortment.Profit, "b": assortment.Traffic, "c": assortment.Profit,
		"d": assortment.Marginal, "e": assortment.Marginal, "f": assortment.Potential,

		// Of ten products c has 0.68 of an even share: by the shop's measure it is low.
		"dear a": assortment.Profit, "dear b": assortment.Traffic, "dear c": assortment.Potential, "dear d": assortment.Potential,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// On a border a product keeps the role it has; past it, it does not.
func TestARoleHoldsOnTheBorder(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		units int64 // of 0.7 * 1000
		had   assortment.Role
		want  assortment.Role
		held  bool
	}{
		{720, "", assortment.Profit, false},
		{720, assortment.Potential, assortment.Potential, true},
		{780, assortment.Potential, assortment.Profit, false}, // more than a tenth past
		{680, assortment.Profit, assortment.Profit, true},
		{620, assortment.Profit, assortment.Potential, false},
		{680, assortment.New, assortment.Potential, false},
		{680, assortment.Potential, assortment.Potential, false},
	} {
		all := []assortment.Sales{
			{Product: "a", Units: test.units, Orders: 99, Contribution: test.units * 50, Costed: true},
			{Product: "b", Units: 2000 - test.units, Orders: 99, Contribution: (2000 - test.units) * 10, Costed: true},
		}
		got := assortment.Propose(all, map[string]assortment.Role{"a": test.had}, assortment.Bounds{})[0]
		if got.Role != test.want || got.Held != test.held {
			t.Errorf("%d units, was %q: %s (held %t), want %s (%t)", test.units, test.had, got.Role, got.Held, test.want, test.held)
		}
	}
}

func TestAGivenRoleWinsAndSaysSo(t *testing.T) {
	t.Parallel()
	proposals := []assortment.Proposal{{Product: "b", Role: assortment.Marginal}, {Product: "c", Role: assortment.New}}
	got := assortment.Merge(proposals, map[string]assortment.Role{"a": assortment.Traffic, "b": assortment.Profit})
	want := []assortment.Placed{
		{Product: "a", Role: assortment.Traffic, Origin: assortment.Given},
		{Product: "b", Role: assortment.Profit, Origin: assortment.Given, Proposal: &proposals[0]},
		{Product: "c", Role: assortment.New, Origin: assortment.Computed, Proposal: &proposals[1]},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// Every product has one role, whatever its sales, and neither the order of the
// input nor the unit of money matters.
func TestRolesHaveTheirProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var all []assortment.Sales
		for i := range rapid.IntRange(0, 15).Draw(t, "products") {
			count := func(most int64, name string) int64 { return rapid.Int64Range(0, most).Draw(t, name) }
			s := assortment.Sales{
				Product: string(rune('a' + i)), Category: rapid.SampledFrom([]string{"x", "y"}).Draw(t, "category"),
				Units: count(500, "units"), Orders: count(60, "orders"), Costed: rapid.Bool().Draw(t, "costed"),
				Contribution: rapid.Int64Range(-100, 5000).Draw(t, "contribution"), Partners: count(9, "partners"),
				Early: count(300, "early"), Late: count(300, "late"),
			}
			s.KnownOrders = min(s.Orders, count(60, "known"))
			s.FirstOrders = min(s.KnownOrders, count(60, "first"))
			s.Returned = count(40, "returned")
			s.Again = min(s.Returned, count(40, "again"))
			all = append(all, s)
		}
		got := assortment.Propose(all, nil, assortment.Bounds{})
		for i, p := range got {
			enough := all[i].Units >= 30 && all[i].Orders >= 10
			if p.Product != all[i].Product || enough != slices.Contains(assortment.Roles, p.Role) || !enough && p.Role != assortment.New {
				t.Fatalf("%+v is placed %+v", all[i], p)
			}
		}
		slices.Reverse(all)
		for i := range all {
			all[i].Contribution *= 100
		}
		scaled := assortment.Propose(all, nil, assortment.Bounds{})
		for i, p := range scaled {
			for j, r := range p.Reasons {
				if r.Sign == assortment.SignContribution {
					scaled[i].Reasons[j].Value /= 100
					scaled[i].Reasons[j].Against /= 100
				}
			}
		}
		if diff := cmp.Diff(got, scaled, within); diff != "" {
			t.Fatalf("turned round, in another unit: -want +got\n%s", diff)
		}
	})
}

func TestTally(t *testing.T) {
	t.Parallel()
	line := func(product string, units int64) assortment.Line {
		return assortment.Line{Product: product, Category: "c", Units: units, Contribution: units * 10, Costed: product != "pot"}
	}
	lines := func(l ...assortment.Line) []assortment.Line { return l }
	orders := []assortment.Order{
		{ID: "7", Customer: "", Day: 12, Lines: lines(line("tea", 9))},
		{ID: "1", Customer: "ann", Day: 5, Lines: lines(line("tea", 50))}, // before the time: only her first
		{ID: "3", Customer: "ann", Day: 14, Lines: lines(line("tea", 1), line("tea", 2), line("cup", 1))},
		{ID: "4", Customer: "ann", Day: 16, Lines: lines(line("tea", 1))},
		{ID: "2", Customer: "bob", Day: 10, Lines: lines(line("tea", 1), line("pot", 1))},
		{ID: "5", Customer: "bob", Day: 15, Lines: lines(line("cup", 4))},
		{ID: "8", Customer: "cat", Day: 19, Lines: lines(line("tea", 1))},
		{ID: "9", Customer: "cat", Day: 20, Lines: lines(line("tea", 99))}, // after it
	}
	want := []assortment.Sales{
		{Product: "cup", Category: "c", Units: 5, Orders: 2, Contribution: 50, Costed: true, KnownOrders: 2, Returned: 1, Early: 1, Late: 4},
		{Product: "pot", Category: "c", Units: 1, Orders: 1, Contribution: 10, KnownOrders: 1, FirstOrders: 1, Returned: 1, Early: 1},
		{Product: "tea", Category: "c", Units: 15, Orders: 5, Contribution: 150, Costed: true, KnownOrders: 4, FirstOrders: 2, Returned: 2, Again: 1, Early: 13, Late: 2},
	}
	for range 2 {
		got := assortment.Tally(orders, 10, 20)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("-want +got\n%s", diff)
		}
		slices.Reverse(orders)
	}

	sales := assortment.Tally(orders, 10, 20)
	assortment.Partner(sales, []assortment.Pair{
		{A: "cup", B: "tea", Counts: assortment.Counts{Left: 300, Right: 400, Both: 90, All: 2000}},
		{A: "pot", B: "tea", Counts: assortment.Counts{Left: 300, Right: 400, Both: 66, All: 2000}}, // may be chance
	})
	var partners []int64
	for _, s := range sales {
		partners = append(partners, s.Partners)
	}
	if want := []int64{1, 0, 1}; !slices.Equal(partners, want) {
		t.Errorf("partners %v, want %v", partners, want)
	}
}

// Where the roles of a real shop lie: no right answer is known, but each must be
// what its name says, and well-known goods must be where one would look for them.
func TestRolesOfOnlineRetail(t *testing.T) {
	t.Parallel()
	orders := onlineRetail(t)
	from, to := orders[0].Day, orders[len(orders)-1].Day+1
	sales := assortment.Tally(orders, from, to)
	assortment.Partner(sales, assortment.NewBaskets(slices.Values(productsOf(orders))).Pairs(20))
	proposals := assortment.Propose(sales, nil, assortment.Bounds{})

	type sum struct{ products, units, revenue float64 }
	sums := map[assortment.Role]sum{}
	for i, p := range proposals {
		s := sums[p.Role]
		s.products++
		s.units += float64(sales[i].Units)
		s.revenue += float64(sales[i].Contribution) / 10000
		sums[p.Role] = s
	}
	each := func(r assortment.Role) (units, price float64) {
		return sums[r].units / sums[r].products, sums[r].revenue / sums[r].units
	}
	for _, r := range append([]assortment.Role{assortment.New}, assortment.Roles...) {
		units, price := each(r)
		t.Logf("%-9s %4.0f products, %8.0f units, %9.0f pounds; %.0f units a product, %.2f pounds a unit", r, sums[r].products, sums[r].units, sums[r].revenue, units, price)
		if sums[r].products < 100 {
			t.Errorf("only %v products are %s", sums[r].products, r)
		}
	}
	profitUnits, profitPrice := each(assortment.Profit)
	trafficUnits, trafficPrice := each(assortment.Traffic)
	potentialUnits, potentialPrice := each(assortment.Potential)
	marginalUnits, marginalPrice := each(assortment.Marginal)
	if min(profitUnits, trafficUnits) < 2*max(potentialUnits, marginalUnits) || min(profitPrice, potentialPrice) < 2*max(trafficPrice, marginalPrice) {
		t.Error("the four do not lie apart")
	}
	roles := rolesOf(proposals)
	for product, want := range map[string]assortment.Role{
		"22423":  assortment.Profit,  // the cake stand, the best seller by money
		"85123A": assortment.Profit,  // the white hanging heart
		"22197":  assortment.Traffic, // popcorn holders, much sold at 85 pence
		"23843":  assortment.New,     // 80,995 pieces in one order, cancelled at once
	} {
		if roles[product] != want {
			t.Errorf("%s is %s, want %s", product, roles[product], want)
		}
	}
}
