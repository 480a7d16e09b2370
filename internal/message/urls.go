package message

import (
	"bytes"
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"golang.org/x/net/html"
)

// What stands in a masked text for a place, a tag, and the link to unsubscribe:
// characters that no link has, one for each byte, so that places stay the same.
const (
	maskedPlace = '\x02'
	maskedTag   = '\x03'
	maskedLink  = '\x04'
)

var (
	comments    = regexp.MustCompile(`(?s)\{%-?\s*comment\s*-?%\}.*?\{%-?\s*endcomment\s*-?%\}`)
	urlInStyle  = regexp.MustCompile(`(?i)url\(\s*['"]?([^'")]*)`)
	hostName    = regexp.MustCompile(`^[\pL\pN]([\pL\pN.-]*[\pL\pN])?$`)
	onlyMasked  = regexp.MustCompile("^\x04+$")
	schemeStart = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9+.-]*):`)
)

// mask replaces what Liquid will replace.
func mask(text string) string {
	fill := func(s string, with rune) string { return strings.Repeat(string(with), len(s)) }
	if strings.Contains(text, "endcomment") {
		text = comments.ReplaceAllStringFunc(text, func(s string) string { return fill(s, ' ') })
	}
	var b strings.Builder
	for {
		i := strings.IndexByte(text, '{')
		if i < 0 || i+1 == len(text) {
			return b.String() + text
		}
		with, closing := rune(maskedPlace), "}}"
		switch text[i+1] {
		case '{':
		case '%':
			with, closing = maskedTag, "%}"
		default:
			b.WriteString(text[:i+1])
			text = text[i+1:]
			continue
		}
		end := strings.Index(text[i+2:], closing)
		if end < 0 {
			return b.String() + text
		}
		end += i + 4
		if closing == "}}" && strings.Trim(text[i:end], "{}- \t") == "unsubscribe_url" {
			with = maskedLink
		}
		b.WriteString(text[:i] + fill(text[i:end], with))
		text = text[end:]
	}
}

// schemes are those that a mail program makes a link of, or that are refused
// wherever they stand.
var schemes = set("http", "https", "ftp", "file", "javascript", "vbscript")

// linksInText finds what a mail program would make a link of: its first byte,
// and the one behind it.
func linksInText(text string) (found [][2]int) {
	letter := func(b byte) bool { return 'a' <= b|0x20 && b|0x20 <= 'z' }
	for colon := 0; ; colon++ {
		i := strings.IndexByte(text[colon:], ':')
		if i < 0 {
			return found
		}
		colon += i
		begin := colon
		for begin > 0 && letter(text[begin-1]) && colon-begin < 12 {
			begin--
		}
		end := strings.IndexAny(text[colon+1:], " \t\r\n<>\"")
		if end < 0 {
			end = len(text) - colon - 1
		}
		if end > 0 && schemes[strings.ToLower(text[begin:colon])] {
			found = append(found, [2]int{begin, colon + 1 + end})
			colon += end
		}
	}
}

// links checks every link as it is written, before any customer's data: it must
// lead somewhere for all of them.
func (c *checker) links(markup bool) {
	masked := mask(c.text)
	if !markup {
		for _, at := range linksInText(masked) {
			c.link(strings.TrimRight(masked[at[0]:at[1]], ".,;:!?)]}'\"，。；：！？）】》」"), at[0])
		}
		return
	}
	z, at := html.NewTokenizer(strings.NewReader(masked)), 0
	for {
		if z.Next() == html.ErrorToken || len(c.faults) >= maxFaults {
			return
		}
		raw := z.Raw()
		size := len(raw)
		if t := z.Token(); t.Type == html.StartTagToken || t.Type == html.SelfClosingTagToken {
			for _, a := range t.Attr {
				for _, link := range linksOf(a) {
					c.link(link, at)
				}
			}
		}
		at += size
	}
}

// linksOf is what an attribute links to.
func linksOf(a html.Attribute) []string {
	switch a.Key {
	case "href", "src", "action", "formaction", "background", "poster":
		return []string{a.Val}
	case "srcset":
		var links []string
		for candidate := range strings.SplitSeq(a.Val, ",") {
			link, _, _ := strings.Cut(strings.TrimSpace(candidate), " ")
			links = append(links, link)
		}
		return links
	case "style":
		var links []string
		for _, m := range urlInStyle.FindAllStringSubmatch(a.Val, -1) {
			links = append(links, strings.TrimSpace(m[1]))
		}
		return links
	}
	return nil
}

// link refuses an address that does not lead to the same place for everybody.
func (c *checker) link(link string, at int) {
	if why, hint := badLink(link); why != "" {
		c.faultAt(at, why, hint)
	}
}

var (
	unbroken = strings.NewReplacer("\t", "", "\n", "", "\r", "")
	filled   = strings.NewReplacer("\x02", "x", "\x03", "", "\x04", "x")
)

const wholeAddress = "write it whole: https://shop.example/page"

// badLink says what is wrong with a masked link, or "".
func badLink(link string) (why, hint string) {
	// Browsers read a link without these, wherever they stand.
	link = strings.TrimSpace(unbroken.Replace(link))
	shown := shownLink(link)
	if link == "" {
		return "a link that leads nowhere", wholeAddress
	}
	if onlyMasked.MatchString(link) || strings.HasPrefix(link, "#") {
		return "", ""
	}
	scheme := schemeStart.FindStringSubmatch(link)
	if scheme == nil {
		if strings.ContainsRune("\x02\x03\x04", rune(link[0])) {
			return "a link whose address comes from a value or a tag", "write its beginning out, up to the first / after the host: https://shop.example/"
		}
		return fmt.Sprintf("the link %q is not a whole address", shown), wholeAddress
	}
	switch strings.ToLower(scheme[1]) {
	case "mailto", "tel", "sms":
		if len(link) == len(scheme[0]) {
			return "a link that leads nowhere", "for example mailto:service@shop.example"
		}
		return "", ""
	case "http", "https":
	default:
		return fmt.Sprintf("the link %q does not begin with https", shown), "http, https, mailto and tel are possible"
	}
	rest, slashes := strings.CutPrefix(link[len(scheme[0]):], "//")
	host := rest
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		host = rest[:i]
	}
	switch {
	case !slashes || host == "":
		return fmt.Sprintf("the link %q has no host", shown), wholeAddress
	case strings.ContainsAny(host, "\x02\x03\x04"):
		return fmt.Sprintf("the link %q has a value or a tag in its host", shown), "only what stands after the host may differ"
	}
	// What is filled in later is encoded, or the writer's own text.
	u, err := url.Parse(filled.Replace(link))
	if err != nil || u.User != nil || !hostName.MatchString(u.Hostname()) || strings.Contains(u.Hostname(), "..") {
		return fmt.Sprintf("the link %q is not an address", shown), wholeAddress
	}
	return "", ""
}

// shownLink is a masked link for a fault.
func shownLink(link string) string {
	var b bytes.Buffer
	last := rune(0)
	for _, r := range link {
		masked := r == maskedPlace || r == maskedTag || r == maskedLink
		if !masked {
			b.WriteRune(r)
		} else if r != last {
			b.WriteString("…")
		}
		last = r
	}
	if r := []rune(b.String()); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return b.String()
}
