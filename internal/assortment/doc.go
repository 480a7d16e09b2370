// Package assortment is what orders say of products and categories: what is
// bought together, what is bought next, what a customer prefers, and which part a
// product plays in the shop. Everything is pure: baskets and counts in, figures
// out, in an order that does not depend on the order of the input.
//
// # Association
//
// Two products are associated as far as they are in one basket more often than
// two that have nothing to do with each other: lift, with its interval. Support
// and confidence say how often and how surely. All of it describes; that a
// message about one sells the other is for an experiment to say.
//
// # Product roles
//
// Four parts, as shops use them: traffic products draw the whole market, profit
// products are what the core group is to be fixed to, potential products grow
// towards profit, marginal products sell poorly, go with nothing and bring nobody
// back. A product that sold too little is new: unknown, not marginal.
//
// Two signs make the matrix of menu engineering (Kasavana and Smith 1982, Menu
// Engineering): sales s and contribution per unit m.
//
//	           m high      m low
//	s high     profit      traffic
//	s low      potential   marginal
//
// Near its borders four more signs decide: association a, coming back k, first
// orders f, growth g. Each sign is a mark in [-1,1], ln(value/threshold)/ln(full),
// cut off at both ends; one that is not known is 0. Each role has a score, and the
// highest is proposed, on equality in this order:
//
//	profit    =  s + m + k/2
//	traffic   =  s - m + f/2
//	potential = -s + m + g/2
//	marginal  = -s - m - max(a, k, g)/2
//
// So with s and m alone the matrix is exact, and where both are clear (a factor
// of two) nothing else can overrule them. Marginal is poor in everything: one
// thing that speaks for a product is enough, as one that came late in the time has
// had none to find partners or to be bought again. The thresholds are the shop's own, over
// the products that sold enough, within the category where it has five of them:
//
//   - s: the share of units against 0.7/products, the rule of the matrix. An even
//     share would call too many low, as a few products sell most; 0.7 was set for
//     that. Full at twice or half of it.
//   - m: contribution per unit against the mean weighted by units. That mean is
//     what the shop earns with the next unit, so below it a product draws money
//     down. Full at twice or half.
//   - a: the number of products bought with it more than by chance, and one,
//     against the median. Counts of partners have a long tail, of which the median
//     knows nothing. Full at 1.5 times, as the next three.
//   - k: of its buyers who ordered again, the share who bought it again, against
//     the median. What the typical product keeps is the fair measure, as a shop of
//     durables keeps little of anything.
//   - f: the share of its orders that were their customers' first, against that of
//     all orders. 1.5 times is the point from which a product is said to open
//     relationships, and so the full mark.
//   - g: units in the later half of the time for each in the earlier, against the
//     median. A season lifts every product, and only what rises above it grows.
//
// Shares of few (k, f) are drawn towards the shop's own by twenty customers or
// orders of it. A product keeps the role it has until another leads by as much as
// a border crossed by 10 % gives: on a border it would change every day.
package assortment
