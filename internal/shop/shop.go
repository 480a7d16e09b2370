package shop

import (
	"fmt"
	"iter"
	"math/rand/v2"
	"time"
)

// Currency is the one currency of the shop; its minor unit is a hundredth.
const Currency = "GBP"

// Config says which shop to invent. The same Config gives the same shop.
type Config struct {
	Seed      uint64
	Customers int       // at least 1; each has at least one order
	Start     time.Time // first day, midnight UTC
	End       time.Time // day after the last, midnight UTC, later than Start
	Model     Model     // how they behave; the zero Model means DefaultModel
}

// Default is the shop of the demo: 6,000 customers over two years.
func Default() Config {
	return Config{
		Seed:      11,
		Customers: 6000,
		Start:     time.Date(2023, time.July, 1, 0, 0, 0, 0, time.UTC),
		End:       time.Date(2025, time.July, 1, 0, 0, 0, 0, time.UTC),
		Model:     DefaultModel(),
	}
}

// Model holds the parameters described in the package comment. Probabilities
// are in [0,1].
type Model struct {
	Shape          float64 // of the purchase rate's gamma distribution; > 0
	Scale          float64 // its rate parameter, in days; > 0; mean rate is Shape/Scale orders a day
	LeaveA, LeaveB float64 // beta distribution of leaving after an order; > 0
	Season         Season
	BasketMedian   float64 // minor units; > 0
	BasketSpread   float64 // standard deviation of the log of a basket's value; >= 0
	CategoryStay   float64 // probability
	RefundRate     float64 // probability
	WholeRefund    float64 // probability, given a refund
	Consent        float64 // probability
}

// DefaultModel is the behaviour of the demo's shop.
func DefaultModel() Model {
	return Model{
		Shape: 1.1, Scale: 135,
		LeaveA: 0.75, LeaveB: 2.75,
		Season:       DefaultSeason(),
		BasketMedian: 4200, BasketSpread: 0.7,
		CategoryStay: 0.65,
		RefundRate:   0.06, WholeRefund: 0.4,
		Consent: 0.85,
	}
}

func (m Model) check() error {
	for _, f := range []struct {
		name  string
		value float64
	}{
		{"shape", m.Shape}, {"scale", m.Scale}, {"leave a", m.LeaveA}, {"leave b", m.LeaveB},
		{"basket median", m.BasketMedian}, {"season's peak", m.Season.Peak},
	} {
		if !(f.value > 0) {
			return fmt.Errorf("%s is %v, must be above 0", f.name, f.value)
		}
	}
	for month, factor := range m.Season.Months {
		if !(factor > 0) {
			return fmt.Errorf("season of %s is %v, must be above 0", time.Month(month+1), factor)
		}
	}
	if !(m.BasketSpread >= 0) {
		return fmt.Errorf("basket spread is %v, must not be below 0", m.BasketSpread)
	}
	for _, p := range []struct {
		name  string
		value float64
	}{
		{"category stay", m.CategoryStay}, {"refund rate", m.RefundRate},
		{"whole refund", m.WholeRefund}, {"consent", m.Consent},
	} {
		if !(p.value >= 0 && p.value <= 1) {
			return fmt.Errorf("%s is %v, must be from 0 to 1", p.name, p.value)
		}
	}
	return nil
}

// Shop makes customers and their histories on demand; it holds no customer and
// is safe for use from several goroutines.
type Shop struct {
	config Config
	clock  seasonClock
}

// New checks the Config and prepares the shop; it draws nothing yet.
func New(c Config) (*Shop, error) {
	if c.Model == (Model{}) {
		c.Model = DefaultModel()
	}
	if c.Customers < 1 {
		return nil, fmt.Errorf("shop: customers is %d, must be at least 1", c.Customers)
	}
	for _, day := range []time.Time{c.Start, c.End} {
		if !day.Equal(day.UTC().Truncate(24 * time.Hour)) {
			return nil, fmt.Errorf("shop: %s is not midnight UTC", day.Format(time.RFC3339))
		}
	}
	if !c.End.After(c.Start) {
		return nil, fmt.Errorf("shop: end %s is not after start %s", c.End.Format(time.DateOnly), c.Start.Format(time.DateOnly))
	}
	if err := c.Model.check(); err != nil {
		return nil, fmt.Errorf("shop: %w", err)
	}
	c.Start, c.End = c.Start.UTC(), c.End.UTC()
	return &Shop{config: c, clock: newSeasonClock(c.Model.Season, c.Start, c.End)}, nil
}

// History is one customer with everything they did, by time: Orders is never
// empty, instants ascend strictly and lie in [Start, End).
type History struct {
	Customer Customer
	Orders   []Order
}

// Histories yields every customer once, by ascending index, which is about the
// order of their first orders. Each is made when it is asked for.
func (s *Shop) Histories() iter.Seq[History] {
	return func(yield func(History) bool) {
		for i := range s.config.Customers {
			if !yield(s.History(i)) {
				return
			}
		}
	}
}

// History makes customer i, 0 <= i < Customers; it panics outside. Calling it
// again gives the same.
func (s *Shop) History(i int) History {
	if i < 0 || i >= s.config.Customers {
		panic(fmt.Sprintf("shop: customer %d of %d", i, s.config.Customers))
	}
	m := s.config.Model
	who, home := newCustomer(i, m.Consent, s.stream(i, streamWho))
	instants := s.instants(i, home, s.stream(i, streamWhen))
	what := s.stream(i, streamWhat)
	who.FirstSeenAt = instants[0].Add(-time.Duration(1+what.IntN(40)) * time.Minute)
	who.ConsentAt = who.FirstSeenAt
	orders := newOrders(m, i, instants, what)
	s.refund(m, i, orders, what)
	return History{Customer: who, Orders: orders}
}

const (
	streamWho = iota + 1
	streamWhen
	streamWhat
)

// stream is the customer's own source for one purpose. Seeds are mixed first,
// because PCG states that differ in a few bits stay related for ever.
func (s *Shop) stream(i int, purpose uint64) *rand.Rand {
	high := mix(s.config.Seed + purpose*0x9e3779b97f4a7c15)
	return rand.New(rand.NewPCG(high, mix(high^uint64(i))))
}

// mix is the finaliser of SplitMix64 (Steele, Lea and Flood 2014).
func mix(z uint64) uint64 {
	z += 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
