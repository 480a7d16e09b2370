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

	"github.com/rewave/rewave/internal/fault"
	"github.com/rewave/rewave/internal/web"
	"github.com/rewave/rewave/workers"
)

const runHelp = `DATABASE_URL and REDIS_URL say where PostgreSQL and Redis are, rewave.yaml what
the shop is. Any number of processes may run each role side by side. The first
interrupt lets what is under way end; nothing is lost or sent twice either way.`

func (a *app) all() *cobra.Command {
	return &cobra.Command{Use: "all", Short: "Run every role in one process", Long: "Runs serve, work and tick in one process.\n\n" + runHelp,
		Example: "  rewave all\n  rewave all --config /etc/rewave.yaml\n  REWAVE_LISTEN=127.0.0.1:9000 rewave all",
		Args:    cobra.NoArgs,
		RunE:    func(c *cobra.Command, _ []string) error { return a.roles(c.Context(), "serve", "work", "tick") }}
}

func (a *app) serve() *cobra.Command {
	return &cobra.Command{Use: "serve", Short: "Answer the links of messages, and /healthz", Long: "Answers unsubscribe links and /healthz on REWAVE_LISTEN.\n\n" + runHelp,
		Example: "  rewave serve\n  REWAVE_LISTEN=0.0.0.0:8080 rewave serve\n  curl http://127.0.0.1:8080/healthz",
		Args:    cobra.NoArgs,
		RunE:    func(c *cobra.Command, _ []string) error { return a.roles(c.Context(), "serve") }}
}

func (a *app) work() *cobra.Command {
	return &cobra.Command{Use: "work", Short: "Send what is due: gate, render, provider", Long: "Takes chunks of due deliveries off the queues and sends them.\n\n" + runHelp,
		Example: "  rewave work\n  rewave work --verbose\n  rewave work & rewave work &",
		Args:    cobra.NoArgs,
		RunE:    func(c *cobra.Command, _ []string) error { return a.roles(c.Context(), "work") }}
}

func (a *app) tick() *cobra.Command {
	return &cobra.Command{Use: "tick", Short: "Plan waves, hand out what is due, reap what was dropped", Long: "Runs planner, dispatcher and reaper.\n\n" + runHelp,
		Example: "  rewave tick\n  rewave tick --verbose\n  rewave tick --config /etc/rewave.yaml",
		Args:    cobra.NoArgs,
		RunE:    func(c *cobra.Command, _ []string) error { return a.roles(c.Context(), "tick") }}
}

// roles runs the named roles until ctx ends or one of them cannot go on.
func (a *app) roles(ctx context.Context, names ...string) error {
	l, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer l.close()
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var starts []func(context.Context) error
	if slices.Contains(names, "serve") {
		start, err := l.serving()
		if err != nil {
			return err
		}
		starts = append(starts, start)
	}
	if slices.Contains(names, "work") || slices.Contains(names, "tick") {
		if len(l.engine.Channels) == 0 {
			return fault.New(fault.Invalid, "no channel is set up: there is nothing to send with", "describe one under `channels:` in rewave.yaml")
		}
		if l.config.PublicURL == "" {
			return fault.New(fault.Invalid, "public_url is not set: the unsubscribe links of messages would lead nowhere", "public_url: https://mail.shop.example in rewave.yaml")
		}
		more, err := l.background(ctx, names)
		if err != nil {
			return err
		}
		starts = append(starts, more...)
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
	return nil
}

// serving listens at once, so that a port in use is known before anything runs.
func (l *live) serving() (func(context.Context) error, error) {
	listener, err := web.Listen(l.config.Listen)
	if err != nil {
		return nil, err
	}
	server := web.New(web.Options{Health: l.store.CheckMigrated, Keys: l.engine.Links.Keys, Unsubscriber: l.engine, Log: l.log})
	return func(ctx context.Context) error { return serveUntil(ctx, server, listener, l) }, nil
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

func (l *live) background(ctx context.Context, names []string) ([]func(context.Context) error, error) {
	redis, err := l.queue(ctx)
	if err != nil {
		return nil, err
	}
	var starts []func(context.Context) error
	if slices.Contains(names, "work") {
		server := &workers.Server{Engine: l.engine, Redis: redis, Log: l.log, Channels: slices.Sorted(maps.Keys(l.engine.Channels))}
		starts = append(starts, server.Run)
	}
	if slices.Contains(names, "tick") {
		d := workers.NewDispatcher(l.engine, redis, l.log)
		starts = append(starts, func(ctx context.Context) error {
			workers.RunAll(ctx, workers.Planner(l.engine), d.Role(), d.Janitor(), workers.Reaper(l.engine))
			return nil
		})
	}
	return starts, nil
}
