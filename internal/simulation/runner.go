package simulation

import (
	"context"
	"time"

	"github.com/rewave/rewave/internal/engine"
)

// runner is the engine's stopwatch, waits and calls.
type runner struct{ w *World }

var _ engine.Runner = runner{}

func (r runner) me() *thread { return r.w.scheduler.running }

func (r runner) Now() time.Time {
	if a := r.me().actor; a != nil {
		return r.w.clock.Add(a.skew)
	}
	return r.w.clock
}

func (r runner) Timeout(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	return &deadline{Context: ctx, w: r.w, at: r.w.clock.Add(d)}, func() {}
}

func (r runner) Sleep(ctx context.Context, d time.Duration) {
	if end, ok := ctx.Deadline(); ok {
		d = min(d, end.Sub(r.w.clock))
	}
	r.me().sleep(d)
}

// deadline is a context that ends by the world's clock.
type deadline struct {
	context.Context
	w  *World
	at time.Time
}

func (d *deadline) Deadline() (time.Time, bool) {
	if end, ok := d.Context.Deadline(); ok && end.Before(d.at) {
		return end, true
	}
	return d.at, true
}

func (d *deadline) Err() error {
	if !d.w.clock.Before(d.at) {
		return context.DeadlineExceeded
	}
	return d.Context.Err()
}

// odd are zones whose clocks do what one does not expect.
var odd = []string{"", "UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "America/Sao_Paulo", "Asia/Kathmandu", "Asia/Shanghai"}

// days are days on which clocks or calendars jump, and others.
var daysOfNote = []time.Time{date(2026, 3, 8), date(2026, 3, 29), date(2026, 10, 25), date(2026, 4, 5), date(2028, 2, 29), date(2018, 11, 4), date(2011, 12, 29), date(2026, 6, 10)}
