package testkit_test

import (
	"context"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/rewave/rewave/internal/testkit"
)

func TestEachTestHasADatabaseOfItsOwn(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"one", "two", "three", "four"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := testkit.NewDB(t)
			if err := db.Store.CheckMigrated(context.Background()); err != nil {
				t.Fatal(err)
			}
			db.Exec(t, `CREATE TABLE mine (name text)`)
			db.Exec(t, `INSERT INTO mine VALUES ($1)`, name)
			if got, want := testkit.Get[string](t, db, `SELECT name FROM mine`), name; got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

func TestEachTestHasARedisOfItsOwn(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"one", "two", "three", "four"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			opts, err := redis.ParseURL(testkit.NewRedis(t))
			if err != nil {
				t.Fatal(err)
			}
			client := redis.NewClient(opts)
			defer client.Close()
			ctx := context.Background()
			if got := client.DBSize(ctx).Val(); got != 0 {
				t.Fatalf("got %d keys, want none", got)
			}
			if err := client.Set(ctx, "mine", name, 0).Err(); err != nil {
				t.Fatal(err)
			}
			if got, want := client.Get(ctx, "mine").Val(), name; got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

func TestClockStandsWhereItIsSet(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 12, 10, 0, 0, 0, time.UTC)
	clock := testkit.NewClock(at)
	if got, want := clock.Advance(time.Hour), at.Add(time.Hour); !got.Equal(want) {
		t.Errorf("advanced: got %v, want %v", got, want)
	}
	clock.Set(at)
	if got := clock.Now(); !got.Equal(at) {
		t.Errorf("set: got %v, want %v", got, at)
	}
}
