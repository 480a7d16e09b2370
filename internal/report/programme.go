package report

import (
	_ "embed"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strconv"
	"time"

	"github.com/rewave/rewave/internal/evaluation"
)

//go:embed programme.schema.json
var programmeSchema []byte

// ProgrammeSchema is the JSON Schema (2020-12) of what Programme.JSON writes. The
// caller may change it.
func ProgrammeSchema() []byte {
	var whole, shared struct {
		Schema      string         `json:"$schema"`
		Title       string         `json:"title"`
		Description string         `json:"description"`
		Type        string         `json:"type"`
		Required    []string       `json:"required"`
		Properties  map[string]any `json:"properties"`
		Defs        map[string]any `json:"$defs"`
	}
	// Both are compiled in, and a test reads them.
	if err := errors.Join(json.Unmarshal(programmeSchema, &whole), json.Unmarshal(schema, &shared)); err != nil {
		panic("report: " + err.Error())
	}
	for _, name := range []string{"code", "figure", "arm", "refusal", "currency", "point", "cap", "metric", "result"} {
		whole.Defs[name] = shared.Defs[name]
	}
	text, err := json.MarshalIndent(whole, "", "  ")
	if err != nil {
		panic("report: " + err.Error())
	}
	return append(text, '\n')
}

// Programme is everything that is said of all campaigns of a shop together.
type Programme struct {
	SchemaVersion int            `json:"schema_version"` // set by the renderings
	AsOf          time.Time      `json:"as_of"`
	From          time.Time      `json:"from,omitzero"`  // asked; zero: since the first assignment
	Until         time.Time      `json:"until,omitzero"` // asked; zero: the latest that is final
	Zone          *time.Location `json:"-"`              // the shop's; nil is UTC

	Epochs   []evaluation.Global `json:"epochs"`    // of the global holdout, the newest first
	TooYoung []Young             `json:"too_young"` // epochs of which the span leaves nothing to count
	Pool     *evaluation.Pool    `json:"pool"`      // nil: no campaign that holds out has been entered
	Quiet    []evaluation.Quiet  `json:"quiet"`     // strata of campaigns, and which are better left alone

	Language evaluation.Language `json:"-"` // its zero value is English
}

// Young is an epoch that has nothing to show in the span.
type Young struct {
	Epoch string    `json:"epoch"`
	First time.Time `json:"first"` // assignment
}

func (p Programme) prepared() Programme {
	p.SchemaVersion = SchemaVersion
	p.AsOf, p.From, p.Until = p.AsOf.UTC(), p.From.UTC(), p.Until.UTC()
	if p.Language.Tag == "" {
		p.Language = English()
	}
	if p.Zone == nil {
		p.Zone = time.UTC
	}
	p.Epochs, p.TooYoung = ordered(p.Epochs, nil), ordered(p.TooYoung, nil)
	p.Quiet = ordered(p.Quiet, nil)
	for i := range p.TooYoung {
		p.TooYoung[i].First = p.TooYoung[i].First.UTC()
	}
	return p
}

// JSON writes the programme for programs, as Report.JSON does.
func (p Programme) JSON(w io.Writer) error {
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	out.SetEscapeHTML(false)
	return out.Encode(p.prepared())
}

// programmeView says a programme in words. It is a report's view of nothing but
// language and zone, so that figures read as they do there.
type programmeView struct {
	Programme
	view
}

func (p Programme) view() programmeView {
	p = p.prepared()
	return programmeView{Programme: p, view: view{Report{Language: p.Language, Zone: p.Zone, AsOf: p.AsOf}}}
}

func (v programmeView) say(key string, args ...string) string {
	return v.Programme.Language.Say(key, args...)
}

// part is one section, made once for every rendering.
type part struct {
	ID, Heading string
	Badge       string // of a verdict; empty: none is given
	Class       string // PAYS, LOSES, …
	Sentence    string
	Said        []string
	Picture     *picture
	Tables      []table
	Notes       []string
	File        string // to be pasted
}

func (v programmeView) parts() []part {
	return slices.Concat(v.holdout(), v.pool(), v.quiet())
}

// holdout is a section for each epoch, or that there is none.
func (v programmeView) holdout() []part {
	if len(v.Epochs)+len(v.TooYoung) == 0 {
		return []part{{ID: "holdout", Heading: v.say("programme.holdout"), Sentence: v.say("programme.holdout.none"), Said: []string{v.say("programme.holdout.how")}}}
	}
	var out []part
	for i, g := range v.Epochs {
		out = append(out, v.epoch(i, g))
	}
	for _, y := range v.TooYoung {
		out = append(out, part{ID: "young-" + strconv.Itoa(len(out)), Heading: v.say("programme.epoch", "epoch", y.Epoch),
			Sentence: v.say("programme.young", "epoch", y.Epoch, "first", v.date(y.First))})
	}
	return out
}

func (v programmeView) epoch(i int, g evaluation.Global) part {
	r, count := g.Result, v.Programme.Language.Count
	treat, hold := r.Arm("treat"), r.Arm("hold")
	p := part{ID: "epoch-" + strconv.Itoa(i+1), Heading: v.say("programme.epoch", "epoch", g.Epoch),
		Badge: v.badge(r), Class: string(r.Verdict), Sentence: r.Sentence}
	for _, text := range []string{r.Explanation, r.Next, v.say("programme.span", "from", v.date(g.From), "until", v.date(g.Until),
		"share", v.Programme.Language.Portion(g.Share), "treat", count(treat.Assigned), "hold", count(hold.Assigned)),
		v.say("programme.cost", "messages", v.money(float64(g.MessagesM)/1e6, r.Currency), "codes", v.minor(g.Redeemed, r.Currency))} {
		if text != "" {
			p.Said = append(p.Said, text)
		}
	}
	if r.Difference.Known() {
		t := v.metricTable(r)
		t.Caption = v.say("programme.money.caption")
		t.Columns[1].Title, t.Columns[2].Title = v.say("programme.rest"), v.say("programme.held")
		rates := table{Caption: v.say("programme.rates.caption"), Stack: true,
			Columns: append(words(v.say("programme.group")), numbers(v.say("programme.customers"), v.say("programme.bought.col"), v.say("programme.orders"), v.say("programme.revenue"))...)}
		for _, a := range []struct {
			name string
			arm  evaluation.Arm
		}{{v.say("programme.rest"), treat}, {v.say("programme.held"), hold}} {
			rates.Rows = append(rates.Rows, row{Cells: []cell{{Text: a.name}, {Text: count(a.arm.Counted)}, v.rateCell(a.arm), {Text: count(a.arm.Orders)},
				{Text: v.minor(a.arm.RevenueMinor, r.Currency)}}})
		}
		if i == 0 { // a drawing's name may stand once in a page
			p.Picture = v.moneyPicture(r)
		}
		p.Tables = append(p.Tables, rates, t)
	}
	p.Tables = append(p.Tables, v.programmeChecks(r))
	for _, n := range r.Notes {
		p.Notes = append(p.Notes, string(n.Code)+": "+n.Sentence)
	}
	return p
}

// programmeChecks are those that a programme is asked: it has no ghosts.
func (v programmeView) programmeChecks(r evaluation.Result) table {
	t := v.checkTable(r)
	t.Caption = v.say("section.validity")
	t.Rows = slices.DeleteFunc(t.Rows, func(r row) bool { return r.Cells[1].Text == string(evaluation.E05) })
	return t
}

func (v programmeView) date(t time.Time) string {
	return v.Programme.Language.Date(t, v.Programme.Zone)
}

func (v programmeView) money(amount float64, c evaluation.Currency) string {
	return v.Programme.Language.Money(amount, c)
}

func (v programmeView) minor(n int64, c evaluation.Currency) string {
	amount := float64(n)
	for range c.Digits {
		amount /= 10
	}
	return v.money(amount, c)
}
