package campaigns

import (
	"fmt"
	"slices"
	"strings"
)

// Change is one thing that two definitions of a campaign say differently. Where
// Was is empty it is new, where Now is empty it is gone.
type Change struct {
	Path     string   // of the newer file: waves.thanks.after; of a message its file
	Was, Now string   // in the words of the file, on one line; of a message's text the number of lines
	Restarts bool     // this change alone makes another experiment of it
	AtOnce   bool     // it holds for those who are on their way too
	Lines    []string // of a message's text: the lines that differ, each after "- " or "+ "

	what   string // in a sentence: the holdout
	rename bool
	wave   bool     // a whole wave is new or gone
	moves  bool     // a point begins at another time
	with   []string // the waves that move it
}

// Changes is all of them, in the order of the file, messages last.
type Changes []Change

// Diff is what changes from one definition to the other: empty where both have
// the same version.
func Diff(old, new Campaign) Changes {
	out := moved(compare(says(old), says(new)), old, new)
	out = append(out, diffWaves(old, new)...)
	return append(out, diffMessages(old.Messages, new.Messages)...)
}

// Restarts reports whether the design changes: those who enter from then on are
// in another experiment.
func (c Changes) Restarts() bool {
	return slices.ContainsFunc(c, func(one Change) bool { return one.Restarts })
}

// Mixes names the waves that come or go while the experiment goes on: its report
// then holds customers with them and customers without.
func (c Changes) Mixes() []string {
	var waves []string
	for _, one := range c {
		if one.wave && !c.Restarts() {
			waves = append(waves, strings.TrimPrefix(one.Path, "waves."))
		}
	}
	return waves
}

func mixed(waves []string) string {
	noun := "the wave "
	if len(waves) > 1 {
		noun = "the waves "
	}
	return "the report will hold both, customers with and without " + noun + andList(waves) + "; a campaign of its own would keep them apart"
}

// Because is a sentence that says why the experiment restarts; empty where it
// goes on.
func (c Changes) Because() string {
	var why, points, with []string
	for _, one := range c {
		switch {
		case one.moves:
			points = append(points, strings.TrimPrefix(one.what, "the point "))
			for _, wave := range one.with {
				if !slices.Contains(with, wave) {
					with = append(with, wave)
				}
			}
		case one.Restarts:
			why = append(why, one.sentence())
		}
	}
	switch {
	case len(points) == 1:
		why = append(why, "the point "+points[0]+" moves with "+andList(with))
	case len(points) > 1:
		why = append(why, "the points "+andList(points)+" move with "+andList(with))
	}
	if len(why) == 0 {
		return ""
	}
	return "the experiment restarts because " + andList(why)
}

func andList(items []string) string {
	if n := len(items); n > 1 {
		return strings.Join(items[:n-1], ", ") + " and " + items[n-1]
	}
	return strings.Join(items, "")
}

// String is a line for each change, the lines of texts indented below it, and at
// the end what becomes of the experiment.
func (c Changes) String() string {
	if len(c) == 0 {
		return "nothing changes\n"
	}
	var b strings.Builder
	for _, one := range c {
		b.WriteString(one.String() + "\n")
		for _, line := range one.Lines {
			b.WriteString("    " + line + "\n")
		}
	}
	if why := c.Because(); why != "" {
		b.WriteString(why + "\n")
	} else {
		b.WriteString("the experiment goes on\n")
	}
	if waves := c.Mixes(); len(waves) > 0 {
		b.WriteString(mixed(waves) + "\n")
	}
	return b.String()
}

// String is `holdout: 20% -> 10%`.
func (c Change) String() string {
	if c.AtOnce {
		return c.line() + " (at once, for those on their way too)"
	}
	return c.line()
}

func (c Change) line() string {
	switch {
	case c.rename:
		return fmt.Sprintf("%s: was %s", c.Path, c.Was)
	case c.Was == "":
		return fmt.Sprintf("%s: new: %s", c.Path, c.Now)
	case c.Now == "":
		return fmt.Sprintf("%s: gone: %s", c.Path, c.Was)
	case len(c.Lines) > 0:
		return c.Path + ": other words"
	case c.Was == c.Now:
		return fmt.Sprintf("%s: written otherwise: %s", c.Path, c.Now)
	}
	return fmt.Sprintf("%s: %s -> %s", c.Path, c.Was, c.Now)
}

// longestSaid is how much of the values a sentence can carry.
const longestSaid = 140

func (c Change) sentence() string {
	long := len(c.Was)+len(c.Now) > longestSaid
	switch {
	case c.rename:
		return fmt.Sprintf("%s has another name", c.what)
	case c.Was == "":
		return c.what + " is new" + inBrackets(c.Now, long)
	case c.Now == "":
		return c.what + " is gone" + inBrackets(c.Was, long)
	case long || c.Was == c.Now:
		return c.what + " changed"
	}
	return fmt.Sprintf("%s changed from %s to %s", c.what, quoted(c.Was), quoted(c.Now))
}

func inBrackets(value string, long bool) string {
	if long {
		return ""
	}
	return " (" + value + ")"
}

func quoted(value string) string {
	if strings.ContainsRune(value, ' ') && !strings.ContainsRune(value, '"') {
		return `"` + value + `"`
	}
	return value
}

// moved finds the points that change only in when they begin, and the waves that
// move them. Where more of a point changes, its beginning goes without saying.
func moved(changes Changes, old, new Campaign) Changes {
	var out Changes
	for _, c := range changes {
		if point, ok := strings.CutSuffix(c.Path, begins); ok && strings.HasPrefix(point, "evaluation.points.") {
			if slices.ContainsFunc(changes, func(o Change) bool { return o.Path == point }) {
				continue
			}
			c.moves = true
			c.with = movers(old, new, strings.TrimPrefix(point, "evaluation.points."))
		}
		out = append(out, c)
	}
	return out
}

func movers(old, new Campaign, point string) []string {
	var names, out []string
	was, now := map[string]After{}, map[string]After{}
	for _, side := range []struct {
		c     Campaign
		after map[string]After
	}{{old, was}, {new, now}} {
		i := slices.IndexFunc(side.c.Evaluation.Points, func(p Point) bool { return p.Name == point })
		name := side.c.anchorWave(side.c.Evaluation.Points[i])
		for range side.c.Waves {
			i := slices.IndexFunc(side.c.Waves, func(w Wave) bool { return w.Name == name })
			if i < 0 {
				break
			}
			names = append(names, name)
			side.after[name] = side.c.Waves[i].After
			name = side.c.Waves[i].After.Wave
		}
	}
	for _, name := range names {
		a, inOld := was[name]
		b, inNew := now[name]
		if (inOld != inNew || a.Wait != b.Wait || a.Wave != b.Wave) && !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}

// compare finds what changed, in the order of the file.
func compare(old, new []said) Changes {
	type ranked struct {
		Change
		after int // the place in old, or that of its neighbour above
	}
	var found []ranked
	place, seen := map[string]int{}, map[string]bool{}
	for i, s := range old {
		place[s.path] = i
	}
	after := -1
	for _, s := range new {
		seen[s.path] = true
		c := Change{Path: s.path, Now: oneLine(s.value), Restarts: s.design, AtOnce: s.atOnce, what: s.what}
		if i, had := place[s.path]; had {
			after = i
			if old[i].value == s.value {
				continue
			}
			c.Was = oneLine(old[i].value)
		}
		found = append(found, ranked{c, after})
	}
	for i, s := range old {
		if !seen[s.path] {
			found = append(found, ranked{Change{Path: s.path, Was: oneLine(s.value), Restarts: s.design, AtOnce: s.atOnce, what: s.what}, i})
		}
	}
	slices.SortStableFunc(found, func(a, b ranked) int { return a.after - b.after })
	var out Changes
	for _, f := range found {
		out = append(out, f.Change)
	}
	return out
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// diffWaves pairs waves by name, and what is left over by their looks.
func diffWaves(old, new Campaign) Changes {
	was := make(map[string]*Wave, len(old.Waves))
	for i := range old.Waves {
		was[old.Waves[i].Name] = &old.Waves[i]
	}
	var left []*Wave // of old, whose name is gone
	for i, w := range old.Waves {
		if !slices.ContainsFunc(new.Waves, func(n Wave) bool { return n.Name == w.Name }) {
			left = append(left, &old.Waves[i])
		}
	}
	var out Changes
	var common []string
	for _, w := range new.Waves {
		if o := was[w.Name]; o != nil {
			common = append(common, w.Name)
			out = append(out, compare(saysWave(*o), saysWave(w))...)
			continue
		}
		path, what := "waves."+w.Name, "the wave "+w.Name
		i := looksLike(left, w)
		if i < 0 {
			out = append(out, Change{Path: path, Now: waveSaid(w), Restarts: w.designed(), what: what, wave: true})
			continue
		}
		o := *left[i]
		left = slices.Delete(left, i, i+1)
		out = append(out, Change{Path: path, Was: o.Name, Now: w.Name, Restarts: o.designed() || w.designed(), what: what, rename: true})
		o.Name = w.Name
		out = append(out, compare(saysWave(o), saysWave(w))...)
	}
	for _, o := range left {
		out = append(out, Change{Path: "waves." + o.Name, Was: waveSaid(*o), Restarts: o.designed(), what: "the wave " + o.Name, wave: true})
	}
	var order []string
	for _, w := range old.Waves {
		if slices.Contains(common, w.Name) {
			order = append(order, w.Name)
		}
	}
	if !slices.Equal(order, common) {
		out = append(out, Change{Path: "waves", Was: strings.Join(order, ", "), Now: strings.Join(common, ", "), what: "the order of the waves"})
	}
	return out
}

// designed reports whether a wave is of the experiment by itself, not only by the
// points that are anchored on it.
func (w Wave) designed() bool { return w.Service || w.Skip.Written || len(w.Variants) > 0 }

func waveSaid(w Wave) string {
	out := w.After.String() + " by " + strings.Join(w.Channels, ", ")
	if w.Content.Message != "" {
		out += ": " + w.Content.Message
	}
	return out
}

// looksLike is the place of the wave that w may have been before it was renamed,
// or -1: it says the same message, or goes out at the same time, and is alike in
// most of the rest.
func looksLike(waves []*Wave, w Wave) int {
	best, most := -1, 0
	for i, o := range waves {
		sameMessage := w.Content.Message != "" && o.Content.Message == w.Content.Message
		if !sameMessage && o.After.String() != w.After.String() {
			continue
		}
		renamed := *o
		renamed.Name = w.Name
		was, now := saysWave(renamed), saysWave(w)
		same := 0
		for _, s := range now {
			if slices.Contains(was, s) {
				same++
			}
		}
		if 5*same >= 3*max(len(was), len(now)) && same > most {
			best, most = i, same
		}
	}
	return best
}
