package engine_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/engine"
	"github.com/rewave/rewave/internal/importer"
	"github.com/rewave/rewave/internal/testkit"
)

// What an import brings counts from when others can see it, not from when the
// import began: a message that left in between broke no promise.
func TestAnImportUnderWayAccusesNoGate(t *testing.T) {
	t.Parallel()
	for name, file := range map[string]struct{ kind, text string }{
		"of withdrawals": {importer.Customers, "customer_id,email,consent_email,consent_at\nc1,c1@mail.example,no,2026-01-01\n"},
		"of orders":      {importer.Orders, "order_id,customer_id,placed_at,sku,quantity,unit_price\no1,c1,NOW,mug,1,9.90\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.live()
			w.customers(1)
			w.apply(thanks(treatAll, func(c *campaigns.Campaign) { c.Waves[0].After.Wait = 0 }))
			w.db.Exec(t, "update campaigns set activated_at = activated_at - interval '1 hour'")
			w.db.Exec(t, "insert into identities (kind, value, customer_id) select 'shop', shop_id, customer_id from customers")
			now := testkit.Get[time.Time](t, w.db, "select clock_timestamp()")
			w.order("c1", now.Add(-time.Minute), 1000)
			w.enter()

			path := filepath.Join(t.TempDir(), "file.csv")
			text := strings.ReplaceAll(file.text, "NOW", now.Add(-10*time.Second).UTC().Format(time.RFC3339))
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			release := w.holdMerges()
			ended := make(chan error, 1)
			go func() {
				_, err := importer.Run(context.Background(), w.Store, importer.Options{Kind: file.kind, File: path, Zone: time.UTC, Currency: "EUR"})
				ended <- err
			}()
			w.waitForMerge()
			sent := engine.Sent{}
			for _, c := range w.handOut() {
				var err error
				if sent, err = w.SendDeliveries(context.Background(), c); err != nil {
					t.Fatal(err)
				}
			}
			same(t, "sent while the import was under way", sent, engine.Sent{Accepted: 1, Gated: 1})
			release()
			if err := <-ended; err != nil {
				t.Fatal(err)
			}
			w.sound()
		})
	}
}

// holdMerges lets imports begin their merge and get no further.
func (w *world) holdMerges() (release func()) {
	w.t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, w.db.DSN)
	if err != nil {
		w.t.Fatal(err)
	}
	if _, err := conn.Exec(ctx, "select pg_advisory_lock(hashtext('rewave:apply'))"); err != nil {
		w.t.Fatal(err)
	}
	return func() {
		if err := conn.Close(ctx); err != nil {
			w.t.Error(err)
		}
	}
}

func (w *world) waitForMerge() {
	w.t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for testkit.Get[int](w.t, w.db, "select count(*)::int from pg_locks where locktype = 'advisory' and not granted and database = (select oid from pg_database where datname = current_database())") == 0 {
		if time.Now().After(deadline) {
			w.t.Fatal("no import came to its merge")
		}
	}
}
