package workers

import (
	"os"
	"runtime/debug"
)

// memoryLimit is what a worker process stays below, by far: its chunks in work
// take a few megabytes.
const memoryLimit = 96 << 20

// TuneMemory is for a process that does nothing but send. It makes and drops
// messages: to collect garbage as often as Go does by itself takes a fifth of its
// time. So garbage may grow to four times what is in use, within the limit. GOGC
// and GOMEMLIMIT win where they are set.
func TuneMemory() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryLimit)
	}
}
