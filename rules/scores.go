package rules

import (
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/rewave/rewave/internal/assortment"
	customers "github.com/rewave/rewave/internal/customer"
	"github.com/rewave/rewave/internal/model"
)

// ScoresVersion is that of the written form of Scores.
const ScoresVersion = 1

// Scores is what was fitted to all customers of a shop as of an instant. It may be
// kept as JSON and frozen: what a rule predicts of a customer hangs on it and on
// that customer's orders alone. What it does not hold is unknown.
type Scores struct {
	ID      int    `json:"-"` // of the fit where it is kept; 0: it is not
	Missing string `json:"-"` // why there are none, where somebody knows; all else is then empty

	Version  int       `json:"version"`   // ScoresVersion
	FittedAt time.Time `json:"fitted_at"` // what was known by then was learnt from

	// Purchases is the model of when customers buy, in weeks between days of the
	// shop's zone; nil where none was fitted. Doubt, where it is not empty, says why
	// no rule may read it.
	Purchases *model.Params `json:"purchases,omitempty"`
	Doubt     string        `json:"doubt,omitempty"`

	// Spend is the model of what a day with a purchase is worth, in minor units; nil
	// where none was fitted, and SpendDoubt says why.
	Spend      *model.SpendParams `json:"spend,omitempty"`
	SpendDoubt string             `json:"spend_doubt,omitempty"`

	Margin   *float64 `json:"margin,omitempty"` // share of revenue that is profit; nil: the shop did not say
	Discount float64  `json:"discount"`         // a year's, 0.15

	RFM customers.Boundaries `json:"rfm"` // over all customers who ever bought

	// Tastes are the shop's by category; nil where nothing with one was sold.
	Tastes *assortment.Tastes `json:"tastes,omitempty"`

	FirstGap  FirstGap            `json:"first_gap"`
	Lifecycle customers.Lifecycle `json:"lifecycle"` // no threshold is left to a default
}

// FirstGap is the days from a first purchase to the second; nil is unknown.
type FirstGap struct {
	Median *float64 `json:"median,omitempty"` // half of all customers are back
	Late   *float64 `json:"late,omitempty"`   // nine tenths of those who come back at all are
}

// valueWeeks is the horizon of predicted.clv.
const valueWeeks = 52

// Why a prediction may be unknown.
const (
	noScores     = "no model was fitted"
	noMargin     = "the shop's margin is not known"
	nobodyLeaves = "in these data nobody is ever seen to leave"
	notFitted    = noOrders + ", or " + noScores
)

func (s *Scores) there() error {
	switch {
	case s != nil && s.Missing != "":
		return errors.New(s.Missing)
	case s == nil || s.Version != ScoresVersion:
		return errors.New(noScores)
	}
	return nil
}

// Buying is the model of purchases that rules read; the error says why they read
// none.
func (s *Scores) Buying() (p model.Params, err error) {
	if err := s.there(); err != nil {
		return p, err
	}
	switch {
	case s.Doubt != "":
		return p, errors.New(s.Doubt)
	case s.Purchases == nil || s.Purchases.Check() != nil:
		return p, errors.New(noScores)
	}
	return *s.Purchases, nil
}

// Leaving is the model of purchases where it tells who is still a customer: a fit
// that saw nobody leave holds everybody for one, who has long been silent too.
func (s *Scores) Leaving() (p model.Params, err error) {
	if p, err = s.Buying(); err == nil && p.Kind == model.NBD {
		err = errors.New(nobodyLeaves)
	}
	return p, err
}

// Spending is the model of money that rules read; the error says why they read
// none.
func (s *Scores) Spending() (p model.SpendParams, err error) {
	if err := s.there(); err != nil {
		return p, err
	}
	switch {
	case s.SpendDoubt != "":
		return p, errors.New(s.SpendDoubt)
	case s.Spend == nil || s.Spend.Check() != nil:
		return p, errors.New("no model of money was fitted")
	}
	return *s.Spend, nil
}

// Boundaries are those of rfm; the error says why there are none.
func (s *Scores) Boundaries() (b customers.Boundaries, err error) {
	if err := s.there(); err != nil {
		return b, err
	}
	if s.RFM.Customers == 0 {
		return b, errors.New("no customers were compared")
	}
	return s.RFM, nil
}

// Stages is how stages of life are told; the error says why rules read none.
func (s *Scores) Stages() (l customers.Lifecycle, err error) {
	if err := s.there(); err != nil {
		return l, err
	}
	return s.Lifecycle, nil
}

// Lacks says why what a rule reads of scores is unknown of everybody; empty: it
// reads none, or is not.
func (n Needs) Lacks(s *Scores) string {
	if !n.Scores {
		return ""
	}
	err := s.there()
	if err == nil && n.Models {
		_, err = s.Buying()
	}
	if err == nil && n.Leaving {
		_, err = s.Leaving()
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

// buyer is a customer as the models see one: days with an order, in weeks.
type buyer struct {
	model.History
	mean float64 // what a repeat day was worth, in minor units; 0 without one
}

func (o *orders) buyer() (b buyer, err error) {
	if o.count() == 0 {
		return b, errors.New(noOrders)
	}
	first := o.day(o.first())
	c := model.Customer{First: int(dayNumber(first)), Last: int(dayNumber(o.day(o.last()))), Purchases: o.days(), RepeatMinor: o.minor() - o.older.FirstDayMinor}
	if o.older.Count == 0 || o.day(o.older.Last) == first {
		for i := range o.facts {
			if o.day(o.facts[i].At) != first {
				break
			}
			c.RepeatMinor -= o.facts[i].Minor
		}
	}
	// A refund may leave less than nothing, which no model of money knows.
	return buyer{c.At(int(dayNumber(o.day(o.at)))), max(0, c.Mean())}, nil
}

// scored is a member that hangs on what was fitted.
func scored[V any](of kind, name string, gives kind, says, unknown string, get func(*orders, *Scores) (V, error)) member {
	m := member{of: of, name: name, gives: gives, says: says, unknown: unknown, scores: true, typeOf: new(func(*orders) V)}
	path := m.path()
	m.call = func(args ...any) (any, error) {
		o := args[0].(*orders)
		err := o.readable()
		if err == nil {
			var v V
			if v, err = get(o, o.basis.Scores); err == nil {
				return v, nil
			}
		}
		return nil, fmt.Errorf("%s is unknown: %w", path, err)
	}
	return m
}

// foretold is what a prediction of purchases is made of.
func (o *orders) foretold(s *Scores) (p model.Params, b buyer, err error) {
	if p, err = s.Buying(); err == nil {
		b, err = o.buyer()
	}
	return p, b, err
}

func byModel(m member) member { m.models = true; return m }

// predictedOf is a number by the model of purchases.
func predictedOf(of kind, name, says, unknown string, get func(model.Params, buyer) (float64, error)) member {
	return byModel(scored(of, name, kindNumber, says, unknown, func(o *orders, s *Scores) (float64, error) {
		p, b, err := o.foretold(s)
		if err != nil {
			return 0, err
		}
		return get(p, b)
	}))
}

// rhythmMembers are the members of orders that the model of purchases gives.
func rhythmMembers() []member {
	const tooFew = "there are too few such orders to expect a next one"
	trend := checked(kindOrders, "trend", kindNumber, "days with an order in the later half of the customer's time, by those in the earlier: above 1 they buy faster",
		func(o *orders) (float64, error) {
			days, err := o.occasions()
			if err == nil && len(days) < 2 {
				err = errors.New(noGap)
			}
			if err != nil {
				return 0, fmt.Errorf("orders.trend is unknown: %w", err)
			}
			c, _ := customers.CycleOf(days, int(dayNumber(o.day(o.at))))
			rho, _ := c.Trend()
			return rho, nil
		})
	trend.unknown, trend.history = noGap, true
	out := []member{
		aShare(predictedOf(kindOrders, "gap_probability", "chance that someone who still buys stays silent for this long: small is overdue", notFitted,
			func(p model.Params, b buyer) (float64, error) { return p.Silent(b.History), nil })),
		predictedOf(kindOrders, "expected_gap", "days from one day with an order to the next that are expected of someone who still buys", tooFew+", or "+noScores,
			func(p model.Params, b buyer) (float64, error) {
				weeks, ok := p.NextGap(b.History)
				if !ok {
					return 0, errors.New(tooFew)
				}
				return weeks * 7, nil
			}),
		trend,
	}
	for i := range out {
		out[i].entire = true
	}
	return out
}

// occasions are the days with an order, in order, each once.
func (o *orders) occasions() ([]int, error) {
	switch err := o.loaded(); {
	case err != nil:
		return nil, err
	case o.cut || o.older.Count > 0:
		return nil, o.tooFar()
	}
	days := make([]int, 0, len(o.facts))
	for i := range o.facts {
		if day := int(dayNumber(o.day(o.facts[i].At))); len(days) == 0 || days[len(days)-1] != day {
			days = append(days, day)
		}
	}
	return days, nil
}

func rfmMembers() []member {
	read := func(o *orders, s *Scores) (cut customers.Scores, err error) {
		by, err := s.Boundaries()
		if err != nil {
			return cut, err
		}
		if o.count() == 0 {
			return cut, errors.New(noOrders)
		}
		cut, _ = by.Cut(customers.RFM{Recency: int(o.ago(o.day(o.last()))), Frequency: o.count(), Monetary: o.minor()})
		return cut, nil
	}
	one := func(name, says string, get func(customers.Scores) int) member {
		return wholeBetween(scored(kindRFM, name, kindNumber, says, notFitted, func(o *orders, s *Scores) (float64, error) {
			cut, err := read(o, s)
			return float64(get(cut)), err
		}), 1, 5)
	}
	cell := scored(kindRFM, "cell", kindText, "the three of them, `555` the best", notFitted, func(o *orders, s *Scores) (string, error) {
		cut, err := read(o, s)
		return cut.Cell(), err
	})
	cell.form = &form{regexp.MustCompile(`^[1-5]{3}$`), `three digits from 1 to 5, as in "555"`}
	return []member{
		one("recency", "which fifth of the customers by the day of the last order: 5 ordered last", func(s customers.Scores) int { return s.R }),
		one("frequency", "which fifth of the customers by the number of orders: 5 is the most", func(s customers.Scores) int { return s.F }),
		one("monetary", "which fifth of the customers by the worth of all orders: 5 is the most", func(s customers.Scores) int { return s.M }),
		cell,
	}
}

// mostAhead bounds a forecast: further on, all that is said is whether somebody
// is still a customer.
const mostAhead = 2 * 365 * 24 * time.Hour

func predictedMembers() []member {
	ahead := method(kindPredicted, "orders", kindDuration, "", kindNumber, "how many days with an order are expected in the time to come, two years at most",
		func(o *orders, minutes float64) (float64, error) {
			p, b, err := o.foretold(o.basis.Scores)
			if err != nil {
				return 0, fmt.Errorf("predicted.orders is unknown: %w", err)
			}
			return p.Expected(b.History, minutes/(7*24*60)), nil
		})
	ahead.unknown, ahead.scores, ahead.models, ahead.most = notFitted, true, true, mostAhead
	alive := aShare(byModel(scored(kindPredicted, "alive", kindNumber, "chance that the customer is still one", notFitted+", or "+nobodyLeaves, func(o *orders, s *Scores) (float64, error) {
		p, err := s.Leaving()
		if err != nil {
			return 0, err
		}
		b, err := o.buyer()
		return p.Alive(b.History), err
	})))
	alive.leaving = true
	return []member{
		alive,
		ahead,
		byModel(inMoney(scored(kindPredicted, "order_value", kindNumber, "what a day with an order is expected to be worth", notFitted, func(o *orders, s *Scores) (float64, error) {
			spend, err := s.Spending()
			if err != nil {
				return 0, err
			}
			b, err := o.buyer()
			if err != nil {
				return 0, err
			}
			return spend.Mean(b.X, b.mean) / o.scale(), nil
		}))),
		byModel(inMoney(scored(kindPredicted, "clv", kindNumber, "expected profit of the next 52 weeks, discounted", notFitted+", or "+noMargin, func(o *orders, s *Scores) (float64, error) {
			spend, err := s.Spending()
			if err != nil {
				return 0, err
			}
			if s.Margin == nil {
				return 0, errors.New(noMargin)
			}
			p, b, err := o.foretold(s)
			if err != nil {
				return 0, err
			}
			terms := model.Terms{Weeks: valueWeeks, Discount: s.Discount, Margin: *s.Margin}
			return terms.Value(p, spend, b.History, b.mean) / o.scale(), nil
		}))),
	}
}

func lifecycleMembers() []member {
	const prospect = "the customer has not bought yet"
	state := func(o *orders, s *Scores) (at customers.State, bought bool, err error) {
		stages, err := s.Stages()
		if err != nil {
			return at, false, err
		}
		days, err := o.occasions()
		if err != nil {
			return at, false, err
		}
		at, bought = stages.History(days, int(dayNumber(o.day(o.at))))
		return at, bought, nil
	}
	since := func(o *orders, s *Scores) (float64, error) {
		at, bought, err := state(o, s)
		if err == nil && !bought {
			err = errors.New(prospect)
		}
		return float64(at.Since), err
	}
	out := []member{
		oneOf(scored(kindLifecycle, "stage", kindText, "the stage of the customer's life", noScores, func(o *orders, s *Scores) (string, error) {
			at, _, err := state(o, s)
			return string(at.Stage), err
		}), "prospect", "developing", "growing", "mature", "declining", "lapsed"),
		scored(kindLifecycle, "days_in_stage", kindNumber, "days on the calendar since the customer came into that stage", prospect+", or "+noScores, func(o *orders, s *Scores) (float64, error) {
			day, err := since(o, s)
			return dayNumber(o.day(o.at)) - day, err
		}),
		scored(kindLifecycle, "since", kindDate, "the day on which they did", prospect+", or "+noScores, since),
	}
	for i := range out {
		out[i].history = true
	}
	return out
}
