// Package scenario runs the tests that stand beside a campaign: customers, what
// happens to them, and what the campaign is expected to do about it.
//
// A test file, campaign.test.yaml or any other *.test.yaml of the campaign's
// folder, holds cases. A case has an instant at which the campaign begins to
// run, customers with what is known of them, perhaps what happens later, and
// expectations:
//
//	cases:
//	  - case: lapsed buyers get one note
//	    at: "2026-03-02 10:00"
//	    customers:
//	      - {id: ann, consent: [email], arm: treat, orders: [{at: "2025-11-01", total: 40}, {at: "2025-12-01", total: 12}]}
//	    then:
//	      - {at: "2026-03-05 09:00", customer: ann, order: {total: 60}}
//	    expect:
//	      - {customer: ann, wave: miss-you, decision: send, channel: email, at: "2026-03-02 10:00"}
//	      - {customer: ann, wave: last-note, decision: suppressed, reason: repurchased}
//
// # The format
//
// A file is one case, or `settings` and a list `cases`. A case:
//
//	case, at, until   its name; when the campaign begins to run; the end of the play: what is due later stays planned
//	settings          what rewave.yaml would say, over what it says: shop {name, zone, currency}, quiet_hours, caps,
//	                  groups, blackout, global_holdout, feeds, channels {sms: {cost}}; none takes any but shop and channels away
//	holdout           the share instead of the campaign's; auto is 10% here
//	pools             {POOL: 100} codes, or {codes, value, percent, at_most, min_spend, from, until, per_customer};
//	                  a pool that is not described never runs out; one code a customer where per_customer says no more
//	customers         see below
//	then              what happens later, each {at, customer, ...} or {at, ...} and exactly one of
//	                  order {...}, refund ORDER, event NAME with props, complaint|dispute opened|closed, opts_in|opts_out [channel],
//	                  service {channel: no}, suppressed [channel], erased true, email|phone none, attributes {...}, tags [...];
//	                  for all: campaign pause|resume|cancel, orders_feed silent|complete, pool {name, codes},
//	                  provider {channel, answer: accepts|refuses}
//	expect            see below
//	exactly           true: no message goes out that no expectation names
//
// A customer, of whom only the id is needed:
//
//	id, first_name, last_name, locale, region, zone, first_seen, tags, attributes {name: text, number, true, or "2026-12-24"}
//	email, phone      an address, or none; there is one where nothing is written
//	consent           [email], or {email: yes, sms: no}; nothing is no consent
//	service           {email: no} refuses service messages
//	suppressed, erased
//	orders            [{at, total | lines [{category, sku, role, name, price, units, refunded}], id, currency, refunded, coupon POOL}]
//	events            [{name, at, props}]; Complaint Opened and its kind hold messages
//	elsewhere         {messages: ["...", {at, priority, campaign, group}], group_until}: of other campaigns
//	arm, variant, skipped    instead of the hash: treat; NAME or {WAVE: NAME}; [WAVE] or none
//
// An expectation, of which what is not written is not looked at:
//
//	customer          an id, or a list of them
//	entry, round, wave    1 where nothing is written; without a wave it is about the entry
//	decision          send, withheld, suppressed, expired, cancelled, failed, dead, planned, or none: did not enter
//	reason            a word of the ledger; spaces may stand for _. Of who did not enter: of any time they were asked
//	channel, variant, stratum, arm, coupon yes|no
//	at                a minute, a day, or the two ends of a time
//	message           a text that it holds, or {subject, text, html, sms, lacks}
//
// # What a run promises
//
// A run has no database, no queue and no clock. Business time jumps from one
// instant at which something may be decided to the next: a slot, an order or an
// event that brings customers in, the beginning of a round, a delivery that is
// due. What is decided there is decided by the functions that decide it live,
// wave.Planner and delivery.Gate with its Reserve, on facts as of that instant;
// content is rendered by package message. A provider takes every message, unless
// the case says that it refuses them.
//
// What is written of a customer without a date was so before the case begins.
// What is dated before it is history; from it on it happens on the way. Slots are
// opened until `until`, or else until the last date written in the case, and at
// least once; those of an occasion for a year at least. What has begun by then is played
// to its end.
package scenario
