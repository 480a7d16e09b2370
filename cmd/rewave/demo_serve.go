package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/rewave/rewave/internal/evaluation"
	"github.com/rewave/rewave/internal/fault"
	"github.com/rewave/rewave/internal/report"
	"github.com/rewave/rewave/internal/web"
	"github.com/rewave/rewave/internal/web/show"
)

// listenFor opens an address that a flag names.
func listenFor(address, call string) (net.Listener, error) {
	l, err := web.Listen(address)
	if f, ok := fault.Of(err); ok {
		return nil, fault.Wrap(f.Code, err, f.Message, call+" --listen 127.0.0.1:0 takes a free port")
	}
	return l, err
}

// shown is a campaign as the pages' front shows it.
func shown(r report.Report, folder string) show.Campaign {
	c := show.Campaign{Name: r.Campaign, Says: r.Says, Folder: folder, Verdict: r.Badge()}
	if p, ok := r.Primary(); ok {
		c.Class, c.Sentence = string(p.Verdict), p.Sentence
		if r.Undecided() {
			c.Class = string(evaluation.Open)
		}
		if t := r.Planted; t != nil && t.Treated > 0 {
			c.Sentence += fmt.Sprintf(" In truth it was %s: %s.", r.Language.Effect(t.Effect, 1), held(t.Covered))
		}
	}
	of := func(label, state string) {
		c.Counts = append(c.Counts, show.Count{Label: label, N: count64(r.Deliveries, func(d report.DeliveryCount) bool { return state == "" || d.State == state })})
	}
	of("planned", "")
	of("sent", "accepted")
	of("withheld", "withheld")
	of("not sent", "suppressed")
	return c
}

// pages show a finished run, from its folder alone.
func (d *demo) pages(reports []report.Report) http.Handler {
	read := func(ending string) func(context.Context, string) ([]byte, error) {
		return func(_ context.Context, name string) ([]byte, error) {
			return os.ReadFile(filepath.Join(d.out, name+ending))
		}
	}
	folders := map[string]string{}
	for i, name := range d.names {
		folders[name] = filepath.Join(d.out, "campaigns", d.running()[i])
	}
	says := "A replay of the shop's own past: nobody was really written to, so a correct report finds no effect."
	if d.living != nil {
		says = "A made-up shop of two years. Its customers answer what they get, so that each report stands beside the truth."
	}
	return show.New(show.Options{
		Title: d.info.name, Says: says, Dir: d.out, Zone: d.info.zone, Log: d.log(slog.LevelWarn),
		Campaigns: func(context.Context) ([]show.Campaign, error) {
			all := make([]show.Campaign, len(reports))
			for i, r := range reports {
				all[i] = shown(r, folders[r.Campaign])
			}
			return all, nil
		},
		Report: read(".html"), Plan: read(".plan.html"),
		Shop:  func(context.Context) ([]show.Count, error) { return d.figures, nil },
		Audit: func(context.Context) (string, bool, error) { return d.audited, true, nil },
		Next:  []string{"rewave dev", "rewave demo --orders FILE", "rewave campaign new spring-tea"},
	})
}

// show answers until ctx ends.
func (a *app) show(ctx context.Context, l net.Listener, pages http.Handler) error {
	server := &http.Server{Handler: pages, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second, WriteTimeout: time.Minute, IdleTimeout: time.Minute}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	select {
	case err := <-ended:
		return fmt.Errorf("serve the pages: %w", err)
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	err := server.Shutdown(grace)
	if e := <-ended; !errors.Is(e, http.ErrServerClosed) {
		err = errors.Join(err, e)
	}
	return err
}
