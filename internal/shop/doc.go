// Package shop invents a small shop: customers, products, orders and refunds
// that behave like a real order history, the same for ever for the same Config.
// The demo, tests and benchmarks run on it where no real history is at hand.
//
// # The model
//
// Everything below is drawn per customer; time runs in operational days, in
// which the season is flat (see Season).
//
//   - Arrival. First orders are spread evenly over the operational time between
//     Start and End, jittered within their slot, so ids ascend with arrival.
//   - Purchases follow the MBG/NBD model (Batislam, Denizel and Filiztekin 2007,
//     "Empirical validation and comparison of models for customer base
//     analysis", building on Fader, Hardie and Lee 2005). A customer orders at a
//     rate lambda ~ Gamma(Shape, Scale days) and after every order, the first
//     included, leaves for good with probability p ~ Beta(LeaveA, LeaveB).
//     Gaps are exponential. So a one-time buyer may have left, or be slow.
//   - Season. The rate is multiplied by the month's factor (mean 1 over a year),
//     on 11 November by a further factor; arrivals follow the same season.
//   - Hour. Within its UTC day an order falls by the shopping hours of the
//     customer's zone. Daylight saving is left out here: it would shift the
//     hours by one, and nothing rests on that.
//   - Basket. Its value is lognormal (BasketMedian, BasketSpread in log units).
//     Each customer has a level of their own, which carries half the log
//     variance. One to four lines are then filled with products at their list
//     price to about that value, so a line's margin is the product's. Whole
//     units and the few prices take about 3 % off the median and widen the
//     spread from 0.70 to 0.76.
//   - Category. An order's category is that of the customer's last order with
//     probability CategoryStay, else drawn by the catalogue's weights; further
//     lines keep to the order's category with the same probability.
//   - Refunds. An order is refunded at most once, with probability RefundRate,
//     from 2 to 28 days later: wholly with probability WholeRefund, else some
//     units of one line. A refund that would fall at or after End is not part of
//     the history. Where the customer buys the same sku again before that, the
//     refund comes earlier, halfway to that order: so the latest earlier line of
//     the sku always is the refunded one, however a reader matches them.
//   - Consent. E-mail consent is given with probability Consent and refused else;
//     either way it is dated when the customer was first seen, minutes before the
//     first order. Seven in ten have given a phone, and said the same of SMS.
//
// Under this model a first order is followed by another within t operational
// days with probability LeaveB/(LeaveA+LeaveB) x (1 - (Scale/(Scale+t))^Shape),
// 15.6 % for t = 30 with DefaultModel.
//
// # What it does not contain
//
// No message moves anybody here: orders do not depend on any campaign, so every
// comparison of arms on this history is an A/A comparison whose true effect is
// zero. There are no households, no dirty addresses, no bursts and no one who
// never ordered. Every address ends in @demo.invalid, which cannot exist (RFC
// 2606), and every phone begins with +999, a country code that is nobody's.
//
// # Determinism
//
// Each customer has three random streams (who they are, when they buy, what
// they buy), PCG-DXSM seeded from Config.Seed, the stream and the customer's
// index. So customers can be made in any order and one at a time, and a change
// to baskets leaves identities and instants alone. A golden hash holds the
// output of the default shop.
package shop
