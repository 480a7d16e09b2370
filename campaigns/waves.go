package campaigns

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/source"
)

var (
	waveKeys = source.Keys{
		Known: []string{"wave", "after", "between", "channels", "message", "expires_after", "kind"},
		Later: []string{"skip", "variants", "coupon", "by_stratum", "unless", "when", "priority", "consent", "caps"},
	}
	afterKeys = source.Keys{Known: []string{"wave", "wait", "requires"}, Later: []string{"unless"}}

	knownChannels = []string{"email"}
	laterChannels = []string{"sms", "webhook", "wechat", "whatsapp", "push", "call"}

	// reserved are the anchors of evaluation points that are not waves.
	reserved = []string{"entry", "sequence_end"}
)

const maxWaves = 50

func (w *writing) allWaves(n source.Node) {
	items, ok := n.Items()
	if !ok {
		return
	}
	if len(items) == 0 || len(items) > maxWaves {
		n.Report(fmt.Sprintf("must hold 1 to %d waves, not %d", maxWaves, len(items)), "")
		return
	}
	w.c.Waves = make([]Wave, len(items))
	w.waves = make([]written, len(items))
	for i, item := range items {
		w.waves[i].wave = &w.c.Waves[i]
		w.wave(item, &w.waves[i])
	}
	w.order()
	w.alwaysQuiet()
}

func (w *writing) wave(n source.Node, at *written) {
	m, ok := n.Mapping(waveKeysOf(n))
	if !ok {
		return
	}
	wave := at.wave
	if n, ok := m.Need("wave", "its name: wave: thanks"); ok {
		at.name = n
		wave.Name, at.hasName = plainText(n, "a wave")
		if slices.Contains(reserved, wave.Name) {
			n.Report(fmt.Sprintf("%q cannot be the name of a wave", wave.Name), "an evaluation point uses the word")
		}
	}
	if n, ok := m.Need("after", "by schedule, from the start of the round: after: 1d"); ok {
		w.after(n, at)
	}
	if n, ok := m.Get("between"); ok {
		if window, ok := calendar.ReadWindow(n); ok {
			wave.Between, at.between = &window, n
		}
	}
	if n, ok := m.Need("channels", "the first that may reach the customer is used: channels: [email]"); ok {
		wave.Channels = w.channels(n)
	}
	if n, ok := m.Need("message", "a folder with subject.txt and text.txt: message: messages/thanks"); ok {
		wave.Content.Message = w.message(n)
	}
	if n, ok := m.Get("expires_after"); ok {
		wave.ExpiresAfter, _ = n.Duration(time.Minute)
	}
	if n, ok := m.Get("kind"); ok {
		if kind, _ := n.Text(); kind == "service" {
			n.Report("kind: service is not honoured yet", "every wave is a promotion")
			return
		}
		n.OneOf("kind of wave", []string{"promotion"}, nil)
	}
}

// waveKeysOf is waveKeys, less the trouble over a key cut short: `expires` is too
// far from expires_after to be suggested by its letters.
func waveKeysOf(n source.Node) source.Keys {
	const short, whole = "expires", "expires_after"
	keys := waveKeys
	if !n.IsMapping() {
		return keys
	}
	entries, _ := n.Entries()
	for _, e := range entries {
		if e.Key.Name() == short {
			e.Key.Report(fmt.Sprintf("unknown key %q", short), fmt.Sprintf("did you mean %q?", whole))
			keys.Known = append(slices.Clone(keys.Known), short) // reported already
		}
	}
	return keys
}

func plainText(n source.Node, of string) (string, bool) {
	s, ok := n.Text()
	if ok && !plainName.MatchString(s) {
		n.Report(fmt.Sprintf("%q is not a name for %s", s, of), "letters, digits, and . _ - between them, at most 60")
		return "", false
	}
	return s, ok
}

func (w *writing) after(n source.Node, at *written) {
	if !n.IsMapping() {
		at.wave.After.Wait, _ = n.Duration(0)
		return
	}
	m, _ := n.Mapping(afterKeys)
	if n, ok := m.Need("wave", "an earlier wave: after: {wave: thanks, wait: 3d}"); ok {
		at.after = n
		at.wave.After.Wave, at.wired = n.Text()
	}
	if n, ok := m.Need("wait", "after: {wave: thanks, wait: 3d}"); ok {
		at.wave.After.Wait, _ = n.Duration(0)
	}
	if n, ok := m.Get("requires"); ok {
		_, at.wave.After.RequiresAccepted = n.OneOf("requirement", []string{"accepted"}, []string{"delivered", "opened", "clicked"})
	}
}

func (w *writing) channels(n source.Node) []string {
	known := w.options.Channels
	if known == nil {
		known = knownChannels
	}
	items, ok := n.Items()
	if ok && len(items) == 0 {
		n.Report("names no channel", "known: "+strings.Join(known, ", "))
	}
	var out []string
	for _, item := range items {
		name, ok := item.Text()
		if !ok {
			continue
		}
		if slices.Contains(knownChannels, name) && !slices.Contains(known, name) {
			item.Report(fmt.Sprintf("channel %q is not set up", name), "describe it below `channels:` in rewave.yaml")
			continue
		}
		channel, ok := item.OneOf("channel", known, laterChannels)
		if ok && slices.Contains(out, channel) {
			item.Report(fmt.Sprintf("%q stands here twice", channel), "")
			continue
		}
		if ok {
			out = append(out, channel)
		}
	}
	return out
}

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
