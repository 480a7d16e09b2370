package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/rewave/rewave/internal/evaluation"
	"github.com/rewave/rewave/internal/fault"
	"github.com/rewave/rewave/internal/report"
	"github.com/rewave/rewave/internal/web"
	"github.com/rewave/rewave/internal/web/show"
)

// listenFor opens an address that a flag names. It must be this machine's own:
// the pages ask nobody who they are.
func listenFor(address, call string) (net.Listener, error) {
	hint := call + " --listen 127.0.0.1:0"
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fault.New(fault.Usage, fmt.Sprintf("--listen %q is not host:port", address), hint)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, fault.New(fault.Usage, fmt.Sprintf("--listen %s is reached from other machines, and the pages ask for no login", address), hint)
	}
	l, err := web.Listen(address)
	if f, ok := fault.Of(err); ok {
		return nil, fault.Wrap(f.Code, err, f.Message, hint)
	}
	return l, err
}

// shown is a campaign as the pages' front shows it.
func shown(r report.Report, folder string) show.Campaign {
	c := show.Campaign{Name: r.Campaign, Says: r.Says, Folder: folder, Verdict: r.Badge()}
	if p, ok := r.Primary(); ok {
		c.Class, c.Sentence = string(p.Verdict), p.Sentence
		if r.Undecided() {
			c.Class = string(evaluation.Provisional)
		}
		if m, ok := p.Metric(evaluation.MetricProfit); ok && m.Total.Known() {
			c.Sentence += fmt.Sprintf(" Extra profit %s, between %s and %s.", r.Language.Money(*m.Total.Estimate, p.Currency), r.Language.Money(*m.Total.Lo, p.Currency), r.Language.Money(*m.Total.Hi, p.Currency))
		}
		if t := r.Planted; t != nil && t.Treated > 0 {
			c.Sentence += fmt.Sprintf(" In truth it was %s: %s.", r.Language.Effect(t.Effect, 1), held(t.Covered))
		}
	}
	of := func(states ...string) int64 {
		return count64(r.Deliveries, func(d report.DeliveryCount) bool { return len(states) == 0 || slices.Contains(states, d.State) })
	}
	c.Counts = []show.Count{{Label: "planned", N: of()}, {Label: "sent", N: of("accepted")}, {Label: "withheld", N: of("withheld")},
		{Label: "not sent", N: of() - of("accepted", "withheld", "planned", "sending")}}
	if waiting := of("planned", "sending"); waiting > 0 {
		c.Counts = append(c.Counts, show.Count{Label: "waiting", N: waiting})
	}
	return c
}

// pages show a finished run, from its folder alone.
func (d *demo) pages(reports []report.Report) http.Handler {
	read := func(ending string) func(context.Context, string) ([]byte, error) {
		return func(_ context.Context, name string) ([]byte, error) {
			page, err := os.ReadFile(filepath.Join(d.out, name+ending))
			return withWayBack(page), err
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

// withWayBack puts a link to the front before a page that was made to stand alone.
func withWayBack(page []byte) []byte {
	return bytes.Replace(page, []byte("<body>\n"), []byte("<body>\n<p><a href=\"/\">All campaigns</a></p>\n"), 1)
}

// gone answers the links of messages whose installation is gone.
func gone(w http.ResponseWriter, _ *http.Request) {
	http.Error(w, "This link ended the messages of a run that is over. While rewave dev runs, the links in its mailbox work.", http.StatusGone)
}

// show answers until ctx ends.
func (a *app) show(ctx context.Context, l net.Listener, pages http.Handler) error {
	mux := http.NewServeMux()
	mux.Handle("/", pages)
	mux.HandleFunc("/u/", gone)
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second, WriteTimeout: time.Minute, IdleTimeout: time.Minute}
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
