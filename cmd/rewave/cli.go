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
	"path/filepath"
	"regexp"
	"strings"
	"syscall"

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

	given map[string]string // texts that faults may be about and that are in no file, by the flag that gave them
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
	err := root.ExecuteContext(ctx)
	if _, known := fault.Of(err); err != nil && !known && ctx.Err() != nil {
		err = fault.Wrap(fault.Unavailable, err, "interrupted", "")
	}
	return a.exit(err)
}

// reported is an error that has been shown where programs look for it.
type reported struct{ error }

func (r reported) Unwrap() error { return r.error }

// exit prints an error for the person who meets it and returns its exit code.
func (a *app) exit(err error) int {
	if err == nil {
		return exitOK
	}
	silent := errors.As(err, new(reported))
	var list source.List
	if errors.As(err, &list) {
		if !silent {
			fmt.Fprint(a.stderr, a.withExcerpts(list))
		}
		return exitInvalid
	}
	f, ok := fault.Of(err)
	if !ok {
		fmt.Fprintf(a.stderr, "rewave: %v\n", err)
		return exitFailed
	}
	if !silent {
		fmt.Fprint(a.stderr, sentence(err, f, a.verbose))
	}
	return exitCodes[f.Code]
}

// isCommand tells a hint to type from one to read.
var isCommand = regexp.MustCompile(`^([A-Z_]+=\S+ )*(rewave|redis-cli) `)

// sentence is a fault as a person reads it: where it happened, what it is and
// what to do. Its cause is for those who ask for every step.
func sentence(err error, f *fault.Fault, verbose bool) string {
	text := err.Error()
	if f.Err != nil {
		text = strings.TrimSuffix(text, ": "+f.Err.Error())
	}
	text = "rewave: " + text + "\n"
	switch {
	case f.Hint == "":
	case isCommand.MatchString(f.Hint):
		text += "Try: " + f.Hint + "\n"
	default:
		text += "        " + f.Hint + "\n"
	}
	if f.Err != nil && verbose {
		text += "        cause: " + f.Err.Error() + "\n"
	}
	return text
}

// withExcerpts prints each fault of a file, and below it the line it is about.
func (a *app) withExcerpts(list source.List) string {
	var b strings.Builder
	files := map[string][]byte{}
	for flag, text := range a.given {
		files[flag] = []byte(text)
	}
	for _, d := range list {
		b.WriteString(d.String() + "\n")
		if d.Line == 0 {
			continue
		}
		data, read := files[d.File]
		if !read {
			data, _ = os.ReadFile(filepath.FromSlash(d.File)) // the sentence stands without its line
			files[d.File] = data
		}
		if excerpt := d.Excerpt(data); excerpt != "" {
			b.WriteString("    " + strings.ReplaceAll(excerpt, "\n", "\n    ") + "\n")
		}
	}
	return b.String()
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
