package report

import (
	"strconv"

	"github.com/rewave/rewave/internal/evaluation"
	"github.com/rewave/rewave/internal/holdout"
)

// check is one line of the validity panel.
type check struct {
	Code                            evaluation.Code
	Class, Icon                     string // pass, fail, care or wait
	Answer, Label, Detail, Sentence string
}

// checks are what the result rests on, in the order in which they stop it.
func (v view) checks(p evaluation.Result) []check {
	say, count := v.Language.Say, v.Language.Count
	treat, hold := p.Arm(holdout.Treat), p.Arm(holdout.Hold)
	early := refusal(p, evaluation.E03) != ""

	sizes := say("check.sizes.none", "treat", count(p.SRM.Treat), "hold", count(p.SRM.Hold))
	if p.SRM.P != nil {
		sizes = say("check.sizes", "treat", count(p.SRM.Treat), "hold", count(p.SRM.Hold), "p", probability(p.SRM.P))
	}
	e01 := v.check(p, evaluation.E01, sizes, true)
	e03 := v.check(p, evaluation.E03, say("check.final", "final", count(treat.Final+hold.Final), "all", count(treat.Assigned+hold.Assigned)), true)
	if e03.Class == "fail" {
		e03.wait(say("check.wait"))
	}
	e02 := v.check(p, evaluation.E02, say("check.buyers", "treat", count(treat.Buyers), "hold", count(hold.Buyers)), !early)

	reached := say("check.reached.none")
	if n := p.Integrity.Held; n > 0 {
		reached = say("check.reached", "reached", count(p.Integrity.Contaminated), "held", count(n), "share", v.share(p.Integrity.Contaminated, n))
	}
	e04 := v.check(p, evaluation.E04, reached, p.Integrity.Held > 0)
	ghosts := say("check.ghosts.none")
	if n := p.Integrity.GhostsDue; n > 0 {
		ghosts = say("check.ghosts", "lost", count(p.Integrity.GhostsLost), "due", count(n), "share", v.share(p.Integrity.GhostsLost, n))
	}
	e05 := v.check(p, evaluation.E05, ghosts, p.Integrity.GhostsDue > 0)

	relative := say("check.relative.none")
	if p.Relative.Known() {
		relative = say("check.relative", "hold", v.percent(hold.Rate.Estimate))
	}
	e09 := v.check(p, evaluation.E09, relative, p.Relative.Known())
	skew, asked := v.skew(p)
	e11 := v.check(p, evaluation.E11, skew, asked)
	return append([]check{e01, e03, e02, e04, e05, e09, e11}, v.doubts(p)...)
}

// checkTable is the panel for the renderings without a page.
func (v view) checkTable(p evaluation.Result) table {
	t := table{Columns: words(v.Language.Say("col.check"), v.Language.Say("col.code"), v.Language.Say("col.answer"), v.Language.Say("col.why"))}
	for _, c := range v.checks(p) {
		why := c.Sentence
		if why == "" {
			why = c.Detail
		}
		t.Rows = append(t.Rows, row{Cells: []cell{{Text: c.Label}, {Text: string(c.Code)}, {Text: c.Answer}, {Text: why}}})
	}
	return t
}

// check answers one question: no where a refusal says so, yes where it was
// asked. A note on a limit that was neared is a yes with care; a note on a figure
// that cannot be given is a no.
func (v view) check(p evaluation.Result, code evaluation.Code, detail string, asked bool) check {
	say := v.Language.Say
	c := check{Code: code, Label: say("check." + string(code)), Detail: detail, Sentence: refusal(p, code)}
	noted := note(p, code)
	switch {
	case c.Sentence != "":
		c.Class, c.Icon, c.Answer = "fail", "✕", say("check.fail")
	case noted != "" && (code == evaluation.E09 || code == evaluation.E11):
		c.Class, c.Icon, c.Answer, c.Sentence = "fail", "✕", say("check.fail"), noted
	case noted != "":
		c.Class, c.Icon, c.Answer, c.Sentence = "care", "!", say("check.note"), noted
	case !asked:
		c.wait(say("check.skip"))
	default:
		c.Class, c.Icon, c.Answer = "pass", "✓", say("check.pass")
	}
	return c
}

func (c *check) wait(answer string) { c.Class, c.Icon, c.Answer = "wait", "○", answer }

// skew says how uneven the money is.
func (v view) skew(p evaluation.Result) (said string, asked bool) {
	var worst *evaluation.Metric
	for i := range p.Metrics {
		m := &p.Metrics[i]
		if !evaluation.OfMoney(m.Metric) || m.Skew == nil {
			continue
		}
		if worst == nil || abs(*m.Skew) > abs(*worst.Skew) {
			worst = m
		}
	}
	if worst == nil {
		return v.Language.Say("check.skew.none"), false
	}
	return v.Language.Say("check.skew", "metric", v.metric(worst.Metric), "skew", strconv.FormatFloat(abs(*worst.Skew), 'f', 2, 64)), true
}

func abs(x float64) float64 { return max(x, -x) }

// share of n in per cent; some is never said to be none.
func (v view) share(x, n int64) string {
	if s := float64(x) / float64(n); s == 0 || s >= 0.0005 {
		return v.Language.PerHundred(s, 1)
	}
	return v.Language.Say("text.below", "unit", "0.1")
}

// refusal is the sentence under a code among what stops the verdict, note among
// what only qualifies it; empty: there is none.
func refusal(p evaluation.Result, code evaluation.Code) string { return sentence(p.Refusals, code) }

func note(p evaluation.Result, code evaluation.Code) string { return sentence(p.Notes, code) }

func sentence(list []evaluation.Refusal, code evaluation.Code) string {
	for _, r := range list {
		if r.Code == code {
			return r.Sentence
		}
	}
	return ""
}

// distrusted is the refusal that says the groups cannot be compared; empty where
// they can.
func distrusted(p evaluation.Result) evaluation.Code {
	for _, code := range []evaluation.Code{evaluation.E01, evaluation.E06, evaluation.E08, evaluation.E04, evaluation.E05} {
		if refusal(p, code) != "" {
			return code
		}
	}
	return ""
}

// unanswered reports whether all that stops the verdict is that there are too
// few: it is not wrong, there is only not enough of it.
func unanswered(p evaluation.Result) bool {
	for _, r := range p.Refusals {
		if r.Code != evaluation.E02 {
			return false
		}
	}
	return p.Verdict == evaluation.Refused
}
