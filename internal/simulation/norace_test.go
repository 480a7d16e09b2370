//go:build !race

package simulation

// few is how many schedules are played where nobody says.
const few = 3000
