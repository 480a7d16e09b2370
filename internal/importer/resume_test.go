package importer_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/rewave/rewave/internal/importer"
	"github.com/rewave/rewave/internal/testkit"
)

// interrupted imports a file and stops after the first chunks were staged.
func interrupted(t *testing.T, db *testkit.DB, opts importer.Options) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	chunks := 0
	opts.Progress = func(done, total int64) {
		// The queue between reading and staging holds two chunks: when the sixth
		// is read, some have been staged and some have not.
		if chunks++; chunks == 6 {
			cancel()
		}
	}
	if _, err := importer.Run(ctx, db.Store, opts); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v; want %v", err, context.Canceled)
	}
	if n := testkit.Get[int](t, db, "select count(*) from orders"); n != 0 {
		t.Fatalf("%d orders are there before the merge", n)
	}
}

func TestAnInterruptedImportGoesOn(t *testing.T) {
	t.Parallel()
	opts := importer.Options{Kind: importer.Orders, File: write(t, "many.csv.gz", zip(t, manyRows(100_000)))}
	whole := testkit.NewDB(t)
	run(t, whole, opts)
	want := contents(t, whole)
	if got := testkit.Get[int](t, whole, "select count(*) from order_lines"); got != 100_000 {
		t.Fatalf("%d lines", got)
	}

	t.Run("behind the last staged chunk", func(t *testing.T) {
		t.Parallel()
		db := testkit.NewDB(t)
		interrupted(t, db, opts)
		staged := testkit.Get[int](t, db, "select staged_to from import_jobs")
		got := run(t, db, opts)
		if got.ResumedAt != staged || staged == 0 {
			t.Errorf("went on behind line %d; %d was staged", got.ResumedAt, staged)
		}
		if !cmp.Equal(contents(t, db), want) {
			t.Error("contents differ from those of an import in one go")
		}
	})
	t.Run("from the start after a crash of the server emptied the staging", func(t *testing.T) {
		t.Parallel()
		db := testkit.NewDB(t)
		interrupted(t, db, opts)
		db.Exec(t, "truncate import_chunks")
		if got := run(t, db, opts); got.ResumedAt != 0 {
			t.Errorf("went on behind line %d; nothing was staged", got.ResumedAt)
		}
		if !cmp.Equal(contents(t, db), want) {
			t.Error("contents differ from those of an import in one go")
		}
	})
	t.Run("from the start when another file came between", func(t *testing.T) {
		t.Parallel()
		db := testkit.NewDB(t)
		interrupted(t, db, opts)
		run(t, db, importer.Options{Kind: importer.Products, Currency: "GBP", File: write(t, "p.csv", []byte("sku,name\nsku1,One\n"))})
		if got := run(t, db, opts); got.ResumedAt != 0 || got.Lines.New != 100_000 {
			t.Errorf("went on behind line %d with %d new lines", got.ResumedAt, got.Lines.New)
		}
	})
	t.Run("with the merge, when it was killed in it", func(t *testing.T) {
		t.Parallel()
		db := testkit.NewDB(t)
		conn, err := pgx.Connect(context.Background(), db.DSN)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(context.Background()) //nolint:errcheck // the test is over
		// Someone applies a campaign: the merge has to wait, and is killed there.
		if _, err := conn.Exec(context.Background(), "select pg_advisory_lock(hashtext('rewave:apply'))"); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		ended := make(chan error)
		go func() {
			_, err := importer.Run(ctx, db.Store, opts)
			ended <- err
		}()
		waits := "select count(*) from pg_locks where locktype = 'advisory' and not granted and database = (select oid from pg_database where datname = current_database())"
		for deadline := time.Now().Add(time.Minute); testkit.Get[int](t, db, waits) == 0; {
			if time.Now().After(deadline) {
				t.Fatal("the merge does not wait for the campaign that is being applied")
			}
		}
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Fatalf("got %v; want %v", err, context.Canceled)
		}
		if _, err := conn.Exec(context.Background(), "select pg_advisory_unlock_all()"); err != nil {
			t.Fatal(err)
		}
		if got := run(t, db, opts); got.ResumedAt != 100_001 {
			t.Errorf("went on behind line %d; want 100001, the last", got.ResumedAt)
		}
		if !cmp.Equal(contents(t, db), want) {
			t.Error("contents differ from those of an import in one go")
		}
	})
}

// silent is a context that ends without telling those who wait for it, so that
// something else ends their waiting first.
type silent struct{ context.Context }

func (silent) Done() <-chan struct{} { return nil }

// Whatever a statement that was cut off says of its connection, the error is the
// interrupt's.
func TestAnInterruptIsNotALostConnection(t *testing.T) {
	t.Parallel()
	db := testkit.NewDB(t)
	conn, err := pgx.Connect(context.Background(), db.DSN)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background()) //nolint:errcheck // the test is over
	if _, err := conn.Exec(context.Background(), "select pg_advisory_lock(hashtext('rewave:apply'))"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	ended := make(chan error)
	opts := importer.Options{Kind: importer.Orders, File: write(t, "f.csv", manyRows(10))}
	go func() {
		_, err := importer.Run(silent{ctx}, db.Store, opts)
		ended <- err
	}()
	waits := `from pg_locks where locktype = 'advisory' and not granted and database = (select oid from pg_database where datname = current_database())`
	for deadline := time.Now().Add(time.Minute); testkit.Get[int](t, db, "select count(*) "+waits) == 0; {
		if time.Now().After(deadline) {
			t.Fatal("the merge does not wait")
		}
	}
	cancel()
	if n := testkit.Get[int](t, db, "select count(pg_terminate_backend(pid)) "+waits); n != 1 {
		t.Fatalf("%d sessions were ended; want 1", n)
	}
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v; want %v", err, context.Canceled)
	}
}

func TestOneImportAtATime(t *testing.T) {
	t.Parallel()
	db := testkit.NewDB(t)
	conn, err := pgx.Connect(context.Background(), db.DSN)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background()) //nolint:errcheck // the test is over
	if _, err := conn.Exec(context.Background(), "select pg_advisory_lock(hashtext('rewave:import'))"); err != nil {
		t.Fatal(err)
	}
	_, err = importer.Run(context.Background(), db.Store, importer.Options{Kind: importer.Orders, File: write(t, "f.csv", []byte(header))})
	want := "conflict: another import is running into this database | wait for it to end, then start this one again"
	if got := words(err); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
