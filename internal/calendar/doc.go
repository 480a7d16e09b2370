// Package calendar turns what a wall calendar and a wall clock say into instants,
// and back. It is the only place that applies a time zone.
//
// A wall time that a zone skips (clocks go forward) means the first instant
// after the gap; one that comes twice (clocks go back) means the first. So a
// computed instant is never earlier than what was asked for, and a message
// planned for 02:30 goes out at 03:00 on the one night, and once on the other.
// time.Date promises neither: it answers 01:30 for a skipped 02:30 in New York.
//
// The zones are compiled in, so every machine has the same and none needs a
// system package.
package calendar
