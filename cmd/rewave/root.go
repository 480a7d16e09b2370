package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rewave/rewave/internal/fault"
	"github.com/rewave/rewave/internal/source"
)

// root is the tree of commands. Each offers the flags it honours and no others.
func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "rewave",
		Short: "Retention campaigns that say what they earned",
		Long: `Rewave plans retention campaigns, sends them so that nothing is lost or sent
twice, and reports what each changed against its holdout.

Exit codes: 0 fine, 1 failed, 2 wrong usage, 3 a file or a setting has faults,
4 differences pending (campaign diff, plan --check, send without --yes), 5 an
invariant is broken (audit).`,
		Example: `  rewave demo
  rewave campaign validate campaigns/win-back
  rewave report show win-back`,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	root.Version = readBuild().String()
	root.SetVersionTemplate("{{.Version}}\n")
	root.Flags().Bool("version", false, "say which program this is") // or the library would add -v
	root.SetFlagErrorFunc(usageFault)
	root.SetUsageTemplate(helpTemplate)
	root.SetHelpTemplate("{{with or .Long .Short}}{{.}}\n\n{{end}}{{.UsageString}}")
	root.CompletionOptions.HiddenDefaultCmd = true
	root.AddGroup(
		&cobra.Group{ID: "try", Title: "Try it:"},
		&cobra.Group{ID: "write", Title: "Campaigns:"},
		&cobra.Group{ID: "data", Title: "Data and results:"},
		&cobra.Group{ID: "run", Title: "Run it:"},
	)
	add := func(group string, commands ...*cobra.Command) {
		for _, c := range commands {
			c.GroupID = group
			root.AddCommand(c)
		}
	}
	add("try", a.demo(), a.dev())
	add("write", a.campaign(), a.takesJSON(a.takesConfig(a.send())))
	add("data", a.importing(), a.customer(), a.coupon(), a.segment(), a.product(), a.model(), a.report(), a.analyze(), a.delivery(), a.audit())
	add("run", a.all(), a.serve(), a.work(), a.tick(), a.hold(), a.db(), a.configuration(), a.version())
	root.SetHelpCommand(helpCommand(root))
	eachCommand(root, func(c *cobra.Command) {
		c.Flags().BoolP("help", "h", false, "print this")
		c.Flags().SortFlags = false
		if c.HasSubCommands() {
			c.Args, c.RunE = subcommand, func(c *cobra.Command, words []string) error {
				of, _, err := c.Find(words[min(1, len(words)):]) // behind "help", which is all that Args lets through
				if err != nil {
					return err
				}
				return of.Help()
			}
		}
	})
	return root
}

func eachCommand(c *cobra.Command, fn func(*cobra.Command)) {
	fn(c)
	for _, sub := range c.Commands() {
		eachCommand(sub, fn)
	}
}

// helpTemplate ends with the examples, which is where the eye is.
const helpTemplate = `Usage:
  {{if .HasAvailableSubCommands}}{{.CommandPath}} COMMAND{{else}}{{.UseLine}}{{end}}
{{- $commands := .Commands}}{{range $group := .Groups}}

{{.Title}}{{range $commands}}{{if and (eq .GroupID $group.ID) .IsAvailableCommand}}
  {{rpad .Name .NamePadding}} {{.Short}}{{end}}{{end}}{{end}}
{{- if and .HasAvailableSubCommands (not .Groups)}}

Commands:{{range .Commands}}{{if .IsAvailableCommand}}
  {{rpad .Name .NamePadding}} {{.Short}}{{end}}{{end}}{{end}}
{{- if not .HasAvailableSubCommands}}

Flags:
{{.LocalFlags.FlagUsagesWrapped 80 | trimTrailingWhitespaces}}
{{- else}}

{{.CommandPath}} COMMAND --help says more about one.
{{- end}}
{{- if .HasExample}}

Examples:
{{.Example}}{{end}}
`

func helpCommand(root *cobra.Command) *cobra.Command {
	help := &cobra.Command{Use: "help [COMMAND]", Short: "Say more about a command", Hidden: true, SilenceUsage: true, DisableFlagsInUseLine: true,
		Long: "Says more about a command, or with none lists them all. A command with --help\nsays the same.",
		Example: `  rewave help
  rewave help campaign plan
  rewave campaign plan --help`,
		RunE: func(_ *cobra.Command, words []string) error {
			c, rest, err := root.Find(words)
			if err != nil {
				return err
			}
			if len(rest) > 0 {
				return subcommand(c, rest)
			}
			return c.Help()
		}}
	help.Flags().BoolP("help", "h", false, "print this")
	return help
}

// subcommand refuses a word that is no command below c, and lets help through
// with commands behind it.
func subcommand(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if args[0] == "help" && c.HasSubCommands() {
		of, rest, err := c.Find(args[1:])
		if err != nil {
			return err
		}
		return subcommand(of, rest)
	}
	try := c.CommandPath() + " --help"
	c.SuggestionsMinimumDistance = 2
	if near := c.SuggestionsFor(args[0]); len(near) > 0 {
		try = c.CommandPath() + " " + near[0] + " --help"
	}
	return fault.New(fault.Usage, fmt.Sprintf("there is no command %q in %s", args[0], c.CommandPath()), try)
}

// operands checks the words behind a command against those its use line names;
// a last name that ends in … stands for one or more, one in brackets for one or
// none.
func operands(c *cobra.Command, args []string) error {
	names := strings.Fields(strings.TrimSuffix(c.Use, "..."))[1:]
	many := strings.HasSuffix(c.Use, "...")
	switch {
	case len(args) < len(names) && names[len(args)][0] != '[':
		return fault.New(fault.Usage, named(c)+names[len(args)]+" is missing", firstExample(c))
	case len(args) > len(names) && !many:
		return fault.New(fault.Usage, fmt.Sprintf("%s%q is one word too many", named(c), args[len(names)]), firstExample(c))
	case slices.Contains(args, ""):
		return fault.New(fault.Usage, named(c)+"an empty word, perhaps a variable that is not set", firstExample(c))
	}
	return nil
}

// named puts the command before what is wrong with its call.
func named(c *cobra.Command) string {
	_, words, _ := strings.Cut(c.CommandPath(), " ")
	if words == "" {
		return ""
	}
	return words + ": "
}

func firstExample(c *cobra.Command) string {
	line, _, _ := strings.Cut(c.Example, "\n")
	return strings.TrimSpace(line)
}

// parsing is how Go begins to say why a number is none.
var parsing = regexp.MustCompile(`strconv\.\w+: parsing ".*": `)

// flagNames finds them in the lines of a help text.
var flagNames = regexp.MustCompile(`(?m)^ +(?:-\w, )?--([\w-]+)`)

// usageFault ends with a command that would work.
func usageFault(c *cobra.Command, err error) error {
	says := parsing.ReplaceAllString(err.Error(), "")
	if name, unknown := strings.CutPrefix(says, "unknown flag: --"); unknown {
		var flags []string
		for _, m := range flagNames.FindAllStringSubmatch(c.Flags().FlagUsages(), -1) {
			flags = append(flags, m[1])
		}
		if near := source.Suggest(name, flags); near != "" {
			says += " (did you mean --" + near + "?)"
		}
	}
	return fault.New(fault.Usage, named(c)+says, c.CommandPath()+" --help")
}

// takesJSON, takesConfig and takesVerbose offer a flag of the whole program to
// a command that honours it.
func (a *app) takesJSON(c *cobra.Command) *cobra.Command {
	c.Flags().BoolVar(&a.json, "json", false, "print JSON for programs")
	return c
}

func (a *app) takesConfig(c *cobra.Command) *cobra.Command {
	c.Flags().StringVar(&a.config, "config", "", "`FILE` with the shop's settings (default rewave.yaml, where there is one)")
	return c
}

func (a *app) takesVerbose(c *cobra.Command) *cobra.Command {
	c.Flags().BoolVarP(&a.verbose, "verbose", "v", false, "log every step to stderr, and the causes of errors")
	return c
}
