package postgres

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/rewave/rewave/internal/event"
	"github.com/rewave/rewave/internal/fault"
)

// ImportKey names an import: the same bytes read in the same way. Settings is a
// fingerprint of what else decides how they are read.
type ImportKey struct {
	SHA256                 [sha256.Size]byte
	Kind, Preset, Settings string
	File                   string // for people
	At                     time.Time
}

// Import is an import under way. It holds a connection of its own and the
// database's import lock until Close, and is used by one goroutine at a time.
type Import struct {
	conn     *pgx.Conn
	pooled   *pgxpool.Conn // conn, where it goes back to the pool; nil: it is this import's alone
	id       int64
	stagedTo int
	rows     int // staged, or a few more: of those that an earlier run staged the lines are counted
	begun    time.Time
}

// ImportLine is an order line. Order and Product are numbers of ImportedOrders.
type ImportLine struct {
	Line, Order, Ordinal, Product, Quantity int32
	Price                                   int64 // ten-thousandths of the main unit
	Amount                                  int64 // minor units
}

// ImportCustomer is what a file says of a customer. Empty text and nil are not
// said: they change nothing.
type ImportCustomer struct {
	Line                int // 0: derived from orders
	ShopID              string
	Email, Phone        string
	EmailAssumed        bool // Email is a stand-in and never replaces an address
	FirstName, LastName string
	Locale, Region      string
	Zone                string
	SeenAt              time.Time // the earliest row; zero: not said
	RegionAt            time.Time // of the row that gave Region; zero: it always counts

	ConsentEmail, ConsentSMS *bool
	ConsentAt                time.Time

	Attributes map[string]event.Value
	Tags       []string  // all of them; nil: not said
	ChangedAt  time.Time // from when on attributes and tags hold; zero: since the import
}

// ImportProduct is what a file says of a product; empty text and nil change nothing.
type ImportProduct struct {
	Line           int // 0: derived from orders
	SKU            string
	Name, Category string
	Price, Cost    *int64 // minor units
	Role           string // given; empty: the file does not say
}

// ImportOrder is the head of an order. Number is what its lines call it.
type ImportOrder struct {
	Number   int32
	Name     string // the shop's id
	Customer int32  // index into the customers; -1: a guest
	PlacedAt time.Time
	Currency string
	Gross    int64
	Told     *OrderTold // nil: nothing
}

// OrderTold is what a file says of an order besides what was bought. Empty text,
// nil and zero instants are not said: they change nothing.
type OrderTold struct {
	Status, EntryPath       string
	Coupon                  string // codes, divided by semicolons
	PromisedAt, DeliveredAt time.Time
	Discount                *int64 // minor units, of the whole order
}

// ImportRefund is a refund line as written.
type ImportRefund struct {
	Name              string // the shop's id of the refund
	Line              int
	Customer, Product int32 // indexes; Customer -1: not said
	RefundOf          string
	At                time.Time
	Quantity          int
	Amount            int64
	Reason            string // empty: not said
}

// AssumedConsent is marketing consent that nobody gave: it must be said aloud.
// It is written for customers without any consent row on the channel.
type AssumedConsent struct {
	Channel string
	At      time.Time
	Source  string // stored as assumed:<Source>
}

// BeginImport takes the import lock and continues the staging of the same import
// or begins a new one; what another import left staged is dropped. A database
// into which another import runs is a fault.Conflict.
func (s *Store) BeginImport(ctx context.Context, key ImportKey) (*Import, error) {
	pooled, err := s.pool.Acquire(ctx)
	if err != nil {
		return nil, mapError(err)
	}
	im := &Import{conn: pooled.Conn(), pooled: pooled}
	if s.pool.Stat().MaxConns() < 4 {
		im.leavePool() // the file is read with the help of others, which must not run out
	}
	if err := im.begin(ctx, key); err != nil {
		im.Close()
		return nil, mapError(err)
	}
	return im, nil
}

// leavePool makes the connection this import's alone, and lets the pool open
// another in its place.
func (im *Import) leavePool() {
	im.conn, im.pooled = im.pooled.Hijack(), nil
}

func (im *Import) begin(ctx context.Context, key ImportKey) error {
	// A killed import's session must not hold its locks until the end of a long
	// statement: the server looks every second whether its client lives.
	if _, err := im.conn.Exec(ctx, "set client_connection_check_interval = '1s'; set lock_timeout = 0"); err != nil {
		return err
	}
	if err := im.lock(ctx); err != nil {
		return err
	}
	return pgx.BeginFunc(ctx, im.conn, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, statement("import/resume"), key.SHA256[:], key.Kind, key.Preset, key.Settings).Scan(&im.id, &im.stagedTo, &im.begun)
		if err == nil || !errors.Is(err, pgx.ErrNoRows) {
			im.rows = im.stagedTo
			return err
		}
		// The end of an import empties the staging: without one that did not end it is empty.
		left, err := tx.Exec(ctx, "update import_jobs set status = 'abandoned', finished_at = now() where status = 'staging'")
		if err == nil && left.RowsAffected() > 0 {
			err = clearStaging(ctx, tx)
		}
		if err != nil {
			return err
		}
		return tx.QueryRow(ctx, statement("import/begin"), key.SHA256[:], key.Kind, key.Preset, key.Settings, key.File, key.At).Scan(&im.id, &im.begun)
	})
}

// lock takes the import lock.
func (im *Import) lock(ctx context.Context) error {
	var free bool
	if err := im.conn.QueryRow(ctx, "select pg_try_advisory_lock(hashtext('rewave:import'))").Scan(&free); err != nil || free {
		return err
	}
	if im.pooled != nil {
		im.leavePool() // those who wait must not keep connections from the one that runs
	}
	if _, err := im.conn.Exec(ctx, "set lock_timeout = '3s'"); err != nil {
		return err
	}
	if _, err := im.conn.Exec(ctx, "select pg_advisory_lock(hashtext('rewave:import'))"); err != nil {
		var e *pgconn.PgError
		if errors.As(err, &e) && e.Code == "55P03" { // lock not available
			return fault.Wrap(fault.Conflict, err, "another import is running into this database", "wait for it to end, then start this one again")
		}
		return err
	}
	_, err := im.conn.Exec(ctx, "set lock_timeout = 0")
	return err
}

// clearStaging empties the staging tables that hold something. TRUNCATE makes new
// files for a table, which takes longer than all else of a small import; DELETE
// leaves the rows for vacuum and for whoever reads past them, so it is for little.
func clearStaging(ctx context.Context, tx pgx.Tx) error {
	const little = 1 << 20 // bytes of a table, with what was deleted and not yet vacuumed
	tables := []string{"import_chunks", "import_lines", "import_customers", "import_products", "import_orders", "import_refunds", "import_groups",
		"import_parts", "import_events", "import_suppressions"}
	var looks []string
	for _, table := range tables {
		looks = append(looks, fmt.Sprintf("select '%[1]s', pg_table_size('%[1]s') where exists (select from %[1]s)", table))
	}
	rows, err := tx.Query(ctx, strings.Join(looks, " union all "))
	if err != nil {
		return err
	}
	var empty []string // statements
	var table string
	var size int64
	_, err = pgx.ForEachRow(rows, []any{&table, &size}, func() error {
		verb := "delete from "
		if size > little {
			verb = "truncate "
		}
		empty = append(empty, verb+table)
		return nil
	})
	if err != nil || len(empty) == 0 {
		return err
	}
	_, err = tx.Exec(ctx, strings.Join(empty, "; "))
	return err
}

// StagedTo is the line of the file up to which rows are staged; 0 is none.
func (im *Import) StagedTo() int { return im.stagedTo }

// Begun is the ImportKey.At with which the staging began: an import that goes on
// judges its rows by the instant by which the staged ones were judged.
func (im *Import) Begun() time.Time { return im.begun }

// Abandon drops what is staged.
func (im *Import) Abandon(ctx context.Context) error {
	return mapError(pgx.BeginFunc(ctx, im.conn, func(tx pgx.Tx) error {
		if err := clearStaging(ctx, tx); err != nil {
			return err
		}
		return im.finish(ctx, tx, "abandoned")
	}))
}

func (im *Import) finish(ctx context.Context, tx pgx.Tx, status string) error {
	_, err := tx.Exec(ctx, "update import_jobs set status = $2, finished_at = now(), staged_to = 0, staged_rows = 0 where job_id = $1", im.id, status)
	return err
}

// Close gives up connection and lock. What is staged stays for the next run.
func (im *Import) Close() {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	// A session ends some time after its connection is closed: what comes next must
	// not find the lock held. A broken connection has no session to ask.
	_, err := im.conn.Exec(ctx, "select pg_advisory_unlock_all(); reset client_connection_check_interval; reset lock_timeout")
	if err == nil && im.pooled != nil {
		im.pooled.Release() // to set up a new one takes as long as half a small import
		return
	}
	if im.pooled != nil {
		im.leavePool()
	}
	im.conn.Close(ctx) //nolint:errcheck // the server ends the session either way
}

// chunk stages rows and moves the job on, in one transaction.
func (im *Import) chunk(ctx context.Context, rows, to int, stage func(pgx.Tx) error) error {
	im.rows += rows
	return mapError(pgx.BeginFunc(ctx, im.conn, func(tx pgx.Tx) error {
		// Nothing here must survive a crash of the server: unlogged rows do not either.
		if _, err := tx.Exec(ctx, "set local synchronous_commit = off"); err != nil {
			return err
		}
		if err := stage(tx); err != nil {
			return fmt.Errorf("stage rows up to line %d: %w", to, err)
		}
		_, err := tx.Exec(ctx, "update import_jobs set staged_to = $2, staged_rows = staged_rows + $3 where job_id = $1", im.id, to, rows)
		return err
	}))
}

// StageLines stages a chunk of order lines and commits it.
func (im *Import) StageLines(ctx context.Context, lines []ImportLine) error {
	if len(lines) == 0 {
		return nil
	}
	packed, to := packLines(lines), int(lines[len(lines)-1].Line)
	return im.chunk(ctx, len(lines), to, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, "insert into import_chunks (staged_to, rows, lines) values ($1, $2, $3)", to, len(lines), packed)
		return err
	})
}

// StageCustomers stages a chunk of a customers file and commits it.
func (im *Import) StageCustomers(ctx context.Context, customers []ImportCustomer) error {
	if len(customers) == 0 {
		return nil
	}
	return im.chunk(ctx, len(customers), customers[len(customers)-1].Line, func(tx pgx.Tx) error {
		return copyCustomers(ctx, tx, customers)
	})
}

// StageProducts stages a chunk of a products file and commits it.
func (im *Import) StageProducts(ctx context.Context, products []ImportProduct) error {
	if len(products) == 0 {
		return nil
	}
	return im.chunk(ctx, len(products), products[len(products)-1].Line, func(tx pgx.Tx) error {
		return copyProducts(ctx, tx, products)
	})
}
