package config

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/rewave/rewave/internal/fault"
	"github.com/rewave/rewave/internal/source"
)

// HTTP is the adapter http: messages are posted to a provider, one request each.
type HTTP struct {
	URL         string
	TokenEnv    string        // the variable that holds the token; empty: none is sent
	Token       Secret        // what that variable held when the configuration was loaded
	Idempotency time.Duration // for how long the provider takes a repeated key once; 0: not at all
	Lookup      string        // base of the addresses that tell of a message; empty: it cannot be asked
	NotTaken    []int         // statuses from 500 on, by which it surely has not taken the message
	FeedbackEnv string        // the variable that holds the secrets of its feedback; empty: it gives none
	Feedback    []Secret      // one, or two while they change: what that variable held, by spaces
}

// HTTP are the channels by the adapter http, by name.
func (c Config) HTTP() map[string]*HTTP {
	by := map[string]*HTTP{}
	if c.Email != nil && c.Email.HTTP != nil {
		by["email"] = c.Email.HTTP
	}
	if c.SMS != nil && c.SMS.HTTP != nil {
		by["sms"] = c.SMS.HTTP
	}
	return by
}

// httpKeys are those of the adapter http alone.
var httpKeys = []string{"url", "token_env", "idempotency", "lookup", "not_taken", "feedback_secret_env"}

// shortestWindow is the least that an idempotency window is of use for: less is
// over before anybody asks what became of a message.
const shortestWindow = 10 * time.Minute

// readHTTP reads the adapter's keys from a channel's.
func readHTTP(m source.Mapping, adapter string, allowed bool) *HTTP {
	if adapter != "http" {
		foreign(m, adapter, "http", httpKeys...)
		return nil
	}
	h := &HTTP{}
	if n, ok := m.Need("url", "messages are posted there: url: https://provider.example/messages"); ok {
		h.URL, _ = source.Parsed(n, providerURL)
	}
	if n, ok := m.Get("token_env"); ok {
		h.TokenEnv = variableName(n, "token_env: SMS_TOKEN; a token never stands in this file")
	}
	if n, ok := m.Get("idempotency"); ok {
		h.Idempotency, _ = n.Duration(shortestWindow)
	}
	if n, ok := m.Get("lookup"); ok {
		h.Lookup, _ = source.Parsed(n, providerURL)
	}
	if n, ok := m.Get("not_taken"); ok {
		items, _ := n.Items()
		for _, item := range items {
			if status, ok := item.Int(500, 599); ok {
				h.NotTaken = append(h.NotTaken, status)
			}
		}
	}
	if n, ok := m.Get("feedback_secret_env"); ok {
		h.FeedbackEnv = variableName(n, "feedback_secret_env: SMS_FEEDBACK_SECRET; a secret never stands in this file")
	}
	if !m.Node.Has("idempotency") && !m.Node.Has("lookup") && !m.Node.Has("feedback_secret_env") && !allowed {
		m.Node.Report("after a broken connection this provider can neither refuse a repeated message, nor be asked for one, nor name it in its feedback: such deliveries stay unknown",
			"say what it can: idempotency: 24h, lookup: URL or feedback_secret_env: NAME; or write allow_unreconciled: true if that is acceptable")
	}
	return h
}

// variableName reads the name of a variable. What stands there may be the secret
// itself: it is not repeated.
func variableName(n source.Node, hint string) string {
	name, ok := n.Text()
	if ok && !variable.MatchString(name) {
		n.Report("must be the name of an environment variable", "for example "+hint)
		return ""
	}
	return name
}

// providerURL is where personal data goes: over TLS, or to this machine.
func providerURL(s string) (string, error) {
	u, err := url.Parse(s)
	switch {
	case err != nil, u.Scheme != "https" && u.Scheme != "http", u.Hostname() == "", u.Fragment != "":
		return "", fault.New(fault.Invalid, fmt.Sprintf("%q is not a web address", s), "for example https://provider.example/messages")
	case u.User != nil:
		return "", fault.New(fault.Invalid, "a password stands in the address", "token_env names a variable that holds a token")
	case u.Scheme == "http" && !loopback(u.Hostname()):
		return "", fault.New(fault.Invalid, fmt.Sprintf("%q is not https: messages and token would travel readable", s), "")
	}
	return s, nil
}

// fill reads the variables that the file names.
func (h *HTTP) fill(values map[string]string) {
	h.Token = Secret(values[h.TokenEnv])
	for _, secret := range strings.Fields(values[h.FeedbackEnv]) {
		h.Feedback = append(h.Feedback, Secret(secret))
	}
}

// minSecret is how long a secret of feedback is at least, in bytes.
const minSecret = 24

// lacks says what the environment does not hold, or holds wrongly.
func (h *HTTP) lacks(channel string, report func(name, message, hint string)) {
	if h == nil {
		return
	}
	if h.TokenEnv != "" && h.Token == "" {
		report(h.TokenEnv, "is not set", "channels."+channel+".token_env names it")
	}
	switch {
	case h.FeedbackEnv == "":
	case len(h.Feedback) == 0:
		report(h.FeedbackEnv, "is not set", "channels."+channel+".feedback_secret_env names it")
	case len(h.Feedback) > 2:
		report(h.FeedbackEnv, fmt.Sprintf("holds %d secrets", len(h.Feedback)), "one, or two by a space while they change")
	default:
		for _, secret := range h.Feedback {
			if len(secret) < minSecret {
				report(h.FeedbackEnv, "is too short to be a secret", fmt.Sprintf("at least %d bytes at random", minSecret))
				return
			}
		}
	}
}
