package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rewave/rewave/internal/fault"
	"github.com/rewave/rewave/internal/source"
	"github.com/rewave/rewave/rules"
)

func (a *app) segmentFields() *cobra.Command {
	var schema bool
	c := &cobra.Command{Use: "fields [WORD]", Short: "What a rule can say", Args: operands,
		Long: `The table of what a rule can say: how it is written, what it gives, and when
that is unknown. With a word only the rows that hold it. rules/README.md has the
same table, and teaches it. --schema prints what editors go by when a segment's
file begins with # yaml-language-server: $schema=segment.schema.json`,
		Example: `  rewave segment fields
  rewave segment fields revenue
  rewave segment fields --schema > segments/segment.schema.json`,
		RunE: func(c *cobra.Command, args []string) error {
			if schema {
				if len(args) > 0 || a.json {
					return fault.New(fault.Usage, named(c)+"--schema stands alone", exampleWith(c, "--schema"))
				}
				_, err := a.stdout.Write(rules.Schema())
				return err
			}
			word := strings.Join(args, "")
			found := []rules.Field{}
			for _, f := range rules.Fields() {
				if strings.Contains(strings.ToLower(f.Write+"\n"+f.Gives()+"\n"+f.Says), strings.ToLower(word)) {
					found = append(found, f)
				}
			}
			if len(found) == 0 {
				return noField(word)
			}
			if a.json {
				return a.print(found)
			}
			for _, f := range found {
				if _, err := fmt.Fprintln(a.stdout, strings.Join(fieldLines("", f), "\n")); err != nil {
					return err
				}
			}
			return nil
		}}
	c.Flags().BoolVar(&schema, "schema", false, "print the JSON Schema of a segment's file")
	return a.takesJSON(c)
}

// fieldLines are how a field is written and what it gives, and below it what it
// says.
func fieldLines(indent string, f rules.Field) []string {
	is := f.Gives()
	if f.Money {
		is += ", money"
	}
	says := strings.ReplaceAll(f.Says, "`", "")
	if f.Unknown != "" {
		says += "; unknown when " + f.Unknown
	}
	return []string{strings.TrimRight(fmt.Sprintf("%s%-44s  %s", indent, f.Write, is), " "), wrap(indent+"    ", says)}
}

// noField proposes the field that may have been meant.
func noField(word string) error {
	var names []string
	for _, f := range rules.Fields() {
		name, _, _ := strings.Cut(f.Write, "(")
		names = append(names, name[strings.LastIndex(name, ".")+1:])
	}
	try := "rewave segment fields"
	if near := source.Suggest(word, names); near != "" {
		try += " " + near
	}
	return fault.New(fault.NotFound, fmt.Sprintf("nothing that a rule can say holds %q", word), try)
}
