package shop

// Role is what a product is to the shop.
type Role string

// Roles. Traffic pullers bring new customers at a small margin, profit products
// earn the money, potential ones may become either, marginal ones hardly sell.
const (
	Traffic   Role = "traffic"
	Profit    Role = "profit"
	Potential Role = "potential"
	Marginal  Role = "marginal"
)

// weight says how often a product is picked beside others of its price: in a
// customer's first order traffic pullers are, later what earns the money.
func (r Role) weight(first bool) int {
	switch {
	case r == Traffic && first:
		return 4
	case r == Profit && !first:
		return 3
	case r == Marginal:
		return 1
	}
	return 2
}

// Product is what the shop sells. Price and Cost are minor units of Currency;
// every line is sold at Price.
type Product struct {
	SKU      string
	Name     string
	Category string
	Role     Role
	Price    int64
	Cost     int64
}

// Categories of the catalogue, and how often an order is of each when it does
// not follow the customer's last.
var (
	categories      = [...]string{"food", "clothing", "daily", "durable"}
	categoryWeights = []int{34, 24, 28, 14}
)

const categoryTotal = 100

// ByCategory is a figure for each category of the catalogue.
type ByCategory struct{ Food, Clothing, Daily, Durable float64 }

func (b ByCategory) of(category string) float64 {
	switch category {
	case "food":
		return b.Food
	case "clothing":
		return b.Clothing
	case "daily":
		return b.Daily
	case "durable":
		return b.Durable
	}
	panic("shop: there is no category " + category)
}

// shelf holds the products of each category by ascending price; basket filling
// relies on that. It is only read.
var shelf = [len(categories)][]Product{
	{
		{"F01", "Oat bar", "food", Traffic, 180, 95},
		{"F02", "Rice crackers", "food", Marginal, 260, 140},
		{"F03", "Fruit puree, four pouches", "food", Traffic, 420, 235},
		{"F04", "Green tea, 100 g", "food", Profit, 690, 330},
		{"F05", "Olive oil, 500 ml", "food", Potential, 940, 590},
		{"F06", "Coffee beans, 1 kg", "food", Profit, 1650, 980},
		{"F07", "Infant formula, 800 g", "food", Traffic, 2380, 1710},
		{"F08", "Gift hamper", "food", Marginal, 4900, 2900},
	},
	{
		{"C01", "Socks, three pairs", "clothing", Traffic, 750, 260},
		{"C02", "Sun hat", "clothing", Marginal, 1200, 430},
		{"C03", "T-shirt", "clothing", Traffic, 1600, 560},
		{"C04", "Sleepsuit", "clothing", Potential, 2100, 780},
		{"C05", "Jumper", "clothing", Profit, 3400, 1330},
		{"C06", "Jeans", "clothing", Traffic, 4500, 1840},
		{"C07", "Rain jacket", "clothing", Potential, 6200, 2600},
		{"C08", "Winter coat", "clothing", Profit, 9800, 4300},
	},
	{
		{"D01", "Hand soap", "daily", Marginal, 290, 120},
		{"D02", "Baby wipes, 60", "daily", Traffic, 350, 190},
		{"D03", "Toothpaste, two tubes", "daily", Potential, 520, 240},
		{"D04", "Shampoo", "daily", Profit, 780, 330},
		{"D05", "Laundry liquid, 2 l", "daily", Potential, 1090, 640},
		{"D06", "Nappies, 44", "daily", Traffic, 1490, 1020},
		{"D07", "Face cream", "daily", Profit, 2200, 820},
		{"D08", "Toilet paper, 48 rolls", "daily", Traffic, 2600, 1750},
	},
	{
		{"H01", "Water bottle", "durable", Traffic, 1400, 560},
		{"H02", "Bath towels, two", "durable", Profit, 2300, 990},
		{"H03", "Desk lamp", "durable", Potential, 3200, 1520},
		{"H04", "Frying pan", "durable", Profit, 3900, 1800},
		{"H05", "Kettle", "durable", Marginal, 4800, 2700},
		{"H06", "Toy kitchen", "durable", Potential, 7500, 4100},
		{"H07", "Car seat", "durable", Traffic, 12900, 8200},
		{"H08", "Pushchair", "durable", Profit, 21900, 14100},
	},
}

// Products returns the catalogue by category, then ascending price. The caller
// owns the slice.
func Products() []Product {
	var all []Product
	for _, products := range shelf {
		all = append(all, products...)
	}
	return all
}
