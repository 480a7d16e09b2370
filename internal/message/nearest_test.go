package message

import "testing"

// Every pair of short words of two letters, and some longer ones.
func TestDistanceIsThatOfTheWholeTable(t *testing.T) {
	t.Parallel()
	words := []string{""}
	for i := 0; len(words) < 1<<6; i++ {
		words = append(words, words[i]+"a", words[i]+"b")
	}
	words = append(words, "abcabcab", "bacabcab", "abcabcba", "cabcabca", "abcabcabcc", "aabbccabc")
	for _, a := range words {
		for _, b := range words {
			if got, _ := distance(a, b); got != wholeTable(a, b) {
				t.Fatalf("from %q to %q: %d, want %d", a, b, got, wholeTable(a, b))
			}
		}
	}
}

func wholeTable(a, b string) int {
	d := make([][]int, len(a)+1)
	for i := range d {
		d[i] = make([]int, len(b)+1)
		for j := range d[i] {
			switch {
			case i == 0 || j == 0:
				d[i][j] = i + j
				continue
			case a[i-1] == b[j-1]:
				d[i][j] = d[i-1][j-1]
			default:
				d[i][j] = 1 + min(d[i-1][j-1], d[i-1][j], d[i][j-1])
			}
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d[i][j] = min(d[i][j], d[i-2][j-2]+1)
			}
		}
	}
	return min(d[len(a)][len(b)], far)
}
