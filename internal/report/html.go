package report

import (
	_ "embed"
	"html/template"
	"io"
	"regexp"
	"strconv"

	"github.com/rewave/rewave/internal/evaluation"
	"github.com/rewave/rewave/internal/holdout"
)

//go:embed page.css
var style string

//go:embed page.html.tmpl
var pageText string

// HTML writes the report as one page that needs nothing else.
func (r Report) HTML(w io.Writer) error {
	v := view{r.prepared()}
	say := v.Language.Say
	page, err := template.New("report").Funcs(template.FuncMap{"say": say}).Parse(pageText)
	if err != nil {
		return err
	}
	return page.Execute(w, v.page())
}

// page is what the template is filled from. Only what chart drew and the style
// sheet are trusted; all else is escaped by the template.
type page struct {
	Language   evaluation.Language
	Style      template.CSS
	Campaign   string
	Says       string
	Identity   []string
	AsOf       string
	ReplayAA   bool
	Card       *card
	Warnings   []Warning
	Checks     []check
	Effects    *effects
	Pending    string
	Curves     *curveSection
	Deliveries *deliveries
	Unknown    string
	Design     design
	Words      []word
	Schema     string
}

type word struct{ Word, Meaning string }

// design is the box of what was fixed before the first send.
type design struct {
	Arms, Points []string
	Salts        []Salt
	Version      string
}

func (v view) page() page {
	say := v.Language.Say
	p := page{
		Language: v.Language, Style: template.CSS(style),
		Campaign: v.Campaign, Says: v.Says, Identity: v.identity(), AsOf: v.asOf(), ReplayAA: v.ReplayAA,
		Warnings: v.Warnings, Effects: v.effects(), Pending: v.pending(), Curves: v.curveSection(), Deliveries: v.deliveries(),
		Unknown: v.unknown(), Design: v.design(),
		Schema: say("foot.schema", "schema", strconv.Itoa(v.SchemaVersion)),
	}
	if primary, ok := v.Primary(); ok {
		p.Card, p.Checks = v.card(primary), v.checks(primary)
	}
	for _, key := range []string{"holdout", "natural", "effect", "range", "needs"} {
		p.Words = append(p.Words, word{say("word." + key), say("word." + key + ".is")})
	}
	return p
}

func (v view) design() design {
	d := design{Salts: v.Salts, Version: v.Version}
	for _, a := range v.Arms {
		d.Arms = append(d.Arms, v.Language.Say("design.share", "arm", string(a.Arm),
			"share", strconv.FormatFloat(100*a.Share.Float(), 'f', -1, 64)))
	}
	for _, p := range v.Points {
		final := v.Language.Say("design.unknown")
		if !p.Point.FinalAt.IsZero() {
			final = v.Language.Date(p.Point.FinalAt, v.Zone)
		}
		d.Points = append(d.Points, v.Language.Say("design.point", "name", p.Point.Name, "window", v.duration(p.Point.Window),
			"anchor", p.Point.Anchor, "returns", v.duration(p.Point.ReturnWindow), "final", final))
	}
	return d
}

// check is one line of the validity panel.
type check struct{ Class, Icon, Answer, Label, Detail, Sentence string }

func (v view) checks(p evaluation.Result) []check {
	say := v.Language.Say
	count := v.Language.Count
	treat, hold := p.Arm(holdout.Treat), p.Arm(holdout.Hold)
	refusal := func(code evaluation.Code) string {
		for _, r := range p.Refusals {
			if r.Code == code {
				return r.Sentence
			}
		}
		return ""
	}
	sizes := say("check.sizes.none", "treat", count(p.SRM.Treat), "hold", count(p.SRM.Hold))
	if p.SRM.P != nil {
		sizes = say("check.sizes", "treat", count(p.SRM.Treat), "hold", count(p.SRM.Hold), "p", probability(p.SRM.P))
	}
	answers := []check{
		{Label: say("check.E01"), Detail: sizes, Sentence: refusal(evaluation.E01)},
		{Label: say("check.E03"), Detail: say("check.final", "final", count(treat.Final+hold.Final), "all", count(treat.Assigned+hold.Assigned)), Sentence: refusal(evaluation.E03)},
		{Label: say("check.E02"), Detail: say("check.buyers", "treat", count(treat.Buyers), "hold", count(hold.Buyers)), Sentence: refusal(evaluation.E02)},
	}
	for i := range answers {
		a := &answers[i]
		switch {
		case a.Sentence == "" && i == 2 && refusal(evaluation.E03) != "":
			a.Class, a.Icon, a.Answer = "wait", "○", say("check.skip")
		case a.Sentence == "":
			a.Class, a.Icon, a.Answer = "pass", "✓", say("check.pass")
		case i == 1:
			a.Class, a.Icon, a.Answer = "wait", "○", say("check.wait")
		default:
			a.Class, a.Icon, a.Answer = "fail", "✕", say("check.fail")
		}
	}
	return answers
}

// rates are what a reader looks for in the sentence: 9.0, +1.8, -0.1.
var rates = regexp.MustCompile(`[+-]?\d+\.\d+`)

// emphasised is a sentence with its rates in bold.
func emphasised(sentence string) template.HTML {
	return template.HTML(rates.ReplaceAllString(template.HTMLEscapeString(sentence), "<b>$0</b>"))
}
