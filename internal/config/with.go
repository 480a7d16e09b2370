package config

import (
	"strings"

	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/source"
)

var (
	withKeys = source.Keys{Known: []string{"shop", "channels", "quiet_hours", "caps", "groups", "blackout", "global_holdout", "feeds"},
		Elsewhere: map[string]string{"zone": "it stands below shop", "currency": "it stands below shop", "name": "it stands below shop"}}
	withShopKeys    = source.Keys{Known: []string{"name", "zone", "currency"}}
	withChannelKeys = source.Keys{Known: []string{"cost"}}
)

// With is the configuration with what is written at n over it, in the words of
// rewave.yaml: a test of a campaign says there what the shop is like. What is not
// written stays; `none` takes quiet hours, caps, groups, days without messages, the
// global holdout or the feeds away. Faults are recorded in n's document. Neither c nor its maps are changed.
func (c Config) With(n source.Node) Config {
	m, ok := n.Mapping(withKeys)
	if !ok {
		return c
	}
	if n, ok := m.Get("shop"); ok {
		c.Shop.with(n)
	}
	if n, ok := m.Get("channels"); ok {
		c.withCosts(n)
	}
	if n, ok := written(m, "quiet_hours", func() { c.QuietHours, c.QuietIn = map[string]calendar.Window{}, nil }); ok {
		c.QuietHours, c.QuietIn = readQuiet(n)
	}
	if n, ok := written(m, "caps", func() { c.PerCustomer = Cap{} }); ok {
		caps, _ := n.Mapping(capKeys)
		if n, ok := caps.Get("per_customer"); ok {
			c.PerCustomer.Count, c.PerCustomer.Window, _ = n.Cap()
		}
	}
	if n, ok := written(m, "groups", func() { c.Groups = nil }); ok {
		c.Groups = readGroups(n)
	}
	if n, ok := written(m, "blackout", func() { c.Blackout = nil }); ok {
		c.Blackout = readBlackout(n)
	}
	if n, ok := written(m, "global_holdout", func() { c.Global = Global{} }); ok {
		c.Global = readGlobal(n)
	}
	if n, ok := written(m, "feeds", func() { c.Feeds = nil }); ok {
		c.Feeds = readFeeds(n)
	}
	return c
}

// written is the value of a key unless it is not there or is none.
func written(m source.Mapping, key string, none func()) (source.Node, bool) {
	n, ok := m.Get(key)
	if ok && n.IsText() {
		if text, _ := n.Text(); text == "none" {
			none()
			return n, false
		}
	}
	return n, ok
}

// with is read, but what is not written stays.
func (s *Shop) with(n source.Node) {
	m, _ := n.Mapping(withShopKeys)
	if n, ok := m.Get("name"); ok {
		s.Name, _ = source.Parsed(n, oneLine)
	}
	if n, ok := m.Get("zone"); ok {
		if zone, ok := source.Parsed(n, calendar.Zone); ok {
			s.Zone = zone
		}
	}
	if n, ok := m.Get("currency"); ok {
		s.Currency, _ = source.Parsed(n, parseCurrency)
	}
}

func (c *Config) withCosts(n source.Node) {
	m, _ := n.Mapping(source.Keys{Known: channels, Later: laterChannels})
	cost := func(name string, into *int64) bool {
		n, ok := m.Get(name)
		if !ok {
			return false
		}
		m, _ := n.Mapping(withChannelKeys)
		if n, ok = m.Need("cost", "of a message, in the shop's currency: cost: 0.05"); ok {
			*into, ok = n.Decimal(6)
		}
		return ok
	}
	var email Email
	if c.Email != nil {
		email = *c.Email
	}
	if cost("email", &email.CostMicros) {
		c.Email = &email
	}
	var sms SMS
	if c.SMS != nil {
		sms = *c.SMS
	}
	if cost("sms", &sms.CostMicros) {
		c.SMS = &sms
	}
}

// Costs is what a message costs by channel, in millionths of the currency's
// unit; of a text message each part.
func (c Config) Costs() map[string]int64 {
	costs := map[string]int64{}
	if c.Email != nil {
		costs["email"] = c.Email.CostMicros
	}
	if c.SMS != nil {
		costs["sms"] = c.SMS.CostMicros
	}
	return costs
}

// Quiet are the quiet hours by channel where a customer lives. A region is
// written as ISO 3166-2 (DE-BE) or as the country alone.
func (c Config) Quiet(region string) map[string]calendar.Window {
	country, _, _ := strings.Cut(region, "-")
	if hours, ok := c.QuietIn[strings.ToUpper(country)]; ok {
		return hours
	}
	return c.QuietHours
}
