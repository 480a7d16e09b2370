// Package metrics answers Prometheus: how late messages are, how many are in
// doubt, what is held, and whether each invariant of the ledger holds. It names no
// customer.
package metrics

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Figures is what is told.
type Figures struct {
	Due      int64            // deliveries that are due
	Oldest   time.Duration    // since the first of them came due
	UnderWay int64            // deliveries between gate and outcome
	InDoubt  int64            // deliveries that are unknown, and looked after
	Audited  time.Time        // zero: never
	Broken   map[string]int64 // rows that break each invariant, by its name
	Held     map[Hold]bool    // whether messages wait; as many as there are channels, and no more
}

// Hold is a channel, or all of them, and who holds it: a person, or its provider.
type Hold struct{ Channel, By string }

type collector struct {
	read func(context.Context) (Figures, error)
	log  *slog.Logger

	due, oldest, underWay, inDoubt, audited, broken, held *prometheus.Desc
}

// Handler answers with what read says at that moment, and with what the process
// uses. Where read fails, its figures are missing, and the log says why.
func Handler(read func(context.Context) (Figures, error), log *slog.Logger) http.Handler {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("rewave_"+name, help, labels, nil)
	}
	r := prometheus.NewRegistry()
	r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), &collector{read: read, log: log,
		due:      desc("due_deliveries", "Deliveries of running campaigns that are due."),
		oldest:   desc("due_oldest_seconds", "Seconds since the first of them came due."),
		underWay: desc("deliveries_under_way", "Deliveries between gate and outcome."),
		inDoubt:  desc("deliveries_in_doubt", "Deliveries of which nobody knows yet whether they arrived."),
		audited:  desc("audit_timestamp_seconds", "When the last hourly audit of the ledger ended, in seconds since 1970."),
		broken:   desc("invariant_broken_rows", "Rows that break an invariant, by the last audit.", "invariant"),
		held:     desc("sends_held", "Whether messages wait: a person holds the channel, or all, or its provider rests.", "channel", "by"),
	})
	return promhttp.HandlerFor(r, promhttp.HandlerOpts{})
}

// Describe is of prometheus.Collector.
func (c *collector) Describe(out chan<- *prometheus.Desc) { prometheus.DescribeByCollect(c, out) }

// Collect is of prometheus.Collector.
func (c *collector) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	f, err := c.read(ctx)
	if err != nil {
		c.log.Error("figures could not be read", "error", err)
		return
	}
	gauge := func(d *prometheus.Desc, value float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
	gauge(c.due, float64(f.Due))
	gauge(c.oldest, f.Oldest.Seconds())
	gauge(c.underWay, float64(f.UnderWay))
	gauge(c.inDoubt, float64(f.InDoubt))
	if !f.Audited.IsZero() {
		gauge(c.audited, float64(f.Audited.Unix()))
	}
	for name, rows := range f.Broken {
		gauge(c.broken, float64(rows), name)
	}
	for h, on := range f.Held {
		value := 0.0
		if on {
			value = 1
		}
		gauge(c.held, value, h.Channel, h.By)
	}
}
