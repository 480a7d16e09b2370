package main

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/redis/go-redis/v9"

	"github.com/rewave/rewave/internal/channel"
	"github.com/rewave/rewave/internal/channel/email"
	"github.com/rewave/rewave/internal/channel/file"
	"github.com/rewave/rewave/internal/channel/webhook"
	"github.com/rewave/rewave/internal/config"
	"github.com/rewave/rewave/internal/delivery"
	"github.com/rewave/rewave/internal/engine"
	"github.com/rewave/rewave/internal/fault"
	"github.com/rewave/rewave/internal/message"
	"github.com/rewave/rewave/internal/order"
	"github.com/rewave/rewave/internal/postgres"
	"github.com/rewave/rewave/workers"
)

// live is an installation: its configuration, its database and its engine.
type live struct {
	config config.Config
	store  *postgres.Store
	engine *engine.Engine
	log    *slog.Logger
}

// open connects to the database that the configuration names, for commands that
// only read and write facts: it opens no channel.
func (a *app) open(ctx context.Context) (*live, error) {
	c, dsn, err := a.configured()
	if err != nil {
		return nil, err
	}
	store, err := postgres.Open(ctx, dsn, postgres.Options{})
	if err != nil {
		return nil, err
	}
	l := &live{config: c, store: store, log: a.log(slog.LevelInfo)}
	if err := store.CheckMigrated(ctx); err != nil {
		l.close()
		return nil, err
	}
	if l.engine, err = newEngine(ctx, c, store, l.log); err != nil {
		l.close()
		return nil, err
	}
	if c.Shop.Currency != "XXX" { // nobody has said which orders count
		if err := store.EnsureFeatures(ctx, c.Shop.Currency, c.Shop.Zone.String()); err != nil {
			l.close()
			return nil, err
		}
	}
	return l, nil
}

// sayZone says that nobody has said where the shop is: a time in another zone than
// the reader's looks like any other.
func (l *live) sayZone(a *app) {
	if l.config.File == "" {
		fmt.Fprintln(a.stderr, "note: times are in UTC: no rewave.yaml here says a zone, nor --config FILE")
	}
}

// openToSend is open with the channels.
func (a *app) openToSend(ctx context.Context) (*live, error) {
	l, err := a.open(ctx)
	if err != nil {
		return nil, err
	}
	if err := l.openChannels(); err != nil {
		l.close()
		return nil, err
	}
	return l, nil
}

// openToAsk is open with the channels whose providers can say what became of a
// message: they are reached over HTTP, and no mail server need be within reach.
func (a *app) openToAsk(ctx context.Context) (*live, error) {
	l, err := a.open(ctx)
	if err != nil {
		return nil, err
	}
	if c := l.config.Email; c != nil && c.HTTP != nil {
		err = l.sends("email", openHTTP("email", *c.HTTP, c.InFlight), c.From, c.AllowUnreconciled)
	}
	if c := l.config.SMS; err == nil && c != nil && c.HTTP != nil {
		err = l.sends("sms", openHTTP("sms", *c.HTTP, c.InFlight), c.From, c.AllowUnreconciled)
	}
	if err != nil {
		l.close()
		return nil, err
	}
	return l, nil
}

func (l *live) close() {
	if l.engine != nil {
		for _, s := range l.engine.Channels {
			if err := s.Channel.Close(); err != nil {
				l.log.Warn("close channel", "channel", s.Channel.Name(), "error", err)
			}
		}
	}
	l.store.Close()
}

// connect opens Redis. What its library says of its connections is for those
// who ask for every step.
func connect(ctx context.Context, url string, log *slog.Logger) (redis.UniversalClient, error) {
	redis.SetLogger(redisLog{log})
	return workers.Connect(ctx, url, log)
}

type redisLog struct{ *slog.Logger }

func (l redisLog) Printf(ctx context.Context, format string, args ...any) {
	l.DebugContext(ctx, "redis", "says", fmt.Sprintf(format, args...))
}

// noDatabase is the fault of a command that needs one.
func noDatabase() error {
	return fault.New(fault.Invalid, "DATABASE_URL is not set: there is no database to use", "DATABASE_URL=postgres://rewave@127.0.0.1/rewave rewave db migrate")
}

// newEngine is the one place that turns a configuration into an engine; its
// channels are not open yet.
func newEngine(ctx context.Context, c config.Config, store *postgres.Store, log *slog.Logger) (*engine.Engine, error) {
	links, err := linksOf(ctx, store)
	if err != nil {
		return nil, err
	}
	e := &engine.Engine{Store: store, Links: links, Log: log, Channels: map[string]*engine.Sender{}, Shop: shopOf(c)}
	for _, name := range c.Channels() {
		e.Channels[name] = engine.NewSender(unopened(name), "", 1)
	}
	return e, nil
}

// unopened is a channel that is set up, in a command that sends nothing: where
// that runs, the mail server or the folder need not be within reach.
type unopened string

func (u unopened) Name() string             { return string(u) }
func (u unopened) Promise() channel.Promise { return channel.Promise{} }
func (u unopened) Close() error             { return nil }

// Send takes nothing.
func (u unopened) Send(context.Context, channel.Message) channel.Outcome {
	return channel.Outcome{Verdict: channel.NotTaken, Reason: "not open"}
}

func (l *live) openChannels() error {
	if c := l.config.Email; c != nil {
		opened, err := openEmail(*c)
		if err != nil {
			return err
		}
		if err := l.sends("email", opened, c.From, c.AllowUnreconciled); err != nil {
			return err
		}
	}
	if c := l.config.SMS; c != nil {
		opened, err := openSMS(*c)
		if err != nil {
			return err
		}
		return l.sends("sms", opened, c.From, c.AllowUnreconciled)
	}
	return nil
}

// sends has the engine send on an open channel, as far as the provider can be held
// to what it took: whatever its adapter, that is asked of each.
func (l *live) sends(name string, opened channel.Channel, from string, unreconciled bool) error {
	if !opened.Promise().Reconciles() && !unreconciled {
		return fault.New(fault.Invalid, name+" channel: its provider can neither be asked for a message, nor refuse a repeated one, nor name it in its feedback",
			"write channels."+name+".allow_unreconciled: true if it may stay unknown whether a message arrived")
	}
	flow := l.config.Flow(name)
	s := engine.NewSender(opened, from, flow.InFlight)
	if w := flow.WarmUp; w != nil {
		s.WarmUp = &delivery.WarmUp{From: w.From, Start: w.Start, Grow: w.Grow, Until: w.Until, Zone: l.config.Shop.Zone}
	}
	l.engine.Channels[name] = s
	return nil
}

// shareRates has the workers of a channel share its rate.
func (l *live) shareRates(redis redis.UniversalClient, presence *workers.Presence) {
	for name, s := range l.engine.Channels {
		if flow := l.config.Flow(name); flow.Messages > 0 {
			s.Tokens = &workers.Tokens{Redis: redis, Presence: presence, Channel: name, Rate: workers.Rate{Messages: flow.Messages, Per: flow.Per}, Log: l.log}
		}
	}
}

func openEmail(c config.Email) (channel.Channel, error) {
	switch c.Adapter {
	case "file":
		return file.New(file.Options{Name: "email", Directory: c.Directory, Sync: true})
	case "http":
		return openHTTP("email", *c.HTTP, c.InFlight), nil
	}
	return email.New(email.Options{Host: c.Host, Port: c.Port, User: c.User, Password: c.Password.Reveal(),
		TLS: email.TLS(c.TLS), ReplyTo: c.ReplyTo, InFlight: c.InFlight})
}

func openSMS(c config.SMS) (channel.Channel, error) {
	if c.Adapter == "http" {
		return openHTTP("sms", *c.HTTP, c.InFlight), nil
	}
	return file.New(file.Options{Name: "sms", Directory: c.Directory, Sync: true})
}

func openHTTP(name string, c config.HTTP, inFlight int) channel.Channel {
	return webhook.New(webhook.Options{Name: name, URL: c.URL, Token: c.Token.Reveal(), Idempotency: c.Idempotency, Lookup: c.Lookup,
		Feedback: c.FeedbackEnv != "", NotTaken: c.NotTaken, MaxConns: inFlight})
}

// shopOf is what the engine knows of the shop.
func shopOf(c config.Config) engine.Shop {
	shop := engine.Shop{Name: c.Shop.Name, Zone: c.Shop.Zone, Currency: c.Shop.Currency, Digits: order.Decimals(c.Shop.Currency), PublicURL: c.PublicURL,
		Quiet: c.QuietHours, QuietIn: c.QuietIn, Global: c.Global.Share, Epoch: c.Global.Epoch, MaxAge: c.Feeds, Cap: postgres.Cap{Limit: c.PerCustomer.Count, Window: c.PerCustomer.Window},
		Blackout: c.Blackout, Groups: map[string]postgres.Cap{}, ReturnWindow: c.ReturnWindow, CostMicros: map[string]int64{}}
	for name, group := range c.Groups {
		shop.Groups[name] = postgres.Cap{Limit: group.Count, Window: group.Window}
	}
	if c.Shop.Margin.Known {
		margin := float64(c.Shop.Margin.Billions) / 1e9
		shop.Margin = &margin
	}
	if c.Email != nil {
		shop.CostMicros["email"] = c.Email.CostMicros
	}
	if c.SMS != nil {
		shop.CostMicros["sms"] = c.SMS.CostMicros
	}
	return shop
}

// linksOf reads the secrets behind the links, which live with the deliveries.
func linksOf(ctx context.Context, store *postgres.Store) (engine.Links, error) {
	name, secrets, err := store.Installation(ctx)
	if err != nil {
		return engine.Links{}, err
	}
	keys, err := message.NewKeys(secrets...)
	// Eight hex digits of a random name tell installations at one provider apart.
	return engine.Links{Installation: name[:8], Keys: keys}, err
}
