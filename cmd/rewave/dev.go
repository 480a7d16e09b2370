package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/rewave/rewave/internal/channel/sink"
	"github.com/rewave/rewave/internal/devstack"
	"github.com/rewave/rewave/internal/postgres"
	"github.com/rewave/rewave/internal/shop"
	"github.com/rewave/rewave/internal/web"
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
plan and apply campaigns of your own, ask segments, show reports, audit. An
interrupt stops all of it and removes the data; the mailbox stays in the state
directory.`,
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

// dev is a development server under way.
type dev struct {
	*app
	devOptions
	out     string
	stack   *devstack.Stack
	sink    *sink.Sink
	live    *live
	living  *living
	ends    time.Time        // the shop's story
	told    map[string]int64 // what was printed of each line last
	brought importCounts
}

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
	inner := *d.app // the same program, pointed at the private services
	inner.config = settings
	inner.env = []string{"DATABASE_URL=" + d.stack.DSN, "REDIS_URL=" + d.stack.RedisURL} // and nothing of the caller's installation
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
  rewave segment count --rule "orders.count == 1" --at "%s"
  rewave audit

Its two years of past end last midnight; since then a year goes by in a day. So
ask segments --at that midnight, or all that is recent is of today.

Ctrl-C ends it. What happens, as it happens:

`, d.listen, programFolder(), d.stack.DSN, d.stack.RedisURL, d.out, time.Now().In(d.live.engine.Shop.Zone).Format("2006-01-02 00:00"))
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
	starts, _, err := d.live.background(ctx, []string{"work", "tick"})
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
