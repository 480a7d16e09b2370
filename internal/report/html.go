package report

import (
	_ "embed"
	"html/template"
	"io"
	"regexp"
	"strconv"

	"github.com/rewave/rewave/internal/evaluation"
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
	Language evaluation.Language
	Style    template.CSS
	Campaign string
	Says     string
	Identity []string
	AsOf     string
	ReplayAA bool
	Card     *card
	Contents []entry
	Warnings []Warning
	Checks   []check
	Effects  *effects
	Money    *moneySection
	Pending  string
	Curves   *curveSection
	Rounds   *roundSection
	Panels   []panel
	Funnel   *funnelSection
	Unknown  string
	Design   design
	Words    []word
	Schema   string
}

type word struct{ Word, Meaning string }

// entry leads to a section.
type entry struct{ ID, Name string }

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
		Warnings: v.Warnings, Effects: v.effects(), Money: v.money(), Pending: v.pending(), Curves: v.curveSection(),
		Rounds: v.roundSection(), Panels: v.panels(), Funnel: v.funnelSection(), Unknown: v.unknown(), Design: v.design(), Words: v.words(),
		Schema: say("foot.schema", "schema", strconv.Itoa(v.SchemaVersion)),
	}
	if primary, ok := v.Primary(); ok {
		p.Card, p.Checks = v.card(primary), v.checks(primary)
	}
	add := func(there bool, id, name string) {
		if there {
			p.Contents = append(p.Contents, entry{id, name})
		}
	}
	add(p.Checks != nil, "validity", say("section.validity"))
	add(p.Effects != nil, "points", say("section.effects"))
	add(p.Money != nil, "earned", say("section.money"))
	add(p.Curves != nil, "when", say("section.curves"))
	if p.Rounds != nil {
		add(true, "rounds", p.Rounds.Heading)
	}
	for _, x := range p.Panels {
		add(true, x.ID, x.Heading)
	}
	add(p.Funnel != nil, "sent", say("section.deliveries"))
	add(true, "design", say("section.design"))
	return p
}

// words are those that the page uses beyond everyday ones.
func (v view) words() []word {
	keys := []string{"holdout", "natural", "effect", "range", "needs"}
	if p, ok := v.Primary(); ok && len(p.Metrics) > 0 {
		keys = append(keys, "profit", "cap")
	}
	if len(v.Looks) > 0 {
		keys = append(keys, "look")
	}
	if len(v.WaveEffects) > 0 {
		keys = append(keys, "skip")
	}
	var out []word
	for _, key := range keys {
		out = append(out, word{v.Language.Say("word." + key), v.Language.Say("word." + key + ".is")})
	}
	return out
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

// rates are what a reader looks for in the sentence: 9.0, +1.8, -0.1.
var rates = regexp.MustCompile(`[+-]?\d+\.\d+`)

// emphasised is a sentence with its rates in bold.
func emphasised(sentence string) template.HTML {
	return template.HTML(rates.ReplaceAllString(template.HTMLEscapeString(sentence), "<b>$0</b>"))
}
