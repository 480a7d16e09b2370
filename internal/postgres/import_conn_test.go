package postgres_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/rewave/rewave/internal/importer"
	"github.com/rewave/rewave/internal/postgres"
	"github.com/rewave/rewave/internal/testkit"
)

func importFile(t *testing.T, store *postgres.Store, kind, text string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), kind+".csv")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := importer.Run(t.Context(), store, importer.Options{Kind: kind, File: path, Currency: "EUR"}); err != nil {
		t.Fatal(err)
	}
}

func TestAnImportGivesItsConnectionBackAsItWas(t *testing.T) {
	t.Parallel()
	db := testkit.NewDB(t)
	store, err := postgres.Open(t.Context(), db.DSN, postgres.Options{MaxConns: 4})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	session := func() (said string) {
		err := store.InTx(t.Context(), func(tx pgx.Tx) error {
			return tx.QueryRow(t.Context(), `select format('session %s, checks %s, waits %s, %s locks', pg_backend_pid(), current_setting('client_connection_check_interval'),
				current_setting('lock_timeout'), (select count(*) from pg_locks where pid = pg_backend_pid() and locktype = 'advisory'))`).Scan(&said)
		})
		if err != nil {
			t.Fatal(err)
		}
		return said
	}
	before := session()
	for day := range 3 {
		importFile(t, store, importer.Customers, fmt.Sprintf("customer_id\nann%d\n", day))
	}
	if got := session(); got != before {
		t.Errorf("got  %s\nwant %s", got, before)
	}
}

// The reading of events asks for their customers while the import goes on.
func TestAnImportDoesNotTakeTheOnlyConnection(t *testing.T) {
	t.Parallel()
	db := testkit.NewDB(t)
	store, err := postgres.Open(t.Context(), db.DSN, postgres.Options{MaxConns: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	importFile(t, store, importer.Customers, "customer_id\nann\n")
	importFile(t, store, importer.Events, "id,name,customer,at\n1,Seen,ann,2026-01-02 10:00\n")
	if got := testkit.Get[int](t, db, "select count(*) from events"); got != 1 {
		t.Errorf("%d events; want 1", got)
	}
}
