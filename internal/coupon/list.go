package coupon

import (
	"bytes"
	"regexp"
	"strings"
)

// form is what a code may look like: it is spliced into every part of a message
// as it stands, so nothing in it may mean anything there.
var form = regexp.MustCompile(`^[A-Z0-9]{4,40}$`)

// Possible says whether a code in its normal form can be in a pool at all.
func Possible(code string) bool { return form.MatchString(code) }

// Written is a code and the line of the file on which it stands.
type Written struct {
	Line int
	Code string
}

// Reject is a line that is no code, and why.
type Reject struct {
	Line int
	Text string // as it stands there
	Why  string
}

// ReadList reads a shop's list of codes, UTF-8, one a line, in quotes or not.
// A first line that is a heading (code, codes, coupon, coupon_code) and empty
// lines are passed over. A code that stands there twice is read once, and its
// later lines are rejected.
func ReadList(text []byte) (codes []Written, rejects []Reject) {
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	first := map[string]bool{}
	line := 0
	for raw := range bytes.Lines(text) {
		line++
		code := strings.TrimSpace(string(raw))
		if len(code) >= 2 && code[0] == '"' && code[len(code)-1] == '"' {
			code = code[1 : len(code)-1]
		}
		why := ""
		switch {
		case code == "", line == 1 && heading[strings.ToLower(code)]:
			continue
		case strings.ContainsAny(code, ",;\t"):
			why = "more than one column"
		case !Possible(code):
			why = "not 4 to 40 capitals A to Z and digits"
		case first[code]:
			why = "stands here twice"
		}
		if why != "" {
			rejects = append(rejects, Reject{line, code, why})
			continue
		}
		first[code] = true
		codes = append(codes, Written{line, code})
	}
	return codes, rejects
}

var heading = map[string]bool{"code": true, "codes": true, "coupon": true, "coupon_code": true}
