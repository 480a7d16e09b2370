package rules

import (
	"fmt"
	"strings"
)

// fieldTable is the generated part of README.md.
func fieldTable() string {
	l := theLanguage()
	var b strings.Builder
	b.WriteString("| write | is | what it says | unknown when |\n|---|---|---|---|\n")
	for _, m := range l.all {
		is := string(m.gives)
		if m.money {
			is += " (money)"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", m.example(), is, m.says, m.unknown)
	}
	return b.String()
}
