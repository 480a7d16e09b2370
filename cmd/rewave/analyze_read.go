package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/rewave/rewave/internal/analyze"
	"github.com/rewave/rewave/internal/fault"
	"github.com/rewave/rewave/internal/importer"
	"github.com/rewave/rewave/internal/source"
)

// experiment is a table with a question.
type experiment struct {
	path, encoding string
	skipBad        bool
	q              analyze.Question

	rows, bad int64 // of the file; those with faults
	faults    int
	first     []source.Diagnostic
}

// shownFaults is how many faults of a table are told.
const shownFaults = 10

// analyze reads the table, twice where a cap is a quantile of it. Nothing is said of
// a table with faults, unless they may be left out.
func (x *experiment) analyze(ctx context.Context) (analyze.Result, error) {
	tally := analyze.NewTally(x.q)
	if err := x.read(ctx, tally.Add); err != nil {
		return analyze.Result{}, err
	}
	if err := x.refuse(tally); err != nil {
		return analyze.Result{}, err
	}
	leftOut := x.bad
	if caps := tally.Caps(); caps != nil {
		err := x.read(ctx, caps.Add)
		if err == nil {
			err = caps.Done()
		}
		if errors.Is(err, analyze.ErrChanged) {
			return analyze.Result{}, fault.Wrap(fault.Conflict, err, x.path+" is not what it was a moment ago", "analyze it when nothing writes to it")
		}
		if err != nil {
			return analyze.Result{}, err
		}
	}
	return tally.Result(leftOut), nil
}

// read hands every row without faults to add, and counts the others.
func (x *experiment) read(ctx context.Context, add func(analyze.Row) error) error {
	t, err := importer.OpenTable(x.path, x.encoding)
	if err != nil {
		return err
	}
	defer t.Close() //nolint:errcheck // only read
	columns := []string{x.q.Arm}
	place := func(column string) int {
		if column == "" {
			return 0
		}
		columns = append(columns, column)
		return len(columns) - 1
	}
	stratum, cluster, covariate := place(x.q.Stratum), place(x.q.Cluster), place(x.q.Covariate)
	before := len(columns)
	for _, m := range x.q.Metrics {
		columns = append(columns, m.Column)
	}
	if err := missing(t, columns); err != nil {
		return err
	}
	x.rows, x.bad, x.faults, x.first = 0, 0, 0, nil
	values := make([]int64, len(x.q.Metrics))
	return t.Read(columns, func(r *importer.TableRow) error {
		if x.rows++; x.rows&0xffff == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if r.Bad != "" {
			x.bad++
			x.report(r, 0, "", r.Bad)
			return nil
		}
		faults := x.faults
		if len(r.Cells[0]) == 0 {
			x.report(r, 0, x.q.Arm, "is empty")
		}
		for i, m := range x.q.Metrics {
			units, wrong := m.Kind.Value(r.Cells[before+i])
			if values[i] = units; wrong != "" {
				x.report(r, before+i, m.Column, wrong)
			}
		}
		row := analyze.Row{Arm: r.Cells[0], Values: values}
		if stratum > 0 {
			row.Stratum = r.Cells[stratum]
		}
		if cluster > 0 {
			if row.Cluster = r.Cells[cluster]; len(row.Cluster) == 0 {
				x.report(r, cluster, x.q.Cluster, "is empty")
			}
		}
		if covariate > 0 {
			var wrong string
			if row.Covariate, wrong = analyze.Number.Value(r.Cells[covariate]); wrong != "" {
				x.report(r, covariate, x.q.Covariate, wrong)
			}
		}
		if x.faults > faults {
			x.bad++
			return nil
		}
		return add(row)
	})
}

// report keeps the first faults and counts all.
func (x *experiment) report(r *importer.TableRow, cell int, column, wrong string) {
	if x.faults++; x.faults > shownFaults {
		return
	}
	d := source.Diagnostic{File: x.path, Path: column, Message: wrong}
	if d.Line, d.Column = r.Place(cell); d.Column == 0 {
		d.File, d.Line = fmt.Sprintf("%s: row %d", x.path, d.Line), 0
	}
	x.first = append(x.first, d)
}

// missing names every column that is asked for and not there.
func missing(t *importer.Table, columns []string) error {
	var says []string
	for _, name := range columns {
		if slices.Contains(t.Columns, name) {
			continue
		}
		text := fmt.Sprintf("%q", name)
		if near := source.Suggest(name, t.Columns); near != "" {
			text += fmt.Sprintf(" (did you mean %q?)", near)
		}
		if !slices.Contains(says, text) {
			says = append(says, text)
		}
	}
	if len(says) == 0 {
		return nil
	}
	return fault.New(fault.Invalid, fmt.Sprintf("%s has no column %s", t.Name, strings.Join(says, ", ")), "it has "+strings.Join(t.Columns, ", "))
}

// refuse is the fault of a table that has been read once and cannot be analyzed.
func (x *experiment) refuse(t *analyze.Tally) error {
	if x.faults > 0 && !x.skipBad {
		lines := []string{fmt.Sprintf("%s of %s cannot be read:", count(int(x.bad), "row"), x.path)}
		for _, d := range x.first {
			lines = append(lines, "        "+d.String())
		}
		if more := x.faults - len(x.first); more > 0 {
			lines = append(lines, "        and "+count(more, "further fault"))
		}
		return fault.New(fault.Invalid, strings.Join(lines, "\n"), "nothing was analyzed; mend them, or leave these rows out with --skip-bad")
	}
	arms := t.Arms()
	switch {
	case t.Rows() == 0:
		return fault.New(fault.Invalid, x.path+" has no row to analyze", "")
	case !slices.Contains(arms, x.q.Control):
		says := fmt.Sprintf("no row of %s has %q in the column %q", x.path, x.q.Control, x.q.Arm)
		if near := source.Suggest(x.q.Control, arms); near != "" {
			says += fmt.Sprintf(" (did you mean %q?)", near)
		}
		return fault.New(fault.Invalid, says, "there are "+quotedNames(arms))
	case len(arms) == 1 && len(x.q.Shares) == 0:
		return fault.New(fault.Invalid, fmt.Sprintf("every row of %s is of the control %q: there is nothing to hold against it", x.path, x.q.Control), "")
	}
	if len(x.q.Shares) == 0 {
		return nil
	}
	var without []string
	for _, arm := range arms {
		if !slices.ContainsFunc(x.q.Shares, func(s analyze.Share) bool { return s.Arm == arm }) {
			without = append(without, arm)
		}
	}
	if len(without) > 0 {
		return fault.New(fault.Invalid, fmt.Sprintf("%s has rows of arms that no --share plans: %s", x.path, quotedNames(without)), "say the weight of every arm, or leave --share away")
	}
	return nil
}

// quotedNames is some names of a file in a sentence.
func quotedNames(names []string) string {
	var out []string
	for _, name := range names[:min(len(names), 12)] {
		out = append(out, strconv.Quote(name))
	}
	if more := len(names) - len(out); more > 0 {
		return strings.Join(out, ", ") + fmt.Sprintf(" and %d more", more)
	}
	return strings.Join(out, ", ")
}

// fixCaps reads --cap; one that another file gives is worked out here.
func (ask analyzing) fixCaps(ctx context.Context, q *analyze.Question) error {
	for _, text := range ask.caps {
		m, value, err := ofMetric(*q, "--cap", text)
		if err != nil {
			return err
		}
		if m.Kind == analyze.Binary {
			return unclear(fmt.Sprintf("--cap %s: a binary metric has no cap", text))
		}
		if value == "none" {
			m.Cap = analyze.Cap{None: true}
			continue
		}
		if share, ok := quantile(value); ok {
			m.Cap = analyze.Cap{Quantile: share}
			continue
		}
		if units, wrong := m.Kind.Value([]byte(value)); wrong == "" && units > 0 {
			m.Cap = analyze.Cap{Fixed: true, Units: units}
			continue
		}
		rest, last, ok := lastCut(value)
		share, isQuantile := quantile(last)
		file, column, named := lastCut(rest)
		if !ok || !isQuantile || !named {
			return unclear(fmt.Sprintf("--cap %s: say an amount above 0, p99.5, none, or FILE:COLUMN:p99.5; quantiles are from p90 to below p100", text))
		}
		if m.Cap, err = ask.capOf(ctx, m.Kind, file, column, share); err != nil {
			return err
		}
	}
	return nil
}

// lastCut cuts at the last colon, as file names may have some.
func lastCut(text string) (before, after string, ok bool) {
	at := strings.LastIndexByte(text, ':')
	if at < 1 {
		return "", text, false
	}
	return text[:at], text[at+1:], true
}

// quantile reads p99.5 as a share.
func quantile(text string) (float64, bool) {
	digits, ok := strings.CutPrefix(text, "p")
	x, err := strconv.ParseFloat(digits, 64)
	return x / 100, ok && err == nil && x >= 90 && x < 100
}

// capOf is the quantile of a column of another table: what was known before the
// experiment.
func (ask analyzing) capOf(ctx context.Context, kind analyze.Kind, file, column string, share float64) (analyze.Cap, error) {
	values := func(each func(units int64)) error {
		x := experiment{path: file, encoding: ask.encoding, q: analyze.Question{Arm: column, Metrics: []analyze.Metric{{Column: column, Kind: kind}}}}
		err := x.read(ctx, func(row analyze.Row) error { each(row.Values[0]); return nil })
		if err == nil && x.faults > 0 {
			err = x.refuse(nil)
		}
		return err
	}
	var n int64
	if err := values(func(int64) { n++ }); err != nil {
		return analyze.Cap{}, err
	}
	if n == 0 {
		return analyze.Cap{}, fault.New(fault.Invalid, file+" has no row to take a cap from", "")
	}
	top := analyze.NewTop(n, share)
	var again int64
	if err := values(func(units int64) { again++; top.Add(units) }); err != nil {
		return analyze.Cap{}, err
	}
	if again != n {
		return analyze.Cap{}, fault.Wrap(fault.Conflict, analyze.ErrChanged, file+" is not what it was a moment ago", "take a cap from it when nothing writes to it")
	}
	units := top.Quantile()
	if units <= 0 {
		return analyze.Cap{}, fault.New(fault.Invalid, fmt.Sprintf("the %s %% quantile of %s in %s is not above 0, which is no cap", strconv.FormatFloat(math.Round(share*1e6)/1e4, 'f', -1, 64), column, file), "take a higher one")
	}
	return analyze.Cap{Fixed: true, Units: units, Quantile: share, From: filepath.Base(file) + ":" + column}, nil
}
