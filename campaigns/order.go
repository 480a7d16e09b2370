package campaigns

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rewave/rewave/internal/calendar"
)

// order checks that names are unique and that every wave follows from the start
// of the round.
func (w *writing) order() {
	index := map[string]int{}
	var names []string
	for i, at := range w.waves {
		if !at.hasName {
			continue
		}
		if _, twice := index[at.wave.Name]; twice {
			at.name.Report(fmt.Sprintf("there are two waves %q", at.wave.Name), "")
			continue
		}
		index[at.wave.Name] = i
		names = append(names, at.wave.Name)
	}
	for _, at := range w.waves {
		if _, known := index[at.wave.After.Wave]; at.wired && !known {
			at.after.Unknown("wave", at.wave.After.Wave, names)
		}
	}
	seen := make([]int, len(w.waves)) // the walk on which a wave was seen, from 1
	for i := range w.waves {
		var path []int
		for at := i; ; {
			if seen[at] != 0 {
				if seen[at] == i+1 {
					w.circle(path[slices.Index(path, at):])
				}
				break
			}
			seen[at] = i + 1
			path = append(path, at)
			next, ok := index[w.waves[at].wave.After.Wave]
			if !w.waves[at].wired || !ok {
				break
			}
			at = next
		}
	}
}

// circle names the waves in the order in which each waits for the next.
func (w *writing) circle(waves []int) {
	var names []string
	for _, i := range append(slices.Clone(waves), waves[0]) {
		names = append(names, w.waves[i].wave.Name)
	}
	w.waves[waves[0]].after.Report("waves wait for one another in a circle: "+strings.Join(names, " -> "),
		"one of them must follow the start of the round: after: 1d")
}

// offset is when a wave is due, from the start of its round. The campaign has no
// circles.
func (c Campaign) offset(name string) time.Duration {
	var sum time.Duration
	for range c.Waves {
		i := slices.IndexFunc(c.Waves, func(w Wave) bool { return w.Name == name })
		if i < 0 {
			break
		}
		sum += c.Waves[i].After.Wait
		name = c.Waves[i].After.Wave
	}
	return sum
}

// alwaysQuiet finds waves whose window is shut whenever it is open.
func (w *writing) alwaysQuiet() {
	for _, at := range w.waves {
		if at.wave.Between == nil || len(at.wave.Channels) == 0 {
			continue
		}
		open := false
		for _, channel := range at.wave.Channels {
			quiet, has := w.options.Quiet[channel]
			for c := calendar.Clock(0); c < calendar.DayEnd && !open; c++ {
				open = at.wave.Between.ContainsClock(c) && (!has || !quiet.ContainsClock(c))
			}
		}
		if !open {
			at.between.Report(fmt.Sprintf("%s lies in the quiet hours: the wave could never go out", at.wave.Between),
				fmt.Sprintf("quiet hours of %s: %s", at.wave.Channels[0], w.options.Quiet[at.wave.Channels[0]]))
		}
	}
}
