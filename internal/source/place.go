package source

import "strings"

// At is the line and column of the rune with this offset within a text node: the
// place in the file of a fault found inside a rule. An offset past the end is
// the place after the last rune.
//
// The text may be quoted, folded or indented, so the two are walked side by
// side: what differs is white space, escapes and doubled quotes.
func (n Node) At(offset int) (line, column int) {
	if n.kind != kindText || n.line < 1 || n.line > len(n.doc.lines) {
		return n.line, n.column
	}
	raw, at := n.doc.text, n.start()
	for i, r := range []rune(n.text) {
		for !space(r) && at < len(raw) && n.filler(at) {
			at++
		}
		if i == offset {
			return n.doc.place(at)
		}
		switch {
		case !space(r):
			at = n.next(at)
		case at < len(raw) && space(raw[at]):
			at++
		case n.style == styleDouble: // \n, \t
			at = n.next(at)
		}
	}
	return n.doc.place(at)
}

// filler tells white space, and the end of a continued line of double-quoted
// text, from content.
func (n Node) filler(at int) bool {
	raw := n.doc.text
	return space(raw[at]) || n.style == styleDouble && raw[at] == '\\' && at+1 < len(raw) && raw[at+1] == '\n'
}

// start is the offset of the first rune of the content.
func (n Node) start() int {
	at := min(n.doc.lines[n.line-1]+n.column-1, len(n.doc.text))
	switch n.style {
	case styleDouble, styleSingle:
		at++
	case styleBlock:
		for at < len(n.doc.text) && n.doc.text[at] != '\n' {
			at++
		}
		at++
		// A block that begins with an empty line keeps it; its indentation is
		// not content.
		if !strings.HasPrefix(n.text, "\n") {
			for at < len(n.doc.text) && space(n.doc.text[at]) {
				at++
			}
		}
	}
	return at
}

// next is the offset after one rune of content at `at`.
func (n Node) next(at int) int {
	raw, wide := n.doc.text, 1
	if at+1 < len(raw) {
		switch {
		case n.style == styleSingle && raw[at] == '\'' && raw[at+1] == '\'':
			wide = 2
		case n.style == styleDouble && raw[at] == '\\':
			wide = map[rune]int{'x': 4, 'u': 6, 'U': 10}[raw[at+1]]
			if wide == 0 {
				wide = 2
			}
		}
	}
	return min(at+wide, len(raw))
}

// place is the line and column of an offset into the text.
func (d *Document) place(at int) (line, column int) {
	low, high := 0, len(d.lines)
	for high-low > 1 {
		if mid := (low + high) / 2; d.lines[mid] <= at {
			low = mid
		} else {
			high = mid
		}
	}
	return low + 1, at - d.lines[low] + 1
}

func space(r rune) bool { return r == ' ' || r == '\n' || r == '\t' }
