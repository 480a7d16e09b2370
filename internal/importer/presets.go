package importer

import (
	"bytes"
	"time"
	"unicode"

	"github.com/rewave/rewave/internal/order"
)

// orderRow is one line of an order or of a refund, as a preset reads it. Its
// bytes live as long as the record's.
type orderRow struct {
	id       []byte // of the order or refund; set whenever the row names one, also when it is bad
	refund   bool
	refundOf []byte
	customer []byte // empty: a guest
	at       time.Time
	sku      []byte
	quantity int // > 0, for refunds too
	price    order.Price
	total    bool // price is that of the whole line
	currency []byte

	name, category, region        []byte
	email, phone, first, lastName []byte
	coupon                        []byte // codes, several separated by ;
	reason                        []byte // of a refund
	told                          toldRow
}

// orderReader reads a record into row, which is zero before. A bad row leaves
// what it could read.
type orderReader func(rec *record, row *orderRow) *badLine

func newOrderReader(l layout, preset string, clock *clockReader, numbers *numberReader) orderReader {
	switch preset {
	case UCIOnlineRetail:
		return readUCI(l, clock, numbers)
	case CDNOW:
		return readCDNOW(l, clock, numbers)
	}
	return readGeneric(l, clock, numbers)
}

// readUCI reads invoice lines: an invoice that begins with C gives units back,
// one that begins with A adjusts a bad debt and is no order.
func readUCI(l layout, clock *clockReader, numbers *numberReader) orderReader {
	invoice, stock, description, quantity := l.field("InvoiceNo"), l.field("StockCode"), l.field("Description"), l.field("Quantity")
	date, price, customer, country := l.field("InvoiceDate"), l.field("UnitPrice"), l.field("CustomerID"), l.field("Country")
	return func(rec *record, row *orderRow) (bad *badLine) {
		row.id = invoice.of(rec)
		if len(row.id) == 0 {
			return &badLine{reason: "no InvoiceNo"}
		}
		switch row.id[0] {
		case 'A', 'a':
			return &badLine{reason: "a bad-debt adjustment, not an order"}
		case 'C', 'c':
			row.refund = true
		}
		row.sku = stock.of(rec)
		if bytes.ContainsFunc(row.sku, mayBeLower) { // ToUpper copies
			row.sku = bytes.ToUpper(row.sku)
		}
		if len(row.sku) == 0 {
			return &badLine{reason: "no StockCode"}
		}
		n, ok := numbers.quantity(quantity.of(rec))
		switch {
		case !ok:
			return badValue("the quantity is not a whole number", quantity.of(rec))
		case row.refund && n >= 0:
			return badValue("the quantity of a cancellation is not negative", quantity.of(rec))
		case row.refund:
			n = -n
		case n <= 0:
			return badValue("the quantity of an order line is not positive", quantity.of(rec))
		}
		row.quantity = n
		if row.at, ok = clock.read(date.of(rec)); !ok {
			return badValue("the InvoiceDate cannot be read", date.of(rec))
		}
		if row.price, bad = numbers.price(price.of(rec)); bad != nil {
			return bad
		}
		row.customer, row.name, row.region = customer.of(rec), description.of(rec), country.of(rec)
		return nil
	}
}

func mayBeLower(r rune) bool { return r >= 'a' && r <= 'z' || r > unicode.MaxASCII }

// readCDNOW reads one order a row. The file has no order ids: customer, date and
// the ordinal among them are the identity, which stays while rows are only added.
func readCDNOW(l layout, clock *clockReader, numbers *numberReader) orderReader {
	customer, date, quantity, amount := l.field("customer_id"), l.field("date"), l.field("quantity"), l.field("amount")
	seen := map[string]int{}
	var id []byte
	return func(rec *record, row *orderRow) (bad *badLine) {
		row.customer, row.sku = customer.of(rec), []byte("CD")
		if len(row.customer) == 0 {
			return &badLine{reason: "no customer_id"}
		}
		var ok bool
		if row.at, ok = clock.read(date.of(rec)); !ok {
			return badValue("the date cannot be read", date.of(rec))
		}
		id = append(append(append(id[:0], row.customer...), '/'), date.of(rec)...)
		seen[string(id)]++
		row.id = appendOrdinal(id, seen[string(id)])
		if row.quantity, ok = numbers.quantity(quantity.of(rec)); !ok || row.quantity <= 0 {
			return badValue("the quantity is not a whole number above 0", quantity.of(rec))
		}
		row.total = true
		if row.price, bad = numbers.price(amount.of(rec)); bad != nil {
			return bad
		}
		return nil
	}
}

// readGeneric reads the columns of the generic preset. A row is a refund when
// its kind says so or when refund_of names an order; order_id is then the
// refund's own id.
func readGeneric(l layout, clock *clockReader, numbers *numberReader) orderReader {
	id, customer, at, sku := l.field("order_id"), l.field("customer_id"), l.field("placed_at"), l.field("sku")
	quantity, price, currency := l.field("quantity"), l.field("unit_price"), l.field("currency")
	name, category, region := l.field("product_name"), l.field("category"), l.field("region")
	email, phone, first, last := l.field("email"), l.field("phone"), l.field("first_name"), l.field("last_name")
	kind, refundOf, coupon := l.field("kind"), l.field("refund_of"), l.field("coupon")
	readTold := newToldReader(l, clock, numbers)
	return func(rec *record, row *orderRow) (bad *badLine) {
		row.id = id.of(rec)
		if len(row.id) == 0 {
			return &badLine{reason: "no order_id"}
		}
		row.refundOf = refundOf.of(rec)
		switch word := kind.of(rec); string(bytes.ToLower(word)) {
		case "order", "sale":
			if len(row.refundOf) > 0 {
				return &badLine{reason: "an order with refund_of"}
			}
		case "refund", "return":
			row.refund = true
		case "":
			row.refund = len(row.refundOf) > 0
		default:
			return badValue("kind is neither order nor refund", word)
		}
		row.sku = sku.of(rec)
		if len(row.sku) == 0 {
			return &badLine{reason: "no sku"}
		}
		var ok bool
		if row.quantity, ok = numbers.quantity(quantity.of(rec)); !ok || row.quantity == 0 || row.quantity < 0 && !row.refund {
			return badValue("the quantity is not a whole number above 0", quantity.of(rec))
		}
		row.quantity = max(row.quantity, -row.quantity) // shops write refunds either way
		if row.at, ok = clock.read(at.of(rec)); !ok {
			return badValue("placed_at cannot be read", at.of(rec))
		}
		if row.price, bad = numbers.price(price.of(rec)); bad != nil {
			return bad
		}
		row.customer, row.currency = customer.of(rec), currency.of(rec)
		row.name, row.category, row.region = name.of(rec), category.of(rec), region.of(rec)
		row.email, row.phone, row.first, row.lastName = email.of(rec), phone.of(rec), first.of(rec), last.of(rec)
		row.coupon = coupon.of(rec)
		return readTold(rec, row)
	}
}
