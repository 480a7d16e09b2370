package scenario

import (
	"fmt"
	"slices"
	"time"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/audience"
	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/customer"
	"github.com/rewave/rewave/internal/event"
	"github.com/rewave/rewave/internal/holdout"
	"github.com/rewave/rewave/internal/source"
	"github.com/rewave/rewave/rules"
)

var (
	customerKeys = source.Keys{Known: []string{"id", "email", "phone", "consent", "service", "suppressed", "erased", "first_name", "last_name",
		"locale", "region", "zone", "first_seen", "attributes", "tags", "orders", "events", "elsewhere", "arm", "variant", "skipped"},
		Elsewhere: map[string]string{"name": "write first_name and last_name", "attribute": "write attributes", "country": "write region"}}
	elsewhereKeys = source.Keys{Known: []string{"messages", "group_until"}}
	messageKeys   = source.Keys{Known: []string{"at", "priority", "campaign", "group"}}
)

const (
	nowhere         = "none"
	defaultPriority = 50
)

func (r *reader) customers(n source.Node) {
	items, ok := n.Items()
	if ok && (len(items) == 0 || len(items) > maxCustomers) {
		n.Report(fmt.Sprintf("must hold 1 to %d customers, not %d", maxCustomers, len(items)), "")
		return
	}
	for _, item := range items {
		r.customer(item)
	}
}

func (r *reader) customer(n source.Node) {
	m, ok := n.Mapping(customerKeys)
	if !ok {
		return
	}
	p := &person{addresses: map[string][]dated[string]{}, words: map[word][]dated[bool]{}, banned: map[string][]time.Time{},
		attributes: map[string][]dated[rules.Attribute]{}, variants: map[string]string{}}
	p.ID = customer.ID(len(r.c.customers) + 1)
	if n, ok := m.Need("id", "the shop's own id, and the name in expectations: id: ann"); ok {
		switch p.ShopID, ok = source.Parsed(n, oneLine); {
		case ok && r.people[p.ShopID] != nil:
			n.Report(fmt.Sprintf("there is a customer %q already", p.ShopID), "give one of them another id")
		case ok:
			r.people[p.ShopID] = p
			r.names = append(r.names, p.ShopID)
		}
	}
	r.c.customers = append(r.c.customers, p)
	r.reach(m, p)
	r.profile(m, p)
	if n, ok := m.Get("attributes"); ok {
		r.attributes(n, p, time.Time{})
	}
	if n, ok := m.Get("tags"); ok {
		r.tags(n, p, time.Time{})
	}
	for _, n := range listed(m, "orders") {
		r.order(n, p, nil)
	}
	for _, n := range listed(m, "events") {
		r.event(n, p)
	}
	if n, ok := m.Get("elsewhere"); ok {
		r.elsewhere(n, p)
	}
	r.lots(m, p)
}

func listed(m source.Mapping, key string) []source.Node {
	n, ok := m.Get(key)
	if !ok {
		return nil
	}
	items, _ := n.Items()
	return items
}

// reach reads addresses and what was said about them. Where no address is
// written there is one: what a test is about is, as a rule, consent.
func (r *reader) reach(m source.Mapping, p *person) {
	for key, channel := range map[string]string{"email": "email", "phone": "sms"} {
		address := map[string]string{"email": "customer@shop.example", "sms": "+4930123456"}[channel]
		if n, ok := m.Get(key); ok {
			address = r.address(n)
		}
		p.addresses[channel] = []dated[string]{{value: address}}
	}
	if n, ok := m.Get("consent"); ok {
		r.saidTo(n, p, false)
	}
	if n, ok := m.Get("service"); ok {
		r.saidTo(n, p, true)
	}
	if n, ok := m.Get("suppressed"); ok {
		for _, channel := range several(n, "channel", knownChannels) {
			p.banned[channel] = append(p.banned[channel], time.Time{})
		}
	}
	if n, ok := m.Get("erased"); ok {
		if erased, _ := n.Bool(); erased {
			p.erased = &time.Time{}
		}
	}
}

// address reads one, or none.
func (r *reader) address(n source.Node) string {
	s, _ := source.Parsed(n, oneLine)
	if s == nowhere {
		return ""
	}
	return s
}

// saidTo reads a list of channels, for yes, or yes and no by channel.
func (r *reader) saidTo(n source.Node, p *person, service bool) {
	say := func(channel string, yes bool) {
		w := word{channel, service}
		p.words[w] = append(p.words[w], dated[bool]{value: yes})
	}
	if !n.IsMapping() {
		if isNone(n) {
			return
		}
		for _, channel := range several(n, "channel", knownChannels) {
			say(channel, true)
		}
		return
	}
	m, _ := n.Mapping(source.Keys{Known: knownChannels})
	for _, channel := range knownChannels {
		if n, ok := m.Get(channel); ok {
			if yes, ok := yesNo(n); ok {
				say(channel, yes)
			}
		}
	}
}

func isNone(n source.Node) bool {
	if !n.IsText() {
		return false
	}
	text, _ := n.Text()
	return text == nowhere
}

// yesNo reads yes, no, true or false.
func yesNo(n source.Node) (yes, ok bool) {
	if n.IsText() {
		word, ok := n.OneOf("answer", []string{"yes", "no"}, nil)
		return word == "yes", ok
	}
	return n.Bool()
}

func (r *reader) profile(m source.Mapping, p *person) {
	text := func(key string) string {
		n, ok := m.Get(key)
		if !ok {
			return ""
		}
		s, _ := source.Parsed(n, oneLine)
		return s
	}
	if s := text("first_name"); s != "" {
		p.FirstName = &s
	}
	if s := text("last_name"); s != "" {
		p.LastName = &s
	}
	p.Locale, p.Region = text("locale"), text("region")
	if n, ok := m.Get("zone"); ok {
		if zone, ok := source.Parsed(n, calendar.Zone); ok {
			p.Zone = zone.String()
		}
	}
	if n, ok := m.Get("first_seen"); ok {
		p.firstSeen, _ = r.instant(n)
	}
}

// value reads text, a number, true or false, or in quotes a date.
func value(n source.Node) (v rules.Attribute, ok bool) {
	switch {
	case n.IsText():
		s, _ := n.Text()
		if date, err := calendar.ParseDate(s); err == nil && event.IsDate(s) {
			return rules.Attribute{Kind: rules.Date, Date: date}, true
		}
		return rules.Attribute{Kind: rules.Text, Text: s}, true
	case n.IsNumber():
		f, ok := n.Float()
		return rules.Attribute{Kind: rules.Number, Number: f}, ok
	case n.IsBool():
		yes, _ := n.Bool()
		return rules.Attribute{Kind: rules.Truth, Truth: yes}, true
	default:
		n.Report("must be text, a number, true or false, or a date in quotes", "")
	}
	return v, false
}

func values(n source.Node) map[string]rules.Attribute {
	out := map[string]rules.Attribute{}
	entries, _ := n.Entries()
	for _, e := range entries {
		if v, ok := value(e.Value); ok {
			out[e.Key.Name()] = v
		}
	}
	return out
}

func (r *reader) attributes(n source.Node, p *person, at time.Time) {
	for name, v := range values(n) {
		p.attributes[name] = append(p.attributes[name], dated[rules.Attribute]{at, v})
	}
}

// tags reads all tags that the customer has from an instant on.
func (r *reader) tags(n source.Node, p *person, at time.Time) {
	var tags []string
	if !isNone(n) {
		for _, item := range many(n) {
			if tag, ok := source.Parsed(item, oneLine); ok {
				tags = append(tags, tag)
			}
		}
	}
	p.tags = append(p.tags, dated[[]string]{at, tags})
}

// elsewhere reads what other campaigns have to do with the customer.
func (r *reader) elsewhere(n source.Node, p *person) {
	m, ok := n.Mapping(elsewhereKeys)
	if !ok {
		return
	}
	for _, n := range listed(m, "messages") {
		sent := dated[audience.Campaign]{value: audience.Campaign{ID: 1 + len(p.sent), Name: "another campaign", Priority: defaultPriority}}
		if !n.IsMapping() {
			sent.at, _ = r.instant(n)
			p.sent = append(p.sent, sent)
			continue
		}
		m, _ := n.Mapping(messageKeys)
		if n, ok := m.Need("at", `when it goes out: at: "2026-03-02 10:00"`); ok {
			sent.at, _ = r.instant(n)
		}
		if n, ok := m.Get("priority"); ok {
			sent.value.Priority, _ = n.Int(0, 100)
		}
		if n, ok := m.Get("campaign"); ok {
			sent.value.Name, _ = n.Text()
		}
		if n, ok := m.Get("group"); ok {
			sent.value.Group, _ = n.Text()
		}
		p.sent = append(p.sent, sent)
	}
	if n, ok := m.Get("group_until"); ok {
		if r.campaign.Limits.Group == "" {
			n.Report("the campaign is in no group", "limits: {group: ...} in "+campaigns.File)
		}
		p.inGroup, _ = r.instant(n)
	}
}

// lots reads what is pinned instead of drawn.
func (r *reader) lots(m source.Mapping, p *person) {
	if n, ok := m.Get("arm"); ok {
		arm, ok := n.OneOf("arm", []string{string(holdout.Treat), string(holdout.Hold), string(holdout.GlobalHold)}, nil)
		if p.arm = holdout.Arm(arm); ok && p.arm != holdout.Treat && r.campaign.OnlyServices() {
			n.Report("services have no holdout: everybody gets them", "take it out")
		}
	}
	if n, ok := m.Get("variant"); ok {
		r.variant(n, p)
	}
	if n, ok := m.Get("skipped"); ok {
		p.skips = &[]string{}
		if isNone(n) {
			return
		}
		*p.skips = several(n, "wave", waveNames(r.campaign))
	}
}

// variant reads one name for every wave that has it, or names by wave.
func (r *reader) variant(n source.Node, p *person) {
	by := map[string][]string{}
	var waves, all []string
	for _, w := range r.campaign.Waves {
		for _, v := range w.Variants {
			by[w.Name] = append(by[w.Name], v.Name)
			if !slices.Contains(all, v.Name) {
				all = append(all, v.Name)
			}
		}
		if len(w.Variants) > 0 {
			waves = append(waves, w.Name)
		}
	}
	if len(waves) == 0 {
		n.Report("no wave has variants", "take it out")
		return
	}
	if !n.IsMapping() {
		name, ok := n.OneOf("variant", all, nil)
		for _, w := range waves {
			if ok && slices.Contains(by[w], name) {
				p.variants[w] = name
			}
		}
		return
	}
	m, _ := n.Mapping(source.Keys{Known: waves})
	for _, w := range waves {
		if n, ok := m.Get(w); ok {
			p.variants[w], _ = n.OneOf("variant", by[w], nil)
		}
	}
}
