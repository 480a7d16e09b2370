package simulation

import (
	"context"
	"time"

	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/delivery"
	"github.com/rewave/rewave/internal/postgres"
)

// ofProviders are the histories of rests and of channels that warm up.
var ofProviders = map[string]func(*scene){
	"a provider rests": func(s *scene) {
		c := s.few(3, "email", "hello", "again")
		s.plan(s.addCampaign("other", 50, nil, 0), 1, "sms", "hello")
		s.rests("email", 0, 90*time.Second)
		s.rests("email", 10*time.Second, time.Minute) // shorter: nothing new
		s.rests("sms", -time.Hour, time.Minute)       // over
		s.handOut(time.Minute, true, 10)
		s.gate(c, "hello", "email", time.Minute, everybody, func(a *asks) { a.Channels = []string{"email", "sms"} })
		s.gate(c+1, "hello", "sms", time.Minute, everybody)
		s.shows()
		s.rests("email", 80*time.Second, 20*time.Second)
		s.gate(c, "hello", "email", 99*time.Second, everybody)
		s.handOut(100*time.Second, true, 10)
		s.settle(s.gate(c, "hello", "email", 100*time.Second, everybody), delivery.Accepted, 101*time.Second)
		s.rests("email", 24*time.Hour-time.Second, time.Minute)
		s.sweep(24 * time.Hour)
	},
	"a channel warms up": func(s *scene) {
		c := s.few(5, "email", "hello", "ghost", "again")
		s.gate(c, "ghost", "email", time.Minute, everybody, warm(3)) // they take nothing
		p := s.gate(c, "hello", "email", time.Minute, everybody, warm(3))
		s.showsDays("email")
		states := []delivery.State{delivery.Planned, delivery.Failed, delivery.Unknown}
		for range 2 {
			i := 0
			s.settle(p, "any", 2*time.Minute, func(x *postgres.Settlement) {
				x.State = states[i]
				i++
			})
			s.showsDays("email")
		}
		p = s.gate(c, "again", "email", 3*time.Minute, []int64{1}, warm(3))
		s.gate(c, "again", "email", 3*time.Minute, []int64{2, 3}, warm(3), func(a *asks) { a.Service = true })
		s.gate(c, "hello", "email", 12*time.Hour, everybody, warm(3)) // the next day
		s.settle(p, delivery.Planned, 12*time.Hour+time.Minute)       // of the day before
		s.showsDays("email")
	},
	"a channel warms up and its campaign has limits": func(s *scene) {
		s.addPeople(5)
		budget := int64(100)
		c := s.addCampaign("one", 50, &budget, 4)
		for who := range int64(5) {
			s.plan(c, who+1, "email", "hello")
		}
		p := s.gate(c, "hello", "email", 0, everybody, warm(3), costs(7))
		s.settle(p, delivery.Planned, 0)
		s.showsDays("email")
		s.tell("spent %d", s.spent(c))
	},
}

// warm has the channel warm up: so many on the first day, half as many more on each.
func warm(start int) func(*asks) {
	return func(a *asks) {
		a.WarmUp = &delivery.WarmUp{From: calendar.DateOf(noon, time.UTC), Start: start, Grow: 1.5, Until: 100, Zone: time.UTC}
	}
}

// rests says that a channel's provider rests.
func (s *scene) rests(channel string, at, wait time.Duration) {
	now := noon.Add(at)
	must(s.t, s.RestChannel(context.Background(), channel, &now, wait, "421"))
}

// showsDays tells what a channel had on the first days.
func (s *scene) showsDays(channel string) {
	for i := range 3 {
		day := calendar.DateOf(noon, time.UTC).AddDays(i)
		s.tell("%s had %d on %s", channel, s.passedOn(channel, day), day)
	}
}

func (m *inMemory) passedOn(channel string, day calendar.Date) int {
	for _, r := range m.days.rows {
		if d := r.see(nil); d != nil && d.channel == channel && d.day == day {
			return d.passed
		}
	}
	return 0
}

func (p *inPostgres) passedOn(channel string, day calendar.Date) (n int) {
	must(p.t, p.conn.QueryRow(context.Background(), "select coalesce(max(passed), 0) from channel_days where channel = $1 and day = $2", channel, day.String()).Scan(&n))
	return n
}
