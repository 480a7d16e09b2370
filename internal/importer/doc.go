// Package importer brings a shop's history in: files of products, customers,
// orders, events and suppressions, CSV or JSON lines, plain or gzip, UTF-8,
// GB18030 or Windows-1252.
//
// Nothing is lost and nothing happens by half. Every data row of the file is
// either merged or stands in the reject file with its line and the reason; what
// cannot be trusted as a whole (a gzip cut short, another encoding than was said,
// a missing column, another kind's columns) is refused as a whole and leaves the
// database as it was. Rows are staged in committed chunks while the file is read,
// then one transaction merges them. The same file again changes nothing; a run
// that was killed goes on behind its last chunk, because what is derived from the
// rows (customers, products, orders, ordinals) is rebuilt by reading the file
// again and only the staging is skipped. Memory grows with the distinct orders,
// customers, products and refund lines of a file, never with its order lines or
// events.
//
// An order in a file is the whole order. Its lines are known by their ordinal
// within the order, in file order, rejected ones counted too, so that mending a
// rejected line later moves no other; two equal lines are two lines. An import
// never takes a line away: a refund does.
//
// What is told of an order besides what was bought (status, entry_path, promised_at,
// delivered_at, discount, the codes it names) may stand on any of its lines: the
// last status and entry path count, the latest promise and delivery, the discounts
// added up. A later file tells it anew, and what it leaves empty stays. Nothing is
// made of it: an order that is called cancelled is kept until a refund says
// otherwise, and a discount changes no amount. It has no history. As of an earlier
// instant, promise and discount are those of the order, a delivery is known by its
// own instant, and the status is not known at all: the one that is stored is today's.
//
// A default of the map fills what is unknown of a customer or a product, in the
// file and in the database, and never replaces anything; of an order or an event it
// is the file's own word. An order placed more than a day after the import began is
// rejected, refunds too.
//
// An event is a fact and known by its id: another content under a known id changes
// nothing, and is counted. Its columns besides id, name, customer and at are
// properties, as are columns attribute.NAME of a customers file attributes. Their
// kinds come from the map, else an attribute's from what the shop declares, else in
// JSON lines from the value (a text that is a day, 2026-12-24, is a date), and in
// CSV a property is a text and an attribute what it looks like. Attributes and tags
// are kept with the instant from which they hold: changed_at of the row, else the
// import, which then writes only what differs from the newest. The columns sex,
// birthday, occupation, interests and source are attributes too, of one form in
// every shop (package customer); attribute.NAME of these names is brought into it
// where it can be read so. Events of a customer whom nobody knows are rejected.
// Complaints and disputes are folded anew, by package event, for each customer with
// a new event of theirs.
//
// A suppression is kept by the hash of its address. A file of orders or events may
// say up to when it is complete; that watermark moves with the merge, never goes
// back, and stays where it is when every row of the file was rejected.
//
// ReadOrders reads a file of orders for what needs no database, as models do: it
// writes nothing and asks for less.
//
// The preset uci-online-retail reads the invoice lines of the UCI data set. An
// order is an invoice that does not begin with C, placed at the earliest time of
// its lines; a line of one that begins with C is a refund, matched as package
// order says. A customer with several countries has the one of the latest line,
// by time. Stock codes are upper-cased, lines without a customer are a guest's.
package importer
