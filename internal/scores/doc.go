// Package scores turns the orders of a shop into what rules predict by: models of
// when customers buy and what they spend, boundaries of recency, frequency and
// money, the first gap, and the thresholds of a life's stages.
//
// A fit replaces the last one only where it is not far from it: the data are at
// least as likely under it, and no parameter of purchases moved by a quarter or
// more. Else it is shown and read by nobody until a person accepts it.
//
// A model is doubted until it has stood a test: fitted to what was known 90 days
// before, it must forecast these 90 days, by decile within 30 %. Of a model in
// doubt rules read nothing.
//
// Boundaries are measured in the first fit of a month and kept for the rest of it.
//
// It is pure: the same orders in the same order give the same scores, to the bit.
package scores
