package shop

// Product is what the shop sells. Price and Cost are minor units of Currency;
// every line is sold at Price.
type Product struct {
	SKU      string
	Name     string
	Category string
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

// shelf holds the products of each category by ascending price; basket filling
// relies on that. It is only read.
var shelf = [len(categories)][]Product{
	{
		{"F01", "Oat bar", "food", 180, 95},
		{"F02", "Rice crackers", "food", 260, 140},
		{"F03", "Fruit puree, four pouches", "food", 420, 235},
		{"F04", "Green tea, 100 g", "food", 690, 330},
		{"F05", "Olive oil, 500 ml", "food", 940, 590},
		{"F06", "Coffee beans, 1 kg", "food", 1650, 980},
		{"F07", "Infant formula, 800 g", "food", 2380, 1710},
		{"F08", "Gift hamper", "food", 4900, 2900},
	},
	{
		{"C01", "Socks, three pairs", "clothing", 750, 260},
		{"C02", "Sun hat", "clothing", 1200, 430},
		{"C03", "T-shirt", "clothing", 1600, 560},
		{"C04", "Sleepsuit", "clothing", 2100, 780},
		{"C05", "Jumper", "clothing", 3400, 1330},
		{"C06", "Jeans", "clothing", 4500, 1840},
		{"C07", "Rain jacket", "clothing", 6200, 2600},
		{"C08", "Winter coat", "clothing", 9800, 4300},
	},
	{
		{"D01", "Hand soap", "daily", 290, 120},
		{"D02", "Baby wipes, 60", "daily", 350, 190},
		{"D03", "Toothpaste, two tubes", "daily", 520, 240},
		{"D04", "Shampoo", "daily", 780, 330},
		{"D05", "Laundry liquid, 2 l", "daily", 1090, 640},
		{"D06", "Nappies, 44", "daily", 1490, 1020},
		{"D07", "Face cream", "daily", 2200, 820},
		{"D08", "Toilet paper, 48 rolls", "daily", 2600, 1750},
	},
	{
		{"H01", "Water bottle", "durable", 1400, 560},
		{"H02", "Bath towels, two", "durable", 2300, 990},
		{"H03", "Desk lamp", "durable", 3200, 1520},
		{"H04", "Frying pan", "durable", 3900, 1800},
		{"H05", "Kettle", "durable", 4800, 2700},
		{"H06", "Toy kitchen", "durable", 7500, 4100},
		{"H07", "Car seat", "durable", 12900, 8200},
		{"H08", "Pushchair", "durable", 21900, 14100},
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
