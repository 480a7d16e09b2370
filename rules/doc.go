// Package rules is the language in which a person says which customers are
// meant: one line of expr over a documented environment, such as
//
//	orders.count >= 2 and orders.days_since_last >= 90
//
// A rule is compiled once and judged for each customer. It is pure: the same
// rule, customer, orders and instant give the same answer for ever; it knows no
// clock but the instant it is asked about, calls nothing, changes nothing, and
// its cost is bounded before it runs: 4 KiB of text, 50 levels, 500 parts, and
// no loops, over no more than a thousand orders.
//
// What is unknown is never 0 and never empty text. Reading it is an error of
// that customer, who is then left out and counted, never silently a match or a
// non-match: orders.days_since_last has no value for someone without orders, so
// a rule says orders.count > 0 first.
//
// Money is decimal in the campaign's currency. An amount is held in whole minor
// units and becomes the nearest binary fraction only where it is compared; the
// number a rule writes becomes the very same one, so orders.revenue == 299.50 is
// exact. Sums within a rule (orders.revenue * 0.1) are ordinary floating point.
//
// What is predicted of a customer hangs on Scores, which were fitted to all
// customers of the shop once and are frozen: the caller chooses which, and the
// same Scores give the same answer for ever.
//
// The caller loads what Needs says. What was not loaded is an error too: a
// customer without tags and one whose tags nobody read are told apart.
//
// The package is the only door to expr. Every member of the environment is a row
// of one table (members.go), which gives its type, its documentation in README.md
// and its value; nothing else can be reached from a rule.
package rules
