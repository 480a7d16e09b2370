package report_test

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/rewave/rewave/internal/analyze"
	"github.com/rewave/rewave/internal/evaluation"
	"github.com/rewave/rewave/internal/report"
)

// part is rows of an arm in a stratum: so many in all, of which some bought, and
// spent so much each, the first of them something else.
type part struct {
	arm, stratum string
	n, some      int
	spent, first int64
}

func analysis(t *testing.T, q analyze.Question, leftOut int64, parts ...part) report.Analysis {
	t.Helper()
	q.File, q.Arm, q.Alpha = "mailing.csv", "arm", .05
	tally := analyze.NewTally(q)
	read := func(add func(analyze.Row) error) {
		for _, p := range parts {
			for i := range p.n {
				values := make([]int64, len(q.Metrics))
				for k, m := range q.Metrics {
					switch {
					case i >= p.some:
					case m.Kind == analyze.Binary:
						values[k] = 1
					case m.Name == "gain": // as many up as down
						values[k] = 2_000_000 * int64(1-i%2*2)
					case m.Kind == analyze.Number:
						values[k] = 10_000 * p.spent
					case i == 0 && p.first != 0:
						values[k] = p.first
					default:
						values[k] = p.spent + int64(i%7)*100
					}
				}
				row := analyze.Row{Arm: []byte(p.arm), Stratum: []byte(p.stratum), Values: values}
				if q.Covariate != "" { // half of it comes back
					row.Covariate = 1_000_000 * (values[len(values)-1]/200 + int64(i%9))
				}
				if q.Cluster != "" { // three rows each
					row.Cluster = fmt.Append(nil, p.arm, i/3)
				}
				if err := add(row); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	read(tally.Add)
	if caps := tally.Caps(); caps != nil {
		read(caps.Add)
		if err := caps.Done(); err != nil {
			t.Fatal(err)
		}
	}
	return report.Analysis{Result: tally.Result(leftOut)}
}

// analyses are an experiment with everything in it, one whose sizes are off, and
// one of which little can be said.
func analyses(t *testing.T) map[string]report.Analysis {
	t.Helper()
	bought := analyze.Metric{Name: "bought", Column: "bought_30d", Kind: analyze.Binary, BreakEven: ptr(.02)}
	spend := analyze.Metric{Name: "spend", Column: "spend", Kind: analyze.Money}
	points := analyze.Metric{Name: "points", Column: "points", Kind: analyze.Number, Cap: analyze.Cap{None: true}, BreakEven: ptr(-1.)}
	fixed := spend
	fixed.Cap = analyze.Cap{Fixed: true, Units: 4_000, Quantile: .995, From: "last-year.csv:spend"}
	low := spend
	low.Name, low.Cap = "low", analyze.Cap{Quantile: .9}
	before := analyze.Question{Control: "no", Equal: true, Covariate: "last_year", Metrics: []analyze.Metric{bought, spend}}
	each := analyze.Question{Control: "no", Equal: true, Cluster: "customer", Metrics: []analyze.Metric{bought, spend}}
	gain := points
	gain.Name, gain.BreakEven = "gain", nil
	return map[string]report.Analysis{
		"whole": analysis(t, analyze.Question{Control: "no mail", Stratum: "buyer", Equal: true, Metrics: []analyze.Metric{bought, spend, points}}, 1,
			part{"no mail", "new", 1000, 60, 3000, 0}, part{"no mail", "", 600, 60, 4000, 0}, part{"no mail", "old", 30, 3, 4000, 0},
			part{"mail", "new", 1000, 120, 3500, 50_000}, part{"mail", "", 590, 55, 4000, 0}, part{"mail", "old", 30, 1, 4000, 0},
			part{"mail <and> coupon", "new", 1000, 85, 2500, 0}, part{"mail <and> coupon", "", 610, 62, 2000, 0}, part{"mail <and> coupon", "old", 30, 3, 4000, 0}),
		"before": analysis(t, before, 0, part{"no", "", 3000, 300, 3000, 0}, part{"yes", "", 3050, 350, 3100, 0}, part{"twice", "", 2950, 440, 3100, 0}),
		"small":  analysis(t, before, 0, part{"no", "", 500, 29, 3000, 0}, part{"yes", "", 510, 49, 3100, 0}),
		"each":   analysis(t, each, 0, part{"no", "", 3000, 300, 3000, 0}, part{"yes", "", 3090, 350, 3100, 0}, part{"less", "", 2910, 27, 3100, 0}),
		"sizes": analysis(t, analyze.Question{Control: "no", Stratum: "s", Shares: []analyze.Share{{Arm: "no", Weight: 10}, {Arm: "yes", Weight: 90}}, Metrics: []analyze.Metric{bought, spend}}, 0,
			part{"no", "a", 1120, 72, 3000, 0}, part{"yes", "a", 8880, 810, 3000, 0}),
		"absent": analysis(t, analyze.Question{Control: "no", Shares: []analyze.Share{{Arm: "no", Weight: 1}, {Arm: "yes", Weight: 1}, {Arm: "never", Weight: 1}}, Metrics: []analyze.Metric{bought}}, 0,
			part{"no", "", 500, 72, 3000, 0}, part{"yes", "", 500, 81, 3000, 0}),
		"little": analysis(t, analyze.Question{Control: "no", Stratum: "s", Metrics: []analyze.Metric{bought, fixed, low, gain}}, 12,
			part{"no", "a", 1000, 72, 3000, 0}, part{"whale", "a", 1000, 90, 3000, 9_000_000}, part{"few", "a", 1000, 9, 3000, 0}, part{"one", "a", 1, 1, 3000, 0}, part{"less", "b", 1000, 30, 3000, 0}),
	}
}

func analysisText(t *testing.T, a report.Analysis, form string) string {
	t.Helper()
	var out bytes.Buffer
	if err := map[string]func(io.Writer) error{"txt": a.Text, "json": a.JSON, "html": a.HTML}[form](&out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestAnalysisLooksLikeThis(t *testing.T) {
	t.Parallel()
	for name, a := range analyses(t) {
		golden(t, "analysis-"+name+".txt", analysisText(t, a, "txt"))
	}
	golden(t, "analysis-whole.html", analysisText(t, analyses(t)["whole"], "html"))
	golden(t, "analysis-whole.json", analysisText(t, analyses(t)["whole"], "json"))
}

func TestAnalysisJSONIsAsTheSchemaSays(t *testing.T) {
	t.Parallel()
	texts := map[string]string{}
	for name, a := range analyses(t) {
		texts[name] = analysisText(t, a, "json")
	}
	asTheSchemaSays(t, report.AnalysisSchema(), "analysis", texts)
}

// What is refused is refused in every form: neither text nor page shows a figure of
// arms whose sizes are off.
func TestAnalysisHidesWhatItRefuses(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"sizes", "absent"} {
		for _, form := range []string{"txt", "html"} {
			text := analysisText(t, analyses(t)[name], form)
			for _, figure := range []string{"6.4", "9.1", "+2.7", "14.4", "16.2", "+1.8", "<svg"} {
				if strings.Contains(text, figure) {
					t.Errorf("%s.%s shows %s", name, form, figure)
				}
			}
			if !strings.Contains(text, "E01") {
				t.Errorf("%s.%s does not say why", name, form)
			}
		}
	}
}

func TestAnalysisInABrowser(t *testing.T) {
	t.Parallel()
	for name, pages := range map[string]int{"whole": 8, "sizes": 0, "little": 0, "before": 0, "each": 0} {
		inABrowser(t, name, analysisText(t, analyses(t)[name], "html"), pages)
	}
}

// What an analysis asks for by a made-up name is in the catalogue too.
func TestEveryAnswerOfAnAnalysisHasWords(t *testing.T) {
	t.Parallel()
	for group, names := range map[string][]string{
		"": {analyze.Up, analyze.Down, analyze.Open}, "answer.": {analyze.Up, analyze.Down, analyze.Open, analyze.Refused, analyze.Pays, analyze.Loses},
		"pays.": {"pays", "loses", "open", "pays.family", "loses.family", "open.family"}, "how.": {"all", "rate", "mean", "holm", "strata", "clusters", "covariate"},
		"note.":     {string(evaluation.E09), string(analyze.CapOwn), string(analyze.CapMuch), string(analyze.CapSign), string(analyze.Tiny)},
		"adjusted.": {string(analyze.Weak), string(analyze.FewControl), "none"},
	} {
		for _, name := range names {
			known(t, "analysis."+group+name)
		}
	}
}
