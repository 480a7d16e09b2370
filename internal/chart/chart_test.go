package chart_test

import (
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rewave/rewave/internal/chart"
	"pgregory.net/rapid"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func ptr(x float64) *float64 { return &x }

var (
	curves = chart.Curves{
		ID: "curves", Title: "Cumulative repurchase", Desc: "Two curves over 10 days.", XLabel: "days from entry", YLabel: "buyers of every 100", Days: 10,
		Lines: []chart.Line{
			{Name: "written to", Steps: []chart.Step{{Day: 2, PerHundred: 3}, {Day: 6, PerHundred: 9}}},
			{Name: "held out", Steps: []chart.Step{{Day: 3, PerHundred: 2}, {Day: 8, PerHundred: 8.8}}},
		},
		Ticks: []chart.Tick{{Day: 1, Name: "thanks"}, {Day: 2, Name: "coupon"}, {Day: 12, Name: "never drawn"}},
	}
	bands = chart.Curves{
		ID: "bands", Title: "Cumulative repurchase", Desc: "Two curves with bands.", XLabel: "days from entry", YLabel: "buyers of every 100", Days: 10,
		Lines: []chart.Line{
			{Name: "written to", Band: true, Steps: []chart.Step{{Day: 2, PerHundred: 3, Lo: 2, Hi: 4.4}, {Day: 6, PerHundred: 9, Lo: 7.6, Hi: 10.7}}},
			{Name: "held out", Band: true, Steps: []chart.Step{{Day: 3, PerHundred: 2, Lo: 0.8, Hi: 4.7}, {Day: 8, PerHundred: 6.8, Lo: 4.5, Hi: 10.2}}},
		},
		Ticks: []chart.Tick{{Day: 1, Name: "thanks"}, {Day: 2, Name: "coupon"}, {Day: 7, Name: "thanks"}},
		Gap:   chart.Gap{Label: "difference", Steps: []chart.Step{{Day: 3, PerHundred: 1, Lo: -1.3, Hi: 3.3}, {Day: 8, PerHundred: 2.2, Lo: -1, Hi: 5.4}}},
	}
	funnel = chart.Funnel{ID: "funnel", Title: "From planned to redeemed", Desc: "Two waves.", Key: []chart.Part{{Name: "sent", Kind: chart.Passed}, {Name: "held out", Kind: chart.Ghost}},
		Groups: []chart.Group{
			{Name: "thanks, by sms", Bars: []chart.Stage{
				{Name: "planned", Text: "1,000", Parts: []chart.Part{{Count: 1000, Kind: chart.Whole}}},
				{Name: "not sent: had bought again", Text: "70 · 7.0 %", Parts: []chart.Part{{Count: 70, Kind: chart.Dropped}}},
				{Name: "sent", Text: "930 · 93.0 %", Strong: true, Parts: []chart.Part{{Count: 930, Kind: chart.Passed}}},
				{Name: "held out", Text: "110", Parts: []chart.Part{{Count: 110, Kind: chart.Ghost}}},
			}},
			{Bars: []chart.Stage{{Name: "all", Text: "3", Parts: []chart.Part{{Count: 1, Kind: chart.Passed}, {Count: 0, Kind: chart.Dropped}, {Count: 2, Kind: chart.Ghost}}}}},
		}}
	rows = chart.Intervals{
		ID: "rows", Title: "Rounds", Desc: "Under a heading.", XLabel: "GBP per customer",
		Rows: []chart.Interval{
			{Name: "coupon_10d", Heading: true},
			{Name: "Round 1", Estimate: ptr(1200), Lo: ptr(-340), Hi: ptr(2740), Text: "+1,200 (-340 to +2,740)"},
			{Name: "Round 2", Note: "not yet: E03"},
		},
	}
	intervals = chart.Intervals{
		ID: "effects", Title: "Effects", Desc: "Two points.", XLabel: "more buyers of every 100",
		Rows: []chart.Interval{
			{Name: "overall_30d", Estimate: ptr(1.8), Lo: ptr(-0.057), Hi: ptr(3.37), Strong: true},
			{Name: "coupon_10d", Note: "not yet: E03"},
		},
		Marks: []chart.Mark{{At: 2.12, Name: "break-even"}},
	}
	days = chart.Days{ID: "days", Title: "Messages by email", Desc: "Three days.", Done: "sent by email", Held: "withheld",
		Bars: []chart.Bar{{Label: "13 Nov", Done: 1200, Held: 300}, {}, {Label: "15 Nov", Done: 40}}}
	waves = chart.Waves{ID: "waves", Title: "The way", Desc: "Three waves.", Start: "a paid order", Treated: "treated 90 %", Held: "held out 10 %", Ghost: "nothing is sent", Rounds: "5 rounds, 30 d apart",
		Boxes: []chart.Box{
			{Name: "thanks", Lines: []string{"1 d after the round begins"}, From: -1, Arrow: "1 d later"},
			{Name: "delay", Lines: []string{"service"}, From: -1, Arrow: "at once", NoHold: true},
			{Name: strings.Repeat("coupon", 12), Lines: []string{"a", "b", "c", "never drawn"}, From: 0, Arrow: "3 d later, if accepted", Strict: true},
		}}
	amounts = chart.Amounts{ID: "amounts", Title: "Credited and incremental", Desc: "Two bars.", XLabel: "orders",
		Rows: []chart.Amount{
			{Name: "credited to the last message", Held: true, Value: ptr(756), Text: "756"},
			{Name: "what it brought", Value: ptr(189), Lo: ptr(-16), Hi: ptr(362), Text: "189 (-16 to 362)"},
			{Name: "harm", Heading: true},
			{Name: "complaints", Note: "not known", Limits: []chart.Mark{{At: 300}}},
			{Name: "taken from", Value: ptr(-120), Text: "-120"},
		}}
	people = chart.People{ID: "people", Title: "A hundred customers", Desc: "7 would have bought anyway.", Natural: 7.2, Effect: 1.8}
)

// slim are the same for a screen of a hand's width.
func slim[T chart.Curves | chart.Intervals | chart.Funnel | chart.Amounts](picture T) T {
	switch p := any(&picture).(type) {
	case *chart.Curves:
		p.Narrow = true
	case *chart.Intervals:
		p.Narrow = true
	case *chart.Funnel:
		p.Narrow = true
	case *chart.Amounts:
		p.Narrow = true
	}
	return picture
}

func TestGolden(t *testing.T) {
	t.Parallel()
	for name, got := range map[string]string{"bands": bands.SVG(), "bands-narrow": slim(bands).SVG(), "funnel": funnel.SVG(), "funnel-narrow": slim(funnel).SVG(),
		"amounts": amounts.SVG(), "amounts-narrow": slim(amounts).SVG(), "rows": rows.SVG(), "rows-narrow": slim(rows).SVG(), "intervals-narrow": slim(intervals).SVG(),
		"curves": curves.SVG(), "intervals": intervals.SVG(), "people": people.SVG(), "days": days.SVG(), "waves": waves.SVG()} {
		path := filepath.Join("testdata", name+".svg")
		if *update {
			if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(got, string(want)); diff != "" {
			t.Errorf("%s: got -, want + (-update rewrites it)\n%s", name, diff)
		}
	}
}

func TestNothingToDrawDrawsNothing(t *testing.T) {
	t.Parallel()
	if got := (chart.Curves{}).SVG() + (chart.Curves{Days: 3}).SVG() + (chart.Intervals{}).SVG() + (chart.Amounts{}).SVG() + (chart.Funnel{}).SVG() + (chart.Funnel{Groups: []chart.Group{{Name: "a", Bars: []chart.Stage{{Name: "b"}}}}}).SVG() + (chart.Waves{}).SVG() + (chart.Days{Bars: []chart.Bar{{Label: "13 Nov"}}}).SVG(); got != "" {
		t.Errorf("drew %s", got)
	}
}

func TestSeriesDifferInMoreThanColour(t *testing.T) {
	t.Parallel()
	svg := curves.SVG()
	for _, want := range []string{"stroke-dasharray:7 4", "<circle", "<rect", ">written to  9.0<", ">held out  8.8<", `role="img"`, "<title", "<desc"} {
		if !strings.Contains(svg, want) {
			t.Errorf("no %q in the curves", want)
		}
	}
	if strings.Contains(svg, "never drawn") {
		t.Error("a wave after the last day is drawn")
	}
}

// A band is told from the other by hatching, and a ghost from what was sent by
// its dashes; a wave that comes again is named once.
func TestBandsAndBarsDifferInMoreThanColour(t *testing.T) {
	t.Parallel()
	svg := bands.SVG()
	for _, want := range []string{"fill-opacity:.16", "stroke-opacity:.55", ">difference<", ">+4<"} {
		if !strings.Contains(svg, want) {
			t.Errorf("no %q in the bands", want)
		}
	}
	if n := strings.Count(svg, ">thanks<"); n != 1 {
		t.Errorf("a wave that comes twice is named %d times", n)
	}
	if svg := funnel.SVG(); strings.Count(svg, "stroke-dasharray:4 3") != 3 || !strings.Contains(svg, "M") {
		t.Errorf("ghosts and what was dropped are not told apart: %s", svg)
	}
	for name, svg := range map[string]string{"bands": svg, "funnel": funnel.SVG()} {
		if strings.Contains(svg, "url(") {
			t.Errorf("%s asks for something by its address", name)
		}
	}
}

func TestALongNameIsCut(t *testing.T) {
	t.Parallel()
	svg := waves.SVG()
	if strings.Contains(svg, "never drawn") || strings.Contains(svg, strings.Repeat("coupon", 12)) || !strings.Contains(svg, "…") {
		t.Error("a long name or a fourth line is drawn whole")
	}
}

func TestAHundredPeopleAreAHundred(t *testing.T) {
	t.Parallel()
	for _, p := range []chart.People{people, {Natural: 7.2, Effect: -3}, {Natural: 99, Effect: 40, Sure: true}, {}} {
		if got := strings.Count(p.SVG(), "<circle") + strings.Count(p.SVG(), "<path"); got != 100 {
			t.Errorf("%+v: %d people", p, got)
		}
	}
}

// Whatever the figures and the names, the picture is well-formed and has no
// coordinate that is not a number.
func TestPicturesAreWellFormed(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringMatching(`[a-z<>&"' é]{0,30}`).Draw(t, "name")
		c := chart.Curves{ID: name, Title: name, Desc: name, Days: rapid.IntRange(1, 4000).Draw(t, "days"), Ticks: []chart.Tick{{Day: 1, Name: name}}}
		for range rapid.IntRange(1, 2).Draw(t, "lines") {
			l, at := chart.Line{Name: name}, 0.0
			for d := range rapid.IntRange(0, 20).Draw(t, "steps") {
				at += rapid.Float64Range(0, 5).Draw(t, "rise")
				l.Steps = append(l.Steps, chart.Step{Day: float64(d), PerHundred: at, Lo: at / 2, Hi: at * 2})
			}
			l.Band = rapid.Bool().Draw(t, "band")
			c.Lines = append(c.Lines, l)
		}
		c.Gap = chart.Gap{Label: name, Steps: c.Lines[0].Steps}
		f := chart.Funnel{ID: name, Title: name, Desc: name, Key: []chart.Part{{Name: name, Kind: chart.Ghost}}, Groups: []chart.Group{{Name: name}}}
		for i := range rapid.IntRange(1, 8).Draw(t, "stages") {
			f.Groups[0].Bars = append(f.Groups[0].Bars, chart.Stage{Name: name, Text: name, Parts: []chart.Part{{Count: rapid.Int64Range(0, 1e9).Draw(t, "count"), Kind: chart.Kind(i % 4)}}})
		}
		effect := rapid.Float64Range(-100, 100).Draw(t, "effect")
		half := rapid.Float64Range(0, 50).Draw(t, "half")
		v := chart.Intervals{ID: name, Title: name, Desc: name, Rows: []chart.Interval{
			{Name: name, Estimate: ptr(effect), Lo: ptr(effect - half), Hi: ptr(effect + half)}, {Name: name, Note: name},
		}, Marks: []chart.Mark{{At: rapid.Float64Range(-50, 50).Draw(t, "mark"), Name: name}}}
		a := chart.Amounts{ID: name, Title: name, Desc: name, XLabel: name, Rows: []chart.Amount{
			{Name: name, Value: ptr(effect), Lo: ptr(effect - half), Hi: ptr(effect + half), Text: name, Held: rapid.Bool().Draw(t, "held")},
			{Name: name, Note: name, Limits: []chart.Mark{{At: half}}},
		}}
		d := chart.Days{ID: name, Title: name, Desc: name, Done: name, Held: name}
		for range rapid.IntRange(1, 200).Draw(t, "bars") {
			d.Bars = append(d.Bars, chart.Bar{Label: name, Done: rapid.Float64Range(0, 1e7).Draw(t, "done"), Held: rapid.Float64Range(0, 1e-3).Draw(t, "held")})
		}
		w := chart.Waves{ID: name, Title: name, Desc: name, Start: name, Treated: name, Held: name, Ghost: name, Rounds: name}
		for i := range rapid.IntRange(1, 8).Draw(t, "waves") {
			w.Boxes = append(w.Boxes, chart.Box{Name: name, Lines: []string{name}, From: rapid.IntRange(-1, i-1).Draw(t, "from"), Arrow: name})
		}
		for _, svg := range []string{c.SVG(), v.SVG(), d.SVG(), w.SVG(), f.SVG(), slim(c).SVG(), slim(v).SVG(), slim(f).SVG(), a.SVG(), slim(a).SVG(), chart.People{Natural: 50, Effect: effect}.SVG()} {
			if strings.Contains(svg, "NaN") || strings.Contains(svg, "Inf") {
				t.Fatal(svg)
			}
			decoder := xml.NewDecoder(strings.NewReader(svg))
			for {
				if _, err := decoder.Token(); errors.Is(err, io.EOF) {
					break
				} else if err != nil {
					t.Fatalf("%v in %s", err, svg)
				}
			}
		}
	})
}
