package source

import (
	"fmt"
	"strings"
)

// Narrow writes the characters of an East Asian keyboard, and of word
// processors, as YAML and templates know them. first is the first it met; 0
// means none, and then plain is s.
func Narrow(s string) (first rune, plain string) {
	var b strings.Builder
	for _, r := range s {
		ascii := asciiOf(r)
		if ascii == r {
			b.WriteRune(r)
			continue
		}
		if first == 0 {
			first = r
		}
		b.WriteRune(ascii)
		if ascii == ':' || ascii == ',' {
			b.WriteByte(' ')
		}
	}
	if first == 0 {
		return 0, s
	}
	return first, strings.TrimSpace(strings.ReplaceAll(b.String(), "  ", " "))
}

func asciiOf(r rune) rune {
	switch {
	case r >= '！' && r <= '～': // the block of full-width forms, in the order of ASCII
		return r - '！' + '!'
	case r == '\u3000', r == '\u00a0':
		return ' '
	case r == '“', r == '”', r == '„':
		return '"'
	case r == '‘', r == '’':
		return '\''
	case r == '、':
		return ','
	case r == '。':
		return '.'
	}
	return r
}

// WideName is how a person who sees only its like is told of a character that
// Narrow changes.
func WideName(r rune) string {
	switch r {
	case '\u3000':
		return "a full-width space (U+3000)"
	case '\u00a0':
		return "a no-break space (U+00A0)"
	case '“', '”', '„', '‘', '’':
		return fmt.Sprintf("a curly quote, %c,", r)
	}
	return fmt.Sprintf("the full-width character %c", r)
}

// wideHint says what to write instead of a word with such a character; it is
// empty where there is none.
func wideHint(word string) string {
	first, plain := Narrow(word)
	if first == 0 || strings.Contains(word, "\n") {
		return ""
	}
	return fmt.Sprintf("it holds %s: write %s", WideName(first), plain)
}
