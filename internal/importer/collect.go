package importer

import (
	"strconv"
	"strings"
	"time"

	"github.com/rewave/rewave/internal/customer"
	"github.com/rewave/rewave/internal/order"
	"github.com/rewave/rewave/internal/postgres"
)

// collector derives orders, customers, products and refunds from rows, and
// numbers the lines. Its numbers depend on the file alone, so that a second
// reading gives every row the same.
type collector struct {
	currency string // of rows that name none
	template string // of assumed addresses; empty: none
	address  func(*badLine)

	orders    dictionary[orderHead]
	customers dictionary[postgres.ImportCustomer]
	products  dictionary[productHead]
	refunds   []postgres.ImportRefund
	refundsIn string // their currency
	mixed     bool   // they have several
	coupons   couponCodes
	texts     texts
	codes     map[string]currency
	refused   map[string]bool // addresses, with their customer: each is told once
}

type orderHead struct {
	ordinal  int32 // of the last row that named it, rejected ones included
	lines    int32 // merged
	customer int32
	currency string
	placedAt time.Time
	gross    int64
	told     *postgres.OrderTold // nil: nothing
}

type productHead struct {
	postgres.ImportProduct
	sold bool // named by a line with a price
}

type currency struct {
	code     string
	decimals int
	bad      *badLine
}

// dictionary numbers texts from 0 in the order of their first appearance.
type dictionary[T any] struct {
	index map[string]int32
	names []string
	items []T
	last  int32 // what was asked for last: lines of an order stand together
}

// of returns the number of a text and whether it is new; a new one's item is zero.
func (d *dictionary[T]) of(text []byte) (int32, bool) {
	if len(d.names) > 0 && d.names[d.last] == string(text) {
		return d.last, false
	}
	if i, ok := d.index[string(text)]; ok {
		d.last = i
		return i, false
	}
	if d.index == nil {
		d.index = map[string]int32{}
	}
	name := string(text)
	var zero T
	d.index[name] = int32(len(d.names))
	d.names, d.items = append(d.names, name), append(d.items, zero)
	d.last = int32(len(d.names) - 1)
	return d.last, true
}

// touch counts a row of an order and returns its ordinal. It is called for every
// row that names one, the rejected too.
func (c *collector) touch(id []byte) (number, ordinal int32) {
	number, isNew := c.orders.of(id)
	head := &c.orders.items[number]
	if isNew {
		head.customer = -1
	}
	head.ordinal++
	return number, head.ordinal
}

// add takes a good row: an order line to stage, or (ok false) a refund line kept
// here. number and ordinal are touch's.
func (c *collector) add(row *orderRow, line int, number, ordinal int32) (_ postgres.ImportLine, ok bool, bad *badLine) {
	money := c.money(row.currency)
	if money.bad != nil {
		return postgres.ImportLine{}, false, money.bad
	}
	units, price := row.quantity, row.price
	if row.total {
		units = 1
	}
	amount, err := order.Amount(units, price, money.decimals)
	if err != nil {
		return postgres.ImportLine{}, false, &badLine{reason: "quantity times price is too large"}
	}
	off, err := order.Amount(1, row.told.discount, money.decimals)
	if err != nil {
		return postgres.ImportLine{}, false, &badLine{reason: "the discount is too large"}
	}
	if row.total {
		price = price.Per(row.quantity)
	}
	if row.refund {
		c.mixed = c.mixed || c.refundsIn != "" && c.refundsIn != money.code
		c.refundsIn = money.code
		c.refunds = append(c.refunds, postgres.ImportRefund{
			Name: c.orders.names[number], Line: int(ordinal), Customer: c.customer(row), Product: c.product(row),
			RefundOf: string(row.refundOf), At: row.at, Quantity: row.quantity, Amount: amount, Reason: c.texts.of(row.reason),
		})
		return postgres.ImportLine{}, false, nil
	}

	head := &c.orders.items[number]
	if head.lines > 0 {
		switch {
		case !c.same(head.customer, row.customer):
			return postgres.ImportLine{}, false, &badLine{reason: "another customer than the order's first line"}
		case head.currency != money.code:
			return postgres.ImportLine{}, false, &badLine{reason: "another currency than the order's first line"}
		}
	}
	customer := c.customer(row)
	if head.lines == 0 {
		head.customer, head.currency, head.placedAt = customer, money.code, row.at
	} else if row.at.Before(head.placedAt) {
		head.placedAt = row.at
	}
	c.tell(head, row, off)
	head.lines++
	head.gross += amount
	c.coupons.add(number, row.coupon)
	return postgres.ImportLine{
		Line: int32(line), Order: number, Ordinal: ordinal, Product: c.product(row),
		Quantity: int32(row.quantity), Price: int64(price), Amount: amount,
	}, true, nil
}

func (c *collector) same(customer int32, id []byte) bool {
	if customer < 0 {
		return len(id) == 0
	}
	return c.customers.names[customer] == string(id)
}

func (c *collector) money(code []byte) currency {
	if known, ok := c.codes[string(code)]; ok {
		return known
	}
	text := string(code)
	if text == "" {
		text = c.currency
	}
	found := currency{}
	var err error
	if found.code, err = currencyCode(text); err != nil {
		found.bad = badValue("the currency is not a code of three letters", code)
		if len(c.codes) > 1000 { // rubbish need not be remembered
			return found
		}
	}
	found.decimals = order.Decimals(found.code)
	if c.codes == nil {
		c.codes = map[string]currency{}
	}
	c.codes[string(code)] = found
	return found
}

// customer notes what a row says of its customer; -1 for a guest.
func (c *collector) customer(row *orderRow) int32 {
	if len(row.customer) == 0 {
		return -1
	}
	i, isNew := c.customers.of(row.customer)
	k := &c.customers.items[i]
	if isNew {
		k.ShopID = c.customers.names[i]
		k.SeenAt, k.RegionAt = row.at, row.at
		c.assume(k)
	}
	if row.at.Before(k.SeenAt) {
		k.SeenAt = row.at
	}
	if len(row.region) > 0 && !row.at.Before(k.RegionAt) {
		k.RegionAt = row.at
		set(&k.Region, row.region)
	}
	set(&k.FirstName, row.first)
	set(&k.LastName, row.lastName)
	if len(row.email) > 0 && (k.EmailAssumed || string(row.email) != k.Email) {
		if c.email(k, string(row.email)) {
			k.EmailAssumed = false
		}
	}
	if len(row.phone) > 0 {
		c.phone(k, string(row.phone))
	}
	return i
}

// assume gives a customer the address of the template.
func (c *collector) assume(k *postgres.ImportCustomer) {
	if c.template != "" {
		k.EmailAssumed = c.email(k, strings.Replace(c.template, "%s", k.ShopID, 1))
	}
}

// email keeps an address a message could be sent to; any other is left out and
// counted, and the customer stays.
func (c *collector) email(k *postgres.ImportCustomer, address string) bool {
	sendable, err := customer.CheckAddress(address)
	if err != nil {
		c.refuse(k.ShopID, badAddress("not an e-mail address", address))
		return false
	}
	k.Email = sendable
	return true
}

// unquoted is a phone number without the ' by which spreadsheets keep it a text.
func unquoted(text string) string {
	if rest, ok := strings.CutPrefix(text, "'"); ok && rest != "" && strings.IndexByte("+0123456789(", rest[0]) >= 0 {
		return rest
	}
	return text
}

func (c *collector) phone(k *postgres.ImportCustomer, text string) {
	number, err := customer.CheckPhone(unquoted(text))
	if err != nil {
		c.refuse(k.ShopID, badAddress(err.Error(), text))
		return
	}
	k.Phone = number
}

// refuse tells of an address that is left out. An order has many lines, each
// with the same address.
func (c *collector) refuse(customer string, bad *badLine) {
	key := customer + "\x00" + bad.full()
	if c.refused[key] {
		return
	}
	if c.refused == nil {
		c.refused = map[string]bool{}
	}
	c.refused[key] = true
	c.address(bad)
}

func badAddress(what, text string) *badLine {
	return badValue(what+"; the customer is kept without it", []byte(text))
}

// product notes what a row says of its product. Its name is the last one that a
// line with a price gave it: free lines carry the store's notes.
func (c *collector) product(row *orderRow) int32 {
	i, isNew := c.products.of(row.sku)
	p := &c.products.items[i]
	if isNew {
		p.SKU = c.products.names[i]
	}
	if priced := row.price > 0; len(row.name) > 0 && (priced || !p.sold) {
		set(&p.Name, row.name)
		p.sold = priced
	}
	set(&p.Category, row.category)
	return i
}

// set stores a text that is not empty, allocating only for a new one.
func set(to *string, text []byte) {
	if len(text) > 0 && *to != string(text) {
		*to = string(text)
	}
}

// heads are the orders that got a line, in the order of the file.
func (c *collector) heads() []postgres.ImportOrder {
	out := make([]postgres.ImportOrder, 0, len(c.orders.items))
	for i, head := range c.orders.items {
		if head.lines > 0 {
			out = append(out, postgres.ImportOrder{
				Number: int32(i), Name: c.orders.names[i], Customer: head.customer,
				PlacedAt: head.placedAt, Currency: head.currency, Gross: head.gross, Told: head.told,
			})
		}
	}
	return out
}

func (c *collector) productHeads() []postgres.ImportProduct {
	out := make([]postgres.ImportProduct, len(c.products.items))
	for i, p := range c.products.items {
		out[i] = p.ImportProduct
	}
	return out
}

func appendOrdinal(id []byte, n int) []byte {
	return strconv.AppendInt(append(id, '/'), int64(n), 10)
}
