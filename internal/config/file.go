package config

import (
	"fmt"
	"net/mail"
	"regexp"
	"strings"

	"golang.org/x/text/currency"

	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/fault"
	"github.com/rewave/rewave/internal/source"
)

var (
	channels      = []string{"email", "sms"}
	laterChannels = []string{"webhook", "wechat", "whatsapp", "push", "call"}
)

var (
	topKeys = source.Keys{
		Known: []string{"shop", "public_url", "channels", "quiet_hours", "caps", "groups", "blackout", "global_holdout", "feeds", "attributes", "return_window"},
		Later: []string{"kept_orders", "excluded_orders", "senders"},
	}
	shopKeys  = source.Keys{Known: []string{"name", "zone", "currency", "margin"}}
	emailKeys = source.Keys{Known: append([]string{
		"adapter", "host", "port", "user", "password_env", "tls", "directory", "from", "reply_to", "cost", "in_flight", "per_second", "per_minute", "warm_up", "allow_unreconciled",
	}, httpKeys...), Later: []string{"dkim", "return_path"}}
	capKeys = source.Keys{Known: []string{"per_customer"}, Later: []string{"per_channel", "per_minute"}}
)

// parse fills c from the file.
func parse(c *Config, name string, data []byte) source.List {
	doc := source.Parse(name, data)
	if len(doc.Faults()) > 0 && !doc.Root().IsMapping() {
		return doc.Faults()
	}
	m, ok := doc.Root().Mapping(topKeys)
	if !ok {
		return doc.Faults()
	}
	if n, ok := m.Need("shop", "for example shop: {name: Example, zone: Europe/Berlin, currency: EUR}"); ok {
		c.Shop.read(n)
	}
	if n, ok := m.Get("public_url"); ok {
		c.PublicURL, _ = source.Parsed(n, publicURL)
	}
	if n, ok := m.Get("channels"); ok {
		m, _ := n.Mapping(source.Keys{Known: channels, Later: laterChannels})
		if n, ok := m.Get("email"); ok {
			c.Email = readEmail(n)
		}
		if n, ok := m.Get("sms"); ok {
			c.SMS = readSMS(n)
		}
	}
	if n, ok := m.Get("quiet_hours"); ok {
		c.QuietHours, c.QuietIn = readQuiet(n)
	}
	if n, ok := m.Get("global_holdout"); ok {
		c.Global = readGlobal(n)
	}
	if n, ok := m.Get("feeds"); ok {
		c.Feeds = readFeeds(n)
	}
	if n, ok := m.Get("attributes"); ok {
		c.Attributes = readAttributes(n)
	}
	if n, ok := m.Get("caps"); ok {
		caps, _ := n.Mapping(capKeys)
		if n, ok := caps.Get("per_customer"); ok {
			c.PerCustomer.Count, c.PerCustomer.Window, _ = n.Cap()
		}
	}
	if n, ok := m.Get("groups"); ok {
		c.Groups = readGroups(n)
	}
	if n, ok := m.Get("blackout"); ok {
		c.Blackout = readBlackout(n)
	}
	if n, ok := m.Get("return_window"); ok {
		c.ReturnWindow, _ = n.Duration(0)
	}
	return doc.Faults()
}

func (s *Shop) read(n source.Node) {
	m, ok := n.Mapping(shopKeys)
	if !ok {
		return
	}
	if n, ok := m.Need("name", "it stands in messages"); ok {
		s.Name, _ = source.Parsed(n, oneLine)
	}
	if n, ok := m.Need("zone", "for example zone: Europe/Berlin"); ok {
		if zone, ok := source.Parsed(n, calendar.Zone); ok {
			s.Zone = zone
		}
	}
	if n, ok := m.Need("currency", "for example currency: EUR"); ok {
		s.Currency, _ = source.Parsed(n, parseCurrency)
	}
	if n, ok := m.Get("margin"); ok {
		if parts, ok := n.Share(); ok {
			s.Margin = Margin{Known: true, Billions: parts}
		}
	}
}

func parseCurrency(s string) (string, error) {
	if _, err := currency.ParseISO(s); err != nil || strings.ToUpper(s) != s {
		hint := "for example EUR, USD or CNY"
		if _, err := currency.ParseISO(strings.ToUpper(s)); err == nil {
			hint = fmt.Sprintf("did you mean %q?", strings.ToUpper(s))
		}
		return "", fault.New(fault.Invalid, fmt.Sprintf("%q is not a currency", s), hint)
	}
	return s, nil
}

// oneLine is text that may stand in a header of a message.
func oneLine(s string) (string, error) {
	if strings.TrimSpace(s) == "" || strings.ContainsAny(s, "\n\r") || len(s) > 200 {
		return "", fault.New(fault.Invalid, "must be one line of text, at most 200 bytes", "")
	}
	return s, nil
}

var variable = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

func readEmail(n source.Node) *Email {
	e := &Email{Port: 587, TLS: "starttls"}
	m, ok := n.Mapping(emailKeys)
	if !ok {
		return nil
	}
	if n, ok := m.Need("adapter", "adapter: smtp, adapter: http, or adapter: file to write messages into a directory"); ok {
		e.Adapter, _ = n.OneOf("adapter", []string{"smtp", "http", "file"}, []string{"ses", "sendgrid", "postmark", "mailgun"})
	}
	if n, ok := m.Need("from", "for example from: Example <hello@shop.example>"); ok {
		e.From, _ = source.Parsed(n, mailbox)
	}
	if n, ok := m.Get("reply_to"); ok {
		e.ReplyTo, _ = source.Parsed(n, mailbox)
	}
	if n, ok := m.Get("cost"); ok {
		e.CostMicros, _ = n.Decimal(6)
	}
	e.Flow = readFlow(m)
	if n, ok := m.Get("allow_unreconciled"); ok {
		e.AllowUnreconciled, _ = n.Bool()
	}
	e.readSMTP(m)
	e.readFile(m)
	e.HTTP = readHTTP(m, e.Adapter, e.AllowUnreconciled)
	if e.Adapter == "smtp" && !e.AllowUnreconciled {
		m.Node.Report("after a broken connection SMTP can neither be asked for a message, nor refuse a repeated one, nor name it in its feedback: such deliveries stay unknown",
			"write allow_unreconciled: true if that is acceptable")
	}
	return e
}

func (e *Email) readSMTP(m source.Mapping) {
	if e.Adapter != "smtp" {
		foreign(m, e.Adapter, "smtp", "host", "port", "user", "password_env", "tls")
		return
	}
	if n, ok := m.Need("host", "for example host: smtp.shop.example"); ok {
		e.Host, _ = source.Parsed(n, host)
	}
	if n, ok := m.Get("tls"); ok {
		e.TLS, _ = n.OneOf("tls", []string{"none", "starttls", "tls"}, nil)
	}
	if e.TLS == "tls" {
		e.Port = 465
	}
	if n, ok := m.Get("port"); ok {
		e.Port, _ = n.Int(1, 65535)
	}
	user, hasUser := m.Get("user")
	password, hasPassword := m.Get("password_env")
	if hasUser {
		e.User, _ = source.Parsed(user, oneLine)
	}
	if hasPassword {
		e.PasswordEnv = variableName(password, "password_env: SMTP_PASSWORD; a password never stands in this file")
	}
	switch {
	case hasUser && !hasPassword:
		user.Report(`"user" without "password_env"`, "for example password_env: SMTP_PASSWORD")
	case hasPassword && !hasUser:
		password.Report(`"password_env" without "user"`, "")
	case hasUser && e.TLS == "none" && !loopback(e.Host):
		user.Report("a password would travel without encryption", "tls: starttls or tls: tls")
	}
}

func (e *Email) readFile(m source.Mapping) {
	if e.Adapter != "file" {
		foreign(m, e.Adapter, "file", "directory")
		return
	}
	if n, ok := m.Need("directory", "messages are written there, one file each"); ok {
		e.Directory, _ = n.Full()
	}
}

// foreign refuses keys that another adapter has: nothing would honour them.
func foreign(m source.Mapping, adapter, owner string, keys ...string) {
	if adapter == "" {
		return // which keys are foreign is not known
	}
	for _, key := range keys {
		if n, ok := m.Get(key); ok {
			n.Report(fmt.Sprintf("%q is a key of adapter: %s, not of adapter: %s", key, owner, adapter), "")
		}
	}
}

func loopback(host string) bool {
	return host == "localhost" || host == "127.0.0.1" || host == "::1"
}

var hostName = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9.:_-]*[A-Za-z0-9])?$|^::1$`)

func host(s string) (string, error) {
	if !hostName.MatchString(s) || strings.Count(s, ":") == 1 {
		return "", fault.New(fault.Invalid, fmt.Sprintf("%q is not the name of a host", s), "without port or scheme: smtp.shop.example")
	}
	return s, nil
}

func mailbox(s string) (string, error) {
	a, err := mail.ParseAddress(s)
	if err != nil || strings.ContainsAny(s, "\r\n") || strings.ContainsAny(a.Name, "\r\n") || !strings.Contains(a.Address, "@") {
		return "", fault.New(fault.Invalid, fmt.Sprintf("%q is not an address to send from", s), "for example Example <hello@shop.example>")
	}
	return s, nil
}
