//go:build race

package simulation

// few is how many schedules are played where nobody says: the race detector has
// nothing to find on one thread, and takes its time over it.
const few = 300
