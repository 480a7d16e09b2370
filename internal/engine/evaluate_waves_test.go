package engine_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/evaluation"
	"github.com/rewave/rewave/internal/holdout"
	"github.com/rewave/rewave/internal/report"
	"github.com/rewave/rewave/internal/testkit"
)

// inRounds is the campaign in rounds of ten days, looked at after each.
func inRounds(times int) func(*campaigns.Campaign) {
	return func(c *campaigns.Campaign) {
		c.Rounds, c.Waves = campaigns.Rounds{Times: times, Every: 10 * days}, c.Waves[:1]
		c.Evaluation.Looks = []string{"round"}
		c.Evaluation.Points[0].Window = 5 * days
	}
}

// Three rounds of ten days, 143 treated and 157 held out. In round 1 20 and 12 buy, among them at the very instant of entry and in
// the last second; the boundary belongs to round 2, in which 30 and 15 come. A return undoes a purchase, and whoever bought in
// round 1 is not new in round 2.
func TestLooksAtTheEndOfEachRound(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.crowd(300, thanks(inRounds(3)))
	w.send(anchor)
	treated := testkit.List[string](t, w.db, "select assigned_id from enrollments where arm = 'treat' order by customer_id")
	held := testkit.List[string](t, w.db, "select assigned_id from enrollments where arm = 'hold' order by customer_id")
	end := func(round int) time.Time { return start.Add(time.Duration(round) * 10 * days) }
	var p purchases
	buy := func(customers []string, at time.Time) {
		for _, c := range customers {
			p.add(c, at, 1000, "EUR", time.Time{}, 0)
		}
	}
	buy(treated[:10], start)
	buy(treated[10:20], end(1).Add(-second))
	buy(held[:12], start.Add(days))
	buy(treated[20:50], end(1))
	buy(held[12:27], end(2).Add(-second))
	buy(treated[:10], end(1).Add(days))  // again
	buy(held[30:33], start.Add(-second)) // before entry
	buy(treated[60:70], end(3))          // after all of it
	p.add(treated[55], end(1), 500, "EUR", end(2), 500)
	p.add(treated[56], end(1), 500, "USD", time.Time{}, 0)
	w.store(p)
	// Returns of 30 days and a day: round 1 is final on day 41, round 2 on day 51.
	looks := func(asOf time.Time) (said []string) {
		for _, l := range w.report(asOf).Looks {
			line := fmt.Sprintf("%d: %d of %d, %d of %d", l.Round, l.Treat.Buyers, l.Treat.Final, l.Hold.Buyers, l.Hold.Final)
			if l.Code == "" {
				line += fmt.Sprintf(": %+.6f, this round %+.6f, crossed %v", *l.Difference.Estimate, *l.Increment.Estimate, l.Crossed)
			}
			said = append(said, line+" "+string(l.Code))
		}
		return said
	}
	over := "%d: 0 of 0, 0 of 0 E03"
	// 20/143 - 12/157 = 0.063427; 50/143 - 27/157 = 0.177675; 30/143 - 15/157 = 0.114249.
	first := "1: 20 of 143, 12 of 157: +0.063427, this round +0.063427, crossed false "
	both := "2: 50 of 143, 27 of 157: +0.177676, this round +0.114249, crossed true "
	same(t, "a second before", looks(start.Add(41*days-second)), []string{fmt.Sprintf(over, 1), fmt.Sprintf(over, 2), fmt.Sprintf(over, 3)})
	same(t, "one round", looks(start.Add(41*days)), []string{first, fmt.Sprintf(over, 2), fmt.Sprintf(over, 3)})
	same(t, "two rounds", looks(start.Add(51*days)), []string{first, both, fmt.Sprintf(over, 3)})
	same(t, "three rounds", looks(start.Add(61 * days))[2], "3: 50 of 143, 27 of 157: +0.177676, this round +0.000000, crossed true ")

	w = newWorld(t)
	w.crowd(20, thanks(inRounds(1)))
	same(t, "one round has no looks", w.report(start.Add(90*days)).Looks, nil)
}

// Of 400 treated customers 40 % are skipped by lot; who bought within ten days of the message or of the skip is counted by hand. The
// first wave has a point of five days, the second none.
func TestAWavesOwnEffectIsReadFromItsLot(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.crowd(400, thanks(treatAll, func(c *campaigns.Campaign) {
		c.Exit, c.Rounds = nil, campaigns.Rounds{Times: 2, Every: 30 * days}
		c.Waves[0].Skip, c.Waves[1].Skip = campaigns.Skip{Share: holdout.Whole * 2 / 5}, campaigns.Skip{Share: holdout.Whole * 2 / 5}
		c.Evaluation.Points = []campaigns.Point{{Name: "overall_30d", Anchor: campaigns.Anchor{Wave: "hello"}, Window: 5 * days}}
	}))
	again := start.Add(8 * days)
	w.db.Exec(t, "insert into suppressions (channel, address_hash, reason, at) select 'email', email_hash, 'bounced', $1 from contacts order by customer_id limit 20", start)
	w.send(anchor) // twenty cannot be reached, on either side of the lot
	w.send(again)
	w.damage("update deliveries set state = 'failed', reason = 'test' where wave = 'again' and state = 'accepted' and customer_id % 10 = 0")
	lot := func(wave string, skipped bool) []string {
		return testkit.List[string](t, w.db, fmt.Sprintf(`select e.assigned_id from deliveries d join enrollments e using (customer_id, entered_at, enrollment_id)
			where d.wave = '%s' and d.round = 1 and d.skip = %v and d.state <> 'suppressed' order by customer_id`, wave, skipped))
	}
	sides := [][]string{lot("hello", false), lot("hello", true), lot("again", false), lot("again", true)}
	same(t, "all of them", []int{len(sides[0]) + len(sides[1]), len(sides[2]) + len(sides[3])}, []int{380, 380})
	var p purchases
	for i := range 60 { // of those who got hello, on its last second; of the skipped, 20 in time and 40 at its end
		p.add(sides[0][i], anchor.Add(5*days-second), 1000, "EUR", time.Time{}, 0)
		at := anchor.Add(5 * days)
		if i < 20 {
			at = anchor
		}
		p.add(sides[1][i], at, 1000, "EUR", time.Time{}, 0)
	}
	w.store(p)
	for i, arm := range [][]string{sides[2], sides[3]} { // 15 of each buy within ten days of the second wave, most a second time
		p = purchases{}
		for _, c := range arm[len(arm)-15:] {
			p.add(c, again.Add(time.Duration(10-i)*days-second), 700, "EUR", time.Time{}, 0)
		}
		w.store(p)
	}
	bought := func(customers []string, from, to time.Time) int {
		return testkit.Get[int](t, w.db, fmt.Sprintf(`select count(distinct customer_id)::int from orders join customers using (customer_id)
			where shop_id = any('{%s}') and placed_at >= '%s' and placed_at < '%s'`, join(customers), from.Format(time.RFC3339), to.Format(time.RFC3339)))
	}
	want := []string{
		fmt.Sprintf("1 hello, 120 h: 60 of %d, 20 of %d: %+.9f", len(sides[0]), len(sides[1]), 60/float64(len(sides[0]))-20/float64(len(sides[1]))),
		fmt.Sprintf("1 again, 240 h: %d of %d, %d of %d", bought(sides[2], again, again.Add(10*days)), len(sides[2]), bought(sides[3], again, again.Add(10*days)), len(sides[3])),
	}
	a, b := bought(sides[2], again, again.Add(10*days)), bought(sides[3], again, again.Add(10*days))
	want[1] += fmt.Sprintf(": %+.9f", float64(a)/float64(len(sides[2]))-float64(b)/float64(len(sides[3])))
	effects := func(asOf time.Time) (said []string) {
		for _, e := range w.report(asOf).WaveEffects {
			line := fmt.Sprintf("%d %s, %g h: %d of %d, %d of %d", e.Round, e.Wave, e.Window, e.Sent.Buyers, e.Sent.Final, e.Skipped.Buyers, e.Skipped.Final)
			if e.Code == "" {
				line += fmt.Sprintf(": %+.9f", *e.Difference.Estimate)
			} else {
				line += " " + string(e.Code)
			}
			said = append(said, line)
		}
		return said
	}
	// hello is final 5 + 30 + 1 days after day 1, again 10 + 30 + 1 days after day 8.
	same(t, "before", effects(start.Add(8*days)), []string{"1 hello, 120 h: 0 of 0, 0 of 0 E03", "1 again, 240 h: 0 of 0, 0 of 0 E03"})
	same(t, "hello's", effects(start.Add(29*days+time.Hour)), []string{"1 hello, 120 h: 0 of 0, 0 of 0 E03", "1 again, 240 h: 0 of 0, 0 of 0 E03"})
	got := effects(start.Add(49 * days))
	same(t, "both", got[:2], want)
	same(t, "round 2", got[2:], []string{"2 hello, 120 h: 0 of 0, 0 of 0 E03", "2 again, 240 h: 0 of 0, 0 of 0 E03"})
}

func join(list []string) string {
	out := ""
	for i, s := range list {
		if i > 0 {
			out += ","
		}
		out += s
	}
	return out
}

// Two rounds: codes are counted by what gave them, uses by when they happened.
func TestCouponsAreCountedByWhatGaveThem(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.pool("p", manyCodes(20)...)
	w.db.Exec(t, "update coupon_pools set per_customer = 2")
	w.entered(4, couponed("skip", treatAll, inRounds(2), func(c *campaigns.Campaign) { c.Exit = nil }))
	w.send(anchor)
	w.clock.Set(start.Add(10 * days))
	if _, err := w.BeginRounds(context.Background()); err != nil {
		t.Fatal(err)
	}
	w.send(start.Add(11 * days))
	redeem := func(customer string, round int, at time.Time, minor int64) {
		order := w.bought(customer, at, 5000, "EUR")
		w.db.Exec(t, `update coupons c set redeemed_order_id = $1, redeemed_at = $2, redeemed_minor = $3
			from customers k where k.customer_id = c.customer_id and k.shop_id = $4 and c.round = $5`, order, at, minor, customer, round)
	}
	redeem("c1", 1, start.Add(2*days), 2000)
	redeem("c2", 1, start.Add(12*days), 1500)
	redeem("c1", 2, start.Add(13*days), 2000)
	same(t, "after the first", w.report(start.Add(10*days)).Coupons, []report.CouponCount{{Round: 1, Wave: "hello", Given: 4, Redeemed: 1, Minor: 2000}})
	same(t, "after both", w.report(start.Add(20*days)).Coupons, []report.CouponCount{
		{Round: 1, Wave: "hello", Given: 4, Redeemed: 2, Minor: 3500}, {Round: 2, Wave: "hello", Given: 4, Redeemed: 1, Minor: 2000}})
	same(t, "before any", w.report(start).Coupons, nil)

	// Cost of the point in round 1: five days from day 1 saw one use of 20.00 among four treated; as of then nobody is final.
	p := w.report(start.Add(7 * days)).Points[0]
	same(t, "refused all the same", p.Verdict, evaluation.Provisional)
	margin := 0.5
	w.Shop.Margin = &margin
	p = w.report(start.Add(7 * days)).Points[0]
	if p.BreakEven != nil { // the average order is not known: nobody is held out
		t.Errorf("break-even %v", *p.BreakEven)
	}
	same(t, "why", p.BreakEvenCode, evaluation.OrderValueUnknown)
}
