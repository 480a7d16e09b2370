package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/rewave/rewave/internal/config"
	"github.com/rewave/rewave/internal/web"
	"github.com/rewave/rewave/internal/web/metrics"
	"github.com/rewave/rewave/workers"
)

const runHelp = `DATABASE_URL and REDIS_URL say where PostgreSQL and Redis are, rewave.yaml what
the shop is: both are read once, so that a change needs a restart. Any number of
processes may run each role side by side. The first interrupt lets what is under
way end; nothing is lost or sent twice either way.`

func (a *app) all() *cobra.Command {
	return a.role("all", "Run every role in one process", "Runs serve, work and tick in one process.", `  rewave all
  rewave all --config /etc/rewave.yaml
  REWAVE_LISTEN=127.0.0.1:9000 rewave all`, "serve", "work", "tick")
}

func (a *app) serve() *cobra.Command {
	return a.role("serve", "Answer the links of messages, providers, and /healthz", "Answers unsubscribe links, the feedback of providers, /healthz and /metrics on\nREWAVE_LISTEN (127.0.0.1:8080). The last two are for you: do not let a proxy\npass them on.", `  rewave serve
  rewave serve --config /etc/rewave.yaml
  REWAVE_LISTEN=0.0.0.0:8080 rewave serve`, "serve")
}

func (a *app) work() *cobra.Command {
	return a.role("work", "Send what is due: gate, render, provider", `Takes chunks of due deliveries off the queues and sends them. While Redis is
away, it takes them from PostgreSQL.`, `  rewave work
  rewave work --verbose
  rewave work --config /etc/rewave.yaml`, "work")
}

func (a *app) tick() *cobra.Command {
	return a.role("tick", "Plan waves, hand out what is due, reap what was dropped", "Runs planner, dispatcher, reaper, reconciler and listener.", `  rewave tick
  rewave tick --verbose
  rewave tick --config /etc/rewave.yaml`, "tick")
}

func (a *app) role(name, short, long, example string, roles ...string) *cobra.Command {
	return a.takesVerbose(a.takesConfig(&cobra.Command{Use: name, Short: short, Long: long + "\n\n" + runHelp, Example: example, Args: operands,
		RunE: func(c *cobra.Command, _ []string) error { return a.roles(c.Context(), roles...) }}))
}

// roles runs the named roles until ctx ends or one of them cannot go on.
func (a *app) roles(ctx context.Context, names ...string) error {
	sends := slices.Contains(names, "work") || slices.Contains(names, "tick")
	if sends {
		c, err := config.Load(a.config, a.env)
		if err != nil {
			return err
		}
		if err := c.Validate(); err != nil {
			return err
		}
	}
	open := a.open
	switch {
	case slices.Contains(names, "work"):
		open = a.openToSend
	case slices.Contains(names, "tick"):
		open = a.openToAsk
	}
	if slices.Equal(names, []string{"work"}) {
		workers.TuneMemory()
	}
	l, err := open(ctx)
	if err != nil {
		return err
	}
	defer l.close()
	plantKillPoint(l)
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var starts []func(context.Context) error
	var notes func() []string
	if sends {
		if starts, notes, err = l.background(ctx, names); err != nil {
			return err
		}
	}
	if slices.Contains(names, "serve") {
		start, err := l.serving(notes)
		if err != nil {
			return err
		}
		starts = append(starts, start)
	}
	if l.config.File != "" {
		file, err := newSettingsFile(l.config.File)
		if err != nil {
			return err
		}
		starts = append(starts, func(ctx context.Context) error { return file.watch(ctx, l.log) })
	}
	l.log.Info("running", "roles", strings.Join(names, ", "))
	var all sync.WaitGroup
	for _, start := range starts {
		all.Go(func() {
			if err := start(ctx); err != nil {
				stop(err)
			}
		})
	}
	all.Wait()
	if err := context.Cause(ctx); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	l.log.Info("stopped", "roles", strings.Join(names, ", "))
	return nil
}

// serving listens at once, so that a port in use is known before anything runs.
func (l *live) serving(notes func() []string) (func(context.Context) error, error) {
	listener, err := web.Listen(l.config.Listen)
	if err != nil {
		return nil, err
	}
	secrets := map[string][]string{}
	for name, h := range l.config.HTTP() {
		for _, s := range h.Feedback {
			secrets[name] = append(secrets[name], s.Reveal())
		}
	}
	server := web.New(web.Options{Health: l.store.CheckMigrated, Notes: l.notes(notes), Keys: l.engine.Links.Keys, Unsubscriber: l.engine, Feedback: secrets, Recorder: l.engine, Metrics: metrics.Handler(l.figures, l.log), Log: l.log})
	return func(ctx context.Context) error { return serveUntil(ctx, server, listener, l) }, nil
}

// figures are what Prometheus asks for.
func (l *live) figures(ctx context.Context) (metrics.Figures, error) {
	g, err := l.store.Gauges(ctx)
	if err != nil {
		return metrics.Figures{}, err
	}
	f := metrics.Figures{Due: g.Due, Oldest: g.Oldest, UnderWay: g.UnderWay, InDoubt: g.InDoubt, Audited: g.Audited, Broken: g.Broken,
		Held: map[metrics.Hold]bool{{Channel: "all", By: "person"}: false}}
	for _, name := range l.channels() {
		f.Held[metrics.Hold{Channel: name, By: "person"}], f.Held[metrics.Hold{Channel: name, By: "provider"}] = false, false
	}
	rows, err := l.onHold(ctx)
	for _, r := range rows {
		h := metrics.Hold{Channel: r.On, By: "person"}
		if r.Until != "" {
			h.By = "provider"
		}
		if _, known := f.Held[h]; known { // not one that the settings have no more
			f.Held[h] = true
		}
	}
	return f, err
}

// notes adds what is on hold, and the providers that rest, to what a process knows
// by itself. It is well all the same: a restart would change nothing.
func (l *live) notes(own func() []string) func(context.Context) []string {
	return func(ctx context.Context) (all []string) {
		if own != nil {
			all = own()
		}
		held, _ := l.onHold(ctx) // without the database, that is what the answer says
		for _, h := range held {
			all = append(all, h.says)
		}
		return all
	}
}

func serveUntil(ctx context.Context, server *web.Server, listener net.Listener, l *live) error {
	l.log.Info("listening", "address", listener.Addr().String())
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	select {
	case err := <-ended:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	return errors.Join(server.Shutdown(grace), <-ended)
}

// background is the roles that send, and what those who look after them should know.
func (l *live) background(ctx context.Context, names []string) (starts []func(context.Context) error, notes func() []string, err error) {
	redis, err := connect(ctx, l.config.Redis.Reveal(), l.log)
	if err != nil {
		return nil, nil, err
	}
	if slices.Contains(names, "work") {
		presence := workers.NewPresence(redis, l.log)
		notes = presence.Notes
		l.shareRates(redis, presence)
		server := &workers.Server{Engine: l.engine, Redis: redis, Log: l.log, Presence: presence, Channels: slices.Sorted(maps.Keys(l.engine.Channels))}
		starts = append(starts, server.Run)
	}
	if slices.Contains(names, "tick") {
		d := workers.NewDispatcher(l.engine, redis, l.log)
		starts = append(starts, func(ctx context.Context) error {
			workers.RunAll(ctx, workers.Watch(l.engine), workers.Planner(l.engine), d.Role(), d.Janitor(), workers.Reaper(l.engine), workers.Reconciler(l.engine), workers.Listener(l.engine), workers.Fitter(l.engine), workers.Auditor(l.engine))
			return nil
		})
	}
	return starts, notes, nil
}
