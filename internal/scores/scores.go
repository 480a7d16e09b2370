package scores

import (
	"fmt"
	"time"

	"github.com/rewave/rewave/internal/assortment"
	"github.com/rewave/rewave/internal/customer"
	"github.com/rewave/rewave/internal/model"
	"github.com/rewave/rewave/rules"
)

const (
	// CheckDays is how long the forecast is that a model must stand.
	CheckDays = 90

	// AheadWeeks is how far Evidence.Ahead looks.
	AheadWeeks = 13

	yearlyDiscount = 0.15
	daysOfWeek     = 7
)

// Order is one order of a customer. Days are counted from 1970 in the shop's zone.
type Order struct {
	Customer int64
	Day      int
	Minor    int64 // what was kept of it, as of the fit
	Lost     int   // the day on which the last of it came back; 0: something was kept
}

// Reader takes in the orders of a shop.
type Reader struct {
	until, check int
	current      int64
	orders       []Order

	customers []model.Customer
	rfm       []customer.RFM
	gaps      map[customer.FirstGap]int64
	before    []model.Customer // as of the check's day
	came      []int            // days with an order since, of each
	total     int
}

// NewReader is for a fit on a day, the last one of which orders are known.
func NewReader(until int) *Reader {
	return &Reader{until: until, check: until - CheckDays, gaps: map[customer.FirstGap]int64{}}
}

// Add takes in an order. They come customer by customer, each by day.
func (r *Reader) Add(o Order) {
	if o.Customer != r.current {
		r.flush()
		r.current = o.Customer
	}
	r.orders = append(r.orders, o)
}

// flush reads the orders of one customer.
func (r *Reader) flush() {
	if len(r.orders) == 0 {
		return
	}
	defer func() { r.orders = r.orders[:0] }()
	now := tally{until: r.until}
	before, came := tally{until: r.check}, 0
	last := -1
	for _, o := range r.orders {
		if o.Lost == 0 || o.Lost > r.check {
			before.add(o)
		}
		if o.Lost != 0 {
			continue
		}
		now.add(o)
		if o.Day > r.check && o.Day <= r.until && o.Day != last {
			last = o.Day
			came++
		}
	}
	if before.orders > 0 {
		r.before, r.came = append(r.before, before.Customer), append(r.came, came)
	}
	if now.orders == 0 {
		return
	}
	r.total += now.orders
	r.customers = append(r.customers, now.Customer)
	r.rfm = append(r.rfm, customer.RFM{Recency: r.until - now.Last, Frequency: now.orders, Monetary: now.minor})
	r.gaps[now.gap()]++
}

// tally is one customer as of a day.
type tally struct {
	model.Customer
	until, orders, second int
	minor                 int64
}

func (t *tally) add(o Order) {
	if o.Day > t.until {
		return
	}
	t.minor += o.Minor
	if t.orders++; t.orders == 1 {
		t.First = o.Day
		t.Last, t.Purchases = o.Day, 1
		return
	}
	if o.Day > t.Last {
		t.Last = o.Day
		if t.Purchases++; t.Purchases == 2 {
			t.second = o.Day
		}
	}
	if o.Day > t.First {
		t.RepeatMinor += o.Minor
	}
}

func (t *tally) gap() customer.FirstGap {
	if t.Purchases > 1 {
		return customer.FirstGap{Days: t.second - t.First, Back: true}
	}
	return customer.FirstGap{Days: t.until - t.First}
}

// Options are what a fit takes besides the orders.
type Options struct {
	At      time.Time          // its business time
	Last    *rules.Scores      // the last that was accepted; nil: there is none
	Month   bool               // Last is of the same month, so that its boundaries stay
	Margin  *float64           // of the shop; nil: not known
	Treated int                // customers who were written to
	Tastes  *assortment.Tastes // the shop's by category; nil: none
	Accept  bool               // a person said so, however far it moved
}

// Fitted is a fit.
type Fitted struct {
	Scores   rules.Scores
	Evidence Evidence
	Accepted bool
	Why      string // why it was not accepted, or would not have been
}

// Evidence is how a fit went, for people.
type Evidence struct {
	Orders    int            `json:"orders"`
	Customers int            `json:"customers"` // who bought
	Repeaters int            `json:"repeaters"`
	Repeats   int            `json:"repeats"`
	Purchases model.Fit      `json:"purchases"`
	Errors    []float64      `json:"standard_errors,omitempty"` // of r, alpha, a and b
	Moved     float64        `json:"moved"`                     // largest relative move of a parameter since the last fit
	Alive     float64        `json:"still_customers"`           // expected
	Ahead     float64        `json:"expected_13_weeks"`         // days with an order, of all
	Spend     model.SpendFit `json:"money"`
	Check     *Check         `json:"check,omitempty"` // nil: there was nothing to check by
	Kept      bool           `json:"rfm_kept"`        // the boundaries are those of an earlier fit of the month
}

// Check is a forecast held against what came, from the day after From.
type Check struct {
	From int `json:"from"` // day, counted from 1970
	To   int `json:"to"`
	model.Calibration
}

// Customers is how many have bought so far.
func (r *Reader) Customers() int { r.flush(); return len(r.customers) }

// Fit fits to all that was added. There may be nothing to fit: then the scores
// say why.
func (r *Reader) Fit(o Options) Fitted {
	r.flush()
	data := model.Group(r.customers, r.until, model.Weekly)
	s := rules.Scores{Version: rules.ScoresVersion, FittedAt: o.At.UTC(), Margin: o.Margin, Discount: yearlyDiscount, Tastes: o.Tastes}
	out := Fitted{Accepted: true, Evidence: Evidence{Orders: r.total, Customers: len(r.customers), Repeaters: data.Repeaters, Repeats: data.Repeats}}
	e := &out.Evidence

	options := model.Options{Kind: model.MBG, Treated: o.Treated}
	if o.Last != nil && o.Last.Purchases != nil && o.Last.Purchases.Check() == nil {
		again := model.Again(data, *o.Last.Purchases, options)
		e.Purchases, e.Moved = again.Fit, again.Moved
		out.Accepted, out.Why = again.Accepted || o.Accept, again.Why
	} else {
		e.Purchases = model.Estimate(data, options)
	}
	s.Doubt = r.purchases(&s, e, data)
	e.Spend = model.EstimateSpend(model.Spenders(r.customers), model.SpendOptions{})
	if e.Spend.Ready {
		s.Spend = &e.Spend.Params
	} else {
		s.SpendDoubt = "too few customers paid for a second purchase"
	}
	e.Kept = o.Last != nil && o.Month && o.Last.RFM.Customers > 0
	r.simple(&s, e.Kept, o.Last)
	out.Scores = s
	return out
}

// purchases keeps what was fitted, and returns why no rule may read it.
func (r *Reader) purchases(s *rules.Scores, e *Evidence, data model.Data) (doubt string) {
	if !e.Purchases.Ready {
		return fmt.Sprintf("there are %d repeat purchases, and a model needs %d", data.Repeats, model.MinRepeats)
	}
	p := e.Purchases.Params
	s.Purchases = &p
	e.Errors, _ = p.Errors()
	for _, t := range data.Triples {
		alive, expected := p.Score(model.History{X: int(t.X), Tx: t.Tx, T: t.T}, AheadWeeks)
		e.Alive += float64(t.N) * alive
		e.Ahead += float64(t.N) * expected
	}
	// The optimum is the same from any start; this one is near.
	earlier := model.Estimate(model.Group(r.before, r.check, model.Weekly), model.Options{Kind: p.Kind, Start: &p})
	if !earlier.Ready {
		return fmt.Sprintf("what was known %d days before is too little to check a forecast by", CheckDays)
	}
	outcomes := make([]model.Outcome, len(r.before))
	for i, c := range r.before {
		outcomes[i] = model.Outcome{History: c.At(r.check), Actual: r.came[i]}
	}
	c := earlier.Params.Calibrate(outcomes, float64(CheckDays)/daysOfWeek)
	e.Check = &Check{From: r.check, To: r.until, Calibration: c}
	if c.Usable {
		return ""
	}
	for _, w := range c.Warnings {
		if w.Code == model.CalibrationThin {
			return fmt.Sprintf("only %d purchases came in the %d days of its check, too few to trust it", c.Actual, CheckDays)
		}
	}
	return fmt.Sprintf("in its check the forecasts were off by %.0f %%, and 30 %% is the most", 100*c.DecileError)
}

// simple fills in what needs no model.
func (r *Reader) simple(s *rules.Scores, keep bool, last *rules.Scores) {
	if keep {
		s.RFM = last.RFM
	} else {
		s.RFM = customer.BoundariesOf(r.rfm)
	}
	gaps := customer.FirstGapsOf(r.gaps)
	if median, ok := gaps.Median(); ok {
		s.FirstGap.Median = &median
	}
	life := customer.Lifecycle{}
	if late, ok := gaps.AmongBack(0.9); ok {
		s.FirstGap.Late, life.LapsedFirst = &late, late
	}
	if p, err := s.Buying(); err == nil {
		life.Model = customer.GapModel{R: p.R, Alpha: p.Alpha * daysOfWeek}
	}
	s.Lifecycle = life.WithDefaults()
}
