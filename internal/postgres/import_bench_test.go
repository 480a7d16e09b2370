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

func needRealData(b *testing.B) {
	b.Helper()
	if os.Getenv("REWAVE_DATA") == "" {
		b.Skip("NOT MEASURED: set REWAVE_DATA to the folder of real data sets")
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
// file to merged rows. of-COPY is its ratio to the plain COPY of the rows it
// wrote, into tables with every constraint that its own end with: 1 is as fast
// as COPY, the goal is 0.4. of-keys is the ratio to the COPY of orders and lines
// alone, with their keys and indexes and nothing to check.
func BenchmarkImportOnlineRetail(b *testing.B) {
	needRealData(b)
	dsn, fresh := benchDatabase(b)
	var imports, copies, keyed time.Duration
	rounds := 0
	for b.Loop() {
		b.StopTimer()
		store := fresh()
		b.StartTimer()
		sum := importRetail(b, store)
		b.StopTimer()
		store.Close()
		imports += sum.Took
		copies += plainCopy(b, dsn, everything)
		keyed += plainCopy(b, dsn, keysOnly)
		rounds++
		b.StartTimer()
	}
	b.ReportMetric(imports.Seconds()/float64(rounds), "s/import")
	b.ReportMetric(copies.Seconds()/float64(rounds), "s/copy")
	b.ReportMetric(copies.Seconds()/imports.Seconds(), "of-COPY")
	b.ReportMetric(keyed.Seconds()/imports.Seconds(), "of-keys")
}

// BenchmarkPlainCopy is the baseline of of-COPY.
func BenchmarkPlainCopy(b *testing.B) {
	needRealData(b)
	dsn, fresh := benchDatabase(b)
	store := fresh()
	importRetail(b, store)
	store.Close()
	var copies time.Duration
	rounds := 0
	for b.Loop() {
		copies += plainCopy(b, dsn, everything)
		rounds++
	}
	b.ReportMetric(copies.Seconds()/float64(rounds), "s/copy")
}

// baseline is which tables are copied, and what they are like besides the columns.
type baseline struct {
	tables  []string
	like    string
	foreign bool // foreign keys are put on behind the COPY, as pg_restore does: there before it, they would take five times as long as it
}

var (
	everything = baseline{[]string{"customers", "identities", "contacts", "products", "orders", "order_lines", "refunds"}, "including all", true}
	keysOnly   = baseline{[]string{"orders", "order_lines"}, "including defaults including indexes", false}
)

// plainCopy is how long it takes to copy the rows of an import, ready in memory,
// into tables of their own.
func plainCopy(b *testing.B, dsn string, base baseline) (took time.Duration) {
	b.Helper()
	connected(b, dsn, func(ctx context.Context, conn *pgx.Conn) error {
		rows, columns := map[string]*bytes.Buffer{}, map[string]string{}
		for _, table := range base.tables {
			var names string
			err := conn.QueryRow(ctx, `select string_agg(quote_ident(attname), ', ' order by attnum) from pg_attribute
				where attrelid = $1::text::regclass and attnum > 0 and not attisdropped and attgenerated = ''`, table).Scan(&names)
			if err != nil {
				return err
			}
			rows[table], columns[table] = &bytes.Buffer{}, names
			if _, err := conn.PgConn().CopyTo(ctx, rows[table], fmt.Sprintf("copy (select %s from %s order by 1, 2) to stdout (format binary)", columns[table], table)); err != nil {
				return err
			}
			for _, sql := range []string{"drop table if exists plain_%[1]s cascade", "create table plain_%[1]s (like %[1]s %[2]s)"} {
				if _, err := conn.Exec(ctx, fmt.Sprintf(sql, table, base.like)); err != nil {
					return err
				}
			}
		}
		var foreign []string
		err := conn.QueryRow(ctx, `select array_agg(format('alter table plain_%s add %s', conrelid::regclass, replace(pg_get_constraintdef(oid), 'REFERENCES ', 'REFERENCES plain_')))
			from pg_constraint where contype = 'f' and conrelid = any($1::text[]::regclass[])`, base.tables).Scan(&foreign)
		if err != nil {
			return err
		}
		if _, err := conn.Exec(ctx, "checkpoint"); err != nil {
			return err
		}
		begun := time.Now()
		if _, err := conn.Exec(ctx, "begin"); err != nil {
			return err
		}
		for _, table := range base.tables {
			if _, err := conn.PgConn().CopyFrom(ctx, rows[table], fmt.Sprintf("copy plain_%s (%s) from stdin (format binary)", table, columns[table])); err != nil {
				return err
			}
		}
		if base.foreign {
			for _, sql := range foreign {
				if _, err := conn.Exec(ctx, sql); err != nil {
					return err
				}
			}
		}
		_, err = conn.Exec(ctx, "commit")
		took = time.Since(begun)
		return err
	})
	return took
}
