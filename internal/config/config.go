// Package config is what an installation says once: the shop, its channels, its
// caps and quiet hours in rewave.yaml; where its database, its queue and its
// pages are in the environment, which wins over the file.
//
// Every fault of the file comes with its place, all at once, and a key that is
// not honoured is refused. Secrets come from the environment only: the file
// names a variable, never a password.
package config

import (
	"time"

	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/holdout"
)

// Config is a whole configuration with its defaults filled in.
type Config struct {
	Shop         Shop
	PublicURL    string                                // base of the links in messages, without a slash at its end; empty: not stated
	Email        *Email                                // nil: the shop has no e-mail
	SMS          *SMS                                  // nil: the shop has no text messages
	QuietHours   map[string]calendar.Window            // by channel
	QuietIn      map[string]map[string]calendar.Window // by country (ISO 3166), then by channel: all that holds there
	PerCustomer  Cap                                   // over all campaigns; zero: none
	Groups       map[string]Cap                        // over the campaigns of a group, by its name
	Blackout     []calendar.Blackout                   // days without messages, in the order of the file
	Global       Global                                // the zero Global holds out nobody
	Feeds        map[string]time.Duration              // by feed: how old its watermark may be; orders only
	Attributes   map[string]string                     // of customers, by name: text, number, date or truth; nil: not declared
	ReturnWindow time.Duration                         // how long after its order a refund counts

	Database Secret // PostgreSQL, as a URL; empty: not stated
	Redis    Secret // Redis, as a URL; empty: not stated
	Listen   string // host:port of the web server

	File string // the file that was read; empty: none
}

// Shop is what belongs to the shop.
type Shop struct {
	Name     string
	Zone     *time.Location // never nil; its String is the IANA name
	Currency string         // ISO 4217; XXX where nothing is said, which is its word for none
	Margin   Margin
}

// Margin is the share of revenue that is left after the goods are paid.
type Margin struct {
	Known    bool
	Billions int64 // parts per billion: 35% is 350,000,000
}

// Cap is at most Count messages to one customer in any span of Window. The zero
// Cap caps nothing.
type Cap struct {
	Count  int
	Window time.Duration
}

// Global is the share of customers whom no campaign writes to, drawn anew in
// each epoch.
type Global struct {
	Share holdout.Share
	Epoch string // [A-Za-z0-9._-]; empty iff Share is 0
}

// SMS is the channel `sms`.
type SMS struct {
	Adapter   string // file or http
	Directory string // of the adapter file: one file a message is written there
	HTTP      *HTTP  // of the adapter http; else nil
	// AllowUnreconciled is as for Email.
	AllowUnreconciled bool
	From              string // a number, or a name of at most 11 letters and digits
	CostMicros        int64  // of one part of a message, in millionths of the currency's unit
	Flow
}

// Channels names those that are set up, in the order of the alphabet.
func (c Config) Channels() []string {
	names := []string{}
	if c.Email != nil {
		names = append(names, "email")
	}
	if c.SMS != nil {
		names = append(names, "sms")
	}
	return names
}

// Flow is that of a channel by its name; the zero Flow where it is not set up.
func (c Config) Flow(channel string) Flow {
	switch {
	case channel == "email" && c.Email != nil:
		return c.Email.Flow
	case channel == "sms" && c.SMS != nil:
		return c.SMS.Flow
	}
	return Flow{}
}

// Email is the channel `email`.
type Email struct {
	Adapter string // smtp, file or http

	Host        string // of the adapter smtp
	Port        int
	User        string // empty: no login
	PasswordEnv string // the variable that holds the password
	Password    Secret // what that variable held when the configuration was loaded
	TLS         string // none, starttls or tls

	Directory string // of the adapter file: one file a message is written there
	HTTP      *HTTP  // of the adapter http; else nil

	From, ReplyTo string // ReplyTo may be empty
	CostMicros    int64  // of a message, in millionths of the currency's unit
	Flow

	// AllowUnreconciled admits a provider that can neither refuse a repeated
	// message, be asked for one, nor name one in its feedback.
	AllowUnreconciled bool
}

// Default is the configuration of an installation that says nothing.
func Default() Config {
	return Config{
		Shop:         Shop{Name: "shop", Zone: time.UTC, Currency: "XXX"},
		ReturnWindow: 30 * 24 * time.Hour,
		Listen:       "127.0.0.1:8080",
	}
}

// Secret is text that does not show itself in logs, errors or print-outs.
type Secret string

// Reveal is the text.
func (s Secret) Reveal() string { return string(s) }

// String hides the text and says whether there is any.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return "(hidden)"
}

// GoString is String.
func (s Secret) GoString() string { return s.String() }

// MarshalText is String, for JSON and its kind.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }
