package main

import (
	"cmp"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/evaluation"
	"github.com/rewave/rewave/internal/holdout"
	"github.com/rewave/rewave/internal/shop"
	"github.com/rewave/rewave/internal/stats"
	"github.com/rewave/rewave/internal/wave"
)

// The demo's two judged campaigns, over many made-up shops: how often the
// verdict is the one that was planted, and how often the intervals hold the
// truth. REWAVE_SEEDS says how many; 200 are what `make coverage-demo` asks for.
//
// A run of the whole demo takes half a minute a seed, so the campaigns are played
// by the book here: the same shop and world, the same assignment, schedule and
// evaluation, without database, queue and mail. What that leaves out is small
// (complaints that hold a message, addresses that are shared), and acts on both
// arms alike.
func TestDemoOverSeeds(t *testing.T) {
	t.Parallel()
	seeds := seedsAsked(6)
	results := overSeeds(t, shop.Default(), seeds)
	if t.Failed() {
		return
	}
	// Of 200 seeds the demo promises 160; of few, what chance leaves of that.
	for name, want := range map[string]evaluation.Verdict{"thanks-coupon-care": evaluation.Pays, "win-back-coupon": evaluation.Loses} {
		hit, covered, profit, held := 0, 0, 0, math.MaxInt
		for _, r := range results {
			o := r[name]
			hit += count01(o.verdict == want)
			covered += count01(o.covered)
			profit += count01(o.profitCovered)
			held = min(held, int(o.holdBuyers))
		}
		n := float64(seeds)
		slack := 2.6 * math.Sqrt(n*0.8*0.2)
		if least := 0.8*n - slack*count64f(seeds < 200); float64(hit) < least {
			t.Errorf("%s: %d of %d seeds read %s, want %.0f at least", name, hit, seeds, want, least)
		}
		for what, got := range map[string]int{"effect": covered, "profit": profit} {
			share, spread := float64(got)/n, 4*math.Sqrt(0.95*0.05/n)
			if lo, hi := max(0.92, 0.95-spread), min(0.98, 0.95+spread); seeds >= 200 && (share < lo || share > hi) || share < 0.95-spread {
				t.Errorf("%s: the interval of the %s holds the truth in %d of %d seeds", name, what, got, seeds)
			}
		}
		if held < 20 {
			t.Errorf("%s: %d buyers in the holdout of one seed, want 20 at least", name, held)
		}
	}
}

// The same campaigns in a shop that is hard to measure: heavy tails, whales,
// bursts, and delivery that goes with how often somebody buys. Nothing is promised
// of the verdicts there; the intervals must hold all the same.
func TestDemoOverHostileSeeds(t *testing.T) {
	t.Parallel()
	seeds := seedsAsked(4)
	results := overSeeds(t, shop.Hostile(), seeds)
	for _, name := range []string{"thanks-coupon-care", "win-back-coupon"} {
		covered, profit := 0, 0
		for _, r := range results {
			covered += count01(r[name].covered)
			profit += count01(r[name].profitCovered)
		}
		n := float64(seeds)
		for what, got := range map[string]int{"effect": covered, "profit": profit} {
			if float64(got)/n < 0.95-4*math.Sqrt(0.95*0.05/n) {
				t.Errorf("%s: the interval of the %s holds the truth in %d of %d hostile seeds", name, what, got, seeds)
			}
		}
	}
}

// seedsAsked is how many seeds are played: few, unless asked for more.
func seedsAsked(few int) int {
	if n, err := strconv.Atoi(os.Getenv("REWAVE_SEEDS")); err == nil {
		return n
	}
	return few
}

// overSeeds plays seeds 1, 2, ... of a shop on all processors, and logs the
// table of each campaign.
func overSeeds(t *testing.T, config shop.Config, seeds int) []map[string]outcome {
	t.Helper()
	plays := booked(t)
	results := make([]map[string]outcome, seeds)
	next := make(chan int)
	var all sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		all.Go(func() {
			for i := range next {
				results[i] = bySeed(t, plays, config, uint64(1+i))
			}
		})
	}
	for i := range seeds {
		next <- i
	}
	close(next)
	all.Wait()
	for _, p := range plays {
		t.Log(tabulated(p.campaign.Name, results))
	}
	return results
}

func count01(b bool) int {
	if b {
		return 1
	}
	return 0
}

func count64f(b bool) float64 { return float64(count01(b)) }

// outcome is what one campaign says of one seed.
type outcome struct {
	verdict                evaluation.Verdict
	estimate, truth        float64
	profit, trueProfit     float64
	covered, profitCovered bool
	holdBuyers, enrolled   int64
	natural, breakEven     float64
}

// tabulated is the table of a campaign over seeds.
func tabulated(name string, results []map[string]outcome) string {
	verdicts := map[evaluation.Verdict]int{}
	var covered, profit int
	var estimate, truth, natural, needs, enrolled, trueProfit []float64
	held := int64(math.MaxInt64)
	for _, r := range results {
		o := r[name]
		verdicts[o.verdict]++
		covered += count01(o.covered)
		profit += count01(o.profitCovered)
		estimate, truth = append(estimate, 100*o.estimate), append(truth, 100*o.truth)
		natural, needs = append(natural, 100*o.natural), append(needs, 100*o.breakEven)
		enrolled, trueProfit = append(enrolled, float64(o.enrolled)), append(trueProfit, o.trueProfit)
		held = min(held, o.holdBuyers)
	}
	n := len(results)
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %d seeds\n", name, n)
	fmt.Fprintf(&b, "  verdicts        PAYS %d, LOSES %d, OPEN %d, REFUSED %d\n", verdicts[evaluation.Pays], verdicts[evaluation.Loses], verdicts[evaluation.Open], verdicts[evaluation.Refused])
	fmt.Fprintf(&b, "  effect covered  %d of %d (%.1f %%)\n", covered, n, 100*float64(covered)/float64(n))
	fmt.Fprintf(&b, "  profit covered  %d of %d (%.1f %%)\n", profit, n, 100*float64(profit)/float64(n))
	fmt.Fprintf(&b, "  enrolled        %s\n  natural rate    %s %%\n  true effect     %s pp\n  estimate        %s pp\n  break-even      %s pp\n  true profit     %s GBP\n  holdout buyers  %d at least\n",
		spread(enrolled, 0), spread(natural, 1), spread(truth, 2), spread(estimate, 2), spread(needs, 2), spread(trueProfit, 0), held)
	return b.String()
}

// spread is minimum, median and maximum.
func spread(x []float64, decimals int) string {
	slices.Sort(x)
	f := func(v float64) string { return strconv.FormatFloat(v, 'f', decimals, 64) }
	return fmt.Sprintf("%s (%s to %s)", f(x[len(x)/2]), f(x[0]), f(x[len(x)-1]))
}

// played is a campaign as it is played by the book.
type played struct {
	campaign campaigns.Campaign
	share    holdout.Share
	point    campaigns.Point
	orders   bool // entered by the first order; else by Monday's rule
}

func booked(t *testing.T) []played {
	t.Helper()
	folder := t.TempDir()
	var out []played
	for _, name := range livingCampaigns {
		if err := os.CopyFS(filepath.Join(folder, name), subLibrary(t, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := fitShop(folder); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"thanks-coupon-care", "win-back-coupon"} {
		c, err := campaigns.Load(os.DirFS(folder), name, campaigns.Options{Root: folder})
		if err != nil {
			t.Fatal(err)
		}
		point, ok := primaryPoint(c)
		if !ok || c.Holdout.Share == 0 {
			t.Fatalf("%s: primary point %v, holdout %v", name, ok, c.Holdout.Share)
		}
		out = append(out, played{campaign: c, share: c.Holdout.Share, point: point, orders: c.Enter.On == "order_paid"})
	}
	return out
}

// enrolled is a customer in a campaign.
type enrolledBook struct {
	play     int
	customer *bookCustomer
	entered  time.Time
	trigger  string
	arm      holdout.Arm
	anchor   time.Time
	refused  bool // a wave was not sent, on which another builds
}

type bookCustomer struct {
	shop.Customer
	orders  []shop.Order
	entered map[int]bool
}

// kept is how many orders are kept as of an instant, and when the last was placed.
func (c *bookCustomer) kept(after, at time.Time) (n int, last time.Time) {
	for _, o := range c.orders {
		if !o.PlacedAt.After(after) || o.PlacedAt.After(at) {
			continue
		}
		if f := o.Refund; f != nil && !f.At.After(at) && wholly(o) {
			continue
		}
		n++
		last = o.PlacedAt
	}
	return n, last
}

func wholly(o shop.Order) bool {
	units := map[string]int{}
	for _, l := range o.Lines {
		units[l.Product.SKU] += l.Quantity
	}
	for _, l := range o.Refund.Lines {
		units[l.Product.SKU] -= l.Quantity
	}
	for _, n := range units {
		if n > 0 {
			return false
		}
	}
	return true
}

type bookSend struct {
	at time.Time
	of *enrolledBook
	// which wave
	wave int
}

type sentBook struct {
	at     time.Time
	micros int64
}

// bySeed plays one shop.
func bySeed(t *testing.T, plays []played, config shop.Config, seed uint64) map[string]outcome {
	config.Seed = seed
	s, err := shop.New(config)
	if err != nil {
		t.Error(err)
		return nil
	}
	w, err := s.World(config.Start, day)
	if err != nil {
		t.Error(err)
		return nil
	}
	zone, err := calendar.Zone(madeUpZone)
	if err != nil {
		t.Error(err)
		return nil
	}
	closes := livingUntil.Add(-closesBefore)
	people := map[string]*bookCustomer{}
	hear := func(h shop.Happened) {
		for _, c := range h.Customers {
			people[c.ID] = &bookCustomer{Customer: c, entered: map[int]bool{}}
		}
		for _, o := range h.Orders {
			p := people[o.Customer]
			p.orders = append(p.orders, o.Order)
		}
	}
	hear(w.Advance(livingFrom))
	caps := capsOf(people)

	var members []*enrolledBook
	var due []bookSend // by time
	spent := map[*enrolledBook][]sentBook{}
	enter := func(i int, c *bookCustomer, at time.Time, trigger string) {
		p := plays[i]
		if c.entered[i] || !c.EmailConsent || at.Before(calendar.Instant(p.campaign.From, 0, zone)) || !at.Before(closes) {
			return
		}
		c.entered[i] = true
		arm, _ := holdout.Assign(p.share, holdout.CampaignLayer(p.campaign.Name, 1, 0), c.ID)
		m := &enrolledBook{play: i, customer: c, entered: at, trigger: trigger, arm: arm}
		places, err := wave.PlaceRound(p.campaign, at, c.Zone)
		if err != nil {
			t.Error(err)
			return
		}
		for k, place := range places {
			if place.Wave == p.point.Anchor.Wave {
				m.anchor = place.ScheduledAt
			}
			// The clock of a replay stops on its grid.
			due = append(due, bookSend{place.ScheduledAt.Add(livingStep - 1).Truncate(livingStep), m, k})
		}
		members = append(members, m)
	}
	for d := livingFrom; d.Before(livingUntil); d = d.Add(day) {
		h := w.Advance(d.Add(day))
		hear(h)
		for i, p := range plays {
			if p.orders {
				for _, o := range h.Orders {
					c := people[o.Customer]
					if n, _ := c.kept(time.Time{}, o.Order.PlacedAt); n == 1 {
						enter(i, c, o.Order.PlacedAt, o.Order.ID)
					}
				}
			} else if slot := calendar.Instant(calendar.DateOf(d, zone), 10*60, zone); fortnightly(slot, zone) {
				for _, c := range people {
					n, last := c.kept(time.Time{}, slot)
					if n < 2 {
						continue
					}
					silent := calendar.DateOf(slot, zone).DaysSince(calendar.DateOf(last, zone))
					if silent >= 90 && silent < 104 {
						enter(i, c, slot, "")
					}
				}
			}
		}
		slices.SortStableFunc(due, func(a, b bookSend) int {
			return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.of.customer.ID, b.of.customer.ID))
		})
		for len(due) > 0 && due[0].at.Before(d.Add(day)) {
			send := due[0]
			due = due[1:]
			bookOne(t, w, zone, plays[send.of.play], send, spent)
		}
	}
	out := map[string]outcome{}
	for i, p := range plays {
		out[p.campaign.Name] = judged(t, w, p, i, members, spent, caps)
	}
	return out
}

// bookOne sends one message by the book.
func bookOne(t *testing.T, w *shop.World, zone *time.Location, p played, send bookSend, spent map[*enrolledBook][]sentBook) {
	m := send.of
	wv := p.campaign.Waves[send.wave]
	if n, _ := m.customer.kept(m.entered, send.at); n > 0 || m.arm != holdout.Treat {
		m.refused = m.refused || n > 0
		return
	}
	if wv.After.RequiresAccepted && m.refused {
		return
	}
	if holdout.U(holdout.SkipLayer(p.campaign.Name, 1, 0, 1, wv.Name), m.customer.ID) < wv.Skip.Share.Float() {
		return
	}
	of := p.campaign.Name + "/" + wv.Name
	msg := shop.Message{Campaign: p.campaign.Name, Wave: wv.Name, Customer: m.customer.ID, At: send.at, Effect: planted[of]}
	if c := wv.ContentFor("", "").Coupon; c != nil {
		msg.Code, msg.Worth, msg.Until = "CODE"+m.customer.ID+strconv.Itoa(m.play), worths()[of], send.at.Add(c.Lasts(send.at, zone))
	}
	if err := w.Receive(msg); err != nil {
		t.Error(err)
	}
	spent[m] = append(spent[m], sentBook{send.at, demoCost})
}

// judged evaluates a campaign as the engine does, from sums over enrollments.
func judged(t *testing.T, w *shop.World, p played, play int, members []*enrolledBook, spent map[*enrolledBook][]sentBook, caps map[time.Duration][]float64) outcome {
	const returns = 30 * day
	type sums struct {
		totals         evaluation.Totals
		profit, capped stats.Moments
	}
	arms := map[holdout.Arm]*sums{holdout.Treat: {}, holdout.Hold: {}}
	var micros, coupons int64
	var truth shop.Truth
	margin := demoMargin
	var held int64
	for _, m := range members {
		if m.play == play && m.arm == holdout.Hold {
			held++
		}
	}
	quantile := 0.99
	if held >= 1000 {
		quantile = 0.995
	}
	top, _ := stats.Quantile(caps[p.point.Window], quantile)
	cap := math.RoundToEven(margin * top)
	for _, m := range members {
		if m.play != play {
			continue
		}
		until := m.anchor.Add(p.point.Window)
		q := shop.Question{Customer: m.customer.ID, From: m.anchor, Until: until, Except: m.trigger}
		one, err := w.Truth(p.campaign.Name, []shop.Question{q}, returns, livingUntil)
		if err != nil {
			t.Error(err)
			return outcome{}
		}
		a := arms[m.arm]
		a.totals.Enrollments++
		a.totals.Buyers += one.Buyers
		a.totals.Orders += one.Orders
		a.totals.RevenueMinor += one.RevenueMinor
		var cost int64
		for _, s := range spent[m] {
			if !s.at.Before(m.anchor) && s.at.Before(until) {
				cost += s.micros
			}
		}
		y := math.RoundToEven(margin*float64(one.RevenueMinor)) - float64(one.CouponMinor) - math.RoundToEven(float64(cost)/1e4)
		a.profit.Add(y)
		a.capped.Add(min(y, cap))
		if m.arm == holdout.Treat {
			micros += cost
			coupons += one.CouponMinor
			truth.Asked++
			truth.Buyers += one.Buyers
			truth.Natural += one.Natural
			truth.RevenueMinor += one.RevenueMinor
			truth.NaturalRevenueMinor += one.NaturalRevenueMinor
			truth.AllCouponMinor += one.AllCouponMinor
			truth.NaturalCouponMinor += one.NaturalCouponMinor
		}
	}
	treat, hold := arms[holdout.Treat], arms[holdout.Hold]
	in := evaluation.Input{
		Point:  evaluation.Point{Name: p.point.Name, Metric: "repurchase_rate", Primary: true, Window: p.point.Window, ReturnWindow: returns},
		Design: evaluation.Design{HoldShare: p.share, EntryFrom: livingFrom, EntryUntil: livingUntil.Add(-closesBefore)},
		AsOf:   livingUntil,
		Metrics: []evaluation.MetricInput{{Metric: evaluation.MetricProfit, Cap: &evaluation.Cap{Minor: int64(cap), Quantile: quantile},
			Treat: evaluation.MetricArm{Whole: treat.profit, Capped: treat.capped}, Hold: evaluation.MetricArm{Whole: hold.profit, Capped: hold.capped}}},
		Cost: evaluation.Cost{Margin: &margin, Currency: evaluation.Currency{Code: shop.Currency, Digits: 2},
			PerTreatedMicros: (micros + coupons*1e4) / max(1, treat.totals.Enrollments), AverageOrderMinor: hold.totals.RevenueMinor / max(1, hold.totals.Orders)},
	}
	for _, arm := range []holdout.Arm{holdout.Treat, holdout.Hold} {
		totals := arms[arm].totals
		in.Observations = append(in.Observations, evaluation.Observation{Arm: arm, Assigned: totals.Enrollments, Matured: totals, Final: totals})
	}
	r, err := evaluation.Evaluate(in, evaluation.English())
	if err != nil {
		t.Error(err)
		return outcome{}
	}
	o := outcome{verdict: r.Verdict, holdBuyers: hold.totals.Buyers, enrolled: treat.totals.Enrollments + hold.totals.Enrollments,
		truth: float64(truth.Buyers-truth.Natural) / float64(truth.Asked), trueProfit: truth.ProfitMinor(margin)/100 - float64(micros)/1e6}
	if rate, ok := (stats.Count{X: hold.totals.Buyers, N: hold.totals.Enrollments}).Rate(); ok {
		o.natural = rate
	}
	if r.BreakEven != nil {
		o.breakEven = *r.BreakEven
	}
	if r.Difference.Known() {
		o.estimate, o.covered = *r.Difference.Estimate, *covers(r.Difference, o.truth)
	}
	if m, ok := r.Metric(evaluation.MetricProfit); ok && m.Total.Known() {
		o.profit, o.profitCovered = *m.Total.Estimate, *covers(m.Total, o.trueProfit)
	}
	return o
}

// capsOf are the totals of the windows that orders of the past year opened, by
// length, ascending.
func capsOf(people map[string]*bookCustomer) map[time.Duration][]float64 {
	out := map[time.Duration][]float64{}
	for _, window := range []time.Duration{30 * day} {
		var totals []float64
		for _, c := range people {
			for i, o := range c.orders {
				if end := o.PlacedAt.Add(window); end.After(livingFrom) || end.Before(livingFrom.Add(-365*day)) {
					continue
				}
				total := 0.0
				for _, next := range c.orders[i+1:] {
					if !next.PlacedAt.After(o.PlacedAt.Add(window)) {
						total += float64(next.Minor())
					}
				}
				totals = append(totals, total)
			}
		}
		slices.Sort(totals)
		out[window] = totals
	}
	return out
}

func subLibrary(t *testing.T, name string) fs.FS {
	t.Helper()
	sub, err := fs.Sub(campaigns.Library(), name)
	if err != nil {
		t.Fatal(err)
	}
	return sub
}

// fortnightly says whether the silent are asked on a day.
func fortnightly(slot time.Time, zone *time.Location) bool {
	return calendar.DateOf(slot, zone).DaysSince(calendar.Date{Year: 2024, Month: time.November, Day: 11})%14 == 0
}
