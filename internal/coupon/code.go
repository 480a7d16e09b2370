package coupon

import (
	"fmt"
	"io"
	"strings"
)

// alphabet is what generated codes are made of: digits and capitals without
// 0 and O, 1 and I, which people mistake for one another. A character's value
// is its place.
const alphabet = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"

// Odds is against whom guesses codes: at most one guess in Odds hits a code of
// the pool. A thousand guesses a second, none of them slowed down, then find
// one in four months.
const Odds = 10_000_000_000

// shortest is the fewest characters of a code before its check character.
const shortest = 8

// Most is how many codes a pool may have.
const Most = 100_000_000

// Length is how long the codes of a pool of n codes are, with the check
// character: every character before it carries 5 bits, and guesses hit at most
// once in Odds. n is from 0 to Most.
func Length(n int) int {
	length, room := shortest, uint64(1)<<(5*shortest)
	for length < 12 && room < uint64(n)*Odds { // 2^60 are enough for Most
		length, room = length+1, room<<5
	}
	return length + 1
}

// GuessesAHit is how many guesses hit a code once, on average, in a pool of
// total generated codes, made at once: at least Odds. total is from 1 to Most.
func GuessesAHit(total int) int { return 1 << (5 * (Length(total) - 1)) / total }

// Generate makes n different codes, as long as a pool of total codes needs them
// (total counts these too). random must not be predictable: with crypto/rand
// nobody learns anything of one code from others. The codes are not known to be
// new to the pool; its store keeps them apart.
//
// A code ends in a check character: with one character mistaken, or two within
// 31 places swapped, it is no code of any pool, so nobody types another's.
func Generate(n, total int, random io.Reader) ([]string, error) {
	if n < 0 || total < n || total > Most {
		return nil, fmt.Errorf("%d codes in a pool of %d: a pool has at most %d", n, total, Most)
	}
	length := Length(total)
	codes, seen := make([]string, 0, n), make(map[string]bool, n)
	code := make([]byte, length)
	for len(codes) < n {
		if _, err := io.ReadFull(random, code[:length-1]); err != nil {
			return nil, fmt.Errorf("generate codes: %w", err)
		}
		for i, b := range code[:length-1] {
			code[i] = alphabet[b&31] // 256 is a multiple of 32: every character is as likely
		}
		code[length-1] = checkCharacter(code[:length-1])
		if !seen[string(code)] {
			seen[string(code)] = true
			codes = append(codes, string(code))
		}
	}
	return codes, nil
}

// checkCharacter makes the sum of a_i c_i over the whole code 0 in the field of
// 32 elements, where a_i are successive powers of a primitive element. A weight
// is never 0, so one changed character changes the sum; two weights differ
// within the element's order of 31, so that a swap does.
//
// The method is that of H. P. Gumm, "A new class of check-digit methods for
// arbitrary number systems", IEEE Transactions on Information Theory 31 (1985).
// ISO 7064 MOD 37,36 would do for the whole of A-Z0-9, but misses some swaps and
// may end a code in one of the letters we leave out.
func checkCharacter(code []byte) byte {
	sum := 0
	for _, c := range code {
		sum = double(sum ^ strings.IndexByte(alphabet, c))
	}
	return alphabet[sum]
}

// double multiplies by x in GF(2)[x] modulo x^5 + x^2 + 1, a primitive polynomial.
func double(n int) int {
	if n <<= 1; n&32 != 0 {
		n ^= 0b100101
	}
	return n
}

// Normal is a code as people type it in the form in which it is kept: capitals,
// without blanks and strokes.
func Normal(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ' || r == '-' || r == '\t' || r == '\u00a0':
			return -1
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		}
		return r
	}, text)
}
