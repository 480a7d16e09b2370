package assortment

import (
	"cmp"
	"maps"
	"math"
	"slices"
)

// Role is the part a product plays in the shop.
type Role string

// The roles. Every product has exactly one.
const (
	Profit    Role = "profit"    // earns, and is sold much: for the core group, with little discount
	Traffic   Role = "traffic"   // is sold much and earns little: draws the whole market
	Potential Role = "potential" // earns, but is sold little: may grow towards profit
	Marginal  Role = "marginal"  // neither
	New       Role = "new"       // too few sales to say
)

// Roles are those a proposal scores, in the order that decides where scores are
// equal.
var Roles = []Role{Profit, Traffic, Potential, Marginal}

// Valid reports whether there is such a role.
func (r Role) Valid() bool { return r == New || slices.Contains(Roles, r) }

// Words are all roles, in one sentence's order.
func Words() []string {
	words := make([]string, 0, len(Roles)+1)
	for _, r := range Roles {
		words = append(words, string(r))
	}
	return append(words, string(New))
}

// Bounds are when there is enough to say. A zero field takes the default named
// beside it.
type Bounds struct {
	Units  int64   // 30: with fewer a product is new
	Orders int64   // 10: likewise; one order of a wholesaler says nothing
	Peers  int     // 5: products with enough sales from which a category is its own measure
	Hold   float64 // 0.10: by how much a border is crossed before a role changes
}

// Proposal is a role worked out from sales, and why.
type Proposal struct {
	Product  string
	Category string
	Role     Role
	Scores   map[Role]float64 // of each of Roles; nil when New
	Reasons  []Reason         // the signs that are known, in one order
	Held     bool             // another role leads, but not by enough to give up the one it had
}

// Sign names what a reason is about.
type Sign string

// The signs; the package documentation says how each is measured.
const (
	SignSales        Sign = "sales"        // share of units times products; in a New one, units
	SignContribution Sign = "contribution" // minor units per unit
	SignPartners     Sign = "partners"     // products bought with it, and one
	SignAgain        Sign = "again"        // share of buyers who ordered again
	SignFirst        Sign = "first"        // share of orders that were first ones
	SignGrowth       Sign = "growth"       // later units for each earlier one
	SignOrders       Sign = "orders"       // of a New one
)

// Reason is one sign: its value, the threshold of the shop, and what that counts
// for, in [-1,1]: above 0 where the value is higher.
type Reason struct {
	Sign    Sign    `json:"sign"`
	Value   float64 `json:"value"`
	Against float64 `json:"against"`
	Mark    float64 `json:"mark"`
}

// Propose gives each product of the sales, by name, the role its sales speak for.
// before is the roles there are, by product: on a border a product keeps its own;
// nil when there are none.
func Propose(sales []Sales, before map[string]Role, bounds Bounds) []Proposal {
	bounds.Units = cmp.Or(bounds.Units, 30)
	bounds.Orders = cmp.Or(bounds.Orders, 10)
	bounds.Peers = cmp.Or(bounds.Peers, 5)
	bounds.Hold = cmp.Or(bounds.Hold, 0.10)

	var rated []Sales
	categories := map[string][]Sales{}
	for _, s := range sales {
		if s.Units >= bounds.Units && s.Orders >= bounds.Orders {
			rated = append(rated, s)
			categories[s.Category] = append(categories[s.Category], s)
		}
	}
	shop := measure(rated)
	measures := map[string]yardstick{}
	for category, peers := range categories {
		measures[category] = shop
		if len(peers) >= bounds.Peers {
			measures[category] = measure(peers)
		}
	}

	proposals := make([]Proposal, 0, len(sales))
	for _, s := range sales {
		p := Proposal{Product: s.Product, Category: s.Category, Role: New}
		if s.Units >= bounds.Units && s.Orders >= bounds.Orders {
			p.Reasons = measures[s.Category].signs(s)
			p.Scores = score(p.Reasons)
			p.Role, p.Held = choose(p.Scores, before[s.Product], bounds.Hold)
		} else {
			p.Reasons = []Reason{
				{SignSales, float64(s.Units), float64(bounds.Units), mark(float64(s.Units), float64(bounds.Units), fullBase)},
				{SignOrders, float64(s.Orders), float64(bounds.Orders), mark(float64(s.Orders), float64(bounds.Orders), fullBase)},
			}
		}
		proposals = append(proposals, p)
	}
	slices.SortFunc(proposals, func(a, b Proposal) int { return cmp.Compare(a.Product, b.Product) })
	return proposals
}

// The factors by which a value differs from its threshold for the full mark.
const (
	fullBase  = 2.0
	fullOther = 1.5
)

// popular is the share of an even share from which sales are high.
const popular = 0.7

// mark is how far a value is above or below a threshold, in [-1,1]; 0 without a
// threshold.
func mark(value, against, full float64) float64 {
	switch {
	case against <= 0:
		return 0
	case value <= 0:
		return -1
	}
	m := math.Log(value/against) / math.Log(full)
	if math.Abs(m) < 1e-9 { // on the threshold but for rounding
		return 0
	}
	return max(-1, min(1, m))
}

// yardstick is what a group of products is measured by.
type yardstick struct {
	products, units           float64
	contribution              float64 // mean, by units, of those that are costed
	costed                    bool
	partners                  float64 // median, and one
	first                     float64 // share of all
	again                     float64 // share of all
	againMedian, growthMedian float64
}

func measure(peers []Sales) yardstick {
	y := yardstick{products: float64(len(peers))}
	var contribution, costedUnits, first, known, again, returned float64
	for _, s := range peers {
		y.units += float64(s.Units)
		if s.Costed {
			contribution += float64(s.Contribution)
			costedUnits += float64(s.Units)
		}
		first += float64(s.FirstOrders)
		known += float64(s.KnownOrders)
		again += float64(s.Again)
		returned += float64(s.Returned)
	}
	if y.costed = costedUnits > 0; y.costed {
		y.contribution = contribution / costedUnits
	}
	if known > 0 {
		y.first = first / known
	}
	if returned > 0 {
		y.again = again / returned
	}
	y.partners = median(peers, partnersOf)
	y.againMedian = median(peers, y.againOf)
	y.growthMedian = median(peers, growthOf)
	return y
}

// median is that of a measure over products; the mean of the middle two.
func median(peers []Sales, measure func(Sales) float64) float64 {
	if len(peers) == 0 {
		return 0
	}
	values := make([]float64, len(peers))
	for i, s := range peers {
		values[i] = measure(s)
	}
	slices.Sort(values)
	return (values[(len(values)-1)/2] + values[len(values)/2]) / 2
}

func partnersOf(s Sales) float64 { return float64(s.Partners) + 1 }

// growthOf adds half a unit to both, so that nothing sold is no infinity.
func growthOf(s Sales) float64 {
	return (float64(max(0, s.Late)) + 0.5) / (float64(max(0, s.Early)) + 0.5)
}

func (y yardstick) againOf(s Sales) float64 {
	return (float64(s.Again) + drawnBy*y.again) / (float64(s.Returned) + drawnBy)
}

func (y yardstick) firstOf(s Sales) float64 {
	return (float64(s.FirstOrders) + drawnBy*y.first) / (float64(s.KnownOrders) + drawnBy)
}

// signs are those that are known of a product, measured against its group.
func (y yardstick) signs(s Sales) []Reason {
	var signs []Reason
	add := func(sign Sign, value, against, full float64) {
		signs = append(signs, Reason{sign, value, against, mark(value, against, full)})
	}
	add(SignSales, float64(s.Units)*y.products/y.units, popular, fullBase)
	if s.Costed && y.costed {
		each := float64(s.Contribution) / float64(s.Units)
		m := mark(each, y.contribution, fullBase)
		if y.contribution <= 0 { // a shop that loses has no factor to measure by, only a side
			m = float64(cmp.Compare(each, y.contribution))
		}
		signs = append(signs, Reason{SignContribution, each, y.contribution, m})
	}
	add(SignPartners, partnersOf(s), y.partners, fullOther)
	if y.again > 0 {
		add(SignAgain, y.againOf(s), y.againMedian, fullOther)
	}
	if y.first > 0 {
		add(SignFirst, y.firstOf(s), y.first, fullOther)
	}
	add(SignGrowth, growthOf(s), y.growthMedian, fullOther)
	return signs
}

// score is each role's, as the package documentation gives it.
func score(reasons []Reason) map[Role]float64 {
	marks := map[Sign]float64{}
	for _, r := range reasons {
		marks[r.Sign] = r.Mark
	}
	s, m := marks[SignSales], marks[SignContribution]
	return map[Role]float64{
		Profit:    s + m + marks[SignAgain]/2,
		Traffic:   s - m + marks[SignFirst]/2,
		Potential: -s + m + marks[SignGrowth]/2,
		Marginal:  -s - m - max(marks[SignPartners], marks[SignAgain], marks[SignGrowth])/2,
	}
}

// choose is the role with the highest score, or the one there was where that is
// not far behind: a sign that crosses its border by hold moves two scores apart by
// twice its mark.
func choose(scores map[Role]float64, had Role, hold float64) (role Role, held bool) {
	role = Roles[0]
	for _, r := range Roles[1:] {
		if scores[r] > scores[role] {
			role = r
		}
	}
	behind, scored := scores[had]
	if enough := 2 * math.Log1p(hold) / math.Log(fullBase); scored && had != role && scores[role]-behind < enough {
		return had, true
	}
	return role, false
}

// Origin is where a role comes from.
type Origin string

// The origins.
const (
	Given    Origin = "given"    // written by a person; it wins
	Computed Origin = "computed" // proposed from sales
)

// Placed is the role a product has.
type Placed struct {
	Product  string
	Role     Role
	Origin   Origin
	Proposal *Proposal // what sales speak for, even where a person decided otherwise; nil without sales
}

// Merge places each product that is proposed or given a role, by name: what is
// given wins.
func Merge(proposals []Proposal, given map[string]Role) []Placed {
	placed := map[string]Placed{}
	for _, p := range proposals {
		placed[p.Product] = Placed{p.Product, p.Role, Computed, &p}
	}
	for product, role := range given {
		p := placed[product]
		p.Product, p.Role, p.Origin = product, role, Given
		placed[product] = p
	}
	all := make([]Placed, 0, len(placed))
	for _, product := range slices.Sorted(maps.Keys(placed)) {
		all = append(all, placed[product])
	}
	return all
}
