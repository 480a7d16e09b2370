package postgres

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// ImportChanges counts rows of a file by what they did.
type ImportChanges struct{ New, Changed, Unchanged int64 }

// ImportCounts is what a merge did. All of it is of the rows of this file.
type ImportCounts struct {
	Customers, Products, Orders, Lines ImportChanges
	AddressesChanged                   int64 // of customers known before
	Consents, AssumedConsents          int64

	GuestOrders, UnkeptOrders int64
	FirstOrder, LastOrder     time.Time // zero: no orders
	Inbox                     int64     // orders or events put before triggered campaigns

	Refunds ImportChanges // refund lines
	Matched struct {
		Whole, Partly, None int64 // refund lines by how many of their units found an order line
		Units               int64
		NoneMinor           int64 // what those of None gave back
	}

	Attributes, Tags int64         // values, and customers' sets of tags, new or changed
	Events           ImportChanges // Unchanged: known, and told again as they are
	EventsLeft       int64         // known, and told otherwise: left as they are
	Holds            int64         // complaints and disputes that opened, closed or moved
	Suppressions     ImportChanges
	CompleteUntil    time.Time                               // of the feed, by this import's word; zero: it gave none
	Coupons          struct{ Named, Redeemed, Leaked int64 } // codes that orders name, redemptions and leaks, as far as nobody knew them
}

// many says that a table may have grown out of all proportion.
func (c ImportCounts) many() bool { return c.Customers.New+c.Orders.New > 5000 }

// ImportedOrders is what a file of orders holds besides the staged lines.
type ImportedOrders struct {
	Source    string // first part of every order's identity
	Orders    []ImportOrder
	Customers []ImportCustomer
	Products  []ImportProduct
	Refunds   []ImportRefund
	Coupons   []ImportCoupon
	Consent   *AssumedConsent
	Defaults  ImportDefaults

	CompleteUntil time.Time // of the feed orders; zero leaves it where it is
}

// merge is one merge under way.
type merge struct {
	tx      pgx.Tx
	job     int64
	settled []int64 // orders of which something came back, or does no more
	counts  ImportCounts

	redeemed      []int64 // orders that redeemed a code, or do no more
	recategorized []int64 // products that came into another category
}

// inMerge runs fn in the one transaction that merges what is staged, ends the job
// and empties the staging. When anything fails, nothing was merged and the
// staged chunks stay.
func (im *Import) inMerge(ctx context.Context, fn func(*merge) error) (ImportCounts, error) {
	var counts ImportCounts
	// What was planned for little, by the imports before on this connection, is not for much.
	const little = 5000 // rows
	if im.rows > little {
		if err := im.conn.DeallocateAll(ctx); err != nil {
			return ImportCounts{}, mapError(err)
		}
		if _, err := im.conn.Exec(ctx, "discard plans"); err != nil { // those of the foreign keys' checks
			return ImportCounts{}, mapError(err)
		}
	}
	err := pgx.BeginFunc(ctx, im.conn, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, strings.Join([]string{
			// Applying a campaign takes this lock alone, so that no order falls
			// between "placed before" and "put before the campaign".
			"select pg_advisory_xact_lock_shared(hashtext('rewave:apply'))",
			featuresLock, // before any table's: a rebuild that has it reads them all
			"set local work_mem = '64MB'",
			"set local jit = off",                      // compiling takes longer than any statement here
			"set local random_page_cost = 1.1",         // what was just written is in memory
			"set local default_statistics_target = 10", // of what is staged, how many rows and how many different ones
		}, "; "))
		if err != nil {
			return err
		}
		m := &merge{tx: tx, job: im.id}
		if err := fn(m); err != nil {
			return err
		}
		// A shop's whole history at once must not be planned for as if the tables were still empty.
		if counts = m.counts; counts.many() {
			for _, sql := range []string{"set local default_statistics_target to default", "analyze customers, contacts, consents, orders, order_lines, refunds"} {
				if _, err := tx.Exec(ctx, sql); err != nil {
					return err
				}
			}
		}
		if err := m.features(ctx); err != nil {
			return fmt.Errorf("features: %w", err)
		}
		if counts.Orders.New > 0 {
			if _, err := m.exec(ctx, "import/hold_customers"); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(ctx, "insert into merges default values"); err != nil {
			return err
		}
		if err := clearStaging(ctx, tx); err != nil {
			return err
		}
		return im.finish(ctx, tx, "merged")
	})
	if err != nil {
		return ImportCounts{}, mapError(fmt.Errorf("merge: %w", err))
	}
	im.stagedTo = 0
	return counts, nil
}

// MergeCustomers merges a staged customers file.
func (im *Import) MergeCustomers(ctx context.Context, source string, defaults ImportCustomer, consent *AssumedConsent) (ImportCounts, error) {
	return im.inMerge(ctx, func(m *merge) error {
		if err := m.customers(ctx, defaults, consent); err != nil {
			return err
		}
		if err := m.defaultAttributes(ctx, defaults); err != nil {
			return err
		}
		return m.attributes(ctx, source)
	})
}

// MergeProducts merges a staged products file.
func (im *Import) MergeProducts(ctx context.Context, defaults ImportProduct) (ImportCounts, error) {
	return im.inMerge(ctx, func(m *merge) error {
		return m.products(ctx, defaults)
	})
}

// MergeOrders merges the staged order lines with the rest of their file.
func (im *Import) MergeOrders(ctx context.Context, file ImportedOrders) (ImportCounts, error) {
	return im.inMerge(ctx, func(m *merge) error {
		keys, err := m.setKeysAside(ctx)
		if err != nil {
			return fmt.Errorf("keys: %w", err)
		}
		if err := m.load(ctx, file, keys.held()); err != nil {
			return err
		}
		if err := m.customers(ctx, file.Defaults.Customer, file.Consent); err != nil {
			return err
		}
		if err := m.products(ctx, file.Defaults.Product); err != nil {
			return err
		}
		first, err := m.orders(ctx, file, keys)
		if err != nil {
			return fmt.Errorf("orders: %w", err)
		}
		if first != nil {
			err = m.copyHistoryRefunds(ctx, first)
		} else {
			err = m.refunds(ctx, file)
		}
		if err != nil {
			return fmt.Errorf("refunds: %w", err)
		}
		if err := m.coupons(ctx, file.Coupons); err != nil {
			return fmt.Errorf("coupons: %w", err)
		}
		if err := keys.restoreOthers(ctx); err != nil {
			return fmt.Errorf("keys: %w", err)
		}
		if err := m.feed(ctx, "orders", file.CompleteUntil); err != nil {
			return err
		}
		return m.tx.QueryRow(ctx, statement("import/count_orders")).Scan(&m.counts.Orders.New, &m.counts.Orders.Changed, &m.counts.Orders.Unchanged,
			&m.counts.GuestOrders, &m.counts.UnkeptOrders, timeOrZero{&m.counts.FirstOrder}, timeOrZero{&m.counts.LastOrder})
	})
}

// load puts beside the staged lines what is derived from the whole file. The
// refunds of a first history are matched without the database.
func (m *merge) load(ctx context.Context, file ImportedOrders, first bool) error {
	err := copyCustomers(ctx, m.tx, file.Customers)
	if err == nil {
		err = copyProducts(ctx, m.tx, file.Products)
	}
	if err == nil && !first {
		err = copyRefunds(ctx, m.tx, file.Refunds)
	}
	return err
}

// count runs a statement that returns one number.
func (m *merge) count(ctx context.Context, name string, into *int64, args ...any) error {
	if err := m.tx.QueryRow(ctx, statement(name), args...).Scan(into); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// exec runs a statement and returns how many rows it touched.
func (m *merge) exec(ctx context.Context, name string, args ...any) (int64, error) {
	tag, err := m.tx.Exec(ctx, statement(name), args...)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", name, err)
	}
	return tag.RowsAffected(), nil
}

func (m *merge) customers(ctx context.Context, defaults ImportCustomer, consent *AssumedConsent) error {
	c := &m.counts
	if err := m.analyze(ctx, "import_customers"); err != nil {
		return err
	}
	if _, err := m.exec(ctx, "import/find_customers"); err != nil {
		return err
	}
	var strangers, twice, consents bool // what a file of orders says nothing of, or rarely
	err := m.tx.QueryRow(ctx, `select exists (select from import_customers where customer_id is null), exists (select from import_customers where not last),
		exists (select from import_customers where consent_email is not null or consent_sms is not null)`).Scan(&strangers, &twice, &consents)
	if err != nil {
		return err
	}
	if twice {
		if _, err := m.exec(ctx, "import/fold_customers"); err != nil {
			return err
		}
	}
	if err := m.defaultCustomers(ctx, defaults); err != nil {
		return err
	}
	if strangers {
		if err := m.count(ctx, "import/insert_customers", &c.Customers.New); err != nil {
			return err
		}
	}
	var all, nobody int64
	err = m.tx.QueryRow(ctx, "select count(*) filter (where last), count(*) filter (where customer_id is null) from import_customers").Scan(&all, &nobody)
	if err != nil {
		return err
	}
	if nobody > 0 {
		return fmt.Errorf("%d customers have neither an identity nor could be inserted", nobody)
	}
	if c.Customers.New < all {
		if err := m.count(ctx, "import/update_customers", &c.Customers.Changed); err != nil {
			return err
		}
		if c.AddressesChanged, err = m.exec(ctx, "import/update_contacts"); err != nil {
			return err
		}
	}
	c.Customers.Unchanged = all - c.Customers.New - c.Customers.Changed
	if consents {
		if err := m.count(ctx, "import/record_consents", &c.Consents); err != nil {
			return err
		}
	}
	if err := m.defaultConsents(ctx, defaults); err != nil || consent == nil {
		return err
	}
	return m.count(ctx, "import/assume_consents", &c.AssumedConsents, consent.Channel, consent.At, "assumed:"+consent.Source)
}

func (m *merge) products(ctx context.Context, defaults ImportProduct) error {
	c := &m.counts.Products
	for _, name := range []string{"import/find_products", "import/fold_products"} {
		if _, err := m.exec(ctx, name); err != nil {
			return err
		}
	}
	if err := m.defaultProducts(ctx, defaults); err != nil {
		return err
	}
	if err := m.analyze(ctx, "import_products"); err != nil {
		return err
	}
	if err := m.count(ctx, "import/insert_products", &c.New); err != nil {
		return err
	}
	var all int64
	if err := m.tx.QueryRow(ctx, "select count(*) from import_products where last").Scan(&all); err != nil {
		return err
	}
	if c.New < all {
		if err := m.updateProducts(ctx); err != nil {
			return fmt.Errorf("import/update_products: %w", err)
		}
	}
	c.Unchanged = all - c.New - c.Changed
	return nil
}

func (m *merge) updateProducts(ctx context.Context) error {
	rows, err := m.tx.Query(ctx, statement("import/update_products"))
	if err != nil {
		return err
	}
	var product int64
	var moved bool
	tag, err := pgx.ForEachRow(rows, []any{&product, &moved}, func() error {
		if moved {
			m.recategorized = append(m.recategorized, product)
		}
		return nil
	})
	m.counts.Products.Changed = tag.RowsAffected()
	return err
}

// orders merges orders and lines. Where the keys are held it also matches the
// refunds, and returns them for copyHistoryRefunds; else nil.
func (m *merge) orders(ctx context.Context, file ImportedOrders, keys heldKeys) (first *history, err error) {
	c := &m.counts
	ids, err := m.identifyOrders(ctx, file, file.told() && !keys.held())
	if err != nil {
		return nil, err
	}
	// Only now: the plans ahead depend on how many are new.
	if err := m.analyze(ctx, "import_orders"); err != nil {
		return nil, err
	}
	products, err := m.numbered(ctx, len(file.Products), "select seq, product_id from import_products")
	if err != nil {
		return nil, err
	}
	var returned map[lineKey]int32
	if keys.held() {
		customers, err := m.numbered(ctx, len(file.Customers), "select seq, customer_id from import_customers")
		if err != nil {
			return nil, err
		}
		if first, err = m.matchHistory(ctx, file, ids, customers, products); err != nil {
			return nil, err
		}
		returned = first.returned
		if err := m.copyHistory(ctx, first, file); err != nil {
			return nil, err
		}
	} else if err := m.mergeOrders(ctx, file); err != nil {
		return nil, err
	}
	if err := m.lines(ctx, ids, products, returned); err != nil {
		return nil, err
	}
	if err := m.changedLines(ctx, keys); err != nil {
		return nil, err
	}
	c.Inbox, err = m.exec(ctx, "import/fill_inbox")
	return first, err
}

// mergeOrders brings the heads of the staged orders to where they belong.
func (m *merge) mergeOrders(ctx context.Context, file ImportedOrders) (err error) {
	if m.counts.Orders.New, err = m.exec(ctx, "import/insert_orders", file.Source); err != nil {
		return err
	}
	if m.counts.Orders.New == int64(len(file.Orders)) {
		return nil
	}
	if _, err = m.exec(ctx, "import/update_orders"); err == nil && file.told() {
		_, err = m.exec(ctx, "import/update_told")
	}
	return err
}

// changedLines compares the lines of known orders with what is there.
func (m *merge) changedLines(ctx context.Context, keys heldKeys) error {
	if err := keys.restoreLineKey(ctx); err != nil {
		return err
	}
	c := &m.counts
	staged, err := m.staged(ctx)
	if err != nil {
		return err
	}
	if c.Lines.New < staged {
		if err := m.analyze(ctx, "import_lines"); err != nil {
			return err
		}
		if err := m.updateLines(ctx); err != nil {
			return err
		}
	}
	c.Lines.Unchanged = staged - c.Lines.New - c.Lines.Changed
	return nil
}

// staged is how many order lines wait.
func (m *merge) staged(ctx context.Context) (rows int64, err error) {
	err = m.tx.QueryRow(ctx, "select staged_rows from import_jobs where job_id = $1", m.job).Scan(&rows)
	return rows, err
}

func (m *merge) updateLines(ctx context.Context) error {
	rows, err := m.tx.Query(ctx, statement("import/update_lines"))
	if err != nil {
		return err
	}
	var isNew bool
	tag, err := pgx.ForEachRow(rows, []any{&isNew}, func() error {
		if isNew {
			m.counts.Lines.New++
		} else {
			m.counts.Lines.Changed++
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("import/update_lines: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return nil
	}
	_, err = m.exec(ctx, "import/update_gross")
	return err
}

// analyze tells the planner how many rows there are: on a table filled in this
// transaction it would guess.
func (m *merge) analyze(ctx context.Context, table string) error {
	_, err := m.tx.Exec(ctx, "analyze "+pgx.Identifier{table}.Sanitize())
	return err
}

// timeOrZero scans null as the zero time.
type timeOrZero struct{ to *time.Time }

// Scan implements sql.Scanner.
func (t timeOrZero) Scan(value any) error {
	*t.to, _ = value.(time.Time)
	return nil
}
