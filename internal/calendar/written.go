package calendar

import (
	"github.com/rewave/rewave/internal/fault"
	"github.com/rewave/rewave/internal/source"
)

// ReadWindow reads a window as files write it, ["21:00", "09:00"]; faults are
// recorded in the file.
func ReadWindow(n source.Node) (Window, bool) {
	items, ok := n.Items()
	if !ok {
		return Window{}, false
	}
	if len(items) != 2 {
		n.Report("must be two times of day", `for example ["09:30", "20:30"]`)
		return Window{}, false
	}
	from, okFrom := source.Quoted(items[0], ParseClock)
	to, okTo := source.Quoted(items[1], ParseEndClock)
	if !okFrom || !okTo {
		return Window{}, false
	}
	w, err := NewWindow(from, to)
	if f, ok := fault.Of(err); ok {
		n.Report(f.Message, f.Hint)
		return Window{}, false
	}
	return w, true
}
