//go:build !race

package message

// slower is what the race detector makes of a bound of time or memory.
const slower = 1
