package simulation

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rewave/rewave/internal/audience"
	"github.com/rewave/rewave/internal/customer"
	"github.com/rewave/rewave/internal/delivery"
	"github.com/rewave/rewave/internal/enrollment"
	"github.com/rewave/rewave/internal/holdout"
	"github.com/rewave/rewave/internal/postgres"
	"github.com/rewave/rewave/internal/wave"
)

// scene is a side with the words that histories are told in.
type scene struct {
	side
	t    testing.TB
	told []string
}

func (s *scene) tell(what string, args ...any) { s.told = append(s.told, fmt.Sprintf(what, args...)) }

// shows tells the whole ledger.
func (s *scene) shows() { s.told = append(s.told, s.rows()...) }

// plan enters a customer at noon with waves a minute apart from noon on, on the
// channel; "ghost" and "skipped" are what their names say.
func (s *scene) plan(campaign int, customer int64, channel string, waves ...string) {
	s.planAgain(campaign, customer, channel, 1, waves...)
}

func (s *scene) planAgain(campaign int, customer int64, channel string, entry int, waves ...string) {
	x := postgres.Entering{Enrollment: enrollment.Enrollment{Customer: customer64(customer), Key: fmt.Sprintf("c%d", customer), EnteredAt: noon.Add(time.Duration(entry-1) * time.Second), Entry: entry,
		Arm: holdout.Treat, Layer: "c|test", Zone: "UTC"}}
	for i, name := range waves {
		d := wave.Delivery{Wave: name, Channel: channel, Arm: holdout.Treat, ScheduledAt: noon.Add(time.Duration(i) * time.Minute), ExpiresAt: noon.Add(24 * time.Hour)}
		if name == "ghost" {
			d.Arm = holdout.Hold
		}
		d.Skip = name == "skipped"
		x.Deliveries = append(x.Deliveries, d)
	}
	s.entered(campaign, []postgres.Entering{x})
}

func customer64(id int64) customer.ID { return customer.ID(id) }

// asks is a gate that histories change where they need another.
type asks struct {
	postgres.GateInput
	cost     int64
	pool     string
	gone     string // what is done when the pool is exhausted
	exit     bool
	between  func() // while the locks are held
	stale    string
	noCapped bool
	body     []byte
}

// gate asks about the deliveries of a wave of some customers, one minute past
// the given time since noon, and tells what passed.
func (s *scene) gate(campaign int, wave, channel string, at time.Duration, customers []int64, change ...func(*asks)) postgres.Passed {
	s.t.Helper()
	a := s.asks(campaign, wave, channel, at, customers, change)
	passed, seen, err := s.Gate(context.Background(), a.GateInput, a.completes)
	if err != nil {
		s.t.Fatal(err)
	}
	s.tell("gate of %s by %s: seen %d, claim %t, limited %d", wave, channel, seen, passed.ID != 0, passed.Took.Campaign)
	for _, c := range passed.Claims {
		s.tell("  c%d to %s, epoch %d, code %s", c.Customer, c.Address, c.Epoch, c.Code)
	}
	return passed
}

// asks is what a gate asks for.
func (s *scene) asks(campaign int, wave, channel string, at time.Duration, customers []int64, change []func(*asks)) asks {
	s.t.Helper()
	now := noon.Add(at)
	a := asks{GateInput: postgres.GateInput{Lane: postgres.Lane{Version: campaign, Wave: wave, Channel: channel}, At: &now, Campaign: campaign, Channels: []string{channel},
		PerMinor: 10_000, Lease: time.Hour}}
	for _, c := range customers {
		for nth := 1; nth <= 2; nth++ {
			if id := s.id(c, campaign, nth, wave); id != 0 {
				a.IDs = append(a.IDs, id)
			}
		}
	}
	for _, f := range change {
		f(&a)
	}
	a.Coupons = a.pool != ""
	if a.pool != "" {
		a.Pools = []string{a.pool}
	}
	return a
}

// completes is what the engine knows of a delivery at the gate.
func (a *asks) completes(_ time.Time, g *postgres.Gated) {
	purpose := audience.Promotion
	if a.Service {
		purpose = audience.Service
	}
	f := &g.Facts
	f.Rule = delivery.Rule{Purpose: purpose, Capped: !a.noCapped, Channels: a.Channels, StopOnRepurchase: a.exit, IfFeedStale: a.stale, IfCouponExhausted: a.gone}
	f.Zone, f.Cost, f.Coupon.Pool, g.Body = time.UTC, a.cost, a.pool, a.body
	if a.between != nil {
		a.between()
		a.between = nil
	}
}

// settle says what became of all calls of a gate.
func (s *scene) settle(passed postgres.Passed, state delivery.State, at time.Duration, change ...func(*postgres.Settlement)) {
	s.t.Helper()
	now := noon.Add(at)
	var all []postgres.Settlement
	for _, c := range passed.Claims {
		x := postgres.Settlement{Claim: c, State: state}
		for _, f := range change {
			f(&x)
		}
		switch x.State {
		case delivery.Accepted:
			x.ProviderID = fmt.Sprintf("p%d", c.Customer)
		case delivery.Planned:
			x.Reason, x.RetryIn, x.Untaken = "429", 30*time.Second, c.Customer%2 == 0
		default:
			x.Reason = "test"
		}
		all = append(all, x)
	}
	n, err := s.Settle(context.Background(), "test", &now, postgres.Under{Claim: passed.ID}, passed.Took, -time.Second, all)
	if err != nil {
		s.t.Fatal(err)
	}
	s.tell("settled as %s: %d of %d", state, n, len(all))
}

func (s *scene) reap() {
	r, err := s.Reap(context.Background(), -time.Second, 100)
	must(s.t, err)
	s.tell("reaped: %+v", r)
}

func (s *scene) sweep(at time.Duration) {
	now := noon.Add(at)
	n, err := s.Sweep(context.Background(), &now, 100)
	must(s.t, err)
	s.tell("swept: %d", n)
}

func (s *scene) handOut(at time.Duration, nothingQueued bool, limit int) {
	now := noon.Add(at)
	hints, err := s.HandOut(context.Background(), &now, nothingQueued, time.Hour, limit)
	must(s.t, err)
	var lanes []string
	for _, h := range hints {
		lanes = append(lanes, fmt.Sprintf("%d/%s/%s", h.Version, h.Wave, h.Channel))
	}
	slices.Sort(lanes)
	s.tell("handed out: %s", strings.Join(lanes, " "))
}
