package stats

import "math"

// Independence is what a table of counts says of rows and columns having to do with
// each other.
type Independence struct {
	Chi2 float64 // Pearson's, without continuity correction
	DF   int
	P    float64
	V    float64 // Cramer's, in [0,1]: how much they have to do with each other

	// Smallest is the smallest count that would be expected; below 5 the p-value is
	// rough, and below 1 none at all.
	Smallest float64
}

// TableTest is the chi-square test of a table of counts (Pearson 1900; Cramer 1946,
// Mathematical Methods of Statistics, 21.9 for V). Rows and columns in which there
// is nothing say nothing and are left out. Not defined with fewer than two of
// either. Rows of unequal length and counts below 0 panic.
func TableTest(table [][]int64) (Independence, bool) {
	var all float64
	rows := make([]float64, len(table))
	var columns []float64
	for i, row := range table {
		if i == 0 {
			columns = make([]float64, len(row))
		}
		if len(row) != len(columns) {
			panic("stats: the rows of a table are of one length")
		}
		for j, count := range row {
			if count < 0 {
				panic("stats: a count is not negative")
			}
			rows[i] += float64(count)
			columns[j] += float64(count)
			all += float64(count)
		}
	}
	r, c := positive(rows), positive(columns)
	if r < 2 || c < 2 {
		return Independence{}, false
	}
	t := Independence{DF: (r - 1) * (c - 1), Smallest: math.Inf(1)}
	for i, row := range table {
		for j, count := range row {
			if expected := rows[i] * columns[j] / all; expected > 0 {
				t.Smallest = min(t.Smallest, expected)
				t.Chi2 += (float64(count) - expected) * (float64(count) - expected) / expected
			}
		}
	}
	t.P = ChiSquareTail(t.Chi2, t.DF)
	t.V = min(1, math.Sqrt(t.Chi2/(all*float64(min(r, c)-1))))
	return t, true
}

func positive(xs []float64) (n int) {
	for _, x := range xs {
		if x > 0 {
			n++
		}
	}
	return n
}
