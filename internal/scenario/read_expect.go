package scenario

import (
	"slices"
	"strings"

	"github.com/rewave/rewave/internal/audience"
	"github.com/rewave/rewave/internal/holdout"
	"github.com/rewave/rewave/internal/source"
)

var (
	expectKeys = source.Keys{Known: []string{"customer", "entry", "round", "wave", "decision", "reason", "channel", "at", "variant", "stratum", "coupon", "arm", "message"},
		Elsewhere: map[string]string{"subject": "write message: {subject: ...}", "text": "write message: {text: ...}", "state": "write decision", "status": "write decision"}}
	partNames   = []string{"subject", "text", "html", "sms"}
	messageSays = source.Keys{Known: append([]string{"lacks"}, partNames...)}
)

// Decisions are what may become of a delivery, and none where there is no
// delivery.
var Decisions = []string{"send", "withheld", "suppressed", "expired", "cancelled", "failed", "dead", "planned", "none"}

// reasons are the words that an expectation may give.
var reasons = func() []string {
	var words []string
	for reason := range sentences {
		words = append(words, string(reason))
	}
	slices.Sort(words)
	return words
}()

func (r *reader) expectations(n source.Node) {
	items, _ := n.Items()
	for _, item := range items {
		r.expectation(item)
	}
	if len(items) == 0 && n.IsList() && !r.c.exactly {
		n.Report("expects nothing", "exactly: true beside it says that nothing is to be sent")
	}
}

func (r *reader) expectation(n source.Node) {
	m, ok := n.Mapping(expectKeys)
	if !ok {
		return
	}
	e := expectation{file: r.file, entry: 1, round: 1}
	e.line, e.column = n.At(0)
	if n, ok := m.Need("customer", "whose: customer: ann"); ok {
		e.customers = several(n, "customer", r.names)
	}
	again := r.campaign.Enter.Again
	if n, ok := m.Get("entry"); ok {
		if e.entry, ok = n.Int(1, 1000); ok && e.entry > 1 && !again.EachTime && again.After == 0 {
			n.Report("customers enter once only", "again: each_time in campaign.yaml lets them enter again")
		}
	}
	if n, ok := m.Get("round"); ok {
		e.round, _ = n.Int(1, r.campaign.Rounds.Times)
	}
	if n, ok := m.Get("wave"); ok {
		e.wave, _ = n.OneOf("wave", waveNames(r.campaign), nil)
	}
	if n, ok := m.Get("decision"); ok {
		e.decision, _ = n.OneOf("decision", Decisions, nil)
	}
	e.isNone = e.decision == "none"
	if n, ok := m.Get("reason"); ok {
		e.reason = reasonOf(n)
	}
	if n, ok := m.Get("arm"); ok {
		arm, _ := n.OneOf("arm", []string{string(holdout.Treat), string(holdout.Hold), string(holdout.GlobalHold)}, nil)
		e.arm = holdout.Arm(arm)
	}
	if n, ok := m.Get("at"); ok {
		e.from, e.to, _ = r.span(n)
		e.when = written(n)
	}
	r.content(m, &e)
	r.makesSense(m, e)
	r.c.expect = append(r.c.expect, e)
}

// written is an instant or two as they stand in the file.
func written(n source.Node) string {
	if !n.IsList() {
		text, _ := n.Text()
		return text
	}
	items, _ := n.Items()
	words := make([]string, 0, len(items))
	for _, item := range items {
		text, _ := item.Text()
		words = append(words, text)
	}
	return strings.Join(words, " to ")
}

// reasonOf reads a word of the ledger, which may be written with spaces.
func reasonOf(n source.Node) audience.Reason {
	text, ok := n.Text()
	if !ok {
		return ""
	}
	word := strings.ReplaceAll(text, " ", "_")
	if !slices.Contains(reasons, word) {
		n.Unknown("reason", text, reasons)
		return ""
	}
	return audience.Reason(word)
}

// content reads what the delivery carries.
func (r *reader) content(m source.Mapping, e *expectation) {
	if n, ok := m.Get("channel"); ok {
		e.channel, _ = n.OneOf("channel", knownChannels, nil)
	}
	if n, ok := m.Get("variant"); ok {
		var known []string
		for _, w := range r.campaign.Waves {
			for _, v := range w.Variants {
				if w.Name == e.wave && !slices.Contains(known, v.Name) {
					known = append(known, v.Name)
				}
			}
		}
		if len(known) == 0 {
			n.Report("the wave has no variants", "take it out")
		} else {
			e.variant, _ = n.OneOf("variant", known, nil)
		}
	}
	if n, ok := m.Get("stratum"); ok {
		if r.campaign.Strata == nil {
			n.Report("the campaign has no strata", "take it out")
		} else {
			var known []string
			for _, s := range r.campaign.Strata.Values {
				known = append(known, s.Name)
			}
			e.stratum, _ = n.OneOf("stratum", known, nil)
		}
	}
	if n, ok := m.Get("coupon"); ok {
		if yes, ok := yesNo(n); ok {
			e.coupon = &yes
		}
	}
	if n, ok := m.Get("message"); ok {
		r.message(n, e)
	}
}

func (r *reader) message(n source.Node, e *expectation) {
	add := func(part string, not bool, n source.Node) {
		for _, item := range many(n) {
			if text, ok := item.Full(); ok {
				e.says = append(e.says, said{part, text, not})
			}
		}
	}
	if !n.IsMapping() {
		add("", false, n)
		return
	}
	m, _ := n.Mapping(messageSays)
	for _, part := range partNames {
		if n, ok := m.Get(part); ok {
			add(part, false, n)
		}
	}
	if n, ok := m.Get("lacks"); ok {
		add("", true, n)
	}
}

// makesSense refuses what could never be judged.
func (r *reader) makesSense(m source.Mapping, e expectation) {
	ofDelivery := []string{"channel", "variant", "coupon", "message"}
	for _, key := range ofDelivery {
		switch n, ok := m.Get(key); {
		case !ok:
		case e.isNone:
			n.Report("where the decision is none there is nothing to look at", "take it out")
		case e.wave == "":
			n.Report("needs the wave that it is about", "wave: "+r.campaign.Waves[0].Name)
		}
	}
	if n, ok := m.Get("decision"); ok && e.decision != "" && !e.isNone && e.wave == "" {
		n.Report("needs the wave that it is about", "wave: "+r.campaign.Waves[0].Name)
	}
	if n, ok := m.Get("reason"); ok && !has(m, "decision") {
		n.Report("needs the decision that it is the reason of", "decision: suppressed")
	}
	if n, ok := m.Get("round"); ok && e.wave == "" {
		n.Report("needs the wave that it is about", "wave: "+r.campaign.Waves[0].Name)
	}
	if !slices.ContainsFunc([]string{"decision", "arm", "stratum", "variant", "coupon", "channel", "message", "at"}, func(key string) bool { return has(m, key) }) {
		m.Node.Report("expects nothing", "decision: send, or arm: treat")
	}
}

func has(m source.Mapping, key string) bool {
	_, ok := m.Get(key)
	return ok
}
