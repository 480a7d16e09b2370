package importer

import (
	"bytes"
	"fmt"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/rewave/rewave/internal/fault"
)

// Encodings a file may be in.
const (
	UTF8        = "utf-8"
	GB18030     = "gb18030"
	Windows1252 = "windows-1252" // Latin-1 is read with it, too
)

// Encodings are all of them, the default first.
var Encodings = [...]string{UTF8, GB18030, Windows1252}

// decoders turn encodings other than UTF-8 into it; what is not valid comes as U+FFFD.
var decoders = map[string]encoding.Encoding{GB18030: simplifiedchinese.GB18030, Windows1252: charmap.Windows1252}

func checkEncoding(name string) error {
	for _, known := range Encodings {
		if name == known {
			return nil
		}
	}
	return fault.New(fault.Usage, fmt.Sprintf("there is no encoding %q; there are %s, %s and %s", name, UTF8, GB18030, Windows1252), "Latin-1 is read as "+Windows1252)
}

// refuseEncoding is the fault of a whole file: every name in it would go to the
// rejects. It is nil where the line is not plausibly in another encoding, as when
// a single byte of it is broken. wide says that UTF-8 was read before, undone what has
// not happened.
func refuseEncoding(file string, number int, line, ahead []byte, wide bool, undone string) (guess string, err error) {
	refuse := func(says, guess string) (string, error) {
		return guess, fault.New(fault.Invalid, fmt.Sprintf("line %d of %s is not UTF-8%s", number, file, says), undone+"say --encoding "+guess+", or save the file as UTF-8")
	}
	switch {
	case chinese(line, ahead):
		return refuse(", but reads as GB18030", GB18030)
	case !wide && latin(line) && !multibyte(line) && !multibyte(ahead):
		return refuse("; it may be Windows-1252 or Latin-1", Windows1252)
	}
	return "", nil
}

// chinese says whether a line, by itself valid GB18030, plausibly is. Nearly
// every text in a Latin encoding is valid, too: a letter with an accent and the
// next one read as one rare character. Common characters of GB 2312 have both
// bytes above 0xA0, which letters with accents hardly ever stand side by side for.
func chinese(line, ahead []byte) bool {
	decoded, err := simplifiedchinese.GB18030.NewDecoder().Bytes(line)
	if err != nil || bytes.Contains(decoded, []byte("\ufffd")) {
		return false
	}
	common, others := 0, 0
	for _, text := range [][]byte{line, ahead} {
		for i := 0; i < len(text); {
			if text[i] < utf8.RuneSelf {
				i++
				continue
			}
			n := 0 // common characters in a row
			for end := i; end+1 < len(text) && gb2312(text[end], text[end+1]); end += 2 {
				n++
			}
			end := i + 2*n
			switch {
			case n == 0:
				others++
				end = i + gbSize(text[i:])
			case n == 1 && (i > 0 && lower(text[i-1]) || end < len(text) && lower(text[end])):
				others++ // as in Größe, within a word
			default:
				common += n
			}
			i = end
		}
	}
	return common > 0 && common >= 2*others
}

func gb2312(lead, trail byte) bool {
	return (lead >= 0xb0 && lead <= 0xf7 || lead == 0xa1 || lead == 0xa3) && trail >= 0xa1 && trail <= 0xfe
}

// gbSize is how many bytes the character has that begins text.
func gbSize(text []byte) int {
	switch {
	case len(text) < 2 || text[1] < '0':
		return 1
	case text[1] <= '9':
		return min(4, len(text))
	case text[1] < 0x40:
		return 1
	}
	return 2
}

// latin says whether a letter with an accent stands beside one without.
func latin(line []byte) bool {
	for i, b := range line {
		if b >= 0xc0 && b < 0xff && b != 0xd7 && b != 0xf7 && // the signs of multiplication and division
			(i > 0 && letter(line[i-1]) || i+1 < len(line) && letter(line[i+1])) {
			return true
		}
	}
	return false
}

// multibyte says whether text has a character of UTF-8 beyond ASCII.
func multibyte(text []byte) bool {
	for i := 0; i < len(text); {
		if text[i] < utf8.RuneSelf {
			i++
			continue
		}
		r, size := utf8.DecodeRune(text[i:])
		if r != utf8.RuneError {
			return true
		}
		i += size
	}
	return false
}

func lower(b byte) bool { return b >= 'a' && b <= 'z' }

func letter(b byte) bool { return lower(b) || b >= 'A' && b <= 'Z' }

// notIn is why a line that was decoded is rejected.
func notIn(encoding string) *badLine {
	return &badLine{reason: "not " + map[string]string{UTF8: "UTF-8", GB18030: "GB18030", Windows1252: "Windows-1252"}[encoding]}
}
