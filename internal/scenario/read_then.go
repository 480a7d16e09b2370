package scenario

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/rewave/rewave/internal/event"
	"github.com/rewave/rewave/internal/source"
)

// deeds are the things that may happen later: of a customer, and of all.
var (
	customerDeeds = []string{"order", "refund", "event", "complaint", "dispute", "opts_in", "opts_out", "service", "suppressed", "erased", "email", "phone", "attributes", "tags"}
	commonDeeds   = []string{"campaign", "orders_feed", "pool", "provider"}

	thenKeys = source.Keys{Known: slices.Concat([]string{"at", "customer", "props"}, customerDeeds, commonDeeds),
		Elsewhere: map[string]string{"unsubscribes": "write opts_out: [email]", "bounce": "write suppressed: [email]", "pause": "write campaign: pause"}}
	fillKeys     = source.Keys{Known: []string{"name", "codes"}}
	providerKeys = source.Keys{Known: []string{"channel", "answer"}}
)

func (r *reader) then(n source.Node) {
	items, _ := n.Items()
	for _, item := range items {
		r.step(item)
	}
}

// step reads one thing that happens: when, to whom, and what.
func (r *reader) step(n source.Node) {
	m, ok := n.Mapping(thenKeys)
	if !ok {
		return
	}
	at, dated := time.Time{}, false
	if n, ok := m.Need("at", `when it happens: at: "2026-03-05 09:00"`); ok {
		at, dated = r.instant(n)
	}
	var found []string
	for _, deed := range slices.Concat(customerDeeds, commonDeeds) {
		if _, ok := m.Get(deed); ok {
			found = append(found, deed)
		}
	}
	if len(found) != 1 {
		what := "nothing happens here"
		if len(found) > 1 {
			what = "several things happen here: " + strings.Join(found, ", ")
		}
		n.Report(what, "exactly one of "+strings.Join(slices.Concat(customerDeeds, commonDeeds), ", "))
		return
	}
	deed := found[0]
	what, _ := m.Get(deed)
	if props, ok := m.Get("props"); ok && deed != "event" {
		props.Report("props belong to an event", "take them out")
	}
	who, named := m.Get("customer")
	if slices.Contains(commonDeeds, deed) {
		if named {
			who.Report("this happens to all", "take it out")
		}
		if dated {
			r.common(deed, what, at)
		}
		return
	}
	if who, ok = m.Need("customer", "to whom it happens: customer: ann"); !ok {
		return
	}
	for _, name := range several(who, "customer", r.names) {
		if p := r.people[name]; dated && p != nil {
			r.deed(deed, m, what, p, at)
		}
	}
}

// deed reads what happens to one customer.
func (r *reader) deed(deed string, m source.Mapping, n source.Node, p *person, at time.Time) {
	switch deed {
	case "order":
		r.order(n, p, &at)
	case "refund":
		id, ok := n.OneOf("order", slices.Sorted(maps.Keys(r.orders)), nil)
		if o := r.orders[id]; ok && r.notBefore(n, at, o) {
			o.giveBack(at)
		}
	case "event":
		e := event.Event{At: at}
		e.Name, _ = source.Parsed(n, oneLine)
		if n, ok := m.Get("props"); ok {
			e.Props = told(values(n))
		}
		p.tell(e)
	case "complaint", "dispute":
		word, ok := n.OneOf("word", []string{"opened", "closed"}, nil)
		name := map[string]string{"complaint opened": event.ComplaintOpened, "complaint closed": event.ComplaintClosed,
			"dispute opened": event.DisputeOpened, "dispute closed": event.DisputeClosed}[deed+" "+word]
		if ok {
			p.tell(event.Event{Name: name, At: at})
		}
	case "opts_in", "opts_out":
		for _, channel := range several(n, "channel", knownChannels) {
			w := word{channel: channel}
			p.words[w] = append(p.words[w], dated[bool]{at, deed == "opts_in"})
		}
	case "service":
		r.saidAt(n, p, at)
	case "suppressed":
		for _, channel := range several(n, "channel", knownChannels) {
			p.banned[channel] = append(p.banned[channel], at)
		}
	case "erased":
		if erased, _ := n.Bool(); erased && (p.erased == nil || at.Before(*p.erased)) {
			p.erased = &at
		}
	case "email", "phone":
		channel := map[string]string{"email": "email", "phone": "sms"}[deed]
		p.addresses[channel] = append(p.addresses[channel], dated[string]{at, r.address(n)})
	case "attributes":
		r.attributes(n, p, at)
	case "tags":
		r.tags(n, p, at)
	}
}

// saidAt reads what is said to service messages.
func (r *reader) saidAt(n source.Node, p *person, at time.Time) {
	m, _ := n.Mapping(source.Keys{Known: knownChannels})
	for _, channel := range knownChannels {
		if n, ok := m.Get(channel); ok {
			if yes, ok := yesNo(n); ok {
				w := word{channel, true}
				p.words[w] = append(p.words[w], dated[bool]{at, yes})
			}
		}
	}
}

// common reads what happens to all.
func (r *reader) common(deed string, n source.Node, at time.Time) {
	switch deed {
	case "campaign":
		if word, ok := n.OneOf("word", []string{"pause", "resume", "cancel"}, nil); ok {
			status := map[string]string{"pause": paused, "resume": running, "cancel": cancelled}[word]
			r.c.steers = append(r.c.steers, dated[string]{at, status})
		}
	case "orders_feed":
		if word, ok := n.OneOf("word", []string{"silent", "complete"}, nil); ok {
			r.c.silences = append(r.c.silences, dated[bool]{at, word == "silent"})
		}
	case "pool":
		m, _ := n.Mapping(fillKeys)
		name, codes := "", 0
		if n, ok := m.Need("name", "pool: {name: spring-10, codes: 100}"); ok {
			name, _ = n.OneOf("pool", poolsOf(r.campaign), nil)
		}
		if n, ok := m.Need("codes", "how many are added: pool: {name: spring-10, codes: 100}"); ok {
			codes, _ = n.Int(1, 1_000_000)
		}
		if s, ok := r.c.pools[name]; ok {
			s.added = append(s.added, dated[int]{at, codes})
			r.c.pools[name] = s
		}
	case "provider":
		m, _ := n.Mapping(providerKeys)
		var f refusal
		if n, ok := m.Need("channel", "provider: {channel: email, answer: refuses}"); ok {
			f.channel, _ = n.OneOf("channel", knownChannels, nil)
		}
		if n, ok := m.Need("answer", "provider: {channel: email, answer: refuses}"); ok {
			answer, _ := n.OneOf("answer", []string{"accepts", "refuses"}, nil)
			f.refuses = answer == "refuses"
		}
		r.c.refusals = append(r.c.refusals, dated[refusal]{at, f})
	}
}
