package report

import (
	_ "embed"
	"html/template"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/rewave/rewave/internal/chart"
)

//go:embed plan.html.tmpl
var planText string

//go:embed plan.css
var planStyle string

// HTML writes the plan as one page that needs nothing else.
func (p Plan) HTML(w io.Writer) error {
	p = p.prepared()
	page, err := template.New("plan").Funcs(template.FuncMap{"say": p.Language.Say}).Parse(planText)
	if err != nil {
		return err
	}
	return page.Execute(w, p.page())
}

type planPage struct {
	Lang      string
	Title     string
	Style     template.CSS
	AsOf      string
	Campaigns []planSection
}

// planSection is one campaign of the page. Pictures come from chart, which
// escapes what it is given.
type planSection struct {
	ID, Name, Says string
	Identity       []string
	Entry          string
	Standing       []string
	Forecast       string
	Heading, Note  string
	Funnel         []planFunnel
	Diagram        template.HTML
	Waves          []planWave
	SendsNote      string
	Pictures       []template.HTML
	Sends          sendTable
	SendRows       []planSends
	Money          []string
	Measure        []string
	Warnings       []string
}

type planFunnel struct {
	Sign, Label, Count string
	Width              float64 // per cent of the first
	Left               bool    // these go on
}

type planSends struct {
	Day   string
	Cells []string
}

type planWave struct{ Name, When, After, By, What string }

func (p Plan) page() planPage {
	var names []string
	out := planPage{Lang: p.Language.Tag, Style: template.CSS(style + planStyle), AsOf: p.asOf()}
	for i, c := range p.Campaigns {
		names = append(names, c.Campaign)
		out.Campaigns = append(out.Campaigns, p.view(c).section("c"+strconv.Itoa(i+1)))
	}
	out.Title = p.Language.Say("plan.title", "campaigns", strings.Join(names, ", "))
	return out
}

func (v planView) section(id string) planSection {
	s := planSection{ID: id, Name: v.Campaign, Says: v.Says, Identity: v.identity(), Entry: v.entry(), Standing: v.standing(), Forecast: v.forecast(),
		Money: v.money(), Measure: v.measure(), Warnings: v.warnings(), Diagram: template.HTML(v.diagram(id + "-waves"))}
	for _, i := range v.waveOrder() {
		w := v.Waves[i]
		after := w.After
		if after == "" {
			after = v.Say("plan.wave.start")
		}
		s.Waves = append(s.Waves, planWave{Name: w.Wave, When: v.starts(w), After: after + ": " + v.arrow(w), By: strings.Join(w.Channels, ", "), What: strings.Join(v.parts(w), "; ")})
	}
	if v.Audience != nil && !(v.Audience.SampleDays > 0 && v.Audience.Asked == 0) {
		s.Heading = v.audienceHeading()
		if v.Audience.SampleDays > 0 {
			s.Note = v.sampleNote()
		}
		for _, row := range v.funnel() {
			f := planFunnel{Sign: strings.ReplaceAll(row.Sign, "-", "−"), Label: row.Label, Count: v.Count(int64(row.Count)), Left: row.Sign != "-"}
			if v.Audience.Asked > 0 {
				f.Width = 100 * float64(row.Count) / float64(v.Audience.Asked)
			}
			s.Funnel = append(s.Funnel, f)
		}
	}
	if len(v.Sends) > 0 {
		s.SendsNote, s.Sends = v.sendsNote(), v.sendTable()
		for _, channel := range s.Sends.Channels {
			s.Pictures = append(s.Pictures, template.HTML(v.days(id+"-"+channel, channel)))
		}
		for _, r := range s.Sends.Rows {
			row := planSends{Day: v.Date(r.Day, time.UTC)}
			for _, n := range r.Send {
				row.Cells = append(row.Cells, v.amount(n))
			}
			row.Cells = append(row.Cells, v.amount(r.Total))
			s.SendRows = append(s.SendRows, row)
		}
	}
	return s
}

// others is how many of a wave's parts stand behind its variants.
func (v planView) others(w PlannedWave) int {
	n := 0
	if len(w.Coupons) > 0 {
		n++
	}
	if w.Skip > 0 {
		n++
	}
	return n
}

// days draws the messages of one channel, with the days between that have none.
func (v planView) days(id, channel string) string {
	d := chart.Days{ID: id, Title: v.Say("plan.sends.title", "channel", channel), Done: v.Say("plan.sent", "channel", channel), Held: v.Say("plan.col.withheld")}
	on := map[string]Sends{}
	var first, last, peak time.Time
	var send, held, most float64
	for _, s := range v.Sends {
		day, err := time.Parse(time.DateOnly, s.Day)
		if err != nil || s.Channel != channel {
			continue
		}
		if first.IsZero() {
			first = day
		}
		last, send, held, on[s.Day] = day, send+s.Send, held+s.Withheld, s
		if s.Send >= most {
			peak, most = day, s.Send
		}
	}
	if first.IsZero() {
		return ""
	}
	for day := first; !day.After(last); day = day.AddDate(0, 0, 1) {
		s := on[day.Format(time.DateOnly)]
		bar := chart.Bar{Done: s.Send, Held: s.Withheld}
		if s.Send+s.Withheld > 0 {
			bar.Label = day.Format("2 Jan")
		}
		d.Bars = append(d.Bars, bar)
	}
	d.Desc = v.Say("plan.sends.desc", "channel", channel, "first", v.Date(first, time.UTC), "last", v.Date(last, time.UTC), "send", v.amount(send),
		"held", v.amount(held), "peak", v.Date(peak, time.UTC), "most", v.amount(most))
	return d.SVG()
}

// diagram draws the waves.
func (v planView) diagram(id string) string {
	w := chart.Waves{ID: id, Title: v.Say("plan.waves.title", "campaign", v.Campaign), Start: v.Say("plan.waves."+v.Entry.By, "event", v.Entry.Event),
		Treated: v.treated(), Held: v.held(), Ghost: v.Say("plan.waves.ghost"), Rounds: v.rounds()}
	order := v.waveOrder()
	place := map[string]int{}
	var told []string
	for n, i := range order {
		x := v.Waves[i]
		box := chart.Box{Name: x.Wave, From: -1, Arrow: v.arrow(x), Strict: x.Requires, NoHold: x.Service}
		if x.After != "" {
			box.From = place[x.After]
		}
		place[x.Wave] = n
		box.Lines = append(box.Lines, v.starts(x)+" · "+strings.Join(x.Channels, ", "))
		parts := v.parts(x)
		// Variants are a line of their own: with all the rest they would not fit.
		if n := len(x.Variants); n > 0 && n < len(parts) {
			box.Lines, parts = append(box.Lines, strings.Join(parts[:len(parts)-v.others(x)], "; ")), parts[len(parts)-v.others(x):]
		}
		if len(parts) > 0 {
			box.Lines = append(box.Lines, strings.Join(parts, "; "))
		}
		told = append(told, x.Wave+" ("+v.starts(x)+")")
		w.Boxes = append(w.Boxes, box)
	}
	held := w.Held
	if held == "" {
		held = v.Say("plan.waves.nobody")
	}
	w.Desc = v.Say("plan.waves.desc", "start", w.Start, "treated", w.Treated, "held", held, "waves", strings.Join(told, ", "))
	if w.Rounds != "" {
		w.Desc += " " + w.Rounds + "."
	}
	return w.SVG()
}
