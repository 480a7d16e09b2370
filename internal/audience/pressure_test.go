package audience_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rewave/rewave/internal/audience"
)

var (
	noon    = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	mine    = audience.Campaign{ID: 1, Name: "spring", Priority: 40, Group: "promo"}
	winBack = audience.Campaign{ID: 2, Name: "win-back", Priority: 60, Group: "promo"}
	equal   = audience.Campaign{ID: 3, Name: "autumn", Priority: 40, Group: "promo"}
	later   = audience.Campaign{ID: 4, Name: "summer", Priority: 40, Group: "promo"}
	other   = audience.Campaign{ID: 5, Name: "other", Priority: 90}
)

func gone(of audience.Campaign, ago time.Duration) audience.Message {
	return audience.Message{Of: of, At: noon.Add(-ago)}
}

func ahead(of audience.Campaign, in time.Duration) audience.Message { return gone(of, -in) }

func ghost(m audience.Message) audience.Message {
	m.Ghost = true
	return m
}

func TestEachCapCountsItsOwnMessages(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	had := []audience.Message{gone(winBack, 3*day), gone(other, 2*day), gone(mine, 4*day), gone(mine, 8*day), ghost(gone(mine, day)), ghost(gone(winBack, day))}
	for over, row := range map[string]struct {
		cap          audience.Cap
		real, ghosts int
		filled       string
	}{
		"the shop's":     {audience.Cap{Over: audience.ShopCap, Limit: 9, Window: 7 * day}, 3, 1, "other"},
		"the group's":    {audience.Cap{Over: audience.GroupCap, Group: "promo", Limit: 9, Window: 7 * day}, 2, 1, "win-back"},
		"the campaign's": {audience.Cap{Over: audience.CampaignCap, Limit: 9, Window: 7 * day}, 1, 1, "spring"},
		"half open":      {audience.Cap{Over: audience.ShopCap, Limit: 9, Window: 2 * day}, 0, 1, "spring"},
		"none":           {audience.Cap{}, 0, 0, ""},
	} {
		p := audience.Weigh(row.cap, audience.Asked{Of: mine, ScheduledAt: noon, At: noon}, had, nil)
		if p.Real != row.real || p.Ghosts != row.ghosts || p.Filled.Of.Name != row.filled {
			t.Errorf("%s: %d real, %d ghosts, filled by %q; want %d, %d, %q", over, p.Real, p.Ghosts, p.Filled.Of.Name, row.real, row.ghosts, row.filled)
		}
	}
}

func TestWhoGoesBefore(t *testing.T) {
	t.Parallel()
	shop, group := audience.Cap{Over: audience.ShopCap, Limit: 1, Window: time.Hour}, audience.Cap{Over: audience.GroupCap, Group: "promo", Limit: 1, Window: time.Hour}
	for name, row := range map[string]struct {
		cap    audience.Cap
		wanted audience.Message
		before bool
	}{
		"higher priority":                        {shop, ahead(winBack, 23*time.Hour), true},
		"higher priority, in a day":              {shop, ahead(winBack, 24*time.Hour), true},
		"higher priority, later than a day":      {shop, ahead(winBack, 24*time.Hour+1), false},
		"higher priority, of no group":           {group, ahead(other, time.Hour), false},
		"the same priority, over all campaigns":  {shop, gone(equal, time.Hour), false},
		"the same priority, due first":           {group, gone(later, time.Minute), true},
		"the same priority, due later":           {group, ahead(equal, time.Minute), false},
		"the same priority and time, first name": {group, gone(equal, 0), true},
		"the same priority and time, last name":  {group, gone(later, 0), false},
		"another of the same campaign":           {group, gone(mine, time.Hour), false},
	} {
		p := audience.Weigh(row.cap, audience.Asked{Of: mine, ScheduledAt: noon, At: noon}, nil, []audience.Message{row.wanted})
		if why := p.Full(false); (why == audience.Outranked) != row.before {
			t.Errorf("%s: %q", name, why)
		}
	}
	// Of any two equals exactly one goes before the other, so that neither waits for both to lose.
	for _, pair := range [][2]audience.Message{{ahead(mine, 0), ahead(equal, 0)}, {ahead(mine, time.Minute), ahead(later, 0)}, {ahead(mine, 0), ahead(winBack, time.Hour)}} {
		first := func(a, b audience.Message) int {
			return audience.Weigh(group, audience.Asked{Of: a.Of, ScheduledAt: a.At, At: noon}, nil, []audience.Message{b}).Outranking
		}
		if first(pair[0], pair[1])+first(pair[1], pair[0]) != 1 {
			t.Errorf("%s and %s: not one of them goes before the other", pair[0].Of.Name, pair[1].Of.Name)
		}
	}
}

func TestWhatItLostTo(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	limits := audience.Limits{Shop: audience.Cap{Limit: 2, Window: 7 * day}, Groups: map[string]audience.Cap{"promo": {Limit: 1, Window: 14 * day}},
		Own: audience.Cap{Limit: 1, Window: day}, CoolDown: 3 * day}
	asked := audience.Asked{Of: mine, ScheduledAt: noon, At: noon}
	say := func(had, wanted []audience.Message) (said []string) {
		caps, cooling := limits.Weigh(asked, had, wanted)
		for _, c := range caps {
			if why := c.Full(false); why != "" {
				said = append(said, string(why)+": "+c.Lost(why).String())
			}
		}
		if cooling.Until().After(noon) {
			said = append(said, cooling.Until().Format("02 15:04")+": "+cooling.Lost().String())
		}
		return said
	}
	for name, row := range map[string]struct {
		had, wanted []audience.Message
		want        []string
	}{
		"nothing": {nil, nil, nil},
		"the group's cap": {[]audience.Message{gone(equal, 10*day), gone(winBack, 9*day)}, nil,
			[]string{"capped: lost to win-back, priority 60 against 40 (1 in 14d of group promo)"}},
		"room that others want": {nil, []audience.Message{ahead(winBack, time.Hour), ahead(other, 2*time.Hour)},
			[]string{"outranked: lost to other, priority 90 against 40 (2 in 7d over all campaigns)", "outranked: lost to win-back, priority 60 against 40 (1 in 14d of group promo)"}},
		"a cool-down": {[]audience.Message{gone(other, 2*day)}, nil, []string{"03 12:00: after other, priority 90 against 40 (cool-down 3d)"}},
		"its own":     {[]audience.Message{gone(mine, time.Hour)}, nil, []string{"capped: lost to spring, priority 40 against 40 (1 in 14d of group promo)", "capped: its own earlier messages fill its cap (1 in 1d)"}},
	} {
		if diff := cmp.Diff(say(row.had, row.wanted), row.want); diff != "" {
			t.Errorf("%s: -got +want\n%s", name, diff)
		}
	}
	if got := limits.Longest(); got != 14*day {
		t.Errorf("the longest window is %s", got)
	}
}
