// Package engine is every use case of Rewave, one file each: the only place
// that knows the order of steps. Workers, the web and the command line call it;
// it never sees a queue.
//
// One order, entering:
//
//	import      orders merged, an inbox row for each order-triggered campaign
//	EnterOrders the row decided by wave.Plan, as of the order: enrollment, arm,
//	            round 1 and its planned deliveries, in the transaction that
//	            removes the inbox row. EnterEvents does the same with events, and
//	            OpenSlots with customers at a slot or on the day of an occasion
//
// One message, leaving:
//
//	HandOut        due planned rows -> chunks (lane, ids). Nothing is marked on the
//	               rows: a lost chunk is given again, a doubled one dies at the gate
//	SendDeliveries render (both arms, with a sentinel where a code goes) · gate
//	               (one transaction: deliveries, customers, the campaign's limits
//	               and codes are locked in this order; facts, delivery.Gate,
//	               planned -> sending | withheld | refused; codes bound) ·
//	               provider calls, many in flight · one write of the outcomes
//	Reap           lapsed leases -> unknown; unknown nobody settled -> unknown_final
//
// # Two clocks
//
// Business time decides everything about customers: with a nil clock it is the
// database's, read in the transaction that decides; a replay sets it. Lease
// time is always the database's and decides only who may touch a row.
//
// # What happens on failure
//
// Before the gate commits nothing has happened. Between the gate and the call
// the worker gives the row back, or if it died the lease lapses and the row is
// unknown. During the call, and until the outcome is written, it is unknown.
// Unknown is never sent again.
package engine
