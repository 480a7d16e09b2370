package main

import (
	"fmt"
	"math"
	"strings"

	"github.com/rewave/rewave/internal/importer"
	"github.com/rewave/rewave/internal/model"
	"github.com/rewave/rewave/internal/order"
)

// text is what was found, as a person reads it: each warning stands behind the
// figures it is about.
func (m fittedModel) text() string {
	var b strings.Builder
	line := func(prefix, format string, args ...any) {
		fmt.Fprintln(&b, wrap(prefix, fmt.Sprintf(format, args...)))
	}
	warn := func(warnings []model.Warning) {
		for _, w := range warnings {
			line("  warning: ", "%s", w.Text)
		}
	}
	line("orders: ", "%s", m.readText())
	line("data: ", "%s until %s, %s of them with a repeat purchase, %s",
		count(m.data.Customers+m.data.Rejected.New, "customer"), dateText(m.until), thousands(m.data.Repeaters), count(m.data.Repeats, "repeat purchase"))
	if n := m.data.Rejected.New; n > 0 {
		line("  ", "%s bought for the first time on the last day, which says nothing yet", count(n, "customer"))
	}
	if !m.fit.Ready {
		warn(m.fit.Warnings)
		return b.String()
	}
	p := m.fit.Params
	how := "did not converge"
	if m.fit.Converged {
		how = "converged"
	}
	line("purchases: ", "%s, %s after %s", p.Kind.Name(), how, count(m.fit.Iterations, "iteration"))
	m.parameters(&b)
	line("  ", "log-likelihood %.3f, %.6f a customer", p.LogLikelihood, p.LogLikelihood/float64(p.Customers))
	line("  ", "still customers: about %s of %s; in the next %d weeks they buy about %s times",
		rounded(m.alive), thousands(m.data.Customers), aheadWeeks, rounded(m.ahead))
	warn(m.fit.Warnings)
	m.moneyText(&b, line)
	warn(m.spend.Warnings)
	m.checkText(&b, line)
	return b.String()
}

func (m fittedModel) readText() string {
	r := m.read
	text := fmt.Sprintf("%s read, %s rejected", count(r.Rows, "row"), thousands(r.Rejected))
	if r.Rejected > 0 {
		text += " (" + byReason(r.RejectedBy) + ")"
	}
	text += ", " + count(len(r.Orders), "order") + " of customers"
	if r.Guests > 0 {
		text += ", " + thousands(r.Guests) + " of guests left out"
	}
	if r.LostRefunds > 0 {
		text += ", " + count(r.LostRefunds, "refund line") + " of no known order"
	}
	return text
}

func rounded(x float64) string { return thousands(int(math.Round(x))) }

// parameters are a line each, with the standard error where there is one.
func (m fittedModel) parameters(b *strings.Builder) {
	p := m.fit.Params
	errors, sure := p.Errors()
	rows := []struct {
		name  string
		value float64
		says  string
	}{
		{"r", p.R, "how alike the rates are"},
		{"alpha", p.Alpha, fmt.Sprintf("weeks; the mean rate is %.4f a week", p.R/p.Alpha)},
		{"a", p.A, fmt.Sprintf("the mean chance to be gone after a purchase is %.1f%%", 100*p.A/(p.A+p.B))},
		{"b", p.B, "how alike these chances are, with a"},
	}
	if p.Kind == model.NBD {
		rows = rows[:2]
	}
	for i, r := range rows {
		se := ""
		if sure {
			se = fmt.Sprintf("±%.4f", errors[i])
		}
		fmt.Fprintf(b, "  %-5s %10.4f  %-9s  %s\n", r.name, r.value, se, r.says)
	}
}

// scale is how many minor units are in a main one.
func scale(currency string) float64 { return math.Pow10(order.Decimals(currency)) }

func (m fittedModel) moneyText(b *strings.Builder, line func(prefix, format string, args ...any)) {
	if m.currency == "" {
		line("money: ", "the orders are in several currencies, so there is no model of it")
		return
	}
	if !m.spend.Ready {
		line("money: ", "there is no model of it")
		return
	}
	s := m.spend.Params
	line("money: ", "Gamma-Gamma of %s with a repeat purchase that cost something", count(s.Customers, "customer"))
	fmt.Fprintf(b, "  %-5s %10.4f\n  %-5s %10.4f\n  %-5s %10.4f  %s\n", "p", s.P, "q", s.Q, "v", s.V/scale(m.currency), m.currency)
	line("  ", "a repeat purchase is worth %s on average; correlation with frequency %+.2f; means above %s were cut to it",
		money(int64(math.Round(s.Mean(0, 0))), m.currency), s.Correlation, money(int64(math.Round(m.spend.Cap)), m.currency))
}

func (m fittedModel) checkText(b *strings.Builder, line func(prefix, format string, args ...any)) {
	c := m.checked
	if c == nil {
		line("check: ", "before the last %d days there are too few data to hold a forecast against them; rules must not use the model yet", checkDays)
		return
	}
	line("check: ", "a forecast of %s to %s, %.1f weeks, against what came", dateText(m.checkedOn.from), dateText(m.checkedOn.to), c.Weeks)
	off := ""
	if c.Actual > 0 {
		off = fmt.Sprintf(", %+.1f%%", 100*(c.Predicted/float64(c.Actual)-1))
	}
	line("  ", "%s purchases expected, %s came%s", rounded(c.Predicted), thousands(c.Actual), off)
	for _, table := range []struct {
		name string
		rows []model.Row
	}{{"repeats before", c.ByX}, {"decile", c.ByDecile}} {
		fmt.Fprintf(b, "  %-14s  %9s  %9s  %9s  %21s\n", table.name, "customers", "expected", "came", "a customer")
		for _, r := range table.rows {
			n := math.Max(1, float64(r.Customers))
			fmt.Fprintf(b, "  %14s  %9s  %9s  %9s  %9.2f against %.2f\n", r.Group, thousands(r.Customers), rounded(r.Predicted), thousands(r.Actual), r.Predicted/n, float64(r.Actual)/n)
		}
	}
	line("  ", "the deciles are off by %.1f%%, the forecast of a customer by %.2f purchases on average (root mean square %.2f)", 100*c.DecileError, c.MAE, c.RMSE)
	if c.Usable {
		line("  ", "rules may use the model")
	}
	for _, w := range c.Warnings {
		line("  warning: ", "%s", w.Text)
	}
}

// modelResult is what was found, for programs.
type modelResult struct {
	Orders    modelOrders     `json:"orders"`
	Until     string          `json:"until"`
	Customers int             `json:"customers"`
	Repeaters int             `json:"repeaters"`
	Repeats   int             `json:"repeats"`
	Purchases model.Fit       `json:"purchases"`
	Errors    []float64       `json:"standard_errors,omitempty"`
	Alive     float64         `json:"still_customers"`
	Ahead     float64         `json:"expected_13_weeks"`
	Currency  string          `json:"currency,omitempty"`
	Minor     *int            `json:"minor_digits,omitempty"` // money is in minor units of the currency: 2 are cents
	Money     *model.SpendFit `json:"money,omitempty"`        // v and cap
	Check     *modelCheck     `json:"check,omitempty"`
}

type modelOrders struct {
	Rows        int            `json:"rows"`
	Rejected    int            `json:"rejected"`
	RejectedBy  map[string]int `json:"rejected_by"`
	OfCustomers int            `json:"orders_of_customers"`
	Guests      int            `json:"orders_of_guests"`
	LostRefunds int            `json:"refund_lines_of_no_order"`
}

type modelCheck struct {
	From string `json:"from"`
	To   string `json:"to"`
	model.Calibration
}

func (m fittedModel) json() modelResult {
	orders := func(r importer.Read) modelOrders {
		return modelOrders{r.Rows, r.Rejected, r.RejectedBy, len(r.Orders), r.Guests, r.LostRefunds}
	}
	out := modelResult{Orders: orders(m.read), Until: dateText(m.until), Customers: m.data.Customers, Repeaters: m.data.Repeaters, Repeats: m.data.Repeats,
		Purchases: m.fit, Alive: m.alive, Ahead: m.ahead, Currency: m.currency}
	out.Errors, _ = m.fit.Params.Errors()
	if m.currency != "" {
		out.Minor, out.Money = new(order.Decimals(m.currency)), &m.spend
	}
	if m.checked != nil {
		out.Check = &modelCheck{dateText(m.checkedOn.from), dateText(m.checkedOn.to), *m.checked}
	}
	return out
}
