package campaigns

import (
	"fmt"
	"slices"
	"strings"
)

// diffMessages compares the texts file by file.
func diffMessages(old, new map[string]Message) Changes {
	was := map[string]string{}
	for _, s := range saysMessages(old) {
		was[s.path] = s.value
	}
	files := saysMessages(new)
	for _, s := range saysMessages(old) {
		if !slices.ContainsFunc(files, func(n said) bool { return n.path == s.path }) {
			files = append(files, said{path: s.path})
		}
	}
	slices.SortFunc(files, func(a, b said) int { return strings.Compare(a.path, b.path) })
	var out Changes
	for _, s := range files {
		if was[s.path] == s.value {
			continue
		}
		c := Change{Path: s.path, Was: linesSaid(was[s.path]), Now: linesSaid(s.value), what: s.path}
		if c.Was != "" && c.Now != "" {
			c.Lines = short(diffLines(lines(was[s.path]), lines(s.value)))
		}
		out = append(out, c)
	}
	return out
}

func lines(text string) []string { return strings.Split(strings.TrimSuffix(text, "\n"), "\n") }

func linesSaid(text string) string {
	switch n := len(lines(text)); {
	case text == "":
		return ""
	case n == 1:
		return "1 line"
	default:
		return fmt.Sprintf("%d lines", n)
	}
}

const (
	mostLines = 20        // of one text are shown
	mostCells = 1_000_000 // of the table of common lines; a text so long is shown as replaced
)

func short(lines []string) []string {
	if len(lines) <= mostLines {
		return lines
	}
	return append(lines[:mostLines:mostLines], fmt.Sprintf("... and %d lines more", len(lines)-mostLines))
}

// diffLines is the lines that go and those that come, in their order, by the
// longest common subsequence.
func diffLines(old, new []string) []string {
	for len(old) > 0 && len(new) > 0 && old[0] == new[0] {
		old, new = old[1:], new[1:]
	}
	for len(old) > 0 && len(new) > 0 && old[len(old)-1] == new[len(new)-1] {
		old, new = old[:len(old)-1], new[:len(new)-1]
	}
	var out []string
	if len(old)*len(new) > mostCells {
		old, new, out = nil, nil, slices.Concat(marked("- ", old), marked("+ ", new))
	}
	common := make([][]int32, len(old)+1) // common[i][j]: of old[i:] and new[j:]
	for i := range common {
		common[i] = make([]int32, len(new)+1)
	}
	for i := len(old) - 1; i >= 0; i-- {
		for j := len(new) - 1; j >= 0; j-- {
			if old[i] == new[j] {
				common[i][j] = common[i+1][j+1] + 1
			} else {
				common[i][j] = max(common[i+1][j], common[i][j+1])
			}
		}
	}
	for i, j := 0, 0; i < len(old) || j < len(new); {
		switch {
		case i < len(old) && j < len(new) && old[i] == new[j]:
			i, j = i+1, j+1
		case j == len(new) || i < len(old) && common[i+1][j] >= common[i][j+1]:
			out = append(out, "- "+old[i])
			i++
		default:
			out = append(out, "+ "+new[j])
			j++
		}
	}
	return out
}

func marked(mark string, lines []string) []string {
	out := make([]string, len(lines))
	for i, line := range lines {
		out[i] = mark + line
	}
	return out
}
