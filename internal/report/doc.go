// Package report is what a report says and how it looks: one view model, Report,
// and three renderings of it.
//
//	Text  for a terminal, 80 columns
//	JSON  for programs and auditors: every figure with its interval and method,
//	      null and a code where it does not exist
//	HTML  one file that opens from disk and prints on A4: no script, no font, no
//	      picture from elsewhere; the marketer's verdict first, the analyst's
//	      tables below, a table beside every picture
//
// All three say the same, in the words of one catalogue. The same Report gives
// the same bytes, in whatever order its delivery counts and curves were filled
// in; there is no clock here, and "as of" is the instant of the data.
//
// A report sees counts only. It cannot reach deliveries or the database, so that
// nothing in it can be computed on those who opened or were reached.
package report
