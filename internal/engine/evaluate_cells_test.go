package engine_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/engine"
	"github.com/rewave/rewave/internal/evaluation"
	"github.com/rewave/rewave/internal/holdout"
	"github.com/rewave/rewave/internal/testkit"
)

// boughtBy stores an order of so many minor units a customer of a list, a day after the anchor.
func (w *world) boughtBy(customers []string, minor int64) {
	w.t.Helper()
	var p purchases
	for _, c := range customers {
		p.add(c, anchor.Add(days), minor, "EUR", time.Time{}, 0)
	}
	w.store(p)
}

// Of 900 customers, half held out: those whose lot was the one variant or the other are counted by hand, the holdout is shared, and whom
// a message reached by which channel is told without a comparison.
func TestVariantsAreReadByTheirLot(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	margin := 0.5
	w.Shop.Margin = &margin
	w.Channels["sms"] = w.Channels["email"]
	w.crowd(900, thanks(func(c *campaigns.Campaign) {
		c.Exit, c.Waves = nil, c.Waves[:1]
		c.Waves[0].Channels = []string{"sms", "email"}
		c.Waves[0].Variants = []campaigns.Variant{{Name: "plain", Share: holdout.Whole / 2}, {Name: "warm", Share: holdout.Whole / 2}}
		c.Messages["messages/hello"] = campaigns.Message{"": {Subject: "Thank you", Text: "Hello {{ unsubscribe_url }}", SMS: "Thank you"}}
		c.Evaluation.Expect.Enrollments = 901
	}))
	w.db.Exec(t, "update contacts set phone = '+4479' || lpad(customer_id::text, 8, '0') where customer_id % 3 = 0")
	w.db.Exec(t, "update deliveries set channel = 'sms' where customer_id % 3 = 0")
	w.db.Exec(t, "insert into consents (customer_id, channel, granted, at, source) select customer_id, 'sms', true, '2020-01-01', 'test' from customers")
	w.send(anchor)
	of := func(arm, variant string) []string {
		return testkit.List[string](t, w.db, fmt.Sprintf("select 'c' || e.customer_id from enrollments e join deliveries d using (customer_id, entered_at, enrollment_id) where e.arm = '%s' and d.variant = '%s' order by e.customer_id", arm, variant))
	}
	plain, warm := of("treat", "plain"), of("treat", "warm")
	held := append(of("hold", "plain"), of("hold", "warm")...)
	w.boughtBy(plain[:20], 1000)
	w.boughtBy(warm[:60], 1000)
	w.boughtBy(held[:40], 1000)

	r := w.report(final)
	v := r.Variants[0]
	var got []string
	for _, x := range v.Variants {
		got = append(got, fmt.Sprintf("%s: %d of %d; %d minor", x.Variant, x.Treat.Buyers, x.Treat.Final, x.Treat.RevenueMinor))
	}
	same(t, "variants", got, []string{fmt.Sprintf("plain: 20 of %d; 20000 minor", len(plain)), fmt.Sprintf("warm: 60 of %d; 60000 minor", len(warm))})
	same(t, "the holdout is shared", fmt.Sprint(v.Hold.Buyers, " of ", v.Hold.Final), fmt.Sprint("40 of ", len(held)))
	same(t, "not as many as planned", fmt.Sprint(v.Best, " ", v.Standing, " ", v.PriorOf), "warm leading control_mean")
	// Margin 0.5, in euros: 60 x 5.00 / n - 40 x 5.00 / held.
	want := 60*5/float64(len(warm)) - 40*5/float64(len(held))
	same(t, "profit", fmt.Sprintf("%.6f", *v.Variants[1].Profit.Estimate), fmt.Sprintf("%.6f", want))

	sms, email := 0, 0
	for _, c := range append(plain, warm...) {
		var n int
		if _, err := fmt.Sscanf(c, "c%d", &n); err != nil {
			t.Fatal(err)
		}
		if n%3 == 0 {
			sms++
		} else {
			email++
		}
	}
	reached := r.Observed[0].Channels
	same(t, "channels", fmt.Sprint(reached[0].Channel, reached[0].Treat.Final, reached[1].Channel, reached[1].Treat.Final), fmt.Sprint("sms", sms, "email", email))
}

// Five other campaigns whose effects lie far apart say how far those of variants may.
func TestPastCampaignsSayHowFarEffectsLieApart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	margin := 0.5
	w.Shop.Margin = &margin
	for i := range 5 {
		w.apply(thanks(func(c *campaigns.Campaign) { c.Name, c.Waves = fmt.Sprint("past-", i), c.Waves[:1] }))
	}
	w.crowd(1000, thanks(func(c *campaigns.Campaign) {
		c.Waves = c.Waves[:1]
		c.Waves[0].Variants = []campaigns.Variant{{Name: "plain", Share: holdout.Whole / 2}, {Name: "warm", Share: holdout.Whole / 2}}
	}))
	w.send(anchor)
	for i := range 5 {
		arm := []string{"treat", "hold"}[i%2]
		w.boughtBy(testkit.List[string](t, w.db, fmt.Sprintf("select 'c' || customer_id from enrollments join campaigns using (campaign_id) where name = 'past-%d' and arm = '%s' order by customer_id limit %d",
			i, arm, 100+60*i)), 1000)
	}
	v := w.report(final).Variants[0]
	same(t, "from", v.PriorOf, "past_campaigns")
	if v.Prior == nil || !(*v.Prior > 0) {
		t.Errorf("the prior is %v", v.Prior)
	}
}

// Figures are split by the stratum and by a text of the profile as they were at entry: whoever moves later stays where they were, and
// of whom nothing was known then, nothing is known now.
func TestFiguresAreSplitByWhatWasTrueAtEntry(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.customers(900)
	w.db.Exec(t, "update customers set region = case customer_id % 3 when 0 then 'north' when 1 then 'south' end")
	w.apply(thanks(func(c *campaigns.Campaign) {
		c.Exit, c.Waves = nil, c.Waves[:1]
		c.Strata = &campaigns.Strata{By: "customer.region", Values: []campaigns.Stratum{{Name: "south"}, {Name: "east"}, {Name: "rest"}}, Default: "rest"}
		c.Evaluation.By = []string{"customer.region", "stratum"}
	}))
	w.db.Exec(t, `with o as (insert into orders (source, shop_order_id, customer_id, placed_at, currency, gross_minor)
			select 'test', shop_id, customer_id, $1, 'EUR', 1000 from customers returning order_id, customer_id, placed_at)
		insert into inbox (campaign_id, order_id, customer_id, placed_at) select c.campaign_id, o.order_id, o.customer_id, o.placed_at from o, campaigns c`, start)
	w.enter()
	w.db.Exec(t, "update customers set region = 'west'")
	w.send(anchor)
	counts := func(region, arm string) (list []string) {
		return testkit.List[string](t, w.db, fmt.Sprintf("select 'c' || customer_id from enrollments where customer_id %% 3 = %s and arm = '%s' order by customer_id", region, arm))
	}
	want := map[string]string{}
	for i, name := range []string{"north", "south", ""} {
		treat, hold := counts(fmt.Sprint(i), "treat"), counts(fmt.Sprint(i), "hold")
		w.boughtBy(treat[:20+10*i], 1000)
		w.boughtBy(hold[:15], 1000)
		want[name] = fmt.Sprintf("%d/%d 15/%d", 20+10*i, len(treat), len(hold))
	}
	r := w.report(final)
	split := func(i int) (got []string) {
		for _, c := range r.Splits[i].Cells {
			got = append(got, fmt.Sprintf("%s %d/%d %d/%d", c.Cell, c.Treat.Buyers, c.Treat.Final, c.Hold.Buyers, c.Hold.Final))
		}
		return got
	}
	same(t, "by region", split(0), []string{"north " + want["north"], "south " + want["south"], " " + want[""]})
	var x, n, y, m, a, b, c, d int
	fmt.Sscanf(want["north"], "%d/%d %d/%d", &x, &n, &y, &m)
	fmt.Sscanf(want[""], "%d/%d %d/%d", &a, &b, &c, &d)
	same(t, "by stratum, as declared", split(1), []string{"south " + want["south"], fmt.Sprintf("rest %d/%d %d/%d", x+a, n+b, y+c, m+d)})
}

// Entry from January on without an end: in April January and February are final, March is not, and April is still open. The points are
// of February, the newest that is final; or of the cohort asked for.
func TestARollingCampaignIsReadByCohorts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Shop.Zone, _ = time.LoadLocation("Europe/Berlin")
	w.crowd(1200, thanks(func(c *campaigns.Campaign) {
		c.Exit, c.Waves = nil, c.Waves[:1]
		c.Evaluation.Cohort, c.Evaluation.Looks = "month", []string{"round"}
		c.Evaluation.Points[0].Anchor, c.Evaluation.Points[0].Window = campaigns.Anchor{Entry: true, Round: 1}, 5*days
	}))
	w.send(anchor)
	// Enrollments are moved to where they are wanted; the last second of January in the shop's zone is an hour earlier in UTC.
	w.db.Exec(t, `do $$ begin set local session_replication_role = replica;
		create temp table moved on commit drop as select customer_id, case customer_id % 4 when 0 then timestamptz '2026-01-31 22:59:59Z' when 1 then timestamptz '2026-01-31 23:00Z'
			when 2 then timestamptz '2026-03-15 10:00Z' else timestamptz '2026-04-10 10:00Z' end as at from customers;
		update enrollments e set entered_at = m.at from moved m where m.customer_id = e.customer_id;
		update rounds e set entered_at = m.at from moved m where m.customer_id = e.customer_id;
		update deliveries e set entered_at = m.at, scheduled_at = m.at from moved m where m.customer_id = e.customer_id;
		update orders o set placed_at = m.at from moved m where m.customer_id = o.customer_id;
	end $$`)
	arm := func(part int, arm string) []string {
		return testkit.List[string](t, w.db, fmt.Sprintf("select 'c' || customer_id from enrollments where customer_id %% 4 = %d and arm = '%s' order by customer_id", part, arm))
	}
	var p purchases
	want := map[int]string{}
	for part, at := range []time.Time{start.AddDate(0, -1, 2), start.AddDate(0, -1, 4)} {
		treat, hold := arm(part, "treat"), arm(part, "hold")
		for _, c := range append(treat[:30+10*part], hold[:20]...) {
			p.add(c, at.Add(-2*days), 1000, "EUR", time.Time{}, 0)
		}
		want[part] = fmt.Sprintf("%d/%d 20/%d", 30+10*part, len(treat), len(hold))
	}
	w.store(p)
	asOf := time.Date(2026, 4, 15, 12, 0, 0, 0, time.UTC)
	r := w.report(asOf)
	said := func(p evaluation.Result) string {
		a, b := p.Arm(holdout.Treat), p.Arm(holdout.Hold)
		return fmt.Sprintf("%d/%d %d/%d", a.Buyers, a.Counted, b.Buyers, b.Counted)
	}
	var got []string
	for _, c := range r.Cohorts.Cohorts {
		got = append(got, fmt.Sprint(c.Cohort, " ", said(c.Result), " ", c.Look != nil))
	}
	for _, o := range r.Cohorts.Tail {
		got = append(got, fmt.Sprint(o.Cohort, " ", o.Assigned, " ", o.Final, " ", o.Opens.Format("2 Jan 15:04")))
	}
	// Five days, thirty of returns and one more after the end of the month, midnight in Berlin.
	same(t, "cohorts", got, []string{"2026-01 " + want[0] + " false", "2026-02 " + want[1] + " false", "2026-03 300 0 6 May 22:00", "2026-04 300 0 5 Jun 22:00"})
	same(t, "without an end there are no looks", fmt.Sprint(r.Cohorts.Looked, " ", r.Cohorts.Code), "false not_reportable")
	same(t, "the points are of February", fmt.Sprint(r.Cohorts.Asked, " ", said(r.Points[0]), " ", r.Points[0].Blocked()), "2026-02 "+want[1]+" ")

	january, err := w.EvaluateCampaign(t.Context(), "thanks", engine.Evaluating{AsOf: asOf, Cohort: "2026-01"})
	if err != nil {
		t.Fatal(err)
	}
	same(t, "or of January", said(january.Points[0]), want[0])
	same(t, "as are its curves", january.Curves.Arms[0].Enrollments+january.Curves.Arms[1].Enrollments, int64(300))
	if _, err := w.EvaluateCampaign(t.Context(), "thanks", engine.Evaluating{AsOf: asOf, Cohort: "2025-01"}); err == nil {
		t.Error("a cohort of nobody was evaluated")
	}

	// With an end there is a look after each; once all are final, the points are of everyone.
	w.db.Exec(t, "update campaigns set entry_until = '2026-04-30 22:00Z'")
	r = w.report(asOf)
	same(t, "looks", fmt.Sprint(r.Cohorts.Looked, r.Cohorts.Cohorts[1].Look.Treat.Buyers, r.Cohorts.Cohorts[1].Look.Spent), "true 70 0.5")
	r = w.report(asOf.AddDate(0, 3, 0))
	same(t, "everyone", fmt.Sprint(r.Cohorts.Asked, len(r.Cohorts.Cohorts), len(r.Cohorts.Tail), " ", r.Points[0].Arm(holdout.Treat).Assigned+r.Points[0].Arm(holdout.Hold).Assigned), "4 0 1200")
}
