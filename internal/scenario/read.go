package scenario

import (
	"fmt"
	"slices"
	"time"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/config"
	"github.com/rewave/rewave/internal/coupon"
	"github.com/rewave/rewave/internal/fault"
	"github.com/rewave/rewave/internal/holdout"
	"github.com/rewave/rewave/internal/order"
	"github.com/rewave/rewave/internal/source"
)

var (
	caseKeys = source.Keys{Known: []string{"case", "at", "until", "settings", "holdout", "pools", "customers", "then", "expect", "exactly"},
		Elsewhere: map[string]string{"name": "the name of a case is its key case", "given": "write customers", "zone": "it stands below settings: {shop: {zone: ...}}"}}
	poolKeys = source.Keys{Known: []string{"codes", "value", "percent", "at_most", "min_spend", "from", "until", "per_customer"}}
)

var knownChannels = []string{"email", "sms"}

// reader reads one file; c is the case that is read.
type reader struct {
	file     string
	campaign campaigns.Campaign
	faults   func() source.List

	c      *Case
	zone   *time.Location
	digits int
	people map[string]*person
	names  []string             // of the people, in the order of the file
	orders map[string]*purchase // by id
}

// one reads a case; none where it cannot be run.
func (r *reader) one(n source.Node, settings config.Config) []Case {
	m, ok := n.Mapping(caseKeys)
	if !ok {
		return nil
	}
	k := Case{Name: "the only case", file: r.file}
	k.Line, k.column = n.At(0)
	if n, ok := m.Get("case"); ok {
		k.Name, _ = source.Parsed(n, oneLine)
	} else if n.Path() != "" {
		m.Need("case", "what it is about: case: lapsed buyers get one note")
	}
	if n, ok := m.Get("settings"); ok {
		settings = settings.With(n)
	}
	k.settings = settings
	r.c, r.zone, r.digits = &k, settings.Shop.Zone, order.Decimals(settings.Shop.Currency)
	r.people, r.names, r.orders = map[string]*person{}, nil, map[string]*purchase{}
	if n, ok := m.Need("at", `when the campaign begins to run: at: "2026-03-02 10:00"`); ok {
		k.start, _ = r.instant(n)
	}
	r.shares(m)
	r.pools(m)
	if n, ok := m.Need("customers", "customers: [{id: ann, consent: [email]}]"); ok {
		r.customers(n)
	}
	if n, ok := m.Get("then"); ok {
		r.then(n)
	}
	if n, ok := m.Get("exactly"); ok {
		k.exactly, _ = n.Bool()
	}
	switch n, ok := m.Get("expect"); {
	case ok:
		r.expectations(n)
	case !k.exactly:
		m.Need("expect", "expect: [{customer: ann, wave: thanks, decision: send}], or exactly: true where nothing is to be sent")
	}
	if n, ok := m.Get("until"); ok {
		last := k.last
		if k.end, ok = r.instant(n); ok && (!k.end.After(k.start) || k.end.Sub(k.start) > 10*366*24*time.Hour) {
			n.Report("must lie within ten years after at", "")
		}
		k.last = last
	}
	for _, p := range k.customers {
		p.settle()
	}
	byTime(k.steers)
	byTime(k.silences)
	byTime(k.refusals)
	for name, s := range k.pools {
		byTime(s.added)
		k.pools[name] = s
	}
	return []Case{k}
}

// oneLine is text that stands in a list of names.
func oneLine(s string) (string, error) {
	if len(s) == 0 || len(s) > 200 || slices.ContainsFunc([]rune(s), func(c rune) bool { return c < ' ' }) {
		return "", fault.New(fault.Invalid, "must be one line of text, at most 200 bytes", "")
	}
	return s, nil
}

func (r *reader) shares(m source.Mapping) {
	n, ok := m.Get("holdout")
	if !ok {
		return
	}
	parts, ok := n.Share()
	share := holdout.Share(parts)
	switch {
	case !ok:
	case r.campaign.OnlyServices():
		n.Report("services have no holdout: everybody gets them", "take it out")
	case share == holdout.Whole:
		n.Report("100% would contact nobody", "for example 20%")
	default:
		r.c.share = &share
	}
}

// pools reads what is said of the pools that the campaign's waves name. Of one
// that is not described there are as many codes as are asked for.
func (r *reader) pools(m source.Mapping) {
	r.c.pools = map[string]stock{}
	known := poolsOf(r.campaign)
	for _, name := range known {
		r.c.pools[name] = stock{Pool: coupon.Pool{Name: name, Kind: coupon.Gift, PerCustomer: 1}, endless: true}
	}
	n, ok := m.Get("pools")
	if !ok {
		return
	}
	entries, _ := n.Entries()
	for _, e := range entries {
		name := e.Key.Name()
		if !slices.Contains(known, name) {
			e.Key.Unknown("pool", name, known)
			continue
		}
		r.c.pools[name] = r.pool(name, e.Value)
	}
}

func (r *reader) pool(name string, n source.Node) stock {
	s := stock{Pool: coupon.Pool{Name: name, Kind: coupon.Gift, PerCustomer: 1, Currency: r.c.settings.Shop.Currency}}
	if !n.IsMapping() {
		codes, _ := n.Int(0, 1_000_000)
		s.added = []dated[int]{{value: codes}}
		return s
	}
	m, _ := n.Mapping(poolKeys)
	if n, ok := m.Get("codes"); ok {
		codes, _ := n.Int(0, 1_000_000)
		s.added = []dated[int]{{value: codes}}
	} else {
		s.endless = true
	}
	money := func(key string) *int64 {
		n, ok := m.Get(key)
		if !ok {
			return nil
		}
		minor, ok := n.Decimal(r.digits)
		if ok && minor == 0 {
			n.Report("must be above 0", "")
		}
		return &minor
	}
	s.Value, s.AtMost, s.MinSpend = money("value"), money("at_most"), money("min_spend")
	if s.Value != nil {
		s.Kind = coupon.Amount
	}
	if n, ok := m.Get("percent"); ok {
		s.Kind = coupon.Percent
		s.Percent, ok = n.Share()
		if ok && (s.Percent == 0 || s.Value != nil) {
			n.Report("a pool takes off an amount or a share above 0%", "value: 20, or percent: 10%")
		}
	} else if n, ok := m.Get("at_most"); ok {
		n.Report("only a percentage has a most that it takes off", "percent: 10%")
	}
	last := r.c.last
	if n, ok := m.Get("from"); ok {
		s.From, _ = r.instant(n)
	}
	if n, ok := m.Get("until"); ok {
		s.Until, _ = r.instant(n)
	}
	r.c.last = last
	if n, ok := m.Get("per_customer"); ok {
		s.PerCustomer, _ = n.Int(1, 1000)
	}
	return s
}

// poolsOf is every pool that a campaign's waves name, in the order of the file.
func poolsOf(c campaigns.Campaign) []string {
	var names []string
	add := func(of campaigns.Content) {
		if of.Coupon != nil && !slices.Contains(names, of.Coupon.Pool) {
			names = append(names, of.Coupon.Pool)
		}
	}
	for _, w := range c.Waves {
		add(w.Content)
		for _, v := range w.Variants {
			add(v.Content)
		}
		for _, p := range w.ByStratum {
			add(p.Content)
		}
	}
	return names
}

// many reads a list, or one item that stands alone.
func many(n source.Node) []source.Node {
	if n.IsList() {
		items, _ := n.Items()
		if len(items) == 0 {
			n.Report("names nothing", "")
		}
		return items
	}
	return []source.Node{n}
}

// several reads one of the known words, or a list of them.
func several(n source.Node, what string, known []string) []string {
	var out []string
	for _, item := range many(n) {
		if word, ok := item.OneOf(what, known, nil); ok {
			if slices.Contains(out, word) {
				item.Report(fmt.Sprintf("%q is named twice", word), "")
				continue
			}
			out = append(out, word)
		}
	}
	return out
}

func waveNames(c campaigns.Campaign) []string {
	names := make([]string, len(c.Waves))
	for i, w := range c.Waves {
		names[i] = w.Name
	}
	return names
}
