// Package shopsim invents what customers of a campaign do, with an effect that is
// known, fast enough to do it a hundred million times: the tests of evaluation and
// stats ask how often an interval holds the truth, and need thousands of shops for
// one figure. It has no names, products or addresses; the shop that people look at
// is internal/shop. Only tests import it.
//
// # The shop that the methods assume (Friendly)
//
// A customer enters with an order, at day 0 of their own window. They order at a
// rate lambda ~ Gamma(Shape, Scale days) and leave for good with probability p ~
// Beta(LeaveA, LeaveB) after every order, that first one included (MBG/NBD,
// Batislam, Denizel and Filiztekin 2007). Baskets are lognormal with a level of the
// customer's own; categories are a chain; an order comes back by its category. What
// was bought in the 180 days before comes from the same lambda, so it says
// something of what comes. Whether a message arrives and is opened goes with
// lambda too (logistic).
//
// # The shop that is hard to measure (Hostile)
//
// Baskets with heavier tails, whales, a season with a peak, gaps that come in
// bursts, returns nearly all in one category, and some of the holdout who are
// reached all the same, as they live with or turn out to be a treated customer.
//
// # A campaign
//
// Wave k, sent on day s to those who are still in, makes those whom it reaches and
// who have not left order more, by the hazard
//
//	lambda x season x Lift x exp(-(t-s)/Fades), t >= s
//
// Of these extra orders some come instead of the next natural one (Pull), some
// halve it (Cannibal). A coupon is used by an order within its days with
// probability Redeems, extra or not. Some unsubscribe at each wave that reaches
// them. With Exit, who has ordered gets no further wave.
//
// # Truth
//
// Whatever a customer does without the campaign is drawn first, so both worlds of
// the same customer can be played and compared (Measure): common random numbers.
// In the friendly shop the share of further buyers has a formula as well, and a
// test holds the one against the other.
package shopsim
