// Package wave plans: given a campaign, a customer as of an instant and nothing
// else, who enters, in which arm, and when each wave answers for it.
//
// Plan is the one planning function. The live engine, the replay of last year,
// `campaign plan` and a user's own test of a campaign all call it, so what was
// previewed is what happens.
//
// Waves are placed by schedule and not by what became of the wave before: a
// thank-you that was suppressed does not move the coupon. The instant that a
// wave answers for is the same in both arms, however late it is carried out.
package wave
