package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"github.com/rewave/rewave/internal/fault"
	"github.com/rewave/rewave/migrations"
)

// Migration is one numbered file and whether this database has it.
type Migration struct {
	Version   int64
	Name      string    // 0006_deliveries
	AppliedAt time.Time // zero while it is pending
}

// Migrate applies what is pending, each file in a transaction of its own, and
// returns what it applied, in order. Any number of processes may call it at
// once: one works, the others wait and find nothing left to do. When a file
// fails, those before it stay and an error names it.
func Migrate(ctx context.Context, dsn string) ([]Migration, error) {
	provider, err := newProvider(dsn)
	if err != nil {
		return nil, err
	}
	defer provider.Close() // the connection is of no further use
	if err := provider.Ping(ctx); err != nil {
		return nil, mapError(err)
	}
	results, err := provider.Up(ctx)
	var partial *goose.PartialError
	if errors.As(err, &partial) {
		results = partial.Applied
		err = fmt.Errorf("migrate %s: %w", migrationName(partial.Failed.Source.Path), partial.Err)
	}
	applied := make([]Migration, len(results))
	for i, r := range results {
		applied[i] = Migration{Version: r.Source.Version, Name: migrationName(r.Source.Path), AppliedAt: time.Now().UTC()}
	}
	return applied, err // not mapped: a missing table is the file's fault here
}

// Status lists every file this program knows, in order. It changes nothing.
func Status(ctx context.Context, dsn string) ([]Migration, error) {
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		return nil, badDSN(err)
	}
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, mapError(err)
	}
	defer conn.Close(ctx) // nothing is lost with it
	applied := map[int64]time.Time{}
	rows, err := conn.Query(ctx, `SELECT version_id, tstamp FROM goose_db_version WHERE is_applied`)
	if err == nil {
		var version int64
		var at time.Time
		_, err = pgx.ForEachRow(rows, []any{&version, &at}, func() error {
			applied[version] = at
			return nil
		})
	}
	if err != nil && !undefinedTable(err) {
		return nil, mapError(err)
	}
	known, err := knownMigrations()
	if err != nil {
		return nil, err
	}
	for i, m := range known {
		known[i].AppliedAt = applied[m.Version].UTC()
	}
	return known, nil
}

// CheckMigrated fails with a Fault unless the database has exactly the
// migrations this program knows.
func (s *Store) CheckMigrated(ctx context.Context) error {
	known, err := knownMigrations()
	if err != nil {
		return err
	}
	want := known[len(known)-1].Version
	var got int64
	err = s.pool.QueryRow(ctx, `SELECT coalesce(max(version_id), 0) FROM goose_db_version WHERE is_applied`).Scan(&got)
	switch {
	case err != nil:
		return mapError(err)
	case got == 0:
		return fault.New(fault.Unavailable, "the database is not migrated", migrateHint)
	case got < want:
		return fault.New(fault.Unavailable,
			fmt.Sprintf("the database is at migration %d, this program needs %d", got, want), migrateHint)
	case got > want:
		return fault.New(fault.Unavailable,
			fmt.Sprintf("the database is at migration %d, this program knows %d only", got, want), "use a newer rewave")
	}
	return nil
}

func newProvider(dsn string) (*goose.Provider, error) {
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		return nil, badDSN(err)
	}
	setSession(config, "rewave db migrate")
	return provider(stdlib.OpenDB(*config))
}

func provider(db *sql.DB) (*goose.Provider, error) {
	// Asked once a second, for ten minutes: a long migration on another machine.
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 600))
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(goose.DialectPostgres, db, migrations.FS,
		goose.WithSessionLocker(locker), goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger()))
}

// knownMigrations lists the embedded files in order.
func knownMigrations() ([]Migration, error) {
	entries, err := migrations.FS.ReadDir(".")
	if err != nil {
		return nil, err
	}
	known := make([]Migration, len(entries))
	for i, e := range entries {
		version, err := goose.NumericComponent(e.Name())
		if err != nil {
			return nil, err
		}
		known[i] = Migration{Version: version, Name: migrationName(e.Name())}
	}
	return known, nil
}

func migrationName(file string) string { return strings.TrimSuffix(path.Base(file), ".sql") }

func undefinedTable(err error) bool {
	var e *pgconn.PgError
	return errors.As(err, &e) && e.Code == "42P01"
}
