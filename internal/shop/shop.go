package shop

import (
	"fmt"
	"iter"
	"math/rand/v2"
	"time"
)

// Currency is the one currency of the shop; its minor unit is a hundredth.
const Currency = "GBP"

const day = 24 * time.Hour

// Config says which shop to invent. The same Config gives the same shop.
type Config struct {
	Seed      uint64
	Customers int       // at least 1; each has at least one order
	First     int       // how many numbers are left out before theirs, so that two shops can live in one database
	Start     time.Time // first day, midnight UTC
	End       time.Time // day after the last, midnight UTC, later than Start
	Model     Model     // how they behave; the zero Model means DefaultModel
}

// Default is the shop of the demo: 36,000 customers over two years.
func Default() Config {
	return Config{
		Seed:      11,
		Customers: 36_000,
		Start:     time.Date(2023, time.July, 1, 0, 0, 0, 0, time.UTC),
		End:       time.Date(2025, time.July, 1, 0, 0, 0, 0, time.UTC),
		Model:     DefaultModel(),
	}
}

// Small is the default shop with 6,000 customers, for what has to be quick.
func Small() Config {
	c := Default()
	c.Customers = 6_000
	return c
}

// Hostile is the default shop with HostileModel.
func Hostile() Config {
	c := Default()
	c.Model = HostileModel()
	return c
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
	if c.First < 0 {
		return nil, fmt.Errorf("shop: first is %d, must not be below 0", c.First)
	}
	for _, at := range []time.Time{c.Start, c.End} {
		if !at.Equal(at.UTC().Truncate(day)) {
			return nil, fmt.Errorf("shop: %s is not midnight UTC", at.Format(time.RFC3339))
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

// Config is what the shop was made from.
func (s *Shop) Config() Config { return s.config }

// History is one customer with everything they did, by time: Orders is never
// empty, instants ascend strictly and lie in [Start, End), as do those of
// refunds and events.
type History struct {
	Customer Customer
	Orders   []Order
	Views    []Event // products looked at, by time, from the first order on
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
	h, _ := s.history(i)
	return h
}

// history is History, with what moves the customer.
func (s *Shop) history(i int) (History, nature) {
	if i < 0 || i >= s.config.Customers {
		panic(fmt.Sprintf("shop: customer %d of %d", i, s.config.Customers))
	}
	who, home := s.identity(i)
	n := s.purchases(i, &home.hours)
	s.reach(i, n.rate, &who)
	what := s.stream(i, streamWhat)
	who.FirstSeenAt = n.instants[0].Add(-time.Duration(1+what.IntN(40)) * time.Minute)
	who.ConsentAt = who.FirstSeenAt
	h := History{Customer: who}
	h.Orders, n.level = newOrders(s.config.Model, s.number(i), n.instants, what)
	s.refund(i, h.Orders)
	care := s.stream(i, streamCare)
	s.profile(i, &h.Customer)
	for k := range h.Orders {
		s.happen(&h.Orders[k], who.ID, care)
		s.tell(i, &h.Orders[k], &h.Customer, uint64(k))
	}
	h.Views = s.views(i, &h)
	return h, n
}

const (
	streamWho = iota + 1
	streamWhen
	streamWhat
	streamHome
	streamReach
	streamBack
	streamCare
	streamMessage
	streamExtra
	streamProfile
	streamTold
	streamViews
)

// stream is the customer's own source for one purpose, and of what more names.
// Seeds are mixed first, because PCG states that differ in a few bits stay
// related for ever.
func (s *Shop) stream(i int, purpose uint64, more ...uint64) *rand.Rand {
	high := mix(s.config.Seed + purpose*0x9e3779b97f4a7c15)
	low := mix(high ^ uint64(i))
	for _, m := range more {
		low = mix(low ^ m)
	}
	return rand.New(rand.NewPCG(high, low))
}

// mix is the finaliser of SplitMix64 (Steele, Lea and Flood 2014).
func mix(z uint64) uint64 {
	z += 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
