// Package report is what a report says and how it looks: one view model, Report,
// and five renderings of it.
//
//	Text      for a terminal, 80 columns
//	HTML      one file that opens from disk and prints on A4: no script, no font, no
//	          picture from elsewhere; the marketer's verdict first, the analyst's
//	          tables below, a table beside every picture
//	JSON      for programs and auditors: every figure with its interval and method,
//	          null and a code where it does not exist; Schema describes it
//	CSV       one tidy table of every figure, for spreadsheets and statistics
//	Markdown  the headline and the tables, for a wiki or a message
//
// All say the same, in the words of one catalogue. The same Report gives the same
// bytes, in whatever order its counts and curves were filled in; there is no clock
// here, and "as of" is the instant of the data.
//
// The page goes from the answer to its reasons: the card with three figures and
// one thing to do; what it rests on (a check that fails says so beside the badge);
// the points; the money; when they bought; round by round;
// what it cost, what the last message would be credited, who was moved, what
// was sold, what it must not do and where the effect comes in; what was sent. What
// refuses the verdict also hides the pictures that would answer in its place: no
// difference is drawn before it may be judged, and no curves of groups that cannot
// be compared. A picture comes in two forms, of which the narrow one is for a
// screen of a hand's width, where letters of the wide one would be too small.
//
// An Analysis is the same for an experiment in a table, in text, HTML and JSON
// (AnalysisSchema), with the same tables and pictures.
//
// A report sees counts only. It cannot reach deliveries or the database, so that
// nothing in it can be computed on those who opened or were reached.
package report
