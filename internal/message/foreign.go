package message

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

var wideBraces = regexp.MustCompile(`｛[｛％]|｝｝|％｝`)

// foreign refuses places of other languages where they would be read: outside of
// our own, of comments and of styles. found are the matches of liquidToken.
func (c *checker) foreign(found [][]int) {
	seen := c.seen(found)
	for line, text := range strings.Split(seen, "\n") {
		if at := wideBraces.FindString(text); at != "" {
			c.fault(line+1, at, "full-width braces are printed as they stand", "write {{ and }}, {% and %}")
		}
	}
	links := addresses(seen)
	for i := 0; i < len(seen) && !c.told(); {
		next := strings.IndexAny(seen[i:], "$%*{")
		if next < 0 {
			return
		}
		i += next
		for len(links) > 0 && links[0][1] <= i {
			links = links[1:]
		}
		p, ok := placeAt(seen, i)
		linked := len(links) > 0 && links[0][0] <= i
		if ok && !(linked && seen[i] != '%') && !(p.prose && c.scope.alias(p.name) == "") {
			hint := "a place is written {{ customer.first_name }}"
			if near := c.scope.meant(p.name); near != "" {
				hint = fmt.Sprintf("write {{ %s }}", near)
			}
			c.faultAt(i, seen[i:p.end]+" is printed as it stands", hint)
		}
		i = p.end
	}
}

// seen is the text with a sign that is in no place for each byte of what nobody
// reads: our own places, comments and, in markup, styles.
func (c *checker) seen(found [][]int) string {
	b := []byte(c.text)
	blank := func(from, to int) {
		for i := from; i < to; i++ {
			if b[i] != '\n' {
				b[i] = maskedPlace
			}
		}
	}
	comment := -1
	for _, m := range found {
		name := ""
		if m[4] >= 0 {
			name = c.text[m[4]:m[5]]
		}
		switch {
		case comment < 0 && name == "comment":
			comment = m[0]
		case comment < 0:
			blank(m[0], m[1])
		case name == "endcomment":
			blank(comment, m[1])
			comment = -1
		}
	}
	if !c.html {
		return string(b)
	}
	// Programs that a conditional comment is for show what it holds.
	small := slices.Clone(b) // byte for byte, which ToLower is not
	for i, letter := range small {
		if 'A' <= letter && letter <= 'Z' {
			small[i] |= 0x20
		}
	}
	text := string(small)
	for i := 0; ; {
		next := strings.IndexByte(text[i:], '<')
		if next < 0 {
			return string(b)
		}
		i += next
		end := ""
		switch rest := text[i:]; {
		case strings.HasPrefix(rest, "<!--[if"):
		case strings.HasPrefix(rest, "<!--"):
			end = "-->"
		case strings.HasPrefix(rest, "<style"):
			end = "</style"
		}
		from := i
		if i++; end != "" {
			to := len(text)
			if n := strings.Index(text[from+2:], end); n >= 0 {
				to = from + 2 + n + len(end)
			}
			blank(from, to)
			i = to
		}
	}
}

// foreignPlace is how another program writes a place; prose says that it may as
// well be words in brackets.
type foreignPlace struct {
	name  string
	end   int
	prose bool
}

// placeAt reads the place that begins at i, and says where to look on: a name
// holds no sign that a place begins with.
func placeAt(s string, i int) (p foreignPlace, ok bool) {
	before, _ := utf8.DecodeLastRuneInString(s[:i])
	rest := s[i:]
	switch {
	case strings.HasPrefix(rest, "${"):
		return closed(s, i+2, " ", "}", 1)
	case strings.HasPrefix(rest, "*|"):
		return closed(s, i+2, " ", "|*", 1)
	case rest[0] == '%':
		signs := "%"
		if strings.HasPrefix(rest, "%%") {
			signs = "%%"
		}
		p, ok = closed(s, i+len(signs), "", signs, 2)
		if ok && signs == "%" && (unicode.IsDigit(before) || before == '%' || hexed(rest[1:]) && hexed(s[p.end:])) {
			p.end, ok = p.end-1, false // a number of percents, or a byte of an address
		}
		return p, ok
	case rest[0] == '{' && before != '{':
		inner := strings.TrimLeft(rest[1:], " ")
		twice := len(inner) < len(rest)-1 && strings.HasPrefix(inner, "{")
		if twice {
			p, ok = closed(s, len(s)-len(inner)+1, " !$", "}", 2)
			if end := strings.TrimLeft(s[p.end:], " "); ok && len(end) < len(s)-p.end && strings.HasPrefix(end, "}") {
				p.end = len(s) - len(end) + 1
				return p, true
			}
			return foreignPlace{end: i + 1}, false
		}
		p, ok = closed(s, i+1, " !$", "}", 2)
		return p, ok && !strings.HasPrefix(s[p.end:], "}")
	}
	return foreignPlace{end: i + 1}, false
}

// closed reads a name from i on, behind any of the signs in lead, and what
// closes its place; least is the least number of letters without a mark of
// their own, because {x} is mathematics. Without a place, end is behind the name.
func closed(s string, i int, lead, end string, least int) (p foreignPlace, ok bool) {
	begin := len(s) - len(strings.TrimLeft(s[i:], lead))
	at, words, start := begin, 1, true
	for at < len(s) {
		r, size := utf8.DecodeRuneInString(s[at:])
		switch {
		case unicode.IsLetter(r) || r == '_':
			start = false
		case !start && (unicode.In(r, unicode.M, unicode.N) || r == '.' || r == '-' && end[0] != '%' || r == ':' && end == "|*"):
		case !start && r == ' ' && lead != "":
			words, start = words+1, true
		default:
			size = 0
		}
		if size == 0 {
			break
		}
		at += size
	}
	p.name = s[begin:at]
	if start && strings.HasSuffix(p.name, " ") {
		p.name, words = p.name[:len(p.name)-1], words-1
	}
	for lead != "" && at < len(s) && s[at] == ' ' {
		at++
	}
	p.end, p.prose = at, words > 1 && lead == " !$"
	if !strings.HasPrefix(s[at:], end) || len(p.name) > 200 || p.name == "" || p.name[0] < utf8.RuneSelf && len(p.name) < least {
		return p, false
	}
	p.name = strings.ReplaceAll(p.name, " ", "_")
	p.end += len(end)
	return p, true
}

// hexed says whether s begins as what follows the % of an encoded byte.
func hexed(s string) bool {
	hex := func(b byte) bool { return '0' <= b && b <= '9' || 'a' <= b|0x20 && b|0x20 <= 'f' }
	return len(s) > 1 && hex(s[0]) && hex(s[1])
}

// addresses are the parts of a text that are read as addresses: their first
// byte, and the one behind them.
func addresses(text string) (found [][2]int) {
	for at := 0; ; {
		i := strings.IndexByte(text[at:], ':')
		if i < 0 {
			return found
		}
		colon := at + i
		at = colon + 1
		begin := colon
		for begin > 0 && 'a' <= text[begin-1]|0x20 && text[begin-1]|0x20 <= 'z' && colon-begin < 12 {
			begin--
		}
		if scheme := text[begin:colon]; scheme != "mailto" && scheme != "tel" && (scheme == "" || !strings.HasPrefix(text[at:], "//")) {
			continue
		}
		end := strings.IndexFunc(text[at:], func(r rune) bool {
			return unicode.IsSpace(r) || strings.ContainsRune(`<>"，。：；！？（）【】《》「」、“”‘’`, r)
		})
		if end < 0 {
			end = len(text) - at
		}
		at += end
		found = append(found, [2]int{begin, at})
	}
}
