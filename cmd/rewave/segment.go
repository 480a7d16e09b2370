package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/rewave/rewave/internal/config"
	"github.com/rewave/rewave/internal/fault"
	"github.com/rewave/rewave/internal/source"
	"github.com/rewave/rewave/rules"
)

func (a *app) segment() *cobra.Command {
	c := &cobra.Command{Use: "segment", Short: "Whom a rule means: count, list, export, explain",
		Long: `A segment is a rule about customers. It has a name where it stands in a file of
its own, segments/NAME.yaml beside rewave.yaml or one that ships; any other rule
is given with --rule. rules/README.md teaches the language.`,
		Example: `  rewave segment count loyal
  rewave segment list --rule "orders.count == 1 and orders.revenue >= 100"
  rewave segment fields revenue`}
	c.AddCommand(a.segmentCount(), a.segmentList(), a.segmentExport(), a.segmentExplain(), a.segmentFields(), a.segmentKeep(), a.segmentDrop(), a.segmentHistory(), a.segmentStages())
	return c
}

// ruleFlag names a rule that was given in faults, as a file would be named.
const ruleFlag = "--rule"

// whom is what a command about a segment is told.
type whom struct{ rule, at string }

func (w *whom) flags(c *cobra.Command) {
	c.Flags().StringVar(&w.rule, "rule", "", "this `RULE` instead of a named segment")
	c.Flags().StringVar(&w.at, "at", "", "as of this `TIME`, \"2026-11-23 10:00\" in the shop's zone or 2026-11-23T10:00:00Z (default now)")
}

// meant is the segment that is meant.
type meant struct {
	rules.Segment // Name is empty where the rule was given
	program       *rules.Program
	library       rules.Library
}

// title is what stands above an answer.
func (m meant) title() string {
	switch {
	case m.Name == "":
		return wrap("rule: ", m.When)
	case m.Says == "":
		return wrap(m.Name+": ", m.When)
	}
	return wrap(m.Name+": ", m.Says)
}

// meant finds and compiles the one segment that is named or given.
func (w *whom) meant(a *app, c *cobra.Command, args []string, settings config.Config) (m meant, err error) {
	given := c.Flags().Changed("rule")
	switch {
	case c.Flags().Changed("at") && strings.TrimSpace(w.at) == "":
		return m, fault.New(fault.Usage, named(c)+"--at is empty, perhaps a variable that is not set", exampleWith(c, "--at"))
	case given && len(args) > 0:
		return m, fault.New(fault.Usage, named(c)+"a segment is named or given with --rule, not both", firstExample(c))
	case !given && len(args) == 0:
		return m, fault.New(fault.Usage, named(c)+"which segment? Name one, or give a --rule", exampleWith(c, "--rule"))
	}
	var broken source.List // beside what is asked for, or the cause of its faults
	if m.library, err = segments(settings); err != nil && !errors.As(err, &broken) {
		return m, err
	}
	if !given {
		if m.Segment, given = m.library.Find(args[0]); !given {
			file := segmentFile(settings, rules.Segment{File: segmentsFolder + "/" + args[0] + ".yaml"})
			if slices.ContainsFunc(broken, func(d source.Diagnostic) bool { return d.File == file }) {
				return m, broken
			}
			a.warnSegments(broken)
			return m, noSegment(c, args[0], m.library)
		}
	} else {
		m.When = w.rule
		a.given = map[string]string{ruleFlag: w.rule}
		if name := strings.TrimSpace(w.rule); name != "" {
			if _, ok := m.library.Find(name); ok {
				return m, fault.New(fault.Usage, fmt.Sprintf("%s%q is a named segment, not a rule", named(c), name), c.CommandPath()+" "+name)
			}
		}
	}
	var faults rules.Faults
	m.program, faults = rules.Compile(m.When, rules.Options{Attributes: kinds(settings), Segments: m.library.Texts()})
	if len(faults) == 0 {
		a.warnSegments(broken)
		return m, nil
	}
	file := ruleFlag
	if m.Name != "" {
		file = segmentFile(settings, m.Segment)
	}
	return m, append(diagnostics(file, faults), broken...)
}

// diagnostics are the faults of a rule that stands alone, under a flag's name or a
// file's.
func diagnostics(file string, faults rules.Faults) (list source.List) {
	for _, f := range faults {
		list = append(list, source.Diagnostic{File: file, Line: f.Line, Column: f.Column, Message: f.Message, Hint: f.Hint})
	}
	return list
}

// warnSegments tells of segments with faults that do not matter here.
func (a *app) warnSegments(broken source.List) {
	if len(broken) > 0 {
		fmt.Fprintln(a.stderr, wrap("warning: ", "there are segments with faults, none of them needed for this; rewave segment list shows them"))
	}
}

// noSegment says which one may have been meant.
func noSegment(c *cobra.Command, name string, library rules.Library) error {
	try := "rewave segment list"
	var names []string
	for _, s := range library {
		names = append(names, s.Name)
	}
	if near := source.Suggest(name, names); near != "" {
		try = c.CommandPath() + " " + near
	} else if strings.ContainsAny(name, " .()=<>") {
		try = c.CommandPath() + " --rule " + quoted(name)
	}
	return fault.New(fault.NotFound, fmt.Sprintf("there is no segment %q", name), try)
}

// segmentFile is where a segment stands, as a person would open it.
func segmentFile(c config.Config, s rules.Segment) string {
	return filepath.ToSlash(filepath.Join(filepath.Dir(c.File), s.File))
}

// asking is an installation with a segment that is asked about.
type asking struct {
	*live
	meant
	at        time.Time
	customers int64 // who were customers then; 0: not counted
	notes     []string
}

// ask opens the installation. A rule with faults is told before that.
func (w *whom) ask(ctx context.Context, a *app, c *cobra.Command, args []string) (*asking, error) {
	settings, err := config.Load(a.config, a.env)
	if err != nil {
		return nil, err
	}
	m, err := w.meant(a, c, args, settings)
	if err != nil {
		return nil, err
	}
	l, err := a.open(ctx)
	if err != nil {
		return nil, err
	}
	q := &asking{live: l, meant: m}
	if q.at, err = w.instant(ctx, l, c); err == nil && l.config.Shop.Currency == "XXX" {
		err = fault.New(fault.Invalid, "nobody has said in which currency orders count", "rewave.yaml says it, shop: {currency: EUR}; is it here, or does --config FILE name it?")
	}
	if err == nil {
		err = q.note(ctx, a, w)
	}
	if err != nil {
		l.close()
		return nil, err
	}
	return q, nil
}

// note says what makes an answer another than it seems: what the shop has never
// seen, and an instant that is still to come.
func (q *asking) note(ctx context.Context, a *app, w *whom) error {
	q.notes = []string{}
	if w.at != "" {
		now, err := q.store.Now(ctx)
		if err != nil {
			return err
		}
		if q.at.After(now) {
			q.notes = append(q.notes, q.when()+" is in the future: answered as if nobody ordered until then")
		}
	}
	unseen, err := q.engine.UnseenNames(ctx, q.program.Names())
	q.notes = append(q.notes, unseen...)
	a.sayNotes(q.notes)
	return err
}

// sayNotes prints each where no program reads.
func (a *app) sayNotes(notes []string) {
	for _, n := range notes {
		fmt.Fprintln(a.stderr, wrap("note: ", printable(n)))
	}
}

func (w *whom) instant(ctx context.Context, l *live, c *cobra.Command) (time.Time, error) {
	if w.at == "" {
		return l.store.Now(ctx)
	}
	return l.instant("--at", w.at, firstExample(c))
}

// when is the instant as people read it.
func (q *asking) when() string { return q.at.In(q.config.Shop.Zone).Format(minute) }

// share is a part of a whole in words; empty where there is no whole.
func share(part, whole int64) string {
	switch {
	case whole == 0:
		return ""
	case part > 0 && part*1000 < whole:
		return " (less than 0.1 %)"
	}
	return fmt.Sprintf(" (%.1f %%)", 100*float64(part)/float64(whole))
}

// printable is a text from somewhere else that cannot steer a terminal.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return '?'
		}
		return r
	}, text)
}
