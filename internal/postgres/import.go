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
	id       int64
	stagedTo int
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
}

// ImportOrder is the head of an order. Number is what its lines call it.
type ImportOrder struct {
	Number   int32
	Name     string // the shop's id
	Customer int32  // index into the customers; -1: a guest
	PlacedAt time.Time
	Currency string
	Gross    int64
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
	// Hijacked: the lock and the settings go with the connection.
	im := &Import{conn: pooled.Hijack()}
	if err := im.begin(ctx, key); err != nil {
		im.Close()
		return nil, mapError(err)
	}
	return im, nil
}

func (im *Import) begin(ctx context.Context, key ImportKey) error {
	// A killed import's session must not hold its locks until the end of a long
	// statement: the server looks every second whether its client lives.
	for _, set := range []string{"set client_connection_check_interval = '1s'", "set lock_timeout = '3s'"} {
		if _, err := im.conn.Exec(ctx, set); err != nil {
			return err
		}
	}
	if _, err := im.conn.Exec(ctx, "select pg_advisory_lock(hashtext('rewave:import'))"); err != nil {
		var e *pgconn.PgError
		if errors.As(err, &e) && e.Code == "55P03" { // lock not available
			return fault.Wrap(fault.Conflict, err, "another import is running into this database", "wait for it to end, then start this one again")
		}
		return err
	}
	if _, err := im.conn.Exec(ctx, "set lock_timeout = 0"); err != nil {
		return err
	}
	return pgx.BeginFunc(ctx, im.conn, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, statement("import/resume"), key.SHA256[:], key.Kind, key.Preset, key.Settings).Scan(&im.id, &im.stagedTo, &im.begun)
		if err == nil || !errors.Is(err, pgx.ErrNoRows) {
			return err
		}
		if err := clearStaging(ctx, tx); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "update import_jobs set status = 'abandoned', finished_at = now() where status = 'staging'"); err != nil {
			return err
		}
		return tx.QueryRow(ctx, statement("import/begin"), key.SHA256[:], key.Kind, key.Preset, key.Settings, key.File, key.At).Scan(&im.id, &im.begun)
	})
}

// clearStaging empties the staging tables that hold something: to empty one makes
// new files for it, which takes longer than to look.
func clearStaging(ctx context.Context, tx pgx.Tx) error {
	tables := []string{"import_chunks", "import_lines", "import_customers", "import_products", "import_orders", "import_refunds", "import_groups",
		"import_parts", "import_events", "import_suppressions"}
	var looks []string
	for _, table := range tables {
		looks = append(looks, fmt.Sprintf("select '%[1]s' where exists (select from %[1]s)", table))
	}
	rows, err := tx.Query(ctx, strings.Join(looks, " union all "))
	if err != nil {
		return err
	}
	full, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(full) == 0 {
		return err
	}
	_, err = tx.Exec(ctx, "truncate "+strings.Join(full, ", ")+" restart identity")
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
	// The session ends some time after the connection is closed: what comes next
	// must not find the lock held. A broken connection has no session to ask.
	im.conn.Exec(ctx, "select pg_advisory_unlock_all()") //nolint:errcheck // the server ends the session either way
	im.conn.Close(ctx)                                   //nolint:errcheck // the server ends the session either way
}

// chunk stages rows and moves the job on, in one transaction.
func (im *Import) chunk(ctx context.Context, rows, to int, stage func(pgx.Tx) error) error {
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
