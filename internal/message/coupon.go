package message

import (
	"errors"
	"strings"
)

// Sentinel stands for a coupon's code in content that was rendered before the
// gate. It is as long as the longest code that is generated, so that a text
// message does not grow, and holds letters that generated codes do not; no
// template and no value may hold it.
const Sentinel = "0C0UP0NC0DE1O"

// Splice puts a code in the place of the sentinel, in every part. Codes are made
// of A to Z and 0 to 9, so that none needs escaping anywhere; any other is an
// error, which does not repeat it.
func Splice(c Content, code string) (Content, error) {
	if code == "" || strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") != "" {
		return Content{}, errors.New("a coupon's code is not made of A-Z and 0-9")
	}
	put := strings.NewReplacer(Sentinel, code)
	return Content{Subject: put.Replace(c.Subject), Text: put.Replace(c.Text), HTML: put.Replace(c.HTML), SMS: put.Replace(c.SMS)}, nil
}
