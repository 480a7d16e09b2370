package postgres

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
)

// Order lines wait for the merge packed, a chunk of them a row: each line is its
// order, ordinal, product, quantity, price and amount as varints. Only the merge
// knows the ids of orders and products, and it sends the lines by COPY, which
// writes them at twice the speed of INSERT.

var errDamaged = errors.New("a chunk of staged lines is damaged")

func packLines(lines []ImportLine) []byte {
	buf := make([]byte, 0, 16*len(lines))
	for i := range lines {
		l := &lines[i]
		for _, n := range [...]int64{int64(l.Order), int64(l.Ordinal), int64(l.Product), int64(l.Quantity), l.Price, l.Amount} {
			buf = binary.AppendVarint(buf, n)
		}
	}
	return buf
}

// unpackLine takes the first line off packed; its Line is not kept.
func unpackLine(packed []byte) (l ImportLine, rest []byte, err error) {
	var values [6]int64
	for i := range values {
		n, size := binary.Varint(packed)
		if size <= 0 {
			return l, nil, errDamaged
		}
		values[i], packed = n, packed[size:]
	}
	return ImportLine{
		Order: int32(values[0]), Ordinal: int32(values[1]), Product: int32(values[2]), Quantity: int32(values[3]), Price: values[4], Amount: values[5],
	}, packed, nil
}

// lineRows are rows for order_lines or import_lines in COPY's binary form
// (PostgreSQL manual, COPY, "Binary Format"), written by hand: half a million
// rows go through the driver's general encoder at a quarter of the speed.
type lineRows struct {
	buf      []byte
	n        int64
	returned bool // they say what came back of them
}

func (r *lineRows) add(l *ImportLine, order, product int64, back int32) {
	if r.n == 0 {
		r.buf = append(r.buf[:0], "PGCOPY\n\xff\r\n\x00\x00\x00\x00\x00\x00\x00\x00\x00"...) // no flags, no extension
	}
	r.n++
	fields := byte(6)
	if r.returned {
		fields++
	}
	b := append(r.buf, 0, fields)
	b = appendInt8(b, order)
	b = appendInt4(b, l.Ordinal)
	b = appendInt8(b, product)
	b = appendInt4(b, l.Quantity)
	b = appendPrice(b, l.Price)
	b = appendInt8(b, l.Amount)
	if r.returned {
		b = appendInt4(b, back)
	}
	r.buf = b
}

// copy sends the rows and forgets them.
func (r *lineRows) copy(ctx context.Context, tx pgx.Tx, table string) (int64, error) {
	if r.n == 0 {
		return 0, nil
	}
	r.buf, r.n = append(r.buf, 0xff, 0xff), 0
	columns := "order_id, line_no, product_id, quantity, unit_price, amount_minor"
	if r.returned {
		columns += ", refunded_quantity"
	}
	tag, err := tx.Conn().PgConn().CopyFrom(ctx, bytes.NewReader(r.buf), "copy "+table+" ("+columns+") from stdin (format binary)")
	return tag.RowsAffected(), err
}

func appendInt4(b []byte, n int32) []byte {
	return binary.BigEndian.AppendUint32(append(b, 0, 0, 0, 4), uint32(n))
}

func appendInt8(b []byte, n int64) []byte {
	return binary.BigEndian.AppendUint64(append(b, 0, 0, 0, 8), uint64(n))
}

// appendPrice writes ten-thousandths as a numeric with four decimals: how many
// digits, the weight of the first, the sign, the decimals, and the digits. They
// are of base 10,000 (numeric_send of PostgreSQL), so the last is the fraction.
func appendPrice(b []byte, price int64) []byte {
	sign, left := uint16(0), uint64(price)
	if price < 0 {
		sign, left = 0x4000, -left
	}
	var digits [5]uint16 // of 64 bits
	n := 0
	for ; left > 0; left /= 10_000 {
		n++
		digits[len(digits)-n] = uint16(left % 10_000)
	}
	b = binary.BigEndian.AppendUint32(b, uint32(8+2*n))
	for _, head := range [...]uint16{uint16(n), uint16(n - 2), sign, 4} {
		b = binary.BigEndian.AppendUint16(b, head)
	}
	for _, digit := range digits[len(digits)-n:] {
		b = binary.BigEndian.AppendUint16(b, digit)
	}
	return b
}

// orderIDs are the ids of a file's orders by their numbers.
type orderIDs []struct {
	id    int64
	isNew bool
}

// identifyOrders puts the file's orders beside the lines, the known with their
// ids and each of the others with one of its own. told puts what is told of them
// beside them.
func (m *merge) identifyOrders(ctx context.Context, file ImportedOrders, told bool) (orderIDs, error) {
	var reserved []int64
	err := m.tx.QueryRow(ctx, "select array_agg(nextval('orders_order_id_seq')) from generate_series(1, $1)", len(file.Orders)).Scan(&reserved)
	if err != nil {
		return nil, err
	}
	if err := copyOrders(ctx, m.tx, file.Orders, reserved, told); err != nil {
		return nil, err
	}
	var ids orderIDs
	for i, o := range file.Orders { // by rising number
		ids = slices.Grow(ids, int(o.Number)+1-len(ids))[:o.Number+1]
		ids[o.Number].id, ids[o.Number].isNew = reserved[i], true
	}
	rows, err := m.tx.Query(ctx, statement("import/find_orders"), file.Source)
	if err != nil {
		return nil, err
	}
	var number int32
	var id int64
	_, err = pgx.ForEachRow(rows, []any{&number, &id}, func() error {
		ids[number].id, ids[number].isNew = id, false
		return nil
	})
	return ids, err
}

// numbered are n ids by their numbers, which sql gives.
func (m *merge) numbered(ctx context.Context, n int, sql string) ([]int64, error) {
	rows, err := m.tx.Query(ctx, sql)
	if err != nil {
		return nil, err
	}
	ids := make([]int64, n)
	var number int32
	var id int64
	_, err = pgx.ForEachRow(rows, []any{&number, &id}, func() error {
		ids[number] = id
		return nil
	})
	return ids, err
}

// eachChunk hands out the staged chunks in the order of the file; to is the line
// up to which one goes.
func (m *merge) eachChunk(ctx context.Context, do func(to int, packed []byte) error) error {
	for at := 0; ; {
		var packed []byte
		err := m.tx.QueryRow(ctx, "select staged_to, lines from import_chunks where staged_to > $1 order by staged_to limit 1", at).Scan(&at, &packed)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := do(at, packed); err != nil {
			return fmt.Errorf("lines up to %d: %w", at, err)
		}
	}
}

// lines sends the staged lines on: those of new orders to where they belong,
// those of known orders to import_lines. Of a first history, returned says what
// came back; most lines are kept, and their rows leave it out.
func (m *merge) lines(ctx context.Context, orders orderIDs, products []int64, returned map[lineKey]int32) error {
	fresh, back, known := lineRows{}, lineRows{returned: true}, lineRows{}
	return m.eachChunk(ctx, func(_ int, packed []byte) (err error) {
		for len(packed) > 0 {
			var l ImportLine
			if l, packed, err = unpackLine(packed); err != nil {
				return err
			}
			if int(l.Order) >= len(orders) || int(l.Product) >= len(products) {
				return errDamaged
			}
			order, product := orders[l.Order], products[l.Product]
			units := returned[lineKey{l.Order, l.Ordinal}]
			switch {
			case !order.isNew:
				known.add(&l, order.id, product, 0)
			case units > 0:
				back.add(&l, order.id, product, units)
			default:
				fresh.add(&l, order.id, product, 0)
			}
		}
		for _, rows := range []*lineRows{&fresh, &back} {
			sent, err := rows.copy(ctx, m.tx, "order_lines")
			if err != nil {
				return err
			}
			m.counts.Lines.New += sent
		}
		_, err = known.copy(ctx, m.tx, "import_lines")
		return err
	})
}
