// Package chart draws the few pictures a report or a plan needs, as SVG to be set inline
// in a page: step curves with their bands, intervals on one axis, a hundred people,
// bars day by day or step by step, and the way through a campaign's waves.
//
// Every picture can be read without colour (dashes, shapes, hatching and words at
// the lines), without eyes (a title and a description that say what it shows) and
// without scripts. It takes its colours from the page's custom properties
// --treat, --hold, --ink, --quiet and --line, and has its own where the page
// sets none. Whoever shows a picture shows its figures in a table too.
//
// Pure: the same values give the same bytes. All text is escaped here.
package chart
