// Package importer brings a shop's history in: files of orders, customers and
// products, CSV or JSON lines, plain or gzip, UTF-8 or GB18030.
//
// Nothing is lost and nothing happens by half. Every data row of the file is
// either merged or stands in the reject file with its line and the reason; what
// cannot be trusted as a whole (a gzip cut short, another encoding than was
// said, a missing column) is refused as a whole and leaves the database as it
// was. Rows are staged in committed chunks while the file is read, then one
// transaction merges them. The same file again changes nothing; a run that was
// killed goes on behind its last chunk, because what is derived from the rows
// (customers, products, orders, ordinals) is rebuilt by reading the file again
// and only the staging is skipped. Memory grows with the distinct orders,
// customers, products and refund lines of a file, never with its order lines.
//
// An order in a file is the whole order. Its lines are known by their ordinal
// within the order, in file order, rejected ones counted too, so that mending a
// rejected line later moves no other; two equal lines are two lines. An import
// never takes a line away: a refund does.
//
// The preset uci-online-retail reads the invoice lines of the UCI data set. An
// order is an invoice that does not begin with C, placed at the earliest time of
// its lines; a line of one that begins with C is a refund, matched as package
// order says. A customer with several countries has the one of the latest line,
// by time. Stock codes are upper-cased, lines without a customer are a guest's.
package importer
