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
	people = chart.People{ID: "people", Title: "A hundred customers", Desc: "7 would have bought anyway.", Natural: 7.2, Effect: 1.8}
)

func TestGolden(t *testing.T) {
	t.Parallel()
	for name, got := range map[string]string{"curves": curves.SVG(), "intervals": intervals.SVG(), "people": people.SVG(), "days": days.SVG(), "waves": waves.SVG()} {
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
	if got := (chart.Curves{}).SVG() + (chart.Curves{Days: 3}).SVG() + (chart.Intervals{}).SVG() + (chart.Waves{}).SVG() + (chart.Days{Bars: []chart.Bar{{Label: "13 Nov"}}}).SVG(); got != "" {
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
				l.Steps = append(l.Steps, chart.Step{Day: float64(d), PerHundred: at})
			}
			c.Lines = append(c.Lines, l)
		}
		effect := rapid.Float64Range(-100, 100).Draw(t, "effect")
		half := rapid.Float64Range(0, 50).Draw(t, "half")
		v := chart.Intervals{ID: name, Title: name, Desc: name, Rows: []chart.Interval{
			{Name: name, Estimate: ptr(effect), Lo: ptr(effect - half), Hi: ptr(effect + half)}, {Name: name, Note: name},
		}, Marks: []chart.Mark{{At: rapid.Float64Range(-50, 50).Draw(t, "mark"), Name: name}}}
		d := chart.Days{ID: name, Title: name, Desc: name, Done: name, Held: name}
		for range rapid.IntRange(1, 200).Draw(t, "bars") {
			d.Bars = append(d.Bars, chart.Bar{Label: name, Done: rapid.Float64Range(0, 1e7).Draw(t, "done"), Held: rapid.Float64Range(0, 1e-3).Draw(t, "held")})
		}
		w := chart.Waves{ID: name, Title: name, Desc: name, Start: name, Treated: name, Held: name, Ghost: name, Rounds: name}
		for i := range rapid.IntRange(1, 8).Draw(t, "waves") {
			w.Boxes = append(w.Boxes, chart.Box{Name: name, Lines: []string{name}, From: rapid.IntRange(-1, i-1).Draw(t, "from"), Arrow: name})
		}
		for _, svg := range []string{c.SVG(), v.SVG(), d.SVG(), w.SVG(), chart.People{Natural: 50, Effect: effect}.SVG()} {
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
