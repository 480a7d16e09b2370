package simulation

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/rewave/rewave/internal/delivery"
	"github.com/rewave/rewave/internal/postgres"
)

// hashed has the gate keep a hash of the message.
func hashed(body string) func(*asks) { return func(a *asks) { a.body = []byte(body) } }

// doubts asks for the deliveries whose time to be asked about has come.
func (s *scene) doubts(channels ...string) {
	s.t.Helper()
	open, err := s.Doubts(context.Background(), channels, 10)
	must(s.t, err)
	slices.SortFunc(open, func(a, b postgres.Doubt) int { return int(a.Claim.Customer - b.Claim.Customer) })
	s.tell("asked about %d", len(open))
	for _, d := range open {
		gate := "none"
		if d.GateAt != nil {
			gate = d.GateAt.Sub(noon).String()
		}
		s.tell("  c%d %s epoch %d, %s of %d, limited %t, gate %s", d.Claim.Customer, d.State, d.Claim.Epoch, d.Lane.Wave, d.Campaign, d.Limited, gate)
	}
}

// again asks about sending messages in doubt again.
func (s *scene) again(campaign int, wave string, at time.Duration, customers []int64, window time.Duration, change ...func(*asks)) {
	s.t.Helper()
	a := s.asks(campaign, wave, "email", at, customers, change)
	again, err := s.GateAgain(context.Background(), a.GateInput, window, a.completes)
	must(s.t, err)
	slices.SortFunc(again.Claims, func(a, b postgres.Claim) int { return int(a.Customer - b.Customer) })
	for _, c := range again.Claims {
		s.tell("again c%d to %s, epoch %d, code %s", c.Customer, c.Address, c.Epoch, c.Code)
	}
	by := map[string]int{}
	for _, why := range again.Left {
		by[why]++
	}
	for _, why := range slices.Sorted(maps.Keys(by)) {
		s.tell("left %d: %s", by[why], why)
	}
}

var doubtHistories = map[string]func(*scene){
	"asked about": func(s *scene) {
		c := s.few(3, "email", "hello")
		p := s.gate(c, "hello", "email", 0, everybody)
		s.settle(p, delivery.Unknown, 0)
		s.doubts("email") // its time has not come
		s.later()
		s.doubts("sms")
		s.doubts("email") // they were asked about
		s.later()
		release := s.holding("claim", 0)
		s.doubts("email")
		release()
		s.doubts("email")
		s.settle(p, delivery.Accepted, 0)
		s.later()
		s.doubts("email") // which forgets the doubt
		s.reap()
	},
	"asked about after the reaper": func(s *scene) {
		c := s.few(2, "email", "hello")
		s.gate(c, "hello", "email", 0, everybody, func(a *asks) { a.Lease = -time.Second })
		s.reap()
		s.later()
		s.doubts("email")
	},
	"sent again": func(s *scene) {
		c := s.few(4, "email", "hello")
		s.addCodes(terms("p", 1), "CODE0001")
		p := s.gate(c, "hello", "email", 0, []int64{1, 2, 3}, hashed("a"))
		s.again(c, "hello", 0, everybody, time.Hour, hashed("a")) // under way
		s.settle(p, delivery.Unknown, 0)
		s.again(c, "hello", 0, everybody, time.Hour, hashed("b"))
		s.again(c, "hello", 0, everybody, time.Minute, hashed("a"))
		s.again(c, "hello", 0, everybody, time.Hour)
		s.word(1, word{"email", "marketing", false, noon.Add(-time.Second)})
		s.order(2, noon.Add(time.Second))
		s.again(c, "hello", time.Minute, everybody, time.Hour, hashed("a"), func(a *asks) { a.exit = true })
		s.status(c, "paused")
		s.again(c, "hello", time.Minute, everybody, time.Hour, hashed("a"))
		s.status(c, "running")
		s.again(c, "hello", 24*time.Hour, everybody, time.Hour, hashed("a"))
		release := s.holding("customer", 3)
		s.again(c, "hello", time.Minute, everybody, time.Hour, hashed("a"))
		release()
		s.settle(p, delivery.Failed, time.Minute)
		s.again(c, "hello", time.Minute, everybody, time.Hour, hashed("a"))
	},
	"sent again with its code": func(s *scene) {
		c := s.few(2, "email", "hello")
		s.addCodes(terms("p", 1), "CODE0001")
		s.settle(s.gate(c, "hello", "email", 0, []int64{1}, hashed("a"), gives("p", "skip")), delivery.Unknown, 0)
		for range 2 {
			s.again(c, "hello", 0, everybody, time.Hour, hashed("a"), gives("p", "skip"))
		}
		s.gate(c, "hello", "email", 0, []int64{2}, hashed("a"), gives("p", "skip"))
	},
	"sent again of an older pass": func(s *scene) {
		c := s.few(1, "email", "hello")
		s.settle(s.gate(c, "hello", "email", 0, everybody, hashed("a")), delivery.Planned, 0)
		s.settle(s.gate(c, "hello", "email", time.Minute, everybody), delivery.Unknown, 0)
		s.again(c, "hello", time.Minute, everybody, time.Hour, hashed("a")) // the newest kept none
	},
	"a failover": func(s *scene) {
		c := s.few(6, "email", "hello", "ghost", "again")
		first := s.gate(c, "hello", "email", 0, []int64{1, 2, 3}, hashed("a"), costs(7))
		s.settle(first, delivery.Planned, 0, func(x *postgres.Settlement) {
			if x.Claim.Customer > 1 {
				x.State = delivery.Accepted
			}
		})
		under := s.gate(c, "hello", "email", 0, []int64{4, 5})
		s.failedOver()
		at := noon
		_, _, err := s.Gate(context.Background(), postgres.GateInput{IDs: []int64{s.id(6, c, 1, "hello")}, Lane: postgres.Lane{Version: c, Wave: "hello", Channel: "email"}, At: &at, Campaign: c,
			Channels: []string{"email"}, Lease: time.Hour}, func(time.Time, *postgres.Gated) {})
		s.tell("a gate is closed: %t", err != nil)
		_, err = s.Settle(context.Background(), "test", &at, postgres.Under{Claim: under.ID}, postgres.Took{}, time.Hour, []postgres.Settlement{{Claim: under.Claims[0], State: delivery.Accepted}})
		s.tell("an outcome is refused: %t", err != nil)
		s.sweep(1000 * time.Hour) // what is late may have been sent
		s.shows()
		for range 2 {
			f, err := s.NoticeFailover(context.Background(), time.Hour)
			must(s.t, err)
			if f != nil {
				s.tell("quarantined %d, doubtful %d", f.Quarantined, f.Doubtful)
			}
		}
		s.shows()
		s.settle(under, delivery.Planned, 0)            // nobody gives it back any more
		s.settle(under, delivery.Accepted, time.Second) // though an outcome counts
		lost := postgres.Claim{ID: s.id(6, c, 1, "hello"), Customer: 6, EnteredAt: noon, Epoch: 1}
		s.settle(postgres.Passed{ID: 99, Claims: []postgres.Claim{lost}}, delivery.Accepted, time.Second) // and that of a gate that was lost
		s.later()
		s.doubts("email")
		s.shows()
		claim := postgres.Claim{ID: s.id(1, c, 1, "hello"), Epoch: 2}
		for _, window := range []time.Duration{time.Minute, 24 * time.Hour} {
			again, err := s.Replan(context.Background(), []postgres.Claim{claim}, window, &at)
			must(s.t, err)
			s.tell("planned again: %d", len(again))
		}
		s.gate(c, "hello", "email", time.Minute, everybody)
	},
	"a provider says that it has what is dead": func(s *scene) {
		c := s.few(4, "email", "hello", "ghost")
		id := func(who int64, wave string) int64 { return s.id(who, c, 1, wave) }
		s.settle(s.gate(c, "hello", "email", time.Hour, []int64{1}, costs(7)), delivery.Planned, time.Hour)
		must(s.t, s.Bury(context.Background(), map[int64]string{id(1, "hello"): "no", id(2, "hello"): "no", id(3, "hello"): "no", id(4, "ghost"): "no"}))
		var words []postgres.Feedback
		for i, of := range []int64{id(1, "hello"), id(2, "hello"), id(3, "hello"), id(4, "ghost")} {
			kind := "delivered"
			if i == 2 {
				kind = "failed"
			}
			words = append(words, postgres.Feedback{ID: fmt.Sprint("e", i), Ref: fmt.Sprint(of, ".here"), Type: kind, At: noon})
		}
		words = append(words, postgres.Feedback{ID: "e4", Ref: "1.there", Type: "delivered", At: noon})
		_, err := s.StoreFeedback(context.Background(), "email", words)
		must(s.t, err)
		for range 2 {
			heard, err := s.HearFeedback(context.Background(), "here", time.Hour, 10)
			must(s.t, err)
			s.tell("heard %+v", heard)
			s.shows()
		}
	},
	"loaded while in doubt": func(s *scene) {
		c := s.few(2, "email", "hello")
		s.settle(s.gate(c, "hello", "email", 0, []int64{1}), delivery.Unknown, 0)
		at := noon
		for _, doubt := range []bool{true, false} {
			loaded, err := s.LoadRendering(context.Background(), postgres.Lane{Version: c, Wave: "hello", Channel: "email"},
				[]int64{s.id(1, c, 1, "hello"), s.id(2, c, 1, "hello")}, &at, postgres.RenderingWants{Doubt: doubt})
			must(s.t, err)
			for _, r := range loaded {
				s.tell("%t: %s", doubt, render(r))
			}
		}
	},
}
