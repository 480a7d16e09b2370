package engine_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/testkit"
)

// Campaigns of a group that are planned together take customers of each other as
// they will once they run: the earliest slot first, of one slot by name, in both
// arms, until the last message has an end, which quiet hours put off.
func TestAPlanCountsACustomerOnceInAGroup(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.customers(60)
	w.Shop.Quiet = map[string]calendar.Window{"email": {From: 21 * 60, To: 11 * 60}}
	w.db.Exec(t, "update customers set zone = 'America/New_York' where customer_id % 2 = 0")
	w.db.Exec(t, "update consents set granted = false where customer_id % 7 = 0")
	member := func(name string, day int, group string) campaigns.Campaign {
		return thanks(slotOn(day, "true"), func(c *campaigns.Campaign) {
			c.Name, c.Exit, c.Limits.Group = name, nil, group
		})
	}
	half := member("b", 3, "g")
	half.Enter.When = "customer.id != 'c1' and customer.id != 'c3'"
	part := member("part", 11, "g")
	part.Enter.Schedule.Time = 13 * 60 // between the last messages of the two zones
	defs := []campaigns.Campaign{
		part, member("late", 4, "g"), member("c", 3, "g"), half, member("alone", 3, ""), member("other", 3, "h"), member("end", 30, "g"),
	}
	planned := []string{}
	for _, c := range w.plan(start, defs...).Campaigns {
		elsewhere := 0
		for _, l := range c.Audience.Refused {
			if l.Reason == "other_campaign" {
				elsewhere = l.Count
			}
		}
		planned = append(planned, fmt.Sprint(c.Campaign, " ", c.Audience.Treat, " ", c.Audience.Hold, " ", elsewhere))
	}
	for _, def := range defs {
		w.apply(def)
	}
	for at := start; at.Before(start.AddDate(0, 0, 29)); at = at.Add(time.Hour) {
		w.openSlots(at)
		w.send(at)
	}
	happened := testkit.List[string](t, w.db, `select concat_ws(' ', name, count(*) filter (where arm = 'treat'), count(*) filter (where arm = 'hold'),
			coalesce((select sum(customers) from entry_counts n where n.campaign_id = c.campaign_id and reason = 'other_campaign'), 0))
		from campaigns c left join enrollments e using (campaign_id) group by c.campaign_id, name order by name`)
	slices.Sort(planned)
	if diff := cmp.Diff(planned, happened); diff != "" {
		t.Errorf("treated, held, elsewhere: -planned +happened\n%s", diff)
	}
}
