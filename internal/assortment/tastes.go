package assortment

// Tastes are what a whole shop buys by category, and what follows what, for one
// customer to be held against. An order's category here is its main one.
type Tastes struct {
	Spent  map[string]int64 `json:"spent"`  // minor units by category, each above 0
	Orders int64            `json:"orders"` // with a category
	Next   Transitions      `json:"next"`
}

// priorOrders is how many orders' worth of what the shop sells stands beside a
// customer's own; see Affinities.
const priorOrders = 3

// Prior is the weight of the shop in a customer's affinity, in minor units.
func (t *Tastes) Prior() float64 {
	var sum int64
	for _, amount := range t.Spent {
		sum += amount
	}
	return priorOrders * float64(sum) / float64(max(1, t.Orders))
}

// Main is the category that is worth most, of equals the first in the alphabet;
// empty where there is none.
func Main(worth map[string]int64) string {
	best := ""
	for c, minor := range worth {
		if c != "" && (best == "" || minor > worth[best] || minor == worth[best] && c < best) {
			best = c
		}
	}
	return best
}

// tasting is a Reader's part that finds the tastes.
type tasting struct {
	spent    map[string]int64
	orders   int64
	next     Transitions
	customer string
	last     []string // main category of the order before; nil: there is none
}

func (t *tasting) add(o Order) {
	worth := map[string]int64{}
	for _, l := range o.Lines {
		if l.Category != "" {
			worth[l.Category] += l.Minor
			t.spent[l.Category] += l.Minor
		}
	}
	main := []string{}
	if c := Main(worth); c != "" {
		main = append(main, c)
		t.orders++
	}
	if o.Customer == "" {
		return
	}
	if o.Customer == t.customer && t.last != nil {
		t.next.count(t.last, main)
	}
	t.customer, t.last = o.Customer, main
}

// Tastes are those of the time; nil where nothing with a category was sold. All
// orders of a customer must have come oldest first.
func (r *Reader) Tastes() *Tastes {
	t := &Tastes{Spent: map[string]int64{}, Orders: r.tastes.orders, Next: r.tastes.next}
	for category, amount := range r.tastes.spent {
		if amount > 0 {
			t.Spent[category] = amount
		}
	}
	if len(t.Spent) == 0 {
		return nil
	}
	return t
}
