package report_test

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rewave/rewave/internal/audience"
	"github.com/rewave/rewave/internal/evaluation"
	"github.com/rewave/rewave/internal/report"
	"github.com/rewave/rewave/internal/testkit"
)

// plans are one of a slot with everything in it, one of orders, and three of what
// is closed or steered.
func plans() map[string]report.Plan {
	at := on("2026-11-10").Add(9 * time.Hour)
	of := func(campaigns ...report.PlannedCampaign) report.Plan {
		return report.Plan{AsOf: at, Zone: time.UTC, Currency: evaluation.Currency{Code: "EUR", Digits: 2}, Campaigns: campaigns}
	}
	slot := report.PlannedCampaign{
		Campaign: "double11-new-buyers", Says: `Bring the new buyers "of Double 11" <back>.`, Version: strings.Repeat("ab", 32), Design: 2, Status: "running",
		Change: report.Change{Kind: "design", Pending: true, Differs: []report.Difference{{Path: "holdout", Was: "10%", Now: "auto", Restarts: true},
			{Path: "waves.care", Now: "after coupon 2d"}, {Path: "says", Was: "Bring them back."}}, InFlight: []report.OnTheirWay{{Version: strings.Repeat("cd", 32), Design: 1, Round: 2, Customers: 1}, {Version: strings.Repeat("cd", 32), Design: 1, Round: 3, Customers: 1200}}},
		Entry: report.PlannedEntry{By: "slot", At: ptr(on("2026-11-12").Add(10 * time.Hour)), Until: ptr(on("2027-06-01"))},
		Audience: &report.Audience{Asked: 1_000_000, Before: []report.AudienceLine{{Reason: "already_entered", Count: 1000}, {Reason: "not_in_segment", Count: 899_000}}, Segment: 100_000,
			Refused: []report.AudienceLine{{Reason: "no_address", Count: 4000}, {Reason: "opted_out", Count: 6000}}, Enter: 90_000, Treat: 79_200, Hold: 9000, GlobalHold: 1800,
			Nothing: []report.AudienceLine{{Reason: "capped", Count: 200}}, Written: []report.ChannelCount{{Channel: "email", Count: 70_000}, {Channel: "sms", Count: 9000}}},
		Rounds: report.PlannedRounds{Times: 5, Every: 720},
		Waves: []report.PlannedWave{
			{Wave: "care", After: "coupon", Wait: 48, Starts: 144, Unless: []string{"repurchased"}, Channels: []string{"email"}},
			{Wave: "thanks", Wait: 24, Starts: 24, Channels: []string{"sms", "email"}},
			{Wave: "coupon", After: "thanks", Wait: 72, Starts: 96, Requires: true, Channels: []string{"sms", "email"}, Skip: .1,
				Variants: []report.PlannedVariant{{Name: "plain", Share: .5}, {Name: "no-coupon", Share: .5}}, Coupons: []string{"d11-20-off"}},
			{Wave: "delay", Service: true, After: "thanks", Starts: 24, Channels: []string{"email"}},
		},
		Money: report.Money{Messages: 31_600, Budget: ptr(20000.), Coupons: []report.CouponMoney{
			{Pool: "d11-20-off", Free: 5000, Codes: 197_000, Value: ptr(20.), Exposure: ptr(3_940_000.), Redemption: ptr(.08), From: "expect", Expected: ptr(315_200.)},
			{Pool: "gift", Free: 10, Codes: 4}, {Pool: "no-such", Missing: true}}},
		Measure: &report.Measure{Point: "overall_30d", WindowHours: 720, Enrollments: 88_200, Of: "slot", Natural: ptr(.072), NaturalFrom: "history", Buyers: 720, Customers: 10_000,
			OrderValue: ptr(62.), Margin: ptr(.35), Cost: ptr(.46), BreakEven: ptr(.0212), Share: .1, Auto: true, Detectable: ptr(.0083), Proves: true, Price: ptr(4057.2),
			FirstLook: ptr(on("2026-12-14")), Final: ptr(on("2027-01-13"))},
		Warnings: []report.PlanWarning{{Code: "collides", Of: "win-back", Count: 812, Limit: 14}, {Code: "pool_small", Of: "d11-20-off", Count: 197_000, Limit: 5000},
			{Code: "pool_missing", Of: "no-such"}, {Code: "budget", Count: 3_971_600, Limit: 20_000}, {Code: "expires", Of: "care", Count: 3}},
	}
	for day := on("2026-11-13"); day.Before(on("2027-03-20")); day = day.AddDate(0, 0, 30) {
		for k, n := range []float64{79_000, 0, 0, 71_000, 0, 40_000} {
			if n > 0 {
				on := day.AddDate(0, 0, k).Format(time.DateOnly)
				slot.Sends = append(slot.Sends, report.Sends{Day: on, Channel: "email", Send: n * .8, Withheld: n * .1}, report.Sends{Day: on, Channel: "sms", Send: n * .2, Withheld: n * .02})
			}
		}
	}
	orders := report.PlannedCampaign{Campaign: "second-order", Version: strings.Repeat("0", 64), Design: 1, Status: "new", Change: report.Change{Kind: "new", Pending: true},
		Entry:    report.PlannedEntry{By: "order", From: ptr(on("2026-12-01"))},
		Audience: &report.Audience{SampleDays: 30, Asked: 120, Before: []report.AudienceLine{{Reason: "not_in_segment", Count: 30}}, Segment: 90, Enter: 90, Treat: 80, Hold: 10, Written: []report.ChannelCount{{Channel: "email", Count: 80}}},
		Forecast: &report.Forecast{From: "history", Days: 90, PerDay: evaluation.Figure{Estimate: ptr(3.), Lo: ptr(2.6), Hi: ptr(3.4)}},
		Waves:    []report.PlannedWave{{Wave: "thanks", Wait: 24, Starts: 24, Channels: []string{"email"}}},
		Rounds:   report.PlannedRounds{Times: 1},
		Sends:    []report.Sends{{Day: "2026-12-02", Channel: "email", Send: 2.7, Withheld: .3}, {Day: "2026-12-03", Channel: "email", Send: 2.7, Withheld: .3}},
		Measure: &report.Measure{WindowHours: 720, Enrollments: 270, Of: "forecast", Days: 90, Natural: ptr(.06), NaturalFrom: "expect", OrderValue: ptr(62.), Margin: ptr(.35), Cost: ptr(.002),
			BreakEven: ptr(.00009), Share: .1, Detectable: ptr(.18), Needed: ptr(int64(80_000_000)), Code: "too_small", FirstLook: ptr(on("2027-01-02")), Final: ptr(on("2027-02-01"))},
		Warnings: []report.PlanWarning{{Code: "unmeasured", Of: "too_small"}}}
	closed := func(name, why string) report.PlannedCampaign {
		return report.PlannedCampaign{Campaign: name, Version: "v", Design: 1, Status: "running", Change: report.Change{Kind: "none"},
			Entry: report.PlannedEntry{By: "slot", At: ptr(on("2026-11-01").Add(10 * time.Hour)), Until: ptr(on("2026-11-02")), Closed: why}, Waves: orders.Waves}
	}
	cancelled := closed("cancelled", "cancelled")
	cancelled.Status, cancelled.Because, cancelled.Change.Kind = "cancelled", "the price is wrong", "refused"
	paused := orders
	paused.Campaign, paused.Status, paused.Warnings, paused.Measure = "paused", "paused", []report.PlanWarning{{Code: "paused"}}, nil
	return map[string]report.Plan{"plan-slot": of(slot), "plan-orders": of(orders), "plan-closed": of(cancelled, closed("past", "past"), closed("ended", "ended"), closed("never", "no_slot"), paused)}
}

func TestAPlanSaysTimesAsAFileDoes(t *testing.T) {
	t.Parallel()
	p := report.Plan{Zone: time.UTC, AsOf: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), Currency: evaluation.Currency{Code: "EUR", Digits: 2},
		Campaigns: []report.PlannedCampaign{{Campaign: "soon", Version: "v", Design: 1, Status: "new", Change: report.Change{Kind: "new"}, Entry: report.PlannedEntry{By: "order"},
			Rounds: report.PlannedRounds{Times: 2, Every: 1. / 3},
			Waves: []report.PlannedWave{{Wave: "first", Wait: 1. / 60, Starts: 1. / 60}, {Wave: "care", After: "first", Wait: 9. / 60, Starts: 10. / 60},
				{Wave: "next", After: "care", Wait: 1.5, Starts: 25.5}, {Wave: "last", After: "next", Wait: 24, Starts: 49.5}}}}}
	var out bytes.Buffer
	if err := p.HTML(&out); err != nil {
		t.Fatal(err)
	}
	got := regexp.MustCompile(`\S+ \([^)]* after the round begins\)|: \w+ later|2 rounds, \S+`).FindAllString(out.String(), -1)
	want := []string{"first (1m after the round begins)", "care (10m after the round begins)", "next (25h 30m after the round begins)", "last (2d after the round begins)",
		"2 rounds, 20m", "2 rounds, 20m", ": 1m later", ": 9m later", ": 90m later", ": 1d later"}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("-got +want\n%s", diff)
	}
}

func TestPlanGolden(t *testing.T) {
	t.Parallel()
	for name, p := range plans() {
		for ext, render := range map[string]func(report.Plan, io.Writer) error{"txt": report.Plan.Text, "html": report.Plan.HTML, "json": report.Plan.JSON} {
			var out bytes.Buffer
			if err := render(p, &out); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join("testdata", name+"."+ext)
			if *update {
				if err := os.WriteFile(path, out.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(out.String(), string(want)); diff != "" {
				t.Errorf("%s: -got +want\n%s", path, diff)
			}
			if ext == "txt" {
				for _, line := range strings.Split(out.String(), "\n") {
					if len([]rune(line)) > 80 {
						t.Errorf("%s: wider than 80 columns: %q", path, line)
					}
				}
			}
			if ext == "json" && !json.Valid(out.Bytes()) {
				t.Errorf("%s is not JSON", path)
			}
		}
	}
}

func TestPlanPending(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{"plan-slot": true, "plan-orders": true} {
		if got := plans()[name].Pending(); got != want {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
	}
	none := report.Plan{Campaigns: plans()["plan-closed"].Campaigns[:4]}
	if none.Pending() {
		t.Error("closed campaigns are pending")
	}
}

// Every reason, code and warning that a plan may name has its words.
func TestEveryWordOfAPlanIsInTheCatalogue(t *testing.T) {
	t.Parallel()
	base := plans()["plan-orders"].Campaigns[0]
	for _, reason := range []audience.Reason{audience.Merged, audience.EntryClosed, audience.NoOccasion, audience.AlreadyEntered, audience.RuleError, audience.NotInSegment,
		audience.OtherCampaign, audience.Erased, audience.NoAddress, audience.Suppressed, audience.NoConsent, audience.OptedOut,
		audience.Capped, audience.Outranked, audience.Held, audience.Late, audience.Skip, audience.Holdout, ""} {
		c := base
		a := *base.Audience
		a.Nothing = []report.AudienceLine{{Reason: string(reason), Count: 1}}
		if reason != "" {
			a.Before = a.Nothing
		}
		c.Audience = &a
		renders(t, c)
	}
	for _, code := range []string{"no_holdout", "natural_unknown", "margin_unknown", "order_value_unknown", "redemption_unknown", "coupon_value_unknown", "pool_missing", "free", "nobody", "too_small", "too_few", "pace_unknown"} {
		for _, of := range []string{"slot", "next_slot", "expect", "forecast", "unknown"} {
			c, m := base, *base.Measure
			m.Code, m.Of, m.Needed, m.Detectable = code, of, nil, nil
			c.Measure = &m
			renders(t, c)
		}
	}
	for _, code := range []string{"paused", "nobody", "nobody_left", "no_history", "no_scores", "unseen", "rule_error", "collides", "pool_missing", "pool_small", "pool_limit", "pool_again", "budget", "day_budget", "expires", "ramp_empty", "unmeasured", "text_letters", "text_names"} {
		c := base
		c.Warnings = []report.PlanWarning{{Code: code, Of: "free", Count: 2, Limit: 1}}
		renders(t, c)
	}
	for _, kind := range []string{"new", "none", "version", "design", "refused"} {
		c := base
		c.Change.Kind = kind
		renders(t, c)
	}
	for _, by := range []string{"slot", "occasion", "order", "event"} {
		c := base
		c.Entry = report.PlannedEntry{By: by, At: ptr(on("2026-12-01")), Recurs: true, From: ptr(on("2026-12-01")), Until: ptr(on("2026-12-09")), Event: "Order Delayed"}
		c.Forecast = &report.Forecast{From: "expect", PerDay: evaluation.Figure{Estimate: ptr(.4)}}
		renders(t, c)
		c.Forecast = &report.Forecast{}
		renders(t, c)
		for _, members := range []*int64{nil, ptr(int64(1)), ptr(int64(2))} {
			c.Entry.Segment, c.Entry.Members, c.Entry.Kept = "at-risk", members, members != nil
			renders(t, c)
		}
	}
}

func renders(t *testing.T, c report.PlannedCampaign) {
	t.Helper()
	p := report.Plan{AsOf: on("2026-11-10"), Campaigns: []report.PlannedCampaign{c}}
	for _, f := range []func(report.Plan, io.Writer) error{report.Plan.Text, report.Plan.HTML} {
		if err := f(p, io.Discard); err != nil {
			t.Error(err)
		}
	}
}

// The page in a real Chromium, wide and narrow: it asks the network for nothing,
// nothing hangs over its edge, and every picture has its size and its words.
func TestPlanInABrowser(t *testing.T) {
	t.Parallel()
	for name, p := range plans() {
		var page bytes.Buffer
		if err := p.HTML(&page); err != nil {
			t.Fatal(err)
		}
		if regexp.MustCompile(`(?i)<script|<link|<img|url\(|@import| on\w+=`).Match(page.Bytes()) {
			t.Errorf("%s: the page loads or runs something", name)
		}
		// Only this copy may run a script, which reads what was laid out.
		probe := strings.Replace(page.String(), "default-src 'none'", "script-src 'unsafe-inline'", 1)
		probe = strings.Replace(probe, "</body>", `<script>
const wide = document.documentElement;
const bad = [...document.querySelectorAll('svg.chart')].filter(s => s.getBoundingClientRect().height < 40 || !s.querySelector('title').textContent || !s.querySelector('desc').textContent);
const out = [...document.querySelectorAll('svg.chart')].flatMap(s => { const b = s.getBoundingClientRect(); return [...s.querySelectorAll('text')].filter(x => { const r = x.getBoundingClientRect(); return r.left < b.left - 1 || r.right > b.right + 1 || r.bottom > b.bottom + 1; }).map(x => x.textContent); });
const ids = [...document.querySelectorAll('[id]')].map(e => e.id);
document.body.setAttribute('data-probe', [wide.scrollWidth - wide.clientWidth, bad.length, out.join('/'), ids.length - new Set(ids).size, document.querySelectorAll('svg.chart').length].join(';'));
</script></body>`, 1)
		path := filepath.Join(t.TempDir(), name+".html")
		if err := os.WriteFile(path, []byte(probe), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, width := range []int{1200, 500} {
			dom, _ := testkit.Chromium(t, "--window-size="+strconv.Itoa(width)+",1200", "--dump-dom", "file://"+path)
			found := regexp.MustCompile(`data-probe="([^"]*)"`).FindSubmatch(dom)
			if found == nil {
				t.Fatalf("%s at %d: the page was not laid out", name, width)
			}
			got := strings.Split(string(found[1]), ";")
			pictures := strconv.Itoa(strings.Count(page.String(), `<svg class="chart"`))
			if diff := cmp.Diff(got, []string{"0", "0", "", "0", pictures}); diff != "" {
				t.Errorf("%s at %d: over the edge, pictures without size or words, texts cut off, ids twice, pictures: -got +want\n%s", name, width, diff)
			}
		}
	}
}
