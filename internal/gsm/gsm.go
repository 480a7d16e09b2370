// Package gsm counts what a text message costs to carry: in which alphabet a
// phone network takes a text, and into how many parts it is cut.
//
// A text whose every character is in the default alphabet of 3GPP TS 23.038
// (6.2.1) travels in septets: 160 in a single message, 153 in each part of a
// longer one, because the parts are numbered in a header (TS 23.040, 9.2.3.24.1).
// Ten characters more come from the extension table (6.2.1.1) and take two
// septets. One character from anywhere else, and the whole text travels in
// UCS-2: 70 units of 16 bits, or 67 in each part; an emoji takes two. A
// character of two septets or units is never cut in half.
package gsm

import "fmt"

// Encoding is the alphabet of a text on its way.
type Encoding string

// The two alphabets.
const (
	Septets Encoding = "GSM-7"
	UCS2    Encoding = "UCS-2"
)

// Length is what a text takes.
type Length struct {
	Encoding   Encoding
	Characters int // septets or 16-bit units, as a provider counts
	Segments   int // parts that are paid for; 0 only for an empty text
}

// String is "2 segments (UCS-2, 84 characters)".
func (l Length) String() string {
	plural := func(n int, noun string) string {
		if n == 1 {
			return "1 " + noun
		}
		return fmt.Sprintf("%d %ss", n, noun)
	}
	return fmt.Sprintf("%s (%s, %s)", plural(l.Segments, "segment"), l.Encoding, plural(l.Characters, "character"))
}

// basic is the default alphabet without its escape to the extension table.
const basic = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
	"¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"

// extension is the extension table.
const extension = "\f^{}\\[~]|€"

// sizes is how many septets a character takes.
var sizes = func() map[rune]int {
	m := make(map[rune]int, 137)
	for _, r := range basic {
		m[r] = 1
	}
	for _, r := range extension {
		m[r] = 2
	}
	return m
}()

func septets(r rune) int { return sizes[r] }

func units(r rune) int {
	if r > 0xffff {
		return 2
	}
	return 1
}

// Measure returns what the text takes. It does not look at whether a network
// would carry it.
func Measure(text string) Length {
	if Foreign(text) != "" {
		return pack(UCS2, text, units, 70, 67)
	}
	return pack(Septets, text, septets, 160, 153)
}

// Foreign is the first character that is not in the default alphabet and makes
// the whole text travel in UCS-2; empty if there is none.
func Foreign(text string) string {
	for _, r := range text {
		if septets(r) == 0 {
			return string(r)
		}
	}
	return ""
}

func pack(e Encoding, text string, size func(rune) int, single, part int) Length {
	l := Length{Encoding: e}
	parts, used := 0, part // the part that is being filled; none yet
	for _, r := range text {
		n := size(r)
		l.Characters += n
		if used += n; used > part {
			parts, used = parts+1, n
		}
	}
	if l.Segments = parts; l.Characters > 0 && l.Characters <= single {
		l.Segments = 1
	}
	return l
}
