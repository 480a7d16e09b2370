package report_test

import (
	"bytes"
	"encoding/json"
	"io"
	"math"
	"strings"
	"testing"

	"github.com/rewave/rewave/internal/evaluation"
	"github.com/rewave/rewave/internal/holdout"
	"github.com/rewave/rewave/internal/report"
	"github.com/rewave/rewave/internal/stats"
)

// group is one arm of a made-up epoch: n customers, of whom some bought once for
// 40.00 at a margin of a half, and what each was sent cost.
type group struct {
	n, buyers int64
	sent      float64 // minor units each
}

func (g group) moments(value, cost float64) evaluation.MetricArm {
	n, k := float64(g.n), float64(g.buyers)
	y, z := value-cost, -cost
	m := stats.Moments{N: g.n, Sum: k*y + (n-k)*z, Sum2: k*y*y + (n-k)*z*z, Sum3: k*y*y*y + (n-k)*z*z*z}
	return evaluation.MetricArm{Whole: m, Capped: m, LargestOrderMinor: 4000}
}

// epoch is the global holdout of a tenth, as of the end of 2026.
func epoch(t *testing.T, name string, rest, held group, reached int64) evaluation.Global {
	t.Helper()
	metric := func(name string, value, perSent float64) evaluation.MetricInput {
		return evaluation.MetricInput{Metric: name, Treat: rest.moments(value, perSent*rest.sent), Hold: held.moments(value, perSent*held.sent)}
	}
	observed := func(arm holdout.Arm, g group) evaluation.Observation {
		of := evaluation.Totals{Enrollments: g.n, Buyers: g.buyers, Orders: g.buyers, RevenueMinor: 4000 * g.buyers}
		return evaluation.Observation{Arm: arm, Assigned: g.n, Matured: of, Final: of}
	}
	from, until := on("2026-01-05"), on("2026-07-01")
	g, err := evaluation.EvaluateGlobal(evaluation.GlobalInput{Epoch: name, From: from, Until: until, Messages: int64(float64(rest.n)*rest.sent) * 10_000, Redeemed: 45_000,
		In: evaluation.Input{
			Point:        evaluation.Point{Name: name, Metric: "repurchase_rate", Anchor: "assignment", Window: until.Sub(from), ReturnWindow: 30 * day, FinalAt: until.Add(31 * day)},
			Design:       evaluation.Design{HoldShare: holdout.Whole / 10, EntryFrom: from},
			Observations: []evaluation.Observation{observed(holdout.Treat, rest), observed(holdout.Hold, held)},
			Metrics:      []evaluation.MetricInput{metric("orders", 1, 0), metric("revenue", 4000, 0), metric("profit", 2000, 1)},
			Integrity:    evaluation.Integrity{Held: held.n, Contaminated: reached},
			Cost:         evaluation.Cost{Margin: ptr(0.5), AverageOrderMinor: 4000, Currency: evaluation.Currency{Code: "EUR", Digits: 2}, PerTreatedMicros: int64(rest.sent * 10_000)},
			AsOf:         on("2026-12-01"),
		}}, report.English())
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// programmes are a programme of each kind.
func programmes(t *testing.T) map[string]report.Programme {
	t.Helper()
	asOf := on("2026-12-01")
	all := map[string]report.Programme{"none": {AsOf: asOf}}
	for name, epochs := range map[string][]evaluation.Global{
		"pays":    {epoch(t, "2026H2", group{9000, 2700, 30}, group{1000, 200, 0}, 0), epoch(t, "2026H1", group{9000, 900, 300}, group{1000, 100, 0}, 0)},
		"open":    {epoch(t, "2026", group{9000, 2000, 30}, group{1000, 210, 0}, 20)},
		"refused": {epoch(t, "2026", group{9000, 2000, 30}, group{1200, 210, 0}, 0)},
	} {
		all[name] = report.Programme{AsOf: asOf, Epochs: epochs}
	}
	pays := all["pays"]
	pays.Pool, pays.Quiet = pool(t), quiet()
	all["pays"] = pays
	alone := all["refused"]
	alone.Pool = ptr(evaluation.PoolCampaigns([]evaluation.Member{small("thanks", 1, 900, 100, 90, 12)}, nil, evaluation.Currency{Code: "EUR", Digits: 2}, false))
	all["refused"] = alone
	young := all["open"]
	young.From, young.Until, young.TooYoung = on("2026-02-01"), on("2026-07-01"), []report.Young{{Epoch: "2027", First: on("2026-11-20")}}
	all["open"] = young
	return all
}

func said(t *testing.T, write func(report.Programme, io.Writer) error, p report.Programme) string {
	t.Helper()
	var out bytes.Buffer
	if err := write(p, &out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestProgrammesAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	for name, p := range programmes(t) {
		for form, write := range map[string]func(report.Programme, io.Writer) error{
			"txt": report.Programme.Text, "json": report.Programme.JSON, "csv": report.Programme.CSV, "md": report.Programme.Markdown,
		} {
			golden(t, "programme-"+name+"."+form, said(t, write, p))
		}
		page := said(t, report.Programme.HTML, p)
		golden(t, "programme-"+name+".html", text(page))
		for _, id := range ids(page) {
			if strings.Count(page, ` id="`+id+`"`) > 1 {
				t.Errorf("%s: the name %s stands twice in the page", name, id)
			}
		}
		for line := range strings.Lines(said(t, report.Programme.Text, p)) {
			if len([]rune(strings.TrimSuffix(line, "\n"))) > 80 {
				t.Errorf("%s: %d columns: %s", name, len([]rune(line)), line)
			}
		}
	}
}

func ids(page string) (out []string) {
	for _, piece := range strings.Split(page, ` id="`)[1:] {
		id, _, _ := strings.Cut(piece, `"`)
		out = append(out, id)
	}
	return out
}

func TestTheVerdictOfAProgrammeIsThatOfItsProfit(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name       string
		rest, held group
		reached    int64
		want       evaluation.Verdict
	}{
		{"earns more than it costs", group{9000, 2700, 30}, group{1000, 200, 0}, 0, evaluation.Pays},
		{"brings buyers, and costs more", group{9000, 2700, 900}, group{1000, 200, 0}, 0, evaluation.Loses},
		{"costs", group{9000, 1800, 300}, group{1000, 200, 0}, 0, evaluation.Loses},
		{"hardly tells", group{9000, 2000, 30}, group{1000, 210, 0}, 0, evaluation.Open},
		{"sorted", group{9000, 2000, 30}, group{1200, 210, 0}, 0, evaluation.Refused},
		{"reached", group{9000, 2700, 30}, group{1000, 200, 0}, 300, evaluation.Refused},
		{"too few", group{900, 270, 30}, group{90, 20, 0}, 0, evaluation.Refused},
	} {
		if got := epoch(t, "2026", tt.rest, tt.held, tt.reached).Result; got.Verdict != tt.want {
			t.Errorf("%s: %s, want %s: %s", tt.name, got.Verdict, tt.want, got.Sentence)
		}
	}
}

// The interval of the sum is that of a customer times those who could be written to.
func TestTheSumOfAProgramme(t *testing.T) {
	t.Parallel()
	profit, _ := epoch(t, "2026", group{9000, 2700, 30}, group{1000, 200, 0}, 0).Result.Metric("profit")
	for _, pair := range [][2]*float64{{profit.Total.Estimate, profit.Difference.Estimate}, {profit.Total.Lo, profit.Difference.Lo}, {profit.Total.Hi, profit.Difference.Hi}} {
		if math.Abs(*pair[0]-9000**pair[1]) > 1e-6 {
			t.Errorf("%g is not 9000 x %g", *pair[0], *pair[1])
		}
	}
	if want := 20*0.3 - 0.3 - 20*0.2; math.Abs(*profit.Difference.Estimate-want) > 1e-9 {
		t.Errorf("%g, want %g", *profit.Difference.Estimate, want)
	}
}

func TestTheProgrammesJSONIsAsItsSchemaSays(t *testing.T) {
	t.Parallel()
	var schema map[string]any
	if err := json.Unmarshal(report.ProgrammeSchema(), &schema); err != nil {
		t.Fatal(err)
	}
	c := checker{root: schema, used: map[string]bool{}}
	for name, p := range programmes(t) {
		var x any
		if err := json.Unmarshal([]byte(said(t, report.Programme.JSON, p)), &x); err != nil {
			t.Fatal(err)
		}
		c.check(schema, name, "programme", x)
	}
	for _, w := range c.wrong {
		t.Error(w)
	}
	for name := range schema["properties"].(map[string]any) {
		if !c.used["programme."+name] {
			t.Errorf("no programme here has %s", name)
		}
	}
}

// small is a campaign that cannot answer alone.
func small(name string, design int, treat, hold, bought, natural float64) evaluation.Member {
	d := evaluation.Result{Point: evaluation.Point{Name: "overall_30d"}, Verdict: evaluation.Open, Detectable: ptr(0.05),
		Arms: []evaluation.Arm{{Arm: holdout.Hold, Rate: evaluation.Figure{Estimate: ptr(natural / hold)}}}}
	others := func(n, each float64) stats.Moments {
		return stats.Moments{N: int64(n), Sum: n * each, Sum2: 2 * n * each, Sum3: 4 * n * each}
	}
	return evaluation.Member{Campaign: name, Design: design, Result: d,
		Treat: evaluation.Sums{N: int64(treat), Buyers: bought, Profit: 2000*bought - 30*treat, Own: 2 * treat, OwnMicros: 300_000 * treat, Others: others(treat, 0.5)},
		Hold:  evaluation.Sums{N: int64(hold), Buyers: natural, Profit: 2000 * natural, Would: 2 * hold, WouldMi: 300_000 * hold, Others: others(hold, 1)}}
}

// alone is what the customers of a campaign have in common with themselves.
func alone(i int, m evaluation.Member) (out []evaluation.Together) {
	for _, arm := range []struct {
		name holdout.Arm
		evaluation.Sums
		sent float64
	}{{holdout.Treat, m.Treat, 30}, {holdout.Hold, m.Hold, 0}} {
		n, y := float64(arm.N), arm.Buyers
		squares := y*(2000-arm.sent)*(2000-arm.sent) + (n-y)*arm.sent*arm.sent
		out = append(out, evaluation.Together{A: i, B: i, ArmA: arm.name, ArmB: arm.name, N: n, YA: y, YB: y, YY: y, PA: arm.Profit, PB: arm.Profit, PP: squares, Customers: arm.N})
	}
	return out
}

func pool(t *testing.T) *evaluation.Pool {
	t.Helper()
	members := []evaluation.Member{small("thanks", 1, 1800, 200, 252, 18), small("thanks", 2, 1800, 200, 198, 20), small("win-back", 1, 3000, 1000, 300, 90)}
	refused := small("sorted", 1, 900, 100, 90, 12)
	refused.Result.Verdict, refused.Result.Refusals = evaluation.Refused, []evaluation.Refusal{{Code: evaluation.E01}}
	members = append(members, refused)
	var together []evaluation.Together
	for i, m := range members {
		together = append(together, alone(i, m)...)
	}
	for _, x := range []struct {
		a, b    holdout.Arm
		n, both float64
	}{{"treat", "treat", 1000, 40}, {"treat", "hold", 330, 12}, {"hold", "treat", 110, 4}, {"hold", "hold", 40, 1}} {
		together = append(together, evaluation.Together{A: 0, B: 2, ArmA: x.a, ArmB: x.b, N: x.n, YA: 4 * x.both, YB: 3 * x.both, YY: x.both,
			PA: 8000 * x.both, PB: 6000 * x.both, PP: 4e6 * x.both, Customers: int64(x.n)})
	}
	return ptr(evaluation.PoolCampaigns(members, together, evaluation.Currency{Code: "EUR", Digits: 2}, true))
}

// quiet is a campaign of which one stratum is better left alone.
func quiet() []evaluation.Quiet {
	m := small("thanks", 1, 1800, 200, 252, 18)
	of := func(n int64, mean float64) stats.Moments {
		x := float64(n)
		return stats.Moments{N: n, Sum: x * mean, Sum2: x * (mean*mean + 90_000), Sum3: x * mean * (mean*mean + 270_000)}
	}
	list := evaluation.Quiets(m, []evaluation.Segment{
		{Stratum: "food", Treat: of(4000, 100), Hold: of(1000, 300)},
		{Stratum: "daily", Treat: of(4000, 400), Hold: of(1000, 250)},
		{Stratum: "rare", Treat: of(90, 400), Hold: of(20, 900)},
	}, evaluation.Currency{Code: "EUR", Digits: 2})
	for i := range list {
		if list[i].Disturbs {
			list[i].Rule, list[i].When = `order.category == "food"`, "orders.count == 1"
		}
	}
	return list
}

// Who loses by luck is not left alone: it is drawn towards the others.
func TestWhoIsBetterLeftAlone(t *testing.T) {
	t.Parallel()
	got := quiet()
	if len(got) != 2 || !got[0].Disturbs || got[1].Disturbs {
		t.Fatalf("%+v", got)
	}
	if *got[0].Shrunk.Estimate <= *got[0].Profit.Estimate {
		t.Errorf("shrunk %g, measured %g", *got[0].Shrunk.Estimate, *got[0].Profit.Estimate)
	}
}
