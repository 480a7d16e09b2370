package report

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/rewave/rewave/internal/chart"
	"github.com/rewave/rewave/internal/holdout"
)

// flow is what became of the deliveries of one wave, of one round or of all.
type flow struct {
	round int
	wave  string

	planned, sent, waiting, expired, failed, unknown, skipped int64 // of those treated

	dropped  []outcome // by reason, the most frequent first
	held     int64     // ghosts of the holdout that ended as such
	channels []string

	given, redeemed, minor int64 // codes
}

type outcome struct {
	state, reason string
	count         int64
}

func (f flow) notSent() int64 {
	n := int64(0)
	for _, o := range f.dropped {
		n += o.count
	}
	return n
}

// flows are one for each round and wave, in that order.
func (v view) flows() []flow {
	var out []flow
	at := func(round int, wave string) *flow {
		for i := range out {
			if out[i].round == round && out[i].wave == wave {
				return &out[i]
			}
		}
		out = append(out, flow{round: round, wave: wave})
		return &out[len(out)-1]
	}
	for _, d := range v.Deliveries {
		at(d.Round, d.Wave).count(d)
	}
	for _, c := range v.Coupons {
		f := at(c.Round, c.Wave)
		f.given, f.redeemed, f.minor = f.given+c.Given, f.redeemed+c.Redeemed, f.minor+c.Minor
	}
	for i := range out {
		out[i].sort()
	}
	return out
}

// count adds deliveries. The states are those of the ledger.
func (f *flow) count(d DeliveryCount) {
	if d.Arm != holdout.Treat {
		if d.State == "withheld" {
			f.held += d.Count
		}
		return
	}
	f.planned += d.Count
	if d.Channel != "" && !slices.Contains(f.channels, d.Channel) {
		f.channels = append(f.channels, d.Channel)
	}
	switch d.State {
	case "accepted":
		f.sent += d.Count
	case "planned", "sending":
		f.waiting += d.Count
	case "expired":
		f.expired += d.Count
	case "failed", "dead", "quarantine":
		f.failed += d.Count
	case "unknown", "unknown_final":
		f.unknown += d.Count
	case "withheld":
		f.skipped += d.Count
	default:
		f.drop(d.State, d.Reason, d.Count)
	}
}

func (f *flow) drop(state, reason string, count int64) {
	for i := range f.dropped {
		if f.dropped[i].state == state && f.dropped[i].reason == reason {
			f.dropped[i].count += count
			return
		}
	}
	f.dropped = append(f.dropped, outcome{state, reason, count})
}

func (f *flow) sort() {
	slices.SortStableFunc(f.dropped, func(a, b outcome) int {
		return cmp.Or(cmp.Compare(b.count, a.count), cmp.Compare(a.state, b.state), cmp.Compare(a.reason, b.reason))
	})
	slices.Sort(f.channels)
}

// together adds up the rounds of each wave.
func together(flows []flow) []flow {
	var out []flow
	for _, f := range flows {
		i := slices.IndexFunc(out, func(x flow) bool { return x.wave == f.wave })
		if i < 0 {
			i = len(out)
			out = append(out, flow{wave: f.wave})
		}
		t := &out[i]
		t.planned, t.sent, t.waiting, t.expired = t.planned+f.planned, t.sent+f.sent, t.waiting+f.waiting, t.expired+f.expired
		t.failed, t.unknown, t.skipped, t.held = t.failed+f.failed, t.unknown+f.unknown, t.skipped+f.skipped, t.held+f.held
		t.given, t.redeemed, t.minor = t.given+f.given, t.redeemed+f.redeemed, t.minor+f.minor
		for _, o := range f.dropped {
			t.drop(o.state, o.reason, o.count)
		}
		for _, c := range f.channels {
			if !slices.Contains(t.channels, c) {
				t.channels = append(t.channels, c)
			}
		}
	}
	for i := range out {
		out[i].sort()
	}
	return out
}

// funnelSection is what was sent, as pictures and as tables.
type funnelSection struct {
	Date     string // empty: that of the report
	Together string // that the picture adds up rounds; empty: there is one
	Picture  *picture
	Rounds   *picture // nil: there is one
	Table    table
	Reasons  table
}

func (v view) funnelSection() *funnelSection {
	if len(v.Deliveries) == 0 {
		return nil
	}
	flows := v.flows()
	out := &funnelSection{Date: v.ledgerDate(), Table: v.funnelTable(flows), Reasons: v.reasonTable()}
	several := slices.ContainsFunc(flows, func(f flow) bool { return f.round != flows[0].round })
	if several {
		n := map[int]bool{}
		for _, f := range flows {
			n[f.round] = true
		}
		out.Together = v.Language.Say("funnel.together", "rounds", strconv.Itoa(len(n)))
		out.Rounds = v.roundBars(flows)
	}
	out.Picture = v.funnelBars(together(flows))
	return out
}

// mostReasons is how many reasons of a wave have a bar of their own.
const mostReasons = 4

func (v view) funnelBars(flows []flow) *picture {
	say, count := v.Language.Say, v.Language.Count
	plot := chart.Funnel{ID: "funnel", Title: say("funnel.title")}
	var said []string
	for _, f := range flows {
		g := chart.Group{Name: f.wave}
		if len(f.channels) > 0 {
			g.Name = say("funnel.by", "wave", f.wave, "channels", strings.Join(f.channels, ", "))
		}
		add := func(name string, n int64, kind chart.Kind, strong bool) {
			if n == 0 && kind != chart.Whole && !strong {
				return
			}
			text := count(n)
			if kind != chart.Whole && kind != chart.Ghost && f.planned > 0 {
				text += " · " + v.share(n, f.planned) + " %"
			}
			g.Bars = append(g.Bars, chart.Stage{Name: name, Text: text, Strong: strong, Parts: []chart.Part{{Count: n, Kind: kind}}})
		}
		add(say("funnel.planned"), f.planned, chart.Whole, false)
		rest := int64(0)
		for i, o := range f.dropped {
			if i < mostReasons || len(f.dropped) == mostReasons+1 {
				add(v.outcome(o.state, o.reason), o.count, chart.Dropped, false)
			} else {
				rest += o.count
			}
		}
		add(say("funnel.others"), rest, chart.Dropped, false)
		add(v.state("expired"), f.expired, chart.Dropped, false)
		add(v.state("failed"), f.failed, chart.Dropped, false)
		add(v.state("unknown"), f.unknown, chart.Dropped, false)
		add(say("funnel.waiting"), f.waiting, chart.Dropped, false)
		add(say("reason.skip"), f.skipped, chart.Ghost, false)
		add(v.state("accepted"), f.sent, chart.Passed, true)
		if f.given > 0 {
			add(say("funnel.given"), f.given, chart.Passed, false)
			g.Bars = append(g.Bars, chart.Stage{Name: say("funnel.redeemed"), Text: count(f.redeemed) + " · " + say("funnel.of.codes", "share", v.share(f.redeemed, f.given)),
				Parts: []chart.Part{{Count: f.redeemed, Kind: chart.Passed}}})
		}
		add(say("funnel.held"), f.held, chart.Ghost, false)
		plot.Groups = append(plot.Groups, g)
		said = append(said, say("funnel.desc.wave", "wave", f.wave, "planned", count(f.planned), "sent", count(f.sent), "held", count(f.held)))
	}
	plot.Desc = say("funnel.desc", "waves", strings.Join(said, " "))
	return drawnFunnel(plot)
}

// roundBars is one bar a wave and round.
func (v view) roundBars(flows []flow) *picture {
	say, count := v.Language.Say, v.Language.Count
	plot := chart.Funnel{ID: "funnel-rounds", Title: say("funnel.rounds.title"), Key: []chart.Part{
		{Name: v.state("accepted"), Kind: chart.Passed}, {Name: say("funnel.rest"), Kind: chart.Dropped}, {Name: say("funnel.ghosts"), Kind: chart.Ghost},
	}}
	var said []string
	for _, f := range flows {
		name := say("round.name", "round", strconv.Itoa(f.round))
		if n := len(plot.Groups); n == 0 || plot.Groups[n-1].Name != name {
			plot.Groups = append(plot.Groups, chart.Group{Name: name})
		}
		g := &plot.Groups[len(plot.Groups)-1]
		g.Bars = append(g.Bars, chart.Stage{Name: f.wave, Text: say("funnel.sent.of", "sent", count(f.sent), "planned", count(f.planned)),
			Parts: []chart.Part{{Count: f.sent, Kind: chart.Passed}, {Count: f.planned - f.sent - f.skipped, Kind: chart.Dropped}, {Count: f.skipped + f.held, Kind: chart.Ghost}}})
		said = append(said, say("funnel.desc.wave", "wave", say("wave.of", "wave", f.wave, "round", strconv.Itoa(f.round)),
			"planned", count(f.planned), "sent", count(f.sent), "held", count(f.held)))
	}
	plot.Desc = say("funnel.desc", "waves", strings.Join(said, " "))
	return drawnFunnel(plot)
}

func (v view) funnelTable(flows []flow) table {
	say, count := v.Language.Say, v.Language.Count
	several := slices.ContainsFunc(flows, func(f flow) bool { return f.round != flows[0].round })
	t := table{Caption: say("funnel.caption")}
	if several {
		t.Columns = numbers(say("col.round"))
	}
	fixed := len(t.Columns) + 3
	t.Columns = append(t.Columns, words(say("col.wave"))...)
	t.Columns = append(t.Columns, numbers(say("funnel.planned"), v.state("accepted"), v.state("suppressed"), v.state("expired"), v.state("failed"), v.state("unknown"),
		say("funnel.waiting"), say("reason.skip"), say("funnel.given"), say("funnel.redeemed"), v.state("withheld"))...)
	for _, f := range flows {
		var cells []cell
		if several {
			cells = append(cells, cell{Text: strconv.Itoa(f.round)})
		}
		cells = append(cells, cell{Text: f.wave})
		for _, n := range []int64{f.planned, f.sent, f.notSent(), f.expired, f.failed, f.unknown, f.waiting, f.skipped, f.given, f.redeemed, f.held} {
			cells = append(cells, cell{Text: count(n)})
		}
		t.Rows = append(t.Rows, row{Cells: cells})
	}
	return t.without(func(text string) bool { return text == "0" }, fixed)
}

// reasonTable is every count of the ledger.
func (v view) reasonTable() table {
	say := v.Language.Say
	t := table{Caption: say("deliveries.reasons"), Columns: append(numbers(say("col.round")), words(say("col.wave"), say("col.arm"))...)}
	if v.channels() {
		t.Columns = append(t.Columns, words(say("col.channel"))...)
	}
	t.Columns = append(append(t.Columns, words(say("col.state"))...), numbers(say("col.count"))...)
	for _, d := range v.Deliveries {
		cells := []cell{{Text: strconv.Itoa(d.Round)}, {Text: d.Wave}, {Text: v.arm(d.Arm)}}
		if v.channels() {
			cells = append(cells, cell{Text: d.Channel})
		}
		t.Rows = append(t.Rows, row{Cells: append(cells, cell{Text: v.ended(d)}, cell{Text: v.Language.Count(d.Count)})})
	}
	return t
}
