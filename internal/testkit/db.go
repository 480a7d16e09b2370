package testkit

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/rewave/rewave/internal/postgres"
	"github.com/rewave/rewave/migrations"
)

// DB is a migrated database that belongs to one test.
type DB struct {
	DSN   string
	Store *postgres.Store
}

// Exec runs statements as the owner, for arranging what no door offers and for
// breaking what no door breaks. It ends the test on an error.
func (db *DB) Exec(t testing.TB, sql string, args ...any) {
	t.Helper()
	db.with(t, func(ctx context.Context, conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, sql, args...)
		return err
	})
}

// Get reads one value of one row into T. It ends the test on an error, and when
// there is no row.
func Get[T any](t testing.TB, db *DB, sql string, args ...any) T {
	t.Helper()
	var value T
	db.with(t, func(ctx context.Context, conn *pgx.Conn) error {
		return conn.QueryRow(ctx, sql, args...).Scan(&value)
	})
	return value
}

// List reads one column of all rows, in the statement's order.
func List[T any](t testing.TB, db *DB, sql string, args ...any) []T {
	t.Helper()
	var values []T
	db.with(t, func(ctx context.Context, conn *pgx.Conn) error {
		rows, err := conn.Query(ctx, sql, args...)
		if err == nil {
			values, err = pgx.CollectRows(rows, pgx.RowTo[T])
		}
		return err
	})
	return values
}

// Hold runs a statement in a transaction of its own, calls a function, and takes
// the statement back: for locks.
func (db *DB) Hold(sql string, meanwhile func()) error {
	return withConn(db.DSN, func(ctx context.Context, conn *pgx.Conn) error {
		tx, err := conn.Begin(ctx)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, sql)
		meanwhile()
		return errors.Join(err, tx.Rollback(ctx))
	})
}

func (db *DB) with(t testing.TB, work func(context.Context, *pgx.Conn) error) {
	t.Helper()
	if err := withConn(db.DSN, work); err != nil {
		t.Fatal(err)
	}
}

// NewDB returns a migrated, empty database, dropped when the test ends.
func NewDB(t testing.TB) *DB {
	t.Helper()
	from, err := template()
	if err != nil {
		services(t) // says the same, if there is no cluster
		t.Fatalf("testkit: %v", err)
	}
	db := &DB{DSN: create(t, from)}
	db.Store, err = postgres.Open(context.Background(), db.DSN, postgres.Options{})
	if err != nil {
		t.Fatalf("testkit: %v", err)
	}
	t.Cleanup(db.Store.Close)
	return db
}

// NewEmptyDB returns the DSN of a database without a schema, dropped when the
// test ends.
func NewEmptyDB(t testing.TB) string {
	t.Helper()
	services(t)
	return create(t, "template0")
}

var created atomic.Int64

func create(t testing.TB, from string) string {
	t.Helper()
	c := services(t)
	name := fmt.Sprintf("t_%d_%d", os.Getpid(), created.Add(1))
	run := func(sql string) error {
		return withConn(c.DSN, func(ctx context.Context, conn *pgx.Conn) error {
			_, err := conn.Exec(ctx, sql)
			return err
		})
	}
	if err := run("CREATE DATABASE " + name + " TEMPLATE " + from); err != nil {
		t.Fatalf("testkit: create a database: %v", err)
	}
	t.Cleanup(func() {
		if err := run("DROP DATABASE " + name + " WITH (FORCE)"); err != nil {
			t.Errorf("testkit: drop the database: %v", err)
		}
	})
	return database(c.DSN, name)
}

// template is the name of the database that all others are copied from. It is
// named by the migrations' content and made by whoever needs it first.
var template = sync.OnceValues(func() (string, error) {
	c, err := joined()
	if err != nil {
		return "", err
	}
	sum, err := hashMigrations()
	if err != nil {
		return "", err
	}
	name, raw := "template_"+sum, "raw_"+sum
	return name, withConn(c.DSN, func(ctx context.Context, conn *pgx.Conn) error {
		// Released with the connection.
		if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock(hashtext($1))", name); err != nil {
			return err
		}
		var there bool
		err := conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", name).Scan(&there)
		if err != nil || there {
			return err
		}
		if _, err := conn.Exec(ctx, "DROP DATABASE IF EXISTS "+raw+" WITH (FORCE)"); err != nil {
			return err
		}
		if _, err := conn.Exec(ctx, "CREATE DATABASE "+raw); err != nil {
			return err
		}
		if _, err := postgres.Migrate(ctx, database(c.DSN, raw)); err != nil {
			return err
		}
		_, err = conn.Exec(ctx, "ALTER DATABASE "+raw+" RENAME TO "+name)
		return err
	})
})

func hashMigrations() (string, error) {
	names, err := fs.Glob(migrations.FS, "*.sql")
	if err != nil {
		return "", err
	}
	h := sha256.New()
	for _, name := range names {
		text, err := migrations.FS.ReadFile(name)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(h, "%s %d\n%s", name, len(text), text)
	}
	return fmt.Sprintf("%x", h.Sum(nil)[:8]), nil
}

// withConn uses a connection of its own: a pool would keep goroutines that a
// leak test finds.
func withConn(dsn string, work func(context.Context, *pgx.Conn) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	return errors.Join(work(ctx, conn), conn.Close(ctx))
}

// database is the DSN of another database of the same server.
func database(dsn, name string) string {
	u, err := url.Parse(dsn)
	if err != nil {
		panic(err) // devstack made it
	}
	u.Path = "/" + name
	return u.String()
}
