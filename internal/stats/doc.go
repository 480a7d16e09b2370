// Package stats computes the statistics a report rests on: rates and means, their
// differences and ratios with the intervals and p-values that belong to them,
// money adjusted for what was known before, rows of the same customer, effects of
// several waves and rounds, several questions at once, what may be said at several
// looks and at any time, when customers buy along a curve, what is believed of
// variants and which to choose, who was moved and what they bought, the check that
// arms have the planned sizes, and how many customers a question needs.
//
// One method, one file, one reference. Every function is pure and total: where a
// figure does not exist it says so by ok = false and never by NaN; an interval
// end that does not exist is infinite.
//
// What is made of many units is made of sums (Moments, Pairs, Clusters) that add
// up over disjoint parts, MergePairs and MergeClusters to the same bit in any
// order; only LinUnits and Qini need every unit.
//
// Two-sided throughout: alpha is the share of both tails together, in (0,1), and
// 0.05 stands for a 95 % interval. An alpha outside (0,1) panics. UpperBound and
// NonInferior, which ask about harm, are one-sided and say so.
package stats
