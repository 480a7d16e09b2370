package main

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rewave/rewave/internal/analyze"
	"github.com/rewave/rewave/internal/fault"
	"github.com/rewave/rewave/internal/importer"
	"github.com/rewave/rewave/internal/report"
	"github.com/rewave/rewave/internal/source"
)

// analyzing is what a call of analyze asks for.
type analyzing struct {
	arm, control, by   string
	covariate, cluster string
	metrics, shares    []string
	caps, breakEvens   []string
	alpha              float64
	encoding, html     string
	skipBad            bool
}

const analyzeCall = `rewave analyze mailing.csv --arm segment --control none --metric visit:binary`

func (a *app) analyze() *cobra.Command {
	var ask analyzing
	c := &cobra.Command{Use: "analyze FILE", Short: "What an experiment in a table says", Args: operands,
		Long: `Compares the arms of any experiment with its control: a table (CSV, CSV.gz or
Parquet) with one row for each customer, a column that names the arm, and
columns of what came of it. No database is needed. Methods and refusals are
those of a campaign's report; p-values of several arms are adjusted by Holm's
method within each metric, of which the first is the primary.

A metric is COLUMN:KIND or NAME=COLUMN:KIND; the kinds are binary, money (two
decimals) and number. A cap is the most that one row counts for: an amount,
p99.5 (of this table), FILE:COLUMN:p99.5 (of an earlier one) or none; by itself
money has p99.5, or p99 where the control has fewer than 1,000 rows. A
break-even is per 100 rows of a binary metric, and per row of the others.

--covariate names a number known before the arms were drawn, such as last
year's spend. Means are adjusted for it where the control has 1,000 rows or more
and it explains 5 % of their variance; the unadjusted figure stands beside.
--cluster names whose row each is: rows of one customer are not independent.
The sums of every cluster are held in memory, of 2,000,000 at most.

A file with faults is refused whole, and the first ten are named. The file is
read twice, so it cannot be a pipe.`,
		Example: `  ` + analyzeCall + `
  rewave analyze t.parquet --arm arm --control no --metric spend:money --by land
  rewave analyze t.csv.gz --arm arm --control no --metric bought:binary --json`,
		RunE: func(c *cobra.Command, args []string) error { return a.analyzeTable(c.Context(), args[0], ask) }}
	f := c.Flags()
	f.StringVar(&ask.arm, "arm", "", "`COLUMN` that names each row's arm")
	f.StringVar(&ask.control, "control", "", "`VALUE` of that column in the control")
	f.StringArrayVar(&ask.metrics, "metric", nil, "`METRIC` to compare, again for each further one")
	f.StringArrayVar(&ask.shares, "share", nil, "`ARM=WEIGHT`, its planned size, again for every arm; or equal")
	f.StringVar(&ask.by, "by", "", "`COLUMN` of strata: the effect in each of them")
	f.StringVar(&ask.covariate, "covariate", "", "`COLUMN` known before, to adjust means for")
	f.StringVar(&ask.cluster, "cluster", "", "`COLUMN` that says which rows belong together")
	f.StringArrayVar(&ask.caps, "cap", nil, "`NAME=CAP` of a metric")
	f.StringArrayVar(&ask.breakEvens, "break-even", nil, "`NAME=VALUE`, the difference at which a metric pays")
	f.Float64Var(&ask.alpha, "alpha", 0.05, "`SHARE` of false alarms, two-sided")
	f.BoolVar(&ask.skipBad, "skip-bad", false, "leave rows with faults out, and say how many")
	f.StringVar(&ask.encoding, "encoding", importer.UTF8, "`NAME` utf-8, gb18030 or windows-1252")
	f.StringVar(&ask.html, "html", "", "write one page to `FILE`, which needs no network to open")
	return a.takesJSON(c)
}

func (a *app) analyzeTable(ctx context.Context, file string, ask analyzing) error {
	q, err := ask.question()
	if err != nil {
		return err
	}
	if err := ask.fixCaps(ctx, &q); err != nil {
		return err
	}
	q.File = filepath.Base(file)
	x := experiment{path: file, encoding: ask.encoding, skipBad: ask.skipBad, q: q}
	result, err := x.analyze(ctx)
	if err != nil {
		return err
	}
	analysis := report.Analysis{Result: result}
	if ask.html != "" {
		if err := replaceFile(ask.html, analysis.HTML); err != nil {
			return err
		}
	}
	switch {
	case a.json:
		return analysis.JSON(a.stdout)
	case ask.html != "":
		_, err = fmt.Fprintln(a.stdout, "wrote "+ask.html)
		return err
	}
	return analysis.Text(a.stdout)
}

// question reads the flags; the columns are looked for later.
func (ask analyzing) question() (analyze.Question, error) {
	q := analyze.Question{Arm: ask.arm, Control: ask.control, Stratum: ask.by, Covariate: ask.covariate, Cluster: ask.cluster, Alpha: ask.alpha}
	switch {
	case q.Arm == "":
		return q, unclear("which column names the arm? say --arm COLUMN")
	case q.Control == "":
		return q, unclear("which arm is the control? say --control VALUE")
	case len(ask.metrics) == 0:
		return q, unclear("what came of it? say --metric COLUMN:KIND, KIND one of " + strings.Join(analyze.Kinds, ", "))
	case !(q.Alpha > 0 && q.Alpha < 1):
		return q, unclear("--alpha is a share between 0 and 1, such as 0.05")
	}
	if q.Cluster != "" && (q.Stratum != "" || q.Covariate != "") {
		return q, unclear("--cluster goes with neither --by nor --covariate: ask them one after the other")
	}
	for _, text := range ask.metrics {
		m, err := metric(text)
		if err != nil {
			return q, err
		}
		if slices.ContainsFunc(q.Metrics, func(o analyze.Metric) bool { return o.Name == m.Name }) {
			return q, unclear(fmt.Sprintf("two metrics are named %q", m.Name))
		}
		q.Metrics = append(q.Metrics, m)
	}
	if err := ask.planned(&q); err != nil {
		return q, err
	}
	for _, text := range ask.breakEvens {
		m, value, err := ofMetric(q, "--break-even", text)
		if err != nil {
			return q, err
		}
		x, err := strconv.ParseFloat(value, 64)
		if err != nil || x-x != 0 {
			return q, unclear(fmt.Sprintf("--break-even %s: %q is not a number", text, value))
		}
		if m.Kind == analyze.Binary {
			x /= 100
		}
		m.BreakEven = &x
	}
	return q, nil
}

// unclear is the fault of a call that does not say enough.
func unclear(says string) error { return fault.New(fault.Usage, "analyze: "+says, analyzeCall) }

// metric reads [NAME=]COLUMN:KIND.
func metric(text string) (analyze.Metric, error) {
	at := strings.LastIndexByte(text, ':')
	if at < 0 {
		return analyze.Metric{}, unclear(fmt.Sprintf("--metric %s: of which kind? say %s:KIND, KIND one of %s", text, text, strings.Join(analyze.Kinds, ", ")))
	}
	column, kind := text[:at], text[at+1:]
	name, rest, ok := strings.Cut(column, "=")
	if ok {
		column = rest
	}
	switch {
	case !slices.Contains(analyze.Kinds, kind):
		says := fmt.Sprintf("--metric %s: there is no kind %q", text, kind)
		if near := source.Suggest(kind, analyze.Kinds); near != "" {
			says += fmt.Sprintf(" (did you mean %q?)", near)
		}
		return analyze.Metric{}, unclear(says + "; there are " + strings.Join(analyze.Kinds, ", "))
	case name == "" || column == "":
		return analyze.Metric{}, unclear(fmt.Sprintf("--metric %s: name or column is empty", text))
	}
	return analyze.Metric{Name: name, Column: column, Kind: analyze.Kind(kind)}, nil
}

// planned reads --share.
func (ask analyzing) planned(q *analyze.Question) error {
	if slices.Equal(ask.shares, []string{"equal"}) {
		q.Equal = true
		return nil
	}
	for _, text := range ask.shares {
		at := strings.LastIndexByte(text, '=')
		if at < 1 {
			return unclear(fmt.Sprintf("--share %s: say ARM=WEIGHT for every arm, or equal alone", text))
		}
		arm := text[:at]
		weight, err := strconv.ParseFloat(strings.TrimSuffix(text[at+1:], "%"), 64)
		if err != nil || !(weight > 0) || weight-weight != 0 {
			return unclear(fmt.Sprintf("--share %s: the weight is a number above 0", text))
		}
		if slices.ContainsFunc(q.Shares, func(s analyze.Share) bool { return s.Arm == arm }) {
			return unclear(fmt.Sprintf("--share says two weights of the arm %q", arm))
		}
		q.Shares = append(q.Shares, analyze.Share{Arm: arm, Weight: weight})
	}
	return nil
}

// ofMetric reads NAME=VALUE of a metric that was asked for.
func ofMetric(q analyze.Question, flag, text string) (*analyze.Metric, string, error) {
	name, value, ok := strings.Cut(text, "=")
	if !ok {
		return nil, "", unclear(fmt.Sprintf("%s %s: say NAME=VALUE, NAME one of the metrics", flag, text))
	}
	var names []string
	for i := range q.Metrics {
		if q.Metrics[i].Name == name {
			return &q.Metrics[i], value, nil
		}
		names = append(names, q.Metrics[i].Name)
	}
	says := fmt.Sprintf("%s %s: there is no metric %q", flag, text, name)
	if near := source.Suggest(name, names); near != "" {
		says += fmt.Sprintf(" (did you mean %q?)", near)
	}
	return nil, "", unclear(says)
}
