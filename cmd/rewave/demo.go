package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rewave/rewave/internal/channel/sink"
	"github.com/rewave/rewave/internal/devstack"
	"github.com/rewave/rewave/internal/engine"
	"github.com/rewave/rewave/internal/fault"
	"github.com/rewave/rewave/internal/importer"
	"github.com/rewave/rewave/internal/postgres"
	"github.com/rewave/rewave/internal/replay"
	"github.com/rewave/rewave/internal/report"
	"github.com/rewave/rewave/internal/shop"
	"github.com/rewave/rewave/internal/web/show"
)

// keptRuns is how many demo runs' reports and mailboxes stay.
const keptRuns = 5

type demoOptions struct {
	orders, state string
	seed          uint64
	serve         bool
	listen        string
	form          fileForm
}

func (a *app) demo() *cobra.Command {
	var o demoOptions
	c := &cobra.Command{
		Use:   "demo",
		Short: "Run the main job on private services, from orders to report",
		Long: `Starts a private PostgreSQL and Redis, imports a shop's orders, plans
campaigns of the shelf, sends their waves to a mail server in this process and
their text messages into a folder while the last months are replayed, and
reports. It needs no configuration and looks at none.

Without --orders the shop is a made-up one of 36,000 customers and two years.
They answer: a message lifts the purchases of those whom it reaches by as much
as was planted, and the report is shown beside that truth. Another --seed is
another shop of the same kind.

With --orders the shop's own past is replayed. Nobody was really written to, so
a correct report finds no effect in 95 of 100 runs.

The services are stopped and their data removed at the end. The reports and the
mailbox of the newest five runs stay in the state directory; nothing is written
anywhere else.`,
		Example: `  rewave demo
  rewave demo --serve
  rewave demo --orders online_retail.csv.gz --preset uci-online-retail`,
		Args: operands,
		RunE: func(c *cobra.Command, _ []string) error {
			if o.orders == "" && o.form != (fileForm{}) {
				return fault.New(fault.Usage, "demo: --preset, --map, --zone, --currency, --decimal and --encoding say how to read --orders, which is not there", "rewave demo --orders online_retail.csv.gz --preset uci-online-retail")
			}
			if o.orders != "" && c.Flags().Changed("seed") {
				return fault.New(fault.Usage, "demo: --seed is of the made-up shop, and --orders brings a shop of its own", "rewave demo --orders "+o.orders)
			}
			if !o.serve && c.Flags().Changed("listen") {
				return fault.New(fault.Usage, "demo: --listen says where --serve shows the pages", "rewave demo --serve --listen 127.0.0.1:0")
			}
			return a.runDemo(c.Context(), o)
		},
	}
	c.Flags().StringVar(&o.orders, "orders", "", "a `FILE` of real orders instead of the made-up shop")
	o.form.flags(c, importer.Orders, "UTC", "")
	c.Flags().Uint64Var(&o.seed, "seed", shop.Default().Seed, "`NUMBER` of the made-up shop")
	c.Flags().BoolVar(&o.serve, "serve", false, "show shop, mailbox, plans and reports as pages, until interrupted")
	c.Flags().StringVar(&o.listen, "listen", "127.0.0.1:8080", "`ADDRESS` of the pages")
	c.Flags().StringVar(&o.state, "state", "", "`FOLDER` for everything that is written (default /var/lib/rewave for root, else ~/.local/state/rewave)")
	return a.takesVerbose(c)
}

// demo is one run in progress.
type demo struct {
	*app
	demoOptions
	began  time.Time
	out    string // where reports and mailbox stay
	info   shopInfo
	stack  *devstack.Stack
	store  *postgres.Store
	sink   *sink.Sink
	clock  *replay.Clock
	engine *engine.Engine
	living *living  // the made-up shop; nil: the past of a real one
	names  []string // of the campaigns that were applied

	audited  string       // what the audit found, in a sentence
	figures  []show.Count // of the made-up shop
	listener net.Listener // of the pages; nil: they are not asked for
}

// texts is the folder of the text messages.
func (d *demo) texts() string { return filepath.Join(d.out, "texts") }

// shopInfo is what the demo has to know of the shop it plays.
type shopInfo struct {
	name, currency string
	zone           *time.Location
}

func (a *app) runDemo(ctx context.Context, o demoOptions) error {
	d := &demo{app: a, demoOptions: o, began: time.Now()}
	if o.orders == "" {
		// A world of 36,000 customers is little memory, and its two processors have better to do than to look through it.
		defer debug.SetGCPercent(debug.SetGCPercent(300))
	}
	if o.serve {
		// A port in use is known before anything starts.
		var err error
		if d.listener, err = listenFor(o.listen, "rewave demo --serve"); err != nil {
			return err
		}
		defer d.listener.Close() //nolint:errcheck // as a rule the server has closed it
		d.listen = d.listener.Addr().String()
	}
	reports, err := d.run(ctx)
	if e := d.stop(); err == nil {
		err = e
	}
	if ctx.Err() != nil {
		// What the work itself said when it was cut off is its cause.
		err = fault.Wrap(fault.Unavailable, err, "interrupted", "the private services are stopped; nothing of this run was kept")
	}
	if err != nil {
		if e := os.RemoveAll(d.out); e != nil { // no folder is none to remove
			err = errors.Join(err, e)
		}
		return err
	}
	if err := keepNewest(filepath.Dir(d.out)); err != nil {
		return err
	}
	if err := d.close(reports); err != nil || d.listener == nil {
		return err
	}
	fmt.Fprintf(d.stdout, "\nThe pages are at http://%s/ until you interrupt this (Ctrl-C).\n", d.listen)
	return d.show(ctx, d.listener, d.pages(reports))
}

// run is the main job, start to report.
func (d *demo) run(ctx context.Context) ([]report.Report, error) {
	// A file that cannot be read is known before anything starts.
	opts, err := d.orderOptions()
	if err != nil {
		return nil, err
	}
	if err := d.start(ctx); err != nil {
		return nil, err
	}
	load := func() error { return d.load(ctx, opts) }
	if d.orders == "" {
		load = func() error { return d.loadLiving(ctx) }
	}
	if err := load(); err != nil {
		return nil, err
	}
	asOf, err := d.play(ctx)
	if err != nil {
		return nil, err
	}
	if err := d.verify(ctx); err != nil {
		return nil, err
	}
	return d.reports(ctx, asOf)
}

// say prints a line of the journey.
func (d *demo) say(format string, args ...any) {
	d.line(fmt.Sprintf("%5.1fs  ", time.Since(d.began).Seconds()), fmt.Sprintf(format, args...))
}

// more prints what belongs to the line before.
func (d *demo) more(name, text string) { d.line("        "+name, text) }

func (d *demo) line(prefix, text string) { fmt.Fprintln(d.stdout, wrap(prefix, text)) }

// start brings up the services, the database and the mail server.
func (d *demo) start(ctx context.Context) (err error) {
	if d.state == "" {
		if d.state, err = devstack.DefaultStateDir(); err != nil {
			return err
		}
	}
	if d.state, err = filepath.Abs(d.state); err != nil {
		return err
	}
	d.stack, err = devstack.Start(ctx, devstack.Options{StateDir: d.state, Log: d.stdout})
	if err != nil {
		return err
	}
	d.say("private services are up")
	for line := range strings.SplitSeq(d.stack.Describe(), "\n") {
		d.more("", line)
	}
	if _, err := postgres.Migrate(ctx, d.stack.DSN); err != nil {
		return err
	}
	if d.store, err = postgres.Open(ctx, d.stack.DSN, postgres.Options{MaxConns: 16, Name: "rewave demo"}); err != nil {
		return err
	}
	d.out = filepath.Join(d.state, "demo", fmt.Sprintf("%s-%d", time.Now().UTC().Format("20060102T150405"), os.Getpid()))
	if err := os.MkdirAll(d.out, 0o755); err != nil {
		return fmt.Errorf("make room for the reports: %w", err)
	}
	d.clock = replay.NewClock(d.began)
	if d.sink, err = sink.Start(sink.Options{Dir: filepath.Join(d.out, "mailbox"), Now: d.now}); err != nil {
		return fmt.Errorf("start the mail server of the demo: %w", err)
	}
	return nil
}

// now is the time that is replayed.
func (d *demo) now() time.Time { return *d.clock.At() }

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

// keepNewest removes all but the newest runs.
func keepNewest(parent string) error {
	runs, err := filepath.Glob(filepath.Join(parent, "20*")) // sorted: the oldest first
	for ; err == nil && len(runs) > keptRuns; runs = runs[1:] {
		err = os.RemoveAll(runs[0])
	}
	return err
}
