// Package stats computes the few statistics a report rests on: rates and their
// intervals, the difference and the ratio of two rates with the p-value that
// belongs to both, what may be said at several looks and at any time, when
// customers buy along a curve, what is believed of variants and which to choose,
// the check that arms have the planned sizes, and how many customers a question
// needs.
//
// One method, one file, one reference. Every function is pure and total: where a
// figure does not exist it says so by ok = false and never by NaN; an interval
// end that does not exist is infinite.
//
// Two-sided throughout: alpha is the share of both tails together, in (0,1), and
// 0.05 stands for a 95 % interval. An alpha outside (0,1) panics.
package stats
