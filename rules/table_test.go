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
	for _, m := range l.members {
		write, is := m.ident(), string(m.gives)
		if m.takes != "" {
			write += "(" + example(m.takes) + ")"
		}
		if m.money {
			is += " (money)"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", write, is, m.says, m.unknown)
	}
	for _, f := range l.functions {
		fmt.Fprintf(&b, "| `%s(%s)` | %s | %s | |\n", f.name, example(f.takes), f.gives, f.says)
	}
	return b.String()
}
