package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/audit"
	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/channel/email"
	"github.com/rewave/rewave/internal/channel/sink"
	"github.com/rewave/rewave/internal/devstack"
	"github.com/rewave/rewave/internal/engine"
	"github.com/rewave/rewave/internal/fault"
	"github.com/rewave/rewave/internal/importer"
	"github.com/rewave/rewave/internal/postgres"
	"github.com/rewave/rewave/internal/replay"
	"github.com/rewave/rewave/internal/report"
	"github.com/rewave/rewave/internal/shop"
	"github.com/rewave/rewave/workers"
)

const (
	// closesBefore is how long before the data end entry closes: first message
	// within two days, 30 days of window, 30 days of returns, one day of late orders.
	closesBefore = 63 * 24 * time.Hour
	// demoSpan is how long entry is open.
	demoSpan = 150 * 24 * time.Hour
	// demoStep is the grid of the replayed clock.
	demoStep = time.Hour

	demoInFlight = 20
	demoFrom     = "Rewave demo <shop@demo.invalid>"
	demoMargin   = 0.4
	demoCost     = 2000 // micros: 0.002 of the currency's unit for an e-mail
)

// demoCampaigns are planned in every demo. Their names salt the assignment, so
// they were fixed before the first run.
var demoCampaigns = []string{"second-order", "win-back"}

type demoOptions struct {
	orders, preset, state string
}

func (a *app) demo() *cobra.Command {
	var o demoOptions
	c := &cobra.Command{
		Use:   "demo",
		Short: "Run the main job on private services, from orders to report",
		Long: `Starts a private PostgreSQL and Redis, imports a shop's orders, plans two
campaigns, sends their waves to a mail server in this process while the last
months are replayed, and reports. Everything is stopped and removed at the end
but the reports and the mailbox. DATABASE_URL and REDIS_URL are not looked at.`,
		Example: `  rewave demo
  rewave demo --orders online_retail.csv.gz --preset uci-online-retail
  rewave demo --state /tmp/rewave`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if o.preset != "" && o.orders == "" {
				return fault.New(fault.Usage, "--preset says how to read --orders, which is not there", "rewave demo --orders FILE --preset uci-online-retail")
			}
			return a.runDemo(c.Context(), o)
		},
	}
	c.Flags().StringVar(&o.orders, "orders", "", "a file of real orders instead of the small made-up shop")
	c.Flags().StringVar(&o.preset, "preset", "", "how to read it: "+importer.UCIOnlineRetail+", "+importer.CDNOW+" or "+importer.Generic)
	c.Flags().StringVar(&o.state, "state", "", "directory for everything that is written (default /var/lib/rewave or ~/.local/state/rewave)")
	return c
}

// demo is one run in progress.
type demo struct {
	*app
	demoOptions
	began  time.Time
	out    string // where reports and mailbox stay
	stack  *devstack.Stack
	store  *postgres.Store
	sink   *sink.Sink
	clock  *replay.Clock
	engine *engine.Engine
	info   shopInfo
}

// shopInfo is what the demo has to know of the shop it plays.
type shopInfo struct {
	name, zone, currency string
}

func (a *app) runDemo(ctx context.Context, o demoOptions) (err error) {
	d := &demo{app: a, demoOptions: o, began: time.Now(), info: shopInfo{"The made-up shop", "Europe/London", shop.Currency}}
	if o.orders != "" {
		d.info.name = "Your shop, replayed"
		if o.preset == importer.CDNOW {
			d.info.zone, d.info.currency = "America/New_York", "USD"
		}
	}
	if err := d.start(ctx); err != nil {
		return err
	}
	defer func() {
		if e := d.stop(); err == nil {
			err = e
		}
	}()
	if err := d.load(ctx); err != nil {
		return err
	}
	asOf, err := d.play(ctx)
	if err != nil {
		return err
	}
	if err := d.reports(ctx, asOf); err != nil {
		return err
	}
	return d.verify(ctx)
}

func (d *demo) say(format string, args ...any) {
	fmt.Fprintf(d.stdout, "%5.1fs  %s\n", time.Since(d.began).Seconds(), fmt.Sprintf(format, args...))
}

// start brings up the services, the database and the mail server.
func (d *demo) start(ctx context.Context) (err error) {
	d.stack, err = devstack.Start(ctx, devstack.Options{StateDir: d.state, Log: d.stdout})
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, d.stop())
		}
	}()
	d.say("private services are up\n%s", indent(d.stack.Describe()))
	if _, err := postgres.Migrate(ctx, d.stack.DSN); err != nil {
		return err
	}
	if d.store, err = postgres.Open(ctx, d.stack.DSN, postgres.Options{MaxConns: 16, Name: "rewave demo"}); err != nil {
		return err
	}
	if d.out, err = keepDir(d.state); err != nil {
		return err
	}
	if d.sink, err = sink.Start(sink.Options{Dir: filepath.Join(d.out, "mailbox")}); err != nil {
		return fmt.Errorf("start the mail server of the demo: %w", err)
	}
	return nil
}

// stop ends what start began; nothing is left running.
func (d *demo) stop() error {
	var err error
	if d.sink != nil {
		err = errors.Join(err, d.sink.Close())
		d.sink = nil
	}
	if d.store != nil {
		d.store.Close()
		d.store = nil
	}
	if d.stack != nil {
		err = errors.Join(err, d.stack.Stop())
		d.stack = nil
	}
	return err
}

// load imports the shop's history: the files of the made-up shop go through the
// same door as a real one.
func (d *demo) load(ctx context.Context) error {
	zone, err := calendar.Zone(d.info.zone)
	if err != nil {
		return err
	}
	type step struct{ kind, file, preset string }
	steps := []step{{importer.Orders, d.orders, d.preset}}
	if d.orders == "" {
		dir := filepath.Join(d.stack.Dir, "shop")
		if err := writeShop(dir); err != nil {
			return err
		}
		steps = []step{{importer.Products, dir + "/products.csv", ""}, {importer.Customers, dir + "/customers.csv", ""}, {importer.Orders, dir + "/orders.csv", ""}}
	}
	for _, s := range steps {
		opts := importer.Options{Kind: s.kind, File: s.file, Preset: s.preset, Zone: zone, Currency: d.info.currency,
			Rejects: filepath.Join(d.out, filepath.Base(s.file)+".rejects.csv")}
		if d.orders != "" {
			opts.AddressTemplate = "%s@demo.invalid"
			opts.Consent = &postgres.AssumedConsent{Channel: "email", At: time.Unix(0, 0), Source: "demo"}
		}
		bar := d.progress("reading " + s.kind)
		opts.Progress = bar.update
		sum, err := importer.Run(ctx, d.store, opts)
		bar.done()
		if err != nil {
			return err
		}
		d.say("%s: %s", s.kind, importSentence(sum))
	}
	if d.orders != "" {
		d.say("addresses are ID@demo.invalid; consent to e-mail is assumed for everyone, because the file has none")
	}
	return nil
}

// play applies the campaigns and replays the last months.
func (d *demo) play(ctx context.Context) (asOf time.Time, err error) {
	_, last, err := d.store.OrderSpan(ctx)
	if err != nil {
		return asOf, err
	}
	if last == nil {
		return asOf, fault.New(fault.Invalid, "there is not one order to replay", "")
	}
	until := *last
	closes := until.Add(-closesBefore)
	from := closes.Add(-demoSpan).Truncate(24 * time.Hour)
	if err := d.wire(ctx, from); err != nil {
		return asOf, err
	}
	for _, name := range demoCampaigns {
		c, err := campaigns.Load(campaigns.Library(), name, campaigns.Options{})
		if err != nil {
			return asOf, err
		}
		if _, err := d.engine.ApplyCampaign(ctx, c, &closes); err != nil {
			return asOf, err
		}
	}
	d.say("replaying %s to %s: entry open until %s, holdout 50%%", day(from), day(until), day(closes))
	d.say("nobody was really written to then: this is an A/A replay, and a correct report finds no effect in 95 of 100")
	redis, err := workers.Connect(ctx, d.stack.RedisURL)
	if err != nil {
		return asOf, err
	}
	defer redis.Close() //nolint:errcheck // it goes away with its server
	log := d.log(slog.LevelWarn)
	bar := d.progress("replaying")
	driver := &replay.Driver{
		Engine: d.engine, Clock: d.clock, Step: demoStep,
		Dispatcher: workers.NewDispatcher(d.engine, redis, log),
		Server:     &workers.Server{Engine: d.engine, Redis: redis, Log: log, Channels: []string{"email"}, Poll: 2 * time.Millisecond},
		Progress:   func(at time.Time, _ int) { bar.update(int64(at.Sub(from)), int64(until.Sub(from))) },
	}
	stops, err := driver.Run(ctx, from, until)
	bar.done()
	if err != nil {
		return asOf, err
	}
	d.say("business time stopped %d times; what was due went out over SMTP", stops)
	return until, nil
}

// wire builds the engine: the live one, but for its clock.
func (d *demo) wire(ctx context.Context, from time.Time) error {
	zone, err := calendar.Zone(d.info.zone)
	if err != nil {
		return err
	}
	links, err := linksOf(ctx, d.store)
	if err != nil {
		return err
	}
	at, err := netip.ParseAddrPort(d.sink.Addr())
	if err != nil {
		return err
	}
	mail, err := email.New(email.Options{Host: at.Addr().String(), Port: int(at.Port()), TLS: email.TLSNone, MaxConns: demoInFlight})
	if err != nil {
		return err
	}
	d.clock = replay.NewClock(from)
	margin := demoMargin
	d.engine = &engine.Engine{
		Store: d.store, Clock: d.clock, Replay: true, Links: links, Log: d.log(slog.LevelWarn),
		Shop: engine.Shop{Name: d.info.name, Zone: zone, Currency: d.info.currency, Digits: 2, PublicURL: "http://127.0.0.1:8080",
			ReturnWindow: 30 * 24 * time.Hour, Margin: &margin, CostMicros: map[string]int64{"email": demoCost}},
		Channels: map[string]*engine.Sender{"email": engine.NewSender(mail, demoFrom, demoInFlight)},
	}
	return nil
}

// reports writes each campaign's report as page, text and JSON, and prints it.
func (d *demo) reports(ctx context.Context, asOf time.Time) error {
	for _, name := range demoCampaigns {
		r, err := d.engine.EvaluateCampaign(ctx, name, asOf)
		if err != nil {
			return err
		}
		base := filepath.Join(d.out, name)
		for ending, render := range map[string]func(report.Report, io.Writer) error{".html": report.Report.HTML, ".json": report.Report.JSON, ".txt": report.Report.Text} {
			if err := writeFile(base+ending, func(w io.Writer) error { return render(r, w) }); err != nil {
				return err
			}
		}
		fmt.Fprintln(d.stdout)
		if err := r.Text(d.stdout); err != nil {
			return err
		}
	}
	fmt.Fprintln(d.stdout)
	return nil
}

// verify lets the mail server's own file judge the ledger, and audits it.
func (d *demo) verify(ctx context.Context) error {
	if err := d.sink.Close(); err != nil {
		return err
	}
	logFile := d.sink.LogPath()
	d.sink = nil
	compared, err := audit.Mailbox(ctx, d.store, "email", d.engine.Ref, func(each func(id, to string) error) error {
		return sink.ReadLog(logFile, func(e sink.Entry) error { return each(e.ID, e.To) })
	})
	if err != nil {
		return err
	}
	d.say("the mail server's own file: %d messages to %d recipients, every message id once; the ledger has the same", compared.Messages, compared.Recipients)
	result, err := audit.Run(ctx, d.store)
	if err != nil {
		return err
	}
	if err := result.Text(d.stdout); err != nil {
		return err
	}
	if err := result.Err(); err != nil {
		return err
	}
	d.say("all %d invariants of the ledger hold", len(result.Probes))
	fmt.Fprintf(d.stdout, "\nKept in %s:\n", d.out)
	for _, name := range demoCampaigns {
		fmt.Fprintf(d.stdout, "  %s.html   the report as a page; .txt and .json beside it\n", name)
	}
	fmt.Fprintln(d.stdout, "  mailbox/          every message as it arrived")
	fmt.Fprintln(d.stdout, "Next: write your own campaign (campaigns/README.md), or replay your own orders with --orders.")
	return nil
}

func day(t time.Time) string { return t.Format("2 Jan 2006") }

func writeShop(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	s, err := shop.New(shop.Default())
	if err != nil {
		return err
	}
	for name, write := range map[string]func(io.Writer) error{"products.csv": s.WriteProducts, "customers.csv": s.WriteCustomers, "orders.csv": s.WriteOrders} {
		if err := writeFile(filepath.Join(dir, name), write); err != nil {
			return err
		}
	}
	return nil
}
