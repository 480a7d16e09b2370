package report

import (
	_ "embed"
	"html/template"
	"io"
	"strconv"

	"github.com/rewave/rewave/internal/analyze"
)

//go:embed analysis.html.tmpl
var analysisText string

// HTML writes the analysis as one page that needs nothing else.
func (a Analysis) HTML(w io.Writer) error {
	v := a.prepared()
	pages, err := template.New("report").Funcs(template.FuncMap{"say": v.Language.Say}).Parse(pageText) // its pictures and tables
	if err != nil {
		return err
	}
	page, err := pages.New("analysis").Parse(analysisText)
	if err != nil {
		return err
	}
	return page.Execute(w, v.page())
}

type analysisPage struct {
	Lang     string
	Style    template.CSS
	Title    string
	Head     string
	Warnings []string
	Arms     table
	Sizes    check
	Balances []string
	Metrics  []analysisMetric
	How      []string
	Schema   string
}

type analysisMetric struct {
	ID, Heading string
	Said        []analysisSaid
	Picture     *picture
	Table       table
	Beside      []string
	Cap         string
	Notes       []string
	Strata      []analysisStrata
	StrataName  string
}

// analysisSaid is one comparison: its answer as a badge, and its sentence.
type analysisSaid struct{ Class, Icon, Answer, Text string }

type analysisStrata struct {
	Picture     *picture
	Table       table
	Interaction string
}

func (v analysisView) page() analysisPage {
	p := analysisPage{Lang: v.Language.Tag, Style: template.CSS(style), Title: v.say("analysis.title", "file", v.File), Head: v.head(),
		Warnings: v.warnings(), Arms: v.arms(), Sizes: v.sizesCheck(), Balances: v.balances(), How: v.how(), Schema: v.say("analysis.schema", "schema", strconv.Itoa(v.SchemaVersion))}
	p.Arms.Caption = v.say("analysis.section.arms")
	for i, m := range v.Metrics {
		id := "m" + strconv.Itoa(i+1)
		of := v.metric(m)
		s := analysisMetric{ID: id, Heading: of.heading(), Table: of.table(), Picture: of.picture(id + "-effects")}
		if !v.SRM.Valid {
			p.Metrics = append(p.Metrics, s)
			continue
		}
		s.Beside, s.Cap = of.beside(), of.cap()
		for _, n := range m.Notes {
			s.Notes = append(s.Notes, n.Sentence)
		}
		for k, c := range m.Comparisons {
			s.Said = append(s.Said, of.said(c))
			if divided(c) {
				s.StrataName = v.say("analysis.section.strata", "column", v.StratumColumn)
				s.Strata = append(s.Strata, analysisStrata{of.strataPicture(id+"-strata"+strconv.Itoa(k+1), c), of.strata(c), of.interaction(c)})
			}
		}
		p.Metrics = append(p.Metrics, s)
	}
	return p
}

// sizesCheck is the first thing to look at: what it refuses hides what follows.
func (v analysisView) sizesCheck() check {
	c := check{Code: "E01", Label: v.Language.Say("check.E01"), Detail: v.SRM.Sentence, Class: "pass", Icon: "✓", Answer: v.Language.Say("check.pass")}
	switch {
	case !v.SRM.Valid:
		c.Class, c.Icon, c.Answer = "fail", "✕", v.Language.Say("check.fail")
	case v.SRM.P == nil:
		c.wait(v.Language.Say("check.skip"))
	}
	return c
}

// said is a comparison with its answer in a word.
func (v metricView) said(c analyze.Comparison) analysisSaid {
	s := analysisSaid{Class: "OPEN", Icon: "○", Text: c.Sentence}
	answer := c.Direction
	if c.Pays == analyze.Pays || c.Pays == analyze.Loses {
		answer = c.Pays
	}
	switch answer {
	case analyze.Pays:
		s.Class, s.Icon = "PAYS", "✓"
	case analyze.Loses:
		s.Class, s.Icon = "LOSES", "✕"
	case analyze.Refused:
		s.Class, s.Icon = "REFUSED", "✕"
	case analyze.Up:
		s.Icon = "▲"
	case analyze.Down:
		s.Icon = "▼"
	}
	s.Answer = v.say("analysis.answer." + answer)
	return s
}

// how says by which methods the figures were found.
func (v analysisView) how() []string {
	keys := []string{"all"}
	kinds := map[bool]bool{}
	for _, m := range v.Metrics {
		kinds[m.Kind == analyze.Binary] = true
	}
	switch {
	case v.Clusters != nil:
		keys = append(keys, "clusters")
	default:
		if kinds[true] {
			keys = append(keys, "rate")
		}
		if kinds[false] {
			keys = append(keys, "mean")
		}
	}
	if v.CovariateColumn != "" && kinds[false] {
		keys = append(keys, "covariate")
	}
	if v.Adjusted == "holm" {
		keys = append(keys, "holm")
	}
	if v.StratumColumn != "" {
		keys = append(keys, "strata")
	}
	var out []string
	for _, key := range keys {
		level := 100 * (1 - v.Alpha/float64(max(1, len(v.Arms)-1)))
		out = append(out, v.say("analysis.how."+key, "level", strconv.FormatFloat(level, 'f', 1, 64), "covariate", v.CovariateColumn, "column", v.ClusterColumn))
	}
	return out
}
