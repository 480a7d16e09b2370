package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/fault"
	"github.com/rewave/rewave/internal/importer"
	"github.com/rewave/rewave/internal/model"
)

func (a *app) model() *cobra.Command {
	c := &cobra.Command{Use: "model", Short: "Who will buy again, from when they bought",
		Example: `  rewave model fit
  rewave model show
  rewave model fit --orders cdnow_master.csv.gz --preset cdnow`}
	c.AddCommand(a.takesJSON(a.takesConfig(a.modelFit())), a.takesJSON(a.takesConfig(a.modelShow())))
	return c
}

// modelFlags are those of model fit.
type modelFlags struct {
	form                        fileForm
	orders, until, holdout, use string
	at                          string
	accept                      bool
}

func (a *app) modelFit() *cobra.Command {
	var f modelFlags
	fit := &cobra.Command{Use: "fit", Short: "Fit the models, to the database or to a file of orders", Args: operands,
		Long: `Fits who is still a customer and how often they will buy (MBG/NBD, or BG/NBD),
and what a purchase is worth (Gamma-Gamma). Several orders of a day are one
purchase.

Without --orders it fits to the orders in the database, by whole weeks, with the
boundaries of recency, frequency and money, and keeps it for rules: what a
campaign whose design begins from now on predicts by. A tick does it every week.
A fit that moved by a quarter or more since the last is shown, kept beside, and
read by nobody (exit code 4), until --accept.

With --orders it needs no server and keeps nothing: it fits to the orders of a
file until the end of a day, net of what was given back by then.

With --holdout the forecast is held against what came from the next day until
the end of that one. Without it a second fit, until 90 days before, is held
against these. Forecasts that are off by more than 30 % by decile are not for
rules.

The generic form needs customer_id, placed_at and unit_price or amount, that of
the whole row; order_id, sku, quantity, currency, kind and refund_of are read
where there are any. A row without order_id is an order.

With --json all money (v and cap) is in minor units (cents) of the currency
beside it, of which minor_digits stand behind the point.`,
		Example: `  rewave model fit
  rewave model fit --orders cdnow_master.csv.gz --preset cdnow --model bg
  rewave model fit --orders o.csv --until 2025-06-30 --holdout 2025-12-31 --json`,
		RunE: func(c *cobra.Command, _ []string) error {
			if f.orders != "" {
				if f.at != "" || f.accept {
					return fault.New(fault.Usage, "model fit: --at and --accept are for the orders of the database; a file has --until", modelCall+" --until 2025-06-30")
				}
				return a.fitModel(c.Context(), f)
			}
			for _, name := range []string{"currency", "encoding", "map", "preset", "zone", "decimal", "until", "holdout", "model"} {
				if c.Flags().Changed(name) {
					return fault.New(fault.Usage, "model fit: --"+name+" is for a file of orders; which one?", modelCall)
				}
			}
			return a.fitScores(c.Context(), f.at, f.accept)
		}}
	flags := fit.Flags()
	flags.StringVar(&f.at, "at", "", "what was known of the database's orders at this `TIME` in the shop's zone (default now)")
	flags.BoolVar(&f.accept, "accept", false, "let rules read it, however far it moved since the last")
	flags.StringVar(&f.orders, "orders", "", "a `FILE` of orders, in place of the database's")
	f.form.flags(fit, importer.Orders, "UTC", "")
	flags.StringVar(&f.until, "until", "", "the last `DAY` to learn from, 2025-06-30 (default the day of the last order)")
	flags.StringVar(&f.holdout, "holdout", "", "the last `DAY` of a forecast to hold against what came")
	flags.StringVar(&f.use, "model", string(model.MBG), "`NAME` mbg or bg")
	return fit
}

const modelCall = "rewave model fit --orders orders.csv"

// days are first and last of what is asked for.
type days struct{ from, to calendar.Date }

func (f modelFlags) dates() (until, holdout calendar.Date, err error) {
	for _, flag := range []struct {
		name, text string
		to         *calendar.Date
	}{{"--until", f.until, &until}, {"--holdout", f.holdout, &holdout}} {
		if flag.text == "" {
			continue
		}
		if *flag.to, err = calendar.ParseDate(flag.text); err != nil {
			return until, holdout, fault.New(fault.Usage, fmt.Sprintf("model fit: %s: %q is not a date", flag.name, flag.text), modelCall+" "+flag.name+" 2025-06-30")
		}
	}
	switch {
	case f.holdout != "" && f.until == "":
		return until, holdout, fault.New(fault.Usage, "model fit: --holdout says until when to forecast; from which day on?", modelCall+" --until 2025-06-30 --holdout 2025-12-31")
	case f.holdout != "" && !until.Before(holdout):
		return until, holdout, fault.New(fault.Usage, "model fit: --holdout "+f.holdout+" is not after --until "+f.until, modelCall+" --until 2025-06-30 --holdout 2025-12-31")
	}
	return until, holdout, nil
}

// fittedModel is all that model fit found.
type fittedModel struct {
	file       string
	read       importer.Read
	currency   string // of the money; empty: several
	until      calendar.Date
	data       model.Data
	fit        model.Fit
	spend      model.SpendFit
	alive      float64 // customers who still are, expected
	ahead      float64 // purchases in the next aheadWeeks
	checked    *model.Calibration
	checkedOn  days
	short      int // days that are asked for and lie behind the last order
	lastOrder  calendar.Date
	customers  []model.Customer
	kindWanted model.Kind
}

const (
	aheadWeeks = 13
	checkDays  = 90 // of the check without a holdout
)

func (a *app) fitModel(ctx context.Context, f modelFlags) error {
	kind := model.Kind(f.use)
	if kind != model.MBG && kind != model.BG {
		return fault.New(fault.Usage, fmt.Sprintf("model fit: there is no model %q; there are mbg and bg", f.use), modelCall+" --model bg")
	}
	until, holdout, err := f.dates()
	if err != nil {
		return err
	}
	call := "rewave model fit --orders " + f.orders
	opts, err := f.form.options(importer.Purchases, f.orders, importer.Attributes{})
	if err != nil {
		return err
	}
	bar := a.progress("reading orders")
	opts.Progress = bar.update
	read, err := importer.ReadOrders(ctx, opts)
	bar.done()
	if err != nil {
		err = f.form.fitted(err, func(kind string) string {
			if kind != importer.Orders {
				return ""
			}
			return call
		})
		return f.form.tried(err, call, "")
	}
	if len(read.Orders) == 0 {
		why := "no order of a customer"
		if read.Rejected > 0 {
			why += ": " + byReason(read.RejectedBy)
		}
		return fault.New(fault.NotFound, filepath.Base(f.orders)+" has "+why, "rewave import inspect "+f.orders)
	}
	m := fittedModel{file: filepath.Base(f.orders), read: read, until: until, kindWanted: kind}
	if err := m.learn(holdout); err != nil {
		return err
	}
	a.warnUnread(m)
	var failed error
	if !m.fit.Ready {
		failed = fault.New(fault.Unavailable, "no model: "+m.fit.Warnings[len(m.fit.Warnings)-1].Text, "")
	}
	if a.json {
		return errors.Join(a.print(m.json()), failed)
	}
	fmt.Fprint(a.stdout, m.text())
	return failed
}

// warnUnread says on stderr what a person must not overlook of the file.
func (a *app) warnUnread(m fittedModel) {
	if r := m.read; float64(r.Rejected) > manyRejected*float64(r.Rows) {
		fmt.Fprintln(a.stderr, wrap("warning: ", fmt.Sprintf("%s of %s of %s were rejected (%d%%) and not learnt from: %s",
			thousands(r.Rejected), count(r.Rows, "row"), m.file, 100*r.Rejected/r.Rows, byReason(r.RejectedBy))))
	}
	if m.short > daysOfWeek {
		fmt.Fprintln(a.stderr, wrap("warning: ", fmt.Sprintf("the last order is of %s, %s before the last day that was asked for; if the file ends there, silence says nothing", dateText(m.lastOrder), count(m.short, "day"))))
	}
}

const daysOfWeek = 7

func dateText(d calendar.Date) string {
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day)
}

// learn fits and checks; holdout is zero where none was asked for.
func (m *fittedModel) learn(holdout calendar.Date) error {
	first, last := m.span()
	m.lastOrder = last
	if m.until == (calendar.Date{}) {
		m.until = last
	}
	if m.until.Before(first) {
		return fault.New(fault.NotFound, m.file+" has no order until "+dateText(m.until)+"; the first is of "+dateText(first), "")
	}
	end := m.until
	if holdout != (calendar.Date{}) {
		end = holdout
	}
	m.short = end.DaysSince(last)
	m.currency = m.oneCurrency()

	customers, came := m.histories(m.until, end)
	m.customers = customers
	m.data = model.Group(customers, dayNumber(m.until), model.Daily)
	m.fit = model.Estimate(m.data, model.Options{Kind: m.kindWanted})
	if m.currency != "" {
		m.spend = model.EstimateSpend(model.Spenders(customers), model.SpendOptions{})
	}
	if !m.fit.Ready {
		return nil
	}
	for _, t := range m.data.Triples {
		alive, expected := m.fit.Params.Score(model.History{X: int(t.X), Tx: t.Tx, T: t.T}, aheadWeeks)
		m.alive += float64(t.N) * alive
		m.ahead += float64(t.N) * expected
	}
	if end != m.until {
		m.check(m.fit.Params, customers, came, m.until, end)
		return nil
	}
	before := m.until.AddDays(-checkDays)
	customers, came = m.histories(before, m.until)
	if fit := model.Estimate(model.Group(customers, dayNumber(before), model.Daily), model.Options{Kind: m.kindWanted}); fit.Ready {
		m.check(fit.Params, customers, came, before, m.until)
	}
	return nil
}

func (m *fittedModel) check(p model.Params, customers []model.Customer, came []int, until, end calendar.Date) {
	outcomes := make([]model.Outcome, len(customers))
	for i, c := range customers {
		outcomes[i] = model.Outcome{History: c.At(dayNumber(until)), Actual: came[i]}
	}
	c := p.Calibrate(outcomes, float64(end.DaysSince(until))/daysOfWeek)
	m.checked, m.checkedOn = &c, days{until.AddDays(1), end}
}

// span are the days of the first and last order.
func (m *fittedModel) span() (first, last calendar.Date) {
	earliest, latest := m.read.Orders[0].PlacedAt, m.read.Orders[0].PlacedAt
	for _, o := range m.read.Orders {
		if o.PlacedAt.Before(earliest) {
			earliest = o.PlacedAt
		}
		if o.PlacedAt.After(latest) {
			latest = o.PlacedAt
		}
	}
	return calendar.DateOf(earliest, m.read.Zone), calendar.DateOf(latest, m.read.Zone)
}

// oneCurrency is that of all orders, empty where they have several.
func (m *fittedModel) oneCurrency() string {
	for _, o := range m.read.Orders {
		if o.Currency != m.read.Orders[0].Currency {
			return ""
		}
	}
	return m.read.Orders[0].Currency
}

func dayNumber(d calendar.Date) int {
	return d.DaysSince(calendar.Date{Year: 1970, Month: 1, Day: 1})
}

// histories are the customers as of the end of until, and on how many days each
// bought from then to the end of the day end. What was given back counts when it
// was: before the end of until, or of end for what came after.
func (m *fittedModel) histories(until, end calendar.Date) (customers []model.Customer, came []int) {
	type purchase struct {
		day   int
		minor int64
	}
	cut, last := calendar.Instant(until.AddDays(1), 0, m.read.Zone), calendar.Instant(end.AddDays(1), 0, m.read.Zone)
	index, bought, later := map[string]int{}, [][]purchase{}, [][]int{}
	for _, o := range m.read.Orders {
		if !o.PlacedAt.Before(last) {
			continue
		}
		i, known := index[o.Customer]
		if !known {
			i = len(bought)
			index[o.Customer] = i
			bought, later = append(bought, nil), append(later, nil)
		}
		day := dayNumber(calendar.DateOf(o.PlacedAt, m.read.Zone))
		if o.PlacedAt.Before(cut) {
			if minor, kept := o.Net(cut); kept {
				bought[i] = append(bought[i], purchase{day, minor})
			}
		} else if _, kept := o.Net(last); kept {
			later[i] = append(later[i], day)
		}
	}
	for i, list := range bought {
		if len(list) == 0 {
			continue
		}
		slices.SortFunc(list, func(a, b purchase) int { return cmp.Compare(a.day, b.day) })
		c := model.Customer{First: list[0].day, Last: list[0].day, Purchases: 1}
		for _, p := range list {
			if p.day > c.Last {
				c.Last = p.day
				c.Purchases++
			}
			if p.day > c.First {
				c.RepeatMinor += p.minor
			}
		}
		slices.Sort(later[i])
		customers, came = append(customers, c), append(came, len(slices.Compact(later[i])))
	}
	return customers, came
}
