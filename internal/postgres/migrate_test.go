package postgres_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/rewave/rewave/internal/fault"
	"github.com/rewave/rewave/internal/postgres"
	"github.com/rewave/rewave/internal/testkit"
)

var update = flag.Bool("update", false, "rewrite golden files")

const goldenSchema = "../../migrations/schema.sql"

func TestSchemaIsWhatTheMigrationsAddUpTo(t *testing.T) {
	t.Parallel()
	got := describeSchema(t, testkit.NewDB(t).DSN)
	if *update {
		if err := os.WriteFile(goldenSchema, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(goldenSchema)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(got, string(want)); diff != "" {
		t.Errorf("migrations/schema.sql is out of date; run: go test ./internal/postgres -run Schema -update\n(-got +want):\n%s", diff)
	}
}

func TestManyMayMigrateAtOnce(t *testing.T) {
	t.Parallel()
	dsn := testkit.NewEmptyDB(t)
	const many = 4
	applied, errs := make([][]postgres.Migration, many), make([]error, many)
	var all sync.WaitGroup
	for i := range many {
		all.Go(func() { applied[i], errs[i] = postgres.Migrate(context.Background(), dsn) })
	}
	all.Wait()
	worked := 0
	for i := range many {
		if errs[i] != nil {
			t.Error(errs[i])
		}
		if len(applied[i]) > 0 {
			worked++
		}
	}
	if worked != 1 {
		t.Errorf("got %d that migrated, want 1", worked)
	}
	status, err := postgres.Status(context.Background(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range status {
		if m.AppliedAt.IsZero() {
			t.Errorf("%s is pending", m.Name)
		}
	}
}

func TestWhatAPersonSeesOfADatabaseThatIsNotReady(t *testing.T) {
	t.Parallel()
	all := must(postgres.Status(context.Background(), testkit.NewEmptyDB(t)))
	newest := all[len(all)-1].Version
	for _, test := range []struct {
		name, want string
		dsn        func(*testing.T) string
	}{
		{"not migrated", "unavailable: the database is not migrated / rewave db migrate", func(t *testing.T) string {
			return testkit.NewEmptyDB(t)
		}},
		{"behind", fmt.Sprintf("unavailable: the database is at migration %d, this program needs %d / rewave db migrate", all[len(all)-2].Version, newest), func(t *testing.T) string {
			db := testkit.NewDB(t)
			db.Exec(t, `DELETE FROM goose_db_version WHERE version_id = $1`, newest)
			return db.DSN
		}},
		{"ahead", fmt.Sprintf("unavailable: the database is at migration 9999, this program knows %d only / use a newer rewave", newest), func(t *testing.T) string {
			db := testkit.NewDB(t)
			db.Exec(t, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, true)`)
			return db.DSN
		}},
		{"no such database", `unavailable: cannot connect to PostgreSQL at SOCKETS: database "nowhere" does not exist / create it: createdb nowhere`, func(t *testing.T) string {
			dsn := testkit.NewEmptyDB(t)
			return strings.Replace(dsn, dsn[strings.LastIndex(dsn, "/t_")+1:strings.Index(dsn, "?")], "nowhere", 1)
		}},
		{"nobody listens", "unavailable: cannot connect to PostgreSQL at 127.0.0.1:1: connect: connection refused / check DATABASE_URL, and that the server runs", func(*testing.T) string {
			return "postgres://shop:secret@127.0.0.1:1/shop"
		}},
		{"not a URL", "invalid: the database URL cannot be read / write it like postgres://user:password@host:5432/database", func(*testing.T) string {
			return "postgres://shop:secret@127.0.0.1:port/shop"
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			dsn := test.dsn(t)
			err := open(dsn)
			f, ok := fault.Of(err)
			if !ok {
				t.Fatalf("got %v, want a fault", err)
			}
			got := string(f.Code) + ": " + f.Message + " / " + f.Hint
			if config, err := pgx.ParseConfig(dsn); err == nil && strings.HasPrefix(config.Host, "/") {
				got = strings.ReplaceAll(got, config.Host, "SOCKETS")
			}
			if got != test.want {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("the password stands in %q", err)
			}
		})
	}
}

// open does what every command does first.
func open(dsn string) error {
	store, err := postgres.Open(context.Background(), dsn, postgres.Options{})
	if err != nil {
		return err
	}
	defer store.Close()
	return store.CheckMigrated(context.Background())
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// describeSchema writes the schema down from the catalogue, each table with all
// that belongs to it, in the order of creation. It is not pg_dump's, whose
// wording changes from release to release.
func describeSchema(t *testing.T, dsn string) string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	rows, err := conn.Query(t.Context(), schemaQuery)
	if err != nil {
		t.Fatal(err)
	}
	parts, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return "-- What the migrations add up to. Written by `go test ./internal/postgres -run Schema -update`; do not edit.\n\n" +
		strings.Join(parts, "\n\n") + "\n"
}

const schemaQuery = `
WITH ours AS (
    SELECT c.* FROM pg_class c
     WHERE c.relnamespace = 'public'::regnamespace AND c.relname NOT LIKE 'goose%'
),
columns AS (
    SELECT a.attrelid, a.attnum::int AS place, '    ' || quote_ident(a.attname) || ' ' || format_type(a.atttypid, a.atttypmod)
           || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END
           || CASE a.attidentity WHEN 'a' THEN ' generated always as identity' WHEN 'd' THEN ' generated by default as identity' ELSE '' END
           || CASE WHEN a.attgenerated <> '' THEN ' generated always as (' || pg_get_expr(d.adbin, d.adrelid) || ') stored'
                   WHEN d.adbin IS NOT NULL THEN ' default ' || pg_get_expr(d.adbin, d.adrelid) ELSE '' END AS line
      FROM pg_attribute a
      LEFT JOIN pg_attrdef d ON (d.adrelid, d.adnum) = (a.attrelid, a.attnum)
     WHERE a.attnum > 0 AND NOT a.attisdropped
),
constraints AS (
    SELECT conrelid, 10000 + row_number() OVER (ORDER BY position(contype IN 'puxcf'), conname) AS place,
           '    constraint ' || quote_ident(conname) || ' ' || pg_get_constraintdef(oid) AS line
      FROM pg_constraint WHERE contype IN ('p', 'u', 'x', 'c', 'f')
),
inside AS (
    SELECT attrelid AS relid, string_agg(line, E',\n' ORDER BY place) AS text
      FROM (SELECT * FROM columns UNION ALL SELECT * FROM constraints) AS lines GROUP BY attrelid
),
beside AS (
    SELECT indrelid AS relid, 1 AS kind, i.relname AS name, pg_get_indexdef(indexrelid) || ';' AS line
      FROM pg_index JOIN pg_class i ON i.oid = indexrelid
     WHERE NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('p', 'u', 'x'))
    UNION ALL
    SELECT tgrelid, 2, tgname, pg_get_triggerdef(oid) || ';' FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL
    SELECT d.objoid, 3, coalesce(a.attname, ''), 'comment on '
           || CASE WHEN a.attname IS NULL THEN 'table ' || d.objoid::regclass ELSE 'column ' || d.objoid::regclass || '.' || quote_ident(a.attname) END
           || ' is ' || quote_literal(d.description) || ';'
      FROM pg_description d LEFT JOIN pg_attribute a ON (a.attrelid, a.attnum) = (d.objoid, d.objsubid) AND d.objsubid > 0
     WHERE d.classoid = 'pg_class'::regclass
),
after AS (
    SELECT relid, E'\n' || string_agg(line, E'\n' ORDER BY kind, name) AS text FROM beside GROUP BY relid
),
parts AS (
    SELECT 1 AS kind, e.extname::text AS name, 0::oid AS born, 'create extension ' || quote_ident(e.extname) || ';' AS text
      FROM pg_extension e WHERE e.extname <> 'plpgsql'
    UNION ALL
    SELECT 2, t.typname, t.oid, 'create type ' || quote_ident(t.typname) || ' as enum ('
           || (SELECT string_agg(quote_literal(enumlabel), ', ' ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = t.oid) || ');'
      FROM pg_type t WHERE t.typnamespace = 'public'::regnamespace AND t.typtype = 'e'
    UNION ALL
    SELECT 2, t.typname, t.oid, 'create domain ' || quote_ident(t.typname) || ' as ' || format_type(t.typbasetype, t.typtypmod)
           || coalesce((SELECT string_agg(' ' || pg_get_constraintdef(oid), '' ORDER BY conname) FROM pg_constraint WHERE contypid = t.oid), '') || ';'
      FROM pg_type t WHERE t.typnamespace = 'public'::regnamespace AND t.typtype = 'd'
    UNION ALL
    SELECT 3, p.proname, 0, rtrim(pg_get_functiondef(p.oid), E'\n') || ';'
      FROM pg_proc p
     WHERE p.pronamespace = 'public'::regnamespace AND p.prokind IN ('f', 'p')
       AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = p.oid AND deptype = 'e')
    UNION ALL
    SELECT 4, c.relname, c.oid, CASE WHEN c.relpersistence = 'u' THEN 'create unlogged table ' ELSE 'create table ' END || quote_ident(c.relname)
           || CASE WHEN c.relispartition THEN ' partition of ' || (SELECT inhparent::regclass FROM pg_inherits WHERE inhrelid = c.oid)
                        || ' ' || pg_get_expr(c.relpartbound, c.oid)
                   ELSE E' (\n' || coalesce(inside.text, '') || E'\n)' END
           || CASE WHEN c.relkind = 'p' THEN ' partition by ' || pg_get_partkeydef(c.oid) ELSE '' END
           || coalesce(' with (' || array_to_string(c.reloptions, ', ') || ')', '') || ';' || coalesce(after.text, '')
      FROM ours c LEFT JOIN inside ON inside.relid = c.oid LEFT JOIN after ON after.relid = c.oid
     WHERE c.relkind IN ('r', 'p')
    UNION ALL
    SELECT 5, c.relname, c.oid, CASE c.relkind WHEN 'm' THEN 'create materialized view ' ELSE 'create view ' END || quote_ident(c.relname)
           || E' as\n' || pg_get_viewdef(c.oid, true) || coalesce(after.text, '')
      FROM ours c LEFT JOIN after ON after.relid = c.oid
     WHERE c.relkind IN ('v', 'm')
)
SELECT text FROM parts ORDER BY kind, born, name`
