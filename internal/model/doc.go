// Package model predicts from the days on which customers bought: who is still a
// customer, how many orders will come, and what they will be worth.
//
// The idea. While alive, a customer buys at random at a rate of their own; after
// each order they may, with a chance of their own, be gone for ever and say
// nothing. Rates and chances differ between customers as a gamma and a beta
// distribution do. Four numbers then say everything about a shop: r and alpha of
// the rates, a and b of the chances. Of a customer three numbers matter: x, the
// days with a purchase after the first; t_x, the time from the first to the last;
// T, the time from the first to the day until which the data reach. Several
// orders of one day are one purchase.
//
// Sources. BG/NBD: Fader, Hardie and Lee 2005, "Counting Your Customers" the Easy
// Way, Marketing Science 24(2). MBG/NBD, in which one may be gone after the first
// order too, and the default here: Batislam, Denizel and Filiztekin 2007,
// Empirical validation and comparison of models for customer base analysis,
// International Journal of Research in Marketing 24(3). Money, the Gamma-Gamma
// model: Fader and Hardie 2013, The Gamma-Gamma Model of Monetary Value, note 025;
// Fader, Hardie and Lee 2005, RFM and CLV, Journal of Marketing Research 42(4).
//
// When not to believe it. A fit says why in its Warnings: too few repeat
// purchases, nobody who dies, everybody alike, customers among the data who were
// written to. A Calibration, fitted before a day and held against what came
// after, says whether rules may use it at all. A season or a large promotion
// breaks the constant rate and shows there.
//
// A fit is values in, values out: the same customers in any order give the same
// parameters, to the bit.
package model
