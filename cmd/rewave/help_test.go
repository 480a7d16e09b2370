package main

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/spf13/cobra"
)

// commands are all that a person is told of.
func commands(root *cobra.Command) []*cobra.Command {
	var all []*cobra.Command
	eachCommand(root, func(c *cobra.Command) {
		for at := c; at != nil; at = at.Parent() {
			if at.Hidden || at.Name() == "completion" {
				return
			}
		}
		all = append(all, c)
	})
	return all
}

func TestHelp(t *testing.T) {
	t.Parallel()
	root := (&app{stdout: io.Discard, stderr: io.Discard}).root()
	for _, c := range commands(root) {
		t.Run(c.CommandPath(), func(t *testing.T) {
			var help bytes.Buffer
			c.SetOut(&help)
			if err := c.Help(); err != nil {
				t.Fatal(err)
			}
			for line := range strings.Lines(help.String()) {
				if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > columns {
					t.Errorf("%d columns: %s", n, line)
				}
			}
			examples := strings.Split(c.Example, "\n")
			if len(examples) != 3 {
				t.Errorf("got %d examples, want 3", len(examples))
			}
			if !strings.HasSuffix(help.String(), "Examples:\n"+c.Example+"\n") {
				t.Error("help does not end with the examples")
			}
			for _, line := range examples {
				if err := wouldRun(line); err != nil {
					t.Errorf("%s: %v", line, err)
				}
			}
			if c.Runnable() && !c.HasSubCommands() && c.Args == nil {
				t.Error("its words are not checked")
			}
		})
	}
}

// wouldRun says whether a line of a shell calls a command that there is, with
// flags and words that it takes.
func wouldRun(line string) error {
	words := shellWords(line)
	for len(words) > 0 && words[0] != "rewave" {
		words = words[1:] // variables before it
	}
	for i, w := range words {
		if w == "|" || w == "||" || w == "&&" || w == ">" || w == "&" {
			words = words[:i]
			break
		}
	}
	c, rest, err := (&app{stdout: io.Discard, stderr: io.Discard}).root().Find(words[1:])
	if err != nil {
		return err
	}
	if err := c.ParseFlags(rest); err != nil {
		return err
	}
	if help, err := c.Flags().GetBool("help"); help || err != nil {
		return err
	}
	return c.ValidateArgs(c.Flags().Args())
}

// shellWords splits a simple line; double quotes keep blanks.
func shellWords(line string) []string {
	var words []string
	for i, part := range strings.Split(line, `"`) {
		if i%2 == 1 {
			words = append(words, part)
			continue
		}
		words = append(words, strings.Fields(part)...)
	}
	return words
}

// What a usage error proposes would run.
func TestTry(t *testing.T) {
	t.Parallel()
	for _, c := range commands((&app{stdout: io.Discard, stderr: io.Discard}).root()) {
		for _, call := range [][]string{{"--nope"}, {"one", "two", "three"}, {}} {
			if len(call) == 0 && (c.HasSubCommands() || !strings.Contains(c.Use, " ") || strings.Contains(c.Use, "[")) {
				continue // it would run
			}
			if len(call) == 3 && strings.HasSuffix(c.Use, "...") {
				continue // it takes them
			}
			var stderr bytes.Buffer
			args := append(strings.Fields(c.CommandPath())[1:], call...)
			code := run(args, nil, strings.NewReader(""), io.Discard, &stderr)
			_, try, said := strings.Cut(stderr.String(), "\nTry: ")
			if code != exitUsage || !said {
				t.Errorf("rewave %s: exit code %d and %q", strings.Join(args, " "), code, stderr.String())
			} else if err := wouldRun(try); err != nil {
				t.Errorf("rewave %s: Try: %s: %v", strings.Join(args, " "), try, err)
			}
		}
	}
}
