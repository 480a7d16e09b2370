package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/audit"
	"github.com/rewave/rewave/internal/channel/sink"
	"github.com/rewave/rewave/internal/devstack"
	"github.com/rewave/rewave/internal/engine"
	"github.com/rewave/rewave/internal/importer"
	"github.com/rewave/rewave/internal/postgres"
	"github.com/rewave/rewave/internal/report"
	"github.com/rewave/rewave/internal/shop"
	"github.com/rewave/rewave/internal/web"
	"github.com/rewave/rewave/internal/web/show"
)

type devOptions struct{ state, listen string }

func (a *app) dev() *cobra.Command {
	var o devOptions
	c := &cobra.Command{
		Use:   "dev",
		Short: "Everything on private services, live, with a shop that buys",
		Long: `Starts a private PostgreSQL and Redis, a mail server and every role in this
process, in live time, and beside them a made-up shop whose customers order,
read, redeem and unsubscribe, a dozen new ones a minute. A campaign runs
whose waves are minutes apart, so that messages can be watched going out.
Nothing leaves the machine.

It prints what another terminal needs to work on the same installation: list,
plan and apply campaigns of your own, show reports, audit. An interrupt stops
all of it and removes the data; the mailbox stays in the state directory.`,
		Example: `  rewave dev
  rewave dev --listen 127.0.0.1:9000
  rewave dev --state /tmp/rewave`,
		Args: operands,
		RunE: func(c *cobra.Command, _ []string) error { return a.runDev(c.Context(), o) },
	}
	c.Flags().StringVar(&o.state, "state", "", "`FOLDER` for everything that is written (default /var/lib/rewave for root, else ~/.local/state/rewave)")
	c.Flags().StringVar(&o.listen, "listen", "127.0.0.1:8080", "`ADDRESS` of the pages and of the links in messages")
	return a.takesVerbose(c)
}

// The shop of dev buys so fast that something happens every few seconds.
const (
	devGrid     = 10 * time.Second   // of what the shop does, and how often it comes in
	devStory    = 2 * 24 * time.Hour // from last midnight on; its customers are all in memory
	devNewcomer = 15                 // customers a minute
)

// oldShop is its past up to last midnight: two years in which customers took
// their time, so that segments and plans have something to find.
func oldShop(now time.Time) shop.Config {
	c := shop.Small()
	c.End = now.Truncate(24 * time.Hour)
	c.Start = c.End.AddDate(-2, 0, 0)
	return c
}

// quickShop is a shop whose year is a day: a customer who stays buys again within
// the hour.
func quickShop(now time.Time) shop.Config {
	c := shop.Default()
	c.Start = now.Truncate(24 * time.Hour)
	c.End = c.Start.Add(devStory)
	c.Customers = int(c.End.Sub(c.Start) / time.Minute * devNewcomer)
	c.Seed = uint64(now.Unix())
	c.First = 500_000    // beyond those of the past
	c.Model.Scale = 0.05 // of a day
	return c
}

// dev is a development server under way.
type dev struct {
	*app
	devOptions
	out     string
	stack   *devstack.Stack
	sink    *sink.Sink
	inner   *app // the same program, pointed at the private services
	live    *live
	living  *living
	ends    time.Time        // the shop's story
	told    map[string]int64 // what was printed of each line last
	brought importCounts
}

// importCounts is what came in since the last line was printed.
type importCounts struct{ orders, refunds, customers, events, optOuts int }

func (a *app) runDev(ctx context.Context, o devOptions) (err error) {
	d := &dev{app: a, devOptions: o, told: map[string]int64{}}
	listener, err := listenFor(o.listen, "rewave dev")
	if err != nil {
		return err
	}
	defer listener.Close() //nolint:errcheck // as a rule the server has closed it
	d.listen = listener.Addr().String()
	defer func() {
		err = errors.Join(err, d.stop())
		if err == nil && ctx.Err() != nil {
			fmt.Fprintf(a.stdout, "\nStopped; the data are removed. The mailbox is %s\n", filepath.Join(d.out, "mailbox", "mailbox.mbox"))
		}
	}()
	if err := d.start(ctx); err != nil {
		return stopped(ctx, err)
	}
	if err := d.stock(ctx); err != nil {
		return stopped(ctx, err)
	}
	d.greet()
	e := d.live.engine
	server := web.New(web.Options{Health: d.live.store.CheckMigrated, Keys: e.Links.Keys, Unsubscriber: e, Pages: d.pages(), Log: d.live.log})
	return stopped(ctx, d.run(ctx, func(ctx context.Context) error { return serveUntil(ctx, server, listener, d.live) }))
}

// stopped is nil where an interrupt ended what was under way, as is meant here.
func stopped(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// start brings up the services and writes the settings that every command reads.
func (d *dev) start(ctx context.Context) (err error) {
	if d.state == "" {
		if d.state, err = devstack.DefaultStateDir(); err != nil {
			return err
		}
	}
	if d.state, err = filepath.Abs(d.state); err != nil {
		return err
	}
	if d.stack, err = devstack.Start(ctx, devstack.Options{StateDir: d.state, Log: d.stdout}); err != nil {
		return err
	}
	if _, err := postgres.Migrate(ctx, d.stack.DSN); err != nil {
		return err
	}
	d.out = filepath.Join(d.state, "dev", fmt.Sprintf("%s-%d", time.Now().UTC().Format("20060102T150405"), os.Getpid()))
	if err := os.MkdirAll(d.out, 0o755); err != nil {
		return fmt.Errorf("make room for the mailbox: %w", err)
	}
	if d.sink, err = sink.Start(sink.Options{Dir: filepath.Join(d.out, "mailbox")}); err != nil {
		return fmt.Errorf("start the mail server: %w", err)
	}
	settings := filepath.Join(d.out, "rewave.yaml")
	if err := writeFile(settings, d.settings); err != nil {
		return err
	}
	inner := *d.app
	inner.config = settings
	inner.env = []string{"DATABASE_URL=" + d.stack.DSN, "REDIS_URL=" + d.stack.RedisURL} // and nothing of the caller's installation
	d.inner = &inner
	if d.live, err = inner.openToSend(ctx); err != nil {
		return err
	}
	d.live.log = d.log(slog.LevelWarn)
	d.live.engine.Log = d.live.log
	return keepNewest(filepath.Dir(d.out))
}

// settings is the rewave.yaml of dev.
func (d *dev) settings(w io.Writer) error {
	host, port, _ := strings.Cut(d.sink.Addr(), ":")
	_, err := fmt.Fprintf(w, `# Written by rewave dev, for the commands that work beside it.
shop: {name: %s, zone: %s, currency: %s, margin: %.0f%%}
public_url: http://%s
channels:
  email: {adapter: smtp, host: %s, port: %s, tls: none, from: "Rewave dev <shop@demo.invalid>", cost: 0.002, in_flight: 20, allow_unreconciled: true}
  sms: {adapter: file, directory: %q, from: Fernway, cost: 0.04, in_flight: 20}
`, madeUpName, madeUpZone, shop.Currency, 100*demoMargin, d.listen, host, port, filepath.Join(d.out, "texts"))
	return err
}

// stock brings in the shop's past, the codes and the campaigns.
func (d *dev) stock(ctx context.Context) error {
	now := time.Now().UTC()
	config := quickShop(now)
	s, err := shop.New(config)
	if err != nil {
		return err
	}
	world, err := s.World(config.Start, devGrid)
	if err != nil {
		return err
	}
	old, err := shop.New(oldShop(now))
	if err != nil {
		return err
	}
	until := now.Truncate(devGrid)
	today := world.Advance(until)
	d.ends = config.End
	d.living = &living{store: d.live.store, engine: d.live.engine, world: world, dir: filepath.Join(d.stack.Dir, "shop"), step: devGrid, due: until,
		clock: func() time.Time { return time.Now().UTC() }, effect: quickEffects(), worth: worths()}
	for _, sender := range d.live.engine.Channels {
		sender.Channel = d.living.listen(sender.Channel)
	}
	for _, file := range []struct {
		kind  string
		write func(io.Writer) error
	}{
		{importer.Products, old.WriteProducts}, {importer.Customers, old.WriteCustomers},
		{importer.Orders, old.WriteOrders}, {importer.Events, old.WriteEvents},
		{importer.Customers, today.WriteCustomers}, {importer.Orders, today.WriteOrders}, {importer.Events, today.WriteEvents},
	} {
		if _, err := d.living.importFile(ctx, now, file.kind, filepath.Join(d.living.dir, file.kind+".csv"), file.write); err != nil {
			return err
		}
	}
	if err := makeCodes(ctx, d.live.store); err != nil {
		return err
	}
	return d.apply(ctx)
}

// quickEffects are those of the demo for a shop whose year is a day.
func quickEffects() map[string]shop.Effect {
	all := map[string]shop.Effect{}
	for of, e := range planted {
		e.Fades /= 365
		all[of] = e
	}
	return all
}

// devCampaigns are the shelf's, with waves minutes apart.
var devCampaigns = map[string]*strings.Replacer{
	"thanks-coupon-care": strings.NewReplacer(
		"    after: 1d\n", "    after: 1m\n", "wait: 9d}", "wait: 2m}", "wait: 11d}", "wait: 2m}",
		"    between: [\"09:30\", \"20:30\"]         # in the customer's zone, else the shop's\n", "", "    between: [\"09:30\", \"20:30\"]\n", "",
		"holdout: auto\n", "holdout: 20%\n"),
}

// apply launches the campaigns; they lie beside the mailbox, to be changed and
// applied again.
func (d *dev) apply(ctx context.Context) error {
	folder := filepath.Join(d.out, "campaigns")
	for name, quick := range devCampaigns {
		shelf, err := fs.Sub(campaigns.Library(), name)
		if err != nil {
			return err
		}
		if err := os.CopyFS(filepath.Join(folder, name), shelf); err != nil {
			return fmt.Errorf("copy the campaign %s: %w", name, err)
		}
		// Its cases are of the waits that it had.
		if err := os.RemoveAll(filepath.Join(folder, name, "campaign.test.yaml")); err != nil {
			return err
		}
		file := filepath.Join(folder, name, campaigns.File)
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if err := os.WriteFile(file, []byte(quick.Replace(string(text))), 0o644); err != nil {
			return err
		}
		c, err := campaigns.Load(os.DirFS(folder), name, campaigns.Options{Root: folder})
		if err != nil {
			return err
		}
		if _, err := d.live.engine.ApplyCampaign(ctx, c, nil); err != nil {
			return err
		}
	}
	return nil
}

// greet says where everything is.
func (d *dev) greet() {
	fmt.Fprintf(d.stdout, `Running: http://%s/ shows the shop, its mailbox and its campaigns.

In another terminal, for the same installation:
  export PATH="%s:$PATH"
  export DATABASE_URL='%s'
  export REDIS_URL='%s'
  cd '%s'
  rewave campaign list
  rewave campaign validate campaigns/thanks-coupon-care
  rewave report show thanks-coupon-care
  rewave audit

Ctrl-C ends it. What happens, as it happens:

`, d.listen, programFolder(), d.stack.DSN, d.stack.RedisURL, d.out)
}

// programFolder is where this program lies, for a shell that goes elsewhere.
func programFolder() string {
	path, err := os.Executable()
	if err != nil {
		return "."
	}
	return filepath.Dir(path)
}

// run lets the roles, the shop and the pages go on until ctx ends or one of them
// cannot.
func (d *dev) run(ctx context.Context, pages func(context.Context) error) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	starts, err := d.live.background(ctx, []string{"work", "tick"})
	if err != nil {
		return err
	}
	var all sync.WaitGroup
	for _, start := range append(starts, d.keepShop, pages) {
		all.Go(func() {
			if err := start(ctx); err != nil {
				stop(err)
			}
		})
	}
	all.Wait()
	if err := context.Cause(ctx); !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// keepShop brings in what the shop does, as it does it, and says what went out.
func (d *dev) keepShop(ctx context.Context) error {
	tick := time.NewTicker(devGrid)
	defer tick.Stop()
	for n := 1; ; n++ {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if !d.living.due.Before(d.ends) {
			fmt.Fprintln(d.stdout, wrap(time.Now().Format("15:04:05  "), "the story of this shop has ended: nobody orders any more. Stop it, and start another."))
			return nil
		}
		for now := time.Now(); !d.living.due.Add(devGrid).After(now) && d.living.due.Before(d.ends); {
			if err := d.living.Feed(ctx, now); err != nil {
				return err
			}
			h := d.living.last
			d.brought.orders += len(h.Orders)
			d.brought.refunds += len(h.Refunds)
			d.brought.customers += len(h.Customers)
			d.brought.events += len(h.Events)
			d.brought.optOuts += len(h.OptOuts)
		}
		if n%3 == 0 {
			if err := d.tellLine(ctx); err != nil {
				return err
			}
		}
	}
}

// tellLine prints what has happened since the last line.
func (d *dev) tellLine(ctx context.Context) error {
	b := d.brought
	d.brought = importCounts{}
	said := []string{count(b.orders, "order"), count(b.customers, "new customer")}
	for _, more := range []struct {
		n    int
		noun string
	}{{b.refunds, "refund"}, {b.events, "event"}, {b.optOuts, "opt-out"}} {
		if more.n > 0 {
			said = append(said, count(more.n, more.noun))
		}
	}
	running, err := d.live.store.Campaigns(ctx, "")
	if err != nil {
		return err
	}
	for _, c := range running {
		sent, err := d.sentSince(ctx, c.Name)
		if err != nil {
			return err
		}
		if len(sent) > 0 {
			said = append(said, c.Name+": "+strings.Join(sent, ", "))
		}
	}
	fmt.Fprintln(d.stdout, wrap(time.Now().Format("15:04:05  "), strings.Join(said, "; ")))
	return nil
}

// sentSince is what became of a campaign's messages since the last line, by wave.
func (d *dev) sentSince(ctx context.Context, campaign string) ([]string, error) {
	c, err := d.live.store.CampaignDesign(ctx, campaign, 0)
	if err != nil {
		return nil, err
	}
	counts, err := d.live.store.DeliveryCounts(ctx, c.ID, c.Design)
	if err != nil {
		return nil, err
	}
	now := map[string]int64{}
	for _, n := range counts {
		switch n.State {
		case "accepted":
			now[n.Wave+" sent"] += n.Count
		case "withheld":
			now[n.Wave+" withheld"] += n.Count
		}
	}
	var said []string
	for _, w := range c.Definition.Waves {
		for _, what := range []string{" sent", " withheld"} {
			key := campaign + "/" + w.Name + what
			if n := now[w.Name+what] - d.told[key]; n > 0 {
				said = append(said, fmt.Sprintf("%s %s", w.Name+what, thousands(int(n))))
			}
			d.told[key] = now[w.Name+what]
		}
	}
	return said, nil
}

// pages show the installation as it is when they are asked for.
func (d *dev) pages() http.Handler {
	evaluate := func(ctx context.Context, name string) (report.Report, error) {
		now, err := d.live.store.Now(ctx)
		if err != nil {
			return report.Report{}, err
		}
		return d.live.engine.EvaluateCampaign(ctx, name, engine.Evaluating{AsOf: now})
	}
	return show.New(show.Options{
		Title: madeUpName, Says: "A made-up shop, live: its customers order, read, redeem and unsubscribe while you watch. Reload to see more.",
		Dir: d.out, Zone: d.live.engine.Shop.Zone, Log: d.live.log,
		Campaigns: func(ctx context.Context) ([]show.Campaign, error) {
			running, err := d.live.store.Campaigns(ctx, "")
			if err != nil {
				return nil, err
			}
			all := make([]show.Campaign, 0, len(running))
			for _, c := range running {
				r, err := evaluate(ctx, c.Name)
				if err != nil {
					return nil, err
				}
				all = append(all, shown(r, ""))
			}
			return all, nil
		},
		Report: func(ctx context.Context, name string) ([]byte, error) {
			r, err := evaluate(ctx, name)
			if err != nil {
				return nil, err
			}
			var page bytes.Buffer
			err = r.HTML(&page)
			return withWayBack(page.Bytes()), err
		},
		Audit: func(ctx context.Context) (string, bool, error) {
			result, err := audit.Run(ctx, d.live.store)
			if err != nil {
				return "", false, err
			}
			if err := result.Err(); err != nil {
				return err.Error(), false, nil
			}
			return allHold(result), true, nil
		},
		Next: []string{"cd " + d.out, "rewave campaign new spring-tea", "rewave campaign plan campaigns/spring-tea", "rewave campaign apply campaigns/spring-tea"},
	})
}

// stop ends what start began.
func (d *dev) stop() error {
	var err error
	if d.live != nil {
		d.live.close()
		d.live = nil
	}
	if d.sink != nil {
		err = errors.Join(err, d.sink.Close())
		d.sink = nil
	}
	if d.stack != nil {
		err = errors.Join(err, d.stack.Stop())
		d.stack = nil
	}
	return err
}
