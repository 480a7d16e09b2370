package campaigns

import (
	"fmt"
	"slices"

	"github.com/rewave/rewave/internal/holdout"
	"github.com/rewave/rewave/internal/source"
	"github.com/rewave/rewave/rules"
)

// holdout is read after the waves: where all of them are services everybody gets
// them, and there is nothing to hold out.
func (w *writing) holdout(m source.Mapping) {
	n, has := m.Get("holdout")
	because, hasBecause := m.Get("because")
	if hasBecause {
		w.c.Holdout.Because, _ = because.Full()
	}
	written := ""
	if has && n.IsText() {
		written, _ = n.Text()
	}
	none, auto := written == "none", written == "auto"
	services := w.c.OnlyServices()
	switch {
	case !has && !services:
		m.Need("holdout", "the share that is not contacted: holdout: auto, or 20%; or none, with a `because:`")
		return
	case has && services && !none:
		n.Report("services have no holdout: everybody gets them", "take it out, or make a wave a promotion")
		return
	case none && !services && !hasBecause:
		n.Report("none needs a reason", "because: ... beside it, for those who will ask what the campaign brought")
	case !none && hasBecause:
		because.Report("because is only for holdout: none", "take it out")
	}
	w.c.Holdout.Auto = auto
	if !has || none || auto {
		return
	}
	if near := source.Suggest(written, []string{"auto", "none"}); near != "" {
		n.Report(fmt.Sprintf("%q is not a holdout", written), fmt.Sprintf("did you mean %q?", near))
		return
	}
	parts, ok := n.Share()
	switch share := holdout.Share(parts); {
	case !ok:
	case share == 0:
		n.Report("0% keeps nobody back", "write none, and a `because:`")
	case share == holdout.Whole:
		n.Report("100% would contact nobody", "for example 20%")
	default:
		w.c.Holdout.Share = share
	}
}

// OnlyServices reports whether every wave is a service: everybody gets all of the
// campaign, and it has no holdout.
func (c Campaign) OnlyServices() bool {
	return len(c.Waves) > 0 && !slices.ContainsFunc(c.Waves, func(w Wave) bool { return !w.Service })
}

func (w *writing) strata(n source.Node) {
	m, ok := strataTable.read(n)
	if !ok {
		return
	}
	s := &Strata{}
	w.c.Strata = s
	if n, ok := m.Need("by", "the text that tells customers apart: by: order.category"); ok {
		s.By, _ = text(n, w.trigger)
	}
	if n, ok := m.Need("values", "their names: values: {food: {}, daily: {}}"); ok {
		s.Values, w.strataBroken = stratumValues(n)
	}
	n, ok = m.Need("default", "the stratum of everybody else: default: daily")
	if !ok {
		return
	}
	s.Default, ok = n.Text()
	if names := s.names(); ok && len(names) > 0 && !slices.Contains(names, s.Default) {
		n.Unknown("stratum", s.Default, names)
	}
}

func (s *Strata) names() []string {
	if s == nil {
		return nil
	}
	names := make([]string, len(s.Values))
	for i, v := range s.Values {
		names[i] = v.Name
	}
	return names
}

// stratumValues also says whether one of the names has a fault.
func stratumValues(n source.Node) (out []Stratum, broken bool) {
	entries, ok := n.Entries()
	if ok && (len(entries) == 0 || len(entries) > maxStrata) {
		n.Report(fmt.Sprintf("must hold 1 to %d strata, not %d", maxStrata, len(entries)), "")
		ok = false
	}
	if !ok {
		return nil, true
	}
	for _, e := range entries {
		s := Stratum{Name: e.Key.Name()}
		switch {
		case s.Name == DefaultStratum:
			e.Key.Report(fmt.Sprintf("%q cannot be the name of a stratum", s.Name), "it stands for all that are not named")
			broken = true
		case !isDataName(s.Name):
			notDataName(e.Key, s.Name, "a stratum")
			broken = true
		}
		s.Notes = notes(e.Value)
		out = append(out, s)
	}
	return out, broken
}

func notes(n source.Node) map[string]string {
	var out map[string]string
	entries, _ := n.Entries()
	for _, note := range entries {
		name := note.Key.Name()
		switch {
		case name == "name":
			note.Key.Report(`"name" cannot be the name of a note`, "stratum.name is the stratum's own")
		case !noteName.MatchString(name):
			note.Key.Report(fmt.Sprintf("%q is not a name for a note", name), "small letters, digits and _, as messages print it: stratum.concern")
		}
		if text, ok := note.Value.Full(); ok {
			if out == nil {
				out = map[string]string{}
			}
			out[name] = text
		}
	}
	return out
}

// text reads a rule that gives a text; the trigger is what it may read of the
// entry.
func text(n source.Node, trigger rules.Options) (string, bool) {
	text, ok := n.Full()
	if !ok {
		return "", false
	}
	_, faults := rules.CompileText(text, trigger)
	report(n, faults)
	return text, len(faults) == 0
}
