package message

import (
	"maps"
	"slices"
)

// far is the distance from which on a name is no longer a typo of another.
const far = 3

// nearest is the known name within two edits of got, or "".
func nearest(got string, known map[string]bool) string {
	return nearestOf(got, slices.Sorted(maps.Keys(known)), new(int))
}

// nearestOf is nearest among sorted names. It adds to work what it did, and
// finds nothing once that is maxWork.
func nearestOf(got string, names []string, work *int) string {
	best, bestAt := "", far
	for _, name := range names {
		if *work >= maxWork {
			return ""
		}
		d, steps := distance(got, name)
		*work += steps
		if d < bestAt && d < len(name) {
			best, bestAt = name, d
		}
	}
	return best
}

// maxTypo is the longest name that is compared, in bytes.
const maxTypo = 64

// distance is the least number of insertions, deletions, changes and swaps of
// neighbours that turn a into b (Damerau 1964, restricted), or far where it is
// more than that. Only the diagonals less than far away can hold it (Ukkonen
// 1985). steps is how many rows it took.
func distance(a, b string) (d, steps int) {
	if len(a) > maxTypo || len(b) > maxTypo || len(a)-len(b) >= far || len(b)-len(a) >= far {
		return far, 1
	}
	var table [3][maxTypo + 1]int
	before, last, row := &table[0], &table[1], &table[2]
	for j := range last {
		last[j] = j
	}
	least := 0
	for i := 1; i <= len(a); i++ {
		first, end := max(i-far+1, 1), min(i+far-1, len(b))
		row[first-1] = far
		if first == 1 {
			row[0] = i
		}
		was := least
		least = row[first-1]
		for j := first; j <= end; j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			n := min(last[j-1]+cost, row[j-1]+1)
			if j < i+far-1 {
				n = min(n, last[j]+1)
			}
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				n = min(n, before[j-2]+1)
			}
			row[j] = n
			least = min(least, n)
		}
		if least >= far && was >= far-1 {
			return far, i + 1
		}
		before, last, row = last, row, before
	}
	return min(last[len(b)], far), len(a) + 1
}
