package importer

import (
	"context"
	"maps"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/rewave/rewave/internal/order"
	"github.com/rewave/rewave/internal/postgres"
)

// Purchases is the kind of a file of orders that is only read, by ReadOrders. Its
// generic form needs less than that of Orders: customer_id, placed_at, and unit_price
// or amount, which is that of the whole row. A row without order_id is an order of its
// own; a quantity that is not said is 1.
const Purchases = "purchases"

// readColumns are those of Purchases in the generic form.
var readColumns = columnSet{
	needed: []string{"customer_id", "placed_at"},
	known:  []string{"order_id", "customer_id", "placed_at", "sku", "quantity", "unit_price", "amount", "currency", "kind", "refund_of"},
}

// Read is what a file of orders holds.
type Read struct {
	Orders []ReadOrder    // those of a customer, in the order of their first rows
	Zone   *time.Location // of the file: whose days its orders were placed on

	Rows, Rejected int // data rows; what Rejected counts is not in Orders
	RejectedBy     map[string]int
	Guests         int // orders without a customer
	LostRefunds    int // refund lines of which a part is of no known order
}

// ReadOrder is an order of a customer.
type ReadOrder struct {
	Customer string
	PlacedAt time.Time
	Currency string
	Gross    int64 // minor units
	Units    int
	Back     []Back // in the order of the file's refunds, product by product
}

// Back are units that were given back.
type Back struct {
	At     time.Time
	Amount int64
	Units  int
}

// Net is the order's worth as of an instant, at least 0: what was given back before
// it is taken off. kept is false when by then no unit was kept.
func (o ReadOrder) Net(before time.Time) (minor int64, kept bool) {
	minor, units := o.Gross, o.Units
	for _, b := range o.Back {
		if b.At.Before(before) {
			minor -= b.Amount
			units -= b.Units
		}
	}
	return max(0, minor), units > 0
}

// ReadOrders reads a file of orders without a database and writes nothing. Options
// are as for Run, Kind apart; refunds are matched as an import matches them. Errors
// are as of Run.
func ReadOrders(ctx context.Context, opts Options) (Read, error) {
	opts.Kind = Orders
	opts, err := opts.complete()
	if err != nil {
		return Read{}, err
	}
	in, err := openInput(opts.File)
	if err != nil {
		return Read{}, err
	}
	defer in.Close() //nolint:errcheck // only read

	sum := Summary{RejectedBy: map[string]int{}, AddressesLeftOut: map[string]int{}}
	r := &run{in: in, opts: opts, sum: &sum, latest: opts.Now.Add(day), reading: true}
	if err := r.open(); err != nil {
		return Read{}, err
	}
	r.orders = &collector{currency: r.opts.Currency, address: func(*badLine) {}}
	var lines []postgres.ImportLine
	chunks := make(chan []postgres.ImportLine, 2)
	group, reading := errgroup.WithContext(ctx)
	group.Go(func() error {
		for chunk := range chunks {
			lines = append(lines, chunk...)
		}
		return nil
	})
	group.Go(func() error {
		defer close(chunks)
		return readRows(reading, r, 0, chunks, r.orderLine(), func(l postgres.ImportLine) int { return int(l.Line) })
	})
	if err := group.Wait(); err != nil {
		return Read{}, err
	}
	read := r.orders.read(lines)
	read.Zone = opts.Zone
	read.Rows, read.Rejected, read.RejectedBy = sum.Read, sum.Rejected, sum.RejectedBy
	return read, nil
}

// read puts lines and refunds together.
func (c *collector) read(lines []postgres.ImportLine) Read {
	var read Read
	orders := make([]ReadOrder, len(c.orders.items))
	for i, head := range c.orders.items {
		if head.lines > 0 && head.customer >= 0 {
			orders[i] = ReadOrder{Customer: c.customers.names[head.customer], PlacedAt: head.placedAt, Currency: head.currency, Gross: head.gross}
		}
	}
	for _, l := range lines {
		orders[l.Order].Units += int(l.Quantity)
	}
	c.giveBack(&read, orders, lines)
	for i, head := range c.orders.items {
		switch {
		case head.lines == 0: // of a refund, or rejected
		case head.customer < 0:
			read.Guests++
		default:
			read.Orders = append(read.Orders, orders[i])
		}
	}
	return read
}

// giveBack matches the refunds among the lines of a customer and product, as
// package order says; the order that a refund names may be of anybody.
func (c *collector) giveBack(read *Read, orders []ReadOrder, lines []postgres.ImportLine) {
	if len(c.refunds) == 0 {
		return
	}
	type key struct{ customer, product int32 }
	type group struct {
		lines    []int
		returned []int
	}
	groups := map[key]*group{}
	var keys []key // in the order of the file
	named := make([]int32, len(c.refunds))
	for i, r := range c.refunds {
		k := key{r.Customer, r.Product}
		named[i] = -1
		if r.RefundOf != "" {
			if of, ok := c.orders.index[r.RefundOf]; ok && c.orders.items[of].lines > 0 {
				named[i], k.customer = of, c.orders.items[of].customer
			}
		}
		if groups[k] == nil {
			groups[k] = &group{}
			keys = append(keys, k)
		}
		groups[k].returned = append(groups[k].returned, i)
	}
	for i, l := range lines {
		if g := groups[key{c.orders.items[l.Order].customer, l.Product}]; g != nil {
			g.lines = append(g.lines, i)
		}
	}
	for _, k := range keys {
		g := groups[k]
		sold := make([]order.Sold, len(g.lines))
		for i, at := range g.lines {
			l := lines[at]
			sold[i] = order.Sold{OrderID: int64(l.Order) + 1, Name: c.orders.names[l.Order], Line: int(l.Ordinal),
				PlacedAt: c.orders.items[l.Order].placedAt, Quantity: int(l.Quantity)}
		}
		returned := make([]order.Returned, len(g.returned))
		for i, at := range g.returned {
			r := c.refunds[at]
			returned[i] = order.Returned{Name: r.Name, Line: r.Line, At: r.At, Quantity: r.Quantity}
			switch {
			case named[at] >= 0:
				returned[i].OrderID = int64(named[at]) + 1
			case r.RefundOf != "" || k.customer < 0: // of an order that nobody knows
				returned[i].OrderID = -1
			}
		}
		parts := order.MatchRefunds(sold, returned)
		for len(parts) > 0 {
			n := 1 // parts of one refund line stand together
			for n < len(parts) && parts[n].Returned == parts[0].Returned {
				n++
			}
			refund, quantities := c.refunds[g.returned[parts[0].Returned]], make([]int, n)
			for i, p := range parts[:n] {
				quantities[i] = p.Quantity
			}
			for i, amount := range order.Shares(refund.Amount, quantities) {
				if at := parts[i].Sold; at >= 0 {
					o := &orders[lines[g.lines[at]].Order]
					o.Back = append(o.Back, Back{At: refund.At, Amount: amount, Units: quantities[i]})
				} else {
					read.LostRefunds++
				}
			}
			parts = parts[n:]
		}
	}
}

// readPurchases reads a row of Purchases in the generic form.
func readPurchases(l layout, clock *clockReader, numbers *numberReader) orderReader {
	id, price, amount := l.field("order_id"), l.field("unit_price"), l.field("amount")
	stand := map[string]string{"order_id": "-", "sku": "-", "quantity": "1", "unit_price": "0"}
	maps.Copy(stand, l.defaults)
	l.defaults = stand
	generic, own := readGeneric(l, clock, numbers), []byte(nil)
	return func(rec *record, row *orderRow) *badLine {
		bad := generic(rec, row)
		if len(id.of(rec)) == 0 {
			own = strconv.AppendInt(append(own[:0], "line "...), int64(rec.line), 10)
			row.id = own
		}
		whole := amount.of(rec)
		switch {
		case bad != nil:
		case len(whole) > 0:
			row.total = true
			row.price, bad = numbers.price(whole)
		case len(price.of(rec)) == 0:
			bad = &badLine{reason: "neither unit_price nor amount"}
		}
		return bad
	}
}
