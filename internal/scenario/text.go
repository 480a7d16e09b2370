package scenario

import (
	"fmt"
	"strings"
)

// Text is the result for a person: nothing where the case passed and nobody asks
// for more, else the differences with the stories of the customers they are
// about. Verbose tells the stories of all.
func (r Result) Text(verbose bool) string {
	var b strings.Builder
	for _, d := range r.Differences {
		fmt.Fprintf(&b, "%s:%d:%d: %s\n", d.File, d.Line, d.Column, strings.TrimPrefix(d.Customer+", ", ", ")+"case "+fmt.Sprintf("%q", r.Case))
		fmt.Fprintf(&b, "    expected  %s\n    happened  %s\n", d.Expected, d.Happened)
		for _, why := range d.Why {
			fmt.Fprintf(&b, "              %s\n", why)
		}
	}
	for _, s := range r.Stories {
		if !verbose && !r.concerns(s.Customer) {
			continue
		}
		fmt.Fprintf(&b, "    the story of %s\n", s.Customer)
		for _, line := range s.Lines {
			fmt.Fprintf(&b, "      %s\n", line)
		}
	}
	return b.String()
}

func (r Result) concerns(customer string) bool {
	for _, d := range r.Differences {
		if d.Customer == customer {
			return true
		}
	}
	return false
}
