package simulation

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/coupon"
	"github.com/rewave/rewave/internal/holdout"
	"github.com/rewave/rewave/internal/postgres"
	"github.com/rewave/rewave/internal/wave"
)

// The catalogue is the campaigns that schedules are made of: always the same, so
// that each is compiled once and a seed means the same campaign for ever.
const catalogueSize = 64

type entry struct {
	stored  postgres.Campaign
	planner *wave.Planner
	budget  *int64 // millionths
	perDay  *int64 // likewise

	edited postgres.Campaign // the same with other texts, as an edit stores it
}

func newCatalogue() ([]entry, error) {
	r, more := rand.New(rand.NewPCG(7, 7)), rand.New(rand.NewPCG(8, 8))
	all := make([]entry, catalogueSize)
	for i := range all {
		def := draw(r, i)
		press(more, &def.Limits)
		share, skips := holdout.Share(0), map[string]holdout.Share{}
		share = def.Holdout.Share
		for _, w := range def.Waves {
			if w.Skip.Share > 0 {
				skips[w.Name] = w.Skip.Share
			}
		}
		planner, err := wave.NewPlanner(def, wave.Design{Number: 1, Share: share, Skips: skips}, time.UTC)
		if err != nil {
			return nil, err
		}
		all[i] = entry{planner: planner, stored: postgres.Campaign{ID: i + 1, VersionID: i + 1, Name: def.Name, Status: "running", Design: 1,
			Share: share, Skips: skips, Definition: def}}
		if b := def.Limits.BudgetMinor; b != nil {
			micros := *b * perMinor
			all[i].budget = &micros
		}
		if b := def.Limits.DayBudgetMinor; b != nil {
			micros := *b * perMinor
			all[i].perDay = &micros
		}
		all[i].edited = edited(all[i].stored)
	}
	return all, nil
}

// mark stands at the end of each text of an edited version.
const mark = "(edited)"

func edited(c postgres.Campaign) postgres.Campaign {
	c.VersionID += catalogueSize
	texts := map[string]campaigns.Message{}
	for name, m := range c.Definition.Messages {
		texts[name] = words(m[""].Text + " " + mark)
	}
	c.Definition.Version += "/edited"
	c.Definition.Messages = texts
	return c
}

// press draws what holds a campaign back for the sake of others.
func press(r *rand.Rand, l *campaigns.Limits) {
	if r.IntN(2) == 0 {
		l.Group = "promo"
	}
	if r.IntN(4) == 0 {
		l.CoolDown = []time.Duration{10 * time.Minute, 3 * time.Hour}[r.IntN(2)]
	}
	if r.IntN(4) == 0 {
		minor := []int64{7, 20, 600}[r.IntN(3)]
		l.DayBudgetMinor = &minor
	}
}

// perMinor is the millionths of one minor unit of a currency with two decimals.
const perMinor = 10_000

func draw(r *rand.Rand, i int) campaigns.Campaign {
	c := campaigns.Campaign{
		Name: fmt.Sprintf("campaign-%d", i+1), Version: fmt.Sprint(i + 1), Design: fmt.Sprint(i + 1),
		Enter:   campaigns.Enter{On: "order_paid", When: "orders.count >= 1", Again: campaigns.Again{EachTime: r.IntN(3) == 0}},
		Holdout: campaigns.Holdout{Share: []holdout.Share{0, 0, holdout.Whole / 4, holdout.Whole / 2}[r.IntN(4)]},
		Rounds:  campaigns.Rounds{Times: 1}, IfFeedStale: []string{"send", "send", "wait", "skip"}[r.IntN(4)],
		Limits: campaigns.Limits{Priority: []int{50, 50, 20, 80}[r.IntN(4)], BudgetDigits: 2},
	}
	if r.IntN(2) == 0 {
		c.Exit = []string{"repurchased"}
	}
	if r.IntN(3) == 0 {
		c.HoldWhile = []string{"complaint_open", "dispute"}
	}
	if r.IntN(4) == 0 {
		c.Rounds = campaigns.Rounds{Times: 2, Every: 48 * time.Hour}
	}
	if r.IntN(3) == 0 {
		c.Limits.PerCustomer = &campaigns.Cap{Count: 1 + r.IntN(3), Window: []time.Duration{2 * time.Hour, 48 * time.Hour}[r.IntN(2)]}
	}
	if r.IntN(4) == 0 {
		c.Limits.PerMinute = 1 + r.IntN(4)
	}
	if r.IntN(4) == 0 {
		budget := int64(100 * (1 + r.IntN(40)))
		c.Limits.BudgetMinor = &budget
	}
	for n := range 1 + min(r.IntN(4), r.IntN(5)) {
		c.Waves = append(c.Waves, drawWave(r, c, n))
	}
	hello := "Hello"
	if i%4 == 0 {
		hello += " {{ orders.count }}"
	}
	c.Messages = map[string]campaigns.Message{"plain": words(hello), "code": words("Use {{ coupon.code }}"),
		"perhaps": words("Hello{% if coupon.code %} Use {{ coupon.code }}{% endif %}")}
	return c
}

func words(text string) campaigns.Message {
	return campaigns.Message{"": {Subject: "Hello", Text: text, SMS: text}}
}

func drawWave(r *rand.Rand, c campaigns.Campaign, n int) campaigns.Wave {
	w := campaigns.Wave{
		Name: fmt.Sprintf("w%d", n+1), Channels: [][]string{{"email"}, {"sms"}, {"sms", "email"}, {"email", "sms"}}[r.IntN(4)],
		Content: campaigns.Content{Message: "plain"}, ExpiresAfter: []time.Duration{12 * time.Minute, 40 * time.Minute, 3 * time.Hour}[r.IntN(3)],
		After: campaigns.After{Wait: []time.Duration{0, 0, 10 * time.Minute, 5 * time.Hour, 24 * time.Hour}[r.IntN(5)]},
	}
	if n > 0 {
		w.After.Wave = c.Waves[n-1].Name
		w.After.RequiresAccepted = r.IntN(4) == 0
	}
	switch r.IntN(8) {
	case 0:
		w.Service, w.Capped, w.Consent = true, r.IntN(2) == 0, r.IntN(2) == 0
		return w
	case 1:
		w.Skip.Share = holdout.Whole / 4
	case 2:
		w.Between = &calendar.Window{From: 9 * 60, To: 20 * 60}
	}
	if r.IntN(2) == 0 {
		gone := []string{"skip", "wait", "send"}[r.IntN(3)]
		w.Content = campaigns.Content{Message: "code", Coupon: &campaigns.Coupon{Pool: []string{"p", "q"}[r.IntN(2)], Expires: 48 * time.Hour, Exhausted: gone}}
		if gone == "send" {
			w.Content.Message = "perhaps"
		}
	}
	return w
}

// pools are the coupons' terms: one code each, worth 5.00; and two that cost nobody knows what.
func pools() []coupon.Pool {
	value := int64(500)
	return []coupon.Pool{{Name: "p", Kind: coupon.Amount, Currency: "EUR", Value: &value, PerCustomer: 1}, {Name: "q", Kind: coupon.Gift, PerCustomer: 2}}
}
