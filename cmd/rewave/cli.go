package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/rewave/rewave/internal/fault"
	"github.com/rewave/rewave/internal/source"
)

// app is what every command shares: the streams and the environment it was
// called with, so that a test can be its caller.
type app struct {
	env            []string
	stdin          io.Reader
	stdout, stderr io.Writer

	json    bool
	verbose bool
	config  string
}

// Exit codes are stable: CI branches on them.
const (
	exitOK      = 0
	exitFailed  = 1
	exitUsage   = 2
	exitInvalid = 3
	exitPending = 4
	exitBroken  = 5
)

// exitCodes maps every fault code.
var exitCodes = map[fault.Code]int{
	fault.Usage: exitUsage, fault.Invalid: exitInvalid, fault.Pending: exitPending, fault.Broken: exitBroken,
	fault.NotFound: exitFailed, fault.Conflict: exitFailed, fault.Unavailable: exitFailed, fault.Denied: exitFailed,
}

// run is the program as a function of its arguments, environment and streams.
// The first interrupt ends what runs in good order, the second at once.
func run(args, env []string, stdin io.Reader, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	go func() { <-ctx.Done(); stop() }()
	a := &app{env: env, stdin: stdin, stdout: stdout, stderr: stderr}
	root := a.root()
	root.SetArgs(args)
	return a.exit(root.ExecuteContext(ctx))
}

// exit prints an error for the person who meets it and returns its exit code.
func (a *app) exit(err error) int {
	if err == nil {
		return exitOK
	}
	var list source.List
	if errors.As(err, &list) {
		fmt.Fprintln(a.stderr, list.Error())
		return exitInvalid
	}
	f, ok := fault.Of(err)
	if !ok {
		fmt.Fprintf(a.stderr, "rewave: %v\n", err)
		return exitFailed
	}
	fmt.Fprintf(a.stderr, "rewave: %v\n", err)
	if f.Hint != "" {
		fmt.Fprintf(a.stderr, "Try: %s\n", f.Hint)
	}
	return exitCodes[f.Code]
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "rewave",
		Short: "Retention campaigns that say what they earned",
		Long: `Rewave plans retention campaigns, sends them so that nothing is lost or sent
twice, and reports what each changed against its holdout.`,
		Example: `  rewave demo                                  the whole job on its own services
  rewave campaign validate campaigns/win-back  check a campaign without a server
  rewave report show win-back                  what it changed, or why we cannot tell`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
	}
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	root.SetFlagErrorFunc(usageFault)
	flags := root.PersistentFlags()
	flags.BoolVar(&a.json, "json", false, "print JSON for programs")
	flags.BoolVarP(&a.verbose, "verbose", "v", false, "log every step to stderr")
	flags.StringVar(&a.config, "config", "", "the shop's settings (default rewave.yaml where there is one)")
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
	add("try", a.demo())
	add("write", a.campaign())
	add("data", a.importing(), a.report(), a.audit())
	add("run", a.all(), a.serve(), a.work(), a.tick(), a.db())
	root.SetHelpCommandGroupID("run")
	root.SetCompletionCommandGroupID("run")
	// Wrong words on the command line are usage faults, whatever command meets them.
	eachCommand(root, func(c *cobra.Command) {
		if check := c.Args; check != nil {
			c.Args = func(c *cobra.Command, args []string) error {
				if err := check(c, args); err != nil {
					return usageFault(c, err)
				}
				return nil
			}
		}
		if !c.HasParent() || c.HasSubCommands() {
			c.RunE = func(c *cobra.Command, _ []string) error { return c.Help() }
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

// usageFault ends with a command that would work.
func usageFault(c *cobra.Command, err error) error {
	return fault.New(fault.Usage, err.Error(), c.CommandPath()+" --help")
}

// print writes v as indented JSON.
func (a *app) print(v any) error {
	enc := json.NewEncoder(a.stdout)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// log is for operators: stderr, warnings unless asked for more.
func (a *app) log(level slog.Level) *slog.Logger {
	if a.verbose {
		level = slog.LevelDebug
	}
	return slog.New(slog.NewTextHandler(a.stderr, &slog.HandlerOptions{Level: level}))
}

// getenv reads the environment the program was called with.
func (a *app) getenv(name string) string {
	for i := len(a.env) - 1; i >= 0; i-- {
		if k, v, _ := strings.Cut(a.env[i], "="); k == name {
			return v
		}
	}
	return ""
}
