package report_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rewave/rewave/internal/evaluation"
	"github.com/rewave/rewave/internal/holdout"
	"github.com/rewave/rewave/internal/report"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const day = 24 * time.Hour

func on(date string) time.Time {
	t, err := time.Parse(time.DateOnly, date)
	if err != nil {
		panic(err)
	}
	return t
}

func ptr[T any](v T) *T { return &v }

// sample is one point with its observations, and what the rest of a report needs.
type sample struct {
	xt, nt, xc, nc int64
	share          holdout.Share
	replay         bool
	final          float64 // the share of enrollments that are
	margin         *float64
	rolling        bool // entry has no end, and round 2 has not begun
}

func (s sample) point(t *testing.T, name string, primary bool, window time.Duration, part float64) evaluation.Result {
	t.Helper()
	totals := func(x, n int64) evaluation.Totals {
		x = int64(float64(x) * part)
		return evaluation.Totals{Enrollments: n, Buyers: x, Orders: x + x/12, RevenueMinor: 6200 * x}
	}
	arm := func(arm holdout.Arm, x, n int64) evaluation.Observation {
		return evaluation.Observation{Arm: arm, Assigned: n, Matured: totals(x, n),
			Final: totals(int64(float64(x)*s.final), int64(float64(n)*s.final))}
	}
	in := evaluation.Input{
		Point: evaluation.Point{Name: name, Metric: "repurchase_rate", Primary: primary, Anchor: "thanks",
			Window: window, ReturnWindow: 14 * day, FinalAt: on("2026-06-14")},
		Design:       evaluation.Design{HoldShare: s.share, EntryFrom: on("2026-01-01"), EntryUntil: on("2026-04-01")},
		Observations: []evaluation.Observation{arm(holdout.Treat, s.xt, s.nt), arm(holdout.Hold, s.xc, s.nc)},
		Cost: evaluation.Cost{PerTreatedMicros: 460_000, Margin: s.margin, AverageOrderMinor: 6200,
			Currency: evaluation.Currency{Code: "GBP", Digits: 2}},
		AsOf: on("2026-06-20"), ReplayAA: s.replay,
	}
	if s.rolling {
		in.Point.FinalAt, in.Design.EntryUntil = time.Time{}, time.Time{}
	}
	r, err := evaluation.Evaluate(in, evaluation.English())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (s sample) report(t *testing.T) report.Report {
	t.Helper()
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	curve := func(arm holdout.Arm, n, x int64) report.Curve {
		c := report.Curve{Arm: arm, Enrollments: n}
		for d := 1; d <= 30; d++ {
			// A quick start that slows down, without randomness.
			c.Steps = append(c.Steps, report.Step{Day: d, Buyers: x * int64(60*d-d*d) / 900})
		}
		return c
	}
	r := report.Report{
		Campaign: "second-order", Says: `First-time buyers: "thanks", then a reason to come <back>.`,
		Design: 1, Version: "3fa9c1e27b0d4a55c1d2e3f405162738495a6b7c8d9e0f1a2b3c4d5e6f708192",
		AsOf: on("2026-06-20").Add(9*time.Hour + 30*time.Minute), Zone: london, ReplayAA: s.replay,
		Arms:   []report.PlannedArm{{Arm: holdout.Hold, Share: s.share}, {Arm: holdout.Treat, Share: holdout.Whole - s.share}},
		Salts:  []report.Salt{{Layer: "c|second-order|1", Of: "campaign holdout"}},
		Points: []evaluation.Result{s.point(t, "coupon_10d", false, 10*day, 0.4), s.point(t, "overall_30d", true, 30*day, 1)},
		Curves: &report.Curves{
			Anchor: "entry", Days: 30,
			Arms:  []report.Curve{curve(holdout.Treat, s.nt, s.xt), curve(holdout.Hold, s.nc, s.xc)},
			Waves: []report.WaveTick{{Day: 1, Wave: "thanks"}, {Day: 4, Wave: "coupon"}, {Day: 6, Wave: "care"}},
		},
		Waves: []string{"thanks", "coupon", "care"},
		Deliveries: []report.DeliveryCount{
			{Round: 1, Wave: "thanks", Arm: holdout.Treat, Channel: "sms", State: "accepted", Count: s.nt - 140},
			{Round: 1, Wave: "thanks", Arm: holdout.Treat, Channel: "sms", State: "suppressed", Reason: "no_consent", Count: 90},
			{Round: 1, Wave: "thanks", Arm: holdout.Treat, Channel: "sms", State: "suppressed", Reason: "repurchased", Count: 47},
			{Round: 1, Wave: "thanks", Arm: holdout.Treat, Channel: "sms", State: "unknown", Reason: "timeout after data", Count: 3},
			{Round: 1, Wave: "thanks", Arm: holdout.Hold, Channel: "sms", State: "withheld", Reason: "holdout", Count: s.nc - 12},
			{Round: 1, Wave: "thanks", Arm: holdout.Hold, Channel: "sms", State: "suppressed", Reason: "no_consent", Count: 12},
			{Round: 1, Wave: "coupon", Arm: holdout.Treat, Channel: "sms", State: "accepted", Count: s.nt - 300},
			{Round: 1, Wave: "coupon", Arm: holdout.Treat, Channel: "sms", State: "suppressed", Reason: "repurchased", Count: 300},
			{Round: 1, Wave: "coupon", Arm: holdout.Hold, Channel: "sms", State: "withheld", Reason: "holdout", Count: s.nc - 30},
			{Round: 1, Wave: "coupon", Arm: holdout.Hold, Channel: "sms", State: "suppressed", Reason: "repurchased", Count: 30},
			{Round: 1, Wave: "care", Arm: holdout.Treat, Channel: "email", State: "expired", Reason: "held", Count: 2},
			{Round: 1, Wave: "care", Arm: holdout.Treat, Channel: "email", State: "accepted", Count: s.nt - 402},
			{Round: 1, Wave: "care", Arm: holdout.Treat, Channel: "email", State: "suppressed", Reason: "repurchased", Count: 400},
			{Round: 1, Wave: "care", Arm: holdout.Hold, Channel: "email", State: "withheld", Reason: "holdout", Count: s.nc - 41},
			{Round: 1, Wave: "care", Arm: holdout.Hold, Channel: "email", State: "suppressed", Reason: "repurchased", Count: 41},
		},
		Unknown: 3,
	}
	if s.rolling {
		r.Curves = nil
		r.Pending = []report.Round{{Round: 2, Begins: on("2026-07-01")}, {Round: 3, Begins: on("2026-06-19")}}
		r.DeliveriesAt = ptr(on("2026-09-01"))
	}
	return r
}

var (
	tenth   = holdout.Whole / 10
	samples = map[string]sample{
		"open":        {xt: 810, nt: 9000, xc: 72, nc: 1000, share: tenth, final: 1, margin: ptr(0.35)},
		"pays":        {xt: 1260, nt: 9000, xc: 72, nc: 1000, share: tenth, final: 1, margin: ptr(0.35)},
		"harm":        {xt: 4000, nt: 90000, xc: 720, nc: 10000, share: tenth, final: 1, margin: ptr(0.35)},
		"no-margin":   {xt: 1260, nt: 9000, xc: 72, nc: 1000, share: tenth, final: 1},
		"refused":     {xt: 810, nt: 8880, xc: 72, nc: 1120, share: tenth, final: 1, margin: ptr(0.35)},
		"provisional": {xt: 810, nt: 9000, xc: 72, nc: 1000, share: tenth, final: 0.5, margin: ptr(0.35)},
		"rolling":     {xt: 810, nt: 9000, xc: 72, nc: 1000, share: tenth, final: 0.5, margin: ptr(0.35), rolling: true},
		"replay":      {xt: 62, nt: 510, xc: 58, nc: 495, share: holdout.Whole / 2, final: 1, replay: true},
	}
)

// all are the samples and the scenes.
func all(t *testing.T) map[string]report.Report {
	t.Helper()
	out := scenes(t)
	for name, s := range samples {
		out[name] = s.report(t)
	}
	return out
}

func render(t *testing.T, r report.Report, form string) string {
	t.Helper()
	var out bytes.Buffer
	var err error
	switch form {
	case "txt":
		err = r.Text(&out)
	case "json":
		err = r.JSON(&out)
	case "html":
		err = r.HTML(&out)
	case "csv":
		err = r.CSV(&out)
	case "md":
		err = r.Markdown(&out)
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestGolden(t *testing.T) {
	t.Parallel()
	for name, s := range samples {
		r := s.report(t)
		if name == "refused" {
			r.Warnings = []report.Warning{{Code: "W01", Sentence: "3 orders in another currency were left out."}}
		}
		forms := []string{"txt"}
		if name == "open" || name == "replay" {
			forms = []string{"txt", "json", "html"}
		}
		for _, form := range forms {
			golden(t, name+"."+form, render(t, r, form))
		}
	}
	for name, r := range scenes(t) {
		for _, form := range []string{"txt", "json", "csv", "md"} {
			golden(t, name+"."+form, render(t, r, form))
		}
		golden(t, name+".html", text(render(t, r, "html")))
	}
	empty := report.Report{Campaign: "new", Design: 1, AsOf: on("2026-01-01")}
	golden(t, "empty.csv", render(t, empty, "csv"))
	golden(t, "empty.md", render(t, empty, "md"))
	golden(t, "empty.txt", render(t, report.Report{Campaign: "new", Design: 1, AsOf: on("2026-01-01")}, "txt"))
	golden(t, "empty.json", render(t, report.Report{Campaign: "new", Design: 1, AsOf: on("2026-01-01")}, "json"))
	render(t, report.Report{Campaign: "new", Design: 1, AsOf: on("2026-01-01")}, "html")
}

// text is a page without its style sheet and with its pictures' words alone: they
// have golden files of their own, and pages of 200 kB tell a reader nothing.
func text(page string) string {
	page = regexp.MustCompile(`(?s)<style>.*?</style>`).ReplaceAllString(page, "")
	return regexp.MustCompile(`(?s)<svg class="chart" id="([^"]*)".*?<title[^>]*>(.*?)</title>\s*<desc[^>]*>(.*?)</desc>.*?</svg>`).ReplaceAllString(page, "[$1: $2. $3]")
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(got, string(want)); diff != "" {
		t.Errorf("%s: got -, want + (-update rewrites it)\n%s", name, diff)
	}
}

// The order in which counts come out of a database says nothing.
func TestAReportIsTheSameInAnyOrder(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 1))
	r := rounds(t)
	for _, form := range []string{"txt", "json", "html", "csv", "md"} {
		want := render(t, r, form)
		shuffled := r
		curves := *r.Curves
		shuffled.Deliveries = append([]report.DeliveryCount(nil), r.Deliveries...)
		curves.Arms = append([]report.Curve(nil), curves.Arms...)
		curves.Waves = append([]report.WaveTick(nil), curves.Waves...)
		shuffled.Curves = &curves
		shuffled.Coupons = append([]report.CouponCount(nil), r.Coupons...)
		shuffled.Looks = append([]evaluation.Look(nil), r.Looks...)
		shuffled.WaveEffects = append([]evaluation.WaveEffect(nil), r.WaveEffects...)
		shuffled.Coupons[0], shuffled.Coupons[4] = shuffled.Coupons[4], shuffled.Coupons[0]
		shuffled.Looks[1], shuffled.Looks[3] = shuffled.Looks[3], shuffled.Looks[1]
		shuffled.WaveEffects[2], shuffled.WaveEffects[11] = shuffled.WaveEffects[11], shuffled.WaveEffects[2]
		random.Shuffle(len(shuffled.Deliveries), func(i, j int) {
			shuffled.Deliveries[i], shuffled.Deliveries[j] = shuffled.Deliveries[j], shuffled.Deliveries[i]
		})
		curves.Arms[0], curves.Arms[1] = curves.Arms[1], curves.Arms[0]
		curves.Waves[0], curves.Waves[2] = curves.Waves[2], curves.Waves[0]
		if diff := cmp.Diff(render(t, shuffled, form), want); diff != "" {
			t.Errorf("%s: got -, want +\n%s", form, diff)
		}
	}
}

func TestTextFitsEightyColumns(t *testing.T) {
	t.Parallel()
	for name, r := range all(t) {
		for _, line := range strings.Split(render(t, r, "txt"), "\n") {
			if len([]rune(line)) > 80 {
				t.Errorf("%s: %d columns: %s", name, len([]rune(line)), line)
			}
		}
	}
}

func TestThePageNeedsNothingElse(t *testing.T) {
	t.Parallel()
	r := samples["open"].report(t)
	r.Campaign, r.Says = `<script>alert(1)</script>`, `</title><img src=x onerror=alert(1)>`
	r.Curves.Waves[0].Wave = `"><script>`
	r.Points[0].Point.Name = `<b>bold</b>`
	r.Deliveries[0].State, r.Deliveries[0].Reason = `<u>`, `<i>`
	page := render(t, r, "html")
	for _, bad := range []string{"<script", "<img", "<b>bold", "<i>", "<u>", "<link", "<iframe", "http-equiv=\"refresh", "url(", "@import"} {
		if strings.Contains(page, bad) {
			t.Errorf("the page contains %q", bad)
		}
	}
	if n := strings.Count(page, "http"); n != strings.Count(page, "http-equiv")+strings.Count(page, `xmlns="http://www.w3.org/2000/svg"`) {
		t.Error("the page points outside")
	}
}

func TestEveryPictureHasWordsAndATable(t *testing.T) {
	t.Parallel()
	for name, r := range all(t) {
		page := render(t, r, "html")
		if pictures := strings.Count(page, `class="chart"`); pictures != strings.Count(page, "<title id=") || pictures != strings.Count(page, "<desc id=") {
			t.Errorf("%s: %d pictures without a title or description", name, pictures)
		}
		if strings.Contains(page, `id="curves"`) && !strings.Contains(page, "Buyers of every 100 enrolled, by day") {
			t.Errorf("%s: curves without a table", name)
		}
	}
}

func TestARefusedReportShowsNoResult(t *testing.T) {
	t.Parallel()
	page := render(t, samples["refused"].report(t), "html")
	for _, shown := range []string{`id="curves"`, `id="effects"`, `id="people"`, "Extra buyers"} {
		if strings.Contains(page, shown) {
			t.Errorf("a refused report shows %s", shown)
		}
	}
	if !strings.Contains(page, "chance of this: 1 in 15,800") {
		t.Error("a refused report does not say why")
	}
}

func TestJSONSaysNullAndWhy(t *testing.T) {
	t.Parallel()
	var got struct {
		SchemaVersion int `json:"schema_version"`
		Points        []struct {
			Verdict    string
			Difference struct {
				Estimate *float64
				Code     string
			}
		}
	}
	if err := json.Unmarshal([]byte(render(t, samples["refused"].report(t), "json")), &got); err != nil {
		t.Fatal(err)
	}
	for _, p := range got.Points {
		if p.Verdict != "REFUSED" || p.Difference.Estimate != nil || p.Difference.Code != "E01" {
			t.Errorf("%+v, want REFUSED, null and E01", p)
		}
	}
	if got.SchemaVersion != report.SchemaVersion {
		t.Errorf("schema version %d, want %d", got.SchemaVersion, report.SchemaVersion)
	}
}
