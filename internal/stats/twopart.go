package stats

// Spending is an arm's money in two parts: the share who bought, and what a buyer
// spent.
type Spending struct{ Rate, PerBuyer float64 }

// TwoParts takes the difference in money per customer apart: what the buyers there
// are more would have spent as the control's do, and what all treated buyers spend
// more than those. The parts add up. Only the first has a cause one may name: the
// buyers of both arms are not the same kind of people.
func TwoParts(treat, control Spending) (moreBuyers, biggerBaskets float64) {
	return (treat.Rate - control.Rate) * control.PerBuyer, treat.Rate * (treat.PerBuyer - control.PerBuyer)
}
