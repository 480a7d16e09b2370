package campaigns

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/holdout"
	"github.com/rewave/rewave/internal/source"
)

// written is a wave with the places of what is checked once all are known.
type written struct {
	wave           *Wave
	node           source.Node
	name           source.Node
	after          source.Node // of the wave it follows; valid where After.Wave is set
	between        source.Node // valid where Between is set
	hasName, wired bool
	broken         bool // a message or a branch of it has a fault already
}

func (w *writing) allWaves(n source.Node, strata bool) {
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
		w.waves[i].node = item
		w.wave(item, &w.waves[i], strata)
	}
	w.order()
	w.alwaysQuiet()
	w.silent()
}

func (w *writing) wave(n source.Node, at *written, strata bool) {
	m, ok := waveTable.read(n)
	if !ok {
		at.broken = true
		return
	}
	wave := at.wave
	if n, ok := m.Need("wave", "its name: wave: thanks"); ok {
		at.name = n
		wave.Name, at.hasName = plainText(n, "a wave")
		switch {
		case slices.Contains(reserved, wave.Name):
			n.Report(fmt.Sprintf("%q cannot be the name of a wave", wave.Name), "an evaluation point uses the word")
		case wave.Name == DefaultStratum:
			n.Report(fmt.Sprintf("%q cannot be the name of a wave", wave.Name), "it stands for all that are not named")
		}
	}
	w.kind(m, wave)
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
	wave.Content = w.content(m, at, false)
	if n, ok := m.Get("skip"); ok {
		w.skip(n, wave)
	}
	if n, ok := m.Get("variants"); ok {
		w.variants(n, at)
	}
	if n, ok := m.Get("by_stratum"); ok {
		w.byStratum(n, at, strata)
	}
	if n, ok := m.Get("ramp"); ok {
		wave.Ramp, _ = n.Duration(time.Minute)
	}
	if n, ok := m.Get("expires_after"); ok {
		wave.ExpiresAfter, _ = n.Duration(time.Minute)
	}
}

// kind also reads what only a service may ask for.
func (w *writing) kind(m source.Mapping, wave *Wave) {
	known := true
	if n, ok := m.Get("kind"); ok {
		var kind string
		kind, known = n.OneOf("kind of wave", waveKinds, nil)
		wave.Service = kind == "service"
	}
	if n, ok := m.Get("consent"); ok {
		_, wave.Consent = n.OneOf("consent", []string{purpose}, nil)
		if known && !wave.Service {
			n.Report("consent is only for kind: service", "a promotion always asks for it")
		}
	}
	if n, ok := m.Get("caps"); ok {
		wave.Capped, _ = n.Bool()
		if known && !wave.Service {
			n.Report("caps is only for kind: service", "a promotion always counts")
		}
	}
}

func (w *writing) skip(n source.Node, wave *Wave) {
	parts, ok := n.Share()
	switch share := holdout.Share(parts); {
	case !ok:
	case wave.Service:
		n.Report("a service is never skipped: everybody gets it", "take it out, or make the wave a promotion")
	case share == holdout.Whole:
		n.Report("100% would skip everybody", "for example 10%")
	default:
		wave.Skip = Skip{Share: share, Written: true}
	}
}

func (w *writing) after(n source.Node, at *written) {
	if !n.IsMapping() {
		at.wave.After.Wait, _ = n.Duration(0)
		return
	}
	m, _ := afterTable.read(n)
	if n, ok := m.Need("wave", "an earlier wave: after: {wave: thanks, wait: 3d}"); ok {
		at.after = n
		at.wave.After.Wave, at.wired = n.Text()
	}
	if n, ok := m.Need("wait", "after: {wave: thanks, wait: 3d}"); ok {
		at.wave.After.Wait, _ = n.Duration(0)
	}
	if n, ok := m.Get("requires"); ok {
		_, at.wave.After.RequiresAccepted = n.OneOf("requirement", []string{"accepted"}, laterRequirements)
	}
	if n, ok := m.Get("unless"); ok {
		at.wave.After.Unless = unless(n)
	}
}

// unless is one reason, or a list of them.
func unless(n source.Node) []string {
	const what = "reason to stop a wave"
	if n.IsList() {
		reasons := different(n, what, exitReasons)
		if items, _ := n.Items(); len(items) == 0 {
			n.Report("names no reason", "known: "+strings.Join(exitReasons, ", "))
		}
		return reasons
	}
	if reason, ok := n.OneOf(what, exitReasons, nil); ok {
		return []string{reason}
	}
	return nil
}

func (w *writing) channels(n source.Node) []string {
	known := w.options.Channels
	if known == nil {
		known = knownChannels
	}
	if items, ok := n.Items(); ok && len(items) == 0 {
		n.Report("names no channel", "known: "+strings.Join(known, ", "))
	} else if !ok {
		return nil
	}
	return once(n, func(item source.Node) (string, bool) {
		name, ok := item.Text()
		switch {
		case !ok:
			return "", false
		case slices.Contains(knownChannels, name) && !slices.Contains(known, name):
			item.Report(fmt.Sprintf("channel %q is not set up", name), "describe it below `channels:` in rewave.yaml")
			return "", false
		}
		return item.OneOf("channel", known, laterChannels)
	})
}
