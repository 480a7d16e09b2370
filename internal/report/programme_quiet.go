package report

import (
	"strconv"
	"strings"

	"github.com/rewave/rewave/internal/evaluation"
)

// quiet is who is better left alone, as files to paste. The language leaves
// customers out by a campaign's rule; what keeps the claim testable is a second
// campaign of those alone, which holds nine in ten of them out.
func (v programmeView) quiet() []part {
	if len(v.Quiet) == 0 {
		return nil
	}
	out := part{ID: "quiet", Heading: v.say("quiet.heading"), Sentence: v.say("quiet.none")}
	amount := func(x float64) string {
		return signed(x, v.amount(evaluation.MetricProfit, x, evaluation.Currency{Digits: 2}))
	}
	t := table{Caption: v.say("quiet.caption"), Stack: true, Columns: append(words(v.say("quiet.stratum")), numbers(v.say("quiet.profit"), v.say("quiet.shrunk"))...)}
	var names []string
	for _, q := range v.Quiet {
		name := v.say("quiet.of", "campaign", v.member(q.Campaign, q.Design), "stratum", q.Stratum)
		t.Rows = append(t.Rows, row{Strong: q.Disturbs, Cells: []cell{{Text: name}, v.figureCell(q.Profit, amount), v.figureCell(q.Shrunk, amount)}})
		if q.Disturbs {
			names = append(names, name)
			out.File += v.left(q)
		}
	}
	if len(names) > 0 {
		out.Sentence = v.say("quiet.sentence", "strata", strings.Join(names, "; "))
	}
	out.Tables = []table{t}
	return []part{out}
}

// left is what leaves a stratum out, and what goes on asking.
func (v programmeView) left(q evaluation.Quiet) string {
	when := func(rule string) string { return "enter:\n  when: >-\n    (" + q.When + ")\n    and " + rule + "\n" }
	return "# " + v.say("quiet.file.own", "campaign", q.Campaign, "stratum", q.Stratum) + "\n" + when("not ("+q.Rule+")") +
		"---\n# " + v.say("quiet.file.new") + "\ncampaign: " + q.Campaign + "-" + quietName(q.Stratum) + "\nholdout: 90%\n" + when("("+q.Rule+")")
}

// quietName is a stratum as it may stand in a campaign's name.
func quietName(stratum string) string {
	return strings.Trim(strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '-'
	}, strings.ToLower(stratum)), "-")
}

func (t *tidy) quiet(list []evaluation.Quiet) {
	for _, q := range list {
		row := csvRow{"section": "quiet", "campaign": q.Campaign, "design": strconv.Itoa(q.Design), "stratum": q.Stratum, "metric": evaluation.MetricProfit,
			"n_treat": strconv.FormatInt(q.Treat, 10), "n_hold": strconv.FormatInt(q.Hold, 10)}
		t.figure(row, "difference", q.Profit)
		t.figure(row, "shrunk", q.Shrunk)
		if q.Disturbs {
			t.add(row, csvRow{"figure": "verdict", "code": "disturbs"})
		}
	}
}
