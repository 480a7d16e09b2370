package main

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/channel"
	"github.com/rewave/rewave/internal/channel/email"
	"github.com/rewave/rewave/internal/channel/file"
	"github.com/rewave/rewave/internal/engine"
	"github.com/rewave/rewave/internal/evaluation"
	"github.com/rewave/rewave/internal/fault"
	"github.com/rewave/rewave/internal/importer"
	"github.com/rewave/rewave/internal/order"
	"github.com/rewave/rewave/internal/postgres"
	"github.com/rewave/rewave/internal/replay"
	"github.com/rewave/rewave/workers"
)

const (
	// closesBefore is how long before the data end entry closes: first message
	// within two days, 30 days of window, 30 days of returns, one day of late orders.
	closesBefore = 63 * 24 * time.Hour
	// demoSpan is how long entry is open: from before a Double 11 to the end of April.
	demoSpan = 170 * 24 * time.Hour
	// demoLeast is how long entry must be open for a replay to show anything.
	demoLeast = 30 * 24 * time.Hour
	// demoStep is the grid of the replayed clock. The made-up shop has more to send
	// and is played on a coarser one; no window of its campaigns is shorter.
	demoStep   = time.Hour
	livingStep = 8 * time.Hour

	demoInFlight = 20
	demoFrom     = "Rewave demo <shop@demo.invalid>"
	demoMargin   = 0.4
	demoCost     = 2000  // micros: 0.002 of the currency's unit for an e-mail
	demoTextCost = 40000 // 0.04 for a text message
)

// demoCampaigns are planned where the past of a real shop is replayed. Their
// names salt the assignment, so they were fixed before the first run.
var demoCampaigns = []string{"second-order", "win-back"}

// orderOptions says how the person's own orders are read, and where their shop
// stands.
func (d *demo) orderOptions() (importer.Options, error) {
	d.info.name = "Your shop, replayed"
	zone := map[string]string{importer.UCIOnlineRetail: "Europe/London", importer.CDNOW: "America/New_York"}[d.form.preset]
	if d.orders == "" {
		d.info.name, zone = madeUpName, madeUpZone
	}
	opts, err := d.form.options(importer.Orders, d.orders, importer.Attributes{})
	if err != nil {
		return opts, err
	}
	switch {
	case opts.Zone != nil:
	case opts.Map.Zone != nil:
		opts.Zone = opts.Map.Zone
	case zone != "":
		if opts.Zone, err = calendar.Zone(zone); err != nil {
			return opts, err
		}
	default:
		opts.Zone = time.UTC
	}
	d.info.zone = opts.Zone
	if d.orders != "" {
		if err := importer.Check(opts); err != nil {
			err = d.form.fitted(err, func(kind string) string {
				if kind != importer.Orders {
					return ""
				}
				return "rewave demo --orders " + d.orders
			})
			return opts, d.form.tried(err, "rewave demo --orders "+d.orders, " --zone Europe/Berlin")
		}
		opts.AddressTemplate = "%s@demo.invalid"
		opts.Consent = &postgres.AssumedConsent{Channel: "email", At: time.Unix(0, 0), Source: "demo"}
	}
	return opts, nil
}

// load imports the history of a real shop.
func (d *demo) load(ctx context.Context, own importer.Options) error {
	if err := d.importOne(ctx, own); err != nil {
		return err
	}
	d.say("addresses are ID@demo.invalid, and consent to e-mail is assumed for everyone: the file has none")
	var err error
	if d.info.currency, err = d.store.MainCurrency(ctx); err != nil {
		return err
	}
	if d.info.currency == "" {
		return fault.New(fault.Invalid, "there is not one order to replay", "")
	}
	return nil
}

// importOne imports a file and says what came of it.
func (d *demo) importOne(ctx context.Context, opts importer.Options) error {
	opts.Now = d.began
	opts.Rejects = filepath.Join(d.out, filepath.Base(opts.File)+".rejects.csv")
	bar := d.progress("reading " + opts.Kind)
	opts.Progress = bar.update
	sum, err := importer.Run(ctx, d.store, opts)
	bar.done()
	if err == nil {
		err = noneMerged(sum)
	}
	if err != nil {
		return err
	}
	lines := importLines(sum, d.info.zone)
	d.say("%s: %s", opts.Kind, lines[0])
	for _, line := range lines[1:] {
		if d.orders != "" || strings.HasPrefix(line, "addresses left out") { // the rest is more than a stranger asks
			d.more("", line)
		}
	}
	d.warnRejected(sum)
	return nil
}

// play applies the campaigns and replays the last months.
func (d *demo) play(ctx context.Context) (asOf time.Time, err error) {
	span, err := d.span(ctx)
	if err != nil {
		return asOf, err
	}
	if err := d.wire(ctx, span.from); err != nil {
		return asOf, err
	}
	if err := d.apply(ctx, span); err != nil {
		return asOf, err
	}
	day := func(t time.Time) string { return t.In(d.info.zone).Format("2 Jan 2006") }
	d.say("replaying %s to %s; entry is open until %s, so that every figure is final at the end", day(span.from), day(span.until), day(span.closes))
	if d.living == nil {
		d.say("nobody was really written to at that time, so the two groups of each campaign differ by chance only (an A/A replay)")
		d.say("a margin of %.0f %% of revenue and %s a message are assumed: the file says neither", 100*demoMargin, evaluation.English().Money(demoCost/1e6, evaluation.Currency{Code: d.info.currency, Digits: 3}))
	} else {
		d.say("the shop lives on meanwhile: whoever a message reaches buys more often for a while, as planted")
	}
	log := d.log(slog.LevelWarn)
	redis, err := connect(ctx, d.stack.RedisURL, log)
	if err != nil {
		return asOf, err
	}
	defer redis.Close() //nolint:errcheck // it goes away with its server
	bar := d.progress("replaying")
	driver := &replay.Driver{
		Engine: d.engine, Clock: d.clock, Step: demoStep,
		Dispatcher: workers.NewDispatcher(d.engine, redis, log),
		Server:     &workers.Server{Engine: d.engine, Redis: redis, Log: log, Channels: slices.Sorted(maps.Keys(d.engine.Channels)), Poll: 2 * time.Millisecond},
		Progress:   func(at time.Time, _ int) { bar.update(int64(at.Sub(span.from)), int64(span.until.Sub(span.from))) },
	}
	if d.living != nil {
		driver.Step, driver.Feed = livingStep, d.living
	}
	stops, err := driver.Run(ctx, span.from, span.until)
	bar.done()
	if err != nil {
		return asOf, err
	}
	d.say("replayed %s in %s", count(int(span.until.Sub(span.from).Hours()/24), "day"), count(stops, "stop"))
	return span.until, nil
}

// span is the time that is replayed, and when entry closes.
type span struct{ from, closes, until time.Time }

// span of a real shop ends with its last order; that of the made-up one is
// written down.
func (d *demo) span(ctx context.Context) (span, error) {
	if d.living != nil {
		return span{livingFrom, livingUntil.Add(-closesBefore), livingUntil}, nil
	}
	first, last, err := d.store.OrderSpan(ctx)
	if err != nil {
		return span{}, err
	}
	until := *last
	closes := until.Add(-closesBefore)
	if first.After(closes.Add(-demoLeast)) {
		day := 24 * time.Hour
		return span{}, fault.New(fault.Invalid, fmt.Sprintf("the orders span %s; a replay takes %d at least", count(int(until.Sub(*first)/day)+1, "day"), (closesBefore+demoLeast)/day),
			fmt.Sprintf("customers enter for a month or more, and their results are final %d days after the last has entered; a year of orders shows most", closesBefore/day))
	}
	return span{closes.Add(-demoSpan).Truncate(24 * time.Hour), closes, until}, nil
}

func waveNames(c campaigns.Campaign) []string {
	names := make([]string, len(c.Waves))
	for i, w := range c.Waves {
		names[i] = w.Name
	}
	return names
}

// wire builds the engine: the live one, but for its clock.
func (d *demo) wire(ctx context.Context, from time.Time) error {
	links, err := linksOf(ctx, d.store)
	if err != nil {
		return err
	}
	if err := d.store.EnsureFeatures(ctx, d.info.currency, d.info.zone.String()); err != nil {
		return err
	}
	at, err := netip.ParseAddrPort(d.sink.Addr())
	if err != nil {
		return err
	}
	mail, err := email.New(email.Options{Host: at.Addr().String(), Port: int(at.Port()), TLS: email.TLSNone, InFlight: demoInFlight, Date: d.now})
	if err != nil {
		return err
	}
	d.clock.Set(from)
	margin := demoMargin
	d.engine = &engine.Engine{
		Store: d.store, Clock: d.clock, Replay: true, AA: d.living == nil, Links: links, Log: d.log(slog.LevelWarn),
		Shop: engine.Shop{Name: d.info.name, Zone: d.info.zone, Currency: d.info.currency, Digits: order.Decimals(d.info.currency), PublicURL: "http://" + d.listen,
			ReturnWindow: 30 * 24 * time.Hour, Margin: &margin, CostMicros: map[string]int64{"email": demoCost}},
		Channels: map[string]*engine.Sender{},
	}
	open := map[string]channel.Channel{"email": mail}
	sender := map[string]string{"email": demoFrom}
	if d.living != nil {
		sender["email"] = madeUpName + " <shop@demo.invalid>"
	}
	if d.living != nil {
		texts, err := file.New(file.Options{Name: "sms", Directory: d.texts(), Date: d.now})
		if err != nil {
			return err
		}
		open["sms"], sender["sms"], d.engine.Shop.CostMicros["sms"] = texts, madeUpName, demoTextCost
		d.living.engine = d.engine
		d.living.clock = d.now
	}
	for name, c := range open {
		if d.living != nil {
			c = d.living.listen(c)
		}
		d.engine.Channels[name] = engine.NewSender(c, sender[name], demoInFlight)
	}
	return nil
}
