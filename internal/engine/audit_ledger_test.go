package engine_test

import (
	"context"
	"testing"
	"time"

	"github.com/rewave/rewave/internal/postgres"
)

// Of all who ask within the hour one audits; what it finds stays to be read.
func TestTheLedgerIsAuditedOnceAnHour(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.entered(6, thanks())
	ctx := context.Background()
	if g, err := w.Store.Gauges(ctx); err != nil || !g.Audited.IsZero() || len(g.Broken) != 0 {
		t.Fatalf("before the first audit: %+v, %v", g, err)
	}
	w.db.Exec(t, "update deliveries set due_at = now() - interval '2 minutes'")
	for range 3 {
		if _, err := w.AuditLedger(ctx); err != nil {
			t.Fatal(err)
		}
	}
	g, err := w.Store.Gauges(ctx)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "probes that are kept", len(g.Broken), len(postgres.Probes()))
	same(t, "due", g.Due, 12)
	if g.Oldest < 2*time.Minute || g.Oldest > time.Hour || time.Since(g.Audited) > time.Hour {
		t.Errorf("the oldest is due for %v, audited at %v", g.Oldest, g.Audited)
	}
	ended := g.Audited
	w.db.Exec(t, "update audits set begun_at = begun_at - interval '61 minutes'")
	if _, done, err := w.Store.AuditIfDue(ctx, time.Hour); !done || err != nil {
		t.Errorf("an hour later it is not due (%v)", err)
	}
	if _, done, _ := w.Store.AuditIfDue(ctx, time.Hour); done {
		t.Error("it is due twice")
	}
	if g, err = w.Store.Gauges(ctx); err != nil || !g.Audited.After(ended) {
		t.Errorf("the second audit ended at %v, the first at %v (%v)", g.Audited, ended, err)
	}
}
