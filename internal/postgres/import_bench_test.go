package postgres_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/rewave/rewave/internal/devstack"
	"github.com/rewave/rewave/internal/importer"
	"github.com/rewave/rewave/internal/postgres"
)

// benchDatabase is a migrated database of its own that writes safely: fsync on,
// the server's defaults otherwise.
func benchDatabase(b *testing.B) (dsn string, fresh func() *postgres.Store) {
	b.Helper()
	if os.Getenv("REWAVE_DATA") == "" {
		b.Skip("NOT MEASURED: set REWAVE_DATA to the folder of real data sets")
	}
	dir, err := os.MkdirTemp("", "rewave-bench-")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { os.RemoveAll(dir) }) //nolint:errcheck // a temporary folder
	if err := os.Chmod(dir, 0o755); err != nil {
		b.Fatal(err)
	}
	ctx := context.Background()
	stack, err := devstack.Start(ctx, devstack.Options{StateDir: dir, Sync: true})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := stack.Stop(); err != nil {
			b.Error(err)
		}
	})
	return stack.DSN, func() *postgres.Store {
		for _, sql := range []string{"drop schema public cascade", "create schema public", "checkpoint"} {
			execute(b, stack.DSN, sql)
		}
		if _, err := postgres.Migrate(ctx, stack.DSN); err != nil {
			b.Fatal(err)
		}
		store, err := postgres.Open(ctx, stack.DSN, postgres.Options{})
		if err != nil {
			b.Fatal(err)
		}
		return store
	}
}

func execute(b *testing.B, dsn string, sql string) {
	b.Helper()
	connected(b, dsn, func(ctx context.Context, conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, sql)
		return err
	})
}

func connected(b *testing.B, dsn string, work func(context.Context, *pgx.Conn) error) {
	b.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close(ctx) //nolint:errcheck // of no further use
	if err := work(ctx, conn); err != nil {
		b.Fatal(err)
	}
}

func importRetail(b *testing.B, store *postgres.Store) importer.Summary {
	b.Helper()
	sum, err := importer.Run(context.Background(), store, importer.Options{
		Kind: importer.Orders, Preset: importer.UCIOnlineRetail,
		File:    filepath.Join(os.Getenv("REWAVE_DATA"), "online_retail", "online_retail.csv.gz"),
		Rejects: filepath.Join(b.TempDir(), "rejects.csv"),
	})
	if err != nil {
		b.Fatal(err)
	}
	return sum
}

// BenchmarkImportOnlineRetail is the import of 541,909 invoice lines from the
// file to merged rows, and its ratio to BenchmarkPlainCopy of the same rows:
// 1 is as fast as COPY, the goal is 0.4.
func BenchmarkImportOnlineRetail(b *testing.B) {
	dsn, fresh := benchDatabase(b)
	var imports, copies time.Duration
	rounds := 0
	for b.Loop() {
		b.StopTimer()
		store := fresh()
		b.StartTimer()
		sum := importRetail(b, store)
		b.StopTimer()
		store.Close()
		imports += sum.Took
		copies += plainCopy(b, dsn)
		rounds++
		b.StartTimer()
	}
	b.ReportMetric(imports.Seconds()/float64(rounds), "s/import")
	b.ReportMetric(copies.Seconds()/float64(rounds), "s/copy")
	b.ReportMetric(copies.Seconds()/imports.Seconds(), "of-COPY")
}

// BenchmarkPlainCopy is the baseline: the orders and lines of the same import,
// ready in memory, copied into tables with the same columns and indexes and no
// foreign keys.
func BenchmarkPlainCopy(b *testing.B) {
	dsn, fresh := benchDatabase(b)
	store := fresh()
	importRetail(b, store)
	store.Close()
	for b.Loop() {
		plainCopy(b, dsn)
	}
}

func plainCopy(b *testing.B, dsn string) (took time.Duration) {
	b.Helper()
	connected(b, dsn, func(ctx context.Context, conn *pgx.Conn) error {
		rows := map[string]*bytes.Buffer{}
		for _, table := range []string{"orders", "order_lines"} {
			rows[table] = &bytes.Buffer{}
			if _, err := conn.PgConn().CopyTo(ctx, rows[table], "copy (select * from "+table+" order by 1, 2) to stdout (format binary)"); err != nil {
				return err
			}
			for _, sql := range []string{"drop table if exists plain_%[1]s", "create table plain_%[1]s (like %[1]s including defaults including indexes)"} {
				if _, err := conn.Exec(ctx, fmt.Sprintf(sql, table)); err != nil {
					return err
				}
			}
		}
		if _, err := conn.Exec(ctx, "checkpoint"); err != nil {
			return err
		}
		begun := time.Now()
		for _, table := range []string{"orders", "order_lines"} {
			if _, err := conn.PgConn().CopyFrom(ctx, rows[table], "copy plain_"+table+" from stdin (format binary)"); err != nil {
				return err
			}
		}
		took = time.Since(begun)
		return nil
	})
	return took
}
