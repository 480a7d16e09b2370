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
//     dispatchers, planners, reapers, importers, customers, operator) gives way at
//     each statement, commit and call, and the seed says who goes on. Dispatcher,
//     planner and reaper are the loops of package workers told again; the queue is
//     a list that forgets, repeats and lies.
//   - Provider takes messages, or not, and answers, or not; and says later what became
//     of them, twice, in any order, or before the call has ended. For minutes it may
//     be out of order, or want a rest. It keeps its own list: the ledger is never
//     asked to vouch for itself.
//   - A standby takes over that lacks the newest commits, of all rows. Whoever was at
//     work stays at work, and knows more than the ledger. What was planned and sent
//     within what is lost is planned and sent anew: nobody judges that.
//
// Half of the kinds of mishap (Faults) are off in each schedule, so that none
// hides behind another. A schedule ends with the faults healed and everything run
// to rest. The judge looks on the way and at the end:
//
//   - at each call: never twice, no call without a claim, ghosts are not sent,
//     calls begin in time, a pause takes effect, to the right person, one code each,
//     a key stands for one message, who rests or is out of order is left alone;
//   - at each gate that is committed: opted out is opted out, erased is erased,
//     who bought is left alone, held while a complaint is open, a stale feed
//     holds, a required wave was accepted, quiet hours, caps, the rate, the
//     budget, a provider that rests is left alone, no more than the day's where a
//     channel warms up, nothing goes out early or late, the gate reads the database's clock;
//   - at each write: legal moves, no deadlock, unknown has a cause, no code means
//     none, an outcome is of its own pass, a doubt is asked about for its own, a
//     rest has an end, a breaker opens for a reason;
//   - at rest: every delivery has ended with a reason, the ledger is the
//     provider's, what can be sent is sent, planned once, the arm is kept, the
//     books agree, what a provider said is kept and known, "failed" yields to
//     "delivered", who complains is written to no more, what a failover puts in doubt may have been sent, and is looked at.
//
// An invariant that does not hold stops the schedule with its seed, its last
// steps, and a smaller world in which the same is broken. Mutants are bugs
// planted on purpose, one at a time: they show that somebody looks.
//
// Nothing here sleeps, reads a clock or starts a goroutine that runs beside
// another. The package is for tests only.
package simulation
