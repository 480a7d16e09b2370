// Package simulation runs the code that sends over thousands of made-up weeks:
// each a shop with its customers, campaigns, workers and mishaps, drawn from one
// seed and played on one thread, so that the seed brings every one of them back.
//
// What is real is package engine, from the hint to the outcome, and the pure
// packages below it: the gate, the reserve, the plan of waves. What is made up is
// everything around them:
//
//   - Memory is the ledger. It behaves as PostgreSQL does at READ COMMITTED: row
//     locks, SKIP LOCKED, a snapshot for each statement, the second look at a row
//     that was waited for, constraints and the trigger on transitions. A suite of
//     tests runs the same histories on it and on PostgreSQL and compares.
//   - World is time, chance and the threads. Whoever works in it (workers,
//     dispatchers, planner, reaper, importer, customers, operator) gives way at
//     each statement, commit and call, and the seed says who goes on.
//   - Provider takes messages, or not, and answers, or not. It keeps its own list:
//     the ledger is never asked to vouch for itself.
//
// A schedule ends with the faults healed and everything run to rest. Invariants
// are looked at on the way and at the end; one that does not hold stops the
// schedule with its seed, its last steps, and a smaller world in which the same
// is broken. Mutants are bugs planted on purpose: they show that somebody looks.
//
// Nothing here sleeps, reads a clock or starts a goroutine that runs beside
// another. The package is for tests only.
package simulation
