// Package workers runs the engine in the background: the asynq server that
// takes chunks of deliveries, and the roles that tick.
//
//	planner     orders and slots -> enrollments and planned deliveries
//	dispatcher  due rows -> hints in Redis, bounded, near their time
//	reaper      lapsed leases -> unknown; what can never go out -> its end
//	presence    is Redis there? -> if not, workers take due rows from PostgreSQL
//	janitor     tasks that lost their worker or content -> their rows handed out again
//
// Redis holds hints, PostgreSQL holds facts. Any key in Redis may vanish at any
// moment: no fact changes, a message is only later. Every handler may run twice,
// at once or months apart, because the engine locks the rows it decides and
// passes over what is no longer planned. Any number of processes may run any
// role side by side.
//
// asynq's own retries, schedules, unique locks, groups and archive are not
// used: they forget, double or resurrect work (its source, v0.26.0).
package workers
