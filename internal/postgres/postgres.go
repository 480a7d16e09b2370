// Package postgres is where every fact is kept, and the only door to pgx.
//
// One noun has one file; a statement longer than three lines has a file of its
// own below sql, sql/<noun>/<verb>.sql, and is called by that name. The package
// never decides who gets what: a constraint, a lock or a compare-and-set is all
// it knows of marketing.
//
// What a person can mend comes back as a *fault.Fault: a database that does not
// answer or is not migrated. Everything else is wrapped and internal.
package postgres

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/rewave/rewave/internal/fault"
)

// Store reads and writes one database. It is safe for use by several goroutines.
type Store struct {
	pool *pgxpool.Pool // reading a lot: reports, imports, audits
	hot  *pgxpool.Pool // a few rows by their keys, many times a second: planning, the gate, outcomes
}

// Options tune a Store. The zero value takes what the connection string says,
// else pgx's defaults.
type Options struct {
	// MaxConns bounds each of the two pools, one for the many small statements of
	// sending and one for everything else; 0 leaves it to the connection string's
	// pool_max_conns, else to the larger of 4 and the number of processors.
	MaxConns int

	// Name is what pg_stat_activity shows; empty means rewave.
	Name string
}

// Open connects to the database, waits for its first answer and returns a Store.
// It does not ask whether the database is migrated; see CheckMigrated.
func Open(ctx context.Context, dsn string, opts Options) (*Store, error) {
	config, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		return nil, badDSN(err)
	}
	if opts.MaxConns > 0 {
		config.MaxConns = int32(opts.MaxConns)
	}
	setSession(config.ConnConfig, opts.Name)
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, mapError(err)
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, mapError(err)
	}
	hot := config.Copy()
	setHot(hot.ConnConfig)
	s := &Store{pool: pool}
	if s.hot, err = pgxpool.NewWithConfig(ctx, hot); err != nil {
		pool.Close()
		return nil, mapError(err)
	}
	return s, nil
}

// setHot makes plans that hold whatever the tables weigh: made once a session,
// by index. A plan made while the ledger was empty would else read the whole of
// it for each chunk until somebody analyzes it.
func setHot(config *pgx.ConnConfig) {
	config.RuntimeParams["plan_cache_mode"] = "force_generic_plan"
	config.RuntimeParams["enable_seqscan"] = "off"
	config.RuntimeParams["enable_hashjoin"] = "off"
	config.RuntimeParams["join_collapse_limit"] = "20" // the gate joins more than the eight that are put in order by default
	config.RuntimeParams["enable_mergejoin"] = "off"
	// A worker that is suspended, or cut off, in the middle of a gate must not keep customers and budgets locked: opt-outs wait for them.
	config.RuntimeParams["idle_in_transaction_session_timeout"] = "5s"
}

// setSession makes every session speak UTC, whatever the server's own zone.
func setSession(config *pgx.ConnConfig, name string) {
	if name == "" {
		name = "rewave"
	}
	config.RuntimeParams["timezone"] = "UTC"
	config.RuntimeParams["jit"] = "off" // compiling costs more than any statement of ours saves by it
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = name
	}
}

// Close waits for connections in use and closes them all.
func (s *Store) Close() {
	s.hot.Close()
	s.pool.Close()
}

// InTx runs fn in one transaction: committed when fn returns nil, else rolled
// back. fn must not keep the transaction.
func (s *Store) InTx(ctx context.Context, fn func(pgx.Tx) error) error {
	return mapError(pgx.BeginFunc(ctx, s.pool, fn))
}

// inHotTx is InTx on the hot pool.
func (s *Store) inHotTx(ctx context.Context, fn func(pgx.Tx) error) error {
	return mapError(pgx.BeginFunc(ctx, s.hot, fn))
}

// InTxRetry is InTx, run again up to five times when the database asks for it
// (a deadlock, a serialization failure). fn must therefore have no effect but
// through the transaction, and must set, not append to, what it hands out.
func (s *Store) InTxRetry(ctx context.Context, fn func(pgx.Tx) error) error {
	const tries = 5
	for try := 1; ; try++ {
		err := s.InTx(ctx, fn)
		if err == nil || try == tries || !retryable(err) {
			return err
		}
		// Jitter, so that the two that collided do not collide again.
		pause := time.Duration(rand.Int64N(int64(try) * int64(10*time.Millisecond)))
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		case <-time.After(pause):
		}
	}
}

// retryable says that the same transaction may succeed if it is run again.
func retryable(err error) bool {
	var e *pgconn.PgError
	return errors.As(err, &e) && (e.Code == "40001" || e.Code == "40P01")
}

//go:embed sql
var files embed.FS

var statements = sync.OnceValue(func() map[string]string {
	found := map[string]string{}
	err := fs.WalkDir(files, "sql", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".sql") {
			return err
		}
		text, err := files.ReadFile(path)
		name := strings.TrimSuffix(strings.TrimPrefix(path, "sql/"), ".sql")
		found[name] = string(text)
		return err
	})
	if err != nil {
		panic(err) // the files are in the binary
	}
	return found
})

// statement returns the text of sql/<name>.sql. An unknown name is a bug; a test
// looks every name in the source up.
func statement(name string) string {
	text, ok := statements()[name]
	if !ok {
		panic("postgres: no file sql/" + name + ".sql")
	}
	return text
}

// migrateHint is what to do about a database that is not migrated.
const migrateHint = "rewave db migrate"

// mapError gives the errors that a person can mend their words and leaves all
// others as they are.
func mapError(err error) error {
	if _, ok := fault.Of(err); ok {
		return err // mapped further down
	}
	var refused *pgconn.ConnectError
	if errors.As(err, &refused) {
		return cannotConnect(refused)
	}
	var e *pgconn.PgError
	if !errors.As(err, &e) {
		if errors.As(err, new(*net.OpError)) || errors.Is(err, io.ErrUnexpectedEOF) { // an open connection, cut
			return fault.Wrap(fault.Unavailable, err, "the connection to PostgreSQL was lost", "check that the server runs")
		}
		return err
	}
	switch e.Code {
	case "42P01", "3F000": // undefined table, undefined schema
		return fault.Wrap(fault.Unavailable, err, "the database is not migrated", migrateHint)
	case "53100", "53200": // disk full, out of memory
		return fault.Wrap(fault.Unavailable, err, "the database has no room left: "+e.Message, "make room on its machine; nothing was written")
	case "57P01", "57P02": // admin shutdown, crash shutdown
		return fault.Wrap(fault.Unavailable, err, "the database was shut down", "")
	case "25006": // read only transaction
		return fault.Wrap(fault.Unavailable, err, "the database is read-only", "point DATABASE_URL at the primary")
	}
	return err
}

func cannotConnect(err *pgconn.ConnectError) error {
	at := err.Config.Host
	if !strings.HasPrefix(at, "/") {
		at = net.JoinHostPort(at, strconv.Itoa(int(err.Config.Port)))
	}
	why, hint := "", "check DATABASE_URL, and that the server runs"
	var answer *pgconn.PgError
	var network *net.OpError
	switch {
	case errors.As(err, &answer):
		why = answer.Message
		switch answer.Code {
		case "3D000":
			hint = fmt.Sprintf("create it: createdb %s", err.Config.Database)
		case "28P01", "28000":
			hint = "check user and password in DATABASE_URL"
		case "53300":
			hint = "raise max_connections, or start fewer processes"
		case "57P03":
			hint = "try again in a moment"
		}
	case errors.Is(err, context.DeadlineExceeded):
		why = "no answer in time"
	case errors.As(err, &network):
		why = network.Err.Error()
	default:
		why = "no connection"
	}
	return fault.Wrap(fault.Unavailable, err, "cannot connect to PostgreSQL at "+at+": "+why, hint)
}

func badDSN(err error) error {
	return fault.Wrap(fault.Invalid, err, "the database URL cannot be read",
		"write it like postgres://user:password@host:5432/database")
}
