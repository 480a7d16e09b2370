package main

import (
	"fmt"
	"strings"
	"time"
)

// columns is how wide a terminal we write for.
const columns = 80

// wrap puts prefix before text and breaks it at 80 columns, further lines
// indented as far as the first.
func wrap(prefix, text string) string {
	var b strings.Builder
	b.WriteString(prefix)
	indent := len([]rune(prefix))
	used := indent
	for i, word := range strings.Fields(text) {
		size := len([]rune(word))
		switch {
		case i == 0:
		case used+1+size > columns:
			b.WriteString("\n" + strings.Repeat(" ", indent))
			used = indent
		default:
			b.WriteByte(' ')
			used++
		}
		b.WriteString(word)
		used += size
	}
	return b.String()
}

// thousands groups digits by three.
func thousands(n int) string {
	text := fmt.Sprint(n)
	for i := len(text) - 3; i > 0 && text[i-1] != '-'; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// count is a number with its noun.
func count(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return thousands(n) + " " + noun
}

// timestamp is an instant for programs.
func timestamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
