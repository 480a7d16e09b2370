// Package shop invents a shop: customers, products, orders, refunds and events
// that behave like a real order history, the same for ever for the same Config;
// and it lets that shop go on while somebody writes to its customers, with an
// effect that is known (World). The demo, tests and benchmarks run on it where
// no real history is at hand.
//
// # The natural model
//
// Everything below is drawn per customer; time runs in operational days, in
// which the season is flat (see Season). Where no source is named the figure is
// our own, chosen to look like a small shop of consumables; it was measured
// nowhere.
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
//     units and the few prices take about 4 % off the median and widen the
//     spread from 0.70 to 0.76.
//   - Roles. Of the up to three dearest products that fit, one is drawn by its
//     role: in a first order traffic pullers weigh 4, profit and potential
//     products 2, marginal ones 1; later profit products weigh 3, traffic and
//     potential ones 2, marginal ones 1.
//   - Category. An order's lines begin with the category that the last order
//     began with, with probability CategoryStay, else with one drawn by the
//     catalogue's weights; further lines keep to it with the same probability.
//     Where a word is said of an order's category below, it is the one that is
//     worth most in the basket.
//   - Refunds. An order is refunded at most once, with the probability Refunded
//     of its category, from 2 to 28 days later: wholly with probability
//     WholeRefund, else some units of one line. Each has a reason, drawn by the
//     category of its first line: seven in ten clothes that come back do not
//     fit or are not as described, most food was damaged. A refund that would fall at
//     or after End is not part of the history. Where the customer buys the same
//     sku again before that, the refund comes earlier, halfway to that order: so
//     the latest earlier line of the sku always is the refunded one, however a
//     reader matches them. (Extra orders of a World do not move refunds; there
//     refund_of alone says which order is meant.)
//   - Events. A parcel is late with probability LateParcel: Order Delayed 3 to 6
//     days after the order, late by 1 to 5 days. A refund is preceded by Return
//     Requested, by 2 to 48 hours and at most half the way back to the order. A
//     complaint comes with probability ComplainAnyway, after a late parcel with
//     ComplainLate besides, with a refund with ComplainReturns besides
//     (independent causes); within 2 days of the delay or else of the request,
//     otherwise 1 to 10 days after the order; it is open for 1 to 10 days.
//     Events at or after End are left out, so a complaint may stay open.
//   - What is told besides, and moves nothing of the above. A parcel that is not late comes within
//     1 to 4 days, before the end of the day for which it was promised; a late one
//     after it, on the day that its delay says. What is given back before it comes is
//     cancelled. Of orders in the sales (8 to 12 November, 27 December to 10 January,
//     the first half of July) half or more have a discount of 10, 20 or 30 %, of
//     others one in 20; it is told only, lines stay at list prices. Three orders in a
//     hundred are reviewed, half as many asked about in a survey, with worse answers
//     after a late parcel or a refund. Products are looked at before one in eight later
//     orders, and idly 0.12 times a customer, never before the first order: few, for
//     the demo imports them day by day. Some have told their sex, which goes by the
//     first name, birthday, occupation, interests and source (profile.go).
//   - Households. A share of customers lives with an earlier one, any of them
//     alike: same last name, region and zone. Of these a share gives the other's
//     phone as theirs (if there is one, half of the times) or the other's e-mail
//     address. They buy, consent and answer each for themselves.
//   - Addresses end in @demo.invalid, which cannot exist (RFC 2606), and phones
//     begin with +999, a country code that is nobody's; seven in ten have given a
//     phone. Of the e-mail addresses a share is dirty: in capitals or with blanks
//     around it, which an importer forgives, "n/a", without the domain's dot,
//     without @ or in full-width letters, which it cannot; all alike. Of the
//     phones too: without their country, with marks, with a full-width plus.
//   - Consent to e-mail is given with probability Consent and refused else;
//     either way it is dated when the customer was first seen, minutes before the
//     first order. Those with a phone said the same of SMS.
//
// Under this model a first order is followed by another within t operational
// days with probability
//
//	A (1 - (Scale/(Scale+t))^Shape),  A = LeaveB/(LeaveA+LeaveB),
//
// 23.2 % for t = 30 with DefaultModel. From the day after the first order on,
// and without those that came back whole, it is 22.7 % in the default shop.
//
// HostileModel has heavier tails (BasketSpread), whales (a share of customers
// whose baskets are worth WhaleTimes as much), bursts (with probability Burst
// the gap to the next order has mean BurstDays instead of 1/lambda, so the
// formulas here do not hold) and addresses that depend on the rate: the logits
// of Consent, DirtyEmail and DirtyPhone shift by Tilt, up or down, for each
// e-fold of lambda above the mean rate.
//
// # Messages and what they do
//
// A World goes on with exactly these histories (common random numbers): whoever
// gets no message does what History says. A message to customer i that begins to
// act at s, the first midnight UTC after it came (or the first stop of a finer
// grid), brings extra orders: a Poisson process of its own with the rate
//
//	lambda x season(t) x Lift x Response x exp(-(t-s)/Fades),  t >= s,
//
// where Response goes by the category of the customer's first order, with a mean
// of about 1 over customers, and t runs evenly through the day. It runs while the
// customer is alive: from the first order to the natural last one, after which
// they have left and cannot be won back, or to End. Each extra order has one
// message as its cause; several messages add up.
//
// An extra order is like a natural one: basket, refund, late parcel, complaint;
// its category follows the latest natural order before it. With probability
// Borrows it takes the place of the customer's next natural order that is still
// to come, if that is less than 60 days ahead: that order, its refund and its
// events do not happen. When the customer leaves does not change.
//
// An order that is placed while a code is valid (from when its message begins to
// act until Until) uses it with probability Redeems, be it natural or extra;
// each code is used once, and where there are several the newest message's is
// tried first. List prices stay: what a code takes off is the shop's to account
// for. With probability OptsOut the reader unsubscribes within the first day.
//
// All of this is drawn from streams of (customer, campaign, wave, how many of
// that campaign and wave the customer had before), so one message more or less
// changes nothing of the others.
//
// # What to expect of a sequence
//
// Of a new customer, let a window end t days after the first order, and let
// messages k act from day s_k on. To someone who stays, they are worth
//
//	L = sum over k of Lift_k x Fades_k x (1 - exp(-(t-s_k)/Fades_k))
//
// further days of shopping within the window, in which the extra orders have the
// same rate lambda. Whoever buys naturally buys anyway, so the share of buyers
// rises by
//
//	A ((Scale/(Scale+t))^Shape - (Scale/(Scale+t+R L))^Shape)
//
// times the share of the asked whom the messages reach, R being their mean
// Response. It holds too where a purchase ends the sequence: until it does, all
// messages come. With a season, t and L are multiplied by its mean over the
// window; orders that come back whole take some 3 % off. With DefaultModel,
// t = 31 and messages that act from days 2, 9 and 23 with Lift 0.5, fading in 10
// days, L = 11.9: of those reached, 5.8 in a hundred more buy. Because A and
// Scale are the shop's, a lift of buyers is far smaller than Lift: most of the
// new never come back, or slowly.
//
// # Truth
//
// World.Truth plays the asked customers twice, with all messages and without
// those of one campaign, and compares. It knows nothing of arms, deliveries or
// reports: only whom it is asked about. Other campaigns' messages stay as they
// were, also those that would not have been sent otherwise.
//
// A history by itself has no effect in it: orders do not depend on any campaign
// there, so every comparison of arms is an A/A comparison whose truth is zero.
// Nowhere is there anyone who never ordered, and nobody answers a message to
// somebody they live with.
//
// # Determinism
//
// Each customer has a random stream for each purpose (who they are, when they
// buy, what they buy, whom they live with, how they are reached, what comes
// back, what happens, what is told besides), PCG-DXSM seeded from Config.Seed, the stream and the
// customer's index. So customers can be made in any order and one at a time, and
// a change to baskets leaves identities and instants alone. A golden hash holds
// the output of the default shop.
package shop
