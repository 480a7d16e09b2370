// Package analyze is what a report does for any experiment in a table: one row a
// unit, a column that names its arm, and columns of what came of it.
//
// The table is read twice. The first time everything is summed up per arm and
// stratum, and every fault is found; how many rows there are is only known behind
// the last. The second time, where a cap is a quantile of the table itself, only
// those values are kept that lie above it: 1 in 200 or 1 in 100 of all. That is
// exact, where a sketch in one pass would not be, and memory is that of the values
// kept: the capped sums are those of the first pass less what the values kept
// exceed the cap by.
//
// All sums are of whole numbers (minor units of money, millionths of a number) in
// 192 bits, so nothing is rounded before the end and the order of the rows changes
// no bit of the result.
//
// What is refused, and what it says, is that of package evaluation:
//
//	E01  the arms are not of their planned sizes: nothing is compared
//	E02  an arm has fewer than 100 rows, or fewer than 10 rows with any of the metric
//	E09  no ratio to a control of almost nothing
//	E11  a few rows decide: the difference is too skewed, or one row makes more
//	     than a quarter of an arm's total
//
// A covariate adjusts means where that pays (stats.AdjustmentPays, asked of the
// control); its sums with each metric are as exact as the others. Where rows belong
// to clusters, these take the place of rows in all errors and in E02 and E11, and in
// E01 where none is in several arms. Their sums are held, each of them: memory then
// grows with the clusters, and more than MaxClusters are refused.
//
// A refused figure is nil with the code; it is never a number that looks fine.
//
// The first metric is the primary. In each metric the p-values of several arms
// against the control are adjusted by Holm's method; what is held against a
// break-even is the interval at alpha over the number of arms (Bonferroni).
package analyze
